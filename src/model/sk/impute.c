/*
 * model/sk/impute.c - what stands in for missing values, and columns that tell where they were.
 */
#include "sk/sk.h"

#include <math.h>
#include <stdlib.h>

typedef struct missing_mark {
    double number; /* NaN: what is not a number */
} missing_mark;

typedef struct imputer {
    missing_mark missing;
    size_t *kept; /* columns that are not dropped */
    size_t kept_count;
    double *numbers; /* by column */
    str *texts;
    bool has_texts;
    const model *indicator;
} imputer;

typedef struct indicator {
    missing_mark missing;
    size_t *columns, count;
} indicator;

static bool is_missing(const missing_mark *m, const model_rows *rows, size_t at)
{
    bool has_text = rows->texts && rows->texts[at].data;
    return isnan(m->number) ? isnan(rows->numbers[at]) && !has_text : rows->numbers[at] == m->number;
}

static bool imputer_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    (void)what;
    const imputer *m = self;
    if (rows->texts || m->has_texts) {
        out->texts = arena_alloc_array(a, out->count * out->columns + 1, sizeof *out->texts);
        if (!out->texts) return err_set(e, ERR_MEMORY, "no memory for the texts of %zu rows", out->count);
    }
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < m->kept_count; k++) {
            size_t j = m->kept[k], from = i * rows->columns + j, to = i * out->columns + k;
            bool missing = is_missing(&m->missing, rows, from);
            out->numbers[to] = missing ? m->numbers[j] : rows->numbers[from];
            if (out->texts)
                out->texts[to] = missing ? m->texts[j] : rows->texts ? rows->texts[from] : STR_NONE;
        }
    if (!m->indicator) return true;
    model_answers marks;
    if (!model_answer(m->indicator, OUTPUT_TRANSFORM, rows, a, &marks, e)) return false;
    for (size_t i = 0; i < rows->count; i++)
        memcpy(out->numbers + i * out->columns + m->kept_count, marks.numbers + i * marks.columns,
               marks.columns * sizeof(double));
    return true;
}

static bool indicator_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                             model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const indicator *m = self;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < m->count; k++)
            out->numbers[i * m->count + k] = is_missing(&m->missing, rows, i * rows->columns + m->columns[k]);
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

static onnx_ref draw_missing(onnx_build *b, const missing_mark *m, onnx_ref x)
{
    return isnan(m->number) ? onnx_op1(b, "IsNaN", x) : onnx_with(b, "Equal", x, m->number);
}

/* Text has no missing value in ONNX: a column of it carries what stands for an empty one to the encoder that reads it. */
static onnx_column draw_filled(onnx_build *b, const imputer *m, const onnx_table *x, size_t j)
{
    onnx_column own = onnx_column_of(b, x, j);
    if (!onnx_ok(b)) return own;
    if (own.is_text) {
        own.missing = m->texts[j].data ? &m->texts[j] : own.missing;
        return own;
    }
    own.at =
        onnx_op3(b, "Where", draw_missing(b, &m->missing, own.at), onnx_number(b, m->numbers[j]), own.at);
    return own;
}

static void imputer_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const imputer *m = self;
    onnx_table filled = {.count = m->kept_count};
    if (x->columns) {
        filled.columns = onnx_alloc(b, m->kept_count, sizeof *filled.columns);
        for (size_t k = 0; onnx_ok(b) && k < m->kept_count; k++)
            filled.columns[k] = draw_filled(b, m, x, m->kept[k]);
    } else {
        double *numbers = onnx_alloc(b, m->kept_count, sizeof *numbers);
        for (size_t k = 0; numbers && k < m->kept_count; k++) numbers[k] = m->numbers[m->kept[k]];
        onnx_table kept = onnx_table_pick(b, x, m->kept, m->kept_count);
        if (!onnx_ok(b)) return;
        filled.matrix = onnx_op3(b, "Where", draw_missing(b, &m->missing, kept.matrix),
                                 onnx_vector(b, numbers, m->kept_count), kept.matrix);
    }
    out->table = filled;
    if (!m->indicator) return;
    onnx_answers marks;
    onnx_draw(b, m->indicator, x, &marks);
    if (onnx_ok(b)) out->table = onnx_table_join(b, (onnx_table[]){filled, marks.table}, 2);
}

static void imputer_texts(const void *self, bool *is_text)
{
    const imputer *m = self;
    for (size_t k = 0; k < m->kept_count; k++) is_text[m->kept[k]] |= m->texts[m->kept[k]].data != NULL;
}

static void indicator_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const indicator *m = self;
    onnx_table own = onnx_table_pick(b, x, m->columns, m->count);
    if (onnx_ok(b) && m->count == 0) onnx_fail(b, ERR_UNSUPPORTED, "it marks no column");
    onnx_ref marks = draw_missing(b, &m->missing, onnx_matrix(b, &own));
    out->table = onnx_table_of(onnx_cast(b, marks, ONNX_DOUBLE), m->count);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static missing_mark read_mark(sk *s)
{
    const pickle_value *v = pickle_get(s->v, "missing_values");
    bool is_nan =
        !v || v->kind == PICKLE_NONE || (v->kind == PICKLE_FLOAT && isnan(v->number)) || sk_text_of(v, "NaN");
    return (missing_mark){is_nan ? NAN : sk_number(s, "missing_values")};
}

static void read_indicator(sk *s)
{
    indicator *m = sk_alloc(s, 1, sizeof *m);
    const char *count_name = sk_has(s, "n_features_in_") ? "n_features_in_" : "_n_features";
    size_t features = (size_t)sk_integer(s, count_name);
    size_t count;
    double *columns = sk_vector(s, "features_", SK_ANY, &count);
    sk_features(s, features);
    if (!sk_ok(s)) return;
    m->missing = read_mark(s);
    m->columns = sk_alloc(s, count, sizeof *m->columns);
    m->count = count;
    for (size_t i = 0; sk_ok(s) && i < count; i++) {
        if (!(columns[i] >= 0 && columns[i] < (double)features))
            sk_fail(s, ERR_INVALID, "its features_ holds %g of %zu", columns[i], features);
        else
            m->columns[i] = (size_t)columns[i];
    }
    s->m->info.takes_text = true;
    sk_transforms(s, count);
    sk_answers(s, m, indicator_answer);
    sk_draws(s, indicator_draw, NULL);
}

/* Columns without a single value are dropped, unless a constant or the wish to keep them stands in. */
static void read_simple(sk *s)
{
    imputer *m = sk_alloc(s, 1, sizeof *m);
    model_classes fill = sk_labels(s, sk_get(s, "statistics_"), "statistics_", true);
    sk_features(s, fill.count);
    if (!sk_ok(s)) return;
    m->missing = read_mark(s);
    m->kept = sk_alloc(s, fill.count, sizeof *m->kept);
    m->numbers = sk_alloc(s, fill.count, sizeof *m->numbers);
    m->texts = sk_alloc(s, fill.count, sizeof *m->texts);
    bool keeps = sk_is_text(s, "strategy", "constant") || sk_flag(s, "keep_empty_features", false);
    for (size_t j = 0; sk_ok(s) && j < fill.count; j++) {
        const label *l = &fill.labels[j];
        m->numbers[j] = l->kind == LABEL_FLOAT ? l->number : l->kind == LABEL_TEXT ? NAN : (double)l->integer;
        if (l->kind == LABEL_TEXT) m->texts[j] = l->text;
        m->has_texts |= l->kind == LABEL_TEXT;
        bool is_empty = l->kind == LABEL_FLOAT && isnan(l->number);
        if (keeps || !is_empty) m->kept[m->kept_count++] = j;
    }
    if (sk_has(s, "indicator_")) m->indicator = sk_part(s, sk_get(s, "indicator_"), "indicator_");
    if (!sk_ok(s)) return;
    if (m->indicator && m->indicator->info.feature_count != fill.count)
        sk_fail(s, ERR_INVALID, "its indicator_ takes %zu features", m->indicator->info.feature_count);
    s->m->info.takes_text = true;
    if (!m->indicator) s->m->came_from = m->kept;
    s->m->keeps_columns = !m->indicator && m->kept_count == fill.count;
    sk_transforms(s, m->kept_count + (m->indicator ? m->indicator->info.columns[OUTPUT_TRANSFORM] : 0));
    sk_answers(s, m, imputer_answer);
    sk_draws(s, imputer_draw, imputer_texts);
}

const sk_class sk_impute_classes[] = {
    {"SimpleImputer", "impute._base", "impute", read_simple},
    {"MissingIndicator", "impute._base", "impute", read_indicator},
    {NULL, NULL, NULL, NULL},
};
