/*
 * model/onnx/machines.c - SVMClassifier and SVMRegressor of ai.onnx.ml, after libsvm: with kernels, or linear when there are no vectors.
 */
#include "onnx/onnx.h"

#include "coupling.h"
#include "base/limits.h"

#include <math.h>

typedef enum kernel { LINEAR, POLY, RBF, SIGMOID, KERNELS } kernel;
static const char *const kernel_names[KERNELS] = {"LINEAR", "POLY", "RBF", "SIGMOID"};

typedef struct machine {
    kernel kernel;
    double gamma, coef0, degree;
    onnx_reals vectors, coefficients, rho, prob_a, prob_b;
    size_t *starts; /* of each class's vectors, and their end; NULL: linear */
    size_t vector_count, columns, class_count, pairs;
    model_classes classes; /* none: a regressor */
    onnx_post post;
    bool is_one_class, all_positive;
} machine;

/* --- running ---------------------------------------------------------------------------------------------------------------- */

static double kernel_of(const machine *m, const double *x, const double *v)
{
    double sum = 0;
    if (m->kernel == RBF) {
        for (size_t j = 0; j < m->columns; j++) sum += (x[j] - v[j]) * (x[j] - v[j]);
        return exp(-m->gamma * sum);
    }
    for (size_t j = 0; j < m->columns; j++) sum += x[j] * v[j];
    if (m->kernel == LINEAR) return sum;
    sum = m->gamma * sum + m->coef0;
    return m->kernel == POLY ? pow(sum, m->degree) : tanh(sum);
}

static bool run_regressor(onnx_run *run, const onnx_node *n)
{
    const machine *m = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    size_t rows, columns;
    if (!onnx_as_matrix(&x, &rows, &columns) || columns != m->columns) return onnx_misfit(run, n);
    onnx_value *out = onnx_out(run, n, 0, ONNX_FLOAT, (size_t[]){rows, 1}, 2);
    if (!out || !onnx_spend(run, (uint64_t)rows * m->vectors.count)) return false;
    for (size_t i = 0; i < rows; i++) {
        const double *row = x.numbers + i * columns;
        double sum = m->rho.at[0];
        if (!m->vector_count) sum += kernel_of(m, row, m->coefficients.at);
        for (size_t v = 0; v < m->vector_count; v++)
            sum += m->coefficients.at[v] * kernel_of(m, row, m->vectors.at + v * columns);
        if (m->is_one_class) sum = sum > 0 ? 1 : -1;
        out->numbers[i] = sum;
        onnx_post_apply(m->post, &out->numbers[i], 1);
    }
    return true;
}

static void decide(const machine *m, const double *k, double *pairs, double *votes)
{
    memset(votes, 0, m->class_count * sizeof *votes);
    for (size_t i = 0, p = 0; i < m->class_count; i++)
        for (size_t j = i + 1; j < m->class_count; j++, p++) {
            const double *a = m->coefficients.at + (j - 1) * m->vector_count,
                         *b = m->coefficients.at + i * m->vector_count;
            double sum = 0;
            for (size_t v = m->starts[i]; v < m->starts[i + 1]; v++) sum += a[v] * k[v];
            for (size_t v = m->starts[j]; v < m->starts[j + 1]; v++) sum += b[v] * k[v];
            pairs[p] = sum + m->rho.at[p];
            votes[pairs[p] > 0 ? i : j]++;
        }
}

/* Two classes without probabilities: one decision, and its opposite. */
static size_t two_of_one(const machine *m, double decision, double *out)
{
    bool is_logistic = m->post == POST_LOGISTIC;
    double second = -decision;
    out[0] = is_logistic ? onnx_logistic(-second) : m->all_positive ? 1 - second : -second;
    out[1] = is_logistic ? onnx_logistic(second) : second;
    return decision > 0 ? 0 : 1;
}

static size_t answer_row(const machine *m, const double *row, double *work, double *out)
{
    double *k = work, *pairs = k + m->vector_count, *votes = pairs + m->pairs, *more = votes + m->class_count;
    for (size_t v = 0; v < m->vector_count; v++) k[v] = kernel_of(m, row, m->vectors.at + v * m->columns);
    decide(m, k, pairs, votes);
    size_t best = onnx_largest(votes, m->class_count);
    if (m->prob_a.count) {
        coupled_probabilities(m->class_count, 100, pairs, m->prob_a.at, m->prob_b.at, more, out);
        onnx_post_apply(m->post, out, m->class_count);
    } else if (m->class_count == 2) {
        best = two_of_one(m, pairs[0], out);
    } else {
        memcpy(out, pairs, m->pairs * sizeof *out);
        onnx_post_apply(m->post, out, m->pairs);
    }
    return best;
}

static bool run_classifier(onnx_run *run, const onnx_node *n)
{
    const machine *m = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    size_t rows, columns, width = m->prob_a.count || m->class_count == 2 ? m->class_count : m->pairs;
    if (!onnx_as_matrix(&x, &rows, &columns) || columns != m->columns) return onnx_misfit(run, n);
    onnx_value *scores = onnx_out(run, n, 1, ONNX_FLOAT, (size_t[]){rows, width}, 2);
    size_t *chosen = arena_alloc_array(run->memory, rows + 1, sizeof *chosen);
    double *work = arena_alloc_array(
        run->memory, m->vector_count + m->pairs + (2 * m->class_count + 2) * (m->class_count + 1),
        sizeof *work);
    if (!scores || !onnx_spend(run, (uint64_t)rows * m->vectors.count)) return false;
    if (!chosen || !work) return err_set(run->e, ERR_MEMORY, "no memory for %zu rows", rows);
    for (size_t i = 0; i < rows; i++)
        chosen[i] = answer_row(m, x.numbers + i * columns, work, scores->numbers + i * width);
    return onnx_choose(run, n, &m->classes, chosen, rows);
}

/* --- reading ---------------------------------------------------------------------------------------------------------------- */

static bool damaged(err *e, const char *what)
{
    return err_set(e, ERR_INVALID, "a support vector machine of the ONNX model is damaged: %s", what);
}

static bool read_machine(const onnx_source *s, machine *m, err *e)
{
    onnx_reals params;
    if (!onnx_attribute_reals(s, "support_vectors", &m->vectors, e) ||
        !onnx_attribute_reals(s, "coefficients", &m->coefficients, e) ||
        !onnx_attribute_reals(s, "rho", &m->rho, e) ||
        !onnx_attribute_reals(s, "kernel_params", &params, e) || !onnx_post_read(s, &m->post, e))
        return false;
    str name = onnx_attribute_text(s, "kernel_type", "LINEAR");
    while (m->kernel < KERNELS && !str_eq(name, str_from_c(kernel_names[m->kernel]))) m->kernel++;
    if (m->kernel == KERNELS)
        return err_set(e, ERR_UNSUPPORTED, "the kernel_type '%.*s' of the ONNX model is not understood",
                       STR_ARG(str_slice(name, 0, 40)));
    if (m->kernel != LINEAR && params.count < 3) return damaged(e, "its kernel has no parameters");
    if (params.count >= 3) {
        m->gamma = params.at[0];
        m->coef0 = params.at[1];
        m->degree = params.at[2];
    }
    return (m->coefficients.count && m->rho.count) || damaged(e, "it has no coefficients");
}

static bool read_regressor(const onnx_source *s, void **state, err *e)
{
    machine *m = *state = onnx_state(s, sizeof *m, e);
    if (!m || !read_machine(s, m, e)) return false;
    int64_t count = onnx_attribute_int(s, "n_supports", 0);
    m->is_one_class = onnx_attribute_int(s, "one_class", 0) != 0;
    if (count < 0 || (uint64_t)count > m->coefficients.count || (count && m->vectors.count % (size_t)count))
        return damaged(e, "its vectors do not fit together");
    m->vector_count = (size_t)count;
    m->columns = count ? m->vectors.count / (size_t)count : m->coefficients.count;
    return m->columns || damaged(e, "its vectors are empty");
}

static bool read_starts(const onnx_source *s, machine *m, err *e)
{
    onnx_ints counts;
    if (!onnx_attribute_ints(s, "vectors_per_class", &counts, e)) return false;
    if (counts.count < 2 || counts.count != m->classes.count)
        return err_set(e, ERR_UNSUPPORTED, "an SVMClassifier of %zu classes with vectors for %zu",
                       m->classes.count, counts.count);
    m->class_count = counts.count;
    m->pairs = counts.count * (counts.count - 1) / 2;
    m->starts = onnx_state(s, (counts.count + 1) * sizeof *m->starts, e);
    if (!m->starts) return false;
    for (size_t i = 0; i < counts.count; i++) {
        if (counts.at[i] < 0 || (uint64_t)counts.at[i] > m->vectors.count - m->starts[i])
            return damaged(e, "its vectors do not fit together");
        m->starts[i + 1] = m->starts[i] + (size_t)counts.at[i];
    }
    m->vector_count = m->starts[counts.count];
    return true;
}

static bool read_classifier(const onnx_source *s, void **state, err *e)
{
    machine *m = *state = onnx_state(s, sizeof *m, e);
    if (!m || !onnx_labels(s, "classlabels_ints", "classlabels_strings", &m->classes, e) ||
        !read_machine(s, m, e) || !onnx_attribute_reals(s, "prob_a", &m->prob_a, e) ||
        !onnx_attribute_reals(s, "prob_b", &m->prob_b, e) || !read_starts(s, m, e))
        return false;
    if (m->vector_count == 0 || m->vectors.count % m->vector_count)
        return damaged(e, "its vectors do not fit together");
    m->columns = m->vectors.count / m->vector_count;
    uint64_t coefficients;
    bool fits =
        !__builtin_mul_overflow((uint64_t)m->class_count - 1, (uint64_t)m->vector_count, &coefficients) &&
        m->coefficients.count == coefficients && m->rho.count == m->pairs &&
        m->prob_a.count == m->prob_b.count && (!m->prob_a.count || m->prob_a.count == m->pairs);
    if (!fits) return damaged(e, "its coefficients do not fit together");
    m->all_positive = true;
    for (size_t i = 0; i < m->coefficients.count; i++) m->all_positive &= m->coefficients.at[i] >= 0;
    return true;
}

const onnx_op onnx_machine_ops[] = {{"SVMClassifier", 1, read_classifier, run_classifier},
                                    {"SVMRegressor", 1, read_regressor, run_regressor},
                                    {NULL, 0, NULL, NULL}};
