/*
 * model/engine/masks.c - every node of a small tree at once for many rows, without a branch.
 *
 * The leaves of a tree are bits, numbered from left to right. Every node that sends a row right clears the bits of the leaves below its left child; the lowest
 * bit that is left is the row's leaf (Lucchese and others, "QuickScorer", SIGIR 2015). Bits come in words of 16, so that an instruction of 256 bits does a node for 16 rows:
 * load, compare, or, and. A node that clears bits of several words is an operation in each.
 */
#include "engine/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 16, LEAVES_MAX = 256, RANK_MAX = INT16_MAX - 1 };

typedef struct mask_op {
    uint16_t column;
    int16_t limit; /* ranks below it go left */
    uint16_t keep;
} mask_op;

typedef struct mask_tree {
    uint32_t first_word, first_value;
    uint32_t words;
} mask_tree;

struct engine_masks {
    mask_op *ops;
    size_t *word_ops; /* of each word, where its operations begin; one more at the end */
    mask_tree *trees;
    uint32_t *values; /* of each leaf, the row of values */
    size_t op_count, word_count, tree_count, value_count;
    bool is_portable;
};

bool masks_are_wide(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

/* --- making it ----------------------------------------------------------------------------------------------------------- */

bool masks_fit(const engine_counts *counts, const engine_columns *columns)
{
    if (counts->leaves_max > LEAVES_MAX || columns->count > UINT16_MAX) return false;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->all[i].cut_count > RANK_MAX) return false;
    return true;
}

size_t masks_ops_of(const engine_node *nodes, size_t count, const engine_shape *shape)
{
    size_t ops = 0;
    for (size_t i = 0; i < count; i++)
        if (nodes[i].left)
            ops += (shape->right_leaf[i] - 1) / WORD_BITS - shape->first_leaf[i] / WORD_BITS + 1;
    return ops;
}

bool masks_new(const engine_counts *counts, bool portable, engine_masks **out, err *e)
{
    engine_masks *m = calloc(1, sizeof *m);
    if (!m) return err_set(e, ERR_MEMORY, "no memory for a forest");
    m->is_portable = portable || !masks_are_wide();
    m->ops = calloc(counts->mask_ops + 1, sizeof *m->ops);
    m->word_ops = calloc(counts->mask_words + 1, sizeof *m->word_ops);
    m->trees = calloc(counts->trees + 1, sizeof *m->trees);
    m->values = calloc(counts->leaves + 1, sizeof *m->values);
    if (m->ops && m->word_ops && m->trees && m->values) {
        *out = m;
        return true;
    }
    masks_free(m);
    return err_set(e, ERR_MEMORY, "no memory to answer for a forest of %zu nodes", counts->nodes);
}

void masks_free(engine_masks *m)
{
    if (!m) return;
    free(m->ops);
    free(m->word_ops);
    free(m->trees);
    free(m->values);
    free(m);
}

/* The bits of leaves from..to-1 in a word. */
static uint16_t bits_between(uint32_t from, uint32_t to, uint32_t word)
{
    uint32_t base = word * WORD_BITS, low = from > base ? from - base : 0;
    uint32_t high = to - base < WORD_BITS ? to - base : WORD_BITS;
    return (uint16_t)((1u << high) - (1u << low));
}

static void place_word(engine_masks *m, const engine_columns *columns, const engine_node *nodes, size_t count,
                       const engine_shape *shape, uint32_t word)
{
    for (size_t i = 0; i < count; i++) {
        const engine_node *n = &nodes[i];
        if (!n->left) continue;
        uint32_t from = shape->first_leaf[i], to = shape->right_leaf[i];
        if (from / WORD_BITS > word || (to - 1) / WORD_BITS < word) continue;
        uint32_t column = column_of(columns, n);
        const double x[8] = {n->threshold};
        uint32_t rank[8];
        engine_ranks(&columns->all[column], x, rank);
        m->ops[m->op_count++] = (mask_op){.column = (uint16_t)column,
                                          .limit = (int16_t)(rank[0] + 1),
                                          .keep = (uint16_t)~bits_between(from, to, word)};
    }
    m->word_ops[++m->word_count] = m->op_count;
}

void masks_place(engine_masks *m, const engine_columns *columns, const engine_node *nodes, size_t count,
                 const engine_shape *shape)
{
    uint32_t words = (shape->leaf_count - 1) / WORD_BITS + 1;
    m->trees[m->tree_count++] = (mask_tree){(uint32_t)m->word_count, (uint32_t)m->value_count, words};
    for (uint32_t word = 0; word < words; word++) place_word(m, columns, nodes, count, shape, word);
    for (size_t i = 0; i < count; i++)
        if (!nodes[i].left) m->values[m->value_count + shape->first_leaf[i]] = nodes[i].value;
    m->value_count += shape->leaf_count;
}

/* --- the way of every processor, and that of some ------------------------------------------------------------------------ */

/* The leaf of each of 64 rows, as a number within the tree. */
typedef void find_leaves_call(const engine_masks *m, const mask_tree *t, const int16_t *ranks,
                              uint16_t *found);

#define VECTOR_BYTES 16
#define STEP(name) name##_anywhere
#define TARGET
#include "engine/masks_steps.h"
#undef VECTOR_BYTES
#undef STEP
#undef TARGET

#if defined(__x86_64__)
#define VECTOR_BYTES 32
#define STEP(name) name##_avx2
#define TARGET __attribute__((target("avx2")))
#include "engine/masks_steps.h"
#undef VECTOR_BYTES
#undef STEP
#undef TARGET
#else
#define find_leaves_avx2 find_leaves_anywhere
#endif

void masks_tree(const engine_masks *m, size_t tree, const int16_t *ranks, size_t columns, size_t rows,
                uint32_t *leaves)
{
    find_leaves_call *find = m->is_portable ? find_leaves_anywhere : find_leaves_avx2;
    const mask_tree *t = &m->trees[tree];
    const uint32_t *values = m->values + t->first_value;
    for (size_t r = 0; r < rows; r += MASK_ROWS) {
        uint16_t found[MASK_ROWS];
        find(m, t, ranks + r * columns, found);
        for (size_t k = 0; k < MASK_ROWS; k++) leaves[r + k] = values[found[k]];
    }
}
