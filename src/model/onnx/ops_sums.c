/*
 * model/onnx/ops_sums.c - operators over an axis: products of matrices, sums, the largest, order.
 */
#include "onnx/onnx.h"

#include "base/limits.h"
#include "format/protobuf.h"

#include <math.h>
#include <stdlib.h>

/* --- products ---------------------------------------------------------------------------------------------------------------- */

/* Of the last two dimensions; those before are equal, or only one side has them. */
static bool run_matmul(onnx_run *run, const onnx_node *n)
{
    const onnx_value a = *onnx_in(run, n, 0), b = *onnx_in(run, n, 1);
    if (a.texts || b.texts || a.rank == 0 || b.rank == 0) return onnx_misfit(run, n);
    size_t rows = a.rank > 1 ? a.dims[a.rank - 2] : 1, inner = a.dims[a.rank - 1];
    size_t columns = b.rank > 1 ? b.dims[b.rank - 1] : 1,
           b_inner = b.rank > 1 ? b.dims[b.rank - 2] : b.dims[0];
    const onnx_value *longer = a.rank >= b.rank ? &a : &b;
    size_t dims[ONNX_RANK_MAX], rank = 0, planes = 1;
    for (size_t i = 0; i + 2 < longer->rank; i++) planes *= dims[rank++] = longer->dims[i];
    bool a_repeats = a.rank <= 2, b_repeats = b.rank <= 2;
    if (inner != b_inner || (!a_repeats && !b_repeats && a.rank != b.rank)) return onnx_misfit(run, n);
    for (size_t i = 0; !a_repeats && !b_repeats && i + 2 < a.rank; i++)
        if (a.dims[i] != b.dims[i]) return onnx_misfit(run, n);
    if (a.rank > 1) dims[rank++] = rows;
    if (b.rank > 1) dims[rank++] = columns;
    onnx_value *out = onnx_out(run, n, 0, a.type, dims, rank);
    uint64_t steps;
    if (!out || __builtin_mul_overflow((uint64_t)out->count, (uint64_t)inner, &steps) ||
        !onnx_spend(run, steps))
        return false;
    for (size_t p = 0; p < planes; p++)
        for (size_t i = 0; i < rows; i++) {
            double *to = out->numbers + (p * rows + i) * columns;
            const double *x = a.numbers + ((a_repeats ? 0 : p * rows) + i) * inner;
            const double *y = b.numbers + (b_repeats ? 0 : p * inner * columns);
            for (size_t k = 0; k < inner; k++)
                for (size_t j = 0; j < columns; j++) to[j] += x[k] * y[k * columns + j];
        }
    return true;
}

typedef struct gemm {
    double alpha, beta;
    bool turns_a, turns_b;
} gemm;

static bool read_gemm(const onnx_source *s, void **state, err *e)
{
    gemm *g = *state = onnx_state(s, sizeof *g, e);
    if (!g) return false;
    g->alpha = onnx_attribute_real(s, "alpha", 1);
    g->beta = onnx_attribute_real(s, "beta", 1);
    g->turns_a = onnx_attribute_int(s, "transA", 0) != 0;
    g->turns_b = onnx_attribute_int(s, "transB", 0) != 0;
    return true;
}

static bool run_gemm(onnx_run *run, const onnx_node *n)
{
    const gemm *g = n->state;
    const onnx_value a = *onnx_in(run, n, 0), b = *onnx_in(run, n, 1), *c = onnx_in(run, n, 2);
    size_t c_rows = 1, c_columns = 1;
    if (a.rank != 2 || b.rank != 2 || a.texts || b.texts || (c && !onnx_as_matrix(c, &c_rows, &c_columns)))
        return onnx_misfit(run, n);
    size_t rows = a.dims[g->turns_a], inner = a.dims[!g->turns_a], columns = b.dims[!g->turns_b];
    bool fits = b.dims[g->turns_b] == inner && (c_rows == 1 || c_rows == rows) &&
                (c_columns == 1 || c_columns == columns);
    if (!fits) return onnx_misfit(run, n);
    onnx_value bias = c ? *c : (onnx_value){0};
    onnx_value *out = onnx_out(run, n, 0, a.type, (size_t[]){rows, columns}, 2);
    uint64_t steps;
    if (!out || __builtin_mul_overflow((uint64_t)out->count, (uint64_t)inner, &steps) ||
        !onnx_spend(run, steps))
        return false;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double sum = 0;
            for (size_t k = 0; k < inner; k++)
                sum += a.numbers[g->turns_a ? k * rows + i : i * inner + k] *
                       b.numbers[g->turns_b ? j * inner + k : k * columns + j];
            double add = c ? bias.numbers[(c_rows == 1 ? 0 : i) * c_columns + (c_columns == 1 ? 0 : j)] : 0;
            out->numbers[i * columns + j] = g->alpha * sum + g->beta * add;
        }
    return true;
}

/* com.microsoft's CDist: distances between the rows of two matrices. */
static bool read_distances(const onnx_source *s, void **state, err *e)
{
    bool *is_squared = *state = onnx_state(s, sizeof *is_squared, e);
    str metric = onnx_attribute_text(s, "metric", "sqeuclidean");
    if (!is_squared) return false;
    *is_squared = str_eq(metric, STR("sqeuclidean"));
    return *is_squared || str_eq(metric, STR("euclidean")) ||
           err_set(e, ERR_UNSUPPORTED, "the metric '%.*s' of the ONNX model is not understood",
                   STR_ARG(str_slice(metric, 0, 40)));
}

static bool run_distances(onnx_run *run, const onnx_node *n)
{
    const onnx_value a = *onnx_in(run, n, 0), b = *onnx_in(run, n, 1);
    bool is_squared = *(const bool *)n->state;
    if (a.rank != 2 || b.rank != 2 || a.texts || b.texts || a.dims[1] != b.dims[1])
        return onnx_misfit(run, n);
    onnx_value *out = onnx_out(run, n, 0, a.type, (size_t[]){a.dims[0], b.dims[0]}, 2);
    uint64_t steps;
    if (!out || __builtin_mul_overflow((uint64_t)out->count, (uint64_t)a.dims[1], &steps) ||
        !onnx_spend(run, steps))
        return false;
    for (size_t i = 0; i < out->count; i++) {
        const double *x = a.numbers + i / b.dims[0] * a.dims[1], *y = b.numbers + i % b.dims[0] * a.dims[1];
        double sum = 0;
        for (size_t j = 0; j < a.dims[1]; j++) sum += (x[j] - y[j]) * (x[j] - y[j]);
        out->numbers[i] = is_squared ? sum : sqrt(sum);
    }
    return true;
}

/* --- sums over axes ----------------------------------------------------------------------------------------------------------- */

typedef enum reduction { SUM, MEAN, MOST, LEAST, PRODUCT, L1, L2, SQUARES, LOG_SUM_EXP, LOG_SUM } reduction;
static const struct {
    const char *name;
    reduction how;
} reductions[] = {{"ReduceSum", SUM},       {"ReduceMean", MEAN},         {"ReduceMax", MOST},
                  {"ReduceMin", LEAST},     {"ReduceProd", PRODUCT},      {"ReduceL1", L1},
                  {"ReduceL2", L2},         {"ReduceSumSquare", SQUARES}, {"ReduceLogSumExp", LOG_SUM_EXP},
                  {"ReduceLogSum", LOG_SUM}};

typedef struct reduce {
    reduction how;
    onnx_ints axes;
    bool keeps, does_nothing_without_axes;
} reduce;

static bool read_reduce(const onnx_source *s, void **state, err *e)
{
    reduce *r = *state = onnx_state(s, sizeof *r, e);
    str name = pb_text(s->node, 4);
    if (!r) return false;
    for (size_t i = 0; i < COUNT_OF(reductions); i++)
        if (str_eq(name, str_from_c(reductions[i].name))) r->how = reductions[i].how;
    r->keeps = onnx_attribute_int(s, "keepdims", 1) != 0;
    r->does_nothing_without_axes = onnx_attribute_int(s, "noop_with_empty_axes", 0) != 0;
    return onnx_attribute_ints(s, "axes", &r->axes, e);
}

/* The numbers at `at`, `step` apart. */
static double reduce_run(reduction how, const double *at, size_t count, size_t step)
{
    double sum = how == MOST ? -INFINITY : how == LEAST ? INFINITY : how == PRODUCT ? 1 : 0, most = -INFINITY;
    for (size_t i = 0; how == LOG_SUM_EXP && i < count; i++) most = fmax(most, at[i * step]);
    if (!isfinite(most)) most = 0;
    for (size_t i = 0; i < count; i++) {
        double x = at[i * step];
        switch (how) {
        case MOST: sum = isnan(x) || x > sum ? x : sum; break;
        case LEAST: sum = isnan(x) || x < sum ? x : sum; break;
        case PRODUCT: sum *= x; break;
        case L1: sum += fabs(x); break;
        case L2:
        case SQUARES: sum += x * x; break;
        case LOG_SUM_EXP: sum += exp(x - most); break;
        default: sum += x;
        }
    }
    switch (how) {
    case MEAN: return sum / (double)count;
    case L2: return sqrt(sum);
    case LOG_SUM_EXP: return log(sum) + most;
    case LOG_SUM: return log(sum);
    default: return sum;
    }
}

/* Several axes: those that lie together are one; others are brought together by going through them one by one, which only sums allow. */
static bool reduce_axes(onnx_run *run, const onnx_node *n, const bool *gone, bool keeps)
{
    const reduce *r = n->state;
    const onnx_value *x = onnx_in(run, n, 0);
    size_t dims[ONNX_RANK_MAX], rank = 0, first = x->rank, last = 0, length = 1, before = 1, after = 1;
    for (size_t i = 0; i < x->rank; i++) {
        if (gone[i] && first == x->rank) first = i;
        if (gone[i]) last = i;
        if (!gone[i] || keeps) dims[rank++] = gone[i] ? 1 : x->dims[i];
    }
    for (size_t i = 0; i < x->rank; i++) {
        bool is_inside = first < x->rank && i >= first && i <= last;
        if (is_inside && !gone[i])
            return err_set(run->e, ERR_UNSUPPORTED, "'%s' of the ONNX model over axes that lie apart",
                           n->op->name);
        if (is_inside)
            length *= x->dims[i];
        else if (i < first)
            before *= x->dims[i];
        else
            after *= x->dims[i];
    }
    onnx_value *out = onnx_out(run, n, 0, x->type, dims, rank);
    if (!out || !onnx_spend(run, x->count)) return false;
    for (size_t i = 0; i < before; i++)
        for (size_t j = 0; j < after; j++)
            out->numbers[i * after + j] =
                reduce_run(r->how, x->numbers + i * length * after + j, length, after);
    return true;
}

static bool run_reduce(onnx_run *run, const onnx_node *n)
{
    const reduce *r = n->state;
    const onnx_value *x = onnx_in(run, n, 0), *list = onnx_in(run, n, 1);
    bool gone[ONNX_RANK_MAX] = {false};
    size_t count = list ? list->count : r->axes.count, at;
    if (x->texts || (list && list->texts)) return onnx_misfit(run, n);
    if (count == 0 && r->does_nothing_without_axes) return onnx_reshaped(run, n, x, x->dims, x->rank);
    for (size_t i = 0; i < count; i++) {
        double axis = list ? list->numbers[i] : (double)r->axes.at[i];
        if (!(fabs(axis) < 100) || !onnx_axis((int64_t)axis, x->rank, &at)) return onnx_misfit(run, n);
        gone[at] = true;
    }
    for (size_t i = 0; count == 0 && i < x->rank; i++) gone[i] = true;
    return reduce_axes(run, n, gone, r->keeps);
}

/* --- over one axis ------------------------------------------------------------------------------------------------------------- */

typedef struct over {
    int64_t axis;
    bool keeps, last, is_largest, is_exclusive, is_reversed;
} over;

static bool read_over(const onnx_source *s, void **state, err *e)
{
    over *o = *state = onnx_state(s, sizeof *o, e);
    str name = pb_text(s->node, 4);
    if (!o) return false;
    bool from_end =
        str_eq(name, STR("TopK")) || str_eq(name, STR("Softmax")) || str_eq(name, STR("LogSoftmax"));
    o->axis = onnx_attribute_int(s, "axis", from_end ? -1 : 0);
    o->keeps = onnx_attribute_int(s, "keepdims", 1) != 0;
    o->last = onnx_attribute_int(s, "select_last_index", 0) != 0;
    o->is_largest = onnx_attribute_int(s, "largest", 1) != 0;
    o->is_exclusive = onnx_attribute_int(s, "exclusive", 0) != 0;
    o->is_reversed = onnx_attribute_int(s, "reverse", 0) != 0;
    return true;
}

/* The numbers of columns are labels of their own: those that a graph may give as they are. */
static bool number_labels(onnx_run *run, size_t count, onnx_value *out)
{
    label *all =
        count <= LIMIT_FOREST_OUTPUTS ? arena_alloc_array(run->memory, count + 1, sizeof *all) : NULL;
    if (!all) return count > LIMIT_FOREST_OUTPUTS || err_set(run->e, ERR_MEMORY, "no memory for labels");
    for (size_t i = 0; i < count; i++) all[i] = (label){.kind = LABEL_INT, .integer = (int64_t)i};
    out->labels = all;
    out->label_count = count;
    return true;
}

static bool run_arg(onnx_run *run, const onnx_node *n)
{
    const over *o = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    size_t axis, dims[ONNX_RANK_MAX], rank = 0;
    if (!onnx_axis(o->axis, x.rank, &axis) || x.texts || x.dims[axis] == 0) return onnx_misfit(run, n);
    for (size_t i = 0; i < x.rank; i++)
        if (i != axis || o->keeps) dims[rank++] = i == axis ? 1 : x.dims[i];
    onnx_span s = onnx_span_of(&x, axis);
    bool is_most = strcmp(n->op->name, "ArgMax") == 0;
    onnx_value *out = onnx_out(run, n, 0, ONNX_INT64, dims, rank);
    for (size_t i = 0; out && i < out->count; i++) {
        const double *at = x.numbers + i / s.after * s.length * s.after + i % s.after;
        size_t best = 0;
        for (size_t k = 1; k < s.length; k++) {
            double a = at[k * s.after], b = at[best * s.after];
            if ((is_most ? a > b : a < b) || (o->last && a == b)) best = k;
        }
        out->numbers[i] = (double)best;
    }
    return out && (!is_most || number_labels(run, s.length, out));
}

static bool run_softmax(onnx_run *run, const onnx_node *n)
{
    const onnx_value x = *onnx_in(run, n, 0);
    bool is_log = n->op->name[0] == 'L';
    size_t axis;
    if (!onnx_axis(((const over *)n->state)->axis, x.rank, &axis) || x.texts) return onnx_misfit(run, n);
    onnx_span s = onnx_span_of(&x, axis);
    onnx_value *out = onnx_out_like(run, n, &x, x.type);
    for (size_t i = 0; out && s.length && i < s.before * s.after; i++) {
        size_t first = i / s.after * s.length * s.after + i % s.after;
        double most = -INFINITY, sum = 0;
        for (size_t k = 0; k < s.length; k++) most = fmax(most, x.numbers[first + k * s.after]);
        for (size_t k = 0; k < s.length; k++) sum += exp(x.numbers[first + k * s.after] - most);
        for (size_t k = 0; k < s.length; k++) {
            size_t at = first + k * s.after;
            out->numbers[at] = is_log ? x.numbers[at] - most - log(sum) : exp(x.numbers[at] - most) / sum;
        }
    }
    return out != NULL;
}

static bool run_cumulative(onnx_run *run, const onnx_node *n)
{
    const over *o = n->state;
    const onnx_value x = *onnx_in(run, n, 0), *which = onnx_in(run, n, 1);
    size_t axis;
    if (x.texts || which->texts || which->count != 1 || !(fabs(which->numbers[0]) < 100) ||
        !onnx_axis((int64_t)which->numbers[0], x.rank, &axis))
        return onnx_misfit(run, n);
    onnx_span s = onnx_span_of(&x, axis);
    onnx_value *out = onnx_out_like(run, n, &x, x.type);
    for (size_t i = 0; out && i < s.before * s.after; i++) {
        double sum = 0;
        for (size_t k = 0; k < s.length; k++) {
            size_t step = o->is_reversed ? s.length - 1 - k : k;
            size_t at = i / s.after * s.length * s.after + i % s.after + step * s.after;
            double own = x.numbers[at];
            out->numbers[at] = o->is_exclusive ? sum : sum + own;
            sum += own;
        }
    }
    return out != NULL;
}

typedef struct ranked {
    double number;
    size_t index;
} ranked;

/* The larger first, of equal ones the first; what is no number last. */
static int falling(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    bool x_is_nan = isnan(x->number), y_is_nan = isnan(y->number);
    if (x_is_nan != y_is_nan) return x_is_nan ? 1 : -1;
    if (!x_is_nan && x->number != y->number) return x->number > y->number ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool run_top(onnx_run *run, const onnx_node *n)
{
    const over *o = n->state;
    const onnx_value x = *onnx_in(run, n, 0), *wanted = onnx_in(run, n, 1);
    size_t axis, dims[ONNX_RANK_MAX];
    if (!onnx_axis(o->axis, x.rank, &axis) || x.texts || !wanted || wanted->texts || wanted->count != 1 ||
        !(wanted->numbers[0] >= 0 && wanted->numbers[0] <= (double)x.dims[axis]))
        return onnx_misfit(run, n);
    size_t k = (size_t)wanted->numbers[0];
    onnx_span s = onnx_span_of(&x, axis);
    memcpy(dims, x.dims, sizeof dims);
    dims[axis] = k;
    onnx_value *values = onnx_out(run, n, 0, x.type, dims, x.rank),
               *indices = values ? onnx_out(run, n, 1, ONNX_INT64, dims, x.rank) : NULL;
    ranked *all = arena_alloc_array(run->memory, s.length + 1, sizeof *all);
    if (!indices || !all || !onnx_spend(run, x.count * 32)) return false;
    for (size_t i = 0; i < s.before * s.after; i++) {
        size_t from = i / s.after * s.length * s.after + i % s.after,
               to = i / s.after * k * s.after + i % s.after;
        for (size_t j = 0; j < s.length; j++) {
            double v = x.numbers[from + j * s.after];
            all[j] = (ranked){o->is_largest ? v : -v, j};
        }
        qsort(all, s.length, sizeof *all, falling);
        for (size_t j = 0; j < k; j++) {
            values->numbers[to + j * s.after] = o->is_largest ? all[j].number : -all[j].number;
            indices->numbers[to + j * s.after] = (double)all[j].index;
        }
    }
    return true;
}

#define REDUCE(name)                     \
    {                                    \
        name, 1, read_reduce, run_reduce \
    }
const onnx_op onnx_sum_ops[] = {{"MatMul", 2, NULL, run_matmul},
                                {"Gemm", 2, read_gemm, run_gemm},
                                {"CDist", 2, read_distances, run_distances},
                                REDUCE("ReduceSum"),
                                REDUCE("ReduceMean"),
                                REDUCE("ReduceMax"),
                                REDUCE("ReduceMin"),
                                REDUCE("ReduceProd"),
                                REDUCE("ReduceL1"),
                                REDUCE("ReduceL2"),
                                REDUCE("ReduceSumSquare"),
                                REDUCE("ReduceLogSumExp"),
                                REDUCE("ReduceLogSum"),
                                {"ArgMax", 1, read_over, run_arg},
                                {"ArgMin", 1, read_over, run_arg},
                                {"Softmax", 1, read_over, run_softmax},
                                {"LogSoftmax", 1, read_over, run_softmax},
                                {"CumSum", 2, read_over, run_cumulative},
                                {"TopK", 2, read_over, run_top},
                                {NULL, 0, NULL, NULL}};
