/*
 * model/sk/linear.c - linear models: X.coef + intercept, and what a class is made of it.
 *
 * numpy lets BLAS add the products in an order of its own; here they are added from left to right, so the last bits may differ.
 */
#include "sk/sk.h"

#include <math.h>
#include <stdlib.h>

/* How probabilities come out of scores. */
typedef enum squash { SQUASH_NONE, SQUASH_OVR, SQUASH_SOFTMAX, SQUASH_HUBER } squash;

typedef struct linear {
    affine f;
    size_t classes; /* 0: a regressor */
    squash squash;
    bool is_log; /* a regressor with a log link */
    bool is_multilabel;
} linear;

/* Scores are expit'ed each and divided by their sum; of two classes the second has one score. */
static void ovr(const double *z, size_t classes, double *out)
{
    if (classes == 2) {
        out[1] = expit(z[0]);
        out[0] = 1 - out[1];
        return;
    }
    double sum = 0;
    for (size_t k = 0; k < classes; k++) sum += out[k] = expit(z[k]);
    for (size_t k = 0; k < classes; k++) out[k] /= sum;
}

static double clipped_half(double z)
{
    return (fmin(fmax(z, -1), 1) + 1) / 2;
}

static void huber(const double *z, size_t classes, double *out)
{
    if (classes == 2) {
        out[1] = clipped_half(z[0]);
        out[0] = 1 - out[1];
        return;
    }
    double sum = 0;
    for (size_t k = 0; k < classes; k++) sum += out[k] = clipped_half(z[k]);
    for (size_t k = 0; k < classes; k++) out[k] = sum == 0 ? 1 / (double)classes : out[k] / sum;
}

static void soft(const double *z, size_t classes, double *out)
{
    if (classes == 2) {
        out[0] = -z[0];
        out[1] = z[0];
    } else {
        memcpy(out, z, classes * sizeof *out);
    }
    softmax(out, classes);
}

static void give_row(const linear *l, model_output what, const double *z, double *out)
{
    if (what == OUTPUT_PREDICT)
        *out = l->classes <= 2 ? (double)(z[0] > 0) : (double)first_largest(z, l->classes);
    else if (l->squash == SQUASH_SOFTMAX)
        soft(z, l->classes, out);
    else if (l->squash == SQUASH_HUBER)
        huber(z, l->classes, out);
    else
        ovr(z, l->classes, out);
}

static bool linear_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                          model_answers *out, err *e)
{
    const linear *l = self;
    if (what == OUTPUT_DECISION_FUNCTION || l->classes == 0) {
        affine_run(&l->f, rows->numbers, rows->count, out->numbers);
        for (size_t i = 0; l->is_log && i < out->count * out->columns; i++)
            out->numbers[i] = exp(out->numbers[i]);
        for (size_t i = 0; l->is_multilabel && what == OUTPUT_PREDICT && i < out->count * out->columns; i++)
            out->numbers[i] = out->numbers[i] > 0;
        return true;
    }
    double *z = work_array(a, rows->count, l->f.w.rows, e);
    if (!z) return false;
    affine_run(&l->f, rows->numbers, rows->count, z);
    for (size_t i = 0; i < rows->count; i++)
        give_row(l, what, z + i * l->f.w.rows, out->numbers + i * out->columns);
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

static onnx_ref draw_squashed(onnx_build *b, const linear *l, onnx_ref z)
{
    bool is_pair = l->classes == 2;
    if (l->squash == SQUASH_SOFTMAX) {
        onnx_ref both = is_pair ? onnx_concat(b, (onnx_ref[]){onnx_op1(b, "Neg", z), z}, 2, 1) : z;
        return onnx_softmax(b, both);
    }
    onnx_ref p = onnx_squashed(b, z);
    if (l->squash == SQUASH_HUBER) {
        onnx_ref clipped = onnx_op3(b, "Clip", z, onnx_number(b, -1), onnx_number(b, 1));
        p = onnx_with(b, "Div", onnx_with(b, "Add", clipped, 1), 2);
    }
    if (is_pair) return onnx_both(b, p);
    onnx_ref shares = onnx_shares(b, p);
    if (l->squash != SQUASH_HUBER) return shares;
    onnx_ref none = onnx_with(b, "Equal", onnx_sum(b, p, 1, true), 0);
    return onnx_op3(b, "Where", none, onnx_number(b, 1 / (double)l->classes), shares);
}

static void linear_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const linear *l = self;
    onnx_ref z = affine_draw(b, &l->f, onnx_matrix(b, x));
    if (l->is_multilabel) {
        sk_draw_multilabel(b, z, 0, l->f.w.rows, false, out);
        return;
    }
    if (l->classes == 0) {
        out->at[OUTPUT_PREDICT] = l->is_log ? onnx_op1(b, "Exp", z) : z;
        return;
    }
    out->at[OUTPUT_PREDICT] = sk_draw_decision(b, z, l->classes);
    out->at[OUTPUT_DECISION_FUNCTION] = z;
    if (l->squash != SQUASH_NONE) out->at[OUTPUT_PREDICT_PROBA] = draw_squashed(b, l, z);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static linear *read_affine(sk *s)
{
    linear *l = sk_alloc(s, 1, sizeof *l);
    if (!l) return NULL;
    l->f.w = sk_rows(s, "coef_", SK_ANY);
    l->f.b = sk_spread(s, "intercept_", l->f.w.rows);
    sk_features(s, l->f.w.columns);
    sk_answers(s, l, linear_answer);
    sk_draws(s, linear_draw, NULL);
    return sk_ok(s) ? l : NULL;
}

static void read_regressor(sk *s)
{
    linear *l = read_affine(s);
    if (l) sk_gives(s, OUTPUT_PREDICT, l->f.w.rows);
}

/* Generalised linear models: the mean is exp(z), unless a Tweedie's power or link says otherwise. */
static void read_glm(sk *s)
{
    static const char *const links[] = {"auto", "identity", "log"};
    linear *l = read_affine(s);
    unsigned link = sk_choice(s, "link", links, COUNT_OF(links));
    if (!l || !sk_ok(s)) return;
    l->is_log = link == 2 || (link == 0 && sk_number_or(s, "power", 1) > 0);
    sk_gives(s, OUTPUT_PREDICT, 1);
}

static linear *read_classes(sk *s, const pickle_value *classes)
{
    linear *l = read_affine(s);
    size_t count = sk_classes(s, classes);
    if (!l || !sk_ok(s)) return NULL;
    l->classes = count;
    if (l->f.w.rows != (count == 2 ? 1 : count)) {
        sk_fail(s, ERR_INVALID, "it has %zu classes and %zu rows of coef_", count, l->f.w.rows);
        return NULL;
    }
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, l->f.w.rows);
    return l;
}

static void read_decider(sk *s)
{
    read_classes(s, sk_get(s, "classes_"));
}

static void read_proba(sk *s, squash how)
{
    linear *l = read_classes(s, sk_get(s, "classes_"));
    if (!l) return;
    l->squash = how;
    sk_gives(s, OUTPUT_PREDICT_PROBA, l->classes);
}

/* multi_class went from "ovr" over "warn" and "auto" to "deprecated" and away. */
static void read_logistic(sk *s)
{
    static const char *const words[] = {"auto", "deprecated", "ovr", "warn", "multinomial"};
    unsigned word = sk_choice(s, "multi_class", words, COUNT_OF(words));
    size_t classes = 0;
    const pickle_value *labels = sk_get(s, "classes_");
    pickle_ndarray array;
    if (sk_ok(s) && pickle_as_ndarray(s->file->scratch, labels, &array, NULL)) classes = (size_t)array.count;
    bool is_ovr =
        word == 2 || word == 3 || (word < 2 && (classes <= 2 || sk_is_text(s, "solver", "liblinear")));
    read_proba(s, is_ovr ? SQUASH_OVR : SQUASH_SOFTMAX);
}

static void read_sgd_classifier(sk *s)
{
    static const char *const losses[] = {"hinge",
                                         "log_loss",
                                         "log",
                                         "modified_huber",
                                         "squared_hinge",
                                         "perceptron",
                                         "squared_error",
                                         "squared_loss",
                                         "huber",
                                         "epsilon_insensitive",
                                         "squared_epsilon_insensitive"};
    unsigned loss = sk_choice(s, "loss", losses, COUNT_OF(losses));
    if (loss == 1 || loss == 2)
        read_proba(s, SQUASH_OVR);
    else if (loss == 3)
        read_proba(s, SQUASH_HUBER);
    else
        read_decider(s);
}

/* Its labels are its binarizer's. */
static void read_ridge_classifier(sk *s)
{
    const pickle_value *binarizer = sk_get(s, "_label_binarizer");
    if (sk_is_multilabel(s, binarizer, "_label_binarizer")) {
        linear *l = read_affine(s);
        if (!l) return;
        l->is_multilabel = true;
        sk_multilabel(s, l->f.w.rows);
        sk_gives(s, OUTPUT_DECISION_FUNCTION, l->f.w.rows);
        return;
    }
    const pickle_value *classes = pickle_get(binarizer, "classes_");
    if (!classes) sk_fail(s, ERR_INVALID, "its _label_binarizer has no classes_");
    read_classes(s, classes);
}

/* One class: what is on its side of the plane is in. */
static bool one_class_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                             model_answers *out, err *e)
{
    (void)a;
    (void)e;
    const linear *l = self;
    affine_run(&l->f, rows->numbers, rows->count, out->numbers);
    for (size_t i = 0; what == OUTPUT_PREDICT && i < rows->count; i++)
        out->numbers[i] = out->numbers[i] >= 0 ? 1 : -1;
    return true;
}

static void one_class_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const linear *l = self;
    onnx_ref z = affine_draw(b, &l->f, onnx_matrix(b, x));
    onnx_ref outside = onnx_with(b, "Less", z, 0);
    onnx_ref minus = onnx_integers(b, (int64_t[]){-1}, 1), plus = onnx_integers(b, (int64_t[]){1}, 1);
    out->at[OUTPUT_DECISION_FUNCTION] = z;
    out->at[OUTPUT_PREDICT] = onnx_flat(b, onnx_op3(b, "Where", outside, minus, plus));
}

static void read_one_class(sk *s)
{
    linear *l = sk_alloc(s, 1, sizeof *l);
    if (!l) return;
    l->f.w = sk_rows(s, "coef_", SK_ANY);
    l->f.b = sk_spread(s, "offset_", 1);
    if (sk_ok(s) && l->f.w.rows != 1) sk_fail(s, ERR_INVALID, "it has %zu rows of coef_", l->f.w.rows);
    if (!sk_ok(s)) return;
    l->f.b[0] = -l->f.b[0];
    sk_features(s, l->f.w.columns);
    sk_answers(s, l, one_class_answer);
    sk_draws(s, one_class_draw, NULL);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, 1);
    s->m->info.gives_indices = true;
}

/* Discriminant analysis: a score per class, the logistic of it for two. */
static bool lda_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                       model_answers *out, err *e)
{
    return linear_answer(self, what, rows, a, out, e);
}

static void read_lda(sk *s)
{
    linear *l = read_classes(s, sk_get(s, "classes_"));
    if (!l) return;
    l->squash = l->classes == 2 ? SQUASH_OVR : SQUASH_SOFTMAX;
    sk_answers(s, l, lda_answer);
    sk_draws(s, linear_draw, NULL);
    sk_gives(s, OUTPUT_PREDICT_PROBA, l->classes);
}

const sk_class sk_linear_classes[] = {
    {"LinearRegression", "linear_model._base", "linear_model.base", read_regressor},
    {"Ridge", "linear_model._ridge", "linear_model.ridge", read_regressor},
    {"RidgeCV", "linear_model._ridge", "linear_model.ridge", read_regressor},
    {"Lasso", "linear_model._coordinate_descent", "linear_model.coordinate_descent", read_regressor},
    {"LassoCV", "linear_model._coordinate_descent", "linear_model.coordinate_descent", read_regressor},
    {"ElasticNet", "linear_model._coordinate_descent", "linear_model.coordinate_descent", read_regressor},
    {"ElasticNetCV", "linear_model._coordinate_descent", "linear_model.coordinate_descent", read_regressor},
    {"MultiTaskLasso", "linear_model._coordinate_descent", "linear_model.coordinate_descent", read_regressor},
    {"MultiTaskElasticNet", "linear_model._coordinate_descent", "linear_model.coordinate_descent",
     read_regressor},
    {"MultiTaskLassoCV", "linear_model._coordinate_descent", "linear_model.coordinate_descent",
     read_regressor},
    {"MultiTaskElasticNetCV", "linear_model._coordinate_descent", "linear_model.coordinate_descent",
     read_regressor},
    {"Lars", "linear_model._least_angle", "linear_model.least_angle", read_regressor},
    {"LarsCV", "linear_model._least_angle", "linear_model.least_angle", read_regressor},
    {"LassoLars", "linear_model._least_angle", "linear_model.least_angle", read_regressor},
    {"LassoLarsCV", "linear_model._least_angle", "linear_model.least_angle", read_regressor},
    {"LassoLarsIC", "linear_model._least_angle", "linear_model.least_angle", read_regressor},
    {"OrthogonalMatchingPursuit", "linear_model._omp", "linear_model.omp", read_regressor},
    {"OrthogonalMatchingPursuitCV", "linear_model._omp", "linear_model.omp", read_regressor},
    {"BayesianRidge", "linear_model._bayes", "linear_model.bayes", read_regressor},
    {"ARDRegression", "linear_model._bayes", "linear_model.bayes", read_regressor},
    {"HuberRegressor", "linear_model._huber", "linear_model.huber", read_regressor},
    {"TheilSenRegressor", "linear_model._theil_sen", "linear_model.theil_sen", read_regressor},
    {"QuantileRegressor", "linear_model._quantile", NULL, read_regressor},
    {"SGDRegressor", "linear_model._stochastic_gradient", "linear_model.stochastic_gradient", read_regressor},
    {"PassiveAggressiveRegressor", "linear_model._passive_aggressive", "linear_model.passive_aggressive",
     read_regressor},
    {"LinearSVR", "svm._classes", "svm.classes", read_regressor},
    {"PoissonRegressor", "linear_model._glm.glm", NULL, read_glm},
    {"GammaRegressor", "linear_model._glm.glm", NULL, read_glm},
    {"TweedieRegressor", "linear_model._glm.glm", NULL, read_glm},
    {"LogisticRegression", "linear_model._logistic", "linear_model.logistic", read_logistic},
    {"LogisticRegressionCV", "linear_model._logistic", "linear_model.logistic", read_logistic},
    {"RidgeClassifier", "linear_model._ridge", "linear_model.ridge", read_ridge_classifier},
    {"RidgeClassifierCV", "linear_model._ridge", "linear_model.ridge", read_ridge_classifier},
    {"SGDClassifier", "linear_model._stochastic_gradient", "linear_model.stochastic_gradient",
     read_sgd_classifier},
    {"SGDOneClassSVM", "linear_model._stochastic_gradient", NULL, read_one_class},
    {"Perceptron", "linear_model._perceptron", "linear_model.perceptron", read_decider},
    {"PassiveAggressiveClassifier", "linear_model._passive_aggressive", "linear_model.passive_aggressive",
     read_decider},
    {"LinearSVC", "svm._classes", "svm.classes", read_decider},
    {"LinearDiscriminantAnalysis", "discriminant_analysis", NULL, read_lda},
    {NULL, NULL, NULL, NULL},
};
