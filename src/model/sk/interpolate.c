/*
 * model/sk/interpolate.c - the function of an isotonic regression.
 */
#include "sk/interpolate.h"

#include <math.h>

static const pickle_value *either(const pickle_value *v, const char *name, const char *older)
{
    const pickle_value *found = pickle_get(v, name);
    return found ? found : pickle_get(v, older);
}

void isotonic_read(sk *s, const pickle_value *v, isotonic *out)
{
    const pickle_value *xs = either(v, "X_thresholds_", "_necessary_X_"),
                       *ys = either(v, "y_thresholds_", "_necessary_y_");
    if (!xs || !ys) sk_fail(s, ERR_INVALID, "its isotonic regression has no thresholds");
    matrix x = sk_matrix_of(s, xs, "X_thresholds_", false), y = sk_matrix_of(s, ys, "y_thresholds_", false);
    if (sk_ok(s) && (x.columns == 0 || x.rows != 1 || y.rows != 1 || x.columns != y.columns))
        sk_fail(s, ERR_INVALID, "its isotonic regression has %zu and %zu thresholds", x.columns, y.columns);
    if (!sk_ok(s)) return;
    *out = (isotonic){.x = x.at, .y = y.at, .count = x.columns};
    out->least = sk_number_of(s, pickle_get(v, "X_min_"), "X_min_");
    out->most = sk_number_of(s, pickle_get(v, "X_max_"), "X_max_");
    const pickle_value *bounds = pickle_get(v, "out_of_bounds");
    out->clips = sk_text_of(bounds, "clip");
    out->refuses = sk_text_of(bounds, "raise");
    if (!out->clips && !out->refuses && !sk_text_of(bounds, "nan"))
        sk_fail(s, ERR_UNSUPPORTED, "its out_of_bounds is neither 'clip', 'raise' nor 'nan'");
}

double isotonic_at(const isotonic *f, double x)
{
    if (isnan(x)) return x;
    if (f->count == 1) return f->y[0];
    if (f->clips) x = fmin(fmax(x, f->least), f->most);
    if (x < f->x[0] || x > f->x[f->count - 1]) return NAN;
    size_t low = 0, high = f->count - 1;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (f->x[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    if (x == f->x[high]) return f->y[high];
    double slope = (f->y[high] - f->y[low]) / (f->x[high] - f->x[low]);
    return slope * (x - f->x[low]) + f->y[low];
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

/* How many points are not above x tells where it lies. */
onnx_ref interpolation_draw(onnx_build *b, onnx_ref x, const double *xp, const double *fp, size_t n)
{
    double *slopes = onnx_alloc(b, n + 1, sizeof *slopes), *from = onnx_alloc(b, n + 1, sizeof *from),
           *at = onnx_alloc(b, n + 1, sizeof *at);
    for (size_t i = 0; onnx_ok(b) && i <= n; i++) {
        size_t low = i ? i - 1 : 0;
        bool inside = i > 0 && i < n;
        slopes[i] = inside ? (fp[i] - fp[low]) / (xp[i] - xp[low]) : 0;
        if (!isfinite(slopes[i])) slopes[i] = 0; /* of two equal points: no x lies between them */
        from[i] = xp[low];
        at[i] = fp[low];
    }
    if (!onnx_ok(b)) return 0;
    onnx_ref below = onnx_cast(b, onnx_op2(b, "GreaterOrEqual", x, onnx_vector(b, xp, n)), ONNX_INT64);
    onnx_ref which = onnx_sum(b, below, 1, true); /* [N, 1] */
    onnx_ref distance = onnx_op2(b, "Sub", x, onnx_gather(b, onnx_vector(b, from, n + 1), which, 0));
    onnx_ref step = onnx_op2(b, "Mul", onnx_gather(b, onnx_vector(b, slopes, n + 1), which, 0), distance);
    return onnx_op2(b, "Add", step, onnx_gather(b, onnx_vector(b, at, n + 1), which, 0));
}

onnx_ref isotonic_draw(onnx_build *b, const isotonic *f, onnx_ref x)
{
    onnx_ref nan = onnx_number(b, NAN), is_nan = onnx_op1(b, "IsNaN", x);
    if (f->count == 1) return onnx_op3(b, "Where", is_nan, nan, onnx_number(b, f->y[0]));
    if (f->clips) x = onnx_op3(b, "Clip", x, onnx_number(b, f->least), onnx_number(b, f->most));
    onnx_ref y = interpolation_draw(b, x, f->x, f->y, f->count);
    y = onnx_op3(b, "Where", onnx_with(b, "Less", x, f->x[0]), nan, y);
    y = onnx_op3(b, "Where", onnx_with(b, "Greater", x, f->x[f->count - 1]), nan, y);
    return onnx_op3(b, "Where", is_nan, nan, y);
}
