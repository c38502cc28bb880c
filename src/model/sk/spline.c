/*
 * model/sk/spline.c - SplineTransformer: each column becomes the values of B-splines.
 *
 * A file holds scipy's BSpline of each column: knots, degree, and the share of each basis function in each output. Their values are de Boor's.
 */
#include "sk/sk.h"

#include "base/limits.h"

#include <math.h>

enum { DEGREE_MAX = 32 };

typedef enum beyond { BEYOND_CONTINUE, BEYOND_CONSTANT, BEYOND_LINEAR, BEYOND_PERIODIC, BEYOND_ERROR } beyond;

typedef struct spline {
    double *knots;
    size_t knot_count, outer; /* knots of each end that values lie beyond of */
    matrix shares;            /* basis function x output */
} spline;

typedef struct splines {
    spline *of; /* each column */
    size_t columns, outputs, kept, degree;
    beyond beyond;
    bool drops_missing; /* to zeros */
} splines;

static double low_of(const spline *p)
{
    return p->knots[p->outer];
}

static double high_of(const spline *p)
{
    return p->knots[p->knot_count - p->outer - 1];
}

/* The last knot that is not beyond x, of those between which a polynomial is whole. */
static size_t span_of(const spline *p, size_t degree, double x)
{
    size_t at = degree, last = p->knot_count - degree - 2;
    while (at < last && x >= p->knots[at + 1]) at++;
    return at;
}

/* The degree + 1 basis functions that are not zero around x (The NURBS Book, A2.2). */
static void basis_at(const spline *p, size_t degree, size_t span, double x, double *out)
{
    double left[DEGREE_MAX + 1], right[DEGREE_MAX + 1];
    out[0] = 1;
    for (size_t d = 1; d <= degree; d++) {
        left[d] = x - p->knots[span + 1 - d];
        right[d] = p->knots[span + d] - x;
        double carried = 0;
        for (size_t r = 0; r < d; r++) {
            double part = out[r] / (right[r + 1] + left[d - r]);
            out[r] = carried + right[r + 1] * part;
            carried = left[d - r] * part;
        }
        out[d] = carried;
    }
}

/* Outputs of one column at x. */
static void values_at(const splines *s, const spline *p, double x, double *out)
{
    double basis[DEGREE_MAX + 1];
    size_t span = span_of(p, s->degree, x), first = span - s->degree;
    basis_at(p, s->degree, span, x, basis);
    for (size_t k = 0; k < s->outputs; k++) {
        out[k] = 0;
        for (size_t d = 0; d <= s->degree; d++)
            out[k] += basis[d] * p->shares.at[(first + d) * s->outputs + k];
    }
}

/* Their slopes there. */
static void slopes_at(const splines *s, const spline *p, double x, double *out)
{
    double lower[DEGREE_MAX + 2] = {0}; /* basis of a degree less; the first and the last are zero */
    size_t degree = s->degree, span = span_of(p, degree, x), first = span - degree;
    for (size_t k = 0; k < s->outputs; k++) out[k] = 0;
    if (degree == 0) return;
    basis_at(p, degree - 1, span, x, lower + 1);
    for (size_t d = 0; d <= degree; d++) {
        double rise = d > 0 ? lower[d] / (p->knots[first + d + degree] - p->knots[first + d]) : 0;
        double fall =
            d < degree ? lower[d + 1] / (p->knots[first + d + degree + 1] - p->knots[first + d + 1]) : 0;
        for (size_t k = 0; k < s->outputs; k++)
            out[k] += (double)degree * (rise - fall) * p->shares.at[(first + d) * s->outputs + k];
    }
}

/* Beyond the outer knots: as at the knot, or on along its slope; only of the splines that reach the knot. */
static void edge_of(const splines *s, const spline *p, bool is_low, double *values, double *slopes)
{
    double edge = is_low ? low_of(p) : high_of(p);
    values_at(s, p, edge, values);
    slopes_at(s, p, edge, slopes);
    bool is_linear = s->beyond == BEYOND_LINEAR;
    size_t reached = is_linear && p->outer <= 1 ? p->outer + 1 : p->outer;
    for (size_t k = 0; k < s->outputs; k++) {
        bool reaches = is_low ? k < reached : k + reached >= s->outputs;
        if (!reaches) values[k] = 0;
        if (!reaches || !is_linear) slopes[k] = 0;
    }
}

static void values_beyond(const splines *s, const spline *p, double x, double *out)
{
    bool is_low = x < low_of(p);
    double slopes[LIMIT_SPLINE_OUTPUTS], edge = is_low ? low_of(p) : high_of(p);
    edge_of(s, p, is_low, out, slopes);
    for (size_t k = 0; k < s->outputs; k++) out[k] += (x - edge) * slopes[k];
}

static bool column_values(const splines *s, const spline *p, double x, double *out)
{
    double low = low_of(p), high = high_of(p);
    if (isnan(x)) {
        for (size_t k = 0; k < s->outputs; k++) out[k] = 0;
        return true;
    }
    if (s->beyond == BEYOND_PERIODIC) {
        double length = high - low, turn = fmod(x - low, length);
        x = low + (turn < 0 ? turn + length : turn);
    }
    bool is_beyond = x < low || x > high;
    if (is_beyond && s->beyond == BEYOND_ERROR) return false;
    if (is_beyond && (s->beyond == BEYOND_CONSTANT || s->beyond == BEYOND_LINEAR))
        values_beyond(s, p, x, out);
    else
        values_at(s, p, x, out);
    return true;
}

static bool splines_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    (void)what;
    (void)a;
    const splines *s = self;
    double values[LIMIT_SPLINE_OUTPUTS];
    for (size_t i = 0; i < rows->count; i++)
        for (size_t j = 0; j < s->columns; j++) {
            double x = rows->numbers[i * s->columns + j];
            if (!column_values(s, &s->of[j], x, values))
                return model_refuse_row(rows, i, e, ", column %zu: %g is beyond the knots", j + 1, x);
            memcpy(out->numbers + (i * s->columns + j) * s->kept, values, s->kept * sizeof *values);
        }
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

/* A number of each span, chosen by the span of each row: from[0], from[1] and so on. */
static onnx_ref draw_chosen(onnx_build *b, const double *from, size_t spans, onnx_ref which)
{
    return onnx_gather(b, onnx_vector(b, from, spans), which, 0);
}

/* As basis_at: [N, 1] each. `which` is the span less the degree. */
static void draw_basis(onnx_build *b, const spline *p, size_t degree, onnx_ref x, onnx_ref which,
                       onnx_ref *out)
{
    size_t spans = p->knot_count - 2 * degree - 1;
    onnx_ref left[DEGREE_MAX + 1], right[DEGREE_MAX + 1];
    out[0] = onnx_filled(b, x, (double[]){1}, 1);
    for (size_t d = 1; onnx_ok(b) && d <= degree; d++) {
        left[d] = onnx_op2(b, "Sub", x, draw_chosen(b, p->knots + degree + 1 - d, spans, which));
        right[d] = onnx_op2(b, "Sub", draw_chosen(b, p->knots + degree + d, spans, which), x);
        onnx_ref carried = onnx_number(b, 0);
        for (size_t r = 0; r < d; r++) {
            onnx_ref part = onnx_op2(b, "Div", out[r], onnx_op2(b, "Add", right[r + 1], left[d - r]));
            out[r] = onnx_op2(b, "Add", carried, onnx_op2(b, "Mul", right[r + 1], part));
            carried = onnx_op2(b, "Mul", left[d - r], part);
        }
        out[d] = carried;
    }
}

static onnx_ref draw_within(onnx_build *b, const splines *s, const spline *p, onnx_ref x)
{
    size_t spans = p->knot_count - 2 * s->degree - 1;
    onnx_ref which = onnx_filled(b, x, (double[]){0}, 1), basis[DEGREE_MAX + 1], sum = 0;
    if (spans > 1) {
        onnx_ref passed =
            onnx_op2(b, "GreaterOrEqual", x, onnx_vector(b, p->knots + s->degree + 1, spans - 1));
        which = onnx_sum(b, onnx_cast(b, passed, ONNX_DOUBLE), 1, true);
    }
    which = onnx_cast(b, which, ONNX_INT64);
    draw_basis(b, p, s->degree, x, which, basis);
    for (size_t d = 0; onnx_ok(b) && d <= s->degree; d++) {
        onnx_ref shares = onnx_rows(b, p->shares.at + d * s->outputs, spans, s->outputs);
        onnx_ref part = onnx_op2(b, "Mul", basis[d], onnx_gather(b, shares, onnx_flat(b, which), 0));
        sum = sum ? onnx_op2(b, "Add", sum, part) : part;
    }
    return sum;
}

static onnx_ref draw_beyond(onnx_build *b, const splines *s, const spline *p, bool is_low, onnx_ref x,
                            onnx_ref y)
{
    double values[LIMIT_SPLINE_OUTPUTS], slopes[LIMIT_SPLINE_OUTPUTS], edge = is_low ? low_of(p) : high_of(p);
    edge_of(s, p, is_low, values, slopes);
    onnx_ref rise = onnx_op2(b, "Mul", onnx_with(b, "Sub", x, edge), onnx_vector(b, slopes, s->outputs));
    onnx_ref there = onnx_op2(b, "Add", onnx_vector(b, values, s->outputs), rise);
    if (s->beyond == BEYOND_ERROR) there = onnx_number(b, NAN);
    return onnx_op3(b, "Where", onnx_with(b, is_low ? "Less" : "Greater", x, edge), there, y);
}

/* What the library refuses beyond its knots is no number. */
static onnx_ref draw_column(onnx_build *b, const splines *s, const spline *p, onnx_ref x)
{
    if (s->beyond == BEYOND_PERIODIC) {
        double low = low_of(p), length = high_of(p) - low;
        onnx_ref off = onnx_with(b, "Sub", x, low);
        onnx_ref turns = onnx_op1(b, "Floor", onnx_with(b, "Div", off, length));
        x = onnx_with(b, "Add", onnx_op2(b, "Sub", off, onnx_with(b, "Mul", turns, length)), low);
    }
    onnx_ref y = draw_within(b, s, p, x);
    if (s->beyond != BEYOND_PERIODIC && s->beyond != BEYOND_CONTINUE)
        for (int is_low = 0; onnx_ok(b) && is_low <= 1; is_low++) y = draw_beyond(b, s, p, is_low, x, y);
    return s->drops_missing ? onnx_op3(b, "Where", onnx_op1(b, "IsNaN", x), onnx_number(b, 0), y) : y;
}

static void splines_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const splines *s = self;
    onnx_ref x = onnx_matrix(b, t), *parts = onnx_alloc(b, s->columns, sizeof *parts);
    size_t *kept = onnx_alloc(b, s->kept, sizeof *kept);
    for (size_t k = 0; kept && k < s->kept; k++) kept[k] = k;
    for (size_t j = 0; onnx_ok(b) && j < s->columns; j++) {
        onnx_table all = onnx_table_of(draw_column(b, s, &s->of[j], onnx_pick(b, x, j)), s->outputs);
        all = onnx_ok(b) ? onnx_table_pick(b, &all, kept, s->kept) : all;
        parts[j] = onnx_matrix(b, &all);
    }
    if (onnx_ok(b)) out->table = onnx_table_of(onnx_concat(b, parts, s->columns, 1), s->columns * s->kept);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

/* Since scipy 1.18 a BSpline is a shell: its state is a tuple, of one that is whole and the shape of what it stands for. */
static const pickle_value *whole_of(const pickle_value *v)
{
    bool is_object = v->kind == PICKLE_CALL && v->call.state_count > 0;
    const pickle_value *state = is_object ? v->call.states[v->call.state_count - 1] : NULL;
    return state && state->kind == PICKLE_TUPLE && state->list.count > 0 ? state->list.items[0] : v;
}

static const pickle_value *part_of(const pickle_value *v, const char *name, const char *other_name)
{
    const pickle_value *found = pickle_get(whole_of(v), name);
    return found ? found : pickle_get(whole_of(v), other_name);
}

static void read_spline(sk *s, const pickle_value *v, splines *out, spline *p)
{
    const pickle_value *knots = part_of(v, "t", "_t"), *shares = part_of(v, "c", "_c"),
                       *degree = part_of(v, "k", "_k");
    if (!knots || !shares || !degree) {
        sk_fail(s, ERR_INVALID, "an item of its bsplines_ is no BSpline");
        return;
    }
    matrix t = sk_matrix_of(s, knots, "bsplines_", false);
    p->shares = sk_matrix_of(s, shares, "bsplines_", false);
    double k = sk_number_of(s, degree, "k");
    if (!sk_ok(s)) return;
    p->knots = t.at;
    p->knot_count = t.rows * t.columns;
    if (k != (double)out->degree || p->shares.columns != out->outputs ||
        p->knot_count < 2 * out->degree + 2 || (out->beyond == BEYOND_LINEAR && p->knot_count < 3) ||
        p->shares.rows + out->degree + 1 != p->knot_count) {
        sk_fail(s, ERR_INVALID, "its bsplines_ do not fit each other");
        return;
    }
    for (size_t i = 1; i < p->knot_count; i++)
        if (!(p->knots[i] >= p->knots[i - 1])) sk_fail(s, ERR_INVALID, "its knots do not rise");
    /* Where the spline is whole no two may be the same: a basis function would be divided by nothing. */
    for (size_t i = out->degree; sk_ok(s) && i + out->degree + 1 < p->knot_count; i++)
        if (!(p->knots[i + 1] > p->knots[i])) sk_fail(s, ERR_INVALID, "two of its knots are the same");
}

static void read_splines(sk *s)
{
    static const char *const ways[] = {"continue", "constant", "linear", "periodic", "error"};
    static const char *const missing[] = {"error", "zeros"};
    splines *p = sk_alloc(s, 1, sizeof *p);
    unsigned way = sk_choice(s, "extrapolation", ways, COUNT_OF(ways)),
             drops = sk_choice(s, "handle_missing", missing, COUNT_OF(missing));
    int64_t degree = sk_integer(s, "degree");
    sk_list list = sk_items(s, sk_get(s, "bsplines_"), "bsplines_", SK_ANY);
    if (sk_ok(s) && (list.count == 0 || degree < 0 || degree > DEGREE_MAX))
        sk_fail(s, ERR_UNSUPPORTED, "its degree is %lld; up to %d is understood", (long long)degree,
                DEGREE_MAX);
    if (!p || !sk_ok(s)) return;
    if (degree == 0 && (way == BEYOND_CONSTANT || way == BEYOND_LINEAR))
        sk_fail(s, ERR_UNSUPPORTED, "its degree is 0, which beyond its knots is not understood");
    const pickle_value *shares = part_of(list.items[0], "c", "_c");
    matrix first = sk_matrix_of(s, shares, "bsplines_", false);
    *p = (splines){.columns = list.count,
                   .outputs = first.columns,
                   .degree = (size_t)degree,
                   .beyond = (beyond)way,
                   .drops_missing = drops == 1};
    if (sk_ok(s) && (p->outputs < 1 || p->outputs > LIMIT_SPLINE_OUTPUTS))
        sk_fail(s, ERR_TOO_LARGE, "it has %zu splines a column, LIMIT_SPLINE_OUTPUTS allows %d", p->outputs,
                (int)LIMIT_SPLINE_OUTPUTS);
    p->kept = p->outputs - !sk_flag(s, "include_bias", true);
    if (sk_ok(s) && p->kept == 0) sk_fail(s, ERR_INVALID, "it has no splines");
    p->of = sk_alloc(s, list.count, sizeof *p->of);
    /* The library counts a small degree up once a column, which moves the ends of those that follow. */
    for (size_t j = 0, outer = p->degree; j < list.count && sk_ok(s); j++) {
        read_spline(s, list.items[j], p, &p->of[j]);
        p->of[j].outer = outer;
        outer += way == BEYOND_LINEAR && outer <= 1;
    }
    sk_features(s, list.count);
    if (sk_ok(s)) sk_gives(s, OUTPUT_TRANSFORM, p->columns * p->kept);
    s->m->info.takes_missing = p->drops_missing;
    sk_answers(s, p, splines_answer);
    sk_draws(s, splines_draw, NULL);
}

const sk_class sk_spline_classes[] = {
    {"SplineTransformer", "preprocessing._polynomial", NULL, read_splines},
    {NULL, NULL, NULL, NULL},
};
