/*
 * model/sk/choose.c - features that another estimator finds important.
 */
#include "sk/compose.h"
#include "sk/parts.h"

#include "model/forest.h"
#include "model/table.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* --- importances --------------------------------------------------------------------------------------------------------- */

/* Of several rows of coefficients a norm of each column. */
static double *coefficient_norms(sk *s, const pickle_value *v, double order, size_t *count)
{
    matrix m = sk_matrix_of(s, v, "coef_", false);
    double *out = sk_alloc(s, m.columns, sizeof *out);
    *count = m.columns;
    for (size_t j = 0; sk_ok(s) && j < m.columns; j++)
        for (size_t i = 0; i < m.rows; i++) {
            double x = fabs(m.at[i * m.columns + j]);
            out[j] = m.rows == 1 ? x : isinf(order) ? fmax(out[j], x) : out[j] + pow(x, order);
        }
    for (size_t j = 0; sk_ok(s) && m.rows > 1 && !isinf(order) && j < m.columns; j++)
        out[j] = pow(out[j], 1 / order);
    return out;
}

static double *forest_shares(sk *s, const model *part, size_t *count)
{
    const forest *f = model_forest(part);
    if (!f) {
        sk_fail(s, ERR_UNSUPPORTED, "what its estimator %.*s finds important is not understood",
                STR_ARG(part->info.name));
        return NULL;
    }
    double *out = sk_alloc(s, f->feature_count, sizeof *out);
    *count = f->feature_count;
    if (out && !forest_importances(f, out, s->e)) s->failed = true;
    return sk_ok(s) ? out : NULL;
}

static double *importances(sk *s, const pickle_value *estimator, size_t *count)
{
    static const char *const getters[] = {"auto"};
    sk_choice(s, "importance_getter", getters, COUNT_OF(getters));
    const model *part = sk_part(s, estimator, "estimator_");
    const pickle_value *order = pickle_get(s->v, "norm_order");
    double by = order && order->kind == PICKLE_FLOAT && isinf(order->number)
                    ? INFINITY
                    : sk_number_or(s, "norm_order", 1);
    if (sk_ok(s) && !(by > 0)) sk_fail(s, ERR_UNSUPPORTED, "its norm_order is %g", by);
    if (!sk_ok(s)) return NULL;
    const pickle_value *coefficients = pickle_get(estimator, "coef_");
    return coefficients ? coefficient_norms(s, coefficients, by, count) : forest_shares(s, part, count);
}

/* --- what is enough ------------------------------------------------------------------------------------------------------ */

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double mean_or_median(sk *s, str word, const double *scores, size_t count)
{
    if (str_eq(word, STR("mean"))) {
        double sum = 0;
        for (size_t j = 0; j < count; j++) sum += scores[j];
        return sum / (double)count;
    }
    double *sorted = sk_alloc(s, count, sizeof *sorted);
    if (!str_eq(word, STR("median")))
        sk_fail(s, ERR_UNSUPPORTED, "its threshold '%.*s' is not understood",
                STR_ARG(str_slice(word, 0, 60)));
    if (!sk_ok(s)) return 0;
    memcpy(sorted, scores, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, ascending);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

/* Without a threshold: next to nothing where the penalty makes zeros, else the mean. */
static bool makes_zeros(const pickle_value *estimator)
{
    const pickle_value *class = pickle_class_of(estimator), *ratio = pickle_get(estimator, "l1_ratio");
    str name = class && class->kind == PICKLE_GLOBAL ? class->global.name : STR_NONE;
    if (str_eq(name, STR("ElasticNet")))
        return ratio && ratio->kind == PICKLE_FLOAT && fabs(ratio->number - 1) <= 1e-8 + 1e-5;
    return str_contains(name, STR("Lasso")) || sk_text_of(pickle_get(estimator, "penalty"), "l1");
}

static double threshold_of(sk *s, const pickle_value *estimator, const double *scores, size_t count)
{
    const pickle_value *v = pickle_get(s->v, "threshold");
    if (!v || v->kind == PICKLE_NONE)
        return makes_zeros(estimator) ? 1e-5 : mean_or_median(s, STR("mean"), scores, count);
    if (v->kind != PICKLE_STR) {
        s->takes_infinite = true; /* only the number of features counts then */
        double number = sk_number(s, "threshold");
        s->takes_infinite = false;
        return number;
    }
    str factor, word;
    double by = 1;
    if (!str_cut(v->text, '*', &factor, &word)) return mean_or_median(s, v->text, scores, count);
    if (!number_parse(str_trim(factor), &by)) sk_fail(s, ERR_UNSUPPORTED, "its threshold is not understood");
    return by * mean_or_median(s, str_trim(word), scores, count);
}

static void read_from_model(sk *s)
{
    const pickle_value *estimator =
        sk_has(s, "estimator_") ? pickle_get(s->v, "estimator_") : sk_get(s, "estimator");
    size_t count = 0;
    double *scores = sk_ok(s) ? importances(s, estimator, &count) : NULL;
    bool *keep = sk_alloc(s, count, sizeof *keep);
    const char *most_name = sk_has(s, "max_features_") ? "max_features_" : "max_features";
    int64_t most = sk_has(s, most_name) ? sk_integer(s, most_name) : (int64_t)count;
    double least = scores && keep ? threshold_of(s, estimator, scores, count) : 0;
    if (!scores || !sk_ok(s)) return;
    for (size_t j = 0; j < count; j++) {
        int64_t better = 0;
        for (size_t i = 0; i < count && most < (int64_t)count; i++)
            better += scores[i] > scores[j] || (i < j && scores[i] == scores[j]);
        keep[j] = better < most && !(scores[j] < least);
    }
    sk_selects(s, keep, count);
}

/* --- elimination: what is kept, and the estimator that was fitted to it ---------------------------------------------------- */

typedef struct elimination {
    size_t *columns, count;
    const model *part;
} elimination;

static bool elimination_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                               model_answers *out, err *e)
{
    const elimination *m = self;
    double *kept = what == OUTPUT_TRANSFORM ? out->numbers : work_array(a, rows->count, m->count, e);
    if (!kept) return false;
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < m->count; k++)
            kept[i * m->count + k] = rows->numbers[i * rows->columns + m->columns[k]];
    model_rows inner = {rows->count, m->count, kept, NULL,
                        model_origin_pick(&rows->from, m->columns, m->count, a)};
    return what == OUTPUT_TRANSFORM || model_answer(m->part, what, &inner, a, out, e);
}

static void elimination_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const elimination *m = self;
    onnx_table kept = onnx_table_pick(b, x, m->columns, m->count);
    onnx_draw(b, m->part, &kept, out);
    out->table = kept;
}

static void read_elimination(sk *s)
{
    size_t features;
    double *support = sk_vector(s, "support_", SK_ANY, &features);
    elimination *m = sk_alloc(s, 1, sizeof *m);
    size_t *columns = sk_alloc(s, features, sizeof *columns);
    sk_features(s, features);
    const model *part = sk_part(s, sk_get(s, "estimator_"), "estimator_");
    if (!m || !sk_ok(s)) return;
    m->columns = columns;
    m->part = part;
    for (size_t j = 0; j < features; j++)
        if (support[j] != 0) columns[m->count++] = j;
    if (m->count == 0 || part->info.feature_count != m->count)
        sk_fail(s, ERR_INVALID, "its estimator_ takes %zu of %zu kept features", part->info.feature_count,
                m->count);
    sk_transforms(s, m->count);
    s->m->came_from = columns;
    s->m->info.classes = part->info.classes;
    s->m->info.gives_indices = part->info.gives_indices;
    for (unsigned what = OUTPUT_PREDICT; what < OUTPUT_TRANSFORM; what++)
        if (part->info.gives[what]) sk_gives(s, (model_output)what, part->info.columns[what]);
    s->m->info.takes_missing = part->info.takes_missing;
    sk_answers(s, m, elimination_answer);
    sk_draws(s, elimination_draw, NULL);
}

const sk_class sk_choose_classes[] = {
    {"SelectFromModel", "feature_selection._from_model", "feature_selection.from_model", read_from_model},
    {"RFE", "feature_selection._rfe", "feature_selection.rfe", read_elimination},
    {"RFECV", "feature_selection._rfe", "feature_selection.rfe", read_elimination},
    {NULL, NULL, NULL, NULL},
};
