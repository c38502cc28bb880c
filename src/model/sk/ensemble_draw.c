/*
 * model/sk/ensemble_draw.c - votes, bags and boosts as ONNX.
 */
#include "sk/ensemble.h"
#include "sk/parts.h"

#include <float.h>

/* Each once, or parts within parts would be drawn ever so often. */
static onnx_answers *draw_parts(onnx_build *b, const ensemble *n, const onnx_table *x)
{
    onnx_answers *parts = onnx_alloc(b, n->count, sizeof *parts);
    for (size_t k = 0; k < n->count && onnx_ok(b); k++) {
        onnx_table own = *x;
        if (n->picked && n->picked[k]) own = onnx_table_pick(b, x, n->picked[k], n->picked_count[k]);
        onnx_draw(b, n->parts[k], &own, &parts[k]);
    }
    return onnx_ok(b) ? parts : NULL;
}

/* A one in the column of the label that a part chose. */
static onnx_ref draw_vote(onnx_build *b, size_t classes, onnx_ref index)
{
    double *unit = onnx_alloc(b, classes * classes, sizeof *unit);
    for (size_t c = 0; unit && c < classes; c++) unit[c * classes + c] = 1;
    return unit ? onnx_gather(b, onnx_rows(b, unit, classes, classes), index, 0) : 0;
}

static onnx_ref draw_sum(onnx_build *b, const ensemble *n, const onnx_answers *parts, model_output what)
{
    onnx_ref sum = 0;
    for (size_t k = 0; k < n->count && onnx_ok(b); k++) {
        onnx_ref got = part_drawn(b, n->parts[k], &parts[k], what);
        if (n->classes && what == OUTPUT_PREDICT) got = draw_vote(b, n->classes, got);
        if (n->weights) got = onnx_with(b, "Mul", got, n->weights[k]);
        sum = sum ? onnx_op2(b, "Add", sum, got) : got;
    }
    return sum;
}

static void draw_averaged(onnx_build *b, const ensemble *n, const onnx_answers *parts, onnx_answers *out)
{
    onnx_ref sum = draw_sum(b, n, parts, n->mix == MIX_SOFT ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT);
    onnx_ref mean = onnx_with(b, "Div", sum, n->weights ? n->weight_sum : (double)n->count);
    out->at[n->classes ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT] = mean;
    if (n->classes) out->at[OUTPUT_PREDICT] = onnx_argmax(b, mean);
}

/* (K - 1) (log p - mean of log p), summed over the parts. */
static onnx_ref draw_logs(onnx_build *b, const ensemble *n, const onnx_answers *parts)
{
    onnx_ref sum = 0;
    for (size_t k = 0; k < n->count && onnx_ok(b); k++) {
        onnx_ref p =
            onnx_with(b, "Max", part_drawn(b, n->parts[k], &parts[k], OUTPUT_PREDICT_PROBA), DBL_EPSILON);
        onnx_ref ln = onnx_op1(b, "Log", p);
        onnx_ref mean = onnx_with(b, "Div", onnx_sum(b, ln, 1, true), (double)n->classes);
        onnx_ref part = onnx_with(b, "Mul", onnx_op2(b, "Sub", ln, mean), (double)(n->classes - 1));
        sum = sum ? onnx_op2(b, "Add", sum, part) : part;
    }
    return sum;
}

static void draw_samme(onnx_build *b, const ensemble *n, const onnx_answers *parts, onnx_answers *out)
{
    onnx_ref votes = n->mix == MIX_SAMME_R ? draw_logs(b, n, parts) : draw_sum(b, n, parts, OUTPUT_PREDICT);
    double others = (double)(n->classes - 1);
    votes = onnx_with(b, "Div", votes, n->weight_sum);
    if (n->is_new) {
        onnx_ref against = onnx_with(b, "Div", onnx_op2(b, "Sub", onnx_number(b, 1), votes), others);
        votes = onnx_op2(b, "Sub", votes, against);
    }
    onnx_ref scores = votes, shares = 0;
    if (n->asks_shares)
        shares = onnx_with(b, "Div", draw_sum(b, n, parts, OUTPUT_PREDICT_PROBA), n->weight_sum * others);
    if (n->classes == 2) {
        scores = onnx_op2(b, "Sub", onnx_pick(b, votes, 1), onnx_pick(b, votes, 0));
        onnx_ref half = onnx_with(b, "Div", scores, 2);
        votes = onnx_concat(b, (onnx_ref[]){onnx_op1(b, "Neg", half), half}, 2, 1);
    } else {
        votes = onnx_with(b, "Div", votes, others);
    }
    out->at[OUTPUT_PREDICT] = sk_draw_decision(b, scores, n->classes);
    out->at[OUTPUT_DECISION_FUNCTION] = scores;
    if (!n->lacks_shares) out->at[OUTPUT_PREDICT_PROBA] = onnx_softmax(b, shares ? shares : votes);
}

/* Sorted, with the weights in the same order: the first from which on half of the weight is reached. */
static onnx_ref draw_median(onnx_build *b, const ensemble *n, const onnx_answers *parts)
{
    onnx_ref *all = onnx_alloc(b, n->count, sizeof *all);
    for (size_t k = 0; k < n->count && onnx_ok(b); k++)
        all[k] = part_drawn(b, n->parts[k], &parts[k], OUTPUT_PREDICT);
    if (!onnx_ok(b)) return 0;
    onnx_ref sorted = onnx_smallest(b, onnx_concat(b, all, n->count, 1), n->count);
    if (!onnx_ok(b)) return 0;
    onnx_ref weights = onnx_gather(b, onnx_vector(b, n->weights, n->count), sorted + 1, 0);
    onnx_ref reached = onnx_op2(b, "CumSum", weights, onnx_integers(b, (int64_t[]){1}, 1));
    onnx_ref half = onnx_with(b, "GreaterOrEqual", reached, 0.5 * n->weight_sum);
    onnx_ref first = onnx_upright(b, onnx_argmax(b, onnx_cast(b, half, ONNX_DOUBLE)));
    onnx_set_int(b, "axis", 1);
    return onnx_op2(b, "GatherElements", sorted, first);
}

static onnx_ref draw_rest(onnx_build *b, const ensemble *n, const onnx_answers *parts, model_output what)
{
    onnx_ref *all = onnx_alloc(b, n->count, sizeof *all);
    for (size_t k = 0; k < n->count && onnx_ok(b); k++) {
        all[k] = part_drawn(b, n->parts[k], &parts[k], what);
        if (what == OUTPUT_PREDICT_PROBA && onnx_ok(b)) all[k] = onnx_pick(b, all[k], 1);
    }
    return onnx_ok(b) ? onnx_concat(b, all, n->count, 1) : 0;
}

static void draw_one_rest(onnx_build *b, const ensemble *n, const onnx_answers *parts, onnx_answers *out)
{
    const model_info *info = &n->parts[0]->info;
    bool decides = info->gives[OUTPUT_DECISION_FUNCTION], has_proba = info->gives[OUTPUT_PREDICT_PROBA];
    onnx_ref scores = decides ? draw_rest(b, n, parts, OUTPUT_DECISION_FUNCTION) : 0,
             p = has_proba ? draw_rest(b, n, parts, OUTPUT_PREDICT_PROBA) : 0;
    if (n->is_multilabel) {
        sk_draw_multilabel(b, decides ? scores : p, decides ? 0 : 0.5, n->count, has_proba && !decides, out);
        if (has_proba) out->at[OUTPUT_PREDICT_PROBA] = sk_draw_pairs(b, p, n->count);
        return;
    }
    onnx_ref chosen = decides ? scores : onnx_with(b, "Sub", p, n->count == 1 ? 0.5 : 0);
    out->at[OUTPUT_PREDICT] = sk_draw_decision(b, chosen, n->classes);
    out->at[OUTPUT_DECISION_FUNCTION] = scores;
    if (has_proba) out->at[OUTPUT_PREDICT_PROBA] = n->count == 1 ? onnx_both(b, p) : onnx_shares(b, p);
}

void ensemble_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const ensemble *n = self;
    const onnx_answers *parts = draw_parts(b, n, x);
    if (!parts) return;
    switch (n->mix) {
    case MIX_SAMME:
    case MIX_SAMME_R: draw_samme(b, n, parts, out); return;
    case MIX_MEDIAN: out->at[OUTPUT_PREDICT] = draw_median(b, n, parts); return;
    case MIX_ONE_REST: draw_one_rest(b, n, parts, out); return;
    default: draw_averaged(b, n, parts, out);
    }
}

void ensemble_texts(const void *self, bool *is_text)
{
    const ensemble *n = self;
    for (size_t k = 0; k < n->count && !n->picked; k++) sk_texts_of(n->parts[k], is_text);
}
