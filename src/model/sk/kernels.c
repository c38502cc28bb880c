/*
 * model/sk/kernels.c - answers out of the likeness to training rows: kernel ridge, kernel components, Gaussian processes.
 */
#include "sk/distance.h"
#include "sk/reduce.h"

#include "base/limits.h"

#include <math.h>
#include <stdlib.h>

typedef enum kernel_kind {
    KERNEL_LINEAR,
    KERNEL_RBF,
    KERNEL_POLY,
    KERNEL_SIGMOID,
    KERNEL_LAPLACIAN,
    KERNEL_COSINE, /* up to here: names of pairwise kernels */
    KERNEL_CONSTANT,
    KERNEL_NOISE,
    KERNEL_MATERN,
    KERNEL_RATIONAL,
    KERNEL_PERIODIC,
    KERNEL_DOT,
    KERNEL_SUM,
    KERNEL_PRODUCT,
    KERNEL_POWER
} kernel_kind;

typedef struct kernel kernel;
struct kernel {
    kernel_kind kind;
    double gamma, coef0, degree; /* pairwise; others keep their numbers here */
    double *scale;               /* of each column */
    const kernel *first, *second;
};

static double dot(const double *x, const double *v, size_t columns)
{
    double sum = 0;
    for (size_t j = 0; j < columns; j++) sum += x[j] * v[j];
    return sum;
}

static double scaled_square(const kernel *k, const double *x, const double *v, size_t columns)
{
    double sum = 0;
    for (size_t j = 0; j < columns; j++) {
        double d = x[j] / k->scale[j] - v[j] / k->scale[j];
        sum += d * d;
    }
    return sum;
}

/* Of the smoothness 1/2, 3/2, 5/2 or infinite: gamma is it. */
static double matern(double smoothness, double square)
{
    double d = sqrt(square);
    if (smoothness == 0.5) return exp(-d);
    if (isinf(smoothness)) return exp(-square / 2);
    double x = d * sqrt(2 * smoothness);
    return smoothness == 1.5 ? (1 + x) * exp(-x) : (1 + x + x * x / 3) * exp(-x);
}

static double kernel_of(const kernel *k, const double *x, const double *v, size_t columns)
{
    static const distance manhattan = {.metric = METRIC_MANHATTAN, .p = 1},
                          cosine = {.metric = METRIC_COSINE, .p = 0};
    switch (k->kind) {
    case KERNEL_LINEAR: return dot(x, v, columns);
    case KERNEL_RBF:
        return k->scale ? exp(-0.5 * scaled_square(k, x, v, columns))
                        : exp(-k->gamma * distance_squared(x, v, columns));
    case KERNEL_POLY: return pow(k->gamma * dot(x, v, columns) + k->coef0, k->degree);
    case KERNEL_SIGMOID: return tanh(k->gamma * dot(x, v, columns) + k->coef0);
    case KERNEL_LAPLACIAN: return exp(-k->gamma * distance_reduced(&manhattan, x, v, columns));
    case KERNEL_COSINE: return 1 - distance_reduced(&cosine, x, v, columns);
    case KERNEL_CONSTANT: return k->gamma;
    case KERNEL_NOISE: return 0;
    case KERNEL_MATERN: return matern(k->gamma, scaled_square(k, x, v, columns));
    case KERNEL_RATIONAL:
        return pow(1 + distance_squared(x, v, columns) / (2 * k->gamma * k->coef0 * k->coef0), -k->gamma);
    case KERNEL_PERIODIC: {
        double wave = sin(M_PI / k->gamma * sqrt(distance_squared(x, v, columns))) / k->coef0;
        return exp(-2 * wave * wave);
    }
    case KERNEL_DOT: return dot(x, v, columns) + k->gamma * k->gamma;
    case KERNEL_SUM: return kernel_of(k->first, x, v, columns) + kernel_of(k->second, x, v, columns);
    case KERNEL_PRODUCT: return kernel_of(k->first, x, v, columns) * kernel_of(k->second, x, v, columns);
    default: return pow(kernel_of(k->first, x, v, columns), k->gamma);
    }
}

/* --- reading a kernel ---------------------------------------------------------------------------------------------------- */

/* By name, with the estimator's own parameters. */
static const kernel *pairwise_kernel(sk *s, size_t columns)
{
    static const char *const names[] = {"linear",    "rbf",    "poly",      "sigmoid",
                                        "laplacian", "cosine", "polynomial"};
    kernel *k = sk_alloc(s, 1, sizeof *k);
    sk_get(s, "kernel");
    unsigned word = sk_choice(s, "kernel", names, COUNT_OF(names));
    if (!k || !sk_ok(s)) return NULL;
    k->kind = word == 6 ? KERNEL_POLY : (kernel_kind)word;
    k->gamma = sk_number_or(s, sk_has(s, "gamma_") ? "gamma_" : "gamma", 1 / (double)columns);
    k->coef0 = sk_number_or(s, "coef0", 1);
    k->degree = sk_number_or(s, "degree", 3);
    return k;
}

static double number_at(sk *s, const pickle_value *v, const char *name)
{
    const pickle_value *number = pickle_get(v, name);
    if (sk_ok(s) && !number) sk_fail(s, ERR_INVALID, "its kernel has no %s", name);
    return sk_number_of(s, number, name);
}

static double *listed_lengths(sk *s, const pickle_value *v, size_t columns)
{
    sk_list items = sk_items(s, v, "length_scale", columns);
    double *out = sk_alloc(s, columns, sizeof *out);
    for (size_t j = 0; sk_ok(s) && j < items.count; j++)
        out[j] = sk_number_of(s, items.items[j], "length_scale");
    return out;
}

/* One length, or one for each column: an array, or what a person wrote. */
static double *lengths_at(sk *s, const pickle_value *v, size_t columns)
{
    const pickle_value *lengths = pickle_get(v, "length_scale");
    if (sk_ok(s) && !lengths) sk_fail(s, ERR_INVALID, "its kernel has no length_scale");
    bool is_listed = lengths && (lengths->kind == PICKLE_LIST || lengths->kind == PICKLE_TUPLE);
    double *out = is_listed ? listed_lengths(s, lengths, columns) : sk_alloc(s, columns, sizeof *out),
           one = 0;
    if (!out) return NULL;
    pickle_ndarray array;
    bool is_array =
        !is_listed && pickle_as_ndarray(s->file->scratch, lengths, &array, NULL) && array.count > 1;
    matrix m = is_array ? sk_matrix_of(s, lengths, "length_scale", false) : (matrix){0};
    if (is_array && sk_ok(s) && m.rows * m.columns != columns)
        sk_fail(s, ERR_INVALID, "its length_scale has %zu numbers for %zu features", m.rows * m.columns,
                columns);
    if (!is_array && !is_listed) one = sk_number_of(s, lengths, "length_scale");
    for (size_t j = 0; sk_ok(s) && !is_listed && j < columns; j++) out[j] = is_array ? m.at[j] : one;
    for (size_t j = 0; sk_ok(s) && j < columns; j++)
        if (!(out[j] > 0)) sk_fail(s, ERR_INVALID, "its length_scale holds %g", out[j]);
    return out;
}

static const kernel *kernel_tree(sk *s, const pickle_value *v, size_t columns);

static void read_parts(sk *s, const pickle_value *v, size_t columns, kernel *k)
{
    bool is_power = k->kind == KERNEL_POWER;
    s->file->depth++;
    if (sk_ok(s) && s->file->depth > LIMIT_MODEL_DEPTH)
        sk_fail(s, ERR_TOO_LARGE, "kernels lie deeper than LIMIT_MODEL_DEPTH (%d) in each other",
                (int)LIMIT_MODEL_DEPTH);
    k->first = kernel_tree(s, pickle_get(v, is_power ? "kernel" : "k1"), columns);
    if (!is_power) k->second = kernel_tree(s, pickle_get(v, "k2"), columns);
    s->file->depth--;
}

static void read_numbers(sk *s, const pickle_value *v, size_t columns, kernel *k)
{
    switch (k->kind) {
    case KERNEL_CONSTANT: k->gamma = number_at(s, v, "constant_value"); break;
    case KERNEL_RBF: k->scale = lengths_at(s, v, columns); break;
    case KERNEL_MATERN:
        k->scale = lengths_at(s, v, columns);
        s->takes_infinite = true;
        k->gamma = number_at(s, v, "nu");
        s->takes_infinite = false;
        if (sk_ok(s) && k->gamma != 0.5 && k->gamma != 1.5 && k->gamma != 2.5 && !isinf(k->gamma))
            sk_fail(s, ERR_UNSUPPORTED,
                    "the nu of its Matern kernel is %g: 0.5, 1.5, 2.5 and inf are understood", k->gamma);
        break;
    case KERNEL_RATIONAL:
        k->gamma = number_at(s, v, "alpha");
        k->coef0 = number_at(s, v, "length_scale");
        break;
    case KERNEL_PERIODIC:
        k->gamma = number_at(s, v, "periodicity");
        k->coef0 = number_at(s, v, "length_scale");
        break;
    case KERNEL_DOT: k->gamma = number_at(s, v, "sigma_0"); break;
    case KERNEL_POWER: k->gamma = number_at(s, v, "exponent"); break;
    default: break;
    }
}

static const kernel *kernel_tree(sk *s, const pickle_value *v, size_t columns)
{
    static const struct {
        const char *name;
        kernel_kind kind;
    } kinds[] = {{"ConstantKernel", KERNEL_CONSTANT},
                 {"WhiteKernel", KERNEL_NOISE},
                 {"RBF", KERNEL_RBF},
                 {"Matern", KERNEL_MATERN},
                 {"RationalQuadratic", KERNEL_RATIONAL},
                 {"ExpSineSquared", KERNEL_PERIODIC},
                 {"DotProduct", KERNEL_DOT},
                 {"Sum", KERNEL_SUM},
                 {"Product", KERNEL_PRODUCT},
                 {"Exponentiation", KERNEL_POWER}};
    const pickle_value *class = pickle_class_of(v);
    str name = class && class->kind == PICKLE_GLOBAL ? class->global.name : STR("plain value");
    kernel *k = sk_alloc(s, 1, sizeof *k);
    size_t at = 0;
    while (at < COUNT_OF(kinds) && !str_eq(name, str_from_c(kinds[at].name))) at++;
    if (sk_ok(s) && s->file->models_left == 0)
        sk_fail(s, ERR_TOO_LARGE, "it has more kernels than LIMIT_MODEL_PARTS allows");
    if (sk_ok(s) && at == COUNT_OF(kinds))
        sk_fail(s, ERR_UNSUPPORTED, "its kernel %.*s is not understood", STR_ARG(str_slice(name, 0, 100)));
    if (!k || !sk_ok(s)) return NULL;
    s->file->models_left--;
    k->kind = kinds[at].kind;
    if (k->kind >= KERNEL_SUM) read_parts(s, v, columns, k);
    read_numbers(s, v, columns, k);
    return k;
}

/* --- answering ----------------------------------------------------------------------------------------------------------- */

/* Likenesses, centred if need be, times weights, times a factor and plus an addend. */
typedef struct likeness {
    const kernel *kernel;
    matrix points, weights;  /* weights: a row per point */
    double *centre, whole;   /* means over the training rows of each point, and of all; NULL: not centred */
    double *factor, *addend; /* of each column; NULL: none */
    bool transforms;         /* else it predicts */
} likeness;

static bool likeness_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                            model_answers *out, err *e)
{
    (void)what;
    const likeness *l = self;
    size_t n = l->points.rows, width = l->weights.columns;
    double *k = work_array(a, n, 1, e);
    for (size_t i = 0; k && i < rows->count; i++) {
        const double *x = rows->numbers + i * rows->columns;
        double mean = 0, *to = out->numbers + i * width;
        for (size_t p = 0; p < n; p++)
            mean += k[p] = kernel_of(l->kernel, x, l->points.at + p * rows->columns, rows->columns);
        for (size_t p = 0; l->centre && p < n; p++) k[p] = k[p] - l->centre[p] - mean / (double)n + l->whole;
        for (size_t p = 0; p < n; p++)
            for (size_t c = 0; c < width; c++) to[c] += k[p] * l->weights.at[p * width + c];
        for (size_t c = 0; c < width; c++)
            to[c] = to[c] * (l->factor ? l->factor[c] : 1) + (l->addend ? l->addend[c] : 0);
    }
    return k != NULL;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

static onnx_ref draw_kernel(onnx_build *b, const kernel *k, const matrix *points, onnx_ref x);

static onnx_ref draw_dot(onnx_build *b, const matrix *points, onnx_ref x)
{
    return onnx_op2(b, "MatMul", x, onnx_transposed(b, points->at, points->rows, points->columns));
}

static onnx_ref draw_square(onnx_build *b, const matrix *points, onnx_ref x)
{
    return distance_draw(b, &(distance){.metric = METRIC_EUCLIDEAN, .p = 2}, points, x);
}

static onnx_ref draw_scaled_square(onnx_build *b, const kernel *k, const matrix *points, onnx_ref x)
{
    size_t columns = points->columns;
    matrix scaled = {onnx_alloc(b, points->rows * columns, sizeof(double)), points->rows, columns};
    for (size_t i = 0; scaled.at && i < points->rows * columns; i++)
        scaled.at[i] = points->at[i] / k->scale[i % columns];
    if (!scaled.at) return 0;
    return draw_square(b, &scaled, onnx_op2(b, "Div", x, onnx_vector(b, k->scale, columns)));
}

static onnx_ref draw_exp(onnx_build *b, onnx_ref x, double times)
{
    return onnx_op1(b, "Exp", onnx_with(b, "Mul", x, times));
}

static onnx_ref draw_matern(onnx_build *b, double smoothness, onnx_ref square)
{
    if (isinf(smoothness)) return draw_exp(b, square, -0.5);
    onnx_ref d = onnx_op1(b, "Sqrt", square);
    if (smoothness == 0.5) return draw_exp(b, d, -1);
    onnx_ref z = onnx_with(b, "Mul", d, sqrt(2 * smoothness)), sum = onnx_with(b, "Add", z, 1);
    if (smoothness != 1.5) sum = onnx_op2(b, "Add", sum, onnx_with(b, "Div", onnx_op2(b, "Mul", z, z), 3));
    return onnx_op2(b, "Mul", sum, draw_exp(b, z, -1));
}

/* The same for every pair. */
static onnx_ref draw_constant(onnx_build *b, double number, const matrix *points, onnx_ref x)
{
    double *row = onnx_alloc(b, points->rows, sizeof *row);
    for (size_t p = 0; row && p < points->rows; p++) row[p] = number;
    return row ? onnx_filled(b, x, row, points->rows) : 0;
}

static onnx_ref draw_affine_dot(onnx_build *b, const kernel *k, const matrix *points, onnx_ref x)
{
    return onnx_with(b, "Add", onnx_with(b, "Mul", draw_dot(b, points, x), k->gamma), k->coef0);
}

static onnx_ref draw_periodic(onnx_build *b, const kernel *k, const matrix *points, onnx_ref x)
{
    onnx_ref d = onnx_op1(b, "Sqrt", draw_square(b, points, x));
    onnx_ref wave =
        onnx_with(b, "Div", onnx_op1(b, "Sin", onnx_with(b, "Mul", d, M_PI / k->gamma)), k->coef0);
    return draw_exp(b, onnx_op2(b, "Mul", wave, wave), -2);
}

static onnx_ref draw_pair(onnx_build *b, const kernel *k, const matrix *points, onnx_ref x)
{
    return onnx_op2(b, k->kind == KERNEL_SUM ? "Add" : "Mul", draw_kernel(b, k->first, points, x),
                    draw_kernel(b, k->second, points, x));
}

/* [N, points] */
static onnx_ref draw_kernel(onnx_build *b, const kernel *k, const matrix *points, onnx_ref x)
{
    if (!onnx_ok(b)) return 0;
    static const distance manhattan = {.metric = METRIC_MANHATTAN, .p = 1},
                          cosine = {.metric = METRIC_COSINE, .p = 0};
    switch (k->kind) {
    case KERNEL_LINEAR: return draw_dot(b, points, x);
    case KERNEL_RBF:
        return k->scale ? draw_exp(b, draw_scaled_square(b, k, points, x), -0.5)
                        : draw_exp(b, draw_square(b, points, x), -k->gamma);
    case KERNEL_POLY: return onnx_with(b, "Pow", draw_affine_dot(b, k, points, x), k->degree);
    case KERNEL_SIGMOID: return onnx_op1(b, "Tanh", draw_affine_dot(b, k, points, x));
    case KERNEL_LAPLACIAN: return draw_exp(b, distance_draw(b, &manhattan, points, x), -k->gamma);
    case KERNEL_COSINE: return onnx_op2(b, "Sub", onnx_number(b, 1), distance_draw(b, &cosine, points, x));
    case KERNEL_CONSTANT: return draw_constant(b, k->gamma, points, x);
    case KERNEL_NOISE: return draw_constant(b, 0, points, x);
    case KERNEL_MATERN: return draw_matern(b, k->gamma, draw_scaled_square(b, k, points, x));
    case KERNEL_RATIONAL: {
        onnx_ref share = onnx_with(b, "Div", draw_square(b, points, x), 2 * k->gamma * k->coef0 * k->coef0);
        return onnx_with(b, "Pow", onnx_with(b, "Add", share, 1), -k->gamma);
    }
    case KERNEL_PERIODIC: return draw_periodic(b, k, points, x);
    case KERNEL_DOT: return onnx_with(b, "Add", draw_dot(b, points, x), k->gamma * k->gamma);
    case KERNEL_SUM:
    case KERNEL_PRODUCT: return draw_pair(b, k, points, x);
    default: return onnx_with(b, "Pow", draw_kernel(b, k->first, points, x), k->gamma);
    }
}

static void likeness_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const likeness *l = self;
    size_t n = l->points.rows, width = l->weights.columns;
    onnx_ref k = draw_kernel(b, l->kernel, &l->points, onnx_matrix(b, t));
    if (l->centre) {
        onnx_ref mean = onnx_with(b, "Div", onnx_sum(b, k, 1, true), (double)n);
        k = onnx_op2(b, "Sub", onnx_op2(b, "Sub", k, onnx_vector(b, l->centre, n)), mean);
        k = onnx_with(b, "Add", k, l->whole);
    }
    onnx_ref y = onnx_op2(b, "MatMul", k, onnx_rows(b, l->weights.at, n, width));
    if (l->factor) y = onnx_op2(b, "Mul", y, onnx_vector(b, l->factor, width));
    if (l->addend) y = onnx_op2(b, "Add", y, onnx_vector(b, l->addend, width));
    if (l->transforms)
        out->table = onnx_table_of(y, width);
    else
        out->at[OUTPUT_PREDICT] = y;
}

/* --- reading what answers ------------------------------------------------------------------------------------------------- */

/* A vector is one weight for each point. */
static void read_weights(sk *s, likeness *l, const char *name)
{
    l->weights = sk_matrix_of(s, sk_get(s, name), name, false);
    if (sk_ok(s) && l->weights.rows == 1 && l->weights.columns == l->points.rows && l->points.rows != 1) {
        l->weights.rows = l->points.rows;
        l->weights.columns = 1;
    }
    if (sk_ok(s) && l->weights.rows != l->points.rows)
        sk_fail(s, ERR_INVALID, "its %s has %zu rows for %zu points", name, l->weights.rows, l->points.rows);
}

static likeness *likeness_new(sk *s, const char *points)
{
    likeness *l = sk_alloc(s, 1, sizeof *l);
    if (!l) return NULL;
    l->points = sk_matrix(s, points, SK_ANY, SK_ANY);
    sk_features(s, l->points.columns);
    sk_answers(s, l, likeness_answer);
    sk_draws(s, likeness_draw, NULL);
    return sk_ok(s) ? l : NULL;
}

static void read_ridge(sk *s)
{
    likeness *l = likeness_new(s, "X_fit_");
    if (!l) return;
    l->kernel = pairwise_kernel(s, l->points.columns);
    read_weights(s, l, "dual_coef_");
    sk_gives(s, OUTPUT_PREDICT, l->weights.columns);
}

/* Components are divided by the roots of their eigenvalues here, as the library does for each question. */
static void read_components(sk *s)
{
    likeness *l = likeness_new(s, "X_fit_");
    if (!l) return;
    bool is_new = sk_has(s, "eigenvalues_");
    l->kernel = pairwise_kernel(s, l->points.columns);
    read_weights(s, l, is_new ? "eigenvectors_" : "alphas_");
    double *values = sk_vector(s, is_new ? "eigenvalues_" : "lambdas_", l->weights.columns, NULL);
    const pickle_value *centre = sk_get(s, "_centerer");
    matrix means = sk_matrix_of(s, pickle_get(centre, "K_fit_rows_"), "K_fit_rows_", false);
    l->whole = sk_number_of(s, pickle_get(centre, "K_fit_all_"), "K_fit_all_");
    if (sk_ok(s) && means.columns != l->points.rows)
        sk_fail(s, ERR_INVALID, "its _centerer has %zu rows", means.columns);
    l->centre = means.at;
    for (size_t i = 0; sk_ok(s) && i < l->weights.rows * l->weights.columns; i++) {
        double value = values[i % l->weights.columns];
        l->weights.at[i] = value == 0 ? 0 : l->weights.at[i] / sqrt(value);
    }
    l->transforms = true;
    sk_transforms(s, l->weights.columns);
    s->m->info.takes_missing = false;
}

static void read_nystroem(sk *s)
{
    likeness *l = likeness_new(s, "components_");
    if (!l) return;
    l->kernel = pairwise_kernel(s, l->points.columns);
    matrix turned = sk_matrix(s, "normalization_", SK_ANY, l->points.rows);
    l->weights =
        (matrix){sk_alloc(s, turned.rows * turned.columns, sizeof(double)), turned.columns, turned.rows};
    for (size_t i = 0; sk_ok(s) && i < turned.rows * turned.columns; i++)
        l->weights.at[i % turned.columns * turned.rows + i / turned.columns] = turned.at[i];
    l->transforms = true;
    sk_gives(s, OUTPUT_TRANSFORM, l->weights.columns);
}

static void read_process(sk *s)
{
    likeness *l = likeness_new(s, "X_train_");
    if (!l) return;
    l->kernel = kernel_tree(s, sk_get(s, "kernel_"), l->points.columns);
    read_weights(s, l, "alpha_");
    if (sk_has(s, "_y_train_std")) l->factor = sk_spread(s, "_y_train_std", l->weights.columns);
    const char *mean = sk_has(s, "_y_train_mean") ? "_y_train_mean" : "y_train_mean";
    if (sk_has(s, mean)) l->addend = sk_spread(s, mean, l->weights.columns);
    sk_gives(s, OUTPUT_PREDICT, l->weights.columns);
}

/* --- random waves -------------------------------------------------------------------------------------------------------- */

typedef struct waves {
    matrix weights; /* column x wave */
    double *offset, height;
} waves;

static bool waves_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const waves *w = self;
    size_t n = w->weights.columns;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < n; k++) {
            double sum = 0;
            for (size_t j = 0; j < rows->columns; j++)
                sum += rows->numbers[i * rows->columns + j] * w->weights.at[j * n + k];
            out->numbers[i * n + k] = cos(sum + w->offset[k]) * w->height;
        }
    return true;
}

static void waves_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const waves *w = self;
    size_t n = w->weights.columns;
    onnx_ref z = onnx_op2(b, "MatMul", onnx_matrix(b, t), onnx_rows(b, w->weights.at, w->weights.rows, n));
    z = onnx_op1(b, "Cos", onnx_op2(b, "Add", z, onnx_vector(b, w->offset, n)));
    out->table = onnx_table_of(onnx_with(b, "Mul", z, w->height), n);
}

static void read_waves(sk *s)
{
    waves *w = sk_alloc(s, 1, sizeof *w);
    if (!w) return;
    w->weights = sk_matrix(s, "random_weights_", SK_ANY, SK_ANY);
    w->offset = sk_vector(s, "random_offset_", w->weights.columns, NULL);
    w->height = sqrt(2 / (double)w->weights.columns);
    sk_features(s, w->weights.rows);
    sk_gives(s, OUTPUT_TRANSFORM, w->weights.columns);
    sk_answers(s, w, waves_answer);
    sk_draws(s, waves_draw, NULL);
}

const sk_class sk_kernels_classes[] = {
    {"KernelRidge", "kernel_ridge", NULL, read_ridge},
    {"KernelPCA", "decomposition._kernel_pca", "decomposition.kernel_pca", read_components},
    {"Nystroem", "kernel_approximation", NULL, read_nystroem},
    {"RBFSampler", "kernel_approximation", NULL, read_waves},
    {"GaussianProcessRegressor", "gaussian_process._gpr", "gaussian_process.gpr", read_process},
    {NULL, NULL, NULL, NULL},
};
