/*
 * model/sk/density.c - classes and clusters as clouds of points: discriminants, mixtures of Gaussians, and what lies outside of one.
 */
#include "sk/distance.h"

#include <math.h>
#include <stdlib.h>

/* --- discriminants: a score per class, and the softmax of it ----------------------------------------------------------------- */

typedef struct discriminants {
    void (*score)(const struct discriminants *d, const double *x, double *work, double *out);
    size_t classes, columns;
    matrix centres;
    matrix *turns;  /* quadratic: of each class, columns to what is added up squared */
    double *addend; /* of each class */
    double *spread; /* centroids: of each column; 1 where there is none */
    distance distance;
    bool by_distance; /* predict is the nearest centre */
    bool gives_scores;
} discriminants;

static void score_quadratic(const discriminants *d, const double *x, double *work, double *out)
{
    (void)work;
    for (size_t c = 0; c < d->classes; c++) {
        const matrix *turn = &d->turns[c];
        double sum = 0;
        for (size_t k = 0; k < turn->columns; k++) {
            double part = 0;
            for (size_t j = 0; j < d->columns; j++)
                part += (x[j] - d->centres.at[c * d->columns + j]) * turn->at[j * turn->columns + k];
            sum += part * part;
        }
        out[c] = -0.5 * sum + d->addend[c];
    }
}

static void score_centroids(const discriminants *d, const double *x, double *work, double *out)
{
    double *centre = work + d->columns;
    for (size_t j = 0; j < d->columns; j++) work[j] = x[j] / d->spread[j];
    for (size_t c = 0; c < d->classes; c++) {
        for (size_t j = 0; j < d->columns; j++) centre[j] = d->centres.at[c * d->columns + j] / d->spread[j];
        double far = distance_rooted(&d->distance, distance_reduced(&d->distance, work, centre, d->columns));
        out[c] = -(far * far) + d->addend[c];
    }
}

static size_t nearest_centre(const discriminants *d, const double *x)
{
    size_t best = 0;
    double least = INFINITY;
    for (size_t c = 0; c < d->classes; c++) {
        double far = distance_reduced(&d->distance, x, d->centres.at + c * d->columns, d->columns);
        if (far < least) best = c;
        least = fmin(least, far);
    }
    return best;
}

static bool discriminants_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                                 model_answers *out, err *e)
{
    const discriminants *d = self;
    double *scores = work_array(a, d->classes, 1, e), *work = scores ? work_array(a, d->columns, 2, e) : NULL;
    if (!work) return false;
    for (size_t i = 0; i < rows->count; i++) {
        const double *x = rows->numbers + i * d->columns;
        double *to = out->numbers + i * out->columns;
        if (what == OUTPUT_PREDICT && d->by_distance) {
            *to = (double)nearest_centre(d, x);
            continue;
        }
        d->score(d, x, work, scores);
        if (what == OUTPUT_PREDICT) {
            *to = (double)first_largest(scores, d->classes);
        } else if (what == OUTPUT_DECISION_FUNCTION && d->classes == 2) {
            *to = scores[1] - scores[0];
        } else {
            memcpy(to, scores, d->classes * sizeof *to);
            if (what == OUTPUT_PREDICT_PROBA) softmax(to, d->classes);
        }
    }
    return true;
}

static onnx_ref draw_turned_square(onnx_build *b, onnx_ref difference, const double *turn, size_t rows,
                                   size_t columns)
{
    onnx_ref part = onnx_op2(b, "MatMul", difference, onnx_rows(b, turn, rows, columns));
    return onnx_sum(b, onnx_op2(b, "Mul", part, part), 1, true);
}

static onnx_ref draw_quadratic(onnx_build *b, const discriminants *d, onnx_ref x)
{
    onnx_ref *scores = onnx_alloc(b, d->classes, sizeof *scores);
    for (size_t c = 0; onnx_ok(b) && c < d->classes; c++) {
        onnx_ref off = onnx_op2(b, "Sub", x, onnx_vector(b, d->centres.at + c * d->columns, d->columns));
        onnx_ref sum = draw_turned_square(b, off, d->turns[c].at, d->columns, d->turns[c].columns);
        scores[c] = onnx_with(b, "Add", onnx_with(b, "Mul", sum, -0.5), d->addend[c]);
    }
    return onnx_ok(b) ? onnx_concat(b, scores, d->classes, 1) : 0;
}

static onnx_ref draw_centroids(onnx_build *b, const discriminants *d, onnx_ref x)
{
    matrix scaled = {onnx_alloc(b, d->classes * d->columns, sizeof(double)), d->classes, d->columns};
    for (size_t i = 0; scaled.at && i < d->classes * d->columns; i++)
        scaled.at[i] = d->centres.at[i] / d->spread[i % d->columns];
    if (!scaled.at) return 0;
    onnx_ref from = onnx_op2(b, "Div", x, onnx_vector(b, d->spread, d->columns));
    onnx_ref far = distance_draw(b, &d->distance, &scaled, from);
    if (d->distance.metric != METRIC_EUCLIDEAN) far = onnx_op2(b, "Mul", far, far);
    return onnx_op2(b, "Sub", onnx_vector(b, d->addend, d->classes), far);
}

static void discriminants_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const discriminants *d = self;
    onnx_ref x = onnx_matrix(b, t);
    bool has_scores = d->turns || d->spread;
    onnx_ref scores = !has_scores ? 0 : d->turns ? draw_quadratic(b, d, x) : draw_centroids(b, d, x);
    out->at[OUTPUT_PREDICT] = d->by_distance ? onnx_argmin(b, distance_draw(b, &d->distance, &d->centres, x))
                                             : onnx_argmax(b, scores);
    if (!d->gives_scores || !onnx_ok(b)) return;
    out->at[OUTPUT_PREDICT_PROBA] = onnx_softmax(b, scores);
    out->at[OUTPUT_DECISION_FUNCTION] =
        d->classes == 2 ? onnx_op2(b, "Sub", onnx_pick(b, scores, 1), onnx_pick(b, scores, 0)) : scores;
}

static discriminants *discriminants_new(sk *s, const char *centres)
{
    size_t classes = sk_classes(s, sk_get(s, "classes_"));
    discriminants *d = sk_alloc(s, 1, sizeof *d);
    if (!d) return NULL;
    d->centres = sk_matrix(s, centres, classes, SK_ANY);
    d->classes = classes;
    d->columns = d->centres.columns;
    d->addend = sk_alloc(s, classes, sizeof *d->addend);
    sk_features(s, d->columns);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_answers(s, d, discriminants_answer);
    sk_draws(s, discriminants_draw, NULL);
    return sk_ok(s) ? d : NULL;
}

static void give_scores(sk *s, discriminants *d)
{
    d->gives_scores = true;
    sk_gives(s, OUTPUT_PREDICT_PROBA, d->classes);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, d->classes == 2 ? 1 : d->classes);
}

/* Rotations are divided by the roots of the scalings here, as the library does for each question. */
static void read_quadratic(sk *s)
{
    discriminants *d = discriminants_new(s, "means_");
    if (!d) return;
    double *priors = sk_vector(s, "priors_", d->classes, NULL);
    sk_list turns = sk_items(s, sk_get(s, "rotations_"), "rotations_", d->classes);
    sk_list scalings = sk_items(s, sk_get(s, "scalings_"), "scalings_", d->classes);
    d->turns = sk_alloc(s, d->classes, sizeof *d->turns);
    d->score = score_quadratic;
    for (size_t c = 0; c < d->classes && sk_ok(s); c++) {
        matrix *turn = &d->turns[c], scale = sk_matrix_of(s, scalings.items[c], "scalings_", false);
        *turn = sk_matrix_of(s, turns.items[c], "rotations_", false);
        if (sk_ok(s) && (turn->rows != d->columns || scale.rows != 1 || turn->columns != scale.columns))
            sk_fail(s, ERR_INVALID, "its rotations_ %zu is %zu by %zu", c, turn->rows, turn->columns);
        double logs = 0;
        for (size_t k = 0; sk_ok(s) && k < scale.columns; k++) {
            if (!(scale.at[k] > 0)) sk_fail(s, ERR_INVALID, "its scalings_ holds %g", scale.at[k]);
            logs += log(scale.at[k]);
            for (size_t j = 0; j < turn->rows; j++) turn->at[j * turn->columns + k] *= pow(scale.at[k], -0.5);
        }
        if (sk_ok(s)) d->addend[c] = -0.5 * logs + log(priors[c]);
    }
    give_scores(s, d);
}

/* Since 1.6 there are priors; before, the nearest centre was all. */
static void read_centroids(sk *s)
{
    static const char *const metrics[] = {"euclidean", "manhattan"};
    discriminants *d = discriminants_new(s, "centroids_");
    if (!d) return;
    unsigned word = sk_choice(s, "metric", metrics, COUNT_OF(metrics));
    d->distance.metric = word == 1 ? METRIC_MANHATTAN : METRIC_EUCLIDEAN;
    d->by_distance = true;
    d->score = score_centroids;
    if (!sk_has(s, "class_prior_")) return;
    double *priors = sk_vector(s, "class_prior_", d->classes, NULL), even = 1 / (double)d->classes;
    d->spread = sk_vector(s, "within_class_std_dev_", d->columns, NULL);
    for (size_t j = 0; sk_ok(s) && j < d->columns; j++)
        if (d->spread[j] == 0) d->spread[j] = 1;
    for (size_t c = 0; sk_ok(s) && c < d->classes; c++) {
        d->by_distance &= fabs(priors[c] - even) <= 1e-8 + 1e-5 * even;
        d->addend[c] = 2 * log(priors[c]);
    }
    if (word == 0) give_scores(s, d);
}

/* --- mixtures ------------------------------------------------------------------------------------------------------------ */

typedef enum shape { SHAPE_FULL, SHAPE_TIED, SHAPE_DIAGONAL, SHAPE_SPHERICAL } shape;

typedef struct mixture {
    shape shape;
    size_t count, columns;
    matrix means, factors; /* of the precisions, below each other where there are several */
    double *addend;        /* of each component */
} mixture;

static double from_component(const mixture *m, size_t c, const double *x)
{
    size_t d = m->columns;
    const double *mean = m->means.at + c * d, *f = m->factors.at;
    double sum = 0;
    if (m->shape == SHAPE_FULL) f += c * d * d;
    for (size_t k = 0; k < d; k++) {
        double part = 0;
        if (m->shape == SHAPE_DIAGONAL)
            part = (x[k] - mean[k]) * f[c * d + k];
        else if (m->shape == SHAPE_SPHERICAL)
            part = (x[k] - mean[k]) * f[c];
        else
            for (size_t j = 0; j < d; j++) part += (x[j] - mean[j]) * f[j * d + k];
        sum += part * part;
    }
    return m->addend[c] - 0.5 * sum;
}

static bool mixture_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    const mixture *m = self;
    double *scores = work_array(a, m->count, 1, e);
    for (size_t i = 0; scores && i < rows->count; i++) {
        for (size_t c = 0; c < m->count; c++)
            scores[c] = from_component(m, c, rows->numbers + i * m->columns);
        if (what == OUTPUT_PREDICT) {
            out->numbers[i] = (double)first_largest(scores, m->count);
            continue;
        }
        exp_normalise(scores, m->count);
        memcpy(out->numbers + i * m->count, scores, m->count * sizeof *scores);
    }
    return scores != NULL;
}

static onnx_ref draw_component(onnx_build *b, const mixture *m, size_t c, onnx_ref x)
{
    size_t d = m->columns;
    onnx_ref off = onnx_op2(b, "Sub", x, onnx_vector(b, m->means.at + c * d, d)), sum;
    if (m->shape == SHAPE_FULL || m->shape == SHAPE_TIED) {
        sum = draw_turned_square(b, off, m->factors.at + (m->shape == SHAPE_FULL ? c * d * d : 0), d, d);
    } else {
        onnx_ref factor = m->shape == SHAPE_DIAGONAL ? onnx_vector(b, m->factors.at + c * d, d)
                                                     : onnx_number(b, m->factors.at[c]);
        onnx_ref part = onnx_op2(b, "Mul", off, factor);
        sum = onnx_sum(b, onnx_op2(b, "Mul", part, part), 1, true);
    }
    return onnx_with(b, "Add", onnx_with(b, "Mul", sum, -0.5), m->addend[c]);
}

static void mixture_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const mixture *m = self;
    onnx_ref x = onnx_matrix(b, t), *all = onnx_alloc(b, m->count, sizeof *all);
    for (size_t c = 0; onnx_ok(b) && c < m->count; c++) all[c] = draw_component(b, m, c, x);
    if (!onnx_ok(b)) return;
    onnx_ref scores = onnx_concat(b, all, m->count, 1);
    out->at[OUTPUT_PREDICT] = onnx_argmax(b, scores);
    out->at[OUTPUT_PREDICT_PROBA] = onnx_softmax(b, scores);
}

/* log of the determinant of a component's factor. */
static double log_determinant(const mixture *m, size_t c)
{
    size_t d = m->columns;
    double sum = 0;
    for (size_t k = 0; k < d; k++) {
        double x = m->shape == SHAPE_DIAGONAL ? m->factors.at[c * d + k]
                   : m->shape == SHAPE_SPHERICAL
                       ? m->factors.at[c]
                       : m->factors.at[(m->shape == SHAPE_FULL ? c * d * d : 0) + k * d + k];
        sum += log(x);
    }
    return sum;
}

static bool factors_fit(const mixture *m)
{
    size_t rows = m->factors.rows, columns = m->factors.columns, d = m->columns;
    switch (m->shape) {
    case SHAPE_FULL: return rows == m->count * d && columns == d;
    case SHAPE_TIED: return rows == d && columns == d;
    case SHAPE_DIAGONAL: return rows == m->count && columns == d;
    default: return rows == 1 && columns == m->count;
    }
}

static mixture *mixture_new(sk *s)
{
    static const char *const shapes[] = {"full", "tied", "diag", "spherical"};
    mixture *m = sk_alloc(s, 1, sizeof *m);
    unsigned word = sk_choice(s, "covariance_type", shapes, COUNT_OF(shapes));
    if (!m) return NULL;
    m->shape = (shape)word;
    m->means = sk_matrix(s, "means_", SK_ANY, SK_ANY);
    s->takes_cubes = true;
    m->factors = sk_matrix_of(s, sk_get(s, "precisions_cholesky_"), "precisions_cholesky_", false);
    s->takes_cubes = false;
    m->count = m->means.rows;
    m->columns = m->means.columns;
    sk_features(s, m->columns);
    if (sk_ok(s) && (m->count == 0 || !factors_fit(m)))
        sk_fail(s, ERR_INVALID, "its precisions_cholesky_ do not fit %zu means_ of %zu numbers", m->count,
                m->columns);
    m->addend = sk_alloc(s, m->count, sizeof *m->addend);
    for (size_t c = 0; sk_ok(s) && c < m->count; c++)
        m->addend[c] = -0.5 * (double)m->columns * log(2 * M_PI) + log_determinant(m, c);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_PREDICT_PROBA, m->count);
    s->m->info.gives_indices = true;
    sk_answers(s, m, mixture_answer);
    sk_draws(s, mixture_draw, NULL);
    return sk_ok(s) ? m : NULL;
}

static void read_mixture(sk *s)
{
    mixture *m = mixture_new(s);
    if (!m) return;
    double *weights = sk_vector(s, "weights_", m->count, NULL);
    for (size_t c = 0; sk_ok(s) && c < m->count; c++) m->addend[c] += log(weights[c]);
}

/* The derivative of the logarithm of the gamma function, for x > 0: upwards until the series holds. */
static double digamma(double x)
{
    double sum = 0;
    while (x < 10) {
        sum -= 1 / x;
        x += 1;
    }
    double y = 1 / (x * x);
    return sum + log(x) - 0.5 / x -
           y * (1.0 / 12 -
                y * (1.0 / 120 -
                     y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760 - y / 12))))));
}

/* Expected logarithms of the weights: of sticks that are broken one after the other, or of a Dirichlet distribution. */
static void add_expected_weights(sk *s, mixture *m)
{
    static const char *const types[] = {"dirichlet_process", "dirichlet_distribution"};
    bool breaks = sk_choice(s, "weight_concentration_prior_type", types, COUNT_OF(types)) == 0;
    const pickle_value *v = sk_get(s, "weight_concentration_");
    matrix first = sk_matrix_of(s, breaks ? sk_item(v, 0) : v, "weight_concentration_", false), second = {0};
    if (breaks) second = sk_matrix_of(s, sk_item(v, 1), "weight_concentration_", false);
    if (sk_ok(s) && (first.columns != m->count || (breaks && second.columns != m->count)))
        sk_fail(s, ERR_INVALID, "its weight_concentration_ does not fit %zu components", m->count);
    double before = 0, total = 0;
    for (size_t c = 0; sk_ok(s) && c < m->count; c++) total += first.at[c];
    for (size_t c = 0; sk_ok(s) && c < m->count; c++) {
        if (!(first.at[c] > 0) || (breaks && !(second.at[c] > 0))) {
            sk_fail(s, ERR_INVALID, "its weight_concentration_ holds a number that is not positive");
            return;
        }
        double whole = digamma(breaks ? first.at[c] + second.at[c] : total);
        m->addend[c] += digamma(first.at[c]) - whole + before;
        if (breaks) before += digamma(second.at[c]) - whole;
    }
}

static void read_bayesian_mixture(sk *s)
{
    mixture *m = mixture_new(s);
    if (!m) return;
    double *freedom = sk_spread(s, "degrees_of_freedom_", m->shape == SHAPE_TIED ? 1 : m->count);
    double *precision = sk_vector(s, "mean_precision_", m->count, NULL), d = (double)m->columns;
    add_expected_weights(s, m);
    for (size_t c = 0; sk_ok(s) && c < m->count; c++) {
        double free = freedom[m->shape == SHAPE_TIED ? 0 : c], log_lambda = d * log(2);
        if (!(free > d - 1)) {
            sk_fail(s, ERR_INVALID, "its degrees_of_freedom_ holds %g", free);
            return;
        }
        for (size_t k = 0; k < m->columns; k++) log_lambda += digamma(0.5 * (free - (double)k));
        m->addend[c] += -0.5 * d * log(free) + 0.5 * (log_lambda - d / precision[c]);
    }
}

/* --- outside of an ellipse ------------------------------------------------------------------------------------------------ */

typedef struct ellipse {
    double *centre, offset;
    matrix precision;
} ellipse;

static bool ellipse_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    (void)a;
    (void)e;
    const ellipse *l = self;
    size_t d = l->precision.columns;
    for (size_t i = 0; i < rows->count; i++) {
        const double *x = rows->numbers + i * d;
        double sum = 0;
        for (size_t k = 0; k < d; k++) {
            double part = 0;
            for (size_t j = 0; j < d; j++) part += (x[j] - l->centre[j]) * l->precision.at[j * d + k];
            sum += part * (x[k] - l->centre[k]);
        }
        double score = -sum - l->offset;
        out->numbers[i] = what == OUTPUT_PREDICT ? (score >= 0 ? 1 : -1) : score;
    }
    return true;
}

static void ellipse_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const ellipse *l = self;
    size_t d = l->precision.columns;
    onnx_ref off = onnx_op2(b, "Sub", onnx_matrix(b, t), onnx_vector(b, l->centre, d));
    onnx_ref part = onnx_op2(b, "MatMul", off, onnx_rows(b, l->precision.at, d, d));
    onnx_ref sum = onnx_sum(b, onnx_op2(b, "Mul", part, off), 1, true);
    sk_draw_outliers(b, onnx_with(b, "Sub", onnx_op1(b, "Neg", sum), l->offset), 0, out);
}

static void read_ellipse(sk *s)
{
    ellipse *l = sk_alloc(s, 1, sizeof *l);
    size_t columns = 0;
    if (!l) return;
    l->centre = sk_vector(s, "location_", SK_ANY, &columns);
    l->precision = sk_matrix(s, "precision_", columns, columns);
    l->offset = sk_number(s, "offset_");
    sk_features(s, columns);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, 1);
    s->m->info.gives_indices = true;
    sk_answers(s, l, ellipse_answer);
    sk_draws(s, ellipse_draw, NULL);
}

const sk_class sk_density_classes[] = {
    {"QuadraticDiscriminantAnalysis", "discriminant_analysis", NULL, read_quadratic},
    {"NearestCentroid", "neighbors._nearest_centroid", "neighbors.nearest_centroid", read_centroids},
    {"GaussianMixture", "mixture._gaussian_mixture", "mixture.gaussian_mixture", read_mixture},
    {"BayesianGaussianMixture", "mixture._bayesian_mixture", "mixture.bayesian_mixture",
     read_bayesian_mixture},
    {"EllipticEnvelope", "covariance._elliptic_envelope", "covariance.elliptic_envelope", read_ellipse},
    {NULL, NULL, NULL, NULL},
};
