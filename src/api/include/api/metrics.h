/*
 * api/metrics.h - what the server counts about its requests, for /metrics and the access log.
 *
 * Labels are route patterns, never paths: their number is that of the routes, whatever clients ask for.
 * Threads: shared; counting takes a lock for a few additions.
 */
#ifndef API_METRICS_H
#define API_METRICS_H

#include "base/buf.h"
#include "http/http.h"

typedef struct app_metrics app_metrics;

bool metrics_new(app_metrics **out, err *e) MUST_USE;
void metrics_free(app_metrics *m);
AUTO_FOR(app_metrics *, metrics_free)

void metrics_count(app_metrics *m, const http_request *req, const http_outcome *outcome);
/* The counted part in Prometheus' text format (exposition format 0.0.4). */
void metrics_write(app_metrics *m, buf *out);

/* For http_server_config.finished: counts, and writes one line to the access log. http_app is an app. */
void api_request_finished(http_request *req, const http_outcome *outcome);

#endif
