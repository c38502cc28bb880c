/*
 * serve/metrics.c - the text exposition format of Prometheus (0.0.4).
 *
 * Names are those that dashboards for other servers ask for: http_* as web frameworks export them, nv_inference_* as Triton does, process_* as every client library.
 */
#include "metrics.h"

#include "base/limits.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BUCKETS = 12, STATUSES = 20 };

static const uint32_t bucket_us[BUCKETS] = {50,   100,   250,   500,    1000,    2500,
                                            5000, 10000, 50000, 250000, 1000000, 10000000};
static const unsigned status_codes[STATUSES - 1] = {200, 202, 204, 304, 307, 400, 401, 403, 404, 405,
                                                    409, 411, 413, 415, 422, 429, 500, 501, 503};

typedef struct counters {
    atomic_uint_fast64_t buckets[BUCKETS + 1], microseconds;
} counters;

typedef struct model_counters {
    counters requests[SERVE_ROUTES][STATUSES];
    atomic_uint_fast64_t rows;
} model_counters;

struct serve_metrics {
    size_t models;
    atomic_uint_fast64_t log_dropped;
    model_counters each[]; /* models + 1: the last is for requests that reached none */
};

static const char *const route_names[SERVE_ROUTES] = {
    "other", "predict", "predict_proba", "v1_predict", "v2_infer", "invocations", "repository"};

const char *serve_route_name(serve_route route)
{
    return route_names[route];
}

bool serve_metrics_new(size_t models, serve_metrics **out, err *e)
{
    serve_metrics *m = calloc(1, sizeof *m + (models + 1) * sizeof m->each[0]);
    if (!m) return err_set(e, ERR_MEMORY, "no memory for the counters of %zu models", models);
    m->models = models;
    *out = m;
    return true;
}

void serve_metrics_free(serve_metrics *m)
{
    free(m);
}

static void add(atomic_uint_fast64_t *counter, uint64_t count)
{
    atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

static uint64_t get(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void serve_metrics_request(serve_metrics *m, size_t which, serve_route route, unsigned status,
                           int64_t duration_us)
{
    size_t code = 0, bucket = 0;
    while (code < STATUSES - 1 && status_codes[code] != status) code++;
    uint64_t us = duration_us > 0 ? (uint64_t)duration_us : 0;
    while (bucket < BUCKETS && us > bucket_us[bucket]) bucket++;
    counters *c = &m->each[which < m->models ? which : m->models].requests[route][code];
    add(&c->buckets[bucket], 1);
    add(&c->microseconds, us);
}

void serve_metrics_rows(serve_metrics *m, size_t which, size_t rows)
{
    add(&m->each[which].rows, rows);
}

void serve_metrics_log_dropped(serve_metrics *m)
{
    add(&m->log_dropped, 1);
}

/* --- text -------------------------------------------------------------------------------------------------------------------- */

void serve_metrics_label(str text, buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '\\' || c == '"') buf_add_byte(out, '\\');
        if (c == '\n')
            buf_add_str(out, STR("\\n"));
        else
            buf_add_byte(out, (uint8_t)c);
    }
}

static void introduce(buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_model_labels(const metrics_now *now, size_t which, buf *out)
{
    buf_add_str(out, STR("model=\""));
    if (which < now->model_count) serve_metrics_label(served_named(now->models[which].served)->name, out);
    buf_add_str(out, STR("\",version=\""));
    if (which < now->model_count) serve_metrics_label(served_named(now->models[which].served)->version, out);
    buf_add_byte(out, '"');
}

typedef struct series {
    size_t model;
    serve_route route;
    size_t code;
} series;

static void add_series_labels(const metrics_now *now, const series *at, buf *out)
{
    add_model_labels(now, at->model, out);
    buf_printf(out, ",route=\"%s\",status=\"", route_names[at->route]);
    if (at->code < STATUSES - 1)
        buf_printf(out, "%u\"", status_codes[at->code]);
    else
        buf_add_str(out, STR("other\""));
}

static uint64_t total_of(const counters *c)
{
    uint64_t total = 0;
    for (size_t i = 0; i <= BUCKETS; i++) total += get(&c->buckets[i]);
    return total;
}

static void add_durations(const counters *c, const metrics_now *now, const series *at, buf *out)
{
    uint64_t below = 0;
    for (size_t i = 0; i <= BUCKETS; i++) {
        below += get(&c->buckets[i]);
        buf_add_str(out, STR("http_request_duration_seconds_bucket{"));
        add_series_labels(now, at, out);
        if (i < BUCKETS)
            buf_printf(out, ",le=\"%g\"} %" PRIu64 "\n", bucket_us[i] / 1e6, below);
        else
            buf_printf(out, ",le=\"+Inf\"} %" PRIu64 "\n", below);
    }
    buf_add_str(out, STR("http_request_duration_seconds_sum{"));
    add_series_labels(now, at, out);
    buf_printf(out, "} %.6f\nhttp_request_duration_seconds_count{", (double)get(&c->microseconds) / 1e6);
    add_series_labels(now, at, out);
    buf_printf(out, "} %" PRIu64 "\n", below);
}

static void add_requests(const serve_metrics *m, const metrics_now *now, bool durations, buf *out)
{
    for (size_t which = 0; which <= m->models; which++)
        for (serve_route route = 0; route < SERVE_ROUTES; route++)
            for (size_t code = 0; code < STATUSES; code++) {
                const counters *c = &m->each[which].requests[route][code];
                uint64_t total = total_of(c);
                const series at = {which, route, code};
                if (!total) continue;
                if (durations) {
                    add_durations(c, now, &at, out);
                    continue;
                }
                buf_add_str(out, STR("http_requests_total{"));
                add_series_labels(now, &at, out);
                buf_printf(out, "} %" PRIu64 "\n", total);
            }
}

static void add_value(const metrics_now *now, const char *name, size_t which, double value, buf *out)
{
    buf_printf(out, "%s{", name);
    add_model_labels(now, which, out);
    buf_printf(out, "} %.15g\n", value);
}

/* Triton's: an inference is a request that was to be predicted, by its fate. */
static double inferences(const serve_metrics *m, size_t which, bool succeeded, bool duration)
{
    double total = 0;
    for (serve_route route = ROUTE_PREDICT; route <= ROUTE_INVOCATIONS; route++)
        for (size_t code = 0; code < STATUSES; code++) {
            const counters *c = &m->each[which].requests[route][code];
            bool ok = code < STATUSES - 1 && status_codes[code] < 400;
            if (ok == succeeded) total += duration ? (double)get(&c->microseconds) : (double)total_of(c);
        }
    return total;
}

static void add_inferences(const serve_metrics *m, const metrics_now *now, buf *out)
{
    introduce(out, "nv_inference_request_success", "counter", "Inference requests that succeeded.");
    for (size_t i = 0; i < m->models; i++)
        add_value(now, "nv_inference_request_success", i, inferences(m, i, true, false), out);
    introduce(out, "nv_inference_request_failure", "counter", "Inference requests that failed.");
    for (size_t i = 0; i < m->models; i++)
        add_value(now, "nv_inference_request_failure", i, inferences(m, i, false, false), out);
    introduce(out, "nv_inference_count", "counter", "Rows predicted.");
    for (size_t i = 0; i < m->models; i++)
        add_value(now, "nv_inference_count", i, (double)get(&m->each[i].rows), out);
    introduce(out, "nv_inference_request_duration_us", "counter",
              "Time in inference requests that succeeded, in microseconds.");
    for (size_t i = 0; i < m->models; i++)
        add_value(now, "nv_inference_request_duration_us", i, inferences(m, i, true, true), out);
    introduce(out, "assay_model_rows_total", "counter", "Rows predicted.");
    for (size_t i = 0; i < m->models; i++)
        add_value(now, "assay_model_rows_total", i, (double)get(&m->each[i].rows), out);
}

static void add_models(const metrics_now *now, buf *out)
{
    introduce(out, "assay_model_info", "gauge", "The models that are served.");
    for (size_t i = 0; i < now->model_count; i++) {
        const served *s = now->models[i].served;
        buf_add_str(out, STR("assay_model_info{"));
        add_model_labels(now, i, out);
        buf_printf(out, ",sha256=\"%.*s\",library=\"", STR_ARG(served_named(s)->sha256));
        serve_metrics_label(served_about(s)->library, out);
        buf_add_str(out, STR("\",library_version=\""));
        serve_metrics_label(served_about(s)->version, out);
        buf_add_str(out, STR("\",estimator=\""));
        serve_metrics_label(served_about(s)->name, out);
        buf_add_str(out, STR("\"} 1\n"));
    }
    introduce(out, "assay_model_load_seconds", "gauge", "Time it took to read the model.");
    for (size_t i = 0; i < now->model_count; i++)
        add_value(now, "assay_model_load_seconds", i, now->models[i].load_seconds, out);
    introduce(out, "assay_model_loaded_timestamp_seconds", "gauge", "When the model was read.");
    for (size_t i = 0; i < now->model_count; i++)
        add_value(now, "assay_model_loaded_timestamp_seconds", i, (double)now->models[i].loaded_ms / 1e3,
                  out);
}

static void add_drift(const metrics_now *now, buf *out)
{
    bool head = true;
    for (size_t i = 0; i < now->model_count; i++) {
        const struct drift *d = now->models[i].served->drift;
        if (!d) continue;
        drift_text(d, now->models[i].served, head, out);
        head = false;
    }
}

/* The descriptor was opened before the sandbox was entered. */
static uint64_t resident_bytes(int statm_fd)
{
    char text[128] = {0};
    if (statm_fd < 0 || pread(statm_fd, text, sizeof text - 1, 0) <= 0) return 0;
    str all = str_from_c(text), size, rest, resident, more;
    uint64_t pages = 0;
    str_cut(all, ' ', &size, &rest);
    str_cut(rest, ' ', &resident, &more);
    return str_to_u64(resident, &pages) ? pages * 4096 : 0;
}

static void add_process(const serve_metrics *m, const metrics_now *now, buf *out)
{
    struct timespec cpu = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    introduce(out, "http_requests_in_progress", "gauge", "Requests under way, this one included.");
    buf_printf(out, "http_requests_in_progress %" PRIu64 "\n", now->running);
    introduce(out, "http_connections", "gauge", "Open connections.");
    buf_printf(out, "http_connections %" PRIu64 "\n", now->connections);
    introduce(out, "assay_request_log_dropped_total", "counter",
              "Lines of the request log that could not be written.");
    buf_printf(out, "assay_request_log_dropped_total %" PRIu64 "\n", get(&m->log_dropped));
    introduce(out, "process_start_time_seconds", "gauge", "When the server started.");
    buf_printf(out, "process_start_time_seconds %.3f\n", (double)now->started_ms / 1000.0);
    introduce(out, "process_cpu_seconds_total", "counter", "Time on processors.");
    buf_printf(out, "process_cpu_seconds_total %.6f\n", (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9);
    introduce(out, "process_resident_memory_bytes", "gauge", "Resident memory of the serving process.");
    buf_printf(out, "process_resident_memory_bytes %" PRIu64 "\n", resident_bytes(now->statm_fd));
}

void serve_metrics_text(const serve_metrics *m, const metrics_now *now, buf *out)
{
    introduce(out, "http_requests_total", "counter", "Requests answered.");
    add_requests(m, now, false, out);
    introduce(out, "http_request_duration_seconds", "histogram",
              "From the head of a request to the end of its answer.");
    add_requests(m, now, true, out);
    add_inferences(m, now, out);
    add_models(now, out);
    add_drift(now, out);
    add_process(m, now, out);
}
