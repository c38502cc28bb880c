/*
 * model/onnx/ops_tables.c - ai.onnx.ml's operators over tables: linear models, scaling, filling gaps, encoding.
 */
#include "onnx/onnx.h"

#include "base/limits.h"

#include <math.h>
#include <stdio.h>

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

/* One row of coefficients for two classes is the second's score. */
static bool read_linear_classifier(const onnx_source *s, void **state, err *e)
{
    linear *l = *state = onnx_state(s, sizeof *l, e);
    if (!l || !onnx_labels(s, "classlabels_ints", "classlabels_strings", &l->classes, e)) return false;
    onnx_reals intercepts;
    if (!onnx_attribute_reals(s, "intercepts", &intercepts, e)) return false;
    l->targets = l->classes.count == 2 && intercepts.count == 1 ? 1 : l->classes.count;
    if (!read_linear(s, l, e)) return false;
    if (l->classes.count < 2) return err_set(e, ERR_UNSUPPORTED, "LinearClassifier of one class");
    return true;
}

static bool read_linear_regressor(const onnx_source *s, void **state, err *e)
{
    linear *l = *state = onnx_state(s, sizeof *l, e);
    int64_t targets = onnx_attribute_int(s, "targets", 1);
    if (!l) return false;
    l->targets = targets > 0 && targets <= LIMIT_FOREST_OUTPUTS ? (size_t)targets : 0;
    return read_linear(s, l, e);
}

static void linear_row(const linear *l, const double *x, size_t columns, double *out)
{
    for (size_t t = 0; t < l->targets; t++) {
        double sum = l->intercepts.count ? l->intercepts.at[t] : 0;
        for (size_t j = 0; j < columns; j++) sum += x[j] * l->weights.at[t * columns + j];
        out[t] = sum;
    }
}

static bool run_linear_regressor(onnx_run *run, const onnx_node *n)
{
    const linear *l = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    size_t rows, columns;
    if (!onnx_as_matrix(&x, &rows, &columns) || columns * l->targets != l->weights.count)
        return onnx_misfit(run, n);
    onnx_value *out = onnx_out(run, n, 0, ONNX_FLOAT, (size_t[]){rows, l->targets}, 2);
    for (size_t i = 0; out && i < rows; i++) {
        linear_row(l, x.numbers + i * columns, columns, out->numbers + i * l->targets);
        onnx_post_apply(l->post, out->numbers + i * l->targets, l->targets);
    }
    return out != NULL;
}

static bool run_linear_classifier(onnx_run *run, const onnx_node *n)
{
    const linear *l = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    size_t rows, columns, classes = l->classes.count;
    if (!onnx_as_matrix(&x, &rows, &columns) || columns * l->targets != l->weights.count)
        return onnx_misfit(run, n);
    size_t *chosen = arena_alloc_array(run->memory, rows + 1, sizeof *chosen);
    onnx_value *scores = onnx_out(run, n, 1, ONNX_FLOAT, (size_t[]){rows, classes}, 2);
    if (!scores || !chosen) return scores && err_set(run->e, ERR_MEMORY, "no memory for %zu rows", rows);
    for (size_t i = 0; i < rows; i++) {
        double *out = scores->numbers + i * classes;
        linear_row(l, x.numbers + i * columns, columns, out);
        if (l->targets == 1) {
            double s = out[0];
            bool is_logistic = l->post == POST_LOGISTIC;
            chosen[i] = s > 0;
            out[0] = is_logistic ? onnx_logistic(-s) : -s;
            out[1] = is_logistic ? onnx_logistic(s) : s;
            if (!is_logistic) onnx_post_apply(l->post, out, 2);
        } else {
            chosen[i] = onnx_largest(out, classes);
            onnx_post_apply(l->post, out, classes);
        }
    }
    return onnx_choose(run, n, &l->classes, chosen, rows);
}

/* --- scaling --------------------------------------------------------------------------------------------------------------- */

typedef struct scaler {
    onnx_reals offset, scale;
} scaler;

static bool read_scaler(const onnx_source *s, void **state, err *e)
{
    scaler *c = *state = onnx_state(s, sizeof *c, e);
    return c && onnx_attribute_reals(s, "offset", &c->offset, e) &&
           onnx_attribute_reals(s, "scale", &c->scale, e);
}

static bool run_scaler(onnx_run *run, const onnx_node *n)
{
    const scaler *c = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    size_t rows, columns;
    bool fits = onnx_as_matrix(&x, &rows, &columns) && (c->offset.count == 1 || c->offset.count == columns) &&
                (c->scale.count == 1 || c->scale.count == columns);
    if (!fits) return onnx_misfit(run, n);
    onnx_value *out = onnx_out_like(run, n, &x, ONNX_FLOAT);
    for (size_t i = 0; out && i < x.count; i++) {
        size_t j = i % columns;
        double offset = c->offset.at[c->offset.count == 1 ? 0 : j];
        out->numbers[i] = (x.numbers[i] - offset) * c->scale.at[c->scale.count == 1 ? 0 : j];
    }
    return out != NULL;
}

typedef enum norm { NORM_MAX, NORM_L1, NORM_L2 } norm;

static bool read_normalizer(const onnx_source *s, void **state, err *e)
{
    norm *kind = *state = onnx_state(s, sizeof *kind, e);
    str name = onnx_attribute_text(s, "norm", "MAX");
    if (kind) *kind = str_eq(name, STR("L1")) ? NORM_L1 : str_eq(name, STR("L2")) ? NORM_L2 : NORM_MAX;
    return kind != NULL;
}

static bool run_normalizer(onnx_run *run, const onnx_node *n)
{
    const onnx_value x = *onnx_in(run, n, 0);
    norm kind = *(const norm *)n->state;
    size_t rows, columns;
    if (!onnx_as_matrix(&x, &rows, &columns)) return onnx_misfit(run, n);
    onnx_value *out = onnx_out_like(run, n, &x, ONNX_FLOAT);
    for (size_t i = 0; out && i < rows; i++) {
        const double *row = x.numbers + i * columns;
        double size = kind == NORM_MAX && columns ? row[0] : 0;
        for (size_t j = 0; j < columns; j++)
            size = kind == NORM_MAX ? fmax(size, row[j])
                                    : size + (kind == NORM_L1 ? fabs(row[j]) : row[j] * row[j]);
        if (kind == NORM_L2) size = sqrt(size);
        for (size_t j = 0; j < columns; j++)
            out->numbers[i * columns + j] = size != 0 ? row[j] / size : row[j];
    }
    return out != NULL;
}

/* --- gaps ------------------------------------------------------------------------------------------------------------------ */

typedef struct imputer {
    onnx_reals fill;
    double missing;
} imputer;

static bool read_imputer(const onnx_source *s, void **state, err *e)
{
    imputer *m = *state = onnx_state(s, sizeof *m, e);
    onnx_ints ints;
    if (!m || !onnx_attribute_reals(s, "imputed_value_floats", &m->fill, e) ||
        !onnx_attribute_ints(s, "imputed_value_int64s", &ints, e))
        return false;
    bool is_int = ints.count && !m->fill.count;
    m->missing = is_int ? (double)onnx_attribute_int(s, "replaced_value_int64", 0)
                        : onnx_attribute_real(s, "replaced_value_float", 0);
    if (!is_int)
        return m->fill.count || err_set(e, ERR_INVALID, "an 'Imputer' of the ONNX model without values");
    m->fill = (onnx_reals){onnx_state(s, ints.count * sizeof(double), e), ints.count};
    for (size_t i = 0; m->fill.at && i < ints.count; i++) m->fill.at[i] = (double)ints.at[i];
    return m->fill.at != NULL;
}

static bool run_imputer(onnx_run *run, const onnx_node *n)
{
    const imputer *m = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    size_t rows, columns;
    if (!onnx_as_matrix(&x, &rows, &columns) || (m->fill.count != 1 && m->fill.count != columns))
        return onnx_misfit(run, n);
    onnx_value *out = onnx_out_like(run, n, &x, x.type);
    for (size_t i = 0; out && i < x.count; i++) {
        double v = x.numbers[i];
        bool gap = isnan(m->missing) ? isnan(v) : v == m->missing;
        out->numbers[i] = gap ? m->fill.at[m->fill.count == 1 ? 0 : i % columns] : v;
    }
    return out != NULL;
}

/* --- codes ----------------------------------------------------------------------------------------------------------------- */

/* Keys and what they become: numbers or texts, each. */
typedef struct side {
    onnx_reals numbers;
    onnx_texts texts;
    bool is_whole;
} side;

typedef struct encoder {
    side keys, values;
    double otherwise;
    str otherwise_text;
    label *labels;
    size_t count;
} encoder;

static bool read_side(const onnx_source *s, const char *stem, side *out, err *e)
{
    char name[40];
    onnx_ints ints;
    snprintf(name, sizeof name, "%s_strings", stem);
    if (!onnx_attribute_texts(s, name, &out->texts, e)) return false;
    snprintf(name, sizeof name, "%s_int64s", stem);
    if (!onnx_attribute_ints(s, name, &ints, e)) return false;
    snprintf(name, sizeof name, "%s_floats", stem);
    if (!onnx_attribute_reals(s, name, &out->numbers, e)) return false;
    if (ints.count && !out->numbers.count) {
        out->is_whole = true;
        out->numbers = (onnx_reals){onnx_state(s, ints.count * sizeof(double), e), ints.count};
        if (!out->numbers.at) return false;
        for (size_t i = 0; i < ints.count; i++) out->numbers.at[i] = (double)ints.at[i];
    }
    snprintf(name, sizeof name, "%s_tensor", stem);
    bytes tensor = onnx_attribute_tensor(s, name);
    if (!tensor.len) return true;
    onnx_value v;
    if (!onnx_tensor(s->memory, tensor, &v, e)) return false;
    out->is_whole = v.type == ONNX_INT64 || v.type == ONNX_INT32;
    out->numbers = (onnx_reals){.count = 0};
    out->texts = (onnx_texts){.count = 0};
    if (v.texts)
        out->texts = (onnx_texts){v.texts, v.count};
    else
        out->numbers = (onnx_reals){v.numbers, v.count};
    return true;
}

/* The labels that can come out. */
static bool list_labels(const onnx_source *s, encoder *c, err *e)
{
    c->labels = onnx_state(s, (c->count + 1) * sizeof *c->labels, e);
    if (!c->labels) return false;
    for (size_t i = 0; i < c->count; i++)
        c->labels[i] = c->values.texts.count
                           ? (label){.kind = LABEL_TEXT, .text = c->values.texts.at[i]}
                           : (label){.kind = LABEL_INT, .integer = (int64_t)c->values.numbers.at[i]};
    return true;
}

/* Version 1 numbers a list of texts, either way. */
static bool read_old_encoder(const onnx_source *s, encoder *c, err *e)
{
    onnx_texts texts;
    if (!onnx_attribute_texts(s, "classes_strings", &texts, e)) return false;
    if (texts.count == 0) return true;
    onnx_reals numbers = {onnx_state(s, texts.count * sizeof(double), e), texts.count};
    if (!numbers.at) return false;
    for (size_t i = 0; i < texts.count; i++) numbers.at[i] = (double)i;
    c->keys.texts = c->values.texts = texts;
    c->keys.numbers = c->values.numbers = numbers;
    c->values.is_whole = true;
    return true;
}

static bool read_encoder(const onnx_source *s, void **state, err *e)
{
    encoder *c = *state = onnx_state(s, sizeof *c, e);
    if (!c || !read_side(s, "keys", &c->keys, e) || !read_side(s, "values", &c->values, e) ||
        !read_old_encoder(s, c, e))
        return false;
    c->count = c->values.texts.count ? c->values.texts.count : c->values.numbers.count;
    size_t keys = c->keys.texts.count ? c->keys.texts.count : c->keys.numbers.count;
    if (c->count == 0 || keys != c->count)
        return err_set(e, ERR_INVALID, "a 'LabelEncoder' of the ONNX model of %zu keys and %zu values", keys,
                       c->count);
    c->otherwise_text = arena_copy(s->memory, onnx_attribute_text(s, "default_string", "_Unused"));
    bool is_real = !c->values.is_whole;
    c->otherwise = is_real ? onnx_attribute_real(s, "default_float", 0)
                           : (double)onnx_attribute_int(s, "default_int64", -1);
    bytes tensor = onnx_attribute_tensor(s, "default_tensor");
    onnx_value v;
    if (tensor.len && !onnx_tensor(s->memory, tensor, &v, e)) return false;
    if (tensor.len && v.count) {
        if (v.texts)
            c->otherwise_text = v.texts[0];
        else
            c->otherwise = v.numbers[0];
    }
    return (c->values.texts.count == 0 && is_real) || list_labels(s, c, e);
}

static size_t find_key(const encoder *c, const onnx_value *x, size_t i)
{
    for (size_t k = 0; x->texts && k < c->keys.texts.count; k++)
        if (str_eq(c->keys.texts.at[k], x->texts[i])) return k;
    for (size_t k = 0; !x->texts && k < c->keys.numbers.count; k++) {
        double key = c->keys.numbers.at[k], v = x->numbers[i];
        if (key == v || (isnan(key) && isnan(v))) return k;
    }
    return c->count;
}

static bool run_encoder(onnx_run *run, const onnx_node *n)
{
    const encoder *c = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    bool fits = x.texts ? c->keys.texts.count != 0 : c->keys.numbers.count != 0;
    if (!fits || !onnx_spend(run, x.count * (c->count / 8 + 1))) return fits ? false : onnx_misfit(run, n);
    /* Version 1 has both sides: text becomes numbers, numbers become text. */
    bool gives_text = c->values.texts.count && (!c->values.numbers.count || !x.texts);
    onnx_value *out = onnx_out_like(run, n, &x,
                                    gives_text           ? ONNX_STRING
                                    : c->values.is_whole ? ONNX_INT64
                                                         : ONNX_FLOAT);
    for (size_t i = 0; out && i < x.count; i++) {
        size_t k = find_key(c, &x, i);
        if (gives_text)
            out->texts[i] = k < c->count ? c->values.texts.at[k] : c->otherwise_text;
        else
            out->numbers[i] = k < c->count ? c->values.numbers.at[k] : c->otherwise;
    }
    if (out && (gives_text || c->values.is_whole)) {
        out->labels = c->labels;
        out->label_count = c->count;
    }
    return out != NULL;
}

typedef struct one_hot {
    onnx_ints ints;
    onnx_texts texts;
    bool takes_unknown;
} one_hot;

static bool read_one_hot(const onnx_source *s, void **state, err *e)
{
    one_hot *c = *state = onnx_state(s, sizeof *c, e);
    if (!c || !onnx_attribute_ints(s, "cats_int64s", &c->ints, e) ||
        !onnx_attribute_texts(s, "cats_strings", &c->texts, e))
        return false;
    c->takes_unknown = onnx_attribute_int(s, "zeros", 1) != 0;
    return c->ints.count || c->texts.count ||
           err_set(e, ERR_INVALID, "a 'OneHotEncoder' of the ONNX model without categories");
}

static bool run_one_hot(onnx_run *run, const onnx_node *n)
{
    const one_hot *c = n->state;
    const onnx_value x = *onnx_in(run, n, 0);
    size_t width = c->texts.count ? c->texts.count : c->ints.count, dims[ONNX_RANK_MAX];
    if (!x.texts != !c->texts.count || x.rank == ONNX_RANK_MAX || !onnx_spend(run, x.count * (width / 8 + 1)))
        return onnx_misfit(run, n);
    memcpy(dims, x.dims, sizeof dims);
    dims[x.rank] = width;
    onnx_value *out = onnx_out(run, n, 0, ONNX_FLOAT, dims, x.rank + 1);
    for (size_t i = 0; out && i < x.count; i++) {
        size_t k = 0;
        while (k < width &&
               !(x.texts ? str_eq(x.texts[i], c->texts.at[k]) : trunc(x.numbers[i]) == (double)c->ints.at[k]))
            k++;
        if (k < width)
            out->numbers[i * width + k] = 1;
        else if (!c->takes_unknown && !run->is_trial)
            return err_set(run->e, ERR_UNPROCESSABLE, "row %zu holds a category that is not known", i + 1);
    }
    return out != NULL;
}

const onnx_op onnx_table_ops[] = {{"LinearClassifier", 1, read_linear_classifier, run_linear_classifier},
                                  {"LinearRegressor", 1, read_linear_regressor, run_linear_regressor},
                                  {"Scaler", 1, read_scaler, run_scaler},
                                  {"Normalizer", 1, read_normalizer, run_normalizer},
                                  {"Imputer", 1, read_imputer, run_imputer},
                                  {"LabelEncoder", 1, read_encoder, run_encoder},
                                  {"OneHotEncoder", 1, read_one_hot, run_one_hot},
                                  {NULL, 0, NULL, NULL}};
