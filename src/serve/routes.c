/*
 * serve/routes.c - the addresses of a model server. A row's permission is its route kind, as metrics name it, and whether it needs a token.
 */
#include "complaint.h"
#include "metadata.h"
#include "server.h"

#include "base/clock.h"
#include "base/limits.h"

extern const char model_docs_page[];
extern const size_t model_docs_page_len;

static const char content_json[] = "application/json";

/* --- predictions ------------------------------------------------------------------------------------------------------------- */

static const served *served_at(http_request *req, size_t index)
{
    return server_config_of(req)->models[index].served;
}

static void reply_with(http_request *req, http_response *resp, const reply *r)
{
    server_note_rows(req, r);
    http_reply(resp, r->status, content_json, buf_bytes(&r->body));
}

static bool reply_features(http_request *req, http_response *resp, model_output what, err *e)
{
    size_t index;
    if (!server_find_model(req, &index, e)) return false;
    const served *s = served_at(req, index);
    if (what == OUTPUT_PREDICT) what = served_main_output(s);
    if (!served_about(s)->gives[what])
        return err_set(e, ERR_NOT_FOUND, "a %.*s has no %s", STR_ARG(served_about(s)->name),
                       model_output_name(what));
    AUTO_REPLY reply r;
    AUTO_BUF buf unpacked = {0};
    bytes body;
    reply_init(&r);
    if (!request_body(req, &unpacked, &body, e) || !answer_features(s, what, http_arena(req), body, &r, e))
        return false;
    reply_with(req, resp, &r);
    return true;
}

static bool handle_predict(http_request *req, http_response *resp, err *e)
{
    return reply_features(req, resp, OUTPUT_PREDICT, e);
}

static bool handle_predict_proba(http_request *req, http_response *resp, err *e)
{
    return reply_features(req, resp, OUTPUT_PREDICT_PROBA, e);
}

static bool handle_invocations(http_request *req, http_response *resp, err *e)
{
    size_t index;
    str type = STR_NONE;
    (void)http_header(req, "Content-Type", &type);
    AUTO_REPLY reply r;
    AUTO_BUF buf unpacked = {0};
    bytes body;
    reply_init(&r);
    if (!server_find_model(req, &index, e) || !request_body(req, &unpacked, &body, e) ||
        !answer_invocation(served_at(req, index), http_arena(req), type, body, &r, e))
        return false;
    reply_with(req, resp, &r);
    return true;
}

/* "/v1/models/iris:predict": the pattern has the verb in the name. */
static bool handle_v1_predict(http_request *req, http_response *resp, err *e)
{
    size_t index;
    str verb = http_param(req, "verb"), name, what;
    if (!str_cut(verb, ':', &name, &what) || !str_eq(what, STR("predict")))
        return err_set(e, ERR_NOT_FOUND, "/v1/models/NAME:predict is all that is answered here");
    if (!server_find_model(req, &index, e)) return false;
    if (!server_lookup(server_config_of(req), name, STR_NONE, &index))
        return err_set(e, ERR_NOT_FOUND, "there is no model '%.*s' here", STR_ARG(str_slice(name, 0, 100)));
    request_note *note = http_identity(req);
    note->model = index;
    AUTO_REPLY reply r;
    AUTO_BUF buf unpacked = {0};
    bytes body;
    reply_init(&r);
    if (!request_body(req, &unpacked, &body, e) ||
        !answer_v1(served_at(req, index), http_arena(req), body, &r, e))
        return false;
    reply_with(req, resp, &r);
    return true;
}

/* How much of the body is JSON. */
static bool json_part(http_request *req, bytes body, uint64_t *json_bytes, err *e)
{
    str given;
    *json_bytes = body.len;
    if (!http_header(req, "Inference-Header-Content-Length", &given) || str_to_u64(given, json_bytes))
        return true;
    return err_set(e, ERR_INVALID, "Inference-Header-Content-Length must be a number of bytes, not '%.*s'",
                   STR_ARG(str_slice(given, 0, 40)));
}

static bool handle_infer(http_request *req, http_response *resp, err *e)
{
    size_t index;
    uint64_t json_bytes;
    AUTO_REPLY reply r;
    AUTO_BUF buf unpacked = {0};
    bytes body;
    reply_init(&r);
    if (!server_find_model(req, &index, e) || !request_body(req, &unpacked, &body, e) ||
        !json_part(req, body, &json_bytes, e) ||
        !answer_v2(served_at(req, index), http_arena(req), body, json_bytes, &r, e))
        return false;
    server_note_rows(req, &r);
    if (r.json_bytes)
        http_header_set(resp, "Inference-Header-Content-Length",
                        arena_printf(http_arena(req), "%zu", r.json_bytes));
    http_reply(resp, 200, r.json_bytes ? "application/octet-stream" : content_json, buf_bytes(&r.body));
    return true;
}

/* --- metadata ---------------------------------------------------------------------------------------------------------------- */

static bool reply_json(http_response *resp, unsigned status, json_t *value_stolen, err *e)
{
    AUTO(json_release) json_t *value = value_stolen;
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_JSON_DOC_BYTES);
    if (!value) return err_set(e, ERR_MEMORY, "no memory for an answer");
    if (!json_encode(value, &out, e)) return false;
    http_reply(resp, status, content_json, buf_bytes(&out));
    return true;
}

static bool handle_v2(http_request *req, http_response *resp, err *e)
{
    (void)req;
    return reply_json(resp, 200, metadata_of_server(), e);
}

static bool handle_v2_models(http_request *req, http_response *resp, err *e)
{
    return reply_json(resp, 200, json_pack("{s:o}", "models", metadata_names(server_config_of(req))), e);
}

static bool handle_v2_model(http_request *req, http_response *resp, err *e)
{
    size_t index;
    return server_find_model(req, &index, e) &&
           reply_json(resp, 200, metadata_of_model(server_config_of(req), index), e);
}

static bool not_ready(err *e)
{
    return err_set(e, ERR_UNAVAILABLE, "the server is stopping");
}

static bool handle_v2_model_ready(http_request *req, http_response *resp, err *e)
{
    size_t index;
    if (!server_find_model(req, &index, e)) return false;
    if (!server_is_ready(req)) return not_ready(e);
    return reply_json(
        resp, 200,
        json_pack("{s:o, s:b}", "name", json_from_str(served_named(served_at(req, index))->name), "ready", 1),
        e);
}

static bool handle_v2_live(http_request *req, http_response *resp, err *e)
{
    (void)req;
    return reply_json(resp, 200, json_pack("{s:b}", "live", 1), e);
}

static bool handle_v2_ready(http_request *req, http_response *resp, err *e)
{
    if (!server_is_ready(req)) return not_ready(e);
    return reply_json(resp, 200, json_pack("{s:b}", "ready", 1), e);
}

static bool handle_index(http_request *req, http_response *resp, err *e)
{
    return reply_json(resp, 200, metadata_of_repository(server_config_of(req), server_is_ready(req)), e);
}

static bool reply_command(http_request *req, http_response *resp, serve_command what, err *e)
{
    size_t index;
    const model_server_config *config = server_config_of(req);
    if (!server_find_model(req, &index, e)) return false;
    if (!config->command || !config->command(config->command_ctx, what, index))
        return err_set(e, ERR_UNAVAILABLE, "the supervisor of this server cannot be reached");
    return reply_json(resp, 202, json_pack("{s:b}", "accepted", 1), e);
}

static bool handle_load(http_request *req, http_response *resp, err *e)
{
    return reply_command(req, resp, COMMAND_CHECK, e);
}

static bool handle_rollback(http_request *req, http_response *resp, err *e)
{
    return reply_command(req, resp, COMMAND_ROLLBACK, e);
}

static bool handle_v1_models(http_request *req, http_response *resp, err *e)
{
    return reply_json(resp, 200, json_pack("{s:o}", "models", metadata_names(server_config_of(req))), e);
}

static bool handle_v1_model(http_request *req, http_response *resp, err *e)
{
    return handle_v2_model_ready(req, resp, e);
}

/* --- pages and operation ----------------------------------------------------------------------------------------------------- */

/* People are shown the page; KServe's v1 client asks here whether the server is alive. */
static bool handle_root(http_request *req, http_response *resp, err *e)
{
    (void)e;
    str accept;
    http_header_set(resp, "Vary", STR("Accept"));
    if (http_header(req, "Accept", &accept) && str_contains(accept, STR("text/html"))) {
        http_header_set(resp, "Location", STR("/docs"));
        http_reply_empty(resp, 307);
    } else {
        http_reply_static(resp, 200, content_json, str_bytes(STR("{\"status\":\"alive\"}")));
    }
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
    http_reply_static(resp, 200, content_json, str_bytes(server_openapi_of(req)));
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
    if (!server_is_ready(req)) return not_ready(e);
    http_reply_static(resp, 200, content_json, str_bytes(STR("{\"status\":\"ready\"}")));
    return true;
}

/* MLflow and SageMaker: an empty line says all. */
static bool handle_ping(http_request *req, http_response *resp, err *e)
{
    if (!server_is_ready(req)) return not_ready(e);
    http_reply_static(resp, 200, content_json, str_bytes(STR("\n")));
    return true;
}

static bool handle_version(http_request *req, http_response *resp, err *e)
{
    (void)req;
    (void)e;
    http_reply_static(resp, 200, "text/plain; charset=utf-8", str_bytes(STR("assay " ASSAY_VERSION)));
    return true;
}

static bool handle_metrics(http_request *req, http_response *resp, err *e)
{
    const model_server_config *config = server_config_of(req);
    http_server_stats stats;
    http_server_stats_read(http_request_server(req), &stats);
    const metrics_now now = {.models = config->models,
                             .model_count = config->model_count,
                             .running = stats.requests_running,
                             .connections = stats.connections,
                             .started_ms = config->started_ms,
                             .statm_fd = config->statm_fd};
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_METRICS_BYTES);
    serve_metrics_text(server_metrics_of(req), &now, &out);
    if (!buf_ok(&out, "the metrics", e)) return false;
    http_reply(resp, 200, "text/plain; version=0.0.4; charset=utf-8", buf_bytes(&out));
    return true;
}

/* --- errors ------------------------------------------------------------------------------------------------------------------ */

/* The Open Inference Protocol and MLflow know one status for a body that cannot be used. */
static unsigned status_of(const err *e)
{
    return e->code == ERR_UNPROCESSABLE || e->code == ERR_UNSUPPORTED ? 400 : err_http_status(e->code);
}

static bool write_error(str path, const err *e, buf *out, unsigned *status)
{
    *status = status_of(e);
    if (str_starts_with(path, STR("/v2")) || str_starts_with(path, STR("/v1"))) {
        buf_add_str(out, STR("{\"error\":"));
        bool ok = write_text(str_from_c(e->message), out, NULL);
        buf_add_byte(out, '}');
        return ok;
    }
    if (str_ends_with(path, STR("/invocations"))) {
        buf_printf(out,
                   "{\"error_code\":\"%s\",\"message\":", *status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR");
        bool ok = write_text(str_from_c(e->message), out, NULL);
        buf_add_byte(out, '}');
        return ok;
    }
    /* FastAPI's words where it has some. */
    *status = err_http_status(e->code);
    bool is_unknown =
        e->code == ERR_NOT_FOUND && str_starts_with(str_from_c(e->message), STR("no such address"));
    const char *detail = is_unknown ? "Not Found" : e->code == ERR_METHOD ? "Method Not Allowed" : e->message;
    return complaint_detail(detail, out, NULL);
}

static void render_error(http_request *req, http_response *resp, const err *e)
{
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_JSON_DOC_BYTES);
    unsigned status;
    if (e->code == ERR_UNAUTHENTICATED)
        http_header_set(resp, "WWW-Authenticate", STR("Bearer realm=\"assay\""));
    str ignored;
    /* RFC 9110, 15.5.16 */
    if (e->code == ERR_MEDIA_TYPE && http_header(req, "Content-Encoding", &ignored))
        http_header_set(resp, "Accept-Encoding", STR("gzip, deflate, zstd"));
    str path = http_path(req);
    if (!write_error(path.len ? path : http_path_raw(req), e, &out, &status) || out.failed) {
        http_reply_empty(resp, err_http_status(e->code));
        return;
    }
    http_reply(resp, status, content_json, buf_bytes(&out));
}

#define ASK(pattern, kind, handler, help)                                      \
    {                                                                          \
        HTTP_POST, pattern, kind, BODY_SMALL, RUN_BY_SIZE, NULL, handler, help \
    }
#define TELL(pattern, kind, handler, help)                                  \
    {                                                                       \
        HTTP_GET, pattern, kind, BODY_NONE, RUN_INLINE, NULL, handler, help \
    }

static const http_route rows[] = {
    ASK("/predict", ROUTE_PREDICT, handle_predict, "predictions for one row or many, of the first model"),
    ASK("/predict_proba", ROUTE_PREDICT_PROBA, handle_predict_proba, "the probability of every class"),
    ASK("/models/{model}/predict", ROUTE_PREDICT, handle_predict, "the same of a model by name"),
    ASK("/models/{model}/predict_proba", ROUTE_PREDICT_PROBA, handle_predict_proba,
        "the same of a model by name"),
    ASK("/models/{model}/versions/{version}/predict", ROUTE_PREDICT, handle_predict,
        "the same of one version"),
    ASK("/models/{model}/versions/{version}/predict_proba", ROUTE_PREDICT_PROBA, handle_predict_proba,
        "the same of one version"),
    ASK("/v2/models/{model}/infer", ROUTE_V2_INFER, handle_infer,
        "Open Inference Protocol v2, JSON and binary tensors"),
    ASK("/v2/models/{model}/versions/{version}/infer", ROUTE_V2_INFER, handle_infer,
        "the same of one version"),
    TELL("/v2", ROUTE_OTHER | SERVE_OPEN, handle_v2, "name, version and extensions of the server"),
    TELL("/v2/health/live", ROUTE_OTHER | SERVE_OPEN, handle_v2_live, "is it alive"),
    TELL("/v2/health/ready", ROUTE_OTHER | SERVE_OPEN, handle_v2_ready, "does it take requests"),
    TELL("/v2/models", ROUTE_OTHER, handle_v2_models, "names of the models"),
    TELL("/v2/models/{model}", ROUTE_OTHER, handle_v2_model,
         "inputs, outputs, versions and origin of a model"),
    TELL("/v2/models/{model}/ready", ROUTE_OTHER | SERVE_OPEN, handle_v2_model_ready,
         "does the model take requests"),
    TELL("/v2/models/{model}/versions/{version}", ROUTE_OTHER, handle_v2_model, "the same of one version"),
    TELL("/v2/models/{model}/versions/{version}/ready", ROUTE_OTHER | SERVE_OPEN, handle_v2_model_ready,
         "the same of one version"),
    {HTTP_POST, "/v2/repository/index", ROUTE_REPOSITORY, BODY_SMALL, RUN_INLINE, NULL, handle_index,
     "models, versions and states"},
    {HTTP_POST, "/v2/repository/models/{model}/load", ROUTE_REPOSITORY, BODY_SMALL, RUN_INLINE, NULL,
     handle_load, "look for a new file now"},
    {HTTP_POST, "/v2/repository/models/{model}/rollback", ROUTE_REPOSITORY, BODY_SMALL, RUN_INLINE, NULL,
     handle_rollback, "serve the version before again"},
    TELL("/v1/models", ROUTE_OTHER, handle_v1_models, "names of the models, for KServe's v1"),
    TELL("/v1/models/{model}", ROUTE_OTHER | SERVE_OPEN, handle_v1_model, "does the model take requests"),
    ASK("/v1/models/{verb}", ROUTE_V1_PREDICT, handle_v1_predict, "NAME:predict, KServe's v1"),
    ASK("/invocations", ROUTE_INVOCATIONS, handle_invocations,
        "MLflow's and SageMaker's formats, of the first model"),
    ASK("/models/{model}/invocations", ROUTE_INVOCATIONS, handle_invocations, "the same of a model by name"),
    TELL("/ping", ROUTE_OTHER | SERVE_OPEN, handle_ping, "MLflow: does it take requests"),
    TELL("/health", ROUTE_OTHER | SERVE_OPEN, handle_ping, "MLflow: does it take requests"),
    TELL("/version", ROUTE_OTHER | SERVE_OPEN, handle_version, "MLflow: version of the server"),
    TELL("/", ROUTE_OTHER | SERVE_OPEN, handle_root, "a browser goes to /docs; KServe's v1: is it alive"),
    TELL("/docs", ROUTE_OTHER | SERVE_OPEN, handle_docs, "a page to try the models on"),
    TELL("/openapi.json", ROUTE_OTHER, handle_openapi, "OpenAPI description"),
    TELL("/healthz", ROUTE_OTHER | SERVE_OPEN, handle_healthz, "is it alive"),
    TELL("/readyz", ROUTE_OTHER | SERVE_OPEN, handle_readyz, "does it take requests"),
    TELL("/metrics", ROUTE_OTHER, handle_metrics, "Prometheus"),
};
const http_route_table serve_routes = {
    .name = "model", .prefix = "/", .rows = rows, .count = COUNT_OF(rows), .render_error = render_error};
