/*
 * model/sk/ensemble.c - votes, bags and one-against estimators over others.
 */
#include "sk/ensemble.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

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
    *out = (model_rows){rows->count, n->picked_count[k], numbers, NULL,
                        model_origin_pick(&rows->from, n->picked[k], n->picked_count[k], a)};
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

static bool old_shares(const ensemble *n, const model_rows *rows, arena *a, model_answers *out, err *e)
{
    const double *shares = sum_parts(n, OUTPUT_PREDICT_PROBA, rows, a, e);
    for (size_t i = 0; shares && i < rows->count; i++) {
        double *row = out->numbers + i * n->classes;
        for (size_t c = 0; c < n->classes; c++)
            row[c] = shares[i * n->classes + c] / n->weight_sum / (double)(n->classes - 1);
        softmax(row, n->classes);
    }
    return shares != NULL;
}

static bool samme(const ensemble *n, model_output what, const model_rows *rows, arena *a, model_answers *out,
                  err *e)
{
    if (n->asks_shares && what == OUTPUT_PREDICT_PROBA) return old_shares(n, rows, a, out, e);
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
        double middle = n->parts[0]->info.gives[OUTPUT_DECISION_FUNCTION] ? 0 : 0.5;
        if (n->is_multilabel) {
            for (size_t k = 0; k < n->count; k++) to[k] = what == OUTPUT_PREDICT ? row[k] > middle : row[k];
        } else if (what == OUTPUT_PREDICT) {
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
        if (sk_ok(s)) s->m->info.takes_text |= n->parts[k]->info.takes_text;
        if (sk_ok(s)) s->m->info.node_count += n->parts[k]->info.node_count;
    }
    s->m->info.takes_missing = takes_missing;
    s->m->checks_nothing = true; /* they look at the cells themselves */
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
    size_t k = 0; /* what stands for a class of its own takes anything */
    while (k + 1 < n->count && n->parts[k]->counts_nothing) k++;
    if (sk_has(s, "n_features_in_"))
        sk_features(s, SK_ANY);
    else
        sk_features(s, name ? (size_t)sk_integer(s, name) : n->parts[k]->info.feature_count);
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

static bool all_give_shares(const ensemble *n)
{
    for (size_t k = 0; k < n->count; k++)
        if (!n->parts[k]->info.gives[OUTPUT_PREDICT_PROBA]) return false;
    return true;
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
    bool is_old = !is_real && !sk_version_at_least(s->version, 0, 22);
    n->asks_shares = is_old && all_give_shares(n);
    n->lacks_shares = is_old && !n->asks_shares;
    if (n->asks_shares) check_parts(s, n, OUTPUT_PREDICT_PROBA, classes);
    sk_gives(s, OUTPUT_PREDICT, 1);
    if (!n->lacks_shares) sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
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
    const pickle_value *labels = pickle_get(binarizer, "classes_");
    if (sk_ok(s) && !labels) sk_fail(s, ERR_INVALID, "its label_binarizer_ has no classes_");
    bool is_multilabel = sk_is_multilabel(s, binarizer, "label_binarizer_");
    size_t classes = !is_multilabel ? sk_classes(s, labels) : n ? n->count : 0;
    if (!n || !sk_ok(s)) return;
    n->classes = classes;
    n->is_multilabel = is_multilabel;
    if (n->count != (classes == 2 && !is_multilabel ? 1 : classes))
        sk_fail(s, ERR_INVALID, "it has %zu estimators for %zu classes", n->count, classes);
    count_features(s, n);
    bool scores = n->parts[0]->info.gives[OUTPUT_DECISION_FUNCTION];
    bool has_proba = n->parts[0]->info.gives[OUTPUT_PREDICT_PROBA];
    if (scores) check_parts(s, n, OUTPUT_DECISION_FUNCTION, 1);
    if (has_proba || !scores) check_parts(s, n, OUTPUT_PREDICT_PROBA, 2);
    if (is_multilabel)
        sk_multilabel(s, classes);
    else
        sk_gives(s, OUTPUT_PREDICT, 1);
    if (has_proba) sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
    if (scores) sk_gives(s, OUTPUT_DECISION_FUNCTION, n->count);
}

const sk_class sk_ensemble_classes[] = {
    {"VotingClassifier", "ensemble._voting", "ensemble.voting_classifier", read_voting_classifier},
    {"VotingClassifier", "ensemble.voting", NULL, read_voting_classifier}, /* 0.21 */
    {"VotingRegressor", "ensemble._voting", "ensemble.voting", read_voting_regressor},
    {"BaggingClassifier", "ensemble._bagging", "ensemble.bagging", read_bagging_classifier},
    {"BaggingRegressor", "ensemble._bagging", "ensemble.bagging", read_bagging_regressor},
    {"AdaBoostClassifier", "ensemble._weight_boosting", "ensemble.weight_boosting", read_adaboost_classifier},
    {"AdaBoostRegressor", "ensemble._weight_boosting", "ensemble.weight_boosting", read_adaboost_regressor},
    {"OneVsRestClassifier", "multiclass", NULL, read_one_rest},
    {NULL, NULL, NULL, NULL},
};
