/*
 * serve/metrics.h - what a model server counts, as Prometheus text. Private to serve.
 *
 * Threads: counting is a few relaxed atomic additions, from any thread.
 */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include "served.h"

/* The surfaces, as the label `route` names them. */
typedef enum serve_route {
    ROUTE_OTHER, /* pages, health, metadata, and what has no address */
    ROUTE_PREDICT,
    ROUTE_PREDICT_PROBA,
    ROUTE_V1_PREDICT,
    ROUTE_V2_INFER,
    ROUTE_INVOCATIONS,
    ROUTE_REPOSITORY,
    SERVE_ROUTES
} serve_route;
const char *serve_route_name(serve_route route);

typedef struct serve_metrics serve_metrics;
/* For `models` models; requests that reach none of them are counted apart. */
bool serve_metrics_new(size_t models, serve_metrics **out, err *e) MUST_USE;
void serve_metrics_free(serve_metrics *m);
/* model: its index, or SIZE_MAX */
void serve_metrics_request(serve_metrics *m, size_t which, serve_route route, unsigned status,
                           int64_t duration_us);
void serve_metrics_rows(serve_metrics *m, size_t which, size_t rows);
void serve_metrics_log_dropped(serve_metrics *m);

typedef struct metrics_model {
    const served *served;
    double load_seconds;
    int64_t loaded_ms;
} metrics_model;
typedef struct metrics_now {
    const metrics_model *models;
    size_t model_count;
    uint64_t running, connections;
    int64_t started_ms;
    int statm_fd; /* /proc/self/statm, open; -1: none */
} metrics_now;
void serve_metrics_text(const serve_metrics *m, const metrics_now *now, buf *out);
/* In a label value: backslash, quote and line end are escaped. */
void serve_metrics_label(str text, buf *out);

/* The drift counters of one model (drift.c); `head`: write the lines that introduce each name. */
void drift_text(const struct drift *d, const served *s, bool head, buf *out);

#endif
