/*
 * model/sk/svm.c - support vector machines with kernels, after libsvm.
 *
 * Of K classes each pair has a decision; votes decide, the first class on ties. dual_coef_ has the pairs' coefficients interleaved: a support vector of
 * class i has one for each other class.
 */
#include "sk/sk.h"

#include "coupling.h"

#include <math.h>
#include <stdlib.h>

typedef enum kernel { KERNEL_RBF, KERNEL_LINEAR, KERNEL_POLY, KERNEL_SIGMOID } kernel;
typedef enum machine_kind { MACHINE_CLASSES, MACHINE_NUMBER, MACHINE_ONE_CLASS } machine_kind;

typedef struct machine {
    machine_kind kind;
    kernel kernel;
    double gamma, coef0, degree;
    matrix vectors, dual;
    size_t classes, pairs;
    size_t *starts; /* of each class among the vectors, and their end */
    double *intercept, *prob_a, *prob_b;
    bool breaks_ties, is_ovo;
} machine;

static double kernel_of(const machine *m, const double *x, const double *v)
{
    double sum = 0;
    if (m->kernel == KERNEL_RBF) {
        for (size_t j = 0; j < m->vectors.columns; j++) sum += (x[j] - v[j]) * (x[j] - v[j]);
        return exp(-m->gamma * sum);
    }
    for (size_t j = 0; j < m->vectors.columns; j++) sum += x[j] * v[j];
    if (m->kernel == KERNEL_LINEAR) return sum;
    sum = m->gamma * sum + m->coef0;
    return m->kernel == KERNEL_POLY ? pow(sum, m->degree) : tanh(sum);
}

/* libsvm's decisions: positive is for the first of a pair. */
static void decide_pairs(const machine *m, const double *k, double *pairs)
{
    size_t p = 0;
    for (size_t i = 0; i < m->classes; i++)
        for (size_t j = i + 1; j < m->classes; j++, p++) {
            const double *a = m->dual.at + (j - 1) * m->dual.columns, *b = m->dual.at + i * m->dual.columns;
            double sum = 0;
            for (size_t v = m->starts[i]; v < m->starts[i + 1]; v++) sum += a[v] * k[v];
            for (size_t v = m->starts[j]; v < m->starts[j + 1]; v++) sum += b[v] * k[v];
            pairs[p] = sum + m->intercept[p];
        }
}

static size_t vote(const machine *m, const double *pairs, double *votes)
{
    memset(votes, 0, m->classes * sizeof *votes);
    for (size_t i = 0, p = 0; i < m->classes; i++)
        for (size_t j = i + 1; j < m->classes; j++, p++) votes[pairs[p] > 0 ? i : j]++;
    return first_largest(votes, m->classes);
}

/* Votes, and within a vote the sum of confidences, squeezed below one third. */
static void ovr_scores(const machine *m, const double *pairs, double *sums, double *out)
{
    memset(sums, 0, m->classes * sizeof *sums);
    memset(out, 0, m->classes * sizeof *out);
    for (size_t i = 0, p = 0; i < m->classes; i++)
        for (size_t j = i + 1; j < m->classes; j++, p++) {
            sums[i] += pairs[p];
            sums[j] -= pairs[p];
            out[pairs[p] < 0 ? j : i]++;
        }
    for (size_t c = 0; c < m->classes; c++) out[c] += sums[c] / (3 * (fabs(sums[c]) + 1));
}

/* --- answering ----------------------------------------------------------------------------------------------------------- */

static void give_row(const machine *m, model_output what, const double *k, double *work, double *out)
{
    double *pairs = work, *more = work + m->pairs;
    if (m->kind != MACHINE_CLASSES) {
        double sum = 0;
        for (size_t v = 0; v < m->vectors.rows; v++) sum += m->dual.at[v] * k[v];
        sum += m->intercept[0];
        *out = m->kind == MACHINE_ONE_CLASS && what == OUTPUT_PREDICT ? (sum > 0 ? 1 : -1) : sum;
        return;
    }
    decide_pairs(m, k, pairs);
    if (what == OUTPUT_PREDICT_PROBA) {
        coupled_probabilities(m->classes, m->classes > 100 ? m->classes : 100, pairs, m->prob_a, m->prob_b,
                              more, out);
    } else if (what == OUTPUT_PREDICT && m->breaks_ties && m->classes > 2 && !m->is_ovo) {
        ovr_scores(m, pairs, more, more + m->classes);
        *out = (double)first_largest(more + m->classes, m->classes);
    } else if (what == OUTPUT_PREDICT) {
        *out = (double)vote(m, pairs, more);
    } else if (m->classes == 2) {
        *out = -pairs[0];
    } else if (m->is_ovo) {
        memcpy(out, pairs, m->pairs * sizeof *out);
    } else {
        ovr_scores(m, pairs, more, out);
    }
}

static bool machine_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    const machine *m = self;
    double *k = work_array(a, m->vectors.rows, 1, e);
    double *work = k ? work_array(a, m->pairs + 4 + m->classes, 1 + 2 * m->classes + 2, e) : NULL;
    if (!work) return false;
    for (size_t i = 0; i < rows->count; i++) {
        const double *x = rows->numbers + i * rows->columns;
        for (size_t v = 0; v < m->vectors.rows; v++)
            k[v] = kernel_of(m, x, m->vectors.at + v * m->vectors.columns);
        give_row(m, what, k, work, out->numbers + i * out->columns);
    }
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

/* Squared distances by the binomial formula, cut off at zero. */
static onnx_ref draw_kernel(onnx_build *b, const machine *m, onnx_ref x)
{
    const matrix *v = &m->vectors;
    onnx_ref dot = onnx_op2(b, "MatMul", x, onnx_transposed(b, v->at, v->rows, v->columns));
    if (m->kernel == KERNEL_LINEAR) return dot;
    if (m->kernel == KERNEL_RBF) {
        double *norms = onnx_alloc(b, v->rows, sizeof *norms);
        for (size_t i = 0; norms && i < v->rows * v->columns; i++)
            norms[i / v->columns] += v->at[i] * v->at[i];
        if (!norms) return 0;
        onnx_ref own = onnx_sum(b, onnx_op2(b, "Mul", x, x), 1, true);
        onnx_ref sum = onnx_op2(b, "Add", own, onnx_vector(b, norms, v->rows));
        onnx_ref squares = onnx_op2(b, "Sub", sum, onnx_with(b, "Mul", dot, 2));
        squares = onnx_with(b, "Max", squares, 0);
        return onnx_op1(b, "Exp", onnx_with(b, "Mul", squares, -m->gamma));
    }
    onnx_ref z = onnx_with(b, "Add", onnx_with(b, "Mul", dot, m->gamma), m->coef0);
    return m->kernel == KERNEL_POLY ? onnx_with(b, "Pow", z, m->degree) : onnx_op1(b, "Tanh", z);
}

/* One column for each pair of classes, of the coefficients of their vectors. */
static onnx_ref draw_pairs(onnx_build *b, const machine *m, onnx_ref k)
{
    double *all = onnx_alloc(b, m->vectors.rows * m->pairs, sizeof *all);
    for (size_t i = 0, p = 0; all && i < m->classes; i++)
        for (size_t j = i + 1; j < m->classes; j++, p++) {
            for (size_t v = m->starts[i]; v < m->starts[i + 1]; v++)
                all[v * m->pairs + p] = m->dual.at[(j - 1) * m->dual.columns + v];
            for (size_t v = m->starts[j]; v < m->starts[j + 1]; v++)
                all[v * m->pairs + p] = m->dual.at[i * m->dual.columns + v];
        }
    if (!all) return 0;
    onnx_ref sums = onnx_op2(b, "MatMul", k, onnx_rows(b, all, m->vectors.rows, m->pairs));
    return onnx_op2(b, "Add", sums, onnx_vector(b, m->intercept, m->pairs));
}

/* What the first of each pair gets, times `sign` for the second: [pairs, classes]. */
static onnx_ref pair_table(onnx_build *b, const machine *m, double first, double second)
{
    double *all = onnx_alloc(b, m->pairs * m->classes, sizeof *all);
    for (size_t i = 0, p = 0; all && i < m->classes; i++)
        for (size_t j = i + 1; j < m->classes; j++, p++) {
            all[p * m->classes + i] = first;
            all[p * m->classes + j] = second;
        }
    return all ? onnx_rows(b, all, m->pairs, m->classes) : 0;
}

/* Votes of the pairs whose decision is `op` zero, and of the others. */
static onnx_ref draw_votes(onnx_build *b, const machine *m, onnx_ref pairs, const char *op)
{
    onnx_ref yes = onnx_cast(b, onnx_with(b, op, pairs, 0), ONNX_DOUBLE);
    onnx_ref no = onnx_op2(b, "Sub", onnx_number(b, 1), yes);
    return onnx_op2(b, "Add", onnx_op2(b, "MatMul", yes, pair_table(b, m, 1, 0)),
                    onnx_op2(b, "MatMul", no, pair_table(b, m, 0, 1)));
}

static onnx_ref draw_ovr(onnx_build *b, const machine *m, onnx_ref pairs)
{
    onnx_ref sums = onnx_op2(b, "MatMul", pairs, pair_table(b, m, 1, -1));
    onnx_ref over = onnx_with(b, "Mul", onnx_with(b, "Add", onnx_op1(b, "Abs", sums), 1), 3);
    return onnx_op2(b, "Add", draw_votes(b, m, pairs, "GreaterOrEqual"), onnx_op2(b, "Div", sums, over));
}

/* libsvm's iteration for probabilities is what the operator SVMClassifier does, in float32. */
static onnx_ref draw_probabilities(onnx_build *b, const machine *m, onnx_ref x)
{
    static const char *const names[] = {"RBF", "LINEAR", "POLY", "SIGMOID"};
    int64_t *counts = onnx_alloc(b, m->classes, sizeof *counts),
            *labels = onnx_alloc(b, m->classes, sizeof *labels);
    for (size_t c = 0; onnx_ok(b) && c < m->classes; c++) {
        counts[c] = (int64_t)(m->starts[c + 1] - m->starts[c]);
        labels[c] = (int64_t)c;
    }
    if (!onnx_ok(b)) return 0;
    onnx_ref narrow = onnx_cast(b, x, ONNX_FLOAT);
    onnx_set_text(b, "kernel_type", names[m->kernel]);
    onnx_set_floats(b, "kernel_params", (double[]){m->gamma, m->coef0, m->degree}, 3);
    onnx_set_floats(b, "support_vectors", m->vectors.at, m->vectors.rows * m->vectors.columns);
    onnx_set_floats(b, "coefficients", m->dual.at, m->dual.rows * m->dual.columns);
    onnx_set_floats(b, "rho", m->intercept, m->pairs);
    onnx_set_floats(b, "prob_a", m->prob_a, m->pairs);
    onnx_set_floats(b, "prob_b", m->prob_b, m->pairs);
    onnx_set_ints(b, "vectors_per_class", counts, m->classes);
    onnx_set_ints(b, "classlabels_ints", labels, m->classes);
    onnx_set_text(b, "post_transform", "NONE");
    onnx_take(b, narrow);
    onnx_ref both = onnx_give(b, "SVMClassifier", "ai.onnx.ml", 2);
    return both ? onnx_cast(b, both + 1, ONNX_DOUBLE) : 0;
}

static void draw_number(const machine *m, onnx_build *b, onnx_ref k, onnx_answers *out)
{
    onnx_ref sum = onnx_op2(b, "MatMul", k, onnx_rows(b, m->dual.at, m->vectors.rows, 1));
    sum = onnx_with(b, "Add", sum, m->intercept[0]);
    out->at[OUTPUT_PREDICT] = sum;
    if (m->kind != MACHINE_ONE_CLASS) return;
    onnx_ref inside = onnx_with(b, "Greater", sum, 0);
    onnx_ref minus = onnx_integers(b, (int64_t[]){-1}, 1), plus = onnx_integers(b, (int64_t[]){1}, 1);
    out->at[OUTPUT_DECISION_FUNCTION] = sum;
    out->at[OUTPUT_PREDICT] = onnx_flat(b, onnx_op3(b, "Where", inside, plus, minus));
}

static void machine_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const machine *m = self;
    onnx_ref x = onnx_matrix(b, t), k = draw_kernel(b, m, x);
    if (m->kind != MACHINE_CLASSES) {
        draw_number(m, b, k, out);
        return;
    }
    onnx_ref pairs = draw_pairs(b, m, k);
    onnx_ref scores = m->classes == 2 ? onnx_op1(b, "Neg", pairs) : m->is_ovo ? pairs : draw_ovr(b, m, pairs);
    bool by_score = m->breaks_ties && m->classes > 2 && !m->is_ovo;
    out->at[OUTPUT_DECISION_FUNCTION] = scores;
    out->at[OUTPUT_PREDICT] = onnx_argmax(b, by_score ? scores : draw_votes(b, m, pairs, "Greater"));
    if (m->prob_a) out->at[OUTPUT_PREDICT_PROBA] = draw_probabilities(b, m, x);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static machine *machine_new(sk *s, machine_kind kind)
{
    static const char *const kernels[] = {"rbf", "linear", "poly", "sigmoid"};
    machine *m = sk_alloc(s, 1, sizeof *m);
    unsigned word = sk_choice(s, "kernel", kernels, COUNT_OF(kernels));
    if (!m || !sk_ok(s)) return NULL;
    m->kind = kind;
    m->kernel = (kernel)word;
    m->gamma = sk_number(s, "_gamma");
    m->coef0 = sk_number_or(s, "coef0", 0);
    m->degree = sk_number_or(s, "degree", 3);
    m->vectors = sk_matrix(s, "support_vectors_", SK_ANY, SK_ANY);
    m->dual = sk_matrix(s, "_dual_coef_", SK_ANY, m->vectors.rows); /* sparse ones become full ones */
    sk_features(s, m->vectors.columns);
    sk_answers(s, m, machine_answer);
    sk_draws(s, machine_draw, NULL);
    return sk_ok(s) ? m : NULL;
}

static void read_number(sk *s)
{
    machine *m = machine_new(s, MACHINE_NUMBER);
    if (!m) return;
    m->intercept = sk_vector(s, "_intercept_", 1, NULL);
    sk_gives(s, OUTPUT_PREDICT, 1);
}

static void read_one_class(sk *s)
{
    machine *m = machine_new(s, MACHINE_ONE_CLASS);
    if (!m) return;
    m->intercept = sk_vector(s, "_intercept_", 1, NULL);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, 1);
    s->m->info.gives_indices = true;
}

static void read_starts(sk *s, machine *m)
{
    const char *name = sk_has(s, "_n_support") ? "_n_support" : "n_support_";
    double *counts = sk_vector(s, name, m->classes, NULL);
    m->starts = sk_alloc(s, m->classes + 1, sizeof *m->starts);
    double total = 0;
    for (size_t i = 0; sk_ok(s) && i < m->classes; i++) {
        total += counts[i];
        if (counts[i] < 0 || total > (double)m->vectors.rows)
            sk_fail(s, ERR_INVALID, "its %s does not fit", name);
        m->starts[i + 1] = sk_ok(s) ? (size_t)total : 0;
    }
}

static void read_classes(sk *s)
{
    static const char *const shapes[] = {"ovr", "ovo"};
    machine *m = machine_new(s, MACHINE_CLASSES);
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    m = sk_ok(s) ? m : NULL;
    if (m && (classes < 2 || m->dual.rows != classes - 1))
        sk_fail(s, ERR_INVALID, "it has %zu classes and %zu rows of _dual_coef_", classes, m->dual.rows);
    if (!m || !sk_ok(s)) return;
    m->classes = classes;
    m->pairs = classes * (classes - 1) / 2;
    m->intercept = sk_vector(s, "_intercept_", m->pairs, NULL);
    m->breaks_ties = sk_flag(s, "break_ties", false);
    m->is_ovo = sk_choice(s, "decision_function_shape", shapes, COUNT_OF(shapes)) == 1;
    read_starts(s, m);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, classes == 2 ? 1 : m->is_ovo ? m->pairs : classes);
    if (sk_is_text(s, "probability", "deprecated") || !sk_flag(s, "probability", false)) return;
    bool is_new = sk_has(s, "_probA");
    m->prob_a = sk_vector(s, is_new ? "_probA" : "probA_", m->pairs, NULL);
    m->prob_b = sk_vector(s, is_new ? "_probB" : "probB_", m->pairs, NULL);
    sk_gives(s, OUTPUT_PREDICT_PROBA, classes);
}

const sk_class sk_svm_classes[] = {
    {"SVC", "svm._classes", "svm.classes", read_classes},
    {"NuSVC", "svm._classes", "svm.classes", read_classes},
    {"SVR", "svm._classes", "svm.classes", read_number},
    {"NuSVR", "svm._classes", "svm.classes", read_number},
    {"OneClassSVM", "svm._classes", "svm.classes", read_one_class},
    {NULL, NULL, NULL, NULL},
};
