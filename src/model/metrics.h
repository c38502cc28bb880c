/*
 * model/metrics.h - counters of a model server, as Prometheus text.
 */
#ifndef MODEL_METRICS_H
#define MODEL_METRICS_H

#include "base/buf.h"

#include <stdatomic.h>

enum { METRIC_BUCKETS = 8 };

typedef struct serve_metrics {
    atomic_uint_fast64_t requests_2xx, requests_4xx, requests_5xx, rows;
    atomic_uint_fast64_t buckets[METRIC_BUCKETS + 1], microseconds;
    int64_t started_ms;
} serve_metrics;

void metrics_request(serve_metrics *m, unsigned status, int64_t duration_us);
void metrics_rows(serve_metrics *m, size_t rows);

typedef struct metrics_labels {
    str model, sha256, estimator, version;
} metrics_labels;
void metrics_text(const serve_metrics *m, const metrics_labels *labels, buf *out);

#endif
