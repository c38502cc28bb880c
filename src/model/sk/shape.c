/*
 * model/sk/shape.c - transformers that turn columns into other columns: projections, powers, quantiles, bins.
 */
#include "sk/interpolate.h"

#include "base/limits.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* --- projections --------------------------------------------------------------------------------------------------------- */

typedef struct projection {
    matrix components;
    double *mean, *scale; /* NULL: none */
} projection;

static bool projection_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                              model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const projection *p = self;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < p->components.rows; k++) {
            const double *x = rows->numbers + i * rows->columns, *c = p->components.at + k * rows->columns;
            double sum = 0;
            for (size_t j = 0; j < rows->columns; j++) sum += (x[j] - (p->mean ? p->mean[j] : 0)) * c[j];
            out->numbers[i * out->columns + k] = p->scale ? sum / p->scale[k] : sum;
        }
    return true;
}

static void projection_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const projection *p = self;
    const matrix *c = &p->components;
    onnx_ref x = onnx_matrix(b, t);
    if (p->mean) x = onnx_op2(b, "Sub", x, onnx_vector(b, p->mean, c->columns));
    x = onnx_op2(b, "MatMul", x, onnx_transposed(b, c->at, c->rows, c->columns));
    if (p->scale) x = onnx_op2(b, "Div", x, onnx_vector(b, p->scale, c->rows));
    out->table = onnx_table_of(x, c->rows);
}

static projection *projection_new(sk *s)
{
    projection *p = sk_alloc(s, 1, sizeof *p);
    if (!p) return NULL;
    p->components = sk_matrix(s, "components_", SK_ANY, SK_ANY);
    sk_features(s, p->components.columns);
    sk_gives(s, OUTPUT_TRANSFORM, p->components.rows);
    sk_answers(s, p, projection_answer);
    sk_draws(s, projection_draw, NULL);
    return sk_ok(s) ? p : NULL;
}

static void read_pca(sk *s)
{
    projection *p = projection_new(s);
    if (!p) return;
    if (sk_has(s, "mean_")) p->mean = sk_vector(s, "mean_", p->components.columns, NULL);
    if (!sk_flag(s, "whiten", false)) return;
    p->scale = sk_vector(s, "explained_variance_", p->components.rows, NULL);
    for (size_t k = 0; sk_ok(s) && k < p->components.rows; k++) {
        p->scale[k] = sqrt(p->scale[k]);
        if (sk_version_at_least(s->version, 1, 5) && p->scale[k] < DBL_EPSILON) p->scale[k] = DBL_EPSILON;
    }
}

static void read_svd(sk *s)
{
    projection_new(s);
}

/* --- products of columns --------------------------------------------------------------------------------------------------- */

typedef struct products {
    size_t *factors; /* of each product: `degree` columns, SK_ANY: none */
    size_t count, degree;
} products;

static bool products_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                            model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const products *p = self;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < p->count; k++) {
            double product = 1;
            for (size_t d = 0; d < p->degree && p->factors[k * p->degree + d] != SK_ANY; d++)
                product *= rows->numbers[i * rows->columns + p->factors[k * p->degree + d]];
            out->numbers[i * p->count + k] = product;
        }
    return true;
}

/* A column of ones behind the others stands where a product has fewer factors. */
static void products_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const products *p = self;
    onnx_ref x = onnx_matrix(b, t), product = 0;
    onnx_ref first = onnx_gather(b, x, onnx_integers(b, (int64_t[]){0}, 1), 1);
    onnx_ref ones =
        onnx_op3(b, "Where", onnx_op2(b, "Equal", first, first), onnx_number(b, 1), onnx_number(b, 1));
    onnx_ref all = onnx_concat(b, (onnx_ref[]){x, ones}, 2, 1);
    size_t *columns = onnx_alloc(b, p->count, sizeof *columns);
    for (size_t d = 0; columns && d < p->degree; d++) {
        for (size_t k = 0; k < p->count; k++) {
            size_t factor = p->factors[k * p->degree + d];
            columns[k] = factor == SK_ANY ? t->count : factor;
        }
        /* Once it is behind the last factor, all that follow are behind it too. */
        onnx_ref factors = onnx_gather(b, all, onnx_columns_of(b, columns, p->count), 1);
        product = product ? onnx_op2(b, "Mul", product, factors) : factors;
    }
    out->table = onnx_table_of(product, p->count);
}

/* The next combination of `size` columns in the order of itertools; false after the last. */
static bool next_combination(size_t *chosen, size_t size, size_t columns, bool repeats)
{
    for (size_t at = size; at-- > 0;) {
        size_t most = repeats ? columns - 1 : columns - size + at;
        if (chosen[at] >= most) continue;
        chosen[at]++;
        for (size_t k = at + 1; k < size; k++) chosen[k] = chosen[k - 1] + !repeats;
        return true;
    }
    return false;
}

typedef struct product_shape {
    size_t least, columns;
    bool repeats, bias;
} product_shape;

/* Counts them all, and lists them where there is room. */
static void list_products(sk *s, products *p, product_shape shape)
{
    size_t chosen[LIMIT_POLYNOMIAL_DEGREE];
    p->count = 0;
    for (size_t size = shape.bias ? 0 : shape.least; sk_ok(s) && size <= p->degree; size++) {
        if ((size > 0 && size < shape.least) || (!shape.repeats && size > shape.columns)) continue;
        for (size_t k = 0; k < size; k++) chosen[k] = shape.repeats ? 0 : k;
        do {
            if (p->count == LIMIT_TABLE_COLUMNS) {
                sk_fail(s, ERR_TOO_LARGE, "it makes more columns than LIMIT_TABLE_COLUMNS allows");
                return;
            }
            for (size_t d = 0; p->factors && d < p->degree; d++)
                p->factors[p->count * p->degree + d] = d < size ? chosen[d] : SK_ANY;
            p->count++;
        } while (size > 0 && next_combination(chosen, size, shape.columns, shape.repeats));
    }
}

static void read_polynomial(sk *s)
{
    products *p = sk_alloc(s, 1, sizeof *p);
    const char *name = sk_has(s, "n_features_in_") ? "n_features_in_" : "n_input_features_";
    int64_t columns = sk_integer(s, name);
    const char *most_name = sk_has(s, "_max_degree") ? "_max_degree" : "degree";
    int64_t most = sk_integer(s, most_name),
            least = sk_has(s, "_min_degree") ? sk_integer(s, "_min_degree") : 1;
    sk_features(s, sk_ok(s) && columns > 0 ? (size_t)columns : 1);
    if (sk_ok(s) && (most < 0 || most > LIMIT_POLYNOMIAL_DEGREE || least < 0))
        sk_fail(s, ERR_TOO_LARGE, "its degree is %lld, LIMIT_POLYNOMIAL_DEGREE allows %d", (long long)most,
                (int)LIMIT_POLYNOMIAL_DEGREE);
    if (!p || !sk_ok(s)) return;
    p->degree = most > 0 ? (size_t)most : 1;
    product_shape form = {.least = least > 0 ? (size_t)least : 1,
                          .columns = s->m->info.feature_count,
                          .repeats = !sk_flag(s, "interaction_only", false),
                          .bias = sk_flag(s, "include_bias", true)};
    list_products(s, p, form);
    p->factors = sk_alloc(s, p->count * p->degree, sizeof *p->factors);
    list_products(s, p, form);
    sk_gives(s, OUTPUT_TRANSFORM, p->count);
    sk_answers(s, p, products_answer);
    sk_draws(s, products_draw, NULL);
}

/* --- powers -------------------------------------------------------------------------------------------------------------- */

typedef struct powers {
    double *lambdas;
    bool is_box_cox;
    const model *scaler;
} powers;

static double yeo_johnson(double x, double lambda)
{
    if (x >= 0) return fabs(lambda) < DBL_EPSILON ? log1p(x) : (pow(x + 1, lambda) - 1) / lambda;
    return fabs(lambda - 2) > DBL_EPSILON ? -(pow(1 - x, 2 - lambda) - 1) / (2 - lambda) : -log1p(-x);
}

static double box_cox(double x, double lambda)
{
    return lambda == 0 ? log(x) : expm1(lambda * log(x)) / lambda;
}

static bool powers_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                          model_answers *out, err *e)
{
    const powers *p = self;
    for (size_t i = 0; i < rows->count * rows->columns; i++) {
        double x = rows->numbers[i], lambda = p->lambdas[i % rows->columns];
        if (p->is_box_cox && x <= 0)
            return model_refuse(rows, i / rows->columns, i % rows->columns, e,
                                " is %g: Box-Cox takes positive numbers", x);
        out->numbers[i] = isnan(x) ? x : p->is_box_cox ? box_cox(x, lambda) : yeo_johnson(x, lambda);
    }
    model_rows raw = {out->count, out->columns, out->numbers, NULL, rows->from};
    return !p->scaler || model_answer(p->scaler, what, &raw, a, out, e);
}

/* (x^lambda - 1) / lambda, or the logarithm. */
static onnx_ref draw_power(onnx_build *b, onnx_ref x, double lambda)
{
    if (fabs(lambda) < DBL_EPSILON) return onnx_op1(b, "Log", x);
    return onnx_with(b, "Div", onnx_with(b, "Sub", onnx_with(b, "Pow", x, lambda), 1), lambda);
}

static onnx_ref draw_yeo_johnson(onnx_build *b, onnx_ref x, double lambda)
{
    onnx_ref size = onnx_with(b, "Add", onnx_op1(b, "Abs", x), 1);
    onnx_ref above = draw_power(b, size, lambda);
    onnx_ref below = onnx_op1(b, "Neg", draw_power(b, size, 2 - lambda));
    return onnx_op3(b, "Where", onnx_with(b, "Less", x, 0), below, above);
}

static void powers_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const powers *p = self;
    onnx_ref *columns = onnx_alloc(b, t->count, sizeof *columns), x = onnx_matrix(b, t);
    for (size_t j = 0; onnx_ok(b) && j < t->count; j++) {
        onnx_ref own = onnx_gather(b, x, onnx_columns_of(b, &j, 1), 1);
        columns[j] =
            p->is_box_cox ? draw_power(b, own, p->lambdas[j]) : draw_yeo_johnson(b, own, p->lambdas[j]);
    }
    if (!onnx_ok(b)) return;
    out->table = onnx_table_of(onnx_concat(b, columns, t->count, 1), t->count);
    onnx_table raw = out->table;
    if (p->scaler) onnx_draw(b, p->scaler, &raw, out);
}

static void read_powers(sk *s)
{
    static const char *const methods[] = {"yeo-johnson", "box-cox"};
    powers *p = sk_alloc(s, 1, sizeof *p);
    size_t columns = 0;
    unsigned method = sk_choice(s, "method", methods, COUNT_OF(methods));
    double *lambdas = sk_vector(s, "lambdas_", SK_ANY, &columns);
    sk_features(s, columns);
    if (!p || !sk_ok(s)) return;
    p->lambdas = lambdas;
    p->is_box_cox = method == 1;
    if (sk_flag(s, "standardize", true)) p->scaler = sk_part(s, sk_get(s, "_scaler"), "_scaler");
    if (sk_ok(s) && p->scaler && p->scaler->info.feature_count != columns)
        sk_fail(s, ERR_INVALID, "its _scaler takes %zu features", p->scaler->info.feature_count);
    sk_transforms(s, columns);
    s->m->keeps_columns = true;
    sk_answers(s, p, powers_answer);
    sk_draws(s, powers_draw, NULL);
}

/* --- quantiles ------------------------------------------------------------------------------------------------------------- */

typedef struct quantiles {
    matrix at; /* quantile x feature */
    double *references;
    bool is_normal;
    bool is_clipped; /* 0.20: uniform as normal, near the bounds */
} quantiles;

/* numpy.interp over a column; `down`: of the negated, reversed column. */
static double interpolate(const quantiles *q, size_t j, double x, bool down)
{
    size_t n = q->at.rows, low = 0, high = n;
    const double *at = q->at.at + j;
    size_t stride = q->at.columns;
#define XP(i) (down ? -at[(n - 1 - (i)) * stride] : at[(i)*stride])
#define FP(i) (down ? -q->references[n - 1 - (i)] : q->references[i])
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (XP(middle) <= x)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return FP(0);
    if (low == n) return FP(n - 1);
    double x0 = XP(low - 1), slope = (FP(low) - FP(low - 1)) / (XP(low) - x0);
    return slope * (x - x0) + FP(low - 1);
#undef XP
#undef FP
}

/* The inverse of the normal distribution: a rational guess (Acklam's), good to nine digits; near 0, and in the middle. */
static const double TAIL_END = 0.02425;
static const double tail_top[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                  -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
static const double tail_bottom[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                     3.754408661907416e+00, 1};
static const double middle_top[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                    1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
static const double middle_bottom[] = {-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                                       6.680131188771972e+01,  -1.328068155288572e+01, 1};

static double polynomial(const double *c, size_t count, double x)
{
    double sum = c[0];
    for (size_t i = 1; i < count; i++) sum = sum * x + c[i];
    return sum;
}

/* After the guess Halley's steps on erfc. */
static double normal_quantile(double p)
{
    if (p > 0.5) return -normal_quantile(1 - p);
    bool is_tail = p < TAIL_END;
    double q = is_tail ? sqrt(-2 * log(p)) : p - 0.5, r = q * q;
    double x = is_tail ? polynomial(tail_top, COUNT_OF(tail_top), q) /
                             polynomial(tail_bottom, COUNT_OF(tail_bottom), q)
                       : polynomial(middle_top, COUNT_OF(middle_top), r) * q /
                             polynomial(middle_bottom, COUNT_OF(middle_bottom), r);
    for (int step = 0; step < 3; step++) {
        double error = 0.5 * erfc(-x / M_SQRT2) - p, u = error * sqrt(2 * M_PI) * exp(x * x / 2);
        x -= u / (1 + x * u / 2);
    }
    return x;
}

static const double CLIPPED = 1e-7 - DBL_EPSILON;

/* Where the library clips what it has made normal. */
static double normal_least(void)
{
    return normal_quantile(CLIPPED);
}

static double quantile_of(const quantiles *q, size_t j, double x)
{
    double first = q->at.at[j], last = q->at.at[(q->at.rows - 1) * q->at.columns + j];
    if (isnan(x)) return x;
    bool has_slack = q->is_normal || q->is_clipped;
    bool is_low = has_slack ? x - 1e-7 < first : x == first;
    bool is_high = has_slack ? x + 1e-7 > last : x == last;
    double y = is_low ? 0 : is_high ? 1 : 0.5 * (interpolate(q, j, x, false) - interpolate(q, j, -x, true));
    if (q->is_clipped && !q->is_normal) return fmin(fmax(y, CLIPPED), 1 - CLIPPED);
    if (!q->is_normal) return y;
    double low = normal_least(), high = -low;
    double z = y <= 0 ? low : y >= 1 ? high : normal_quantile(y);
    return z < low ? low : z > high ? high : z;
}

static bool quantiles_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                             model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const quantiles *q = self;
    for (size_t i = 0; i < rows->count * rows->columns; i++)
        out->numbers[i] = quantile_of(q, i % rows->columns, rows->numbers[i]);
    return true;
}

static onnx_ref draw_polynomial(onnx_build *b, const double *c, size_t count, onnx_ref x)
{
    onnx_ref sum = onnx_number(b, c[0]);
    for (size_t i = 1; i < count; i++) sum = onnx_with(b, "Add", onnx_op2(b, "Mul", sum, x), c[i]);
    return sum;
}

/* The guess alone: nine digits. */
static onnx_ref draw_normal_quantile(onnx_build *b, onnx_ref p)
{
    onnx_ref less = onnx_op2(b, "Min", p, onnx_op2(b, "Sub", onnx_number(b, 1), p));
    onnx_ref q = onnx_op1(b, "Sqrt", onnx_with(b, "Mul", onnx_op1(b, "Log", less), -2));
    onnx_ref tail = onnx_op2(b, "Div", draw_polynomial(b, tail_top, COUNT_OF(tail_top), q),
                             draw_polynomial(b, tail_bottom, COUNT_OF(tail_bottom), q));
    onnx_ref off = onnx_with(b, "Sub", less, 0.5), r = onnx_op2(b, "Mul", off, off);
    onnx_ref middle = onnx_op2(b, "Div", draw_polynomial(b, middle_top, COUNT_OF(middle_top), r),
                               draw_polynomial(b, middle_bottom, COUNT_OF(middle_bottom), r));
    middle = onnx_op2(b, "Mul", middle, off);
    onnx_ref x = onnx_op3(b, "Where", onnx_with(b, "Less", less, TAIL_END), tail, middle);
    x = onnx_op3(b, "Where", onnx_with(b, "Greater", p, 0.5), onnx_op1(b, "Neg", x), x);
    onnx_ref low = onnx_number(b, normal_least()), high = onnx_number(b, -normal_least());
    x = onnx_op3(b, "Where", onnx_with(b, "LessOrEqual", p, 0), low, x);
    x = onnx_op3(b, "Where", onnx_with(b, "GreaterOrEqual", p, 1), high, x);
    return onnx_op3(b, "Clip", x, low, high);
}

static onnx_ref draw_quantile(onnx_build *b, const quantiles *q, size_t j, onnx_ref x)
{
    size_t n = q->at.rows;
    double *xp = onnx_alloc(b, 2 * n, sizeof *xp), *fp = onnx_alloc(b, 2 * n, sizeof *fp);
    for (size_t i = 0; onnx_ok(b) && i < n; i++) {
        xp[i] = q->at.at[i * q->at.columns + j];
        fp[i] = q->references[i];
        xp[2 * n - 1 - i] = -xp[i];
        fp[2 * n - 1 - i] = -fp[i];
    }
    if (!onnx_ok(b)) return 0;
    onnx_ref up = interpolation_draw(b, x, xp, fp, n);
    onnx_ref down = interpolation_draw(b, onnx_op1(b, "Neg", x), xp + n, fp + n, n);
    onnx_ref y = onnx_with(b, "Mul", onnx_op2(b, "Sub", up, down), 0.5);
    bool has_slack = q->is_normal || q->is_clipped;
    const char *above = has_slack ? "Greater" : "Equal", *below = has_slack ? "Less" : "Equal";
    double slack = has_slack ? 1e-7 : 0;
    y = onnx_op3(b, "Where", onnx_with(b, above, x, xp[n - 1] - slack), onnx_number(b, 1), y);
    y = onnx_op3(b, "Where", onnx_with(b, below, x, xp[0] + slack), onnx_number(b, 0), y);
    if (q->is_clipped && !q->is_normal) y = onnx_with(b, "Min", onnx_with(b, "Max", y, CLIPPED), 1 - CLIPPED);
    if (q->is_normal) y = draw_normal_quantile(b, y);
    return onnx_op3(b, "Where", onnx_op1(b, "IsNaN", x), x, y);
}

static void quantiles_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const quantiles *q = self;
    onnx_ref *columns = onnx_alloc(b, t->count, sizeof *columns), x = onnx_matrix(b, t);
    for (size_t j = 0; onnx_ok(b) && j < t->count; j++)
        columns[j] = draw_quantile(b, q, j, onnx_gather(b, x, onnx_columns_of(b, &j, 1), 1));
    if (onnx_ok(b)) out->table = onnx_table_of(onnx_concat(b, columns, t->count, 1), t->count);
}

static void read_quantiles(sk *s)
{
    static const char *const shapes[] = {"uniform", "normal"};
    quantiles *q = sk_alloc(s, 1, sizeof *q);
    unsigned shape = sk_choice(s, "output_distribution", shapes, COUNT_OF(shapes));
    if (!q) return;
    q->at = sk_matrix(s, "quantiles_", SK_ANY, SK_ANY);
    q->references = sk_vector(s, "references_", q->at.rows, NULL);
    q->is_normal = shape == 1;
    q->is_clipped = !sk_version_at_least(s->version, 0, 21);
    sk_features(s, q->at.columns);
    if (sk_ok(s) && q->at.rows == 0) sk_fail(s, ERR_INVALID, "its quantiles_ is empty");
    sk_transforms(s, q->at.columns);
    s->m->keeps_columns = true;
    sk_answers(s, q, quantiles_answer);
    sk_draws(s, quantiles_draw, NULL);
}

/* --- bins ---------------------------------------------------------------------------------------------------------------- */

typedef struct bins {
    matrix *edges; /* of each feature */
    size_t features, *starts;
    bool is_one_hot, has_slack;
} bins;

/* Until 1.0 an edge had a little slack. */
static size_t bin_of(const bins *b, size_t j, double x)
{
    const matrix *edges = &b->edges[j];
    size_t count = edges->columns - 1, bin = 0;
    if (b->has_slack) x += 1e-8 + 1e-5 * fabs(x);
    while (bin + 1 < count && x >= edges->at[bin + 1]) bin++;
    return bin;
}

static bool bins_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                        model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const bins *b = self;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t j = 0; j < b->features; j++) {
            size_t bin = bin_of(b, j, rows->numbers[i * rows->columns + j]);
            if (b->is_one_hot)
                out->numbers[i * out->columns + b->starts[j] + bin] = 1;
            else
                out->numbers[i * out->columns + j] = (double)bin;
        }
    return true;
}

static void bins_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const bins *c = self;
    onnx_ref *columns = onnx_alloc(b, c->features, sizeof *columns), x = onnx_matrix(b, t);
    for (size_t j = 0; onnx_ok(b) && j < c->features; j++) {
        const matrix *edges = &c->edges[j];
        size_t count = edges->columns - 1;
        onnx_ref own = onnx_gather(b, x, onnx_columns_of(b, &j, 1), 1);
        onnx_ref slack = onnx_with(b, "Add", onnx_with(b, "Mul", onnx_op1(b, "Abs", own), 1e-5), 1e-8);
        if (c->has_slack) own = onnx_op2(b, "Add", own, slack);
        /* A lone bin has no inner edge; one that nothing reaches does. */
        onnx_ref inner =
            count > 1 ? onnx_vector(b, edges->at + 1, count - 1) : onnx_vector(b, (double[]){INFINITY}, 1);
        onnx_ref above = onnx_cast(b, onnx_op2(b, "GreaterOrEqual", own, inner), ONNX_INT64);
        onnx_ref bin = onnx_sum(b, above, 1, !c->is_one_hot);
        double *unit = onnx_alloc(b, count * count, sizeof *unit);
        for (size_t i = 0; unit && i < count; i++) unit[i * count + i] = 1;
        if (!unit) return;
        columns[j] = c->is_one_hot ? onnx_gather(b, onnx_rows(b, unit, count, count), bin, 0)
                                   : onnx_cast(b, bin, ONNX_DOUBLE);
    }
    size_t width = c->is_one_hot ? c->starts[c->features] : c->features;
    if (onnx_ok(b)) out->table = onnx_table_of(onnx_concat(b, columns, c->features, 1), width);
}

static void read_bins(sk *s)
{
    static const char *const codes[] = {"onehot", "onehot-dense", "ordinal"};
    bins *b = sk_alloc(s, 1, sizeof *b);
    unsigned code = sk_choice(s, "encode", codes, COUNT_OF(codes));
    sk_list edges = sk_items(s, sk_get(s, "bin_edges_"), "bin_edges_", SK_ANY);
    if (!b || !sk_ok(s)) return;
    b->features = edges.count;
    b->is_one_hot = code < 2;
    b->has_slack = !sk_version_at_least(s->version, 1, 1);
    b->edges = sk_alloc(s, edges.count, sizeof *b->edges);
    b->starts = sk_alloc(s, edges.count + 1, sizeof *b->starts);
    for (size_t j = 0; j < edges.count && sk_ok(s); j++) {
        b->edges[j] = sk_matrix_of(s, edges.items[j], "bin_edges_", true);
        if (sk_ok(s) && b->edges[j].columns < 2) sk_fail(s, ERR_INVALID, "feature %zu has no bins", j);
        b->starts[j + 1] = b->starts[j] + b->edges[j].columns - 1;
    }
    sk_features(s, b->features);
    if (sk_ok(s)) sk_gives(s, OUTPUT_TRANSFORM, b->is_one_hot ? b->starts[b->features] : b->features);
    sk_answers(s, b, bins_answer);
    sk_draws(s, bins_draw, NULL);
}

const sk_class sk_shape_classes[] = {
    {"PCA", "decomposition._pca", "decomposition.pca", read_pca},
    {"IncrementalPCA", "decomposition._incremental_pca", "decomposition.incremental_pca", read_pca},
    {"TruncatedSVD", "decomposition._truncated_svd", "decomposition.truncated_svd", read_svd},
    {"PolynomialFeatures", "preprocessing._polynomial", "preprocessing._data", read_polynomial},
    {"PolynomialFeatures", "preprocessing.data", NULL, read_polynomial}, /* before 0.22 */
    {"PowerTransformer", "preprocessing._data", "preprocessing.data", read_powers},
    {"QuantileTransformer", "preprocessing._data", "preprocessing.data", read_quantiles},
    {"KBinsDiscretizer", "preprocessing._discretization", "preprocessing.discretization", read_bins},
    {NULL, NULL, NULL, NULL},
};
