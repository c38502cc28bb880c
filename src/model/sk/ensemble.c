/*
 * model/sk/ensemble.c - votes, bags and one-against estimators over others.
 */
#include "sk/compose.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef enum mix {
    MIX_HARD,     /* votes of labels */
    MIX_SOFT,     /* mean of probabilities */
    MIX_MEAN,     /* mean of numbers */
    MIX_SAMME,    /* weighted votes, AdaBoost's */
    MIX_SAMME_R,  /* its sum of centred log probabilities */
    MIX_MEDIAN,   /* weighted median, AdaBoost's of numbers */
    MIX_ONE_REST, /* a score per class */
} mix;

typedef struct ensemble {
    mix mix;
    const model **parts;
    size_t count, classes, columns;
    size_t **picked, *picked_count; /* columns of each part, or NULL: all */
    double *weights, weight_sum;
    bool is_new; /* AdaBoost: a vote counts against the other classes too */
} ensemble;

static bool rows_of_part(const ensemble *n, size_t k, const model_rows *rows, arena *a, model_rows *out,
                         err *e)
{
    *out = *rows;
    if (!n->picked || !n->picked[k]) return true;
    double *numbers = work_array(a, rows->count, n->picked_count[k], e);
    if (!numbers) return false;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t j = 0; j < n->picked_count[k]; j++)
            numbers[i * n->picked_count[k] + j] = rows->numbers[i * rows->columns + n->picked[k][j]];
    *out = (model_rows){rows->count, n->picked_count[k], numbers, NULL};
    return true;
}

static const double *ask_part(const ensemble *n, size_t k, model_output what, const model_rows *rows,
                              arena *a, err *e)
{
    model_rows part;
    if (!rows_of_part(n, k, rows, a, &part, e)) return NULL;
    const double *got = sk_ask(n->parts[k], what, &part, a, e);
    if (!got) err_wrap(e, "%.*s", STR_ARG(n->parts[k]->info.name));
    return got;
}

/* Sums of what the parts say, weighted: rows of `columns`. */
static double *sum_parts(const ensemble *n, model_output what, const model_rows *rows, arena *a, err *e)
{
    size_t columns = n->columns;
    double *sums = work_array(a, rows->count, columns, e);
    for (size_t k = 0; sums && k < n->count; k++) {
        const double *got = ask_part(n, k, what, rows, a, e);
        if (!got) return NULL;
        double weight = n->weights ? n->weights[k] : 1;
        bool is_vote = n->classes && what == OUTPUT_PREDICT;
        for (size_t i = 0; i < rows->count; i++)
            for (size_t c = 0; c < columns; c++)
                sums[i * columns + c] +=
                    is_vote ? (got[i] == (double)c) * weight : got[i * columns + c] * weight;
    }
    return sums;
}

static bool averaged(const ensemble *n, model_output what, const model_rows *rows, arena *a,
                     model_answers *out, err *e)
{
    model_output inner = n->mix == MIX_SOFT ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT;
    double *sums = sum_parts(n, inner, rows, a, e);
    if (!sums) return false;
    double total = n->weights ? n->weight_sum : (double)n->count;
    for (size_t i = 0; i < rows->count; i++) {
        double *row = sums + i * n->columns;
        for (size_t c = 0; c < n->columns; c++) row[c] /= total;
        if (n->classes && what == OUTPUT_PREDICT)
            out->numbers[i] = (double)first_largest(row, n->classes);
        else
            memcpy(out->numbers + i * out->columns, row, n->columns * sizeof *row);
    }
    return true;
}

/* --- AdaBoost -------------------------------------------------------------------------------------------------------------- */

/* In newer versions a vote counts against each of the other classes; that changes the scores, never the winner. */
static void samme_row(const ensemble *n, double *votes, model_output what, double *out)
{
    size_t classes = n->classes;
    for (size_t c = 0; c < classes; c++) {
        votes[c] /= n->weight_sum;
        if (n->is_new) votes[c] = votes[c] - (1 - votes[c]) / (double)(classes - 1);
    }
    if (what == OUTPUT_PREDICT) {
        *out = classes == 2 ? (double)(votes[1] - votes[0] > 0) : (double)first_largest(votes, classes);
    } else if (what == OUTPUT_DECISION_FUNCTION) {
        if (classes == 2)
            *out = votes[1] - votes[0];
        else
            memcpy(out, votes, classes * sizeof *out);
    } else {
        double score = votes[1] - votes[0];
        for (size_t c = 0; c < classes; c++)
            out[c] = classes == 2 ? (c ? score / 2 : -score / 2) : votes[c] / (double)(classes - 1);
        softmax(out, classes);
    }
}

/* (K - 1) (log p - mean of log p), summed over the parts. */
static double *sum_logs(const ensemble *n, const model_rows *rows, arena *a, err *e)
{
    size_t classes = n->classes;
    double *sums = work_array(a, rows->count, classes, e);
    for (size_t k = 0; sums && k < n->count; k++) {
        const double *p = ask_part(n, k, OUTPUT_PREDICT_PROBA, rows, a, e);
        if (!p) return NULL;
        for (size_t i = 0; i < rows->count; i++, p += classes) {
            double mean = 0;
            for (size_t c = 0; c < classes; c++) mean += log(fmax(p[c], DBL_EPSILON)) / (double)classes;
            for (size_t c = 0; c < classes; c++)
                sums[i * classes + c] += (double)(classes - 1) * (log(fmax(p[c], DBL_EPSILON)) - mean);
        }
    }
    return sums;
}

static bool samme(const ensemble *n, model_output what, const model_rows *rows, arena *a, model_answers *out,
                  err *e)
{
    double *votes =
        n->mix == MIX_SAMME_R ? sum_logs(n, rows, a, e) : sum_parts(n, OUTPUT_PREDICT, rows, a, e);
    for (size_t i = 0; votes && i < rows->count; i++)
        samme_row(n, votes + i * n->classes, what, out->numbers + i * out->columns);
    return votes != NULL;
}

/* The first of the sorted predictions from which on half of the weight is reached. */
static bool weighted_median(const ensemble *n, const model_rows *rows, arena *a, model_answers *out, err *e)
{
    double *all = work_array(a, n->count, rows->count, e);
    size_t *order = arena_alloc_array(a, n->count, sizeof *order);
    if (!all || !order) return err_set(e, ERR_MEMORY, "no memory for %zu predictions", n->count);
    for (size_t k = 0; k < n->count; k++) {
        const double *got = ask_part(n, k, OUTPUT_PREDICT, rows, a, e);
        if (!got) return false;
        memcpy(all + k * rows->count, got, rows->count * sizeof *all);
    }
    for (size_t i = 0; i < rows->count; i++) {
        for (size_t k = 0; k < n->count; k++) {
            size_t at = k;
            for (; at > 0 && all[order[at - 1] * rows->count + i] > all[k * rows->count + i]; at--)
                order[at] = order[at - 1];
            order[at] = k;
        }
        double sum = 0;
        size_t chosen = n->count - 1;
        for (size_t k = 0; k < n->count; k++) {
            sum += n->weights[order[k]];
            if (sum < 0.5 * n->weight_sum) continue;
            chosen = k;
            break;
        }
        out->numbers[i] = all[order[chosen] * rows->count + i];
    }
    return true;
}

/* --- one against the rest --------------------------------------------------------------------------------------------------- */

/* Each estimator says how much a row is of its class: its score, or its probability. */
static bool one_rest(const ensemble *n, model_output what, const model_rows *rows, arena *a,
                     model_answers *out, err *e)
{
    double *scores = work_array(a, rows->count, n->count, e);
    for (size_t k = 0; scores && k < n->count; k++) {
        const model_info *info = &n->parts[k]->info;
        bool by_score = what != OUTPUT_PREDICT_PROBA && info->gives[OUTPUT_DECISION_FUNCTION];
        const double *got =
            ask_part(n, k, by_score ? OUTPUT_DECISION_FUNCTION : OUTPUT_PREDICT_PROBA, rows, a, e);
        if (!got) return false;
        for (size_t i = 0; i < rows->count; i++)
            scores[i * n->count + k] = by_score ? got[i] : got[2 * i + 1];
    }
    for (size_t i = 0; scores && i < rows->count; i++) {
        double *row = scores + i * n->count, *to = out->numbers + i * out->columns, sum = 0;
        if (what == OUTPUT_PREDICT) {
            double middle = n->parts[0]->info.gives[OUTPUT_DECISION_FUNCTION] ? 0 : 0.5;
            *to = n->count == 1 ? (double)(row[0] > middle) : (double)first_largest(row, n->count);
        } else if (what == OUTPUT_DECISION_FUNCTION) {
            memcpy(to, row, n->count * sizeof *to);
        } else if (n->count == 1) {
            to[0] = 1 - row[0];
            to[1] = row[0];
        } else {
            for (size_t k = 0; k < n->count; k++) sum += row[k];
            for (size_t k = 0; k < n->count; k++) to[k] = row[k] / sum;
        }
    }
    return scores != NULL;
}

static bool ensemble_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                            model_answers *out, err *e)
{
    const ensemble *n = self;
    switch (n->mix) {
    case MIX_SAMME:
    case MIX_SAMME_R: return samme(n, what, rows, a, out, e);
    case MIX_MEDIAN: return weighted_median(n, rows, a, out, e);
    case MIX_ONE_REST: return one_rest(n, what, rows, a, out, e);
    default: return averaged(n, what, rows, a, out, e);
    }
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

static void draw_part(onnx_build *b, const ensemble *n, size_t k, const onnx_table *x, onnx_answers *out)
{
    onnx_table own = *x;
    if (n->picked && n->picked[k]) own = onnx_table_pick(b, x, n->picked[k], n->picked_count[k]);
    onnx_draw(b, n->parts[k], &own, out);
}

static onnx_ref ask_drawn(onnx_build *b, const ensemble *n, size_t k, const onnx_table *x, model_output what)
{
    onnx_answers got;
    draw_part(b, n, k, x, &got);
    if (!got.at[what])
        onnx_fail(b, ERR_UNSUPPORTED, "the %s of a %.*s is not written as ONNX", model_output_name(what),
                  STR_ARG(n->parts[k]->info.name));
    return got.at[what];
}

/* A one in the column of the label that a part chose. */
static onnx_ref draw_vote(onnx_build *b, size_t classes, onnx_ref index)
{
    double *unit = onnx_alloc(b, classes * classes, sizeof *unit);
    for (size_t c = 0; unit && c < classes; c++) unit[c * classes + c] = 1;
    return unit ? onnx_gather(b, onnx_rows(b, unit, classes, classes), index, 0) : 0;
}

static onnx_ref draw_sum(onnx_build *b, const ensemble *n, const onnx_table *x, model_output what)
{
    onnx_ref sum = 0;
    for (size_t k = 0; k < n->count && onnx_ok(b); k++) {
        onnx_ref got = ask_drawn(b, n, k, x, what);
        if (n->classes && what == OUTPUT_PREDICT) got = draw_vote(b, n->classes, got);
        if (n->weights) got = onnx_with(b, "Mul", got, n->weights[k]);
        sum = sum ? onnx_op2(b, "Add", sum, got) : got;
    }
    return sum;
}

static void draw_averaged(onnx_build *b, const ensemble *n, const onnx_table *x, onnx_answers *out)
{
    onnx_ref sum = draw_sum(b, n, x, n->mix == MIX_SOFT ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT);
    onnx_ref mean = onnx_with(b, "Div", sum, n->weights ? n->weight_sum : (double)n->count);
    out->at[n->classes ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT] = mean;
    if (n->classes) out->at[OUTPUT_PREDICT] = onnx_argmax(b, mean);
}

/* (K - 1) (log p - mean of log p), summed over the parts. */
static onnx_ref draw_logs(onnx_build *b, const ensemble *n, const onnx_table *x)
{
    onnx_ref sum = 0;
    for (size_t k = 0; k < n->count && onnx_ok(b); k++) {
        onnx_ref p = onnx_with(b, "Max", ask_drawn(b, n, k, x, OUTPUT_PREDICT_PROBA), DBL_EPSILON);
        onnx_ref ln = onnx_op1(b, "Log", p);
        onnx_ref mean = onnx_with(b, "Div", onnx_sum(b, ln, 1, true), (double)n->classes);
        onnx_ref part = onnx_with(b, "Mul", onnx_op2(b, "Sub", ln, mean), (double)(n->classes - 1));
        sum = sum ? onnx_op2(b, "Add", sum, part) : part;
    }
    return sum;
}

static void draw_samme(onnx_build *b, const ensemble *n, const onnx_table *x, onnx_answers *out)
{
    onnx_ref votes = n->mix == MIX_SAMME_R ? draw_logs(b, n, x) : draw_sum(b, n, x, OUTPUT_PREDICT);
    double others = (double)(n->classes - 1);
    votes = onnx_with(b, "Div", votes, n->weight_sum);
    if (n->is_new) {
        onnx_ref against = onnx_with(b, "Div", onnx_op2(b, "Sub", onnx_number(b, 1), votes), others);
        votes = onnx_op2(b, "Sub", votes, against);
    }
    onnx_ref scores = votes;
    if (n->classes == 2) {
        onnx_ref no = onnx_gather(b, votes, onnx_integers(b, (int64_t[]){0}, 1), 1),
                 yes = onnx_gather(b, votes, onnx_integers(b, (int64_t[]){1}, 1), 1);
        scores = onnx_op2(b, "Sub", yes, no);
        onnx_ref half = onnx_with(b, "Div", scores, 2);
        votes = onnx_concat(b, (onnx_ref[]){onnx_op1(b, "Neg", half), half}, 2, 1);
    } else {
        votes = onnx_with(b, "Div", votes, others);
    }
    out->at[OUTPUT_PREDICT] = sk_draw_decision(b, scores, n->classes);
    out->at[OUTPUT_DECISION_FUNCTION] = scores;
    out->at[OUTPUT_PREDICT_PROBA] = onnx_softmax(b, votes);
}

/* Sorted, with the weights in the same order: the first from which on half of the weight is reached. */
static onnx_ref draw_median(onnx_build *b, const ensemble *n, const onnx_table *x)
{
    onnx_ref *all = onnx_alloc(b, n->count, sizeof *all);
    for (size_t k = 0; k < n->count && onnx_ok(b); k++) all[k] = ask_drawn(b, n, k, x, OUTPUT_PREDICT);
    if (!onnx_ok(b)) return 0;
    onnx_ref values = onnx_concat(b, all, n->count, 1);
    onnx_set_int(b, "largest", 0);
    onnx_set_int(b, "axis", 1);
    onnx_take(b, values);
    onnx_take(b, onnx_integers(b, (int64_t[]){(int64_t)n->count}, 1));
    onnx_ref sorted = onnx_give(b, "TopK", NULL, 2);
    if (!onnx_ok(b)) return 0;
    onnx_ref weights = onnx_gather(b, onnx_vector(b, n->weights, n->count), sorted + 1, 0);
    onnx_ref reached = onnx_op2(b, "CumSum", weights, onnx_integers(b, (int64_t[]){1}, 1));
    onnx_ref half = onnx_with(b, "GreaterOrEqual", reached, 0.5 * n->weight_sum);
    onnx_ref first = onnx_upright(b, onnx_argmax(b, onnx_cast(b, half, ONNX_DOUBLE)));
    onnx_set_int(b, "axis", 1);
    return onnx_op2(b, "GatherElements", sorted, first);
}

static onnx_ref draw_rest(onnx_build *b, const ensemble *n, const onnx_table *x, model_output what)
{
    onnx_ref *all = onnx_alloc(b, n->count, sizeof *all);
    for (size_t k = 0; k < n->count && onnx_ok(b); k++) {
        all[k] = ask_drawn(b, n, k, x, what);
        if (what == OUTPUT_PREDICT_PROBA && onnx_ok(b))
            all[k] = onnx_gather(b, all[k], onnx_integers(b, (int64_t[]){1}, 1), 1);
    }
    return onnx_ok(b) ? onnx_concat(b, all, n->count, 1) : 0;
}

static void draw_one_rest(onnx_build *b, const ensemble *n, const onnx_table *x, onnx_answers *out)
{
    const model_info *info = &n->parts[0]->info;
    bool decides = info->gives[OUTPUT_DECISION_FUNCTION], has_proba = info->gives[OUTPUT_PREDICT_PROBA];
    onnx_ref scores = decides ? draw_rest(b, n, x, OUTPUT_DECISION_FUNCTION) : 0,
             p = has_proba ? draw_rest(b, n, x, OUTPUT_PREDICT_PROBA) : 0;
    onnx_ref chosen = decides ? scores : onnx_with(b, "Sub", p, n->count == 1 ? 0.5 : 0);
    out->at[OUTPUT_PREDICT] = sk_draw_decision(b, chosen, n->classes);
    out->at[OUTPUT_DECISION_FUNCTION] = scores;
    if (has_proba) out->at[OUTPUT_PREDICT_PROBA] = n->count == 1 ? onnx_both(b, p) : onnx_shares(b, p);
}

static void ensemble_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const ensemble *n = self;
    switch (n->mix) {
    case MIX_SAMME:
    case MIX_SAMME_R: draw_samme(b, n, x, out); return;
    case MIX_MEDIAN: out->at[OUTPUT_PREDICT] = draw_median(b, n, x); return;
    case MIX_ONE_REST: draw_one_rest(b, n, x, out); return;
    default: draw_averaged(b, n, x, out);
    }
}

static void ensemble_texts(const void *self, bool *is_text)
{
    const ensemble *n = self;
    for (size_t k = 0; k < n->count && !n->picked; k++) sk_texts_of(n->parts[k], is_text);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static size_t expected_features(const ensemble *n, size_t k, size_t all)
{
    return n->picked && n->picked[k] ? n->picked_count[k] : all;
}

/* All of them take the same rows and answer `what` with as many numbers. */
static void check_parts(sk *s, const ensemble *n, model_output what, size_t columns)
{
    size_t features = s->m->info.feature_count;
    for (size_t k = 0; k < n->count && sk_ok(s); k++) {
        const model *part = n->parts[k];
        size_t wanted = expected_features(n, k, features);
        if (!part->info.gives[what] || part->info.columns[what] != columns)
            sk_fail(s, ERR_UNSUPPORTED, "estimator %zu, a %.*s, gives no %s of %zu numbers", k,
                    STR_ARG(part->info.name), model_output_name(what), columns);
        else if (part->info.feature_count != wanted && part->info.feature_count != 0)
            sk_fail(s, ERR_INVALID, "estimator %zu takes %zu features of %zu", k, part->info.feature_count,
                    wanted);
        if (sk_ok(s) && what == OUTPUT_PREDICT && n->classes && part->info.classes &&
            part->info.classes->count != n->classes)
            sk_fail(s, ERR_UNSUPPORTED, "estimator %zu knows %zu classes of %zu", k,
                    part->info.classes->count, n->classes);
    }
}

static ensemble *ensemble_new(sk *s, mix how)
{
    ensemble *n = sk_alloc(s, 1, sizeof *n);
    sk_list list = sk_items(s, sk_get(s, "estimators_"), "estimators_", SK_ANY);
    if (sk_ok(s) && list.count == 0) sk_fail(s, ERR_INVALID, "its estimators_ is empty");
    if (!n || !sk_ok(s)) return NULL;
    n->mix = how;
    n->parts = sk_alloc(s, list.count, sizeof *n->parts);
    bool takes_missing = true;
    for (size_t k = 0; k < list.count && sk_ok(s); k++) {
        n->parts[n->count++] = sk_part(s, list.items[k], "estimators_");
        if (sk_ok(s)) takes_missing &= n->parts[k]->info.takes_missing;
        if (sk_ok(s)) s->m->info.node_count += n->parts[k]->info.node_count;
    }
    s->m->info.takes_missing = takes_missing;
    sk_answers(s, n, ensemble_answer);
    sk_draws(s, ensemble_draw, ensemble_texts);
    return sk_ok(s) ? n : NULL;
}

static void weigh(sk *s, ensemble *n, double *weights)
{
    n->weights = weights;
    for (size_t k = 0; weights && sk_ok(s) && k < n->count; k++) n->weight_sum += weights[k];
}

/* Features: told by the whole, or by its first estimator. */
static void count_features(sk *s, const ensemble *n)
{
    const char *name = sk_has(s, "n_features_in_") ? NULL : sk_has(s, "n_features_") ? "n_features_" : NULL;
    if (sk_has(s, "n_features_in_"))
        sk_features(s, SK_ANY);
    else
        sk_features(s, name ? (size_t)sk_integer(s, name) : n->parts[0]->info.feature_count);
}

/* --- voting -------------------------------------------------------------------------------------------------------------- */

/* Weights belong to the estimators that were not dropped. */
static void read_vote_weights(sk *s, ensemble *n)
{
    const pickle_value *v = pickle_get(s->v, "weights");
    if (!v || v->kind == PICKLE_NONE || !sk_ok(s)) return;
    double *weights = NULL;
    if (v->kind == PICKLE_LIST || v->kind == PICKLE_TUPLE) {
        weights = sk_alloc(s, n->count, sizeof *weights);
        for (size_t k = 0; k < n->count && k < v->list.count && sk_ok(s); k++)
            weights[k] = sk_number_of(s, v->list.items[k], "weights");
        if (sk_ok(s) && v->list.count != n->count)
            sk_fail(s, ERR_UNSUPPORTED, "its weights are %zu for %zu estimators", v->list.count, n->count);
    } else {
        weights = sk_vector(s, "weights", n->count, NULL);
    }
    weigh(s, n, weights);
}

/* The estimators were fitted to the numbers of the labels, which its encoder turns back. */
static void read_voting_classifier(sk *s)
{
    static const char *const kinds[] = {"hard", "soft"};
    unsigned kind = sk_choice(s, "voting", kinds, COUNT_OF(kinds));
    ensemble *n = ensemble_new(s, kind == 1 ? MIX_SOFT : MIX_HARD);
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    if (!n || !sk_ok(s)) return;
    n->classes = n->columns = classes;
    count_features(s, n);
    read_vote_weights(s, n);
    check_parts(s, n, kind == 1 ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT, kind == 1 ? classes : 1);
    sk_gives(s, OUTPUT_PREDICT, 1);
    if (kind == 1) sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
}

static void read_voting_regressor(sk *s)
{
    ensemble *n = ensemble_new(s, MIX_MEAN);
    if (!n) return;
    n->columns = 1;
    count_features(s, n);
    read_vote_weights(s, n);
    check_parts(s, n, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT, 1);
}

/* --- bags ---------------------------------------------------------------------------------------------------------------- */

static void read_picked(sk *s, ensemble *n)
{
    size_t features = s->m->info.feature_count;
    sk_list lists = sk_items(s, sk_get(s, "estimators_features_"), "estimators_features_", n->count);
    n->picked = sk_alloc(s, n->count, sizeof *n->picked);
    n->picked_count = sk_alloc(s, n->count, sizeof *n->picked_count);
    for (size_t k = 0; k < lists.count && sk_ok(s); k++) {
        matrix m = sk_matrix_of(s, lists.items[k], "estimators_features_", false);
        n->picked[k] = sk_alloc(s, m.columns, sizeof **n->picked);
        n->picked_count[k] = m.columns;
        for (size_t j = 0; sk_ok(s) && j < m.columns; j++) {
            if (!(m.at[j] >= 0 && m.at[j] < (double)features))
                sk_fail(s, ERR_INVALID, "its estimators_features_ holds %g of %zu", m.at[j], features);
            else
                n->picked[k][j] = (size_t)m.at[j];
        }
    }
}

static void read_bagging_classifier(sk *s)
{
    ensemble *n = ensemble_new(s, MIX_SOFT);
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    if (!n || !sk_ok(s)) return;
    n->classes = n->columns = classes;
    count_features(s, n);
    read_picked(s, n);
    if (!n->parts[0]->info.gives[OUTPUT_PREDICT_PROBA]) n->mix = MIX_HARD;
    check_parts(s, n, n->mix == MIX_SOFT ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT,
                n->mix == MIX_SOFT ? classes : 1);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
}

static void read_bagging_regressor(sk *s)
{
    ensemble *n = ensemble_new(s, MIX_MEAN);
    if (!n) return;
    n->columns = 1;
    count_features(s, n);
    read_picked(s, n);
    check_parts(s, n, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT, 1);
}

/* --- boosts and rests ------------------------------------------------------------------------------------------------------- */

/* Weights of stages that were not reached are zeros at the end. */
static void read_stage_weights(sk *s, ensemble *n)
{
    size_t count;
    double *weights = sk_vector(s, "estimator_weights_", SK_ANY, &count);
    if (sk_ok(s) && count < n->count)
        sk_fail(s, ERR_INVALID, "it has %zu weights for %zu estimators", count, n->count);
    weigh(s, n, weights);
    if (sk_ok(s) && n->weight_sum == 0) sk_fail(s, ERR_INVALID, "its weights are zero");
}

static void read_adaboost_classifier(sk *s)
{
    static const char *const kinds[] = {"SAMME", "deprecated", "SAMME.R"};
    bool is_real = sk_choice(s, "algorithm", kinds, COUNT_OF(kinds)) == 2;
    ensemble *n = ensemble_new(s, is_real ? MIX_SAMME_R : MIX_SAMME);
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    if (sk_ok(s) && classes < 2) sk_fail(s, ERR_INVALID, "it has one class");
    if (!n || !sk_ok(s)) return;
    n->classes = n->columns = classes;
    n->is_new = !is_real && sk_version_at_least(s->version, 1, 4);
    count_features(s, n);
    read_stage_weights(s, n);
    check_parts(s, n, is_real ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT, is_real ? classes : 1);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, classes == 2 ? 1 : classes);
}

static void read_adaboost_regressor(sk *s)
{
    ensemble *n = ensemble_new(s, MIX_MEDIAN);
    if (!n) return;
    count_features(s, n);
    read_stage_weights(s, n);
    check_parts(s, n, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT, 1);
}

/* Its classes are its binarizer's, and each estimator's classes are no and yes. */
static void read_one_rest(sk *s)
{
    ensemble *n = ensemble_new(s, MIX_ONE_REST);
    const pickle_value *binarizer = sk_get(s, "label_binarizer_");
    const pickle_value *type = pickle_get(binarizer, "y_type_");
    if (sk_ok(s) && type && !sk_text_of(type, "binary") && !sk_text_of(type, "multiclass"))
        sk_fail(s, ERR_UNSUPPORTED, "its targets are no plain classes (y_type_)");
    const pickle_value *labels = pickle_get(binarizer, "classes_");
    if (sk_ok(s) && !labels) sk_fail(s, ERR_INVALID, "its label_binarizer_ has no classes_");
    size_t classes = sk_classes(s, labels);
    if (!n || !sk_ok(s)) return;
    n->classes = classes;
    if (n->count != (classes == 2 ? 1 : classes))
        sk_fail(s, ERR_INVALID, "it has %zu estimators for %zu classes", n->count, classes);
    count_features(s, n);
    bool scores = n->parts[0]->info.gives[OUTPUT_DECISION_FUNCTION];
    bool has_proba = n->parts[0]->info.gives[OUTPUT_PREDICT_PROBA];
    if (scores) check_parts(s, n, OUTPUT_DECISION_FUNCTION, 1);
    if (has_proba || !scores) check_parts(s, n, OUTPUT_PREDICT_PROBA, 2);
    sk_gives(s, OUTPUT_PREDICT, 1);
    if (has_proba) sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
    if (scores) sk_gives(s, OUTPUT_DECISION_FUNCTION, n->count);
}

const sk_class sk_ensemble_classes[] = {
    {"VotingClassifier", "ensemble._voting", "ensemble.voting_classifier", read_voting_classifier},
    {"VotingRegressor", "ensemble._voting", "ensemble.voting", read_voting_regressor},
    {"BaggingClassifier", "ensemble._bagging", "ensemble.bagging", read_bagging_classifier},
    {"BaggingRegressor", "ensemble._bagging", "ensemble.bagging", read_bagging_regressor},
    {"AdaBoostClassifier", "ensemble._weight_boosting", "ensemble.weight_boosting", read_adaboost_classifier},
    {"AdaBoostRegressor", "ensemble._weight_boosting", "ensemble.weight_boosting", read_adaboost_regressor},
    {"OneVsRestClassifier", "multiclass", NULL, read_one_rest},
    {NULL, NULL, NULL, NULL},
};
