/*
 * model/sk/boosting.c - GradientBoosting*: an initial guess, and trees that correct it, added in order with scikit-learn's bits.
 */
#include "sk/sk.h"

#include "base/limits.h"
#include "model/predict.h"
#include "read_parts.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* What the initial estimator's answer is turned into. */
typedef enum start {
    START_ZERO,
    START_PREDICT, /* as it is */
    START_LOGIT,   /* log(p / (1 - p)) */
    START_HALF_LOGIT,
    START_LOG,         /* log(p) */
    START_CENTRED_LOG, /* log(p) - mean(log(p)), from 1.4 on */
    START_CONSTANT,    /* before 0.21: numbers of the file */
} start;

typedef struct boosted {
    predictor *trees;
    forest *forest; /* as it was read: for other forms */
    const model *init;
    start start;
    const double *constant;
    size_t columns, classes;         /* 0 classes: a regressor */
    double eps;                      /* the initial probabilities keep away from 0 and 1 by so much */
    bool is_exponential, takes_ties; /* of two classes, 0 is the second from 1.4 on */
} boosted;

static void boosted_free(void *self)
{
    boosted *b = self;
    predictor_free(b->trees);
    forest_free(b->forest);
}

static double clipped(double p, double eps)
{
    return p < eps ? eps : p > 1 - eps ? 1 - eps : p;
}

static void start_row(const boosted *b, const double *first, double *raw)
{
    double mean = 0;
    for (size_t k = 0; k < b->columns; k++) {
        double p = b->columns == 1 && b->start != START_PREDICT ? clipped(first[1], b->eps) : first[k];
        switch (b->start) {
        case START_LOGIT: raw[k] = log(p / (1 - p)); break;
        case START_HALF_LOGIT: raw[k] = 0.5 * log(p / (1 - p)); break;
        case START_LOG:
        case START_CENTRED_LOG: raw[k] = log(clipped(p, b->eps)); break;
        default: raw[k] = p; break;
        }
        mean += raw[k] / (double)b->columns;
    }
    for (size_t k = 0; k < b->columns && b->start == START_CENTRED_LOG; k++) raw[k] -= mean;
}

static bool start_rows(const boosted *b, const model_rows *rows, arena *a, double *raw, err *e)
{
    for (size_t i = 0; i < rows->count * b->columns; i++)
        raw[i] = b->start == START_CONSTANT ? b->constant[i % b->columns] : 0;
    if (b->start == START_ZERO || b->start == START_CONSTANT) return true;
    model_answers first;
    model_rows rounded = *rows; /* it was fitted to float32, like the trees */
    double *numbers = work_array(a, rows->count, rows->columns, e);
    if (!numbers) return false;
    for (size_t i = 0; i < rows->count * rows->columns; i++) numbers[i] = (double)(float)rows->numbers[i];
    rounded.numbers = numbers;
    if (!model_answer(b->init, b->start == START_PREDICT ? OUTPUT_PREDICT : OUTPUT_PREDICT_PROBA, &rounded, a,
                      &first, e))
        return false;
    for (size_t i = 0; i < rows->count; i++)
        start_row(b, first.numbers + i * first.columns, raw + i * b->columns);
    return true;
}

static void give_row(const boosted *b, model_output what, const double *raw, double *out)
{
    if (what == OUTPUT_PREDICT) {
        if (b->classes == 2)
            *out = b->takes_ties ? raw[0] >= 0 : raw[0] > 0;
        else
            *out = (double)first_largest(raw, b->classes);
        return;
    }
    if (b->classes == 2) {
        out[1] = expit(b->is_exponential ? 2 * raw[0] : raw[0]);
        out[0] = 1 - out[1];
        return;
    }
    memcpy(out, raw, b->classes * sizeof *out);
    exp_normalise(out, b->classes);
}

static bool boosted_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    const boosted *b = self;
    bool as_it_is = b->classes == 0 || what == OUTPUT_DECISION_FUNCTION;
    size_t cells = rows->count * rows->columns;
    float *narrow = arena_alloc_array(a, cells + 1, sizeof *narrow);
    double *raw = as_it_is ? out->numbers : work_array(a, rows->count, b->columns, e);
    if (!narrow || !raw) return err_set(e, ERR_MEMORY, "no memory for %zu rows", rows->count);
    for (size_t i = 0; i < cells; i++) narrow[i] = (float)rows->numbers[i];
    if (!start_rows(b, rows, a, raw, e) || !predictor_add(b->trees, narrow, rows->count, raw, e))
        return false;
    for (size_t i = 0; i < rows->count && !as_it_is; i++)
        give_row(b, what, raw + i * b->columns, out->numbers + i * out->columns);
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

static onnx_ref draw_start(onnx_build *g, const boosted *b, const onnx_table *x)
{
    double *zeros = onnx_alloc(g, b->columns, sizeof *zeros);
    if (!zeros) return 0;
    if (b->start == START_ZERO) return onnx_vector(g, zeros, b->columns);
    if (b->start == START_CONSTANT) return onnx_vector(g, b->constant, b->columns);
    if (b->start == START_PREDICT) return onnx_ask(g, b->init, x, OUTPUT_PREDICT);
    onnx_ref p = onnx_ask(g, b->init, x, OUTPUT_PREDICT_PROBA);
    if (b->columns == 1) p = onnx_gather(g, p, onnx_integers(g, (int64_t[]){1}, 1), 1);
    p = onnx_op3(g, "Clip", p, onnx_number(g, b->eps), onnx_number(g, 1 - b->eps));
    onnx_ref ln = onnx_op1(g, "Log", p);
    if (b->start == START_LOG) return ln;
    if (b->start == START_CENTRED_LOG) {
        onnx_ref mean = onnx_with(g, "Div", onnx_sum(g, ln, 1, true), (double)b->columns);
        return onnx_op2(g, "Sub", ln, mean);
    }
    onnx_ref odds = onnx_op2(g, "Div", p, onnx_op2(g, "Sub", onnx_number(g, 1), p));
    ln = onnx_op1(g, "Log", odds);
    return b->start == START_HALF_LOGIT ? onnx_with(g, "Mul", ln, 0.5) : ln;
}

static void boosted_draw(const void *self, onnx_build *g, const onnx_table *x, onnx_answers *out)
{
    const boosted *b = self;
    onnx_ref rounded = onnx_as_float(g, onnx_matrix(g, x));
    onnx_table first = onnx_table_of(rounded, x->count);
    onnx_grove grove = onnx_grove_of_boosted(g, b->forest, b->columns);
    onnx_ref raw = onnx_op2(g, "Add", onnx_draw_grove(g, &grove, rounded), draw_start(g, b, &first));
    if (b->classes == 0) {
        out->at[OUTPUT_PREDICT] = raw;
        return;
    }
    out->at[OUTPUT_DECISION_FUNCTION] = raw;
    if (b->classes > 2) {
        out->at[OUTPUT_PREDICT] = onnx_argmax(g, raw);
        out->at[OUTPUT_PREDICT_PROBA] = onnx_softmax(g, raw);
        return;
    }
    onnx_ref yes = onnx_with(g, b->takes_ties ? "GreaterOrEqual" : "Greater", raw, 0);
    out->at[OUTPUT_PREDICT] = onnx_flat(g, onnx_cast(g, yes, ONNX_INT64));
    onnx_ref p = onnx_squashed(g, b->is_exponential ? onnx_with(g, "Mul", raw, 2) : raw);
    out->at[OUTPUT_PREDICT_PROBA] = onnx_both(g, p);
}

/* --- the start ----------------------------------------------------------------------------------------------------------- */

/* Classes of before 0.21 whose one attribute is the answer. */
static void read_old_start(sk *s, boosted *b, const pickle_value *init, str name)
{
    static const struct {
        const char *name, *attribute;
    } starts[] = {{"LogOddsEstimator", "prior"},
                  {"ScaledLogOddsEstimator", "prior"},
                  {"PriorProbabilityEstimator", "priors"},
                  {"MeanEstimator", "mean"},
                  {"QuantileEstimator", "quantile"}};
    b->start = START_CONSTANT;
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        if (!str_eq(name, str_from_c(starts[i].name))) continue;
        const pickle_value *v = pickle_get(init, starts[i].attribute);
        double *all = sk_alloc(s, b->columns, sizeof *all);
        matrix m = {0};
        if (!v) sk_fail(s, ERR_INVALID, "its init_ has no %s", starts[i].attribute);
        if (b->columns == 1 && all)
            all[0] = sk_number_of(s, v, "init_");
        else
            m = sk_matrix_of(s, v, "init_", false);
        if (sk_ok(s) && b->columns > 1 && m.columns != b->columns)
            sk_fail(s, ERR_INVALID, "its init_ has %zu numbers for %zu classes", m.columns, b->columns);
        b->constant = m.at ? m.at : all;
        return;
    }
    if (str_eq(name, STR("ZeroEstimator")))
        b->start = START_ZERO;
    else
        sk_fail(s, ERR_UNSUPPORTED, "its init_ is a %.*s, which is not understood",
                STR_ARG(str_slice(name, 0, 60)));
}

static start start_of(const sk *s, const boosted *b)
{
    if (b->classes == 0) return START_PREDICT;
    if (b->classes == 2) return b->is_exponential ? START_HALF_LOGIT : START_LOGIT;
    return sk_version_at_least(s->version, 1, 4) ? START_CENTRED_LOG : START_LOG;
}

static void read_start(sk *s, boosted *b)
{
    const pickle_value *init = sk_get(s, "init_");
    if (!init || !sk_ok(s) || sk_text_of(init, "zero")) return;
    const pickle_value *class = pickle_class_of(init);
    bool is_old = class && class->kind == PICKLE_GLOBAL &&
                  (str_eq(class->global.module, STR("sklearn.ensemble.gradient_boosting")) ||
                   str_eq(class->global.module, STR("sklearn.ensemble._gradient_boosting")));
    if (is_old && !str_starts_with(class->global.name, STR("GradientBoosting"))) {
        read_old_start(s, b, init, class->global.name);
        return;
    }
    b->init = sk_part(s, init, "init_");
    if (!b->init) return;
    b->start = start_of(s, b);
    const model_info *info = &b->init->info;
    model_output asked = b->start == START_PREDICT ? OUTPUT_PREDICT : OUTPUT_PREDICT_PROBA;
    if (!info->gives[asked] || info->columns[asked] != (b->classes ? b->classes : 1))
        sk_fail(s, ERR_INVALID, "its init_ answers with %zu numbers", info->columns[asked]);
    if (info->feature_count != 0 && info->feature_count != s->m->info.feature_count)
        sk_fail(s, ERR_INVALID, "its init_ takes %zu features", info->feature_count);
}

/* --- trees --------------------------------------------------------------------------------------------------------------- */

/* learning_rate times the value, rounded before it is added, as scikit-learn does. */
static void scale_values(tree *t, double rate)
{
    for (size_t i = 0; i < t->node_count; i++) t->values[i] *= rate;
}

static void read_stages(sk *s, forest *f, double rate)
{
    pickle_ndarray stages;
    const pickle_value *v = sk_get(s, "estimators_");
    if (!v || !sk_ok(s)) return;
    if (!pickle_as_ndarray(s->file->scratch, v, &stages, NULL) || stages.type != 'O' || stages.rank != 2 ||
        stages.count == 0 || stages.count > LIMIT_FOREST_TREES || stages.fortran_order) {
        sk_fail(s, ERR_INVALID, "its estimators_ is no table of at most LIMIT_FOREST_TREES trees");
        return;
    }
    uint64_t nodes_left = LIMIT_FOREST_NODES;
    f->trees = calloc((size_t)stages.count, sizeof *f->trees);
    if (!f->trees) sk_fail(s, ERR_MEMORY, "no memory for %llu trees", (unsigned long long)stages.count);
    for (size_t i = 0; i < stages.count && sk_ok(s); i++) {
        const pickle_value *tree_object = pickle_get(stages.objects[i], "tree_");
        f->tree_count = i + 1;
        if (!tree_object)
            sk_fail(s, ERR_INVALID, "tree %zu has no tree_", i);
        else if (!read_tree(s->file->scratch, tree_object, f, &f->trees[i], &nodes_left, s->e))
            s->failed = true;
        else
            scale_values(&f->trees[i], rate);
    }
}

/* Freed by the model from the moment when it is there. */
static void read_trees(sk *s, boosted *b)
{
    AUTO(forest_free) forest *f = NULL;
    if (!sk_ok(s)) return;
    if (!forest_new(DECISION_TREE_REGRESSOR, s->version, &f, s->e) || !forest_set_outputs(f, 1, s->e)) {
        s->failed = true;
        return;
    }
    f->feature_count = s->m->info.feature_count;
    forest_settle_outputs(f);
    read_stages(s, f, sk_number(s, "learning_rate"));
    if (sk_ok(s) && f->tree_count % b->columns != 0)
        sk_fail(s, ERR_INVALID, "it has %zu trees for %zu columns", f->tree_count, b->columns);
    if (!sk_ok(s)) return;
    if (!predictor_new_boosted(f, b->columns, &b->trees, s->e)) {
        s->failed = true;
        return;
    }
    s->m->info.node_count = predictor_node_count(b->trees);
    b->forest = TAKE(f);
}

static boosted *boosted_new(sk *s)
{
    boosted *b = sk_alloc(s, 1, sizeof *b);
    sk_answers_and_frees(s, b, boosted_answer, boosted_free);
    sk_draws(s, boosted_draw, NULL);
    size_t features = SK_ANY;
    if (!sk_has(s, "n_features_in_"))
        features = (size_t)sk_integer(s, sk_has(s, "n_features_") ? "n_features_" : "n_features");
    sk_features(s, features);
    return sk_ok(s) ? b : NULL;
}

static void read_regressor(sk *s)
{
    boosted *b = boosted_new(s);
    if (!b) return;
    b->columns = 1;
    read_start(s, b);
    read_trees(s, b);
    sk_gives(s, OUTPUT_PREDICT, 1);
}

static void read_classifier(sk *s)
{
    boosted *b = boosted_new(s);
    if (!b) return;
    b->classes = sk_classes(s, sk_get(s, "classes_"));
    if (sk_ok(s) && b->classes < 2) sk_fail(s, ERR_INVALID, "it has one class");
    b->columns = b->classes == 2 ? 1 : b->classes;
    b->is_exponential = sk_is_text(s, "loss", "exponential");
    b->eps = sk_version_at_least(s->version, 1, 8) ? DBL_EPSILON : (double)FLT_EPSILON;
    b->takes_ties = sk_version_at_least(s->version, 1, 4);
    read_start(s, b);
    read_trees(s, b);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, b->classes);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, b->columns);
}

const sk_class sk_boosting_classes[] = {
    {"GradientBoostingClassifier", "ensemble._gb", "ensemble.gradient_boosting", read_classifier},
    {"GradientBoostingRegressor", "ensemble._gb", "ensemble.gradient_boosting", read_regressor},
    {NULL, NULL, NULL, NULL},
};
