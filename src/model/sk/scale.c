/*
 * model/sk/scale.c - transformers that work cell by cell: scalers, thresholds, rows of norm one.
 */
#include "sk/sk.h"

#include <math.h>
#include <stdlib.h>

/* (x - minus) / over, or x * times + plus: each step is left out where its array is NULL. */
typedef struct scaler {
    const double *minus, *over, *times, *plus;
    bool clips;
    double low, high;
} scaler;

static bool scaler_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                          model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const scaler *c = self;
    for (size_t i = 0; i < rows->count * rows->columns; i++) {
        size_t j = i % rows->columns;
        double x = rows->numbers[i];
        if (c->minus) x -= c->minus[j];
        if (c->over) x /= c->over[j];
        if (c->times) x *= c->times[j];
        if (c->plus) x += c->plus[j];
        if (c->clips && x < c->low) x = c->low;
        if (c->clips && x > c->high) x = c->high;
        out->numbers[i] = x;
    }
    return true;
}

static void scaler_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const scaler *c = self;
    onnx_ref now = onnx_matrix(b, x);
    if (c->minus) now = onnx_op2(b, "Sub", now, onnx_vector(b, c->minus, x->count));
    if (c->over) now = onnx_op2(b, "Div", now, onnx_vector(b, c->over, x->count));
    if (c->times) now = onnx_op2(b, "Mul", now, onnx_vector(b, c->times, x->count));
    if (c->plus) now = onnx_op2(b, "Add", now, onnx_vector(b, c->plus, x->count));
    if (c->clips) now = onnx_op3(b, "Clip", now, onnx_number(b, c->low), onnx_number(b, c->high));
    out->table = onnx_table_of(now, x->count);
}

static scaler *scaler_new(sk *s)
{
    scaler *c = sk_alloc(s, 1, sizeof *c);
    sk_answers(s, c, scaler_answer);
    sk_draws(s, scaler_draw, NULL);
    return c;
}

static void settle(sk *s, scaler *c, size_t columns)
{
    if (columns == SK_ANY)
        sk_features_or_any(s);
    else
        sk_features(s, columns);
    s->m->keeps_columns = true;
    if (c) sk_transforms(s, s->m->info.feature_count);
}

/* Both steps may be left out; then only n_features_in_ tells the columns. A column of zeros has the scale 1. */
static void read_centred(sk *s, const char *centre, const char *with_centre, const char *with_scale)
{
    scaler *c = scaler_new(s);
    size_t columns = SK_ANY;
    if (c && sk_flag(s, with_centre, true)) c->minus = sk_vector(s, centre, SK_ANY, &columns);
    if (sk_ok(s) && sk_flag(s, with_scale, true)) c->over = sk_vector(s, "scale_", columns, &columns);
    settle(s, c, columns);
}

/* A column without a single value has statistics that are not a number, which goes on. */
static void read_standard(sk *s)
{
    scaler *c = scaler_new(s);
    size_t columns = SK_ANY;
    if (c && sk_flag(s, "with_mean", true)) c->minus = sk_vector_nan(s, "mean_", SK_ANY, &columns);
    if (sk_ok(s) && sk_flag(s, "with_std", true)) c->over = sk_vector_nan(s, "scale_", columns, &columns);
    settle(s, c, columns);
}

static void read_robust(sk *s)
{
    read_centred(s, "center_", "with_centering", "with_scaling");
}

static void read_min_max(sk *s)
{
    scaler *c = scaler_new(s);
    size_t columns = SK_ANY;
    if (!c) return;
    c->times = sk_vector(s, "scale_", SK_ANY, &columns);
    c->plus = sk_vector(s, "min_", columns, NULL);
    c->clips = sk_flag(s, "clip", false);
    if (c->clips) {
        matrix range = {0};
        const pickle_value *pair = sk_get(s, "feature_range");
        if (sk_count(pair) != 2) {
            range = sk_matrix_of(s, pair, "feature_range", false);
        } else {
            range.at = sk_alloc(s, 2, sizeof *range.at);
            for (size_t i = 0; range.at && i < 2; i++) {
                const pickle_value *end = sk_item(pair, i);
                if (end->kind != PICKLE_INT && end->kind != PICKLE_FLOAT)
                    sk_fail(s, ERR_UNSUPPORTED, "its feature_range holds something else than numbers");
                range.at[i] = end->kind == PICKLE_INT ? (double)end->integer : end->number;
            }
            range.columns = 2;
        }
        if (sk_ok(s) && range.columns != 2) sk_fail(s, ERR_INVALID, "its feature_range is no pair");
        if (sk_ok(s)) {
            c->low = range.at[0];
            c->high = range.at[1];
        }
    }
    settle(s, c, columns);
}

static void read_max_abs(sk *s)
{
    scaler *c = scaler_new(s);
    size_t columns = SK_ANY;
    if (!c) return;
    c->over = sk_vector(s, "scale_", SK_ANY, &columns);
    c->clips = sk_flag(s, "clip", false);
    c->low = -1;
    c->high = 1;
    settle(s, c, columns);
}

/* --- rows of norm one ---------------------------------------------------------------------------------------------------- */

typedef enum norm_kind { NORM_L2, NORM_L1, NORM_MAX, NORM_MAX_SIGNED } norm_kind;

typedef struct normalizer {
    norm_kind kind;
} normalizer;

static double norm_of(norm_kind kind, const double *row, size_t columns)
{
    double norm = kind == NORM_MAX_SIGNED ? row[0] : 0;
    for (size_t j = 0; j < columns; j++) {
        if (kind == NORM_L2) norm += row[j] * row[j];
        if (kind == NORM_L1) norm += fabs(row[j]);
        if (kind == NORM_MAX) norm = fmax(norm, fabs(row[j]));
        if (kind == NORM_MAX_SIGNED) norm = fmax(norm, row[j]);
    }
    if (kind == NORM_L2) norm = sqrt(norm);
    return norm == 0 ? 1 : norm;
}

static bool normalizer_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                              model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const normalizer *n = self;
    for (size_t i = 0; i < rows->count; i++) {
        const double *row = rows->numbers + i * rows->columns;
        double norm = norm_of(n->kind, row, rows->columns);
        for (size_t j = 0; j < rows->columns; j++) out->numbers[i * rows->columns + j] = row[j] / norm;
    }
    return true;
}

static void normalizer_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const normalizer *n = self;
    onnx_ref rows = onnx_matrix(b, x), norm;
    if (n->kind == NORM_L2)
        norm = onnx_op1(b, "Sqrt", onnx_sum(b, onnx_op2(b, "Mul", rows, rows), 1, true));
    else if (n->kind == NORM_L1)
        norm = onnx_sum(b, onnx_op1(b, "Abs", rows), 1, true);
    else
        norm = onnx_largest_of(b, n->kind == NORM_MAX ? onnx_op1(b, "Abs", rows) : rows, 1, true);
    norm = onnx_op3(b, "Where", onnx_with(b, "Equal", norm, 0), onnx_number(b, 1), norm);
    out->table = onnx_table_of(onnx_op2(b, "Div", rows, norm), x->count);
}

/* Until 0.23 the largest number was meant, from then on the largest magnitude. */
static void read_normalizer(sk *s)
{
    static const char *const norms[] = {"l2", "l1", "max"};
    normalizer *n = sk_alloc(s, 1, sizeof *n);
    unsigned kind = sk_choice(s, "norm", norms, COUNT_OF(norms));
    sk_features_or_any(s);
    sk_answers(s, n, normalizer_answer);
    sk_draws(s, normalizer_draw, NULL);
    if (!sk_ok(s)) return;
    n->kind = (norm_kind)kind;
    if (n->kind == NORM_MAX && !sk_version_at_least(s->version, 0, 24)) n->kind = NORM_MAX_SIGNED;
    sk_transforms(s, s->m->info.feature_count);
    s->m->info.takes_missing = false;
    s->m->keeps_columns = true;
}

/* --- thresholds ---------------------------------------------------------------------------------------------------------- */

typedef struct binarizer {
    double threshold;
} binarizer;

static bool binarizer_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                             model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const binarizer *b = self;
    for (size_t i = 0; i < rows->count * rows->columns; i++)
        out->numbers[i] = rows->numbers[i] > b->threshold;
    return true;
}

static void binarizer_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const binarizer *c = self;
    onnx_ref above = onnx_with(b, "Greater", onnx_matrix(b, x), c->threshold);
    out->table = onnx_table_of(onnx_cast(b, above, ONNX_DOUBLE), x->count);
}

static void read_binarizer(sk *s)
{
    binarizer *b = sk_alloc(s, 1, sizeof *b);
    sk_features_or_any(s);
    sk_answers(s, b, binarizer_answer);
    sk_draws(s, binarizer_draw, NULL);
    if (!b) return;
    b->threshold = sk_number_or(s, "threshold", 0);
    sk_transforms(s, s->m->info.feature_count);
    s->m->info.takes_missing = false;
    s->m->keeps_columns = true;
}

const sk_class sk_scale_classes[] = {
    {"StandardScaler", "preprocessing._data", "preprocessing.data", read_standard},
    {"RobustScaler", "preprocessing._data", "preprocessing.data", read_robust},
    {"MinMaxScaler", "preprocessing._data", "preprocessing.data", read_min_max},
    {"MaxAbsScaler", "preprocessing._data", "preprocessing.data", read_max_abs},
    {"Normalizer", "preprocessing._data", "preprocessing.data", read_normalizer},
    {"Binarizer", "preprocessing._data", "preprocessing.data", read_binarizer},
    {NULL, NULL, NULL, NULL},
};
