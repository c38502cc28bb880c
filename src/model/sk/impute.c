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
    sk_transforms(s, m->kept_count + (m->indicator ? m->indicator->info.columns[OUTPUT_TRANSFORM] : 0));
    sk_answers(s, m, imputer_answer);
}

const sk_class sk_impute_classes[] = {
    {"SimpleImputer", "impute._base", "impute", read_simple},
    {"MissingIndicator", "impute._base", "impute", read_indicator},
    {NULL, NULL, NULL, NULL},
};
