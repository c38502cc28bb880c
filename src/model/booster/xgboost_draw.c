/*
 * model/booster/xgboost_draw.c - XGBoost's models as an ONNX graph: trees over float32, or a linear model, and the objective's link.
 */
#include "booster/xgboost.h"

#include <math.h>

static size_t set_size(const void *self, size_t feature)
{
    const booster *b = self;
    int32_t most = 0;
    for (size_t i = 0; i < b->node_count; i++) {
        const node *n = &b->nodes[i];
        if (!n->is_category || n->feature != feature || !n->set_count) continue;
        int32_t last = b->categories[n->set_begin + n->set_count - 1];
        most = last > most ? last : most;
    }
    return (size_t)most + 1;
}

static bool set_has(const void *self, size_t t, size_t number, double x)
{
    const booster *b = self;
    return xgboost_goes_left(b, b->nodes + b->roots[t] + number, (float)x);
}

static onnx_grove grove_of(onnx_build *o, const booster *b)
{
    size_t width = b->vectors ? b->group_count : 1;
    onnx_grove g = {.tree_count = b->tree_count, .targets = b->group_count, .width = width};
    g.starts = onnx_alloc(o, b->tree_count + 1, sizeof *g.starts);
    g.slots = onnx_alloc(o, b->tree_count, sizeof *g.slots);
    g.nodes = onnx_alloc(o, b->node_count, sizeof *g.nodes);
    double *values = onnx_alloc(o, b->node_count * width, sizeof *values);
    for (size_t t = 0; onnx_ok(o) && t < b->tree_count; t++) {
        size_t end = t + 1 < b->tree_count ? b->roots[t + 1] : b->node_count;
        float drop = b->drop ? b->drop[t] : 1;
        g.starts[t + 1] = end;
        g.slots[t] = b->vectors ? 0 : b->groups[t];
        for (size_t i = b->roots[t]; i < end; i++) {
            const node *n = &b->nodes[i];
            bool is_leaf = n->left < 0;
            for (size_t k = 0; is_leaf && k < width; k++)
                values[i * width + k] =
                    (double)(drop * (b->vectors ? b->vectors[(size_t)n->right * width + k] : n->split));
            g.nodes[i] = (onnx_branch){.threshold = (double)n->split,
                                       .feature = n->feature,
                                       .yes = (uint32_t)(is_leaf ? i : b->roots[t] + (size_t)n->left),
                                       .no = (uint32_t)(is_leaf ? i : b->roots[t] + (size_t)n->right),
                                       .mode = is_leaf          ? ONNX_LEAF
                                               : n->is_category ? ONNX_SET
                                                                : ONNX_LT,
                                       .missing_is_yes = n->default_left};
        }
    }
    g.values = values;
    return g;
}

/* What is missing adds nothing. */
static onnx_ref draw_linear(onnx_build *o, const booster *b, onnx_ref x)
{
    onnx_ref there = onnx_op3(o, "Where", onnx_op1(o, "IsNaN", x), onnx_number(o, 0), x);
    onnx_ref sums = onnx_op2(o, "MatMul", there, onnx_rows(o, b->linear, b->features, b->group_count));
    return onnx_op2(o, "Add", sums, onnx_vector(o, b->linear + b->features * b->group_count, b->group_count));
}

void xgboost_draw(const void *self, onnx_build *o, const onnx_table *t, onnx_answers *out)
{
    const booster *b = self;
    onnx_set_source sets = {b, set_size, set_has};
    onnx_ref x = onnx_as_float(o, onnx_matrix(o, t));
    onnx_grove g = grove_of(o, b);
    double *base = onnx_alloc(o, b->group_count, sizeof *base);
    for (size_t k = 0; base && k < b->group_count; k++) base[k] = (double)b->base[k];
    if (onnx_ok(o) && !b->linear && b->tree_count == 0) onnx_fail(o, ERR_UNSUPPORTED, "it has no trees");
    if (!onnx_ok(o)) return;
    onnx_ref raw = b->linear ? draw_linear(o, b, x)
                             : onnx_draw_grove(o, &g, onnx_draw_sets(o, &g, x, b->features, &sets));
    raw = onnx_op2(o, "Add", raw, onnx_vector(o, base, b->group_count));
    booster_draw(o, raw,
                 b->gives == GIVES_TWO_CLASSES ? BOOSTER_TWO_CLASSES
                 : b->gives == GIVES_CLASSES   ? BOOSTER_CLASSES
                 : b->gives == GIVES_SIGMOID   ? BOOSTER_SIGMOID
                 : b->gives == GIVES_EXP       ? BOOSTER_EXP
                 : b->gives == GIVES_HINGE     ? BOOSTER_HINGE
                                               : BOOSTER_VALUE,
                 out);
}
