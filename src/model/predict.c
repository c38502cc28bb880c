/*
 * model/predict.c - a forest as an engine: its leaves become rows of numbers, each kept once, and what rows add up to is divided.
 */
#include "model/predict.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "settings.h"

struct predictor {
    engine *engine;
    double *values; /* rows of `outputs` numbers */
    size_t node_count, tree_count, features, outputs, slots, value_rows;
    size_t
        sum_columns; /* of a boosted one: tree t adds its number to column t % sum_columns. 0: trees are averaged */
    bool takes_missing;
};

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

static bool version_takes_missing(const forest *f)
{
    const estimator_info *info = estimator_of(f->kind);
    unsigned from_minor = info->is_ensemble ? (info->is_extra ? 6 : 4) : 3;
    return sk_version_at_least(f->version, 1, from_minor);
}

/* What the engine reads: the forest's trees, and of each node that is a leaf its row of values. */
typedef struct forest_source {
    const forest *forest;
    size_t *starts;      /* of each tree: its first node among all */
    uint32_t *leaf_rows; /* of all nodes */
} forest_source;

static size_t read_forest_tree(const void *self, size_t tree_number, engine_node *out)
{
    const forest_source *s = self;
    const tree *t = &s->forest->trees[tree_number];
    for (size_t i = 0; i < t->node_count; i++) {
        const tree_node *n = &t->nodes[i];
        out[i] = (engine_node){.weight = (float)n->weight, .value = s->leaf_rows[s->starts[tree_number] + i]};
        if (n->left < 0) continue;
        out[i].left = (uint32_t)n->left;
        out[i].right = (uint32_t)n->right;
        out[i].feature = (uint32_t)n->feature;
        out[i].threshold = (double)round_down(n->threshold);
        out[i].missing_left = n->missing_left;
    }
    return t->node_count;
}

static bool no_memory(size_t nodes, err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to serve a forest of %zu nodes", nodes);
}

static bool settle_leaves(predictor *p, const forest_source *s, err *e)
{
    const forest *f = s->forest;
    value_set set = {.slot_count = 64};
    while (set.slot_count < 2 * p->node_count) set.slot_count *= 2;
    set.slots = calloc(set.slot_count, sizeof *set.slots);
    if (!set.slots) return no_memory(p->node_count, e);
    for (size_t t = 0; t < f->tree_count; t++)
        for (size_t i = 0; i < f->trees[t].node_count; i++)
            if (f->trees[t].nodes[i].left < 0)
                s->leaf_rows[s->starts[t] + i] =
                    add_leaf_value(p, &set, f, f->trees[t].values + i * f->value_count);
    free(set.slots);
    /* Most leaves are pure and equal: give back what they do not need. */
    double *values = realloc(p->values, (p->value_rows + 1) * p->outputs * sizeof *values);
    if (values) p->values = values;
    return true;
}

static bool make_engine(predictor *p, const forest *f, size_t largest, err *e)
{
    forest_source s = {.forest = f,
                       .starts = calloc(f->tree_count + 1, sizeof *s.starts),
                       .leaf_rows = calloc(p->node_count + 1, sizeof *s.leaf_rows)};
    bool ok = s.starts && s.leaf_rows ? true : no_memory(p->node_count, e);
    for (size_t t = 0; ok && t < f->tree_count; t++) s.starts[t + 1] = s.starts[t] + f->trees[t].node_count;
    engine_source source = {.self = &s,
                            .tree_count = f->tree_count,
                            .node_count_max = largest,
                            .features = f->feature_count,
                            .is_narrow = true,
                            .read = read_forest_tree};
    ok = ok && settle_leaves(p, &s, e) && engine_new(&source, &p->engine, e);
    free(s.starts);
    free(s.leaf_rows);
    return ok;
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
    p->takes_missing = version_takes_missing(f);
    p->features = f->feature_count;
    p->outputs = f->value_count;
    p->slots = f->slot_count;
    p->node_count = nodes;
    p->tree_count = f->tree_count;
    p->values = calloc((leaves + 1) * f->value_count, sizeof *p->values);
    if (!p->values) return no_memory(nodes, e);
    if (!make_engine(p, f, largest, e)) return false;
    *out = TAKE(p);
    return true;
}

void predictor_free(predictor *p)
{
    if (!p) return;
    engine_free(p->engine);
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

/* --- answering ----------------------------------------------------------------------------------------------------------- */

static bool rows_are_usable(const predictor *p, const float *rows, size_t count, err *e)
{
    for (size_t i = 0; i < count * p->features; i++) {
        if (isfinite(rows[i])) continue;
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

static bool add_rows(const predictor *p, const float *rows, size_t count, double *out, err *e)
{
    engine_sums to = {.values = p->values, .width = p->outputs, .columns = p->sum_columns, .out = out};
    return engine_add(p->engine, &(engine_rows){.narrow = rows, .count = count}, &to, e);
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
    return rows_are_usable(p, rows, count, e) && add_rows(p, rows, count, out, e);
}

bool predictor_run(const predictor *p, const float *rows, size_t count, double *out, err *e)
{
    assert(p->sum_columns == 0);
    if (!rows_are_usable(p, rows, count, e)) return false;
    memset(out, 0, count * p->outputs * sizeof *out);
    if (!add_rows(p, rows, count, out, e)) return false;
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
