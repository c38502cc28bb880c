/*
 * model/onnx/ops_shape.c - operators that move numbers and texts without changing them: shapes, pieces, and picking by number.
 */
#include "onnx/onnx.h"

#include "base/limits.h"

#include <math.h>

/* One cell from a tensor to another of the same type. */
static void move(const onnx_value *from, size_t at, onnx_value *to, size_t place)
{
    if (from->texts)
        to->texts[place] = from->texts[at];
    else
        to->numbers[place] = from->numbers[at];
}

static void inherit(const onnx_value *from, onnx_value *to)
{
    to->labels = from->labels;
    to->label_count = from->label_count;
}

static bool run_same(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    return onnx_reshaped(run, n, x, x->dims, x->rank);
}

/* --- constants ------------------------------------------------------------------------------------------------------------- */

static bool read_constant(const onnx_source *s, void **state, err *e)
{
    onnx_value *v = *state = onnx_state(s, sizeof *v, e);
    onnx_reals reals;
    onnx_ints ints;
    if (!v) return false;
    bytes tensor = onnx_attribute_tensor(s, "value");
    if (tensor.len) return onnx_tensor(s->memory, tensor, v, e);
    if (!onnx_attribute_reals(s, "value_floats", &reals, e) ||
        !onnx_attribute_ints(s, "value_ints", &ints, e))
        return false;
    bool is_real = onnx_attribute_has(s, "value_float"), is_int = onnx_attribute_has(s, "value_int");
    size_t count = is_real || is_int ? 1 : reals.count ? reals.count : ints.count;
    if (count == 0) return err_set(e, ERR_UNSUPPORTED, "a 'Constant' of the ONNX model of an unknown kind");
    *v = (onnx_value){.type = is_real || reals.count ? ONNX_FLOAT : ONNX_INT64,
                      .rank = !is_real && !is_int,
                      .dims = {count},
                      .count = count};
    v->numbers = onnx_state(s, (count + 1) * sizeof *v->numbers, e);
    for (size_t i = 0; v->numbers && i < count; i++)
        v->numbers[i] = is_real       ? onnx_attribute_real(s, "value_float", 0)
                        : is_int      ? (double)onnx_attribute_int(s, "value_int", 0)
                        : reals.count ? reals.at[i]
                                      : (double)ints.at[i];
    return v->numbers != NULL;
}

static bool run_constant(onnx_run *run, const onnx_node *n)
{
    const onnx_value *v = n->state;
    return onnx_reshaped(run, n, v, v->dims, v->rank);
}

/* Whole numbers of a small tensor: shapes, axes, numbers of columns. */
static bool wholes_of(const onnx_value *v, int64_t *out, size_t most, size_t *count)
{
    *count = v->count;
    if (v->texts || v->count > most) return false;
    for (size_t i = 0; i < v->count; i++) {
        if (!(fabs(v->numbers[i]) < 1e15)) return false;
        out[i] = (int64_t)v->numbers[i];
    }
    return true;
}

/* The numbers of an input, or else of an attribute that was read. */
static bool wholes_at(const onnx_run *run, const onnx_node *n, size_t k, const onnx_ints *otherwise,
                      int64_t *out, size_t *count)
{
    const onnx_value *v = onnx_in(run, n, k);
    if (v) return wholes_of(v, out, ONNX_RANK_MAX, count);
    *count = otherwise->count;
    if (otherwise->count > ONNX_RANK_MAX) return false;
    for (size_t i = 0; i < otherwise->count; i++) out[i] = otherwise->at[i];
    return true;
}

static bool run_filled(onnx_run *run, const onnx_node *n)
{
    const onnx_value *shape = onnx_in(run, n, 0), *value = n->state;
    int64_t wanted[ONNX_RANK_MAX];
    size_t rank, dims[ONNX_RANK_MAX];
    if (!wholes_of(shape, wanted, ONNX_RANK_MAX, &rank)) return onnx_misfit(run, n);
    for (size_t i = 0; i < rank; i++) {
        if (wanted[i] < 0) return onnx_misfit(run, n);
        dims[i] = (size_t)wanted[i];
    }
    bool is_zero = !value->numbers;
    onnx_value *out = onnx_out(run, n, 0, is_zero ? ONNX_FLOAT : value->type, dims, rank);
    for (size_t i = 0; out && i < out->count; i++) out->numbers[i] = is_zero ? 0 : value->numbers[0];
    return out != NULL;
}

static bool read_filled(const onnx_source *s, void **state, err *e)
{
    onnx_value *v = *state = onnx_state(s, sizeof *v, e);
    bytes tensor = onnx_attribute_tensor(s, "value");
    if (!v || !tensor.len) return v != NULL;
    if (!onnx_tensor(s->memory, tensor, v, e)) return false;
    return (v->numbers && v->count) ||
           err_set(e, ERR_INVALID, "a 'ConstantOfShape' of the ONNX model of nothing");
}

static bool run_shape(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    bool is_size = n->op->name[1] == 'i';
    size_t dims[] = {x->rank};
    onnx_value shape = *x;
    onnx_value *out = onnx_out(run, n, 0, ONNX_INT64, dims, !is_size);
    for (size_t i = 0; out && i < out->count; i++)
        out->numbers[i] = (double)(is_size ? shape.count : shape.dims[i]);
    return out != NULL;
}

/* --- shapes ---------------------------------------------------------------------------------------------------------------- */

typedef struct axes {
    onnx_ints list;
    int64_t axis;
    bool has_axis;
} axes;

static bool read_axes(const onnx_source *s, void **state, err *e)
{
    axes *a = *state = onnx_state(s, sizeof *a, e);
    if (!a) return false;
    a->axis = onnx_attribute_int(s, "axis", 0);
    a->has_axis = onnx_attribute_has(s, "axis");
    return onnx_attribute_ints(s, "axes", &a->list, e);
}

/* 0 takes a dimension as it is, -1 what is left. */
static bool run_reshape(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    int64_t wanted[ONNX_RANK_MAX];
    size_t rank, dims[ONNX_RANK_MAX], known = 1, open = ONNX_ABSENT;
    if (!wholes_of(onnx_in(run, n, 1), wanted, ONNX_RANK_MAX, &rank)) return onnx_misfit(run, n);
    for (size_t i = 0; i < rank; i++) {
        dims[i] = i < x->rank && wanted[i] == 0 ? x->dims[i] : (size_t)wanted[i];
        if (wanted[i] == -1 && open == ONNX_ABSENT)
            open = i;
        else if (wanted[i] < 0 || __builtin_mul_overflow(known, dims[i], &known))
            return onnx_misfit(run, n);
    }
    if (open != ONNX_ABSENT) dims[open] = known ? x->count / known : 0;
    return onnx_reshaped(run, n, x, dims, rank);
}

static bool read_flatten(const onnx_source *s, void **state, err *e)
{
    axes *a = *state = onnx_state(s, sizeof *a, e);
    if (a) a->axis = onnx_attribute_int(s, "axis", 1);
    return a != NULL;
}

static bool run_flatten(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    int64_t axis = ((const axes *)n->state)->axis;
    if (axis < 0) axis += (int64_t)x->rank;
    if (axis < 0 || axis > (int64_t)x->rank) return onnx_misfit(run, n);
    size_t dims[2] = {1, 1};
    for (size_t i = 0; i < x->rank; i++) dims[i >= (size_t)axis] *= x->dims[i];
    return onnx_reshaped(run, n, x, dims, 2);
}

static bool run_squeeze(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    int64_t list[ONNX_RANK_MAX];
    size_t count, dims[ONNX_RANK_MAX], rank = 0;
    bool gone[ONNX_RANK_MAX] = {false};
    if (!wholes_at(run, n, 1, &((const axes *)n->state)->list, list, &count)) return onnx_misfit(run, n);
    for (size_t i = 0; i < count; i++) {
        size_t at;
        if (!onnx_axis(list[i], x->rank, &at) || x->dims[at] != 1) return onnx_misfit(run, n);
        gone[at] = true;
    }
    for (size_t i = 0; i < x->rank; i++) {
        bool drops = count ? gone[i] : x->dims[i] == 1;
        if (!drops) dims[rank++] = x->dims[i];
    }
    return onnx_reshaped(run, n, x, dims, rank);
}

static bool run_unsqueeze(onnx_run *run, const onnx_node *n)
{
    const onnx_value *x = onnx_in(run, n, 0);
    int64_t list[ONNX_RANK_MAX];
    size_t count, dims[ONNX_RANK_MAX], from = 0;
    bool is_new[ONNX_RANK_MAX] = {false};
    if (!wholes_at(run, n, 1, &((const axes *)n->state)->list, list, &count) ||
        count + x->rank > ONNX_RANK_MAX)
        return onnx_misfit(run, n);
    size_t rank = count + x->rank;
    for (size_t i = 0; i < count; i++) {
        size_t at;
        if (!onnx_axis(list[i], rank, &at) || is_new[at]) return onnx_misfit(run, n);
        is_new[at] = true;
    }
    for (size_t i = 0; i < rank; i++) dims[i] = is_new[i] ? 1 : x->dims[from++];
    return onnx_reshaped(run, n, x, dims, rank);
}

static bool read_transpose(const onnx_source *s, void **state, err *e)
{
    axes *a = *state = onnx_state(s, sizeof *a, e);
    return a && onnx_attribute_ints(s, "perm", &a->list, e);
}

static bool run_transpose(onnx_run *run, const onnx_node *n)
{
    const onnx_value x = *onnx_in(run, n, 0);
    const onnx_ints *list = &((const axes *)n->state)->list;
    size_t order[ONNX_RANK_MAX], dims[ONNX_RANK_MAX], steps[ONNX_RANK_MAX], at[ONNX_RANK_MAX] = {0}, step = 1;
    unsigned seen = 0;
    if (list->count && list->count != x.rank) return onnx_misfit(run, n);
    for (size_t i = x.rank; i-- > 0;) {
        order[i] = x.rank - 1 - i;
        if (list->count && !onnx_axis(list->at[i], x.rank, &order[i])) return onnx_misfit(run, n);
        seen |= 1u << order[i];
        steps[i] = step;
        step *= x.dims[i];
    }
    if (seen != (1u << x.rank) - 1) return onnx_misfit(run, n);
    for (size_t i = 0; i < x.rank; i++) dims[i] = x.dims[order[i]];
    onnx_value *out = onnx_out(run, n, 0, x.type, dims, x.rank);
    if (!out) return false;
    for (size_t i = 0, place = 0; i < out->count; i++) {
        move(&x, place, out, i);
        for (size_t d = x.rank; d-- > 0;) {
            place += steps[order[d]];
            if (++at[d] < dims[d]) break;
            place -= steps[order[d]] * dims[d];
            at[d] = 0;
        }
    }
    inherit(&x, out);
    return true;
}

/* --- pieces ---------------------------------------------------------------------------------------------------------------- */

static bool run_concat(onnx_run *run, const onnx_node *n)
{
    const onnx_value *first = onnx_in(run, n, 0);
    size_t axis, total = 0, place = 0;
    if (!onnx_axis(((const axes *)n->state)->axis, first->rank, &axis)) return onnx_misfit(run, n);
    size_t dims[ONNX_RANK_MAX];
    memcpy(dims, first->dims, sizeof dims);
    for (size_t k = 0; k < n->in_count; k++) {
        const onnx_value *x = onnx_in(run, n, k);
        if (!x || x->rank != first->rank || !x->texts != !first->texts) return onnx_misfit(run, n);
        for (size_t i = 0; i < x->rank; i++)
            if (i != axis && x->dims[i] != dims[i]) return onnx_misfit(run, n);
        total += x->dims[axis];
    }
    dims[axis] = total;
    onnx_value *out = onnx_out(run, n, 0, first->type, dims, first->rank);
    if (!out) return false;
    onnx_span whole = onnx_span_of(out, axis);
    for (size_t k = 0; k < n->in_count; k++) {
        const onnx_value *x = onnx_in(run, n, k);
        size_t part = x->dims[axis] * whole.after;
        for (size_t i = 0; i < whole.before; i++)
            for (size_t j = 0; j < part; j++) move(x, i * part + j, out, i * total * whole.after + place + j);
        place += part;
    }
    return true;
}

/* ai.onnx.ml: its inputs side by side. */
static bool run_features(onnx_run *run, const onnx_node *n)
{
    size_t rows = 0, columns = 0, place = 0;
    for (size_t k = 0; k < n->in_count; k++) {
        const onnx_value *x = onnx_in(run, n, k);
        if (!x || x->texts || x->rank > 2 || x->rank == 0 || (k && x->dims[0] != rows))
            return onnx_misfit(run, n);
        rows = x->dims[0];
        columns += x->rank == 2 ? x->dims[1] : 1;
    }
    onnx_value *out = onnx_out(run, n, 0, ONNX_FLOAT, (size_t[]){rows, columns}, 2);
    if (!out) return false;
    for (size_t k = 0; k < n->in_count; k++) {
        const onnx_value *x = onnx_in(run, n, k);
        size_t width = x->rank == 2 ? x->dims[1] : 1;
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < width; j++)
                out->numbers[i * columns + place + j] = x->numbers[i * width + j];
        place += width;
    }
    return true;
}

/* From `begin` on, `length` of an axis, `step` apart. */
typedef struct cut {
    size_t axis, length;
    int64_t begin, step;
} cut;

static bool cut_out(onnx_run *run, const onnx_node *n, size_t which, const onnx_value *x, const cut *c)
{
    size_t dims[ONNX_RANK_MAX];
    onnx_span s = onnx_span_of(x, c->axis);
    memcpy(dims, x->dims, sizeof dims);
    dims[c->axis] = c->length;
    onnx_value from = *x, *out = onnx_out(run, n, which, x->type, dims, x->rank);
    if (!out) return false;
    for (size_t i = 0; i < s.before; i++)
        for (size_t k = 0; k < c->length; k++)
            for (size_t j = 0; j < s.after; j++) {
                size_t place = (size_t)(c->begin + (int64_t)k * c->step);
                move(&from, (i * s.length + place) * s.after + j, out, (i * c->length + k) * s.after + j);
            }
    inherit(&from, out);
    return true;
}

static bool read_split(const onnx_source *s, void **state, err *e)
{
    axes *a = *state = onnx_state(s, sizeof *a, e);
    if (!a) return false;
    a->axis = onnx_attribute_int(s, "axis", 0);
    return onnx_attribute_ints(s, "split", &a->list, e);
}

static bool run_split(onnx_run *run, const onnx_node *n)
{
    const onnx_value x = *onnx_in(run, n, 0), *sizes = onnx_in(run, n, 1);
    const axes *a = n->state;
    cut c = {.step = 1};
    if (!onnx_axis(a->axis, x.rank, &c.axis) || (sizes && sizes->texts)) return onnx_misfit(run, n);
    size_t given = sizes ? sizes->count : a->list.count, total = x.dims[c.axis];
    if (given && given != n->out_count) return onnx_misfit(run, n);
    size_t share = (total + n->out_count - 1) / n->out_count;
    for (size_t k = 0; k < n->out_count; k++) {
        size_t left = total - (size_t)c.begin;
        double size = sizes   ? sizes->numbers[k]
                      : given ? (double)a->list.at[k]
                              : (double)(share < left ? share : left);
        if (!(size >= 0 && size <= (double)left)) return onnx_misfit(run, n);
        c.length = (size_t)size;
        if (!cut_out(run, n, k, &x, &c)) return false;
        c.begin += (int64_t)c.length;
    }
    return true;
}

typedef struct slices {
    onnx_ints starts, ends, axes;
} slices;

static bool read_slice(const onnx_source *s, void **state, err *e)
{
    slices *c = *state = onnx_state(s, sizeof *c, e);
    return c && onnx_attribute_ints(s, "starts", &c->starts, e) &&
           onnx_attribute_ints(s, "ends", &c->ends, e) && onnx_attribute_ints(s, "axes", &c->axes, e);
}

static int64_t within(int64_t at, int64_t low, int64_t high)
{
    return at < low ? low : at > high ? high : at;
}

/* Python's rules for a slice of an axis of that length. */
static void settle_cut(cut *c, int64_t start, int64_t end, size_t length)
{
    int64_t n = (int64_t)length;
    if (start < 0) start += n;
    if (end < 0) end += n;
    start = c->step > 0 ? within(start, 0, n) : within(start, 0, n - 1);
    end = c->step > 0 ? within(end, 0, n) : within(end, -1, n - 1);
    int64_t room = c->step > 0 ? end - start : start - end, pace = c->step > 0 ? c->step : -c->step;
    c->begin = start;
    c->length = room > 0 && n > 0 ? (size_t)((room + pace - 1) / pace) : 0;
}

static bool run_slice(onnx_run *run, const onnx_node *n)
{
    const slices *s = n->state;
    int64_t starts[ONNX_RANK_MAX], ends[ONNX_RANK_MAX], list[ONNX_RANK_MAX], steps[ONNX_RANK_MAX];
    size_t count, end_count, axis_count, step_count;
    static const onnx_ints none = {0};
    if (!wholes_at(run, n, 1, &s->starts, starts, &count) ||
        !wholes_at(run, n, 2, &s->ends, ends, &end_count) ||
        !wholes_at(run, n, 3, &s->axes, list, &axis_count) ||
        !wholes_at(run, n, 4, &none, steps, &step_count) || end_count != count ||
        (axis_count && axis_count != count) || (step_count && step_count != count))
        return onnx_misfit(run, n);
    onnx_value now = *onnx_in(run, n, 0);
    if (count == 0) return onnx_reshaped(run, n, &now, now.dims, now.rank);
    for (size_t i = 0; i < count; i++) {
        cut c = {.step = step_count ? steps[i] : 1};
        if (!onnx_axis(axis_count ? list[i] : (int64_t)i, now.rank, &c.axis) || c.step == 0)
            return onnx_misfit(run, n);
        settle_cut(&c, starts[i], ends[i], now.dims[c.axis]);
        if (!cut_out(run, n, 0, &now, &c)) return false;
        now = run->values[n->out[0]];
    }
    return true;
}

static bool run_tile(onnx_run *run, const onnx_node *n)
{
    const onnx_value x = *onnx_in(run, n, 0);
    int64_t times[ONNX_RANK_MAX];
    size_t count, dims[ONNX_RANK_MAX];
    if (!wholes_of(onnx_in(run, n, 1), times, ONNX_RANK_MAX, &count) || count != x.rank)
        return onnx_misfit(run, n);
    for (size_t i = 0; i < count; i++)
        if (times[i] < 0 || __builtin_mul_overflow(x.dims[i], (size_t)times[i], &dims[i]))
            return onnx_misfit(run, n);
    onnx_value *out = onnx_out(run, n, 0, x.type, dims, x.rank);
    for (size_t i = 0; out && i < out->count; i++) {
        size_t rest = i, place = 0, step = 1;
        for (size_t d = x.rank; d-- > 0;) {
            place += rest % dims[d] % x.dims[d] * step;
            step *= x.dims[d];
            rest /= dims[d];
        }
        move(&x, place, out, i);
    }
    if (out) inherit(&x, out);
    return out != NULL;
}

/* --- by number -------------------------------------------------------------------------------------------------------------- */

static bool place_of(const onnx_run *run, const onnx_value *which, size_t i, size_t length, size_t *place)
{
    double at = which->numbers[i];
    if (run->is_trial && !(at >= -(double)length && at < (double)length))
        at = 0; /* what zeros lead to says nothing */
    if (at < 0) at += (double)length;
    *place = at >= 0 && at < (double)length ? (size_t)at : 0;
    return at >= 0 && at < (double)length;
}

/* Labels out of a constant: what it holds is what there can be. */
static bool learn_labels(onnx_run *run, const onnx_value *from, onnx_value *out)
{
    if (from->rank != 1 || from->count > LIMIT_FOREST_OUTPUTS ||
        (from->type != ONNX_STRING && from->type != ONNX_INT64 && from->type != ONNX_INT32))
        return true;
    label *all = arena_alloc_array(run->memory, from->count + 1, sizeof *all);
    if (!all) return err_set(run->e, ERR_MEMORY, "no memory for labels");
    for (size_t i = 0; i < from->count; i++)
        all[i] = from->texts ? (label){.kind = LABEL_TEXT, .text = from->texts[i]}
                             : (label){.kind = LABEL_INT, .integer = (int64_t)from->numbers[i]};
    out->labels = all;
    out->label_count = from->count;
    return true;
}

static bool run_gather(onnx_run *run, const onnx_node *n)
{
    const onnx_value from = *onnx_in(run, n, 0), which = *onnx_in(run, n, 1);
    size_t axis, dims[2 * ONNX_RANK_MAX], rank = 0;
    if (!onnx_axis(((const axes *)n->state)->axis, from.rank, &axis) || which.texts ||
        from.rank + which.rank > ONNX_RANK_MAX + 1)
        return onnx_misfit(run, n);
    for (size_t i = 0; i < axis; i++) dims[rank++] = from.dims[i];
    for (size_t i = 0; i < which.rank; i++) dims[rank++] = which.dims[i];
    for (size_t i = axis + 1; i < from.rank; i++) dims[rank++] = from.dims[i];
    onnx_span s = onnx_span_of(&from, axis);
    onnx_value *out = onnx_out(run, n, 0, from.type, dims, rank);
    if (!out) return false;
    for (size_t i = 0; i < s.before; i++)
        for (size_t k = 0; k < which.count; k++) {
            size_t place;
            if (!place_of(run, &which, k, s.length, &place)) return onnx_misfit(run, n);
            for (size_t j = 0; j < s.after; j++)
                move(&from, (i * s.length + place) * s.after + j, out, (i * which.count + k) * s.after + j);
        }
    return learn_labels(run, &from, out);
}

/* ai.onnx.ml: along the last axis; of a vector a row comes out. */
static bool run_extractor(onnx_run *run, const onnx_node *n)
{
    const onnx_value from = *onnx_in(run, n, 0), which = *onnx_in(run, n, 1);
    if (from.rank == 0 || which.texts) return onnx_misfit(run, n);
    size_t dims[ONNX_RANK_MAX], rank = from.rank == 1 ? 2 : from.rank, length = from.dims[from.rank - 1];
    memcpy(dims, from.dims, sizeof dims);
    if (from.rank == 1) dims[0] = 1;
    dims[rank - 1] = which.count;
    onnx_value *out = onnx_out(run, n, 0, from.type, dims, rank);
    if (!out) return false;
    for (size_t i = 0; i < out->count; i++) {
        size_t place;
        if (!place_of(run, &which, i % which.count, length, &place)) return onnx_misfit(run, n);
        move(&from, i / which.count * length + place, out, i);
    }
    return learn_labels(run, &from, out);
}

static bool run_gather_elements(onnx_run *run, const onnx_node *n)
{
    const onnx_value from = *onnx_in(run, n, 0), which = *onnx_in(run, n, 1);
    size_t axis;
    if (!onnx_axis(((const axes *)n->state)->axis, from.rank, &axis) || which.rank != from.rank ||
        which.texts)
        return onnx_misfit(run, n);
    for (size_t i = 0; i < from.rank; i++)
        if (i != axis && which.dims[i] != from.dims[i]) return onnx_misfit(run, n);
    onnx_span s = onnx_span_of(&from, axis), w = onnx_span_of(&which, axis);
    onnx_value *out = onnx_out(run, n, 0, from.type, which.dims, which.rank);
    for (size_t i = 0; out && i < which.count; i++) {
        size_t place, before = i / (w.length * w.after), after = i % w.after;
        if (!place_of(run, &which, i, s.length, &place)) return onnx_misfit(run, n);
        move(&from, (before * s.length + place) * s.after + after, out, i);
    }
    return out != NULL;
}

const onnx_op onnx_shape_ops[] = {{"Identity", 1, NULL, run_same},
                                  {"Dropout", 1, NULL, run_same},
                                  {"ZipMap", 1, NULL, run_same},
                                  {"Constant", 0, read_constant, run_constant},
                                  {"ConstantOfShape", 1, read_filled, run_filled},
                                  {"Shape", 1, NULL, run_shape},
                                  {"Size", 1, NULL, run_shape},
                                  {"Reshape", 2, NULL, run_reshape},
                                  {"Flatten", 1, read_flatten, run_flatten},
                                  {"Squeeze", 1, read_axes, run_squeeze},
                                  {"Unsqueeze", 1, read_axes, run_unsqueeze},
                                  {"Transpose", 1, read_transpose, run_transpose},
                                  {"Concat", 1, read_axes, run_concat},
                                  {"FeatureVectorizer", 1, NULL, run_features},
                                  {"Split", 1, read_split, run_split},
                                  {"Slice", 1, read_slice, run_slice},
                                  {"Tile", 2, NULL, run_tile},
                                  {"Gather", 2, read_axes, run_gather},
                                  {"ArrayFeatureExtractor", 2, NULL, run_extractor},
                                  {"GatherElements", 2, read_axes, run_gather_elements},
                                  {NULL, 0, NULL, NULL}};
