/*
 * model/sk/select.c - some of the columns.
 */
#include "sk/sk.h"

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

/* `keep` has a flag for each feature. */
static void settle(sk *s, const bool *keep, size_t features)
{
    selection *c = sk_alloc(s, 1, sizeof *c);
    sk_features(s, features);
    if (!c || !sk_ok(s)) return;
    c->columns = sk_alloc(s, features, sizeof *c->columns);
    for (size_t j = 0; c->columns && j < features; j++)
        if (keep[j]) c->columns[c->count++] = j;
    if (c->count == 0) sk_fail(s, ERR_UNSUPPORTED, "it selects no feature");
    sk_transforms(s, c->count);
    sk_answers(s, c, selection_answer);
    sk_draws(s, selection_draw, NULL);
}

/* The k largest scores; of equal ones the last, as a stable sort leaves them. NaN counts as the smallest. */
static void read_k_best(sk *s)
{
    size_t features;
    double *scores = sk_vector_nan(s, "scores_", SK_ANY, &features);
    bool *keep = sk_alloc(s, features, sizeof *keep);
    bool all = sk_is_text(s, "k", "all");
    int64_t k = all ? (int64_t)features : sk_integer(s, "k");
    if (!sk_ok(s)) return;
    for (size_t j = 0; j < features; j++)
        if (isnan(scores[j])) scores[j] = -INFINITY;
    for (size_t j = 0; j < features; j++) {
        int64_t better = 0;
        for (size_t i = 0; i < features; i++)
            better += scores[i] > scores[j] || (i > j && scores[i] == scores[j]);
        keep[j] = better < k;
    }
    settle(s, keep, features);
}

static void read_below(sk *s, bool divides)
{
    size_t features;
    double *p = sk_vector_nan(s, "pvalues_", SK_ANY, &features), alpha = sk_number(s, "alpha");
    bool *keep = sk_alloc(s, features, sizeof *keep);
    for (size_t j = 0; sk_ok(s) && j < features; j++)
        keep[j] = p[j] < (divides ? alpha / (double)features : alpha);
    settle(s, keep, features);
}

static void read_fpr(sk *s)
{
    read_below(s, false);
}
static void read_fwe(sk *s)
{
    read_below(s, true);
}

static void read_variance(sk *s)
{
    size_t features;
    double *variances = sk_vector_nan(s, "variances_", SK_ANY, &features),
           threshold = sk_number_or(s, "threshold", 0);
    bool *keep = sk_alloc(s, features, sizeof *keep);
    for (size_t j = 0; sk_ok(s) && j < features; j++) keep[j] = variances[j] > threshold;
    settle(s, keep, features);
}

static void read_support(sk *s)
{
    size_t features;
    double *support = sk_vector(s, "support_", SK_ANY, &features);
    bool *keep = sk_alloc(s, features, sizeof *keep);
    for (size_t j = 0; sk_ok(s) && j < features; j++) keep[j] = support[j] != 0;
    settle(s, keep, features);
}

const sk_class sk_select_classes[] = {
    {"SelectKBest", "feature_selection._univariate_selection", "feature_selection.univariate_selection",
     read_k_best},
    {"SelectFpr", "feature_selection._univariate_selection", "feature_selection.univariate_selection",
     read_fpr},
    {"SelectFwe", "feature_selection._univariate_selection", "feature_selection.univariate_selection",
     read_fwe},
    {"VarianceThreshold", "feature_selection._variance_threshold", "feature_selection.variance_threshold",
     read_variance},
    {"SequentialFeatureSelector", "feature_selection._sequential", NULL, read_support},
    {NULL, NULL, NULL, NULL},
};
