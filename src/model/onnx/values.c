/*
 * model/onnx/values.c - what operators share: values, their shapes, and what becomes of scores.
 */
#include "onnx/onnx.h"

#include "base/limits.h"

#include <math.h>

static const onnx_op *const tables[] = {onnx_cell_ops,  onnx_shape_ops,   onnx_sum_ops, onnx_tree_ops,
                                        onnx_table_ops, onnx_machine_ops, onnx_scan_ops};

const onnx_op *onnx_op_find(str name)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        for (const onnx_op *op = tables[i]; op->name; op++)
            if (str_eq(name, str_from_c(op->name))) return op;
    return NULL;
}

bool onnx_misfit(const onnx_run *run, const onnx_node *n)
{
    return err_set(run->e, ERR_INVALID, "'%s' of the ONNX model is given what does not fit it", n->op->name);
}

bool onnx_spend(onnx_run *run, uint64_t steps)
{
    if (steps > run->steps_left)
        return err_set(run->e, ERR_TOO_LARGE, "the ONNX model asks for more steps than it is given");
    run->steps_left -= steps;
    return true;
}

const onnx_value *onnx_in(const onnx_run *run, const onnx_node *n, size_t k)
{
    return k < n->in_count && n->in[k] != ONNX_ABSENT ? &run->values[n->in[k]] : NULL;
}

onnx_value *onnx_out(onnx_run *run, const onnx_node *n, size_t k, onnx_type type, const size_t *dims,
                     size_t rank)
{
    bool is_asked = k < n->out_count && n->out[k] != ONNX_ABSENT;
    onnx_value *v = is_asked ? &run->values[n->out[k]] : arena_alloc(run->memory, sizeof *v);
    size_t cells = 1;
    bool fits = v && rank <= ONNX_RANK_MAX;
    for (size_t i = 0; fits && i < rank; i++) fits = !__builtin_mul_overflow(cells, dims[i], &cells);
    fits = fits && cells < SIZE_MAX / sizeof(str) && onnx_spend(run, cells);
    if (fits) {
        *v = (onnx_value){.type = type, .rank = rank, .count = cells};
        if (rank) memcpy(v->dims, dims, rank * sizeof *dims);
        if (type == ONNX_STRING)
            v->texts = arena_alloc_array(run->memory, cells + 1, sizeof *v->texts);
        else
            v->numbers = arena_alloc_array(run->memory, cells + 1, sizeof *v->numbers);
        if (v->texts || v->numbers) return v;
    }
    if (run->e->code == ERR_NONE)
        (void)err_set(run->e, ERR_MEMORY, "no memory for what '%s' of the ONNX model gives", n->op->name);
    return NULL;
}

onnx_value *onnx_out_like(onnx_run *run, const onnx_node *n, const onnx_value *x, onnx_type type)
{
    return onnx_out(run, n, 0, type, x->dims, x->rank);
}

bool onnx_reshaped(onnx_run *run, const onnx_node *n, const onnx_value *x, const size_t *dims, size_t rank)
{
    size_t cells = 1;
    bool fits = rank <= ONNX_RANK_MAX;
    for (size_t i = 0; fits && i < rank; i++) fits = !__builtin_mul_overflow(cells, dims[i], &cells);
    if (!fits || cells != x->count || n->out_count < 1 || n->out[0] == ONNX_ABSENT)
        return onnx_misfit(run, n);
    onnx_value *v = &run->values[n->out[0]];
    size_t kept[ONNX_RANK_MAX]; /* dims may be those of x, and x may be v */
    for (size_t i = 0; i < rank; i++) kept[i] = dims[i];
    *v = *x;
    v->rank = rank;
    for (size_t i = 0; i < rank; i++) v->dims[i] = kept[i];
    return true;
}

bool onnx_axis(int64_t axis, size_t rank, size_t *out)
{
    if (axis < 0) axis += (int64_t)rank;
    *out = (size_t)axis;
    return axis >= 0 && axis < (int64_t)rank;
}

onnx_span onnx_span_of(const onnx_value *x, size_t axis)
{
    onnx_span s = {1, x->dims[axis], 1};
    for (size_t i = 0; i < axis; i++) s.before *= x->dims[i];
    for (size_t i = axis + 1; i < x->rank; i++) s.after *= x->dims[i];
    return s;
}

bool onnx_as_matrix(const onnx_value *x, size_t *rows, size_t *columns)
{
    *rows = x->rank == 2 ? x->dims[0] : 1;
    *columns = x->rank == 2 ? x->dims[1] : x->count;
    return x->rank <= 2 && !x->texts;
}

/* --- scores ---------------------------------------------------------------------------------------------------------------- */

double onnx_logistic(double x)
{
    return 1 / (1 + exp(-x));
}

size_t onnx_largest(const double *x, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

static const char *const post_names[] = {"NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT"};

bool onnx_post_read(const onnx_source *s, onnx_post *out, err *e)
{
    /* The TreeEnsemble of ai.onnx.ml 5 has a number. */
    int64_t number = onnx_attribute_int(s, "post_transform", 0);
    str name = onnx_attribute_text(s, "post_transform", "NONE");
    if (name.len == 0 && number >= 0 && number < (int64_t)COUNT_OF(post_names)) {
        *out = (onnx_post)number;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(post_names); i++)
        if (str_eq(name, str_from_c(post_names[i]))) {
            *out = (onnx_post)i;
            return true;
        }
    return err_set(e, ERR_UNSUPPORTED, "the post_transform '%.*s' of the ONNX model is not understood",
                   STR_ARG(str_slice(name, 0, 40)));
}

/* SOFTMAX_ZERO leaves zeros out. */
static void softmax(double *x, size_t count, bool keeps_zeros)
{
    double most = x[onnx_largest(x, count)], sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (keeps_zeros && fabs(x[i]) <= 1e-7)
            x[i] *= exp(-most);
        else
            sum += x[i] = exp(x[i] - most);
    }
    for (size_t i = 0; i < count && sum != 0; i++) x[i] /= sum;
}

/* The operator's own approximation of the inverse of the normal distribution (Winitzki's of erf): that is what runtimes compute. */
static double probit(double p)
{
    double x = 2 * p - 1, side = x < 0 ? -1 : 1, ln = log((1 - x) * (1 + x));
    double a = 2 / (M_PI * 0.147) + 0.5 * ln;
    return M_SQRT2 * side * sqrt(sqrt(a * a - ln / 0.147) - a);
}

void onnx_post_apply(onnx_post post, double *x, size_t count)
{
    if (post == POST_SOFTMAX || post == POST_SOFTMAX_ZERO) softmax(x, count, post == POST_SOFTMAX_ZERO);
    for (size_t i = 0; post == POST_LOGISTIC && i < count; i++) x[i] = onnx_logistic(x[i]);
    for (size_t i = 0; post == POST_PROBIT && i < count; i++) x[i] = probit(x[i]);
}

bool onnx_choose(onnx_run *run, const onnx_node *n, const model_classes *classes, const size_t *indices,
                 size_t rows)
{
    bool is_text = classes->labels[0].kind == LABEL_TEXT;
    onnx_value *out = onnx_out(run, n, 0, is_text ? ONNX_STRING : ONNX_INT64, &rows, 1);
    if (!out) return false;
    for (size_t i = 0; i < rows; i++) {
        const label *l = &classes->labels[indices[i]];
        if (is_text)
            out->texts[i] = l->text;
        else
            out->numbers[i] = (double)l->integer;
    }
    out->labels = classes->labels;
    out->label_count = classes->count;
    return true;
}
