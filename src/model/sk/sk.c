/*
 * model/sk/sk.c - looking at a pickled estimator: every number is copied out of the file, checked.
 */
#include "sk/sk.h"

#include "base/limits.h"
#include "read_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* --- failing ------------------------------------------------------------------------------------------------------------- */

void sk_fail(sk *s, err_code code, const char *format, ...)
{
    if (s->failed) return;
    s->failed = true;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_set(s->e, code, "%s", text);
}

void *sk_alloc(sk *s, size_t count, size_t item_bytes)
{
    if (s->failed) return NULL;
    void *memory = arena_alloc_array(&s->m->memory, count ? count : 1, item_bytes);
    if (!memory) sk_fail(s, ERR_MEMORY, "no memory for %zu numbers of a model", count);
    return memory;
}

/* --- attributes ---------------------------------------------------------------------------------------------------------- */

bool sk_has(const sk *s, const char *name)
{
    const pickle_value *v = pickle_get(s->v, name);
    return v && v->kind != PICKLE_NONE;
}

const pickle_value *sk_get(sk *s, const char *name)
{
    const pickle_value *v = pickle_get(s->v, name);
    if (!v) sk_fail(s, ERR_INVALID, "it has no %s: it was not fitted, or is of an unknown version", name);
    return v;
}

bool sk_text_of(const pickle_value *v, const char *text)
{
    return v && v->kind == PICKLE_STR && str_eq(v->text, str_from_c(text));
}

bool sk_is_text(const sk *s, const char *name, const char *text)
{
    return sk_text_of(pickle_get(s->v, name), text);
}

static bool array_number(const pickle_ndarray *array, uint64_t index, double *out)
{
    uint64_t at = index * array->item_bytes;
    switch (array->type) {
    case 'f':
        if (array->item_bytes != 4 && array->item_bytes != 8) return false;
        *out = array_float(array, at, array->item_bytes);
        return true;
    case 'b':
    case 'u':
    case 'i':
        if (array->item_bytes > 8) return false;
        *out = (double)array_integer(array, at, array->item_bytes, array->type == 'i' ? 'i' : 'u');
        return true;
    default: return false;
    }
}

static bool plain_number(const pickle_value *v, double *out)
{
    if (v->kind == PICKLE_INT) return *out = (double)v->integer, true;
    if (v->kind == PICKLE_FLOAT) return *out = v->number, true;
    if (v->kind == PICKLE_BOOL) return *out = v->boolean, true;
    return false;
}

static bool any_number(sk *s, const pickle_value *v, double *out)
{
    pickle_ndarray array;
    if (plain_number(v, out)) return true;
    if (!pickle_as_ndarray(s->file->scratch, v, &array, NULL) || array.count != 1) return false;
    if (array.type == 'O') return plain_number(array.objects[0], out);
    return array_number(&array, 0, out);
}

double sk_number(sk *s, const char *name)
{
    return sk_number_of(s, sk_get(s, name), name);
}

double sk_number_of(sk *s, const pickle_value *v, const char *name)
{
    double number = 0;
    if (!v || s->failed) return 0;
    if (!any_number(s, v, &number)) sk_fail(s, ERR_UNSUPPORTED, "its %s is no number", name);
    if (!isfinite(number) && !(s->takes_infinite && isinf(number)))
        sk_fail(s, ERR_INVALID, "its %s is %g", name, number);
    return s->failed ? 0 : number;
}

double sk_number_or(sk *s, const char *name, double fallback)
{
    return sk_has(s, name) ? sk_number(s, name) : fallback;
}

int64_t sk_integer(sk *s, const char *name)
{
    double number = sk_number(s, name);
    if (number != floor(number) || fabs(number) > 9e15) sk_fail(s, ERR_INVALID, "its %s is %g", name, number);
    return s->failed ? 0 : (int64_t)number;
}

bool sk_flag(sk *s, const char *name, bool fallback)
{
    return sk_has(s, name) ? sk_number(s, name) != 0 : fallback;
}

unsigned sk_choice(sk *s, const char *name, const char *const *words, size_t count)
{
    const pickle_value *v = pickle_get(s->v, name);
    if (!v) return 0;
    for (size_t i = 0; i < count; i++)
        if (sk_text_of(v, words[i])) return (unsigned)i;
    str word = v->kind == PICKLE_STR ? str_slice(v->text, 0, 60) : STR("no text");
    sk_fail(s, ERR_UNSUPPORTED, "its %s is '%.*s', which is not understood", name, STR_ARG(word));
    return 0;
}

/* --- arrays -------------------------------------------------------------------------------------------------------------- */

/* In the order of rows, whichever order they were stored in. */
static void copy_numbers(sk *s, const pickle_ndarray *array, const char *name, bool takes_nan, matrix *out)
{
    for (size_t i = 0; i < array->count && !s->failed; i++) {
        size_t row = i / out->columns, column = i % out->columns;
        size_t stored = array->fortran_order && array->rank == 2 ? column * out->rows + row : i;
        double number = 0;
        bool ok = array->type == 'O' ? plain_number(array->objects[stored], &number)
                                     : array_number(array, stored, &number);
        if (!ok) sk_fail(s, ERR_UNSUPPORTED, "its %s holds something else than numbers", name);
        if ((isinf(number) && !s->takes_infinite) || (isnan(number) && !takes_nan))
            sk_fail(s, ERR_INVALID, "number %zu of its %s is %g", i, name, number);
        out->at[i] = number;
    }
}

static void take_budget(sk *s, uint64_t numbers, const char *name)
{
    if (s->failed) return;
    if (numbers > s->file->numbers_left) {
        sk_fail(s, ERR_TOO_LARGE, "its %s has %llu numbers, more than LIMIT_MODEL_NUMBERS allows", name,
                (unsigned long long)numbers);
        return;
    }
    s->file->numbers_left -= numbers;
}

double *sk_numbers(sk *s, size_t rows, size_t columns, const char *name)
{
    size_t count = 0;
    if (__builtin_mul_overflow(rows, columns, &count)) count = SIZE_MAX;
    take_budget(s, count, name);
    return sk_alloc(s, count, sizeof(double));
}

matrix sk_matrix_of(sk *s, const pickle_value *v, const char *name, bool takes_nan)
{
    if (s->failed || !v) return (matrix){0};
    return sk_is_sparse(v) ? sk_sparse_of(s, v, name) : sk_array_of(s, v, name, takes_nan);
}

matrix sk_array_of(sk *s, const pickle_value *v, const char *name, bool takes_nan)
{
    pickle_ndarray array;
    matrix out = {0};
    if (s->failed || !v) return out;
    err why = {0};
    if (!pickle_as_ndarray(s->file->scratch, v, &array, &why)) {
        sk_fail(s, ERR_UNSUPPORTED, "its %s: %s", name, why.message);
        return out;
    }
    if (array.rank == 3 && s->takes_cubes && !array.fortran_order) {
        array.shape[0] *= array.shape[1]; /* both divide array.count */
        array.shape[1] = array.shape[2];
        array.rank = 2;
    }
    if (array.rank > 2) {
        sk_fail(s, ERR_INVALID, "its %s has %u dimensions", name, array.rank);
        return out;
    }
    out.rows = array.rank == 2 ? (size_t)array.shape[0] : 1;
    out.columns = array.rank == 2 ? (size_t)array.shape[1] : (size_t)array.count;
    take_budget(s, array.count, name);
    out.at = sk_alloc(s, (size_t)array.count, sizeof *out.at);
    if (out.at) copy_numbers(s, &array, name, takes_nan, &out);
    if (s->failed) out = (matrix){0};
    return out;
}

matrix sk_matrix(sk *s, const char *name, size_t rows, size_t columns)
{
    matrix m = sk_matrix_of(s, sk_get(s, name), name, false);
    if ((rows != SK_ANY && m.rows != rows) || (columns != SK_ANY && m.columns != columns))
        sk_fail(s, ERR_INVALID, "its %s has %zu x %zu numbers, not the %zu x %zu that fit", name, m.rows,
                m.columns, rows == SK_ANY ? m.rows : rows, columns == SK_ANY ? m.columns : columns);
    if (s->failed) m = (matrix){0};
    return m;
}

matrix sk_rows(sk *s, const char *name, size_t columns)
{
    return sk_matrix(s, name, SK_ANY, columns);
}

static double *vector(sk *s, const char *name, bool takes_nan, size_t count, size_t *found)
{
    matrix m = sk_matrix_of(s, sk_get(s, name), name, takes_nan);
    size_t n = m.rows * m.columns;
    if (!s->failed && (n != count && count != SK_ANY))
        sk_fail(s, ERR_INVALID, "its %s has %zu numbers, not the %zu that fit", name, n, count);
    if (found) *found = s->failed ? 0 : n;
    return s->failed ? NULL : m.at;
}

double *sk_vector(sk *s, const char *name, size_t count, size_t *found)
{
    return vector(s, name, false, count, found);
}

double *sk_vector_nan(sk *s, const char *name, size_t count, size_t *found)
{
    return vector(s, name, true, count, found);
}

double *sk_spread(sk *s, const char *name, size_t count)
{
    double number;
    const pickle_value *v = sk_get(s, name);
    if (!v || s->failed) return NULL;
    if (count > 1 && !any_number(s, v, &number)) return sk_vector(s, name, count, NULL);
    double *all = sk_alloc(s, count, sizeof *all);
    number = sk_number(s, name);
    for (size_t i = 0; all && i < count; i++) all[i] = number;
    return s->failed ? NULL : all;
}

/* --- lists --------------------------------------------------------------------------------------------------------------- */

size_t sk_count(const pickle_value *v)
{
    return v && (v->kind == PICKLE_LIST || v->kind == PICKLE_TUPLE) ? v->list.count : 0;
}

const pickle_value *sk_item(const pickle_value *v, size_t i)
{
    return i < sk_count(v) ? v->list.items[i] : NULL;
}

sk_list sk_items(sk *s, const pickle_value *v, const char *name, size_t count)
{
    sk_list out = {0};
    pickle_ndarray array;
    if (s->failed || !v) return out;
    if (v->kind == PICKLE_LIST || v->kind == PICKLE_TUPLE)
        out = (sk_list){v->list.items, v->list.count};
    else if (pickle_as_ndarray(s->file->scratch, v, &array, NULL) && array.type == 'O' &&
             !array.fortran_order)
        out = (sk_list){array.objects, (size_t)array.count};
    else
        sk_fail(s, ERR_UNSUPPORTED, "its %s is no list", name);
    if (!s->failed && count != SK_ANY && out.count != count)
        sk_fail(s, ERR_INVALID, "its %s has %zu items, not the %zu that fit", name, out.count, count);
    if (s->failed) out = (sk_list){0};
    return out;
}

double *sk_numbers_of(sk *s, const char *name, size_t count)
{
    const pickle_value *v = sk_get(s, name);
    if (!v || (v->kind != PICKLE_LIST && v->kind != PICKLE_TUPLE)) return sk_vector(s, name, count, NULL);
    sk_list items = sk_items(s, v, name, count);
    double *out = sk_alloc(s, count, sizeof *out);
    for (size_t i = 0; !s->failed && i < items.count; i++) out[i] = sk_number_of(s, items.items[i], name);
    return s->failed ? NULL : out;
}

/* --- labels -------------------------------------------------------------------------------------------------------------- */

model_classes sk_labels(sk *s, const pickle_value *v, const char *name, bool takes_missing)
{
    model_classes out = {0};
    if (s->failed || !v) return out;
    label *labels = NULL;
    err why = {0};
    uint64_t most = s->file->numbers_left;
    if (!read_label_array(s->file->scratch, &s->m->memory, v, takes_missing, &labels, &out.count, &why))
        sk_fail(s, why.code, "its %s: %s", name, why.message);
    out.labels = labels;
    if (!s->failed && out.count > most) sk_fail(s, ERR_TOO_LARGE, "its %s has too many labels", name);
    if (!s->failed) s->file->numbers_left -= out.count;
    if (s->failed) out = (model_classes){0};
    return out;
}

size_t sk_classes(sk *s, const pickle_value *v)
{
    model_classes *classes = sk_alloc(s, 1, sizeof *classes);
    if (!classes) return 0;
    *classes = sk_labels(s, v, "classes_", false);
    if (!s->failed && classes->count == 0) sk_fail(s, ERR_INVALID, "its classes_ is empty");
    s->m->info.classes = classes;
    return s->failed ? 0 : classes->count;
}

bool sk_is_multilabel(sk *s, const pickle_value *binarizer, const char *what)
{
    const pickle_value *type = binarizer ? pickle_get(binarizer, "y_type_") : NULL;
    if (s->failed || !type || sk_text_of(type, "binary") || sk_text_of(type, "multiclass")) return false;
    bool is_multilabel = sk_text_of(type, "multilabel-indicator");
    if (!is_multilabel)
        sk_fail(s, ERR_UNSUPPORTED, "its %s has targets of a kind that is not understood (y_type_)", what);
    return is_multilabel;
}

void sk_multilabel(sk *s, size_t targets)
{
    model_classes *classes = sk_alloc(s, targets, sizeof *classes);
    label *labels = sk_alloc(s, 2, sizeof *labels);
    if (s->failed) return;
    labels[0] = (label){.kind = LABEL_INT, .integer = 0};
    labels[1] = (label){.kind = LABEL_INT, .integer = 1};
    for (size_t t = 0; t < targets; t++) classes[t] = (model_classes){labels, 2};
    s->m->info.classes = classes;
    sk_gives(s, OUTPUT_PREDICT, targets);
}

/* --- describing ---------------------------------------------------------------------------------------------------------- */

static void read_feature_names(sk *s, size_t count)
{
    if (!s->failed && count > LIMIT_TABLE_COLUMNS)
        sk_fail(s, ERR_TOO_LARGE, "its feature_names_in_ has more names than LIMIT_TABLE_COLUMNS allows");
    model_classes names = sk_labels(s, sk_get(s, "feature_names_in_"), "feature_names_in_", false);
    if (!s->failed && names.count != count)
        sk_fail(s, ERR_INVALID, "its feature_names_in_ has %zu names for %zu features", names.count, count);
    str *texts = sk_alloc(s, count, sizeof *texts);
    for (size_t i = 0; !s->failed && i < count; i++) {
        if (names.labels[i].kind != LABEL_TEXT)
            sk_fail(s, ERR_INVALID, "name %zu of its feature_names_in_ is no text", i);
        texts[i] = names.labels[i].text;
    }
    s->m->info.feature_names = s->failed ? NULL : texts;
}

void sk_features(sk *s, size_t count)
{
    if (s->failed) return;
    if (sk_has(s, "n_features_in_") || count == SK_ANY) {
        int64_t said = sk_integer(s, "n_features_in_");
        if (count != SK_ANY && said != (int64_t)count)
            sk_fail(s, ERR_INVALID, "it takes %lld features by n_features_in_ and %zu by its arrays",
                    (long long)said, count);
        count = (size_t)said;
    }
    if (count < 1 || count > LIMIT_MODEL_FEATURES)
        sk_fail(s, ERR_INVALID, "it has %zu features (LIMIT_MODEL_FEATURES allows %d)", count,
                (int)LIMIT_MODEL_FEATURES);
    s->m->info.feature_count = count;
    if (sk_has(s, "feature_names_in_")) read_feature_names(s, count);
}

void sk_features_or_any(sk *s)
{
    if (sk_has(s, "n_features_in_"))
        sk_features(s, SK_ANY);
    else
        s->m->any_columns = true;
}

void sk_gives(sk *s, model_output what, size_t columns)
{
    s->m->info.gives[what] = true;
    s->m->info.columns[what] = columns;
    if (what == OUTPUT_PREDICT) s->m->info.target_count = columns;
}

void sk_transforms(sk *s, size_t columns)
{
    sk_gives(s, OUTPUT_TRANSFORM, columns);
    s->m->info.takes_missing = true;
}

void sk_answers(sk *s, void *self,
                bool (*answer)(const void *self, model_output what, const model_rows *rows, arena *a,
                               model_answers *out, err *e))
{
    model_kind *kind = sk_alloc(s, 1, sizeof *kind);
    if (!kind) return;
    kind->answer = answer;
    s->m->kind = kind;
    s->m->self = self;
}

void sk_answers_and_frees(sk *s, void *self,
                          bool (*answer)(const void *self, model_output what, const model_rows *rows,
                                         arena *a, model_answers *out, err *e),
                          void (*free_self)(void *self))
{
    sk_answers(s, self, answer);
    if (sk_ok(s)) ((model_kind *)(uintptr_t)s->m->kind)->free = free_self;
}

void sk_draws(sk *s, void (*draw)(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out),
              void (*texts)(const void *self, bool *is_text))
{
    if (!sk_ok(s)) return;
    model_kind *kind = (model_kind *)(uintptr_t)s->m->kind;
    kind->draw = draw;
    kind->texts = texts;
}

void sk_shows(sk *s, void (*examples)(const void *self, model_example *columns))
{
    if (sk_ok(s)) ((model_kind *)(uintptr_t)s->m->kind)->examples = examples;
}

/* --- mathematics --------------------------------------------------------------------------------------------------------- */

double *sk_ask(const model *part, model_output what, const model_rows *rows, arena *a, err *e)
{
    model_answers answers;
    return model_answer(part, what, rows, a, &answers, e) ? answers.numbers : NULL;
}

double *work_array(arena *a, size_t rows, size_t columns, err *e)
{
    size_t cells;
    double *out =
        __builtin_mul_overflow(rows, columns, &cells) ? NULL : arena_alloc_array(a, cells + 1, sizeof *out);
    if (!out) err_set(e, ERR_MEMORY, "no memory for %zu rows of %zu numbers", rows, columns);
    return out;
}

size_t first_largest(const double *row, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (row[i] > row[best]) best = i;
    return best;
}

void softmax(double *row, size_t count)
{
    double most = row[first_largest(row, count)], sum = 0;
    for (size_t i = 0; i < count; i++) sum += row[i] = exp(row[i] - most);
    for (size_t i = 0; i < count; i++) row[i] /= sum;
}

void exp_normalise(double *row, size_t count)
{
    double most = row[first_largest(row, count)], sum = 0;
    for (size_t i = 0; i < count; i++) sum += exp(row[i] - most);
    /* cppcheck-suppress invalidFunctionArg ; the largest adds 1 to the sum */
    double log_sum = log(sum) + most;
    for (size_t i = 0; i < count; i++) row[i] = exp(row[i] - log_sum);
}

onnx_ref affine_draw(onnx_build *b, const affine *f, onnx_ref x)
{
    onnx_ref z = onnx_op2(b, "MatMul", x, onnx_transposed(b, f->w.at, f->w.rows, f->w.columns));
    return f->b ? onnx_op2(b, "Add", z, onnx_vector(b, f->b, f->w.rows)) : z;
}

onnx_ref sk_draw_decision(onnx_build *b, onnx_ref scores, size_t classes)
{
    if (classes > 2) return onnx_argmax(b, scores);
    return onnx_flat(b, onnx_cast(b, onnx_with(b, "Greater", scores, 0), ONNX_INT64));
}

onnx_ref sk_draw_pairs(onnx_build *b, onnx_ref p, size_t columns)
{
    size_t *order = onnx_alloc(b, 2 * columns, sizeof *order);
    for (size_t k = 0; order && k < 2 * columns; k++) order[k] = k / 2 + k % 2 * columns;
    return order ? onnx_gather(b, onnx_both(b, p), onnx_columns_of(b, order, 2 * columns), 1) : 0;
}

void sk_draw_multilabel(onnx_build *b, onnx_ref x, double above, size_t targets, bool is_probability,
                        onnx_answers *out)
{
    onnx_ref yes = onnx_cast(b, onnx_with(b, "Greater", x, above), ONNX_INT64);
    out->at[OUTPUT_PREDICT] = targets == 1 ? onnx_flat(b, yes) : yes;
    if (is_probability) out->at[OUTPUT_PREDICT_PROBA] = sk_draw_pairs(b, x, targets);
}

void sk_draw_outliers(onnx_build *b, onnx_ref decision, double threshold, onnx_answers *out)
{
    onnx_ref minus = onnx_integers(b, (int64_t[]){-1}, 1), plus = onnx_integers(b, (int64_t[]){1}, 1);
    out->at[OUTPUT_DECISION_FUNCTION] = decision;
    out->at[OUTPUT_PREDICT] =
        onnx_flat(b, onnx_op3(b, "Where", onnx_with(b, "Less", decision, threshold), minus, plus));
}

void affine_run(const affine *f, const double *x, size_t rows, double *z)
{
    size_t columns = f->w.columns;
    for (size_t i = 0; i < rows; i++, x += columns)
        for (size_t k = 0; k < f->w.rows; k++) {
            const double *w = f->w.at + k * columns;
            double sum = 0;
            for (size_t j = 0; j < columns; j++) sum += x[j] * w[j];
            *z++ = sum + (f->b ? f->b[k] : 0);
        }
}
