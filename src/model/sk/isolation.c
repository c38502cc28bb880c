/*
 * model/sk/isolation.c - IsolationForest: how soon random cuts leave a row alone.
 *
 * A leaf's number is its depth, plus the mean depth of a tree over the rows that it still holds; the trees of the file are given these numbers.
 */
#include "sk/sk.h"

#include "base/limits.h"
#include "model/predict.h"
#include "read_parts.h"

#include <math.h>
#include <stdlib.h>

typedef struct isolation {
    predictor *trees;
    forest *forest; /* as it was read: for other forms */
    double scale, offset;
    double threshold; /* of decisions: an outlier's is below */
} isolation;

static void isolation_free(void *self)
{
    isolation *n = self;
    predictor_free(n->trees);
    forest_free(n->forest);
}

static bool isolation_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                             model_answers *out, err *e)
{
    const isolation *n = self;
    size_t cells = rows->count * rows->columns;
    float *narrow = arena_alloc_array(a, cells + 1, sizeof *narrow);
    if (!narrow) return err_set(e, ERR_MEMORY, "no memory for %zu rows", rows->count);
    for (size_t i = 0; i < cells; i++) narrow[i] = (float)rows->numbers[i];
    if (!predictor_add(n->trees, narrow, rows->count, out->numbers, e)) return false;
    for (size_t i = 0; i < rows->count; i++) {
        double decision = -exp2(-out->numbers[i] / n->scale) - n->offset;
        out->numbers[i] = what == OUTPUT_PREDICT ? (decision < n->threshold ? -1 : 1) : decision;
    }
    return true;
}

static void isolation_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const isolation *n = self;
    onnx_grove g = onnx_grove_of_boosted(b, n->forest, 1);
    onnx_ref depths = onnx_draw_grove(b, &g, onnx_as_float(b, onnx_matrix(b, x)));
    onnx_ref shares = onnx_with(b, "Mul", depths, -log(2) / n->scale);
    onnx_ref decision = onnx_with(b, "Sub", onnx_op1(b, "Neg", onnx_op1(b, "Exp", shares)), n->offset);
    sk_draw_outliers(b, decision, n->threshold, out);
}

/* The mean depth of an unsuccessful search in a random binary tree over so many rows. Before 0.21 a row of its own counted too, and two had no number of their own. */
static double mean_depth(double rows, bool is_old)
{
    const double euler = 0.57721566490153286061;
    if (rows <= 1) return is_old ? 1 : 0;
    if (rows == 2 && !is_old) return 1;
    return 2 * (log(rows - 1) + euler) - 2 * (rows - 1) / rows;
}

/* Children lie after their parents, so one pass knows every depth. */
static bool set_depths(tree *t, bool is_old)
{
    uint32_t *depths = calloc(t->node_count, sizeof *depths);
    if (!depths) return false;
    for (size_t i = 0; i < t->node_count; i++) {
        const tree_node *node = &t->nodes[i];
        t->values[i] = (double)depths[i] + mean_depth((double)node->sample_count, is_old);
        if (node->left < 0) continue;
        depths[node->left] = depths[node->right] = depths[i] + 1;
    }
    free(depths);
    return true;
}

static bool is_old(const sk *s)
{
    return !sk_version_at_least(s->version, 0, 21);
}

/* A tree that saw some of the features numbers them on its own. */
static void rename_features(sk *s, tree *t, const pickle_value *v, size_t features)
{
    matrix picked = sk_matrix_of(s, v, "estimators_features_", false);
    for (size_t i = 0; sk_ok(s) && i < t->node_count; i++) {
        tree_node *node = &t->nodes[i];
        if (node->left < 0) continue;
        double to = (size_t)node->feature < picked.columns ? picked.at[node->feature] : -1;
        if (!(to >= 0 && to < (double)features))
            sk_fail(s, ERR_INVALID, "its estimators_features_ does not name feature %d", node->feature);
        else
            node->feature = (int32_t)to;
    }
}

static void read_member(sk *s, forest *f, const pickle_value *v, const pickle_value *picked,
                        uint64_t *nodes_left)
{
    size_t features = f->feature_count;
    tree *t = &f->trees[f->tree_count++];
    const pickle_value *tree_object = pickle_get(v, "tree_");
    matrix names = sk_matrix_of(s, picked, "estimators_features_", false);
    if (sk_ok(s) && !tree_object) sk_fail(s, ERR_INVALID, "tree %zu has no tree_", f->tree_count - 1);
    if (!sk_ok(s)) return;
    f->feature_count = names.columns;
    if (!read_tree(s->file->scratch, tree_object, f, t, nodes_left, s->e)) s->failed = true;
    f->feature_count = features;
    if (sk_ok(s)) rename_features(s, t, picked, features);
    if (sk_ok(s) && !set_depths(t, is_old(s)))
        sk_fail(s, ERR_MEMORY, "no memory for a tree of %zu nodes", t->node_count);
}

static void read_trees(sk *s, isolation *n)
{
    AUTO(forest_free) forest *f = NULL;
    sk_list list = sk_items(s, sk_get(s, "estimators_"), "estimators_", SK_ANY);
    sk_list picked = sk_items(s, sk_get(s, "estimators_features_"), "estimators_features_", list.count);
    if (sk_ok(s) && (list.count == 0 || list.count > LIMIT_FOREST_TREES))
        sk_fail(s, ERR_TOO_LARGE, "it has %zu trees, LIMIT_FOREST_TREES allows %d", list.count,
                (int)LIMIT_FOREST_TREES);
    if (!sk_ok(s)) return;
    if (!forest_new(EXTRA_TREE_REGRESSOR, s->version, &f, s->e) || !forest_set_outputs(f, 1, s->e)) {
        s->failed = true;
        return;
    }
    f->feature_count = s->m->info.feature_count;
    forest_settle_outputs(f);
    f->trees = calloc(list.count, sizeof *f->trees);
    if (!f->trees) sk_fail(s, ERR_MEMORY, "no memory for %zu trees", list.count);
    uint64_t nodes_left = LIMIT_FOREST_NODES;
    for (size_t i = 0; i < list.count && sk_ok(s); i++)
        read_member(s, f, list.items[i], picked.items[i], &nodes_left);
    if (sk_ok(s) && !predictor_new_boosted(f, 1, &n->trees, s->e)) s->failed = true;
    if (!sk_ok(s)) return;
    n->scale =
        (double)list.count *
        mean_depth(sk_number(s, sk_has(s, "_max_samples") ? "_max_samples" : "max_samples_"), is_old(s));
    s->m->info.node_count = predictor_node_count(n->trees);
    n->forest = TAKE(f);
}

static void read_isolation(sk *s)
{
    isolation *n = sk_alloc(s, 1, sizeof *n);
    sk_answers_and_frees(s, n, isolation_answer, isolation_free);
    sk_draws(s, isolation_draw, NULL);
    sk_features(s, sk_has(s, "n_features_in_") ? SK_ANY : (size_t)sk_integer(s, "n_features_"));
    if (!sk_ok(s)) return;
    read_trees(s, n);
    n->offset = sk_number(s, "offset_");
    if (sk_is_text(s, "behaviour", "old")) n->threshold = sk_number(s, "_threshold_"); /* 0.20 and 0.21 */
    if (sk_ok(s) && !(n->scale > 0)) sk_fail(s, ERR_INVALID, "its max_samples_ is less than two");
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, 1);
    s->m->info.gives_indices = true;
}

const sk_class sk_isolation_classes[] = {
    {"IsolationForest", "ensemble._iforest", "ensemble.iforest", read_isolation},
    {NULL, NULL, NULL, NULL},
};
