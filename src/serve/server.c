/*
 * serve/server.c - the life of a model server: who may ask, which model is meant, what is counted.
 */
#include "server.h"

#include "base/clock.h"
#include "base/limits.h"
#include "openapi.h"

#include <stdatomic.h>
#include <stdlib.h>

struct model_server {
    model_server_config config;
    serve_metrics *metrics;
    http_server *http;
    buf openapi;
    atomic_bool unready;
};

static model_server *server_of(const http_request *req)
{
    return http_app(req);
}

const model_server_config *server_config_of(http_request *req)
{
    return &server_of(req)->config;
}

serve_metrics *server_metrics_of(http_request *req)
{
    return server_of(req)->metrics;
}

str server_openapi_of(http_request *req)
{
    return buf_str(&server_of(req)->openapi);
}

bool server_is_ready(http_request *req)
{
    return !atomic_load(&server_of(req)->unready) && !http_server_is_stopping(http_request_server(req));
}

/* --- which model ------------------------------------------------------------------------------------------------------------- */

bool server_lookup(const model_server_config *config, str name, str version, size_t *index)
{
    for (size_t i = config->model_count; i-- > 0;) {
        const served_as *as = served_named(config->models[i].served);
        if (!str_eq(as->name, name) || (version.len && !str_eq(as->version, version))) continue;
        *index = i;
        return true;
    }
    return false;
}

bool server_find_model(http_request *req, size_t *index, err *e)
{
    const model_server_config *config = server_config_of(req);
    str name = http_param(req, "model"), version = http_param(req, "version");
    request_note *note = arena_alloc(http_arena(req), sizeof *note);
    if (!note) return err_set(e, ERR_MEMORY, "no memory for a request");
    if (name.len == 0) name = served_named(config->models[0].served)->name;
    if (!server_lookup(config, name, version, index))
        return err_set(e, ERR_NOT_FOUND, "there is no model '%.*s'%s%.*s here",
                       STR_ARG(str_slice(name, 0, 100)), version.len ? " of version " : "",
                       STR_ARG(str_slice(version, 0, 100)));
    note->model = *index;
    http_identity_set(req, note);
    return true;
}

void server_note_rows(http_request *req, const reply *r)
{
    request_note *note = http_identity(req);
    const served *s = server_config_of(req)->models[note->model].served;
    note->rows = r->rows;
    serve_metrics_rows(server_metrics_of(req), note->model, r->rows.count);
    if (r->rows.count) served_count(s, &r->rows);
}

/* --- who may ask ------------------------------------------------------------------------------------------------------------- */

/* All tokens are compared, each in a time that tells its length only. */
static bool knows(const serve_tokens *tokens, str given)
{
    bool found = false;
    for (size_t i = 0; i < tokens->count; i++) found |= secret_eq(tokens->items[i], secret_of(given));
    return found;
}

static http_decision authorise(http_request *req, const http_route *route, bool may_block, err *e)
{
    (void)may_block;
    const model_server_config *config = server_config_of(req);
    serve_route kind = route->permission & ~(unsigned)SERVE_OPEN;
    if (config->tokens->count == 0) {
        if (kind != ROUTE_REPOSITORY || http_request_method(req) != HTTP_POST ||
            str_eq(http_path(req), STR("/v2/repository/index")))
            return HTTP_ALLOW;
        err_set(e, ERR_DENIED, "a server without tokens takes no such orders: start it with --token");
        return HTTP_REFUSE;
    }
    str given;
    if (route->permission & SERVE_OPEN) return HTTP_ALLOW;
    bool has =
        http_header(req, "Authorization", &given) && str_eq_nocase(str_slice(given, 0, 7), STR("Bearer "));
    if (has && knows(config->tokens, str_trim(str_skip(given, 7)))) return HTTP_ALLOW;
    err_set(e, ERR_UNAUTHENTICATED,
            has ? "the token is not one of this server's" : "send Authorization: Bearer TOKEN");
    return HTTP_REFUSE;
}

/* --- the end of a request ---------------------------------------------------------------------------------------------------- */

static void finished(http_request *req, const http_outcome *outcome)
{
    model_server *s = server_of(req);
    const request_note none = {.model = SIZE_MAX};
    const request_note *note = http_identity(req) ? http_identity(req) : &none;
    const http_route *route = http_request_route(req);
    serve_route kind = route ? route->permission & ~(unsigned)SERVE_OPEN : ROUTE_OTHER;
    if (outcome->status)
        serve_metrics_request(s->metrics, note->model, kind, outcome->status, outcome->duration_us);
    if (s->config.request_log_fd >= 0) request_log_write(&s->config, s->metrics, req, outcome, note);
}

/* --- life -------------------------------------------------------------------------------------------------------------------- */

static void server_free(model_server *s)
{
    if (!s) return;
    serve_metrics_free(s->metrics);
    buf_done(&s->openapi);
    free(s);
}

static bool listen_for(model_server *s, err *e)
{
    static const http_route_table *const tables[] = {&serve_routes};
    http_server_config http = {.listen_fd = s->config.listen_fd,
                               .tables = tables,
                               .table_count = COUNT_OF(tables),
                               .event_threads = s->config.event_threads,
                               .worker_threads = s->config.event_threads,
                               .tls_certificate = s->config.tls_certificate,
                               .tls_key = s->config.tls_key,
                               .app = s,
                               .log = s->config.log,
                               .authorise = authorise,
                               .finished = finished};
    return http_server_start(&http, &s->http, e);
}

bool model_server_start(const model_server_config *config, model_server **out, err *e)
{
    model_server *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "no memory for a model server");
    s->config = *config;
    buf_init(&s->openapi, LIMIT_JSON_DOC_BYTES);
    if (!serve_metrics_new(config->model_count, &s->metrics, e) ||
        !openapi_write(config->models, config->model_count, config->tokens->count > 0, &s->openapi, e) ||
        !listen_for(s, e)) {
        server_free(s);
        return false;
    }
    *out = s;
    return true;
}

void model_server_unready(model_server *s)
{
    atomic_store(&s->unready, true);
}

void model_server_drain(model_server *s, http_draining how)
{
    model_server_unready(s);
    http_server_drain(s->http, how);
}

void model_server_stop(model_server *s, uint64_t grace_ms)
{
    if (!s) return;
    http_server_stop(s->http, grace_ms);
    server_free(s);
}
