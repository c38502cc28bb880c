/*
 * xray.c - the /xray surface: versions, policies, watches; findings and violations are in xray_findings.c.
 *
 * Errors are {"error": "text"}. The version is one from which clients speak the graph and policy calls, and below which they ask for plug-ins that
 * a self-hosted server does not hand out.
 */
#include "xray.h"

#include "api/routes.h"
#include "base/clock.h"
#include "base/limits.h"

xray_call xray_call_begin(http_request *req)
{
    return (xray_call){http_app(req), http_arena(req), http_identity(req)};
}

bool xray_reply(http_response *resp, unsigned status, json_t *document_stolen, err *e)
{
    AUTO(json_release) json_t *document = document_stolen;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES);
    if (!document) return err_set(e, ERR_MEMORY, "no memory for an answer");
    if (!json_encode(document, &text, e)) return false;
    http_reply(resp, status, "application/json", buf_bytes(&text));
    return true;
}

static void render_error(http_request *req UNUSED, http_response *resp, const err *e)
{
    err why;
    unsigned status = err_http_status(e->code);
    json_t *message = json_from_str(str_from_c(e->message));
    if (e->code == ERR_UNAUTHENTICATED)
        http_header_set(resp, "WWW-Authenticate", STR("Basic realm=\"Assay\""));
    if (!xray_reply(resp, status, json_pack("{s:o}", "error", message), &why)) http_reply_empty(resp, status);
}

bool xray_body(http_request *req, json_t **body, err *e)
{
    AUTO(json_release) json_t *json = NULL;
    if (!json_decode(http_request_body(req), "the request", &json, e)) return false;
    if (!json_is_object(json)) return err_set(e, ERR_INVALID, "the request must be a JSON object");
    *body = TAKE(json);
    return true;
}

bool xray_may_read(const xray_call *call, str repository)
{
    err refused;
    return auth_allow(call->app->auth, call->who, AUTH_READ, repository, &refused);
}

str xray_severity(severity s)
{
    static const char *const names[] = {"Information", "Low", "Medium", "High", "Critical"};
    return str_from_c(names[s]);
}

str xray_time(arena *a, int64_t ms)
{
    return arena_printf(a, "%s", clock_iso8601(ms).text);
}

static json_t *info(const char *text)
{
    return json_pack("{s:s}", "info", text);
}

/* --- versions ---------------------------------------------------------------------------------------------------------------- */

static bool get_version(http_request *req UNUSED, http_response *resp, err *e)
{
    return xray_reply(resp, 200, json_pack("{s:s, s:s}", "xray_version", "3.118.0", "xray_revision", "assay"),
                      e);
}

static bool get_ping(http_request *req UNUSED, http_response *resp, err *e)
{
    return xray_reply(resp, 200, json_pack("{s:s}", "status", "pong"), e);
}

/* Entitled would make clients fetch and run a further scanner. */
static bool get_entitlement(http_request *req, http_response *resp, err *e)
{
    json_t *id = json_from_str(http_param(req, "id"));
    return xray_reply(resp, 200, json_pack("{s:o, s:b}", "feature_id", id, "entitled", 0), e);
}

/* --- policies ---------------------------------------------------------------------------------------------------------------- */

/* The client's first time is year 1 and means nothing; the author is whoever signed in. */
static bool set_author(http_request *req, json_t *policy_json, err *e)
{
    xray_call call = xray_call_begin(req);
    if (json_text(policy_json, "author").len || json_set_str(policy_json, "author", call.who->name))
        return true;
    return err_set(e, ERR_MEMORY, "no memory for a policy");
}

static bool policies_get(http_request *req, http_response *resp, err *e)
{
    json_t *all;
    return policy_list(xray_call_begin(req).app->policies, &all, e) && xray_reply(resp, 200, all, e);
}

static bool policy_get_one(http_request *req, http_response *resp, err *e)
{
    json_t *one;
    return policy_get(xray_call_begin(req).app->policies, http_param(req, "name"), &one, e) &&
           xray_reply(resp, 200, one, e);
}

static bool policy_post(http_request *req, http_response *resp, err *e)
{
    AUTO(json_release) json_t *body = NULL;
    return xray_body(req, &body, e) && set_author(req, body, e) &&
           policy_put(xray_call_begin(req).app->policies, body, true, e) &&
           xray_reply(resp, 201, info("Policy created successfully"), e);
}

static bool policy_put_one(http_request *req, http_response *resp, err *e)
{
    AUTO(json_release) json_t *body = NULL;
    if (!xray_body(req, &body, e) || !set_author(req, body, e)) return false;
    if (!json_set_str(body, "name", http_param(req, "name")))
        return err_set(e, ERR_MEMORY, "no memory for a policy");
    return policy_put(xray_call_begin(req).app->policies, body, false, e) &&
           xray_reply(resp, 200, info("Policy updated successfully"), e);
}

static bool policy_delete_one(http_request *req, http_response *resp, err *e)
{
    return policy_delete(xray_call_begin(req).app->policies, http_param(req, "name"), e) &&
           xray_reply(resp, 200, info("Policy deleted successfully"), e);
}

/* --- watches ----------------------------------------------------------------------------------------------------------------- */

static bool watches_get(http_request *req, http_response *resp, err *e)
{
    json_t *all;
    return watch_list(xray_call_begin(req).app->policies, &all, e) && xray_reply(resp, 200, all, e);
}

static bool watch_get_one(http_request *req, http_response *resp, err *e)
{
    json_t *one;
    return watch_get(xray_call_begin(req).app->policies, http_param(req, "name"), &one, e) &&
           xray_reply(resp, 200, one, e);
}

static bool watch_post(http_request *req, http_response *resp, err *e)
{
    AUTO(json_release) json_t *body = NULL;
    return xray_body(req, &body, e) && watch_put(xray_call_begin(req).app->policies, body, true, e) &&
           xray_reply(resp, 201, info("Watch has been successfully created"), e);
}

/* Clients leave the name out of an update: it is in the address. */
static bool watch_put_one(http_request *req, http_response *resp, err *e)
{
    AUTO(json_release) json_t *body = NULL;
    json_t *general;
    if (!xray_body(req, &body, e) || !json_member_object(body, "general_data", &general, e)) return false;
    if (!json_set_str(general, "name", http_param(req, "name")))
        return err_set(e, ERR_MEMORY, "no memory for a watch");
    return watch_put(xray_call_begin(req).app->policies, body, false, e) &&
           xray_reply(resp, 200, info("Watch was successfully updated"), e);
}

static bool watch_delete_one(http_request *req, http_response *resp, err *e)
{
    return watch_delete(xray_call_begin(req).app->policies, http_param(req, "name"), e) &&
           xray_reply(resp, 200, info("Watch was deleted successfully"), e);
}

/* --- the table --------------------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const http_route rows[] = {
    {HTTP_GET,    "/xray/api/v1/system/version",                AUTH_NOTHING,   BODY_NONE,  RUN_INLINE, NULL, get_version, "the version whose calls are spoken"},
    {HTTP_GET,    "/xray/api/v1/system/ping",                   AUTH_NOTHING,   BODY_NONE,  RUN_INLINE, NULL, get_ping, "is somebody there?"},
    {HTTP_GET,    "/xray/api/v1/entitlements/feature/{id}",     AUTH_LOGGED_IN, BODY_NONE,  RUN_INLINE, NULL, get_entitlement, "no further scanner is handed out"},
    {HTTP_GET,    "/xray/api/v2/policies",                      AUTH_LOGGED_IN, BODY_NONE,  RUN_WORKER, NULL, policies_get, "all policies"},
    {HTTP_GET,    "/xray/api/v1/policies",                      AUTH_LOGGED_IN, BODY_NONE,  RUN_WORKER, NULL, policies_get, "all policies (v1)"},
    {HTTP_POST,   "/xray/api/v2/policies",                      AUTH_ADMIN,     BODY_SMALL, RUN_WORKER, NULL, policy_post, "create a policy"},
    {HTTP_POST,   "/xray/api/v1/policies",                      AUTH_ADMIN,     BODY_SMALL, RUN_WORKER, NULL, policy_post, "create a policy (v1)"},
    {HTTP_GET,    "/xray/api/v2/policies/{name}",               AUTH_LOGGED_IN, BODY_NONE,  RUN_WORKER, NULL, policy_get_one, "one policy"},
    {HTTP_GET,    "/xray/api/v1/policies/{name}",               AUTH_LOGGED_IN, BODY_NONE,  RUN_WORKER, NULL, policy_get_one, "one policy (v1)"},
    {HTTP_PUT,    "/xray/api/v2/policies/{name}",               AUTH_ADMIN,     BODY_SMALL, RUN_WORKER, NULL, policy_put_one, "change a policy; everything is judged again"},
    {HTTP_PUT,    "/xray/api/v1/policies/{name}",               AUTH_ADMIN,     BODY_SMALL, RUN_WORKER, NULL, policy_put_one, "change a policy; everything is judged again (v1)"},
    {HTTP_DELETE, "/xray/api/v2/policies/{name}",               AUTH_ADMIN,     BODY_NONE,  RUN_WORKER, NULL, policy_delete_one, "delete a policy that no watch uses"},
    {HTTP_DELETE, "/xray/api/v1/policies/{name}",               AUTH_ADMIN,     BODY_NONE,  RUN_WORKER, NULL, policy_delete_one, "delete a policy that no watch uses (v1)"},
    {HTTP_GET,    "/xray/api/v2/watches",                       AUTH_LOGGED_IN, BODY_NONE,  RUN_WORKER, NULL, watches_get, "all watches"},
    {HTTP_GET,    "/xray/api/v1/watches",                       AUTH_LOGGED_IN, BODY_NONE,  RUN_WORKER, NULL, watches_get, "all watches (v1)"},
    {HTTP_POST,   "/xray/api/v2/watches",                       AUTH_ADMIN,     BODY_SMALL, RUN_WORKER, NULL, watch_post, "create a watch"},
    {HTTP_POST,   "/xray/api/v1/watches",                       AUTH_ADMIN,     BODY_SMALL, RUN_WORKER, NULL, watch_post, "create a watch (v1)"},
    {HTTP_GET,    "/xray/api/v2/watches/{name}",                AUTH_LOGGED_IN, BODY_NONE,  RUN_WORKER, NULL, watch_get_one, "one watch"},
    {HTTP_GET,    "/xray/api/v1/watches/{name}",                AUTH_LOGGED_IN, BODY_NONE,  RUN_WORKER, NULL, watch_get_one, "one watch (v1)"},
    {HTTP_PUT,    "/xray/api/v2/watches/{name}",                AUTH_ADMIN,     BODY_SMALL, RUN_WORKER, NULL, watch_put_one, "change a watch; everything is judged again"},
    {HTTP_PUT,    "/xray/api/v1/watches/{name}",                AUTH_ADMIN,     BODY_SMALL, RUN_WORKER, NULL, watch_put_one, "change a watch; everything is judged again (v1)"},
    {HTTP_DELETE, "/xray/api/v2/watches/{name}",                AUTH_ADMIN,     BODY_NONE,  RUN_WORKER, NULL, watch_delete_one, "delete a watch and its violations"},
    {HTTP_DELETE, "/xray/api/v1/watches/{name}",                AUTH_ADMIN,     BODY_NONE,  RUN_WORKER, NULL, watch_delete_one, "delete a watch and its violations (v1)"},
    {HTTP_POST,   "/xray/api/v2/summary/artifact",              AUTH_LOGGED_IN, BODY_SMALL, RUN_WORKER, NULL, xray_summary, "issues of artifacts by path or checksum"},
    {HTTP_POST,   "/xray/api/v1/summary/artifact",              AUTH_LOGGED_IN, BODY_SMALL, RUN_WORKER, NULL, xray_summary, "issues of artifacts by path or checksum (v1)"},
    {HTTP_POST,   "/xray/api/v1/violations",                    AUTH_LOGGED_IN, BODY_SMALL, RUN_WORKER, NULL, xray_violations, "violations under filters, by page"},
    {HTTP_POST,   "/xray/api/v1/artifact/status",               AUTH_LOGGED_IN, BODY_SMALL, RUN_WORKER, NULL, xray_artifact_status, "has an artifact been scanned?"},
};
/* clang-format on */

const http_route_table api_xray_routes = {"xray", "/xray", rows, COUNT_OF(rows), render_error};
