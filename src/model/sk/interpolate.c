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
