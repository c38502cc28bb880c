/*
 * serve/request_log.c - one JSON line per request that the sample takes; answers with a status from 500 on are always taken.
 *
 * What was asked is personal data more often than not: it is written only when the operator says so. A line is one write to a descriptor that was opened for
 * appending, so lines of several threads and of a server that takes over do not mix.
 */
#include "server.h"

#include "base/clock.h"
#include "base/limits.h"
#include "model/number_text.h"

#include <math.h>
#include <unistd.h>

enum { LINE_BYTES = 256 * 1024, ROWS_LOGGED = 16 };

/* A share of the requests, by a well mixed function of what nobody chooses: the time and the request's own id. */
static bool is_sampled(double share, str id)
{
    if (share >= 1) return true;
    uint64_t hash = (uint64_t)clock_mono_us();
    for (size_t i = 0; i < id.len; i++) hash = (hash ^ (unsigned char)id.data[i]) * 0x100000001b3u;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    return (double)(hash ^ hash >> 31) < share * 18446744073709551616.0;
}

static json_t *cell(const model_rows *rows, size_t at)
{
    if (rows->texts && rows->texts[at].data) return json_from_str(rows->texts[at]);
    return isfinite(rows->numbers[at]) ? json_real(rows->numbers[at]) : json_null();
}

static json_t *rows_json(const model_rows *rows)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rows->count && i < ROWS_LOGGED; i++) {
        json_t *row = json_array();
        for (size_t k = 0; k < rows->columns; k++)
            json_array_append_new(row, cell(rows, i * rows->columns + k));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *line_of(const model_server_config *config, http_request *req, const http_outcome *outcome,
                       const request_note *note)
{
    const http_route *route = http_request_route(req);
    json_t *line = json_object();
    clock_text now = clock_iso8601(clock_wall_ms());
    json_object_set_new(line, "time", json_string(now.text));
    json_set_str(line, "request_id", http_request_id(req));
    json_set_str(line, "peer", http_peer(req));
    json_object_set_new(line, "method", json_string(http_method_name(http_request_method(req))));
    json_set_str(line, "path", str_slice(http_path(req), 0, 1000));
    json_object_set_new(
        line, "route",
        json_string(serve_route_name(route ? route->permission & ~(unsigned)SERVE_OPEN : ROUTE_OTHER)));
    if (note->model < config->model_count) {
        const served_as *as = served_named(config->models[note->model].served);
        json_set_str(line, "model", as->name);
        json_set_str(line, "version", as->version);
    }
    json_object_set_new(line, "status", json_integer(outcome->status));
    json_object_set_new(line, "rows", json_integer((json_int_t)note->rows.count));
    json_object_set_new(line, "duration_us", json_integer(outcome->duration_us));
    json_object_set_new(line, "received_bytes", json_integer((json_int_t)outcome->received_bytes));
    json_object_set_new(line, "sent_bytes", json_integer((json_int_t)outcome->sent_bytes));
    if (config->log_features && note->rows.count)
        json_object_set_new(line, "features", rows_json(&note->rows));
    return line;
}

void request_log_write(const model_server_config *config, serve_metrics *m, http_request *req,
                       const http_outcome *outcome, const request_note *note)
{
    if (outcome->status < 500 && !is_sampled(config->request_log_sample, http_request_id(req))) return;
    AUTO(json_release) json_t *line = line_of(config, req, outcome, note);
    AUTO_BUF buf text;
    buf_init(&text, LINE_BYTES);
    bool ok = line && json_encode(line, &text, NULL);
    buf_add_byte(&text, '\n');
    if (!ok || text.failed || write(config->request_log_fd, text.data, text.len) != (ssize_t)text.len)
        serve_metrics_log_dropped(m);
}
