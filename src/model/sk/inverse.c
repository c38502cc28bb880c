/*
 * model/sk/inverse.c - scalers, powers, quantiles and functions of numpy, backwards.
 */
#include "sk/inverse.h"

#include "sk/interpolate.h"

#include <float.h>
#include <math.h>

static double power_back(double x, double lambda, bool is_box_cox)
{
    if (is_box_cox) return lambda == 0 ? exp(x) : exp(log1p(lambda * x) / lambda);
    if (x >= 0) return fabs(lambda) < DBL_EPSILON ? exp(x) - 1 : pow(x * lambda + 1, 1 / lambda) - 1;
    return fabs(lambda - 2) > DBL_EPSILON ? 1 - pow(-(2 - lambda) * x + 1, 1 / (2 - lambda)) : 1 - exp(-x);
}

/* numpy.interp from the references to the quantiles of a column. */
static double between(const inverse *f, size_t column, double x)
{
    size_t low = 0, high = f->quantiles.rows - 1, stride = f->quantiles.columns;
    const double *y = f->quantiles.at + column;
    if (x <= f->references[0]) return y[0];
    if (x >= f->references[high]) return y[high * stride];
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (f->references[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    double slope = (y[high * stride] - y[low * stride]) / (f->references[high] - f->references[low]);
    return slope * (x - f->references[low]) + y[low * stride];
}

static double quantile_back(const inverse *f, size_t column, double x)
{
    double p = f->is_normal ? 0.5 * erfc(-x / M_SQRT2) : x, slack = f->is_normal ? 1e-7 : 0;
    const double *y = f->quantiles.at + column;
    if (isnan(p)) return p;
    if (f->is_normal ? p - slack < 0 : p == 0) return y[0];
    if (f->is_normal ? p + slack > 1 : p == 1) return y[(f->quantiles.rows - 1) * f->quantiles.columns];
    return between(f, column, p);
}

double inverse_of(const inverse *f, size_t column, double x)
{
    switch (f->kind) {
    case INVERSE_FUNCTION: return f->apply(x);
    case INVERSE_QUANTILE: return quantile_back(f, column, x);
    default: break;
    }
    if (f->minus) x -= f->minus[column];
    if (f->over) x /= f->over[column];
    if (f->times) x *= f->times[column];
    if (f->plus) x += f->plus[column];
    return f->kind == INVERSE_POWER ? power_back(x, f->lambdas[column], f->is_box_cox) : x;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

/* (x * lambda + 1)^(1 / lambda) */
static onnx_ref draw_root(onnx_build *b, onnx_ref x, double lambda)
{
    if (fabs(lambda) < DBL_EPSILON) return onnx_op1(b, "Exp", x);
    return onnx_with(b, "Pow", onnx_with(b, "Add", onnx_with(b, "Mul", x, lambda), 1), 1 / lambda);
}

static onnx_ref draw_power_back(onnx_build *b, onnx_ref x, double lambda, bool is_box_cox)
{
    if (is_box_cox) return draw_root(b, x, lambda);
    onnx_ref size = onnx_op1(b, "Abs", x);
    onnx_ref above = onnx_with(b, "Sub", draw_root(b, size, lambda), 1);
    onnx_ref below = onnx_op2(b, "Sub", onnx_number(b, 1), draw_root(b, size, 2 - lambda));
    return onnx_op3(b, "Where", onnx_with(b, "Less", x, 0), below, above);
}

static onnx_ref draw_quantile_back(onnx_build *b, const inverse *f, onnx_ref x, size_t column)
{
    size_t n = f->quantiles.rows;
    double *quantiles = onnx_alloc(b, n, sizeof *quantiles);
    for (size_t i = 0; quantiles && i < n; i++)
        quantiles[i] = f->quantiles.at[i * f->quantiles.columns + column];
    return quantiles ? interpolation_draw(b, x, f->references, quantiles, n) : 0;
}

onnx_ref inverse_draw(onnx_build *b, const inverse *f, onnx_ref x, size_t columns)
{
    if (f->kind == INVERSE_FUNCTION) return sk_cell_draw(b, f->apply, x);
    if (f->kind == INVERSE_QUANTILE && f->is_normal)
        onnx_fail(b, ERR_UNSUPPORTED, "the quantiles of a normal distribution are not written as ONNX");
    if (f->minus) x = onnx_op2(b, "Sub", x, onnx_vector(b, f->minus, columns));
    if (f->over) x = onnx_op2(b, "Div", x, onnx_vector(b, f->over, columns));
    if (f->times) x = onnx_op2(b, "Mul", x, onnx_vector(b, f->times, columns));
    if (f->plus) x = onnx_op2(b, "Add", x, onnx_vector(b, f->plus, columns));
    if (f->kind == INVERSE_LINE) return x;
    onnx_ref *all = onnx_alloc(b, columns, sizeof *all);
    for (size_t j = 0; onnx_ok(b) && j < columns; j++) {
        onnx_ref own = onnx_pick(b, x, j);
        all[j] = f->kind == INVERSE_POWER ? draw_power_back(b, own, f->lambdas[j], f->is_box_cox)
                                          : draw_quantile_back(b, f, own, j);
    }
    return onnx_ok(b) ? onnx_concat(b, all, columns, 1) : 0;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static double *vector_of(sk *s, const pickle_value *v, const char *name, size_t columns)
{
    const pickle_value *array = pickle_get(v, name);
    if (!array || array->kind == PICKLE_NONE) return NULL;
    matrix m = sk_matrix_of(s, array, name, false);
    if (sk_ok(s) && (m.rows != 1 || m.columns != columns))
        sk_fail(s, ERR_INVALID, "the %s of its transformer_ has %zu numbers for %zu targets", name, m.columns,
                columns);
    return m.at;
}

static bool is_true(const pickle_value *v, const char *name)
{
    const pickle_value *flag = pickle_get(v, name);
    return !flag || flag->kind != PICKLE_BOOL || flag->boolean;
}

static void read_function(sk *s, const pickle_value *v, inverse *out)
{
    out->apply = sk_cell_function(pickle_get(v, "inverse_func"));
    if (!out->apply)
        sk_fail(s, ERR_UNSUPPORTED, "the inverse_func of its transformer_ is code, which is not run");
}

static void read_power(sk *s, const pickle_value *v, size_t columns, inverse *out)
{
    out->kind = INVERSE_POWER;
    out->lambdas = vector_of(s, v, "lambdas_", columns);
    out->is_box_cox = sk_text_of(pickle_get(v, "method"), "box-cox");
    if (sk_ok(s) && !out->lambdas) sk_fail(s, ERR_INVALID, "its transformer_ has no lambdas_");
    if (!is_true(v, "standardize")) return;
    const pickle_value *scaler = pickle_get(v, "_scaler");
    out->times = vector_of(s, scaler, "scale_", columns);
    out->plus = vector_of(s, scaler, "mean_", columns);
}

static void read_quantile(sk *s, const pickle_value *v, size_t columns, inverse *out)
{
    out->kind = INVERSE_QUANTILE;
    out->quantiles = sk_matrix_of(s, pickle_get(v, "quantiles_"), "quantiles_", false);
    out->references = vector_of(s, v, "references_", out->quantiles.rows);
    out->is_normal = sk_text_of(pickle_get(v, "output_distribution"), "normal");
    if (sk_ok(s) && (!out->references || out->quantiles.columns != columns || out->quantiles.rows == 0))
        sk_fail(s, ERR_INVALID, "the quantiles_ of its transformer_ do not fit %zu targets", columns);
}

void inverse_read(sk *s, const pickle_value *v, size_t columns, inverse *out)
{
    const pickle_value *class = pickle_class_of(v);
    str name = class && class->kind == PICKLE_GLOBAL ? class->global.name : STR("plain value");
    out->kind = INVERSE_LINE;
    if (!sk_ok(s)) return;
    if (str_eq(name, STR("FunctionTransformer"))) {
        out->kind = INVERSE_FUNCTION;
        read_function(s, v, out);
    } else if (str_eq(name, STR("StandardScaler"))) {
        if (is_true(v, "with_std")) out->times = vector_of(s, v, "scale_", columns);
        if (is_true(v, "with_mean")) out->plus = vector_of(s, v, "mean_", columns);
    } else if (str_eq(name, STR("RobustScaler"))) {
        out->times = vector_of(s, v, "scale_", columns);
        out->plus = vector_of(s, v, "center_", columns);
    } else if (str_eq(name, STR("MaxAbsScaler"))) {
        out->times = vector_of(s, v, "scale_", columns);
    } else if (str_eq(name, STR("MinMaxScaler"))) {
        out->minus = vector_of(s, v, "min_", columns);
        out->over = vector_of(s, v, "scale_", columns);
    } else if (str_eq(name, STR("PowerTransformer"))) {
        read_power(s, v, columns, out);
    } else if (str_eq(name, STR("QuantileTransformer"))) {
        read_quantile(s, v, columns, out);
    } else {
        sk_fail(s, ERR_UNSUPPORTED, "its transformer_, a %.*s, is not understood backwards",
                STR_ARG(str_slice(name, 0, 100)));
    }
}
