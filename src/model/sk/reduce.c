/*
 * model/sk/reduce.c - projections that need more than a mean and components: factors, partial least squares, topics.
 */
#include "sk/reduce.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* --- lines: (x - mean) / over, times weights, plus an addend ---------------------------------------------------------------- */

typedef struct lines {
    double *mean, *over, *addend; /* NULL: none */
    matrix weights;               /* a row per column of x */
    matrix second;                /* of transform, where predict has its own */
} lines;

static bool lines_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    const lines *l = self;
    bool is_second = what == OUTPUT_TRANSFORM && l->second.at;
    const matrix *w = is_second ? &l->second : &l->weights;
    double *x = work_array(a, rows->columns, 1, e);
    for (size_t i = 0; x && i < rows->count; i++) {
        double *to = out->numbers + i * w->columns;
        for (size_t j = 0; j < rows->columns; j++) {
            x[j] = rows->numbers[i * rows->columns + j] - (l->mean ? l->mean[j] : 0);
            if (l->over) x[j] /= l->over[j];
            for (size_t k = 0; k < w->columns; k++) to[k] += x[j] * w->at[j * w->columns + k];
        }
        for (size_t k = 0; !is_second && l->addend && k < w->columns; k++) to[k] += l->addend[k];
    }
    return x != NULL;
}

static onnx_ref draw_matrix(onnx_build *b, onnx_ref x, const matrix *w)
{
    return onnx_op2(b, "MatMul", x, onnx_rows(b, w->at, w->rows, w->columns));
}

/* Those with a second matrix predict by the first. */
static void lines_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const lines *l = self;
    onnx_ref x = onnx_matrix(b, t);
    if (l->mean) x = onnx_op2(b, "Sub", x, onnx_vector(b, l->mean, l->weights.rows));
    if (l->over) x = onnx_op2(b, "Div", x, onnx_vector(b, l->over, l->weights.rows));
    onnx_ref first = draw_matrix(b, x, &l->weights);
    if (l->addend) first = onnx_op2(b, "Add", first, onnx_vector(b, l->addend, l->weights.columns));
    if (l->second.at) out->at[OUTPUT_PREDICT] = first;
    out->table = l->second.at ? onnx_table_of(draw_matrix(b, x, &l->second), l->second.columns)
                              : onnx_table_of(first, l->weights.columns);
}

static matrix turned(sk *s, matrix m)
{
    matrix out = {sk_alloc(s, m.rows * m.columns, sizeof(double)), m.columns, m.rows};
    for (size_t i = 0; sk_ok(s) && i < m.rows * m.columns; i++)
        out.at[i % m.columns * m.rows + i / m.columns] = m.at[i];
    return sk_ok(s) ? out : (matrix){0};
}

/* Solves a.x = b of size n, in place, by elimination with the largest pivot; b has n rows of `columns`. */
static bool solve(double *a, double *b, size_t n, size_t columns)
{
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            if (fabs(a[i * n + k]) > fabs(a[best * n + k])) best = i;
        if (!(fabs(a[best * n + k]) > 0)) return false;
        for (size_t j = 0; j < n && best != k; j++) {
            double swap = a[k * n + j];
            a[k * n + j] = a[best * n + j];
            a[best * n + j] = swap;
        }
        for (size_t j = 0; j < columns && best != k; j++) {
            double swap = b[k * columns + j];
            b[k * columns + j] = b[best * columns + j];
            b[best * columns + j] = swap;
        }
        for (size_t i = 0; i < n; i++) {
            double by = i == k ? 0 : a[i * n + k] / a[k * n + k];
            for (size_t j = k; by != 0 && j < n; j++) a[i * n + j] -= by * a[k * n + j];
            for (size_t j = 0; by != 0 && j < columns; j++) b[i * columns + j] -= by * b[k * columns + j];
        }
    }
    for (size_t k = 0; k < n; k++)
        for (size_t j = 0; j < columns; j++) b[k * columns + j] /= a[k * n + k];
    return true;
}

/* The expected factors: (1 + W.C')^-1 . W of the centred row, where W is the components over the noise. */
static void read_factors(sk *s)
{
    lines *l = sk_alloc(s, 1, sizeof *l);
    matrix c = sk_matrix(s, "components_", SK_ANY, SK_ANY);
    double *noise = sk_vector(s, "noise_variance_", c.columns, NULL);
    sk_features(s, c.columns);
    if (!l || !sk_ok(s)) return;
    l->mean = sk_vector(s, "mean_", c.columns, NULL);
    size_t n = c.rows;
    double *w = sk_numbers(s, n, c.columns, "components_"), *square = sk_numbers(s, n, n, "components_");
    for (size_t i = 0; sk_ok(s) && i < n * c.columns; i++) w[i] = c.at[i] / noise[i % c.columns];
    for (size_t i = 0; sk_ok(s) && i < n * n; i++) {
        square[i] = i / n == i % n;
        for (size_t j = 0; j < c.columns; j++)
            square[i] += w[i / n * c.columns + j] * c.at[i % n * c.columns + j];
    }
    if (sk_ok(s) && !solve(square, w, n, c.columns))
        sk_fail(s, ERR_INVALID, "its components_ have no inverse");
    l->weights = turned(s, (matrix){w, n, c.columns});
    sk_gives(s, OUTPUT_TRANSFORM, n);
    sk_answers(s, l, lines_answer);
    sk_draws(s, lines_draw, NULL);
}

/* Coefficients of some versions are divided by the spread of x, of others not: which is nearer to what they are made of? */
static bool holds_spread(sk *s, const lines *l)
{
    matrix loads = sk_matrix(s, "y_loadings_", l->weights.columns, l->second.columns);
    double *spread = sk_vector(s, "_y_std", l->weights.columns, NULL), with = 0, without = 0;
    for (size_t i = 0; sk_ok(s) && i < l->weights.rows * l->weights.columns; i++) {
        size_t j = i / l->weights.columns, k = i % l->weights.columns;
        double made = 0;
        for (size_t c = 0; c < loads.columns; c++)
            made += l->second.at[j * loads.columns + c] * loads.at[k * loads.columns + c];
        with += fabs(l->weights.at[i] * l->over[j] - made * spread[k]);
        without += fabs(l->weights.at[i] - made * spread[k]);
    }
    return with < without;
}

/* What was called x_mean_ and y_mean_; since 1.3 coef_ lies on its side. */
static void read_least_squares(sk *s)
{
    lines *l = sk_alloc(s, 1, sizeof *l);
    bool is_sided = sk_version_at_least(s->version, 1, 3);
    const char *name = sk_has(s, "_coef_") ? "_coef_" : "coef_";
    matrix coef = sk_matrix(s, name, SK_ANY, SK_ANY);
    if (!l || !sk_ok(s)) return;
    l->weights = is_sided || sk_has(s, "_coef_") ? turned(s, coef) : coef;
    size_t columns = l->weights.rows, targets = l->weights.columns;
    sk_features(s, columns);
    l->mean = sk_vector(s, sk_has(s, "_x_mean") ? "_x_mean" : "x_mean_", columns, NULL);
    l->over = sk_vector(s, sk_has(s, "_x_std") ? "_x_std" : "x_std_", columns, NULL);
    const char *addend = sk_has(s, "intercept_") ? "intercept_"
                         : sk_has(s, "_y_mean")  ? "_y_mean"
                                                 : "y_mean_";
    l->addend = sk_vector(s, addend, targets, NULL);
    l->second = sk_matrix(s, "x_rotations_", columns, SK_ANY);
    bool has_spread = is_sided && holds_spread(s, l);
    for (size_t i = 0; sk_ok(s) && has_spread && i < columns * targets; i++)
        l->weights.at[i] *= l->over[i / targets];
    sk_gives(s, OUTPUT_PREDICT, targets);
    sk_gives(s, OUTPUT_TRANSFORM, l->second.columns);
    sk_answers(s, l, lines_answer);
    sk_draws(s, lines_draw, NULL);
}

/* --- topics -------------------------------------------------------------------------------------------------------------- */

typedef struct topics {
    matrix words; /* exp of the expected logarithm of a word's share, topic x word */
    double prior, least_change;
    size_t rounds;
} topics;

/* The library's own digamma, whose last bits decide when it stops. */
static double psi(double x)
{
    double sum = 0;
    if (x <= 1e-6) return -0.5772156649015328606 - 1 / x;
    while (x < 6) {
        sum -= 1 / x;
        x += 1;
    }
    double r = 1 / x;
    sum += log(x) - 0.5 * r;
    r *= r;
    return sum - r * ((1.0 / 12) - r * ((1.0 / 120) - r * (1.0 / 252)));
}

/* mix: a document's shares of topics so far; expected: exp of their expected logarithms. */
static void expect(const topics *t, double *mix, double *expected)
{
    double total = 0;
    for (size_t k = 0; k < t->words.rows; k++) total += mix[k] += t->prior;
    double all = psi(total);
    for (size_t k = 0; k < t->words.rows; k++) expected[k] = exp(psi(mix[k]) - all);
}

static double run_round(const topics *t, const double *x, double *mix, double *expected, double *next)
{
    size_t n = t->words.rows, columns = t->words.columns;
    memset(next, 0, n * sizeof *next);
    for (size_t j = 0; j < columns; j++) {
        if (x[j] == 0) continue;
        double norm = DBL_EPSILON;
        for (size_t k = 0; k < n; k++) norm += expected[k] * t->words.at[k * columns + j];
        for (size_t k = 0; k < n; k++) next[k] += x[j] / norm * t->words.at[k * columns + j];
    }
    double change = 0;
    for (size_t k = 0; k < n; k++) next[k] *= expected[k];
    expect(t, next, expected);
    for (size_t k = 0; k < n; k++) {
        change += fabs(mix[k] - next[k]);
        mix[k] = next[k];
    }
    return change / (double)n;
}

static bool topics_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                          model_answers *out, err *e)
{
    (void)what;
    const topics *t = self;
    size_t n = t->words.rows;
    double *expected = work_array(a, n, 2, e);
    for (size_t i = 0; expected && i < rows->count; i++) {
        const double *x = rows->numbers + i * rows->columns;
        double *mix = out->numbers + i * n, sum = 0;
        for (size_t j = 0; j < rows->columns; j++)
            if (x[j] < 0) return model_refuse(rows, i, j, e, " is negative: topics take counts");
        for (size_t k = 0; k < n; k++) {
            mix[k] = 1;
            expected[k] = exp(psi(1) - psi((double)n));
        }
        for (size_t round = 0; round < t->rounds; round++)
            if (run_round(t, x, mix, expected, expected + n) < t->least_change) break;
        for (size_t k = 0; k < n; k++) sum += mix[k];
        for (size_t k = 0; k < n; k++) mix[k] /= sum;
    }
    return expected != NULL;
}

enum { ROUNDS_MAX = 100000 };

static void read_topics(sk *s)
{
    topics *t = sk_alloc(s, 1, sizeof *t);
    if (!t) return;
    t->words = sk_matrix(s, "exp_dirichlet_component_", SK_ANY, SK_ANY);
    t->prior = sk_number(s, "doc_topic_prior_");
    t->least_change = sk_number(s, "mean_change_tol");
    int64_t rounds = sk_integer(s, "max_doc_update_iter");
    if (sk_ok(s) && (rounds < 0 || rounds > ROUNDS_MAX))
        sk_fail(s, ERR_UNSUPPORTED, "its max_doc_update_iter is %lld", (long long)rounds);
    if (sk_ok(s) && !(t->prior > 0)) sk_fail(s, ERR_INVALID, "its doc_topic_prior_ is %g", t->prior);
    t->rounds = sk_ok(s) ? (size_t)rounds : 0;
    sk_features(s, t->words.columns);
    sk_gives(s, OUTPUT_TRANSFORM, t->words.rows);
    sk_answers(s, t, topics_answer);
}

/* Of these the centre is all there is beside the components, and of some not even that. */
static void read_projection(sk *s)
{
    lines *l = sk_alloc(s, 1, sizeof *l);
    matrix c = sk_matrix(s, "components_", SK_ANY, SK_ANY);
    sk_features(s, c.columns);
    if (!l || !sk_ok(s)) return;
    if (sk_has(s, "mean_") && sk_has(s, "mixing_")) l->mean = sk_vector(s, "mean_", c.columns, NULL);
    l->weights = turned(s, c);
    sk_gives(s, OUTPUT_TRANSFORM, c.rows);
    sk_answers(s, l, lines_answer);
    sk_draws(s, lines_draw, NULL);
}

const sk_class sk_reduce_classes[] = {
    {"FactorAnalysis", "decomposition._factor_analysis", "decomposition.factor_analysis", read_factors},
    {"FastICA", "decomposition._fastica", "decomposition.fastica_", read_projection},
    {"GaussianRandomProjection", "random_projection", NULL, read_projection},
    {"SparseRandomProjection", "random_projection", NULL, read_projection},
    {"NeighborhoodComponentsAnalysis", "neighbors._nca", "neighbors.nca", read_projection},
    {"PLSRegression", "cross_decomposition._pls", "cross_decomposition.pls_", read_least_squares},
    {"CCA", "cross_decomposition._pls", "cross_decomposition.cca_", read_least_squares},
    {"CCA", "cross_decomposition._cca", NULL, read_least_squares}, /* 0.22 and 0.23 */
    {"PLSCanonical", "cross_decomposition._pls", "cross_decomposition.pls_", read_least_squares},
    {"LatentDirichletAllocation", "decomposition._lda", "decomposition.online_lda", read_topics},
    {NULL, NULL, NULL, NULL},
};
