/*
 * serve/drift.c - how far the rows that come are from the rows the model was trained on.
 *
 * The model's card (assay.modelcard/1) has for each feature its range and a histogram of the training data. Rows are counted into the same bins, so that a
 * dashboard can compare shares over any span of time; the population stability index since the start is told as well: sum over bins of (is - was) * ln(is / was).
 * The card is a file beside the model, as hostile as the model: it is read in the sandbox.
 */
#include "metrics.h"

#include "base/limits.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BINS_MAX = 64 };

typedef struct feature_drift {
    str name;
    bool is_named;              /* by the card, else by its number */
    double least, most, mean;   /* of the training data; NaN: unknown */
    double *edges;              /* bins + 1, rising */
    double *expected;           /* shares of the bins */
    atomic_uint_fast64_t *seen; /* bins */
    size_t bins;
    atomic_uint_fast64_t below, above, missing;
} feature_drift;

struct drift {
    arena memory;
    feature_drift *features;
    size_t count;   /* those that are watched */
    size_t columns; /* of a row */
};

/* --- the card ---------------------------------------------------------------------------------------------------------------- */

static double number_or_nan(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static bool read_edges(arena *a, const json_t *edges, feature_drift *f, err *e)
{
    f->edges = arena_alloc_array(a, f->bins + 1, sizeof *f->edges);
    f->expected = arena_alloc_array(a, f->bins, sizeof *f->expected);
    f->seen = arena_alloc_array(a, f->bins, sizeof *f->seen);
    if (!f->edges || !f->expected || !f->seen) return err_set(e, ERR_MEMORY, "no memory for a model card");
    for (size_t i = 0; i <= f->bins; i++) {
        f->edges[i] = json_number_value(json_array_get(edges, i));
        if (!json_is_number(json_array_get(edges, i)) || (i > 0 && f->edges[i] < f->edges[i - 1]))
            return err_set(e, ERR_INVALID,
                           "the model card: the histogram edges of '%.*s' are no rising numbers",
                           STR_ARG(str_slice(f->name, 0, 80)));
    }
    return true;
}

/* {"edges":[bins + 1 numbers],"counts":[bins numbers]} */
static bool read_histogram(arena *a, const json_t *item, feature_drift *f, err *e)
{
    const json_t *edges = json_object_get(item, "edges"), *counts = json_object_get(item, "counts");
    size_t bins = json_array_size(counts);
    if (bins == 0) return true;
    if (bins > BINS_MAX || json_array_size(edges) != bins + 1)
        return err_set(e, ERR_INVALID,
                       "the model card: the histogram of '%.*s' needs up to %d counts and one more edge",
                       STR_ARG(str_slice(f->name, 0, 80)), BINS_MAX);
    f->bins = bins;
    if (!read_edges(a, edges, f, e)) return false;
    double total = 0;
    for (size_t i = 0; i < bins; i++) {
        f->expected[i] = json_number_value(json_array_get(counts, i));
        if (!(f->expected[i] >= 0))
            return err_set(e, ERR_INVALID, "the model card: a histogram count of '%.*s' is negative",
                           STR_ARG(str_slice(f->name, 0, 80)));
        total += f->expected[i];
    }
    for (size_t i = 0; i < bins; i++) f->expected[i] = total > 0 ? f->expected[i] / total : 0;
    return true;
}

static bool read_features(struct drift *d, const json_t *list, err *e)
{
    for (size_t i = 0; i < d->count; i++) {
        const json_t *item = json_array_get(list, i);
        feature_drift *f = &d->features[i];
        str name = json_text(item, "name");
        f->is_named = name.len > 0;
        f->name = name.len ? arena_copy(&d->memory, name) : arena_printf(&d->memory, "%zu", i);
        f->least = number_or_nan(item, "min");
        f->most = number_or_nan(item, "max");
        f->mean = number_or_nan(item, "mean");
        if (!f->name.data) return err_set(e, ERR_MEMORY, "no memory for a model card");
        if (!read_histogram(&d->memory, item, f, e)) return false;
    }
    return true;
}

bool drift_new(const model_info *about, str sha256, bytes card, struct drift **out, err *e)
{
    AUTO(json_release) json_t *root = NULL;
    if (!json_decode(card, "the model card", &root, e)) return false;
    if (!str_eq(json_text(root, "schema"), STR("assay.modelcard/1")))
        return err_set(e, ERR_INVALID, "the model card is no assay.modelcard/1");
    str of_model = json_text(json_object_get(root, "model"), "sha256");
    if (of_model.len && !str_eq(of_model, sha256))
        return err_set(e, ERR_INVALID, "the model card belongs to another model, %.*s",
                       STR_ARG(str_slice(of_model, 0, 64)));
    const json_t *list = json_object_get(root, "features");
    if (json_array_size(list) != about->feature_count)
        return err_set(e, ERR_INVALID,
                       "the model card has %zu features, its model %zu: it belongs to another model",
                       json_array_size(list), about->feature_count);
    struct drift *d = calloc(1, sizeof *d);
    if (!d) return err_set(e, ERR_MEMORY, "no memory for a model card");
    arena_init(&d->memory, LIMIT_REQUEST_ARENA_BYTES);
    d->columns = about->feature_count;
    d->count = d->columns < LIMIT_DRIFT_FEATURES ? d->columns : LIMIT_DRIFT_FEATURES;
    d->features = arena_alloc_array(&d->memory, d->count + 1, sizeof *d->features);
    if (!d->features || !read_features(d, list, e)) {
        if (!d->features) err_set(e, ERR_MEMORY, "no memory for a model card");
        drift_free(d);
        return false;
    }
    *out = d;
    return true;
}

void drift_free(struct drift *d)
{
    if (!d) return;
    arena_done(&d->memory);
    free(d);
}

bool drift_range(const struct drift *d, size_t feature, drift_seen *out)
{
    if (!d || feature >= d->count) return false;
    const feature_drift *f = &d->features[feature];
    *out = (drift_seen){f->least, f->most, f->mean, f->is_named ? f->name : STR_NONE};
    return isfinite(f->least) && isfinite(f->most) && isfinite(f->mean);
}

/* --- counting ---------------------------------------------------------------------------------------------------------------- */

/* The first and the last bin take what lies outside: every value is in some bin. */
static size_t bin_of(const feature_drift *f, double x)
{
    size_t low = 0, high = f->bins; /* edges[low] <= x < edges[high], as far as there are edges */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (x < f->edges[middle])
            high = middle;
        else
            low = middle;
    }
    return low;
}

static void count_one(feature_drift *f, const double *cell, size_t rows, size_t stride)
{
    uint64_t bins[BINS_MAX] = {0}, below = 0, above = 0, missing = 0;
    for (size_t i = 0; i < rows; i++) {
        /* As the forest saw it when it was trained, and as the card has it: in 32 bits. */
        double x = (double)(float)cell[i * stride];
        missing += isnan(x) ? 1 : 0;
        below += x < f->least;
        above += x > f->most;
        if (!isnan(x) && f->bins) bins[bin_of(f, x)]++;
    }
    for (size_t i = 0; i < f->bins; i++)
        if (bins[i]) atomic_fetch_add_explicit(&f->seen[i], bins[i], memory_order_relaxed);
    if (below) atomic_fetch_add_explicit(&f->below, below, memory_order_relaxed);
    if (above) atomic_fetch_add_explicit(&f->above, above, memory_order_relaxed);
    if (missing) atomic_fetch_add_explicit(&f->missing, missing, memory_order_relaxed);
}

void drift_count(struct drift *d, const model_rows *rows)
{
    for (size_t k = 0; d && k < d->count; k++)
        count_one(&d->features[k], rows->numbers + k, rows->count, rows->columns);
}

/* --- text -------------------------------------------------------------------------------------------------------------------- */

/* Shares of nothing are taken for a ten-thousandth, as is usual: the logarithm wants it. NaN while nothing was seen. */
static double stability_index(const feature_drift *f)
{
    enum { LEAST_SHARE_PARTS = 10000 };
    double total = 0, sum = 0;
    for (size_t i = 0; i < f->bins; i++)
        total += (double)atomic_load_explicit(&f->seen[i], memory_order_relaxed);
    if (total <= 0) return NAN;
    for (size_t i = 0; i < f->bins; i++) {
        double is = (double)atomic_load_explicit(&f->seen[i], memory_order_relaxed) / total,
               was = f->expected[i];
        if (is < 1.0 / LEAST_SHARE_PARTS) is = 1.0 / LEAST_SHARE_PARTS;
        if (was < 1.0 / LEAST_SHARE_PARTS) was = 1.0 / LEAST_SHARE_PARTS;
        sum += (is - was) * log(is / was);
    }
    return sum;
}

static void add_labels(const char *name, const served *s, const feature_drift *f, buf *out)
{
    buf_printf(out, "%s{model=\"", name);
    serve_metrics_label(s->as.name, out);
    buf_add_str(out, STR("\",version=\""));
    serve_metrics_label(s->as.version, out);
    buf_add_str(out, STR("\",feature=\""));
    serve_metrics_label(f->name, out);
    buf_add_byte(out, '"');
}

static void add_feature(const feature_drift *f, const served *s, buf *out)
{
    static const char range[] = "assay_feature_out_of_range_total";
    add_labels(range, s, f, out);
    buf_printf(out, ",side=\"below\"} %" PRIuFAST64 "\n", atomic_load(&f->below));
    add_labels(range, s, f, out);
    buf_printf(out, ",side=\"above\"} %" PRIuFAST64 "\n", atomic_load(&f->above));
    add_labels("assay_feature_missing_total", s, f, out);
    buf_printf(out, "} %" PRIuFAST64 "\n", atomic_load(&f->missing));
    for (size_t i = 0; i < f->bins; i++) {
        add_labels("assay_feature_bin_total", s, f, out);
        buf_printf(out, ",bin=\"%zu\",upper=\"%g\"} %" PRIuFAST64 "\n", i, f->edges[i + 1],
                   atomic_load(&f->seen[i]));
        add_labels("assay_feature_bin_trained_ratio", s, f, out);
        buf_printf(out, ",bin=\"%zu\",upper=\"%g\"} %.6g\n", i, f->edges[i + 1], f->expected[i]);
    }
    double index = stability_index(f);
    if (isnan(index)) return;
    add_labels("assay_feature_stability_index", s, f, out);
    buf_printf(out, "} %.6g\n", index);
}

void drift_text(const struct drift *d, const served *s, bool head, buf *out)
{
    if (head)
        buf_add_str(out,
                    STR("# HELP assay_feature_out_of_range_total Values outside of the training range.\n"
                        "# TYPE assay_feature_out_of_range_total counter\n"
                        "# TYPE assay_feature_missing_total counter\n"
                        "# HELP assay_feature_bin_total Values by bin of the training histogram.\n"
                        "# TYPE assay_feature_bin_total counter\n"
                        "# HELP assay_feature_bin_trained_ratio Share of the training rows in a bin.\n"
                        "# TYPE assay_feature_bin_trained_ratio gauge\n"
                        "# HELP assay_feature_stability_index Population stability index since the start.\n"
                        "# TYPE assay_feature_stability_index gauge\n"));
    for (size_t i = 0; i < d->count; i++) add_feature(&d->features[i], s, out);
}
