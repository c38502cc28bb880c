/*
 * model/sk/leaves.c - RandomTreesEmbedding: a column for each leaf of each tree, 1 where the row ends up.
 */
#include "sk/sk.h"

#include "base/limits.h"
#include "model/predict.h"
#include "read_parts.h"

#include <stdlib.h>

typedef struct leaves {
    forest *trees; /* the first number of a leaf is its column */
    size_t columns;
} leaves;

static void leaves_free(void *self)
{
    leaves *l = self;
    forest_free(l->trees);
}

static bool leaves_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                          model_answers *out, err *e)
{
    (void)what;
    (void)a;
    const leaves *l = self;
    for (size_t i = 0; i < rows->count; i++) {
        const double *x = rows->numbers + i * rows->columns;
        for (size_t t = 0; t < l->trees->tree_count; t++) {
            const tree *walked = &l->trees->trees[t];
            const tree_node *node = walked->nodes;
            while (node->left >= 0)
                node = &walked->nodes[(double)(float)x[node->feature] <= node->threshold ? node->left
                                                                                         : node->right];
            double column = walked->values[node - walked->nodes];
            if (column < 0)
                return model_refuse_row(rows, i, e,
                                        " ends in a leaf of tree %zu that no row of the training did", t);
            out->numbers[i * l->columns + (size_t)column] = 1;
        }
    }
    return true;
}

/* A tree's own columns are consecutive; 0 when it has none. */
static onnx_ref draw_leaf(onnx_build *b, const tree *t, size_t *first, onnx_ref column)
{
    double *own = onnx_alloc(b, t->node_count, sizeof *own);
    size_t count = 0;
    for (size_t i = 0; own && i < t->node_count; i++) {
        own[count] = (double)(*first + count);
        count += t->nodes[i].left < 0 && t->values[i] >= 0;
    }
    *first += count;
    if (!own || !count) return 0;
    return onnx_cast(b, onnx_op2(b, "Equal", column, onnx_vector(b, own, count)), ONNX_DOUBLE);
}

static void leaves_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const leaves *l = self;
    size_t trees = l->trees->tree_count, first = 0, count = 0;
    onnx_grove g = onnx_grove_of_boosted(b, l->trees, trees);
    onnx_ref ends = onnx_draw_grove(b, &g, onnx_as_float(b, onnx_matrix(b, x)));
    onnx_ref *parts = onnx_alloc(b, trees, sizeof *parts);
    for (size_t t = 0; onnx_ok(b) && t < trees; t++) {
        parts[count] = draw_leaf(b, &l->trees->trees[t], &first, onnx_pick(b, ends, t));
        count += parts[count] != 0;
    }
    if (onnx_ok(b) && count) out->table = onnx_table_of(onnx_concat(b, parts, count, 1), l->columns);
}

/* Leaves in the order of their numbers, which are the categories of an encoder. */
static void number_leaves(sk *s, leaves *l, tree *t, const pickle_value *categories)
{
    matrix known = sk_matrix_of(s, categories, "categories_", false);
    for (size_t i = 0; sk_ok(s) && i < t->node_count; i++) t->values[i] = -1;
    for (size_t k = 0; sk_ok(s) && k < known.rows * known.columns; k++) {
        double node = known.at[k];
        if (!(node >= 0 && node < (double)t->node_count) || t->nodes[(size_t)node].left >= 0)
            sk_fail(s, ERR_INVALID, "its one_hot_encoder_ knows a leaf %g, which is none", node);
        else
            t->values[(size_t)node] = (double)l->columns++;
    }
}

static void read_trees(sk *s, leaves *l, const pickle_value *encoder)
{
    sk_list list = sk_items(s, sk_get(s, "estimators_"), "estimators_", SK_ANY);
    const pickle_value *categories = encoder ? pickle_get(encoder, "categories_") : NULL;
    if (sk_ok(s) && !categories) sk_fail(s, ERR_INVALID, "its one_hot_encoder_ has no categories_");
    sk_list known = sk_items(s, categories, "categories_", list.count);
    if (sk_ok(s) && (list.count == 0 || list.count > LIMIT_FOREST_TREES))
        sk_fail(s, ERR_TOO_LARGE, "it has %zu trees, LIMIT_FOREST_TREES allows %d", list.count,
                (int)LIMIT_FOREST_TREES);
    if (!sk_ok(s)) return;
    forest *f = l->trees;
    f->trees = calloc(list.count, sizeof *f->trees);
    if (!f->trees) sk_fail(s, ERR_MEMORY, "no memory for %zu trees", list.count);
    uint64_t nodes_left = LIMIT_FOREST_NODES;
    for (size_t i = 0; i < list.count && sk_ok(s); i++) {
        tree *t = &f->trees[f->tree_count++];
        const pickle_value *object = pickle_get(list.items[i], "tree_");
        if (!object)
            sk_fail(s, ERR_INVALID, "tree %zu has no tree_", i);
        else if (!read_tree(s->file->scratch, object, f, t, &nodes_left, s->e))
            s->failed = true;
        if (sk_ok(s)) number_leaves(s, l, t, known.items[i]);
    }
    s->m->info.node_count = LIMIT_FOREST_NODES - nodes_left;
}

static void read_embedding(sk *s)
{
    leaves *l = sk_alloc(s, 1, sizeof *l);
    if (!l) return;
    sk_answers_and_frees(s, l, leaves_answer, leaves_free);
    sk_draws(s, leaves_draw, NULL);
    sk_features(s, sk_has(s, "n_features_in_") ? SK_ANY : (size_t)sk_integer(s, "n_features_"));
    const pickle_value *encoder = sk_get(s, "one_hot_encoder_");
    if (!sk_ok(s)) return;
    if (!forest_new(EXTRA_TREE_REGRESSOR, s->version, &l->trees, s->e) ||
        !forest_set_outputs(l->trees, 1, s->e)) {
        s->failed = true;
        return;
    }
    l->trees->feature_count = s->m->info.feature_count;
    forest_settle_outputs(l->trees);
    read_trees(s, l, encoder);
    if (sk_ok(s)) sk_gives(s, OUTPUT_TRANSFORM, l->columns);
}

const sk_class sk_leaves_classes[] = {
    {"RandomTreesEmbedding", "ensemble._forest", "ensemble.forest", read_embedding},
    {NULL, NULL, NULL, NULL},
};
