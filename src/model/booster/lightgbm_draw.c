/*
 * model/booster/lightgbm_draw.c - LightGBM's trees as an ONNX graph: what is missing is put in order first, then come the trees and the objective's link.
 */
#include "booster/lightgbm.h"

#include <math.h>

static size_t set_size(const void *self, size_t feature)
{
    const booster *b = self;
    uint32_t words = 0;
    for (size_t t = 0; t < b->tree_count; t++)
        for (size_t i = 0; i < b->trees[t].node_count; i++) {
            const node *n = &b->trees[t].nodes[i];
            if (!(n->decision & IS_CATEGORY) || n->feature != feature) continue;
            const uint32_t *bounds = b->trees[t].boundaries + (size_t)n->threshold;
            words = bounds[1] - bounds[0] > words ? bounds[1] - bounds[0] : words;
        }
    return (size_t)words * 32;
}

static bool set_tells(const void *self, size_t t, size_t number, double x)
{
    const booster *b = self;
    return lightgbm_goes_left(&b->trees[t], &b->trees[t].nodes[number], x);
}

static onnx_grove grove_of(onnx_build *o, const booster *b)
{
    onnx_grove g = {.tree_count = b->tree_count, .targets = b->group_count, .width = 1};
    g.starts = onnx_alloc(o, b->tree_count + 1, sizeof *g.starts);
    g.slots = onnx_alloc(o, b->tree_count, sizeof *g.slots);
    for (size_t t = 0; onnx_ok(o) && t < b->tree_count; t++) {
        g.starts[t + 1] = g.starts[t] + 2 * b->trees[t].node_count + 1;
        g.slots[t] = (uint32_t)(t % b->group_count);
        if (b->trees[t].constants)
            onnx_fail(
                o, ERR_UNSUPPORTED,
                "trees with linear leaves (linear_tree) are not written as ONNX, whose leaves are numbers");
    }
    size_t count = onnx_ok(o) ? g.starts[b->tree_count] : 0;
    double *values = onnx_alloc(o, count, sizeof *values);
    g.nodes = onnx_alloc(o, count, sizeof *g.nodes);
    for (size_t t = 0; onnx_ok(o) && t < b->tree_count; t++) {
        const grown *own = &b->trees[t];
        size_t first = g.starts[t], leaves = first + own->node_count; /* inner nodes, then leaves */
        for (size_t i = 0; i < own->node_count; i++) {
            const node *n = &own->nodes[i];
            g.nodes[first + i] = (onnx_branch){
                .threshold = n->threshold,
                .feature = n->feature,
                .yes = (uint32_t)(n->left < 0 ? leaves + (size_t)~n->left : first + (size_t)n->left),
                .no = (uint32_t)(n->right < 0 ? leaves + (size_t)~n->right : first + (size_t)n->right),
                .mode = n->decision & IS_CATEGORY ? ONNX_SET : ONNX_LEQ,
                .missing_is_yes = (n->decision & DEFAULT_LEFT) != 0};
        }
        for (size_t i = 0; i <= own->node_count; i++) {
            g.nodes[leaves + i] = (onnx_branch){.mode = ONNX_LEAF, .yes = (uint32_t)(leaves + i)};
            values[leaves + i] = own->leaves[i];
        }
    }
    g.values = values;
    return g;
}

/* What a feature's nodes take for missing: 1 + the type; 0: it has none that compare. */
static double *missing_types(onnx_build *o, const booster *b, unsigned type)
{
    double *is = onnx_alloc(o, b->features, sizeof *is), *other = onnx_alloc(o, b->features, sizeof *other);
    for (size_t t = 0; onnx_ok(o) && t < b->tree_count; t++)
        for (size_t i = 0; i < b->trees[t].node_count; i++) {
            const node *n = &b->trees[t].nodes[i];
            if (n->decision & IS_CATEGORY) continue;
            *((n->decision >> 2 & 3) == type ? &is[n->feature] : &other[n->feature]) = 1;
        }
    for (size_t j = 0; onnx_ok(o) && j < b->features; j++)
        if (is[j] != 0 && other[j] != 0)
            onnx_fail(o, ERR_UNSUPPORTED,
                      "feature %zu takes different numbers for missing in different nodes", j + 1);
    return is;
}

/* Without a missing type NaN is 0; with the type zero both are missing. */
static onnx_ref draw_missing(onnx_build *o, const booster *b, onnx_ref x)
{
    double *none = missing_types(o, b, 0), *zero = missing_types(o, b, MISSING_ZERO);
    if (!onnx_ok(o)) return 0;
    onnx_ref to_zero = onnx_op2(o, "And", onnx_op1(o, "IsNaN", x),
                                onnx_with(o, "Greater", onnx_vector(o, none, b->features), 0.5));
    x = onnx_op3(o, "Where", to_zero, onnx_number(o, 0), x);
    onnx_ref is_zero = onnx_with(o, "LessOrEqual", onnx_op1(o, "Abs", x), zero_threshold);
    is_zero = onnx_op2(o, "And", is_zero, onnx_with(o, "Greater", onnx_vector(o, zero, b->features), 0.5));
    return onnx_op3(o, "Where", is_zero, onnx_number(o, NAN), x);
}

void lightgbm_draw(const void *self, onnx_build *o, const onnx_table *t, onnx_answers *out)
{
    const booster *b = self;
    onnx_set_source sets = {b, set_size, set_tells};
    onnx_grove g = grove_of(o, b);
    onnx_ref x = draw_missing(o, b, onnx_matrix(o, t));
    if (onnx_ok(o) && b->tree_count == 0) onnx_fail(o, ERR_UNSUPPORTED, "it has no trees");
    if (!onnx_ok(o)) return;
    onnx_ref sums = onnx_draw_grove(o, &g, onnx_draw_sets(o, &g, x, b->features, &sets));
    onnx_ref raw = b->divisor == 1 ? sums : onnx_with(o, "Div", sums, b->divisor);
    onnx_ref p = b->sigmoid == 1 ? raw : onnx_with(o, "Mul", raw, b->sigmoid);
    switch (b->gives) {
    case GIVES_TWO_CLASSES: booster_draw(o, p, BOOSTER_TWO_CLASSES, out); break;
    case GIVES_CLASSES: booster_draw(o, raw, BOOSTER_CLASSES, out); break;
    case GIVES_ONE_VS_ALL:
        out->at[OUTPUT_PREDICT_PROBA] = onnx_squashed(o, p);
        out->at[OUTPUT_PREDICT] = onnx_argmax(o, raw);
        break;
    case GIVES_SIGMOID: booster_draw(o, p, BOOSTER_SIGMOID, out); break;
    case GIVES_EXP: booster_draw(o, raw, BOOSTER_EXP, out); break;
    case GIVES_LOG1P:
        out->at[OUTPUT_PREDICT] = onnx_op1(o, "Log", onnx_with(o, "Add", onnx_op1(o, "Exp", raw), 1));
        break;
    case GIVES_SQUARE: out->at[OUTPUT_PREDICT] = onnx_op2(o, "Mul", raw, onnx_op1(o, "Abs", raw)); break;
    default: booster_draw(o, raw, BOOSTER_VALUE, out);
    }
    out->at[OUTPUT_DECISION_FUNCTION] = sums;
}
