/*
 * model/serve.c - the routes of a model server.
 */
#include "model/serve.h"

#include "answer.h"
#include "base/clock.h"
#include "base/limits.h"
#include "http/http.h"
#include "metrics.h"
#include "openapi.h"

#include <assert.h>
#include <stdlib.h>

extern const char model_docs_page[];
extern const size_t model_docs_page_len;

struct model_server {
    const forest *forest;
    served *served;
    http_server *http;
    arena memory;
    str name, sha256;
    buf openapi;
    serve_metrics metrics;
};

static const char content_json[] = "application/json";

static model_server *server_of(http_request *req)
{
    return http_app(req);
}

/* --- predictions --------------------------------------------------------------------------------------------------------- */

static bool reply_answer(http_request *req, http_response *resp, answer_kind kind, err *e)
{
    model_server *s = server_of(req);
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_PREDICT_ANSWER_BYTES);
    unsigned status;
    size_t rows;
    if (!served_answer(s->served, kind, http_arena(req), http_request_body(req), &out, &status, &rows, e))
        return false;
    metrics_rows(&s->metrics, rows);
    http_reply(resp, status, content_json, buf_bytes(&out));
    return true;
}

static bool handle_predict(http_request *req, http_response *resp, err *e)
{
    return reply_answer(req, resp, ANSWER_CLASSES, e);
}

static bool handle_predict_proba(http_request *req, http_response *resp, err *e)
{
    if (!served_classifies(server_of(req)->served))
        return err_set(e, ERR_NOT_FOUND, "a regressor has no probabilities");
    return reply_answer(req, resp, ANSWER_PROBABILITIES, e);
}

/* --- pages and operation ------------------------------------------------------------------------------------------------- */

static bool handle_root(http_request *req, http_response *resp, err *e)
{
    (void)req;
    (void)e;
    http_header_set(resp, "Location", STR("/docs"));
    http_reply_empty(resp, 307);
    return true;
}

static bool handle_docs(http_request *req, http_response *resp, err *e)
{
    (void)req;
    (void)e;
    http_header_set(
        resp, "Content-Security-Policy",
        STR("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"));
    http_header_set(resp, "X-Content-Type-Options", STR("nosniff"));
    http_reply_static(resp, 200, "text/html; charset=utf-8",
                      (bytes){(const uint8_t *)model_docs_page, model_docs_page_len});
    return true;
}

static bool handle_openapi(http_request *req, http_response *resp, err *e)
{
    (void)e;
    http_reply_static(resp, 200, content_json, buf_bytes(&server_of(req)->openapi));
    return true;
}

static bool handle_healthz(http_request *req, http_response *resp, err *e)
{
    (void)req;
    (void)e;
    http_reply_static(resp, 200, content_json, str_bytes(STR("{\"status\":\"ok\"}")));
    return true;
}

static bool handle_readyz(http_request *req, http_response *resp, err *e)
{
    if (http_server_is_stopping(http_request_server(req)))
        return err_set(e, ERR_UNAVAILABLE, "the server is stopping");
    http_reply_static(resp, 200, content_json, str_bytes(STR("{\"status\":\"ready\"}")));
    return true;
}

static bool handle_metrics(http_request *req, http_response *resp, err *e)
{
    model_server *s = server_of(req);
    metrics_labels labels = {s->name, s->sha256, str_from_c(estimator_of(s->forest->kind)->name),
                             str_from_c(s->forest->version.text)};
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_JSON_DOC_BYTES);
    metrics_text(&s->metrics, &labels, &out);
    if (!buf_ok(&out, "the metrics", e)) return false;
    http_reply(resp, 200, "text/plain; version=0.0.4; charset=utf-8", buf_bytes(&out));
    return true;
}

/* FastAPI's words where it has some. */
static void render_error(http_request *req, http_response *resp, const err *e)
{
    (void)req;
    const char *detail = e->message;
    if (e->code == ERR_NOT_FOUND) detail = "Not Found";
    if (e->code == ERR_METHOD) detail = "Method Not Allowed";
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_JSON_DOC_BYTES);
    if (!answer_detail(detail, &out, NULL)) {
        http_reply_empty(resp, err_http_status(e->code));
        return;
    }
    http_reply(resp, err_http_status(e->code), content_json, buf_bytes(&out));
}

static const http_route rows[] = {
    {HTTP_POST, "/predict", 0, BODY_SMALL, RUN_INLINE, NULL, handle_predict,
     "classes or values of one row or many"},
    {HTTP_POST, "/predict_proba", 0, BODY_SMALL, RUN_INLINE, NULL, handle_predict_proba,
     "the probability of every class"},
    {HTTP_GET, "/", 0, BODY_NONE, RUN_INLINE, NULL, handle_root, "to /docs"},
    {HTTP_GET, "/docs", 0, BODY_NONE, RUN_INLINE, NULL, handle_docs, "a page to try the model on"},
    {HTTP_GET, "/openapi.json", 0, BODY_NONE, RUN_INLINE, NULL, handle_openapi, "OpenAPI description"},
    {HTTP_GET, "/healthz", 0, BODY_NONE, RUN_INLINE, NULL, handle_healthz, "is it alive"},
    {HTTP_GET, "/readyz", 0, BODY_NONE, RUN_INLINE, NULL, handle_readyz, "does it take requests"},
    {HTTP_GET, "/metrics", 0, BODY_NONE, RUN_INLINE, NULL, handle_metrics, "Prometheus"},
};
static const http_route_table routes = {
    .name = "model", .prefix = "/", .rows = rows, .count = COUNT_OF(rows), .render_error = render_error};
static const http_route_table *const tables[] = {&routes};

/* --- life ---------------------------------------------------------------------------------------------------------------- */

static void finished(http_request *req, const http_outcome *outcome)
{
    if (outcome->status) metrics_request(&server_of(req)->metrics, outcome->status, outcome->duration_us);
}

static void server_free(model_server *s)
{
    if (!s) return;
    served_free(s->served);
    buf_done(&s->openapi);
    arena_done(&s->memory);
    free(s);
}

static bool prepare(model_server *s, const model_server_config *config, err *e)
{
    s->name = arena_copy(&s->memory, config->name);
    s->sha256 = arena_copy(&s->memory, config->sha256);
    return served_new(s->forest, &s->served, e) && openapi_write(s->forest, s->name, &s->openapi, e);
}

static bool listen_for(model_server *s, const model_server_config *config, err *e)
{
    http_server_config http = {.listen_fd = config->listen_fd,
                               .tables = tables,
                               .table_count = COUNT_OF(tables),
                               .event_threads = config->event_threads,
                               .worker_threads = 1, /* no route needs one */
                               .app = s,
                               .log = config->log,
                               .finished = finished};
    return http_server_start(&http, &s->http, e);
}

bool model_server_start(const model_server_config *config, model_server **out, err *e)
{
    model_server *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "no memory for a model server");
    arena_init(&s->memory, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&s->openapi, LIMIT_JSON_DOC_BYTES);
    s->forest = config->forest;
    s->metrics.started_ms = clock_wall_ms();
    if (!prepare(s, config, e) || !listen_for(s, config, e)) {
        server_free(s);
        return false;
    }
    *out = s;
    return true;
}

void model_server_stop(model_server *s, uint64_t grace_ms)
{
    if (!s) return;
    http_server_stop(s->http, grace_ms);
    server_free(s);
}
