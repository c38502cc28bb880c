/*
 * model/sk/bayes.c - naive Bayes: a joint log likelihood for each class, the largest wins.
 */
#include "sk/sk.h"

#include <math.h>
#include <stdlib.h>

typedef struct bayes {
    void (*joint)(const struct bayes *b, const double *x, double *out);
    size_t classes, columns;
    const double *prior; /* logarithms; of the complement one NULL: not added */
    matrix w, v;         /* weights; or means and variances */
    double *constant;    /* of each class */
    double threshold;
    bool binarizes, is_counts;
    matrix *tables; /* categorical: of each feature, classes x categories */
} bayes;

static void joint_gauss(const bayes *b, const double *x, double *out)
{
    for (size_t c = 0; c < b->classes; c++) {
        const double *mean = b->w.at + c * b->columns, *var = b->v.at + c * b->columns;
        double sum = 0;
        for (size_t j = 0; j < b->columns; j++) sum += (x[j] - mean[j]) * (x[j] - mean[j]) / var[j];
        out[c] = b->prior[c] + (b->constant[c] - 0.5 * sum);
    }
}

static void joint_weights(const bayes *b, const double *x, double *out)
{
    for (size_t c = 0; c < b->classes; c++) {
        const double *w = b->w.at + c * b->columns;
        double sum = 0;
        for (size_t j = 0; j < b->columns; j++) sum += (b->binarizes ? x[j] > b->threshold : x[j]) * w[j];
        out[c] = sum + (b->prior ? b->prior[c] : 0) + (b->constant ? b->constant[c] : 0);
    }
}

static void joint_tables(const bayes *b, const double *x, double *out)
{
    for (size_t c = 0; c < b->classes; c++) {
        double sum = 0;
        for (size_t j = 0; j < b->columns; j++)
            sum += b->tables[j].at[c * b->tables[j].columns + (size_t)x[j]];
        out[c] = sum + b->prior[c];
    }
}

static bool counts_fit(const bayes *b, const model_rows *rows, err *e)
{
    for (size_t at = 0; at < rows->count * rows->columns; at++) {
        size_t j = at % rows->columns;
        double x = rows->numbers[at];
        if (b->is_counts && x < 0)
            return model_refuse(rows, at / rows->columns, j, e, " is negative (%g): this model takes counts",
                                x);
        if (b->tables && !(x < (double)b->tables[j].columns))
            return model_refuse(rows, at / rows->columns, j, e, ": category %g of %zu is not known", x,
                                b->tables[j].columns);
    }
    return true;
}

static bool bayes_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    const bayes *b = self;
    double *joint = work_array(a, b->classes, 1, e);
    if (!joint || !counts_fit(b, rows, e)) return false;
    for (size_t i = 0; i < rows->count; i++) {
        b->joint(b, rows->numbers + i * rows->columns, joint);
        if (what == OUTPUT_PREDICT) {
            out->numbers[i] = (double)first_largest(joint, b->classes);
            continue;
        }
        memcpy(out->numbers + i * b->classes, joint, b->classes * sizeof *joint);
        exp_normalise(out->numbers + i * b->classes, b->classes);
    }
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

static onnx_ref draw_gauss(onnx_build *g, const bayes *b, onnx_ref x)
{
    int64_t shape[] = {-1, 1, (int64_t)b->columns};
    onnx_ref rows = onnx_shaped(g, x, shape, 3);
    onnx_ref d = onnx_op2(g, "Sub", rows, onnx_cube(g, b->w.at, 1, b->classes, b->columns));
    onnx_ref parts =
        onnx_op2(g, "Div", onnx_op2(g, "Mul", d, d), onnx_cube(g, b->v.at, 1, b->classes, b->columns));
    onnx_ref halves = onnx_with(g, "Mul", onnx_sum(g, parts, 2, false), -0.5);
    return onnx_op2(g, "Add", halves, onnx_vector(g, b->constant, b->classes));
}

static onnx_ref draw_weights(onnx_build *g, const bayes *b, onnx_ref x)
{
    if (b->binarizes) x = onnx_cast(g, onnx_with(g, "Greater", x, b->threshold), ONNX_DOUBLE);
    onnx_ref sums = onnx_op2(g, "MatMul", x, onnx_transposed(g, b->w.at, b->classes, b->columns));
    return b->constant ? onnx_op2(g, "Add", sums, onnx_vector(g, b->constant, b->classes)) : sums;
}

/* What is no category counts as the last one: there is no error in ONNX. */
static onnx_ref draw_tables(onnx_build *g, const bayes *b, onnx_ref x)
{
    onnx_ref sum = 0;
    for (size_t j = 0; onnx_ok(g) && j < b->columns; j++) {
        const matrix *t = &b->tables[j];
        onnx_ref own = onnx_flat(g, onnx_gather(g, x, onnx_columns_of(g, &j, 1), 1));
        own = onnx_op3(g, "Clip", own, onnx_number(g, 0), onnx_number(g, (double)t->columns - 1));
        onnx_ref rows =
            onnx_gather(g, onnx_transposed(g, t->at, t->rows, t->columns), onnx_cast(g, own, ONNX_INT64), 0);
        sum = sum ? onnx_op2(g, "Add", sum, rows) : rows;
    }
    return sum;
}

static void bayes_draw(const void *self, onnx_build *g, const onnx_table *t, onnx_answers *out)
{
    const bayes *b = self;
    onnx_ref x = onnx_matrix(g, t);
    onnx_ref joint = b->joint == joint_gauss     ? draw_gauss(g, b, x)
                     : b->joint == joint_weights ? draw_weights(g, b, x)
                                                 : draw_tables(g, b, x);
    if (b->prior) joint = onnx_op2(g, "Add", joint, onnx_vector(g, b->prior, b->classes));
    out->at[OUTPUT_PREDICT] = onnx_argmax(g, joint);
    out->at[OUTPUT_PREDICT_PROBA] = onnx_softmax(g, joint);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static bayes *bayes_new(sk *s)
{
    bayes *b = sk_alloc(s, 1, sizeof *b);
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    sk_answers(s, b, bayes_answer);
    sk_draws(s, bayes_draw, NULL);
    if (!sk_ok(s)) return NULL;
    b->classes = classes;
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
    return b;
}

static void settle(sk *s, bayes *b, size_t columns)
{
    b->columns = columns;
    sk_features(s, columns);
}

static void read_gauss(sk *s)
{
    bayes *b = bayes_new(s);
    if (!b) return;
    b->joint = joint_gauss;
    b->w = sk_matrix(s, "theta_", b->classes, SK_ANY);
    b->v = sk_matrix(s, sk_has(s, "var_") ? "var_" : "sigma_", b->classes, b->w.columns);
    double *prior = sk_vector(s, "class_prior_", b->classes, NULL);
    b->constant = sk_alloc(s, b->classes, sizeof *b->constant);
    settle(s, b, b->w.columns);
    for (size_t c = 0; sk_ok(s) && c < b->classes; c++) {
        prior[c] = log(prior[c]);
        double sum = 0;
        for (size_t j = 0; j < b->columns; j++) sum += log(2 * M_PI * b->v.at[c * b->columns + j]);
        b->constant[c] = -0.5 * sum;
    }
    b->prior = prior;
}

static void read_multinomial(sk *s)
{
    bayes *b = bayes_new(s);
    if (!b) return;
    b->joint = joint_weights;
    b->is_counts = true;
    b->w = sk_matrix(s, "feature_log_prob_", b->classes, SK_ANY);
    b->prior = sk_vector(s, "class_log_prior_", b->classes, NULL);
    settle(s, b, b->w.columns);
}

static void read_complement(sk *s)
{
    bayes *b = bayes_new(s);
    if (!b) return;
    b->joint = joint_weights;
    b->is_counts = true;
    b->w = sk_matrix(s, "feature_log_prob_", b->classes, SK_ANY);
    if (b->classes == 1) b->prior = sk_vector(s, "class_log_prior_", b->classes, NULL);
    settle(s, b, b->w.columns);
}

/* A feature that is absent counts too: its log(1 - p) goes into the constant. */
static void read_bernoulli(sk *s)
{
    bayes *b = bayes_new(s);
    if (!b) return;
    b->joint = joint_weights;
    b->binarizes = sk_has(s, "binarize");
    b->threshold = sk_number_or(s, "binarize", 0);
    b->w = sk_matrix(s, "feature_log_prob_", b->classes, SK_ANY);
    b->prior = sk_vector(s, "class_log_prior_", b->classes, NULL);
    b->constant = sk_alloc(s, b->classes, sizeof *b->constant);
    settle(s, b, b->w.columns);
    for (size_t c = 0; sk_ok(s) && c < b->classes; c++)
        for (size_t j = 0; j < b->columns; j++) {
            double *w = &b->w.at[c * b->columns + j], absent = log(1 - exp(*w));
            b->constant[c] += absent;
            *w -= absent;
        }
}

static void read_categorical(sk *s)
{
    bayes *b = bayes_new(s);
    sk_list tables = sk_items(s, sk_get(s, "feature_log_prob_"), "feature_log_prob_", SK_ANY);
    if (!b || !sk_ok(s)) return;
    b->joint = joint_tables;
    b->is_counts = true;
    b->prior = sk_vector(s, "class_log_prior_", b->classes, NULL);
    b->tables = sk_alloc(s, tables.count, sizeof *b->tables);
    for (size_t j = 0; j < tables.count && sk_ok(s); j++) {
        b->tables[j] = sk_matrix_of(s, tables.items[j], "feature_log_prob_", false);
        if (sk_ok(s) && b->tables[j].rows != b->classes)
            sk_fail(s, ERR_INVALID, "its feature_log_prob_ has %zu rows for %zu classes", b->tables[j].rows,
                    b->classes);
    }
    settle(s, b, tables.count);
}

const sk_class sk_bayes_classes[] = {
    {"GaussianNB", "naive_bayes", NULL, read_gauss},
    {"MultinomialNB", "naive_bayes", NULL, read_multinomial},
    {"ComplementNB", "naive_bayes", NULL, read_complement},
    {"BernoulliNB", "naive_bayes", NULL, read_bernoulli},
    {"CategoricalNB", "naive_bayes", NULL, read_categorical},
    {NULL, NULL, NULL, NULL},
};
