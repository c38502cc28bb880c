/*
 * api/metrics.c - a small table of counters, found by route, method and status.
 */
#include "api/metrics.h"

#include "auth/auth.h"
#include "registry/registry.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum { SERIES_MAX = 2048, BUCKET_COUNT = 12 };

/* Upper bounds of the histogram. Uploads of gigabytes and answers from memory share it, hence the width. */
static const struct {
    int64_t upto_us;
    const char *label;
} buckets[BUCKET_COUNT] = {
    {100, "0.0001"},  {500, "0.0005"},  {1000, "0.001"},    {5000, "0.005"},
    {25000, "0.025"}, {100000, "0.1"},  {500000, "0.5"},    {1000000, "1"},
    {5000000, "5"},   {30000000, "30"}, {120000000, "120"}, {INT64_MAX, "+Inf"},
};

typedef struct series {
    const http_route *route; /* NULL: no route fitted */
    http_method method;
    unsigned status;
    bool used;
    uint64_t count, received_bytes, sent_bytes, duration_us;
    uint64_t in_bucket[BUCKET_COUNT];
} series;

struct app_metrics {
    pthread_mutex_t lock;
    size_t used;
    uint64_t lost; /* requests that found the table full */
    series items[SERIES_MAX];
};

bool metrics_new(app_metrics **out, err *e)
{
    app_metrics *m = calloc(1, sizeof(*m));
    if (!m) return err_set(e, ERR_MEMORY, "no memory for metrics");
    pthread_mutex_init(&m->lock, NULL);
    *out = m;
    return true;
}

void metrics_free(app_metrics *m)
{
    if (!m) return;
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* --- counting ----------------------------------------------------------------------------------------------------- */

static series *find(app_metrics *m, const http_route *route, http_method method, unsigned status)
{
    size_t at =
        ((size_t)(uintptr_t)route / sizeof(http_route) * 31 + (unsigned)method * 7 + status) % SERIES_MAX;
    for (;; at = (at + 1) % SERIES_MAX) {
        series *s = &m->items[at];
        if (s->used && s->route == route && s->method == method && s->status == status) return s;
        if (s->used) continue;
        if (m->used == SERIES_MAX / 2) return NULL; /* half empty, so that searches end soon */
        m->used++;
        *s = (series){.route = route, .method = method, .status = status, .used = true};
        return s;
    }
}

void metrics_count(app_metrics *m, const http_request *req, const http_outcome *outcome)
{
    size_t bucket = 0;
    while (outcome->duration_us > buckets[bucket].upto_us) bucket++;
    pthread_mutex_lock(&m->lock);
    series *s = find(m, http_request_route(req), http_request_method(req), outcome->status);
    if (s) {
        s->count++;
        s->received_bytes += outcome->received_bytes;
        s->sent_bytes += outcome->sent_bytes;
        s->duration_us += outcome->duration_us > 0 ? (uint64_t)outcome->duration_us : 0;
        s->in_bucket[bucket]++;
    } else {
        m->lost++;
    }
    pthread_mutex_unlock(&m->lock);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void write_labels(const series *s, buf *out)
{
    buf_printf(out, "{route=\"%s\",method=\"%s\",status=\"%u\"}", s->route ? s->route->pattern : "none",
               http_method_name(s->method), s->status);
}

static void write_family(app_metrics *m, const char *name, const char *help, size_t field_at, buf *out)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s counter\n", name, help, name);
    for (size_t i = 0; i < SERIES_MAX; i++) {
        const series *s = &m->items[i];
        if (!s->used) continue;
        uint64_t value;
        memcpy(&value, (const uint8_t *)s + field_at, sizeof(value));
        buf_add_str(out, str_from_c(name));
        write_labels(s, out);
        buf_printf(out, " %llu\n", (unsigned long long)value);
    }
}

/* One histogram over all statuses of a route and method would hide slow failures; one per series tells them apart. */
static void write_durations(app_metrics *m, buf *out)
{
    static const char name[] = "assay_http_request_duration_seconds";
    buf_printf(out, "# HELP %s From the request line to the end of the answer.\n# TYPE %s histogram\n", name,
               name);
    for (size_t i = 0; i < SERIES_MAX; i++) {
        const series *s = &m->items[i];
        if (!s->used) continue;
        const char *pattern = s->route ? s->route->pattern : "none", *method = http_method_name(s->method);
        uint64_t total = 0;
        for (size_t b = 0; b < BUCKET_COUNT; b++) {
            total += s->in_bucket[b];
            buf_printf(out, "%s_bucket{route=\"%s\",method=\"%s\",status=\"%u\",le=\"%s\"} %llu\n", name,
                       pattern, method, s->status, buckets[b].label, (unsigned long long)total);
        }
        buf_printf(out, "%s_sum", name);
        write_labels(s, out);
        buf_printf(out, " %.6f\n%s_count", (double)s->duration_us / 1e6, name);
        write_labels(s, out);
        buf_printf(out, " %llu\n", (unsigned long long)s->count);
    }
}

void metrics_write(app_metrics *m, buf *out)
{
    pthread_mutex_lock(&m->lock);
    write_family(m, "assay_http_requests_total", "Requests by route, method and status.",
                 offsetof(series, count), out);
    write_family(m, "assay_http_received_bytes_total", "Bytes of request bodies.",
                 offsetof(series, received_bytes), out);
    write_family(m, "assay_http_sent_bytes_total", "Bytes of answers sent whole.",
                 offsetof(series, sent_bytes), out);
    write_durations(m, out);
    buf_printf(out, "# HELP assay_http_uncounted_total Requests that found the table of counters full.\n");
    buf_printf(out, "# TYPE assay_http_uncounted_total counter\nassay_http_uncounted_total %llu\n",
               (unsigned long long)m->lost);
    pthread_mutex_unlock(&m->lock);
}

/* --- the end of a request ----------------------------------------------------------------------------------------- */

void api_request_finished(http_request *req, const http_outcome *outcome)
{
    const app *state = http_app(req);
    metrics_count(state->metrics, req, outcome);

    const auth_identity *who = http_identity(req);
    const http_route *route = http_request_route(req);
    log_info(state->log, "http.request", LOG_STR("id", http_request_id(req)),
             LOG_C("method", http_method_name(http_request_method(req))), LOG_STR("path", http_path_raw(req)),
             LOG_C("route", route ? route->pattern : ""), LOG_U64("status", outcome->status),
             LOG_STR("who", who ? who->name : STR("")), LOG_STR("peer", http_peer(req)),
             LOG_U64("received_bytes", outcome->received_bytes), LOG_U64("sent_bytes", outcome->sent_bytes),
             LOG_BOOL("complete", outcome->is_complete), LOG_I64("duration_us", outcome->duration_us));
}
