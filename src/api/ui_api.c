/*
 * ui_api.c - the table of /ui/api, and the making of its JSON.
 */
#include "ui_api.h"

#include "oci_scope.h"

#include "api/routes.h"
#include "base/limits.h"

/* --- objects ----------------------------------------------------------------------------------------------------------------- */

ui_object ui_object_new(void)
{
    json_t *json = json_object();
    return (ui_object){.json = json, .failed = json == NULL};
}

void ui_object_done(ui_object *o)
{
    json_decref(o->json);
    *o = (ui_object){0};
}

void ui_put(ui_object *o, const char *key, json_t *stolen)
{
    if (json_object_set_new(o->json, key, stolen) != 0) o->failed = true;
}

void ui_text(ui_object *o, const char *key, str value)
{
    ui_put(o, key, json_from_str(value));
}

void ui_text_or_null(ui_object *o, const char *key, str value)
{
    ui_put(o, key, value.len ? json_from_str(value) : json_null());
}

void ui_number(ui_object *o, const char *key, int64_t value)
{
    ui_put(o, key, json_integer(value));
}

void ui_bool(ui_object *o, const char *key, bool value)
{
    ui_put(o, key, json_boolean(value));
}

void ui_add(ui_object *o, const char *key, ui_object *stolen)
{
    o->failed |= stolen->failed;
    ui_put(o, key, TAKE(stolen->json));
}

json_t *ui_list(ui_object *o, const char *key)
{
    json_t *list = json_array();
    ui_put(o, key, list);
    return list;
}

void ui_append(ui_object *o, json_t *list, ui_object *stolen)
{
    o->failed |= stolen->failed;
    if (json_array_append_new(list, TAKE(stolen->json)) != 0) o->failed = true;
}

bool ui_reply(http_response *resp, unsigned status, ui_object *o, err *e)
{
    AUTO_UI_OBJECT ui_object mine = *o;
    *o = (ui_object){0};
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES);
    if (mine.failed) return err_set(e, ERR_MEMORY, "no memory for an answer");
    if (!json_encode(mine.json, &text, e)) return false;
    http_header_set(resp, "Cache-Control", STR("no-store"));
    http_reply(resp, status, "application/json", buf_bytes(&text));
    return true;
}

/* --- requests ---------------------------------------------------------------------------------------------------------------- */

str ui_query(const http_request *req, const char *name)
{
    str value;
    return http_query(req, name, &value) ? value : STR("");
}

bool ui_query_number(const http_request *req, const char *name, int64_t fallback, int64_t *value, err *e)
{
    str text = ui_query(req, name);
    int64_t number = fallback;
    if (text.len && !str_to_i64(text, &number))
        return err_set(e, ERR_INVALID, "'%s' must be a number, not '%.*s'", name, STR_ARG(text));
    *value = number;
    return true;
}

bool ui_allow_read(const http_request *req, str repository, err *e)
{
    const app *state = http_app(req);
    const auth_identity *who = http_identity(req);
    if (oci_scope_is_limited(who->scope))
        return err_set(e, ERR_DENIED, "the token is good for the container registry only");
    return auth_allow(state->auth, who, AUTH_READ, repository, e);
}

bool ui_may_read(const http_request *req, str repository)
{
    err refused;
    return ui_allow_read(req, repository, &refused);
}

/* {"error":{"code","message","request_id"}}. No WWW-Authenticate: the browser would show its own window instead of our page. */
void ui_render_error(http_request *req, http_response *resp, const err *e)
{
    ui_object error = ui_object_new();
    ui_text(&error, "code", str_from_c(err_name(e->code)));
    ui_text(&error, "message", str_from_c(e->message));
    ui_text(&error, "request_id", http_request_id(req));
    ui_object answer = ui_object_new();
    ui_add(&answer, "error", &error);
    err no_memory;
    if (!ui_reply(resp, err_http_status(e->code), &answer, &no_memory))
        http_reply_empty(resp, err_http_status(e->code));
}

/* --- the table --------------------------------------------------------------------------------------------------------------- */

static const http_route rows[] = {
    {HTTP_POST, "/ui/api/session", AUTH_NOTHING, BODY_SMALL, RUN_WORKER, NULL, ui_session_create,
     "sign in: user, password"},
    {HTTP_GET, "/ui/api/session", AUTH_LOGGED_IN, BODY_NONE, RUN_INLINE, NULL, ui_session_get,
     "who is signed in"},
    {HTTP_DELETE, "/ui/api/session", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, ui_session_delete,
     "sign out"},
    {HTTP_POST, "/ui/api/token", AUTH_LOGGED_IN, BODY_SMALL, RUN_WORKER, NULL, ui_token_create,
     "a token of one's own: days"},
    {HTTP_POST, "/ui/api/password", AUTH_LOGGED_IN, BODY_SMALL, RUN_WORKER, NULL, ui_password_change,
     "change one's password: old, new"},
    {HTTP_GET, "/ui/api/status", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, ui_status,
     "counts for the home page"},
    {HTTP_GET, "/ui/api/tree", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, ui_tree,
     "one level of the tree: repo, path, after"},
    {HTTP_GET, "/ui/api/item", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, ui_item,
     "all about one artifact or folder: repo, path"},
    {HTTP_POST, "/ui/api/scan", AUTH_LOGGED_IN, BODY_SMALL, RUN_WORKER, NULL, ui_scan,
     "scan one artifact again: repo, path"},
    {HTTP_GET, "/ui/api/vulnerabilities", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, ui_vulnerabilities,
     "vulnerable components: repo, sev, fix, q, after, limit"},
    {HTTP_GET, "/ui/api/threats", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, ui_threats,
     "artifacts that are not clean: repo, after"},
    {HTTP_GET, "/ui/api/models", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, ui_models,
     "models and what they are: repo, q, fact=name:value, after"},
    {HTTP_GET, "/ui/api/violations", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, ui_violations,
     "what policies judged: repo, after"},
    {HTTP_GET, "/ui/api/violations/{id}", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, ui_violation,
     "one violation, and how to unblock"},
};

const http_route_table api_ui_routes = {.name = "ui-api",
                                        .prefix = "/ui/api",
                                        .rows = rows,
                                        .count = COUNT_OF(rows),
                                        .render_error = ui_render_error};
