/*
 * model/engine/run.c - a block of rows becomes keys, goes through every tree, and is added up.
 */
#include "engine/parts.h"

#include "base/arena.h"
#include "base/limits.h"

#include <math.h>
#include <string.h>

/* By measurement: bench/model.py. Fewer rows than these are better walked. */
enum { MASK_ROWS_MIN = 24, MASK_BLOCK_ROWS = 256, KEY_BLOCK_BYTES = 1024 * 1024, SCRATCH_WORDS = 1024 };

/* --- keys ------------------------------------------------------------------------------------------------------------------ */

static double number_at(const engine *g, const engine_rows *rows, size_t at)
{
    if (rows->narrow) return (double)rows->narrow[at];
    return g->columns.walk_ranks ? rows->wide[at] : (double)(float)rows->wide[at];
}

/* Eight rows of a column as numbers; those that are not there are 0. */
static void take_eight(const engine *g, const engine_rows *rows, size_t first, uint32_t feature,
                       double out[8])
{
    size_t width = g->columns.feature_count, count = rows->count - first;
    for (size_t k = 0; k < 8; k++) out[k] = k < count ? number_at(g, rows, (first + k) * width + feature) : 0;
}

static uint32_t narrow_key(const engine_column *c, float x)
{
    if (!isnan(x)) return key_of_float(x);
    return c->missing_left ? 0 : KEY_MISSING_RIGHT;
}

static void walk_keys(const engine *g, const engine_rows *rows, size_t first, size_t count, uint32_t *keys)
{
    const engine_columns *columns = &g->columns;
    for (size_t r = 0; r < count; r += WALK_LANES) {
        for (size_t c = 0; c < columns->count; c++, keys += WALK_LANES) {
            const engine_column *column = &columns->all[c];
            double x[WALK_LANES];
            take_eight(g, rows, first + r, column->feature, x);
            if (columns->walk_ranks)
                engine_ranks(column, x, keys);
            else
                for (size_t k = 0; k < WALK_LANES; k++) keys[k] = narrow_key(column, (float)x[k]);
        }
    }
}

static void mask_ranks(const engine *g, const engine_rows *rows, size_t first, size_t count, int16_t *ranks)
{
    const engine_columns *columns = &g->columns;
    for (size_t r = 0; r < count; r += MASK_ROWS) {
        for (size_t c = 0; c < columns->count; c++, ranks += MASK_ROWS) {
            for (size_t k = 0; k < MASK_ROWS && r + k < count; k += 8) {
                double x[8];
                uint32_t rank[8];
                take_eight(g, rows, first + r + k, columns->all[c].feature, x);
                engine_ranks(&columns->all[c], x, rank);
                for (size_t i = 0; i < 8; i++) ranks[k + i] = (int16_t)rank[i];
            }
        }
    }
}

/* --- running --------------------------------------------------------------------------------------------------------------- */

typedef struct block {
    uint32_t *keys; /* one of the two */
    int16_t *ranks;
    engine_leaves leaves;
} block;

static void run_trees(const engine *g, const block *b, size_t first, size_t rows, const engine_sums *to)
{
    for (size_t tree = 0; tree < g->tree_count; tree += TREES_ABREAST) {
        size_t trees = g->tree_count - tree < TREES_ABREAST ? g->tree_count - tree : TREES_ABREAST;
        if (b->ranks)
            for (size_t k = 0; k < trees; k++)
                masks_tree(g->masks, tree + k, b->ranks, g->columns.count, rows,
                           b->leaves.at + k * b->leaves.pitch);
        else
            walk_trees(g->walk, tree, trees, b->keys, rows, &b->leaves);
        sums_add(to, first, rows, &b->leaves, tree, trees);
    }
}

/* Rows of a block, a multiple of 64: what the way likes, as far as there are so many, and their keys are no more than a megabyte. */
static size_t block_rows(const engine *g, bool masked, size_t count)
{
    size_t most = masked ? MASK_BLOCK_ROWS : walk_block_rows(g->walk);
    size_t bounded = KEY_BLOCK_BYTES / ((g->columns.count + 1) * sizeof(uint32_t));
    if (most > bounded) most = bounded;
    if (most > count) most = count;
    size_t unit = masked ? MASK_ROWS : WALK_LANES;
    return most < unit ? unit : (most + unit - 1) / unit * unit;
}

/* Few rows, of few columns, need no memory but the stack's. */
typedef struct scratch {
    uint32_t near[SCRATCH_WORDS];
    arena far;
} scratch;

static bool make_block(scratch *s, bool masked, size_t rows, size_t columns, block *b)
{
    size_t key_bytes = rows * columns * (masked ? sizeof *b->ranks : sizeof *b->keys);
    /* Leaves look at a key too, even where there is no column. */
    size_t key_words = (key_bytes + 3) / sizeof(uint32_t) + WALK_LANES, leaf_words = rows * TREES_ABREAST;
    uint32_t *memory = s->near;
    if (masked || key_words + leaf_words > SCRATCH_WORDS)
        memory = arena_alloc_array(&s->far, key_words + leaf_words, sizeof *memory);
    if (!memory) return false;
    b->leaves = (engine_leaves){memory, rows};
    if (masked)
        b->ranks = (int16_t *)(memory + leaf_words);
    else
        b->keys = memory + leaf_words;
    if (!masked && columns == 0)
        memset(b->keys, 0, WALK_LANES * sizeof *b->keys); /* a key that no leaf is below */
    return true;
}

static void run_blocks(const engine *g, const engine_rows *rows, const block *b, const engine_sums *to)
{
    size_t most = b->leaves.pitch;
    for (size_t first = 0; first < rows->count; first += most) {
        size_t part = rows->count - first < most ? rows->count - first : most;
        if (b->ranks)
            mask_ranks(g, rows, first, part, b->ranks);
        else
            walk_keys(g, rows, first, part, b->keys);
        run_trees(g, b, first, part, to);
    }
}

bool engine_add(const engine *g, const engine_rows *rows, const engine_sums *to, err *e)
{
    bool masked = g->masks && rows->count >= MASK_ROWS_MIN;
    scratch s;
    block b = {0};
    arena_init(&s.far, LIMIT_TRAIN_ARENA_BYTES);
    bool ok = make_block(&s, masked, block_rows(g, masked, rows->count), g->columns.count, &b);
    if (ok) run_blocks(g, rows, &b, to);
    arena_done(&s.far);
    return ok || err_set(e, ERR_MEMORY, "no memory to look at %zu rows", rows->count);
}
