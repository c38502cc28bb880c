/*
 * model/onnx/ops.c - the operators but the trees: linear models, scaling, labels, and arithmetic between matrices.
 */
#include "onnx/onnx.h"

#include "base/limits.h"

#include <math.h>

onnx_value *onnx_output(const onnx_run *run, const onnx_node *n, size_t which, size_t rows, size_t columns,
                        onnx_value *unasked, err *e)
{
    onnx_value *v = which < n->out_count ? &run->values[n->out[which]] : unasked;
    size_t cells;
    *v = (onnx_value){.rows = rows, .columns = columns};
    if (columns <= LIMIT_TABLE_COLUMNS && !__builtin_mul_overflow(rows, columns, &cells))
        v->numbers = arena_alloc_array(run->memory, cells + 1, sizeof *v->numbers);
    if (v->numbers) return v;
    (void)err_set(e, ERR_MEMORY, "no memory for %zu rows of %zu numbers", rows, columns);
    return NULL;
}

static bool misfit(const onnx_node *n, err *e)
{
    return err_set(e, ERR_INVALID, "'%s' of the ONNX model is given what does not fit it", n->op->name);
}

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

/* --- post_transform -------------------------------------------------------------------------------------------------------- */

static const char *const post_names[] = {"NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"};

bool onnx_post_read(const onnx_source *s, onnx_post *out, err *e)
{
    str name = onnx_attribute_text(s, "post_transform", "NONE");
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
    for (size_t i = 0; i < count; i++)
        if (!keeps_zeros || fabs(x[i]) > 1e-7) sum += x[i] = exp(x[i] - most);
    for (size_t i = 0; i < count && sum != 0; i++) x[i] /= sum;
}

void onnx_post_apply(onnx_post post, double *x, size_t count)
{
    if (post == POST_SOFTMAX || post == POST_SOFTMAX_ZERO) softmax(x, count, post == POST_SOFTMAX_ZERO);
    for (size_t i = 0; post == POST_LOGISTIC && i < count; i++) x[i] = onnx_logistic(x[i]);
}

/* --- linear models --------------------------------------------------------------------------------------------------------- */

typedef struct linear {
    onnx_reals weights, intercepts;
    model_classes classes;
    size_t targets;
    onnx_post post;
} linear;

static bool read_linear(const onnx_source *s, linear *l, err *e)
{
    if (!onnx_attribute_reals(s, "coefficients", &l->weights, e) ||
        !onnx_attribute_reals(s, "intercepts", &l->intercepts, e) || !onnx_post_read(s, &l->post, e))
        return false;
    if (!l->targets || !l->weights.count || l->weights.count % l->targets ||
        (l->intercepts.count && l->intercepts.count != l->targets))
        return err_set(e, ERR_INVALID, "coefficients and intercepts of the ONNX model do not fit together");
    return true;
}

static bool read_linear_classifier(const onnx_source *s, void **state, err *e)
{
    linear *l = arena_alloc(s->memory, sizeof *l);
    if (!l) return err_set(e, ERR_MEMORY, "no memory for a model");
    *state = l;
    if (!onnx_labels(s, "classlabels_ints", "classlabels_strings", &l->classes, e)) return false;
    l->targets = l->classes.count;
    if (!read_linear(s, l, e)) return false;
    if (l->targets < 2) return err_set(e, ERR_UNSUPPORTED, "LinearClassifier of one class");
    return true;
}

static bool read_linear_regressor(const onnx_source *s, void **state, err *e)
{
    linear *l = arena_alloc(s->memory, sizeof *l);
    int64_t targets = onnx_attribute_int(s, "targets", 1);
    if (!l) return err_set(e, ERR_MEMORY, "no memory for a model");
    *state = l;
    l->targets = targets > 0 && targets <= LIMIT_FOREST_OUTPUTS ? (size_t)targets : 0;
    return read_linear(s, l, e);
}

static bool run_linear(const onnx_run *run, const onnx_node *n, err *e)
{
    const linear *l = n->state;
    const onnx_value *x = &run->values[n->in[0]];
    bool classifies = l->classes.count != 0;
    onnx_value unasked[2], *chosen = NULL, *scores;
    if (x->columns * l->targets != l->weights.count) return misfit(n, e);
    if (classifies && !(chosen = onnx_output(run, n, 0, x->rows, 1, &unasked[0], e))) return false;
    if (!(scores = onnx_output(run, n, classifies, x->rows, l->targets, &unasked[1], e))) return false;
    for (size_t i = 0; i < x->rows; i++) {
        double *out = scores->numbers + i * l->targets;
        for (size_t t = 0; t < l->targets; t++) {
            double sum = l->intercepts.count ? l->intercepts.at[t] : 0;
            for (size_t j = 0; j < x->columns; j++)
                sum += x->numbers[i * x->columns + j] * l->weights.at[t * x->columns + j];
            out[t] = sum;
        }
        if (chosen) chosen->numbers[i] = (double)onnx_largest(out, l->targets);
        onnx_post_apply(l->post, out, l->targets);
    }
    if (chosen) {
        chosen->labels = l->classes.labels;
        chosen->label_count = l->classes.count;
    }
    return true;
}

/* --- scaling --------------------------------------------------------------------------------------------------------------- */

typedef struct scaler {
    onnx_reals offset, scale;
} scaler;

static bool read_scaler(const onnx_source *s, void **state, err *e)
{
    scaler *c = arena_alloc(s->memory, sizeof *c);
    if (!c) return err_set(e, ERR_MEMORY, "no memory for a model");
    *state = c;
    return onnx_attribute_reals(s, "offset", &c->offset, e) && onnx_attribute_reals(s, "scale", &c->scale, e);
}

static bool run_scaler(const onnx_run *run, const onnx_node *n, err *e)
{
    const scaler *c = n->state;
    const onnx_value *x = &run->values[n->in[0]];
    bool fits = (c->offset.count == 1 || c->offset.count == x->columns) &&
                (c->scale.count == 1 || c->scale.count == x->columns);
    onnx_value *out = fits ? onnx_output(run, n, 0, x->rows, x->columns, NULL, e) : NULL;
    if (!fits) return misfit(n, e);
    for (size_t i = 0; out && i < x->rows * x->columns; i++) {
        size_t j = i % x->columns;
        double offset = c->offset.at[c->offset.count == 1 ? 0 : j];
        out->numbers[i] = (x->numbers[i] - offset) * c->scale.at[c->scale.count == 1 ? 0 : j];
    }
    return out != NULL;
}

typedef enum norm { NORM_MAX, NORM_L1, NORM_L2 } norm;

static bool read_normalizer(const onnx_source *s, void **state, err *e)
{
    norm *kind = arena_alloc(s->memory, sizeof *kind);
    str name = onnx_attribute_text(s, "norm", "MAX");
    if (!kind) return err_set(e, ERR_MEMORY, "no memory for a model");
    *state = kind;
    *kind = str_eq(name, STR("L1")) ? NORM_L1 : str_eq(name, STR("L2")) ? NORM_L2 : NORM_MAX;
    return true;
}

static bool run_normalizer(const onnx_run *run, const onnx_node *n, err *e)
{
    const onnx_value *x = &run->values[n->in[0]];
    norm kind = *(const norm *)n->state;
    onnx_value *out = onnx_output(run, n, 0, x->rows, x->columns, NULL, e);
    for (size_t i = 0; out && i < x->rows; i++) {
        const double *row = x->numbers + i * x->columns;
        double size = kind == NORM_MAX && x->columns ? row[0] : 0;
        for (size_t j = 0; j < x->columns; j++)
            size = kind == NORM_MAX ? fmax(size, row[j])
                                    : size + (kind == NORM_L1 ? fabs(row[j]) : row[j] * row[j]);
        if (kind == NORM_L2) size = sqrt(size);
        for (size_t j = 0; j < x->columns; j++)
            out->numbers[i * x->columns + j] = size != 0 ? row[j] / size : row[j];
    }
    return out != NULL;
}

/* --- as they are, and between matrices --------------------------------------------------------------------------------------- */

static bool run_same(const onnx_run *run, const onnx_node *n, err *e)
{
    if (n->out_count != 1) return misfit(n, e);
    run->values[n->out[0]] = run->values[n->in[0]];
    return true;
}

static bool read_cast(const onnx_source *s, void **state, err *e)
{
    (void)state;
    int64_t to = onnx_attribute_int(s, "to", 0);
    bool known = to == 1 || to == 7 || to == 8 || to == 11;
    return known || err_set(e, ERR_UNSUPPORTED, "'Cast' of the ONNX model to type %lld", (long long)to);
}

/* Rows stay rows: other shapes are not asked for by models of tables. */
static bool run_reshape(const onnx_run *run, const onnx_node *n, err *e)
{
    const onnx_value *x = &run->values[n->in[0]], *shape = &run->values[n->in[1]];
    size_t count = shape->rows * shape->columns;
    if (!shape->is_constant || x->is_constant || count > 2) return misfit(n, e);
    double last = shape->numbers[count - 1];
    bool same = count == 2 ? last == (double)x->columns || (last == -1 && shape->numbers[0] == 0)
                           : x->columns == 1 && last == -1;
    return same ? run_same(run, n, e) : misfit(n, e);
}

/* Gather and ArrayFeatureExtractor: labels out of a constant, by their number. */
static bool run_gather(const onnx_run *run, const onnx_node *n, err *e)
{
    const onnx_value *from = &run->values[n->in[0]], *which = &run->values[n->in[1]];
    if (!from->is_constant || !from->labels || which->is_constant || which->columns != 1) return misfit(n, e);
    onnx_value *out = onnx_output(run, n, 0, which->rows, 1, NULL, e);
    for (size_t i = 0; out && i < which->rows; i++) {
        double index = which->numbers[i];
        if (!(index >= 0 && index < (double)from->label_count) || index != floor(index)) return misfit(n, e);
        out->numbers[i] = index;
    }
    if (!out) return false;
    out->labels = from->labels;
    out->label_count = from->label_count;
    return true;
}

static double between(char op, double a, double b)
{
    return op == 'D' ? a / b : op == 'M' ? a * b : op == 'A' ? a + b : a - b;
}

static bool run_between(const onnx_run *run, const onnx_node *n, err *e)
{
    const onnx_value *a = &run->values[n->in[0]], *b = &run->values[n->in[1]];
    size_t columns = a->columns > b->columns ? a->columns : b->columns,
           rows = a->is_constant ? b->rows : a->rows;
    bool fits = (a->columns == columns || a->columns == 1) && (b->columns == columns || b->columns == 1) &&
                (a->rows == rows || a->rows == 1) && (b->rows == rows || b->rows == 1) &&
                !(a->is_constant && b->is_constant);
    onnx_value *out = fits ? onnx_output(run, n, 0, rows, columns, NULL, e) : NULL;
    if (!fits) return misfit(n, e);
    for (size_t i = 0; out && i < rows * columns; i++) {
        size_t r = i / columns, c = i % columns;
        double x = a->numbers[(a->rows == 1 ? 0 : r) * a->columns + (a->columns == 1 ? 0 : c)],
               y = b->numbers[(b->rows == 1 ? 0 : r) * b->columns + (b->columns == 1 ? 0 : c)];
        out->numbers[i] = between(n->op->name[0], x, y);
    }
    return out != NULL;
}

static bool run_argmax(const onnx_run *run, const onnx_node *n, err *e)
{
    const onnx_value *x = &run->values[n->in[0]];
    onnx_value *out = x->columns ? onnx_output(run, n, 0, x->rows, 1, NULL, e) : NULL;
    if (!x->columns) return misfit(n, e);
    for (size_t i = 0; out && i < x->rows; i++)
        out->numbers[i] = (double)onnx_largest(x->numbers + i * x->columns, x->columns);
    return out != NULL;
}

static bool read_argmax(const onnx_source *s, void **state, err *e)
{
    (void)state;
    int64_t axis = onnx_attribute_int(s, "axis", 0);
    return axis == 1 || axis == -1 ||
           err_set(e, ERR_UNSUPPORTED, "'ArgMax' of the ONNX model over axis %lld", (long long)axis);
}

static const onnx_op others[] = {{"LinearClassifier", 1, read_linear_classifier, run_linear},
                                 {"LinearRegressor", 1, read_linear_regressor, run_linear},
                                 {"Scaler", 1, read_scaler, run_scaler},
                                 {"Normalizer", 1, read_normalizer, run_normalizer},
                                 {"Cast", 1, read_cast, run_same},
                                 {"Identity", 1, NULL, run_same},
                                 {"ZipMap", 1, NULL, run_same},
                                 {"Reshape", 2, NULL, run_reshape},
                                 {"Gather", 2, NULL, run_gather},
                                 {"ArrayFeatureExtractor", 2, NULL, run_gather},
                                 {"Div", 2, NULL, run_between},
                                 {"Mul", 2, NULL, run_between},
                                 {"Add", 2, NULL, run_between},
                                 {"Sub", 2, NULL, run_between},
                                 {"ArgMax", 1, read_argmax, run_argmax}};

const onnx_op *onnx_op_find(str name)
{
    if (str_eq(name, str_from_c(onnx_tree_classifier.name))) return &onnx_tree_classifier;
    if (str_eq(name, str_from_c(onnx_tree_regressor.name))) return &onnx_tree_regressor;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (str_eq(name, str_from_c(others[i].name))) return &others[i];
    return NULL;
}
