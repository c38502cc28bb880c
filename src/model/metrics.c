/*
 * model/metrics.c - the text exposition format of Prometheus (0.0.4).
 */
#include "metrics.h"

#include <inttypes.h>

static const uint32_t bucket_us[METRIC_BUCKETS] = {50, 100, 250, 500, 1000, 5000, 25000, 100000};

void metrics_request(serve_metrics *m, unsigned status, int64_t duration_us)
{
    atomic_uint_fast64_t *counter = status < 400   ? &m->requests_2xx
                                    : status < 500 ? &m->requests_4xx
                                                   : &m->requests_5xx;
    uint64_t us = duration_us > 0 ? (uint64_t)duration_us : 0;
    size_t bucket = 0;
    while (bucket < METRIC_BUCKETS && us > bucket_us[bucket]) bucket++;
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->microseconds, us, memory_order_relaxed);
}

void metrics_rows(serve_metrics *m, size_t rows)
{
    atomic_fetch_add_explicit(&m->rows, rows, memory_order_relaxed);
}

static uint64_t read_counter(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* In a label value: backslash, quote and line end are escaped. */
static void add_escaped(buf *out, str text)
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

static void add_durations(const serve_metrics *m, buf *out)
{
    buf_add_str(
        out, STR("# HELP http_request_duration_seconds From the head of a request to the end of its answer.\n"
                 "# TYPE http_request_duration_seconds histogram\n"));
    uint64_t below = 0;
    for (size_t i = 0; i < METRIC_BUCKETS; i++) {
        below += read_counter(&m->buckets[i]);
        buf_printf(out, "http_request_duration_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", bucket_us[i] / 1e6,
                   below);
    }
    below += read_counter(&m->buckets[METRIC_BUCKETS]);
    buf_printf(out, "http_request_duration_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", below);
    buf_printf(out, "http_request_duration_seconds_sum %g\n", (double)read_counter(&m->microseconds) / 1e6);
    buf_printf(out, "http_request_duration_seconds_count %" PRIu64 "\n", below);
}

void metrics_text(const serve_metrics *m, const metrics_labels *labels, buf *out)
{
    buf_add_str(out, STR("# HELP http_requests_total Requests answered, by class of status.\n# TYPE "
                         "http_requests_total counter\n"));
    buf_printf(out, "http_requests_total{status=\"2xx\"} %" PRIu64 "\n", read_counter(&m->requests_2xx));
    buf_printf(out, "http_requests_total{status=\"4xx\"} %" PRIu64 "\n", read_counter(&m->requests_4xx));
    buf_printf(out, "http_requests_total{status=\"5xx\"} %" PRIu64 "\n", read_counter(&m->requests_5xx));
    add_durations(m, out);
    buf_add_str(
        out, STR("# HELP assay_model_rows_total Rows predicted.\n# TYPE assay_model_rows_total counter\n"));
    buf_printf(out, "assay_model_rows_total %" PRIu64 "\n", read_counter(&m->rows));
    buf_add_str(out, STR("# HELP assay_model_info The model that is served.\n# TYPE assay_model_info "
                         "gauge\nassay_model_info{model=\""));
    add_escaped(out, labels->model);
    buf_printf(out, "\",sha256=\"%.*s\",estimator=\"%.*s\",sklearn_version=\"", STR_ARG(labels->sha256),
               STR_ARG(labels->estimator));
    add_escaped(out, labels->version);
    buf_add_str(out, STR("\"} 1\n# HELP process_start_time_seconds When the server started.\n# TYPE "
                         "process_start_time_seconds gauge\n"));
    buf_printf(out, "process_start_time_seconds %.3f\n", (double)m->started_ms / 1000.0);
}
