/*
 * model/sk/select.c - some of the columns.
 */
#include "sk/compose.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef struct selection {
    size_t *columns, count;
} selection;

static bool selection_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                             model_answers *out, err *e)
{
    (void)what;
    const selection *c = self;
    if (rows->texts) {
        out->texts = arena_alloc_array(a, out->count * out->columns + 1, sizeof *out->texts);
        if (!out->texts) return err_set(e, ERR_MEMORY, "no memory for the texts of %zu rows", out->count);
    }
    for (size_t i = 0; i < rows->count; i++)
        for (size_t k = 0; k < c->count; k++) {
            size_t from = i * rows->columns + c->columns[k];
            out->numbers[i * c->count + k] = rows->numbers[from];
            if (out->texts) out->texts[i * c->count + k] = rows->texts[from];
        }
    return true;
}

static void selection_draw(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out)
{
    const selection *c = self;
    out->table = onnx_table_pick(b, x, c->columns, c->count);
}

void sk_selects(sk *s, const bool *keep, size_t features)
{
    selection *c = sk_alloc(s, 1, sizeof *c);
    sk_features(s, features);
    if (!c || !sk_ok(s)) return;
    c->columns = sk_alloc(s, features, sizeof *c->columns);
    for (size_t j = 0; c->columns && j < features; j++)
        if (keep[j]) c->columns[c->count++] = j;
    if (c->count == 0) sk_fail(s, ERR_UNSUPPORTED, "it selects no feature");
    sk_transforms(s, c->count);
    s->m->came_from = c->columns;
    sk_answers(s, c, selection_answer);
    sk_draws(s, selection_draw, NULL);
}

/* The k largest scores; of equal ones the last, as a stable sort leaves them. NaN counts as the smallest. */
static void keep_best(sk *s, const char *parameter)
{
    size_t features;
    double *scores = sk_vector_nan(s, "scores_", SK_ANY, &features);
    bool *keep = sk_alloc(s, features, sizeof *keep);
    bool all = sk_is_text(s, parameter, "all");
    int64_t k = all ? (int64_t)features : sk_integer(s, parameter);
    if (!sk_ok(s)) return;
    for (size_t j = 0; j < features; j++)
        if (isnan(scores[j])) scores[j] = -INFINITY;
    for (size_t j = 0; j < features; j++) {
        int64_t better = 0;
        for (size_t i = 0; i < features; i++)
            better += scores[i] > scores[j] || (i > j && scores[i] == scores[j]);
        keep[j] = better < k;
    }
    sk_selects(s, keep, features);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double *sorted_copy(sk *s, const double *numbers, size_t count)
{
    double *sorted = sk_alloc(s, count, sizeof *sorted);
    if (!sorted) return NULL;
    memcpy(sorted, numbers, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, ascending);
    return sorted;
}

/* numpy.percentile, which draws lines between the numbers. */
static double percentile_of(const double *sorted, size_t count, double percent)
{
    double at = percent / 100 * (double)(count - 1), low = floor(at), part = at - low;
    size_t i = (size_t)low, next = i + 1 < count ? i + 1 : i;
    double step = sorted[next] - sorted[i];
    return part >= 0.5 ? sorted[next] - step * (1 - part) : sorted[i] + step * part;
}

/* More than the percentile, and of those that are equal to it the first, as many as there is room for. */
static void keep_percent(sk *s, const char *parameter)
{
    size_t features;
    double *scores = sk_vector_nan(s, "scores_", SK_ANY, &features), percent = sk_number(s, parameter);
    bool *keep = sk_alloc(s, features, sizeof *keep);
    for (size_t j = 0; sk_ok(s) && j < features; j++)
        if (isnan(scores[j])) scores[j] = -DBL_MAX;
    const double *sorted = sk_ok(s) ? sorted_copy(s, scores, features) : NULL;
    if (sk_ok(s) && (features == 0 || !(percent >= 0 && percent <= 100)))
        sk_fail(s, ERR_INVALID, "its %s is %g, of %zu features", parameter, percent, features);
    if (!sk_ok(s)) return;
    double threshold = percentile_of(sorted, features, 100 - percent);
    int64_t room = (int64_t)((double)features * percent / 100);
    for (size_t j = 0; j < features; j++) {
        keep[j] = percent > 0 && (percent == 100 || scores[j] > threshold);
        room -= keep[j];
    }
    for (size_t j = 0; j < features && percent > 0; j++)
        if (scores[j] == threshold && !keep[j] && room-- > 0) keep[j] = true;
    sk_selects(s, keep, features);
}

static void keep_below(sk *s, const char *parameter, bool divides)
{
    size_t features;
    double *p = sk_vector_nan(s, "pvalues_", SK_ANY, &features), alpha = sk_number(s, parameter);
    bool *keep = sk_alloc(s, features, sizeof *keep);
    for (size_t j = 0; sk_ok(s) && j < features; j++)
        keep[j] = p[j] < (divides ? alpha / (double)features : alpha);
    sk_selects(s, keep, features);
}

/* Benjamini and Hochberg: up to the largest that is below its share. */
static void keep_share(sk *s, const char *parameter)
{
    size_t features;
    double *p = sk_vector_nan(s, "pvalues_", SK_ANY, &features), alpha = sk_number(s, parameter), most = -1;
    bool *keep = sk_alloc(s, features, sizeof *keep);
    const double *sorted = sk_ok(s) ? sorted_copy(s, p, features) : NULL;
    for (size_t i = 0; sk_ok(s) && i < features; i++)
        if (sorted[i] <= alpha / (double)features * (double)(i + 1)) most = sorted[i];
    for (size_t j = 0; sk_ok(s) && j < features; j++) keep[j] = p[j] <= most;
    sk_selects(s, keep, features);
}

static void read_k_best(sk *s)
{
    keep_best(s, "k");
}
static void read_percentile(sk *s)
{
    keep_percent(s, "percentile");
}
static void read_fpr(sk *s)
{
    keep_below(s, "alpha", false);
}
static void read_fwe(sk *s)
{
    keep_below(s, "alpha", true);
}
static void read_fdr(sk *s)
{
    keep_share(s, "alpha");
}

static void read_generic(sk *s)
{
    static const char *const modes[] = {"percentile", "k_best", "fpr", "fdr", "fwe"};
    sk_get(s, "mode");
    switch (sk_choice(s, "mode", modes, COUNT_OF(modes))) {
    case 0: keep_percent(s, "param"); break;
    case 1: keep_best(s, "param"); break;
    case 2: keep_below(s, "param", false); break;
    case 3: keep_share(s, "param"); break;
    default: keep_below(s, "param", true); break;
    }
}

static void read_variance(sk *s)
{
    size_t features;
    double *variances = sk_vector_nan(s, "variances_", SK_ANY, &features),
           threshold = sk_number_or(s, "threshold", 0);
    bool *keep = sk_alloc(s, features, sizeof *keep);
    for (size_t j = 0; sk_ok(s) && j < features; j++) keep[j] = variances[j] > threshold;
    sk_selects(s, keep, features);
}

static void read_support(sk *s)
{
    size_t features;
    double *support = sk_vector(s, "support_", SK_ANY, &features);
    bool *keep = sk_alloc(s, features, sizeof *keep);
    for (size_t j = 0; sk_ok(s) && j < features; j++) keep[j] = support[j] != 0;
    sk_selects(s, keep, features);
}

const sk_class sk_select_classes[] = {
    {"SelectKBest", "feature_selection._univariate_selection", "feature_selection.univariate_selection",
     read_k_best},
    {"SelectFpr", "feature_selection._univariate_selection", "feature_selection.univariate_selection",
     read_fpr},
    {"SelectFwe", "feature_selection._univariate_selection", "feature_selection.univariate_selection",
     read_fwe},
    {"SelectPercentile", "feature_selection._univariate_selection", "feature_selection.univariate_selection",
     read_percentile},
    {"SelectFdr", "feature_selection._univariate_selection", "feature_selection.univariate_selection",
     read_fdr},
    {"GenericUnivariateSelect", "feature_selection._univariate_selection",
     "feature_selection.univariate_selection", read_generic},
    {"VarianceThreshold", "feature_selection._variance_threshold", "feature_selection.variance_threshold",
     read_variance},
    {"SequentialFeatureSelector", "feature_selection._sequential", NULL, read_support},
    {NULL, NULL, NULL, NULL},
};
