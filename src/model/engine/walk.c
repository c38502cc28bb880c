/*
 * model/engine/walk.c - eight rows abreast through one tree.
 *
 * Siblings lie side by side, so the next node is the left one's number plus a comparison, without a branch. A leaf leads to itself. The steps of one row do not wait for
 * the loads of another; a tree is walked as deep as its rows go on average before anybody looks whether all have arrived. Gathering rows with AVX2 was tried, and
 * measured slower. The heavier child is placed first: its descendants share its cache lines.
 */
#include "engine/parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* 8 bytes where they suffice: the column's number, times eight, above the number of the left child. */
typedef struct narrow_node {
    uint32_t key;
    uint32_t link;
} narrow_node;

typedef struct wide_node {
    uint32_t key;
    uint32_t column; /* times eight */
    uint32_t left;
} wide_node;

enum { CHILD_BITS = 19, CHILD_MASK = (1 << CHILD_BITS) - 1, NARROW_COLUMNS = 1 << (32 - CHILD_BITS - 3) };

typedef struct walk_root {
    size_t node;
    uint32_t sure_steps;
} walk_root;

struct engine_walk {
    narrow_node *narrow; /* one of the two */
    wide_node *wide;
    uint32_t *values; /* of each node that is a leaf its row of values, where keys have no room for it */
    walk_root *roots;
    size_t node_count, tree_count;
    uint32_t columns;
};

/* By measurement: bench/model.py. */
enum { LARGE_BLOCK_ROWS = 4096, SMALL_BLOCK_ROWS = 256, SMALL_BYTES = 256 * 1024 };

/* --- making it ----------------------------------------------------------------------------------------------------------- */

bool walk_new(const engine_counts *counts, const engine_columns *columns, engine_walk **out, err *e)
{
    engine_walk *w = calloc(1, sizeof *w);
    if (!w) return err_set(e, ERR_MEMORY, "no memory for a forest");
    bool narrow = counts->nodes_max <= CHILD_MASK && columns->count <= NARROW_COLUMNS;
    w->columns = columns->count;
    w->roots = calloc(counts->trees + 1, sizeof *w->roots);
    if (narrow)
        w->narrow = calloc(counts->nodes + 1, sizeof *w->narrow);
    else
        w->wide = calloc(counts->nodes + 1, sizeof *w->wide);
    bool values_apart = counts->value_max > KEY_LEAF_VALUES;
    if (values_apart) w->values = calloc(counts->nodes + 1, sizeof *w->values);
    if (w->roots && (w->narrow || w->wide) && (w->values || !values_apart)) {
        *out = w;
        return true;
    }
    walk_free(w);
    return err_set(e, ERR_MEMORY, "no memory to answer for a forest of %zu nodes", counts->nodes);
}

void walk_free(engine_walk *w)
{
    if (!w) return;
    free(w->narrow);
    free(w->wide);
    free(w->values);
    free(w->roots);
    free(w);
}

static void put_node(engine_walk *w, size_t at, uint32_t key, uint32_t column, uint32_t left)
{
    if (w->narrow)
        w->narrow[at] = (narrow_node){key, (column * WALK_LANES) << CHILD_BITS | left};
    else
        w->wide[at] = (wide_node){key, column * WALK_LANES, left};
}

/* The cut that is the threshold. */
static uint32_t cut_of(const engine_column *c, double threshold)
{
    uint32_t low = 0, high = c->cut_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->cuts[middle] < threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

typedef struct placing {
    uint32_t node, at;
} placing;

void walk_place(engine_walk *w, const engine_columns *columns, const engine_node *nodes, size_t count,
                const engine_shape *shape)
{
    size_t root = w->node_count, open = 0;
    uint32_t used = 1;
    /* Two words a node: the stack of the shape is twice as long as there are nodes. */
    placing *stack = (placing *)(void *)shape->stack;
    stack[open++] = (placing){0, 0};
    while (open) {
        placing next = stack[--open];
        const engine_node *n = &nodes[next.node];
        if (!n->left) {
            put_node(w, root + next.at, w->values ? UINT32_MAX : KEY_LEAF + n->value, 0, next.at);
            if (w->values) w->values[root + next.at] = n->value;
            continue;
        }
        uint32_t column = column_of(columns, n), left = used;
        const engine_column *c = &columns->all[column];
        uint32_t key = columns->walk_ranks ? cut_of(c, n->threshold) : key_of_float((float)n->threshold);
        put_node(w, root + next.at, key, column, left);
        used += 2;
        placing first = {n->left, left}, second = {n->right, left + 1};
        bool right_is_heavy = nodes[n->right].weight > nodes[n->left].weight;
        stack[open++] = right_is_heavy ? first : second;
        stack[open++] = right_is_heavy ? second : first;
    }
    assert(used == count);
    w->roots[w->tree_count++] = (walk_root){root, (uint32_t)(shape->depth + 0.5)};
    w->node_count += count;
}

/* A tree larger than the nearest cache wants more rows for each time it is fetched. */
size_t walk_block_rows(const engine_walk *w)
{
    return w->node_count * sizeof(narrow_node) <= SMALL_BYTES ? SMALL_BLOCK_ROWS : LARGE_BLOCK_ROWS;
}

/* --- walking ------------------------------------------------------------------------------------------------------------- */

/* Nodes of a tree: one of the two. The functions below are told which by a constant. */
typedef struct tree_nodes {
    const narrow_node *narrow;
    const wide_node *wide;
    const uint32_t *values;
} tree_nodes;

static inline __attribute__((always_inline)) uint32_t step(tree_nodes t, uint32_t at, const uint32_t *keys,
                                                           bool narrow)
{
    if (narrow) {
        narrow_node n = t.narrow[at];
        return (n.link & CHILD_MASK) + (keys[n.link >> CHILD_BITS] > n.key);
    }
    wide_node n = t.wide[at];
    return n.left + (keys[n.column] > n.key);
}

static inline __attribute__((always_inline)) uint32_t value_at(tree_nodes t, uint32_t at, bool narrow)
{
    if (t.values) return t.values[at];
    return (narrow ? t.narrow[at].key : t.wide[at].key) - KEY_LEAF;
}

static inline __attribute__((always_inline)) void walk_lanes(tree_nodes t, bool narrow, uint32_t sure_steps,
                                                             const uint32_t *keys, uint32_t *leaves)
{
    uint32_t at[WALK_LANES] = {0}, moved = 1;
    for (uint32_t i = 0; i < sure_steps; i++) {
#pragma GCC unroll 8
        for (int k = 0; k < WALK_LANES; k++) at[k] = step(t, at[k], keys + k, narrow);
    }
    while (moved) {
        moved = 0;
#pragma GCC unroll 8
        for (int k = 0; k < WALK_LANES; k++) {
            uint32_t next = step(t, at[k], keys + k, narrow);
            moved |= next ^ at[k];
            at[k] = next;
        }
    }
#pragma GCC unroll 8
    for (int k = 0; k < WALK_LANES; k++) leaves[k] = value_at(t, at[k], narrow);
}

/* The rows that are left over walk one after the other, through several trees abreast. */
static inline __attribute__((always_inline)) void walk_trees_abreast(const engine_walk *w, bool narrow,
                                                                     const walk_root *roots, size_t trees,
                                                                     const uint32_t *keys, uint32_t *found)
{
    tree_nodes at_root[TREES_ABREAST];
    uint32_t at[TREES_ABREAST] = {0}, moved = 1;
    for (size_t k = 0; k < TREES_ABREAST; k++) {
        size_t node = roots[k < trees ? k : 0].node;
        if (narrow)
            at_root[k] = (tree_nodes){.narrow = w->narrow + node};
        else
            at_root[k] = (tree_nodes){.wide = w->wide + node};
        at_root[k].values = w->values ? w->values + node : NULL;
    }
    while (moved) {
        moved = 0;
#pragma GCC unroll 8
        for (int k = 0; k < TREES_ABREAST; k++) {
            uint32_t next = step(at_root[k], at[k], keys, narrow);
            moved |= next ^ at[k];
            at[k] = next;
        }
    }
    for (size_t k = 0; k < trees; k++) found[k] = value_at(at_root[k], at[k], narrow);
}

static inline __attribute__((always_inline)) void walk_trees_by(const engine_walk *w, bool narrow,
                                                                size_t first, size_t trees,
                                                                const uint32_t *keys, size_t rows,
                                                                const engine_leaves *leaves)
{
    const walk_root *roots = &w->roots[first];
    size_t whole = rows / WALK_LANES * WALK_LANES;
    for (size_t k = 0; k < trees && whole; k++) {
        tree_nodes t = {.values = w->values ? w->values + roots[k].node : NULL};
        if (narrow)
            t.narrow = w->narrow + roots[k].node;
        else
            t.wide = w->wide + roots[k].node;
        for (size_t r = 0; r < whole; r += WALK_LANES)
            walk_lanes(t, narrow, roots[k].sure_steps, keys + r * w->columns,
                       leaves->at + k * leaves->pitch + r);
    }
    for (size_t r = whole; r < rows; r++) {
        uint32_t found[TREES_ABREAST];
        walk_trees_abreast(w, narrow, roots, trees, keys + whole * w->columns + (r - whole), found);
        for (size_t k = 0; k < trees; k++) leaves->at[k * leaves->pitch + r] = found[k];
    }
}

void walk_trees(const engine_walk *w, size_t first, size_t trees, const uint32_t *keys, size_t rows,
                const engine_leaves *leaves)
{
    if (w->narrow)
        walk_trees_by(w, true, first, trees, keys, rows, leaves);
    else
        walk_trees_by(w, false, first, trees, keys, rows, leaves);
}
