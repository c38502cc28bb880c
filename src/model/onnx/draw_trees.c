/*
 * model/onnx/draw_trees.c - trees as a TreeEnsembleRegressor of ai.onnx.ml 3, with thresholds and leaves in double.
 *
 * It adds in double and answers in float32. A classifier's trees are written so too: the ensembles of runtimes that choose labels choose otherwise between
 * equals than scikit-learn.
 */
#include "onnx/build.h"

#include "base/limits.h"

#include <math.h>

static const char *const mode_names[] = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "LEAF"};

typedef struct lists {
    int64_t *trees, *ids, *features, *yes, *no, *missing;
    double *thresholds;
    str *modes;
} lists;

static bool lists_new(onnx_build *b, size_t count, lists *l)
{
    l->trees = onnx_alloc(b, count, sizeof *l->trees);
    l->ids = onnx_alloc(b, count, sizeof *l->ids);
    l->features = onnx_alloc(b, count, sizeof *l->features);
    l->yes = onnx_alloc(b, count, sizeof *l->yes);
    l->no = onnx_alloc(b, count, sizeof *l->no);
    l->missing = onnx_alloc(b, count, sizeof *l->missing);
    l->thresholds = onnx_alloc(b, count, sizeof *l->thresholds);
    l->modes = onnx_alloc(b, count, sizeof *l->modes);
    return onnx_ok(b);
}

static void put_nodes(onnx_build *b, const onnx_grove *g)
{
    size_t count = g->starts[g->tree_count];
    lists l;
    if (!lists_new(b, count, &l)) return;
    for (size_t t = 0; t < g->tree_count; t++)
        for (size_t i = g->starts[t]; i < g->starts[t + 1]; i++) {
            const onnx_branch *n = &g->nodes[i];
            bool is_leaf = n->mode == ONNX_LEAF;
            l.trees[i] = (int64_t)t;
            l.ids[i] = (int64_t)(i - g->starts[t]);
            l.modes[i] = str_from_c(mode_names[n->mode]);
            if (is_leaf) continue;
            l.features[i] = n->feature;
            l.yes[i] = (int64_t)(n->yes - g->starts[t]);
            l.no[i] = (int64_t)(n->no - g->starts[t]);
            l.missing[i] = n->missing_is_yes;
            l.thresholds[i] = n->threshold;
        }
    onnx_set_ints(b, "nodes_treeids", l.trees, count);
    onnx_set_ints(b, "nodes_nodeids", l.ids, count);
    onnx_set_ints(b, "nodes_featureids", l.features, count);
    onnx_set_texts(b, "nodes_modes", l.modes, count);
    onnx_set_doubles(b, "nodes_values_as_tensor", l.thresholds, count);
    onnx_set_ints(b, "nodes_truenodeids", l.yes, count);
    onnx_set_ints(b, "nodes_falsenodeids", l.no, count);
    onnx_set_ints(b, "nodes_missing_value_tracks_true", l.missing, count);
}

static void put_leaves(onnx_build *b, const onnx_grove *g)
{
    size_t leaves = 0, at = 0;
    for (size_t i = 0; i < g->starts[g->tree_count]; i++) leaves += g->nodes[i].mode == ONNX_LEAF;
    size_t count = leaves * g->width;
    int64_t *trees = onnx_alloc(b, count, sizeof *trees), *ids = onnx_alloc(b, count, sizeof *ids),
            *targets = onnx_alloc(b, count, sizeof *targets);
    double *weights = onnx_alloc(b, count, sizeof *weights);
    for (size_t t = 0; onnx_ok(b) && t < g->tree_count; t++)
        for (size_t i = g->starts[t]; i < g->starts[t + 1]; i++)
            for (size_t k = 0; g->nodes[i].mode == ONNX_LEAF && k < g->width; k++, at++) {
                trees[at] = (int64_t)t;
                ids[at] = (int64_t)(i - g->starts[t]);
                targets[at] = (int64_t)((g->slots ? g->slots[t] : 0) + k);
                weights[at] = g->values[g->nodes[i].yes * g->width + k];
            }
    if (!onnx_ok(b)) return;
    onnx_set_ints(b, "target_treeids", trees, count);
    onnx_set_ints(b, "target_nodeids", ids, count);
    onnx_set_ints(b, "target_ids", targets, count);
    onnx_set_doubles(b, "target_weights_as_tensor", weights, count);
}

onnx_ref onnx_draw_grove(onnx_build *b, const onnx_grove *g, onnx_ref x)
{
    if (!onnx_ok(b)) return 0;
    put_nodes(b, g);
    put_leaves(b, g);
    onnx_set_int(b, "n_targets", (int64_t)g->targets);
    onnx_set_text(b, "aggregate_function", "SUM");
    onnx_set_text(b, "post_transform", "NONE");
    onnx_take(b, x);
    onnx_ref sums = onnx_give(b, "TreeEnsembleRegressor", "ai.onnx.ml", 1);
    return onnx_cast(b, sums, ONNX_DOUBLE);
}

/* --- forests -------------------------------------------------------------------------------------------------------------- */

static onnx_grove grove_new(onnx_build *b, const forest *f)
{
    onnx_grove g = {.tree_count = f->tree_count, .width = f->value_count};
    g.starts = onnx_alloc(b, f->tree_count + 1, sizeof *g.starts);
    for (size_t t = 0; g.starts && t < f->tree_count; t++)
        g.starts[t + 1] = g.starts[t] + f->trees[t].node_count;
    size_t count = g.starts ? g.starts[f->tree_count] : 0;
    if (count > LIMIT_FOREST_NODES) onnx_fail(b, ERR_TOO_LARGE, "a forest of %zu nodes", count);
    g.nodes = onnx_alloc(b, count, sizeof *g.nodes);
    for (size_t t = 0; g.nodes && t < f->tree_count; t++)
        for (size_t i = 0; i < f->trees[t].node_count; i++) {
            const tree_node *n = &f->trees[t].nodes[i];
            size_t at = g.starts[t] + i;
            if (n->left < 0)
                g.nodes[at] = (onnx_branch){.yes = (uint32_t)at, .mode = ONNX_LEAF};
            else
                g.nodes[at] = (onnx_branch){.threshold = n->threshold,
                                            .feature = (uint32_t)n->feature,
                                            .yes = (uint32_t)(g.starts[t] + (size_t)n->left),
                                            .no = (uint32_t)(g.starts[t] + (size_t)n->right),
                                            .mode = ONNX_LEQ,
                                            .missing_is_yes = n->missing_left};
        }
    return g;
}

/* Counts become shares. */
static void settle_values(const forest *f, double *values)
{
    for (size_t k = 0; f->values_are_counts && k < f->output_count; k++) {
        double *counts = values + k * f->slot_count, sum = 0;
        for (size_t c = 0; c < f->outputs[k].class_count; c++) sum += counts[c];
        for (size_t c = 0; c < f->outputs[k].class_count; c++) counts[c] /= sum > 0 ? sum : 1;
    }
}

onnx_grove onnx_grove_of_forest(onnx_build *b, const forest *f)
{
    onnx_grove g = grove_new(b, f);
    g.targets = f->value_count;
    double *values = onnx_alloc(b, (g.starts ? g.starts[g.tree_count] : 0) * g.width, sizeof *values);
    for (size_t t = 0; values && t < f->tree_count; t++)
        for (size_t i = 0; i < f->trees[t].node_count; i++) {
            double *row = values + (g.starts[t] + i) * g.width;
            memcpy(row, f->trees[t].values + i * g.width, g.width * sizeof *row);
            settle_values(f, row);
        }
    g.values = values;
    return g;
}

onnx_grove onnx_grove_of_boosted(onnx_build *b, const forest *f, size_t columns)
{
    onnx_grove g = onnx_grove_of_forest(b, f);
    g.targets = columns;
    g.slots = onnx_alloc(b, g.tree_count, sizeof *g.slots);
    for (size_t t = 0; g.slots && t < g.tree_count; t++) g.slots[t] = (uint32_t)(t % columns);
    return g;
}

/* --- sets ----------------------------------------------------------------------------------------------------------------- */

enum { SET_CELLS_MAX = 1 << 26 };

/* Rows of flags by category, the last for what is none; a missing value stays one. */
static onnx_ref draw_membership(onnx_build *b, onnx_ref column, const double *tables, size_t sets,
                                size_t size)
{
    onnx_ref x = onnx_flat(b, column), last = onnx_number(b, (double)(size - 1));
    onnx_ref fits = onnx_op2(b, "And", onnx_with(b, "GreaterOrEqual", x, 0), onnx_op2(b, "Less", x, last));
    onnx_ref at = onnx_cast(b, onnx_op3(b, "Where", fits, x, last), ONNX_INT64);
    onnx_ref flags = onnx_gather(b, onnx_transposed(b, tables, sets, size), at, 0);
    return onnx_op3(b, "Where", onnx_op1(b, "IsNaN", column), onnx_number(b, NAN), flags);
}

static size_t count_sets(const onnx_grove *g, size_t feature)
{
    size_t sets = 0;
    for (size_t i = 0; i < g->starts[g->tree_count]; i++)
        sets += g->nodes[i].mode == ONNX_SET && g->nodes[i].feature == feature;
    return sets;
}

/* All nodes of the feature get their columns, from `first` on. */
static onnx_ref draw_sets_of(onnx_build *b, onnx_grove *g, onnx_ref x, size_t feature, size_t first,
                             const onnx_set_source *s)
{
    size_t sets = count_sets(g, feature), size = s->size(s->self, feature) + 1, at = 0, cells;
    if (__builtin_mul_overflow(sets, size, &cells) || cells > SET_CELLS_MAX)
        onnx_fail(b, ERR_TOO_LARGE,
                  "feature %zu has %zu categories in %zu nodes, too many to be written as ONNX", feature + 1,
                  size - 1, sets);
    double *tables = onnx_alloc(b, cells, sizeof *tables);
    for (size_t t = 0; tables && t < g->tree_count; t++)
        for (size_t i = g->starts[t]; i < g->starts[t + 1]; i++) {
            onnx_branch *n = &g->nodes[i];
            if (n->mode != ONNX_SET || n->feature != feature) continue;
            for (size_t c = 0; c < size; c++)
                tables[at * size + c] = s->has(s->self, t, i - g->starts[t], c + 1 < size ? (double)c : -1);
            n->missing_is_yes = s->has(s->self, t, i - g->starts[t], NAN);
            n->feature = (uint32_t)(first + at++);
            n->mode = ONNX_GT;
            n->threshold = 0.5;
        }
    onnx_ref own = onnx_gather(b, x, onnx_columns_of(b, &feature, 1), 1);
    return tables ? draw_membership(b, own, tables, sets, size) : 0;
}

onnx_ref onnx_draw_sets(onnx_build *b, onnx_grove *g, onnx_ref x, size_t features, const onnx_set_source *s)
{
    onnx_ref *parts = onnx_alloc(b, features + 1, sizeof *parts);
    size_t count = 1, next = features;
    for (size_t j = 0; onnx_ok(b) && j < features; j++) {
        size_t sets = count_sets(g, j);
        if (sets) parts[count++] = draw_sets_of(b, g, x, j, next, s);
        next += sets;
    }
    if (!onnx_ok(b)) return 0;
    parts[0] = x;
    return onnx_concat(b, parts, count, 1);
}
