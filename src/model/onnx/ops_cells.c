/*
 * model/onnx/ops_cells.c - operators that work cell by cell: functions of one cell, and between tensors that broadcast.
 */
#include "onnx/onnx.h"

#include "base/limits.h"
#include "format/protobuf.h"
#include "model/dataset.h"

#include <math.h>
#include <stdlib.h>

/* --- of one cell ----------------------------------------------------------------------------------------------------------- */

static double op_neg(double x)
{
    return -x;
}
static double op_reciprocal(double x)
{
    return 1 / x;
}
static double op_relu(double x)
{
    return x < 0 ? 0 : x;
}
static double op_sign(double x)
{
    return isnan(x) ? x : (double)((x > 0) - (x < 0));
}
static double op_softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}
static double op_softsign(double x)
{
    return x / (1 + fabs(x));
}
static double op_not(double x)
{
    return x == 0;
}
static double op_is_nan(double x)
{
    return isnan(x);
}
static double op_is_infinite(double x)
{
    return isinf(x);
}

static const struct {
    const char *name;
    double (*apply)(double x);
} functions[] = {{"Abs", fabs},
                 {"Neg", op_neg},
                 {"Exp", exp},
                 {"Log", log},
                 {"Sqrt", sqrt},
                 {"Reciprocal", op_reciprocal},
                 {"Tanh", tanh},
                 {"Sigmoid", onnx_logistic},
                 {"Relu", op_relu},
                 {"Floor", floor},
                 {"Ceil", ceil},
                 {"Round", nearbyint},
                 {"Sign", op_sign},
                 {"Erf", erf},
                 {"Softplus", op_softplus},
                 {"Softsign", op_softsign},
                 {"Sin", sin},
                 {"Cos", cos},
                 {"Not", op_not},
                 {"IsNaN", op_is_nan},
                 {"IsInf", op_is_infinite}};

static bool run_function(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    size_t which = 0;
    while (strcmp(functions[which].name, n->op->name) != 0) which++;
    double (*apply)(double) = functions[which].apply;
    bool tells = apply == op_is_nan || apply == op_is_infinite;
    if (x->texts) return onnx_misfit(run, n);
    onnx_value *out = onnx_out_like(run, n, x, tells ? ONNX_BOOL : x->type);
    for (size_t i = 0; out && i < x->count; i++) out->numbers[i] = apply(x->numbers[i]);
    return out != NULL;
}

/* --- with numbers of its own ----------------------------------------------------------------------------------------------- */

typedef struct slope {
    double alpha, beta;
} slope;

static bool read_slope(const onnx_source *s, void **state, err *e)
{
    slope *p = *state = onnx_state(s, sizeof *p, e);
    if (!p) return false;
    str name = pb_text(s->node, 4);
    bool is_hard = str_eq(name, STR("HardSigmoid"));
    p->alpha = onnx_attribute_real(s, "alpha", is_hard ? 0.2 : str_eq(name, STR("LeakyRelu")) ? 0.01 : 1);
    p->beta = onnx_attribute_real(s, "beta", 0.5);
    return true;
}

static bool run_slope(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    const slope *p = n->state;
    char kind = n->op->name[0];
    if (x->texts) return onnx_misfit(run, n);
    onnx_value *out = onnx_out_like(run, n, x, x->type);
    for (size_t i = 0; out && i < x->count; i++) {
        double v = x->numbers[i];
        out->numbers[i] = kind == 'H'   ? fmax(0, fmin(1, p->alpha * v + p->beta))
                          : v >= 0      ? v
                          : kind == 'L' ? p->alpha * v
                                        : p->alpha * expm1(v);
    }
    return out != NULL;
}

/* Bounds are attributes up to opset 10, then inputs. */
typedef struct bounds {
    double low, high;
} bounds;

static bool read_clip(const onnx_source *s, void **state, err *e)
{
    bounds *b = *state = onnx_state(s, sizeof *b, e);
    if (!b) return false;
    b->low = onnx_attribute_real(s, "min", -INFINITY);
    b->high = onnx_attribute_real(s, "max", INFINITY);
    return true;
}

static bool run_clip(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0), *low = onnx_in(run, n, 1), *high = onnx_in(run, n, 2);
    bounds b = *(const bounds *)n->state;
    if (x->texts || (low && (low->texts || low->count != 1)) || (high && (high->texts || high->count != 1)))
        return onnx_misfit(run, n);
    if (low) b.low = low->numbers[0];
    if (high) b.high = high->numbers[0];
    onnx_value *out = onnx_out_like(run, n, x, x->type);
    for (size_t i = 0; out && i < x->count; i++) {
        double v = x->numbers[i];
        v = v < b.low ? b.low : v;
        out->numbers[i] = v > b.high ? b.high : v;
    }
    return out != NULL;
}

/* ai.onnx.ml's Binarizer. */
static bool read_binarizer(const onnx_source *s, void **state, err *e)
{
    bounds *b = *state = onnx_state(s, sizeof *b, e);
    if (b) b->low = onnx_attribute_real(s, "threshold", 0);
    return b != NULL;
}

static bool run_binarizer(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    if (x->texts) return onnx_misfit(run, n);
    onnx_value *out = onnx_out_like(run, n, x, x->type);
    for (size_t i = 0; out && i < x->count; i++)
        out->numbers[i] = x->numbers[i] > ((const bounds *)n->state)->low;
    return out != NULL;
}

/* --- casts ----------------------------------------------------------------------------------------------------------------- */

typedef struct cast {
    onnx_type to;
} cast;

static bool read_cast(const onnx_source *s, void **state, err *e)
{
    cast *c = *state = onnx_state(s, sizeof *c, e);
    if (!c) return false;
    int64_t to = onnx_attribute_int(s, "to", 0);
    bool known = to == ONNX_FLOAT || to == ONNX_DOUBLE || to == ONNX_INT64 || to == ONNX_INT32 ||
                 to == ONNX_STRING || to == ONNX_BOOL;
    c->to = (onnx_type)to;
    return known || err_set(e, ERR_UNSUPPORTED, "'Cast' of the ONNX model to type %lld", (long long)to);
}

static str number_text_of(arena *a, double x, bool is_whole)
{
    return is_whole ? arena_printf(a, "%.0f", x) : arena_printf(a, "%.9g", x);
}

static bool text_number(str text, double *out)
{
    char copy[64], *end;
    if (text.len == 0 || text.len >= sizeof copy) return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    *out = strtod(copy, &end);
    return *end == 0;
}

static bool cast_cell(onnx_run *run, const onnx_value *x, size_t i, onnx_value *out)
{
    bool from_whole = x->type != ONNX_FLOAT && x->type != ONNX_DOUBLE;
    if (out->texts) {
        out->texts[i] = x->texts ? x->texts[i] : number_text_of(run->memory, x->numbers[i], from_whole);
        return out->texts[i].data || err_set(run->e, ERR_MEMORY, "no memory for the texts of a model");
    }
    double v = 0;
    if (x->texts && !text_number(x->texts[i], &v) && !run->is_trial)
        return err_set(run->e, ERR_UNPROCESSABLE, "'%.*s' is no number",
                       STR_ARG(str_slice(x->texts[i], 0, 40)));
    if (!x->texts) v = x->numbers[i];
    if (out->type == ONNX_BOOL)
        v = v != 0;
    else if (out->type == ONNX_INT64 || out->type == ONNX_INT32)
        v = isnan(v) ? -9223372036854775808.0 : trunc(v);
    out->numbers[i] = v;
    return true;
}

static bool run_cast(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    onnx_type to = ((const cast *)n->state)->to;
    bool is_same = to == x->type || ((to == ONNX_INT32 || to == ONNX_INT64) &&
                                     (x->type == ONNX_INT32 || x->type == ONNX_INT64));
    if (is_same) {
        if (!onnx_reshaped(run, n, x, x->dims, x->rank)) return false;
        run->values[n->out[0]].type = to;
        return true;
    }
    onnx_value *out = onnx_out_like(run, n, x, to);
    if (!out) return false;
    for (size_t i = 0; i < x->count; i++)
        if (!cast_cell(run, x, i, out)) return false;
    /* Labels are still those that they were, when they are numbers here and there. */
    if (!x->texts && !out->texts && to != ONNX_BOOL) {
        out->labels = x->labels;
        out->label_count = x->label_count;
    }
    return true;
}

/* --- between tensors -------------------------------------------------------------------------------------------------------- */

typedef struct shape {
    size_t rank, dims[ONNX_RANK_MAX];
} shape;

static bool broadcast(shape *s, const onnx_value *x)
{
    size_t rank = s->rank > x->rank ? s->rank : x->rank;
    shape out = {.rank = rank};
    for (size_t i = 0; i < rank; i++) {
        size_t a = i + s->rank < rank ? 1 : s->dims[i + s->rank - rank],
               b = i + x->rank < rank ? 1 : x->dims[i + x->rank - rank];
        if (a != b && a != 1 && b != 1) return false;
        out.dims[i] = a == 1 ? b : a;
    }
    *s = out;
    return true;
}

/* Where the numbers of a broadcast tensor lie: steps for each dimension, 0 where it repeats. */
static void steps_of(const shape *s, const onnx_value *x, size_t *steps)
{
    size_t step = 1;
    for (size_t i = s->rank; i-- > 0;) {
        bool is_there = i + x->rank >= s->rank;
        size_t dim = is_there ? x->dims[i + x->rank - s->rank] : 1;
        steps[i] = dim == 1 ? 0 : step;
        step *= dim;
    }
}

enum { SIDES_MAX = 3 };
typedef struct walker {
    shape s;
    size_t at[ONNX_RANK_MAX], steps[SIDES_MAX][ONNX_RANK_MAX], place[SIDES_MAX], sides;
} walker;

static bool walk_begin(walker *w, const onnx_value *const *sides, size_t count)
{
    *w = (walker){.sides = count};
    for (size_t k = 0; k < count; k++)
        if (!broadcast(&w->s, sides[k])) return false;
    for (size_t k = 0; k < count; k++) steps_of(&w->s, sides[k], w->steps[k]);
    return true;
}

static void walk_on(walker *w)
{
    for (size_t i = w->s.rank; i-- > 0;) {
        for (size_t k = 0; k < w->sides; k++) w->place[k] += w->steps[k][i];
        if (++w->at[i] < w->s.dims[i]) return;
        for (size_t k = 0; k < w->sides; k++) w->place[k] -= w->steps[k][i] * w->s.dims[i];
        w->at[i] = 0;
    }
}

static double op_add(double a, double b)
{
    return a + b;
}
static double op_sub(double a, double b)
{
    return a - b;
}
static double op_mul(double a, double b)
{
    return a * b;
}
static double op_div(double a, double b)
{
    return a / b;
}
static double op_max(double a, double b)
{
    return isnan(a) || a > b ? a : b;
}
static double op_min(double a, double b)
{
    return isnan(a) || a < b ? a : b;
}
static double op_equal(double a, double b)
{
    return a == b;
}
static double op_less(double a, double b)
{
    return a < b;
}
static double op_greater(double a, double b)
{
    return a > b;
}
static double op_less_equal(double a, double b)
{
    return a <= b;
}
static double op_greater_equal(double a, double b)
{
    return a >= b;
}
static double op_and(double a, double b)
{
    return a != 0 && b != 0;
}
static double op_or(double a, double b)
{
    return a != 0 || b != 0;
}
static double op_xor(double a, double b)
{
    return (a != 0) != (b != 0);
}

static const struct {
    const char *name;
    double (*apply)(double a, double b);
    bool tells;
} pairs[] = {{"Add", op_add, false},
             {"Sub", op_sub, false},
             {"Mul", op_mul, false},
             {"Div", op_div, false},
             {"Pow", pow, false},
             {"Max", op_max, false},
             {"Min", op_min, false},
             {"Sum", op_add, false},
             {"Equal", op_equal, true},
             {"Less", op_less, true},
             {"Greater", op_greater, true},
             {"LessOrEqual", op_less_equal, true},
             {"GreaterOrEqual", op_greater_equal, true},
             {"And", op_and, true},
             {"Or", op_or, true},
             {"Xor", op_xor, true}};

static bool equal_texts(onnx_run *run, const onnx_node *n, const onnx_value *a, const onnx_value *b)
{
    walker w;
    if (!a->texts || !b->texts || strcmp(n->op->name, "Equal") != 0 ||
        !walk_begin(&w, (const onnx_value *[]){a, b}, 2))
        return onnx_misfit(run, n);
    onnx_value *out = onnx_out(run, n, 0, ONNX_BOOL, w.s.dims, w.s.rank);
    for (size_t i = 0; out && i < out->count; i++, walk_on(&w))
        out->numbers[i] = str_eq(a->texts[w.place[0]], b->texts[w.place[1]]);
    return out != NULL;
}

static bool is_whole_type(onnx_type t)
{
    return t != ONNX_FLOAT && t != ONNX_DOUBLE && t != ONNX_STRING;
}

/* Max, Min and Sum take any number of tensors: one after the other. */
static bool run_pair(onnx_run *run, const onnx_node *n)
{
    size_t which = 0;
    while (strcmp(pairs[which].name, n->op->name) != 0) which++;
    onnx_value left = *onnx_in(run, n, 0), *out = NULL;
    if (n->in_count == 1) return onnx_reshaped(run, n, &left, left.dims, left.rank);
    for (size_t k = 1; k < n->in_count; k++) {
        const onnx_value *right = onnx_in(run, n, k);
        walker w;
        if (!right) return onnx_misfit(run, n);
        if (left.texts || right->texts) return equal_texts(run, n, &left, right);
        if (!walk_begin(&w, (const onnx_value *[]){&left, right}, 2)) return onnx_misfit(run, n);
        bool truncates = pairs[which].apply == op_div && is_whole_type(left.type);
        onnx_value kept = *right; /* the output may be what the right one is */
        out = onnx_out(run, n, 0, pairs[which].tells ? ONNX_BOOL : left.type, w.s.dims, w.s.rank);
        if (!out) return false;
        for (size_t i = 0; i < out->count; i++, walk_on(&w)) {
            double v = pairs[which].apply(left.numbers[w.place[0]], kept.numbers[w.place[1]]);
            out->numbers[i] = truncates ? trunc(v) : v;
        }
        left = *out;
    }
    return true;
}

static int by_label(const void *a, const void *b)
{
    return label_compare(a, b);
}

/* What is known of the labels of both stays known; in their order, as classes have it. */
static bool join_labels(onnx_run *run, const onnx_value *a, const onnx_value *b, onnx_value *out)
{
    size_t count = a->label_count + b->label_count;
    if (!a->label_count || !b->label_count || a->labels[0].kind != b->labels[0].kind) return true;
    label *all = arena_alloc_array(run->memory, count, sizeof *all);
    if (!all) return err_set(run->e, ERR_MEMORY, "no memory for labels");
    memcpy(all, a->labels, a->label_count * sizeof *all);
    memcpy(all + a->label_count, b->labels, b->label_count * sizeof *all);
    qsort(all, count, sizeof *all, by_label);
    out->labels = all;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || by_label(&all[i], &all[out->label_count - 1]) != 0) all[out->label_count++] = all[i];
    return true;
}

/* A constant of one label; others know theirs already. */
static onnx_value with_labels(onnx_run *run, const onnx_value *x)
{
    onnx_value v = *x;
    bool is_label = x->count == 1 && !x->label_count && (x->texts || x->type == ONNX_INT64);
    label *own = is_label ? arena_alloc(run->memory, sizeof *own) : NULL;
    if (!own) return v;
    *own = x->texts ? (label){.kind = LABEL_TEXT, .text = x->texts[0]}
                    : (label){.kind = LABEL_INT, .integer = (int64_t)x->numbers[0]};
    v.labels = own;
    v.label_count = 1;
    return v;
}

static bool run_where(onnx_run *run, const onnx_node *n)
{
    const onnx_value *c = onnx_in(run, n, 0), *a = onnx_in(run, n, 1), *b = onnx_in(run, n, 2);
    walker w;
    if (!c || !a || !b || c->texts || !a->texts != !b->texts ||
        !walk_begin(&w, (const onnx_value *[]){c, a, b}, 3))
        return onnx_misfit(run, n);
    onnx_value *out = onnx_out(run, n, 0, a->type, w.s.dims, w.s.rank);
    if (!out) return false;
    for (size_t i = 0; i < out->count; i++, walk_on(&w)) {
        bool yes = c->numbers[w.place[0]] != 0;
        if (a->texts)
            out->texts[i] = yes ? a->texts[w.place[1]] : b->texts[w.place[2]];
        else
            out->numbers[i] = yes ? a->numbers[w.place[1]] : b->numbers[w.place[2]];
    }
    onnx_value left = with_labels(run, a), right = with_labels(run, b);
    return join_labels(run, &left, &right, out);
}

static bool run_expand(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0), *to = onnx_in(run, n, 1);
    onnx_value wanted = {.rank = to->count};
    walker w;
    if (to->texts || to->rank > 1 || to->count > ONNX_RANK_MAX) return onnx_misfit(run, n);
    for (size_t i = 0; i < to->count; i++) {
        if (!(to->numbers[i] >= 0 && to->numbers[i] < 1e12)) return onnx_misfit(run, n);
        wanted.dims[i] = (size_t)to->numbers[i];
    }
    if (!walk_begin(&w, (const onnx_value *[]){x, &wanted}, 2)) return onnx_misfit(run, n);
    onnx_value *out = onnx_out(run, n, 0, x->type, w.s.dims, w.s.rank);
    if (!out) return false;
    for (size_t i = 0; i < out->count; i++, walk_on(&w)) {
        if (x->texts)
            out->texts[i] = x->texts[w.place[0]];
        else
            out->numbers[i] = x->numbers[w.place[0]];
    }
    out->labels = x->labels;
    out->label_count = x->label_count;
    return true;
}

#define FUNCTION(name)              \
    {                               \
        name, 1, NULL, run_function \
    }
#define PAIR(name)              \
    {                           \
        name, 2, NULL, run_pair \
    }
const onnx_op onnx_cell_ops[] = {FUNCTION("Abs"),
                                 FUNCTION("Neg"),
                                 FUNCTION("Exp"),
                                 FUNCTION("Log"),
                                 FUNCTION("Sqrt"),
                                 FUNCTION("Reciprocal"),
                                 FUNCTION("Tanh"),
                                 FUNCTION("Sigmoid"),
                                 FUNCTION("Relu"),
                                 FUNCTION("Floor"),
                                 FUNCTION("Ceil"),
                                 FUNCTION("Round"),
                                 FUNCTION("Sign"),
                                 FUNCTION("Erf"),
                                 FUNCTION("Softplus"),
                                 FUNCTION("Softsign"),
                                 FUNCTION("Sin"),
                                 FUNCTION("Cos"),
                                 FUNCTION("Not"),
                                 FUNCTION("IsNaN"),
                                 FUNCTION("IsInf"),
                                 PAIR("Add"),
                                 PAIR("Sub"),
                                 PAIR("Mul"),
                                 PAIR("Div"),
                                 PAIR("Pow"),
                                 PAIR("Equal"),
                                 PAIR("Less"),
                                 PAIR("Greater"),
                                 PAIR("LessOrEqual"),
                                 PAIR("GreaterOrEqual"),
                                 PAIR("And"),
                                 PAIR("Or"),
                                 PAIR("Xor"),
                                 {"Max", 1, NULL, run_pair},
                                 {"Min", 1, NULL, run_pair},
                                 {"Sum", 1, NULL, run_pair},
                                 {"Where", 3, NULL, run_where},
                                 {"Expand", 2, NULL, run_expand},
                                 {"Clip", 1, read_clip, run_clip},
                                 {"Binarizer", 1, read_binarizer, run_binarizer},
                                 {"HardSigmoid", 1, read_slope, run_slope},
                                 {"LeakyRelu", 1, read_slope, run_slope},
                                 {"Elu", 1, read_slope, run_slope},
                                 {"Cast", 1, read_cast, run_cast},
                                 {NULL, 0, NULL, NULL}};
