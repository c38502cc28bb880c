/*
 * model/predict.c - the walk.
 *
 * Trees are walked one after the other over a block of rows, eight rows at a time: a tree is fetched once per block, and the steps of one row do not wait for
 * the loads of another. A leaf leads to itself, so a step has no branch. Every row adds its trees in order, which keeps the bits.
 */
#include "model/predict.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "settings.h"

typedef struct fast_node {
    float threshold;
    uint32_t feature; /* twice the feature, plus one when missing values go left */
    uint32_t right;   /* the left child is the next node; a leaf's is itself */
} fast_node;

static const uint32_t NO_PARENT = UINT32_MAX;

struct predictor {
    fast_node *nodes;
    uint32_t *roots;
    uint32_t *leaf_rows; /* of each node that is a leaf: its row of values */
    double *values;      /* rows of `outputs` numbers */
    size_t node_count, tree_count, features, outputs, slots, value_rows;
    size_t
        sum_columns; /* of a boosted one: tree t adds its number to column t % sum_columns. 0: trees are averaged */
    bool takes_missing, is_classifier;
};

/* By measurement: bench/model.py. */
enum { BLOCK_ROWS = 4096, SMALL_BLOCK_ROWS = 256, SMALL_FOREST_BYTES = 512 * 1024 };

/* --- making it ----------------------------------------------------------------------------------------------------------- */

/* The largest float32 that is not above t: for every float32 x, x <= t decides as x <= t32. */
static float round_down(double t)
{
    float rounded = (float)t;
    return (double)rounded > t ? nextafterf(rounded, -INFINITY) : rounded;
}

/* Equal rows are found through a hash table of row numbers plus one. */
typedef struct value_set {
    uint32_t *slots;
    size_t slot_count; /* a power of two */
} value_set;

static uint64_t hash_row(const double *row, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &row[i], sizeof bits);
        hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

/* The row at values[value_rows] becomes a new row, or is found equal to an old one. */
static uint32_t settle_row(predictor *p, value_set *set)
{
    const double *row = p->values + p->value_rows * p->outputs;
    size_t at = hash_row(row, p->outputs) & (set->slot_count - 1);
    for (; set->slots[at]; at = (at + 1) & (set->slot_count - 1)) {
        uint32_t known = set->slots[at] - 1;
        if (memcmp(p->values + (size_t)known * p->outputs, row, p->outputs * sizeof *row) == 0) return known;
    }
    set->slots[at] = (uint32_t)++p->value_rows;
    return set->slots[at] - 1;
}

/* Counts become shares, output by output. */
static uint32_t add_leaf_value(predictor *p, value_set *set, const forest *f, const double *value)
{
    double *row = p->values + p->value_rows * p->outputs;
    memcpy(row, value, p->outputs * sizeof *row);
    for (size_t k = 0; f->values_are_counts && k < f->output_count; k++) {
        double *counts = row + k * f->slot_count;
        size_t classes = f->outputs[k].class_count;
        double sum = pairwise_sum(counts, classes);
        for (size_t i = 0; i < classes; i++) counts[i] /= sum == 0 ? 1 : sum;
    }
    return settle_row(p, set);
}

/* Pre-order: a stack of nodes to place; a right child's place is told to its parent when it gets one. */
typedef struct placing {
    int32_t node;
    uint32_t parent; /* index of the fast node whose right child this is, or NO_PARENT */
} placing;

static void place_tree(predictor *p, value_set *set, const forest *f, const tree *t, placing *stack)
{
    size_t open = 0;
    stack[open++] = (placing){0, NO_PARENT};
    while (open) {
        placing next = stack[--open];
        const tree_node *n = &t->nodes[next.node];
        uint32_t at = (uint32_t)p->node_count++;
        if (next.parent != NO_PARENT) p->nodes[next.parent].right = at;
        if (n->left < 0) {
            uint32_t row = add_leaf_value(p, set, f, t->values + (size_t)next.node * f->value_count);
            /* Nothing is less than this, so a walk stays here. */
            p->nodes[at] = (fast_node){.threshold = -INFINITY, .right = at};
            p->leaf_rows[at] = row;
            continue;
        }
        p->nodes[at] = (fast_node){.threshold = round_down(n->threshold),
                                   .feature = (uint32_t)n->feature * 2 + n->missing_left};
        stack[open++] = (placing){n->right, at};
        stack[open++] = (placing){n->left, NO_PARENT};
    }
}

static bool no_memory(size_t nodes, err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to serve a forest of %zu nodes", nodes);
}

static bool version_takes_missing(const forest *f)
{
    const estimator_info *info = estimator_of(f->kind);
    unsigned from_minor = info->is_ensemble ? (info->is_extra ? 6 : 4) : 3;
    return sk_version_at_least(f->version, 1, from_minor);
}

static bool place_all(predictor *p, const forest *f, size_t nodes, size_t largest, err *e)
{
    value_set set = {.slot_count = 64};
    while (set.slot_count < 2 * nodes) set.slot_count *= 2;
    set.slots = calloc(set.slot_count, sizeof *set.slots);
    placing *stack = calloc(largest + 2, sizeof *stack);
    bool ok = set.slots && stack;
    for (size_t i = 0; ok && i < f->tree_count; i++) {
        p->roots[i] = (uint32_t)p->node_count;
        place_tree(p, &set, f, &f->trees[i], stack);
    }
    free(set.slots);
    free(stack);
    return ok ? true : no_memory(nodes, e);
}

bool predictor_new(const forest *f, predictor **out, err *e)
{
    size_t nodes = 0, largest = 0, leaves = 0;
    for (size_t i = 0; i < f->tree_count; i++) {
        nodes += f->trees[i].node_count;
        leaves += f->trees[i].node_count / 2 + 1; /* of a binary tree */
        if (f->trees[i].node_count > largest) largest = f->trees[i].node_count;
    }
    if (nodes >= UINT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "a forest of %zu nodes is too large to serve", nodes);

    AUTO(predictor_free) predictor *p = calloc(1, sizeof *p);
    if (!p) return no_memory(nodes, e);
    p->is_classifier = f->class_count > 0;
    p->takes_missing = version_takes_missing(f);
    p->features = f->feature_count;
    p->outputs = f->value_count;
    p->slots = f->slot_count;
    p->tree_count = f->tree_count;
    p->nodes = calloc(nodes, sizeof *p->nodes);
    p->leaf_rows = calloc(nodes, sizeof *p->leaf_rows);
    p->roots = calloc(f->tree_count, sizeof *p->roots);
    p->values = calloc((leaves + 1) * f->value_count, sizeof *p->values);
    if (!p->nodes || !p->leaf_rows || !p->roots || !p->values) return no_memory(nodes, e);
    if (!place_all(p, f, nodes, largest, e)) return false;

    /* Most leaves are pure and equal: give back what they do not need. */
    double *values = realloc(p->values, (p->value_rows + 1) * p->outputs * sizeof *values);
    if (values) p->values = values;
    *out = TAKE(p);
    return true;
}

void predictor_free(predictor *p)
{
    if (!p) return;
    free(p->nodes);
    free(p->leaf_rows);
    free(p->roots);
    free(p->values);
    free(p);
}

size_t predictor_features(const predictor *p)
{
    return p->features;
}

size_t predictor_outputs(const predictor *p)
{
    return p->outputs;
}

bool predictor_takes_missing(const predictor *p)
{
    return p->takes_missing;
}

size_t predictor_node_count(const predictor *p)
{
    return p->node_count;
}

/* --- walking ------------------------------------------------------------------------------------------------------------- */

/* One step. Both ways are at hand, so that the processor need not guess. */
static inline uint32_t step(const fast_node *nodes, uint32_t at, const float *row)
{
    const fast_node *n = &nodes[at];
    uint32_t left = -(uint32_t)(row[n->feature >> 1] <= n->threshold); /* all bits, or none */
    return n->right + ((at + 1 - n->right) & left);
}

/* The same where a number may be missing. */
static inline uint32_t step_missing(const fast_node *nodes, uint32_t at, const float *row)
{
    const fast_node *n = &nodes[at];
    float x = row[n->feature >> 1];
    return x <= n->threshold || ((n->feature & 1) && isnan(x)) ? at + 1 : n->right;
}

static inline uint32_t walk(const predictor *p, uint32_t root, const float *row, bool missing)
{
    for (uint32_t at = root;;) {
        uint32_t next = missing ? step_missing(p->nodes, at, row) : step(p->nodes, at, row);
        if (next == at) return at;
        at = next;
    }
}

/* Rows that walk a tree together: the steps of one do not wait for the loads of another. Gathering them with AVX2 was tried, and measured slower. */
enum { LANES = 8 };

static inline void walk_lanes(const predictor *p, uint32_t root, const float *rows, bool missing,
                              uint32_t *leaves)
{
    const fast_node *nodes = p->nodes;
    size_t width = p->features;
    uint32_t at[LANES], moved = 1;
#pragma GCC unroll 8
    for (int k = 0; k < LANES; k++) at[k] = root;
    while (moved) {
        moved = 0;
#pragma GCC unroll 8
        for (int k = 0; k < LANES; k++) {
            const float *row = rows + (size_t)k * width;
            uint32_t next = missing ? step_missing(nodes, at[k], row) : step(nodes, at[k], row);
            moved |= next ^ at[k];
            at[k] = next;
        }
    }
    memcpy(leaves, at, sizeof at);
}

/* Where a row's numbers go: all outputs of a forest, or the column of a boosted tree. */
typedef struct target {
    double *out;
    size_t stride, count;
} target;

static inline void add_leaf(const predictor *p, uint32_t leaf, const target *to, size_t row)
{
    const double *values = p->values + (size_t)p->leaf_rows[leaf] * p->outputs;
    double *sums = to->out + row * to->stride;
    for (size_t i = 0; i < to->count; i++) sums[i] += values[i];
}

static inline void run_tree(const predictor *p, uint32_t root, const float *rows, size_t count, bool missing,
                            const target *to)
{
    size_t r = 0;
    for (; r + LANES <= count; r += LANES) {
        uint32_t leaves[LANES];
        walk_lanes(p, root, rows + r * p->features, missing, leaves);
        for (size_t k = 0; k < LANES; k++) add_leaf(p, leaves[k], to, r + k);
    }
    for (; r < count; r++) add_leaf(p, walk(p, root, rows + r * p->features, missing), to, r);
}

/* Tree by tree over a block of rows, so that a tree and the sums stay at hand. Every row adds its trees in order. */
static void run_block(const predictor *p, const float *rows, size_t count, bool missing, double *out)
{
    size_t width = p->sum_columns ? p->sum_columns : p->outputs;
    for (size_t t = 0; t < p->tree_count; t++) {
        target to = {out + (p->sum_columns ? t % p->sum_columns : 0), width, p->outputs};
        if (missing)
            run_tree(p, p->roots[t], rows, count, true, &to);
        else
            run_tree(p, p->roots[t], rows, count, false, &to);
    }
}

/* Sums of a block stay in the nearest cache; a tree larger than that wants more rows for each time it is fetched. */
static size_t block_rows(const predictor *p)
{
    bool is_small = p->node_count * sizeof(fast_node) <= SMALL_FOREST_BYTES;
    return is_small ? SMALL_BLOCK_ROWS : BLOCK_ROWS;
}

static void run_rows(const predictor *p, const float *rows, size_t count, bool missing, double *out)
{
    size_t width = p->sum_columns ? p->sum_columns : p->outputs, most = block_rows(p);
    for (size_t done = 0; done < count; done += most) {
        size_t part = count - done < most ? count - done : most;
        run_block(p, rows + done * p->features, part, missing, out + done * width);
    }
}

static bool rows_are_usable(const predictor *p, const float *rows, size_t count, bool *missing, err *e)
{
    *missing = false;
    for (size_t i = 0; i < count * p->features; i++) {
        if (isfinite(rows[i])) continue;
        *missing = true;
        if (isinf(rows[i]))
            return err_set(e, ERR_UNPROCESSABLE,
                           "row %zu, feature %zu is infinite, or too large for a 32-bit float",
                           i / p->features + 1, i % p->features + 1);
        if (isnan(rows[i]) && !p->takes_missing)
            return err_set(e, ERR_UNPROCESSABLE,
                           "row %zu, feature %zu is missing, and this model does not take missing values",
                           i / p->features + 1, i % p->features + 1);
    }
    return true;
}

bool predictor_new_boosted(const forest *f, size_t columns, predictor **out, err *e)
{
    assert(columns > 0 && f->value_count == 1);
    if (!predictor_new(f, out, e)) return false;
    (*out)->sum_columns = columns;
    return true;
}

bool predictor_add(const predictor *p, const float *rows, size_t count, double *out, err *e)
{
    assert(p->sum_columns > 0);
    bool missing;
    if (!rows_are_usable(p, rows, count, &missing, e)) return false;
    run_rows(p, rows, count, missing, out);
    return true;
}

bool predictor_run(const predictor *p, const float *rows, size_t count, double *out, err *e)
{
    assert(p->sum_columns == 0);
    bool missing;
    if (!rows_are_usable(p, rows, count, &missing, e)) return false;
    memset(out, 0, count * p->outputs * sizeof *out);
    run_rows(p, rows, count, missing, out);
    if (p->tree_count == 1) return true; /* a lone tree, or a division by one */
    for (size_t i = 0; i < count * p->outputs; i++) out[i] /= (double)p->tree_count;
    return true;
}

size_t predictor_argmax_of(const predictor *p, size_t output, const double *outputs)
{
    const double *slots = outputs + output * p->slots;
    size_t best = 0;
    for (size_t i = 1; i < p->slots; i++)
        if (slots[i] > slots[best]) best = i;
    return best;
}

size_t predictor_argmax(const predictor *p, const double *outputs)
{
    return predictor_argmax_of(p, 0, outputs);
}
