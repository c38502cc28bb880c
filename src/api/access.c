/*
 * access.c - the /access surface: tokens and the current user; and the older token calls of /artifactory/api/security.
 *
 * Bodies are forms or JSON, told apart by the first byte that is not blank, because clients send either under any content type. A token can only be made with
 * at most the rights of who asks: the scope of the token shown must be whole, and only administrators make tokens for others.
 */
#include "artifactory.h"

#include "api/routes.h"
#include "base/limits.h"
#include "meta/users.h"

#include <stdio.h>

enum { LIFETIME_DEFAULT_S = 365 * 86400 };

/* --- forms and JSON ------------------------------------------------------------------------------------------------------ */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool form_decode(str raw, arena *a, str *out, err *e)
{
    char *text = arena_alloc(a, raw.len + 1);
    if (!text) return err_set(e, ERR_MEMORY, "no memory for a form");
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.data[i] == '+' ? ' ' : raw.data[i];
        if (c == '%') {
            int high = i + 2 < raw.len ? hex_value(raw.data[i + 1]) : -1,
                low = i + 2 < raw.len ? hex_value(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return err_set(e, ERR_INVALID, "the form has a '%%' without two hex digits");
            c = (char)(high * 16 + low);
            i += 2;
        }
        text[len++] = c;
    }
    *out = (str){text, len};
    return str_is_utf8(*out) || err_set(e, ERR_INVALID, "the form is not UTF-8");
}

static bool form_to_json(str form, arena *a, json_t **out, err *e)
{
    AUTO(json_release) json_t *object = json_object();
    str pair, name, value;
    while (str_next(&form, '&', &pair)) {
        const char *key;
        str_cut(pair, '=', &name, &value);
        if (!form_decode(name, a, &name, e) || !form_decode(value, a, &value, e) ||
            !str_to_c(a, name, &key, e))
            return false;
        if (!json_set_str(object, key, value)) return err_set(e, ERR_MEMORY, "no memory for a form");
    }
    *out = TAKE(object);
    return true;
}

static bool read_body(http_request *req, json_t **out, err *e)
{
    str text = str_trim(bytes_str(http_request_body(req)));
    if (!str_starts_with(text, STR("{"))) return form_to_json(text, http_arena(req), out, e);
    return json_decode(str_bytes(text), "the token request", out, e);
}

/* Numbers and booleans may come as text. */
static bool number_of(const json_t *body, const char *key, int64_t fallback, int64_t *out, err *e)
{
    const json_t *value = json_object_get(body, key);
    str text = json_text(body, key);
    *out = fallback;
    if (!value || json_is_null(value)) return true;
    if (json_is_string(value) && text.len == 0) return true;
    if (json_is_string(value) && str_to_i64(text, out)) return true;
    return json_member_i64_or(body, key, fallback, out, e);
}

static bool flag_of(const json_t *body, const char *key)
{
    return json_is_true(json_object_get(body, key)) || str_eq_nocase(json_text(body, key), STR("true"));
}

/* --- making tokens ------------------------------------------------------------------------------------------------------- */

static bool may_make(const art_call *call, const auth_token_order *order, err *e)
{
    /* A token of limited scope must not give birth to a wider one: AUTH_WRITE on anything needs a scope that is whole. */
    if (call->who->is_anonymous) return err_set(e, ERR_UNAUTHENTICATED, "sign in to make a token");
    if (!auth_allow(call->app->auth, call->who, call->who->is_admin ? AUTH_ADMIN : AUTH_WRITE, STR(""), e))
        return false;
    if (!call->who->is_admin && !str_eq(order->user, call->who->name))
        return err_set(e, ERR_DENIED, "only administrators make tokens for others");
    return true;
}

static bool add_text(json_t *document, const char *key, str text)
{
    return text.len == 0 || json_set_str(document, key, text);
}

static bool reply_token(http_response *resp, const auth_token_made *made, bool with_reference, err *e)
{
    AUTO(json_release) json_t *document = json_object();
    char id[24];
    snprintf(id, sizeof(id), "%lld", (long long)made->id);
    bool built = json_set_str(document, "token_id", str_from_c(id)) &&
                 json_set_str(document, "access_token", secret_reveal(made->token)) &&
                 add_text(document, "refresh_token", secret_reveal(made->refresh)) &&
                 json_set_str(document, "scope", made->scope) &&
                 json_set_str(document, "token_type", STR("Bearer"));
    if (built && made->lifetime_s)
        built = json_object_set_new(document, "expires_in", json_integer(made->lifetime_s)) == 0;
    /* Access tokens are looked up like reference tokens, so one text serves as both. */
    if (built && with_reference)
        built = json_set_str(document, "reference_token", secret_reveal(made->token));
    if (!built) return err_set(e, ERR_MEMORY, "no memory for an answer");
    http_header_set(resp, "Cache-Control", STR("no-store"));
    return art_reply_json(resp, 200, document, e);
}

static bool audit_token(const art_call *call, const char *action, str user, int64_t id, err *e)
{
    str detail = arena_printf(call->arena, "token %lld of %.*s", (long long)id, STR_ARG(user));
    const meta_audit row = {.user = call->who->name, .action = str_from_c(action), .detail = detail};
    return meta_audit_add(call->app->meta, &row, e);
}

static bool refresh(const art_call *call, const json_t *body, http_response *resp, err *e)
{
    auth_token_made made;
    if (!auth_token_refresh(call->app->auth, secret_of(json_text(body, "refresh_token")), call->arena, &made,
                            e))
        return false;
    return audit_token(call, "token.refresh", made.user, made.id, e) && reply_token(resp, &made, false, e);
}

static bool create(http_request *req, http_response *resp, const char *default_scope, err *e)
{
    art_call call = art_call_begin(req);
    AUTO(json_release) json_t *body = NULL;
    auth_token_order order = {0};
    auth_token_made made;
    if (!read_body(req, &body, e)) return false;
    if (str_eq(json_text(body, "grant_type"), STR("refresh_token"))) return refresh(&call, body, resp, e);

    if (!json_member_str_or(body, "username", call.who->name, &order.user, e) ||
        !json_member_str_or(body, "scope", str_from_c(default_scope), &order.scope, e) ||
        !json_member_str_or(body, "description", STR(""), &order.description, e) ||
        !number_of(body, "expires_in", LIFETIME_DEFAULT_S, &order.lifetime_s, e))
        return false;
    if (order.user.len == 0) order.user = call.who->name;
    order.is_refreshable = flag_of(body, "refreshable");
    if (!may_make(&call, &order, e)) return false;
    if (!auth_token_make(call.app->auth, &order, call.arena, &made, e)) return false;
    return audit_token(&call, "token.create", made.user, made.id, e) &&
           reply_token(resp, &made, flag_of(body, "include_reference_token"), e);
}

static bool token_create(http_request *req, http_response *resp, err *e)
{
    return create(req, resp, "applied-permissions/user", e);
}

bool art_token_create_legacy(http_request *req, http_response *resp, err *e)
{
    return create(req, resp, "member-of-groups:*", e);
}

/* --- listing and ending -------------------------------------------------------------------------------------------------- */

static json_t *token_json(const art_call *call, const meta_token *t)
{
    char id[24];
    snprintf(id, sizeof(id), "%lld", (long long)t->id);
    str subject = arena_printf(call->arena, "jfac@%.*s/users/%.*s", STR_ARG(auth_service_id(call->app->auth)),
                               STR_ARG(t->user));
    AUTO(json_release)
    json_t *row = json_pack("{s:s, s:s%, s:s%, s:s%, s:I, s:b}", "token_id", id, "subject", PACK(subject),
                            "scope", PACK(t->scope), "description", PACK(t->description), "issued_at",
                            (json_int_t)(t->created_ms / 1000), "refreshable", (int)t->is_refreshable);
    if (row && t->expires_ms && json_object_set_new(row, "expiry", json_integer(t->expires_ms / 1000)) != 0)
        return NULL;
    return TAKE(row);
}

static bool is_visible(const art_call *call, const meta_token *t)
{
    return call->who->is_admin || str_eq(t->user, call->who->name);
}

static bool token_list(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    AUTO(json_release) json_t *list = json_array();
    for (int64_t after = 0;;) {
        meta_token *page;
        size_t count;
        if (!meta_token_list(call.app->meta, after, LIMIT_PAGE_ROWS, call.arena, &page, &count, e))
            return false;
        for (size_t i = 0; i < count; i++)
            if (is_visible(&call, &page[i]) && json_array_append_new(list, token_json(&call, &page[i])) != 0)
                return err_set(e, ERR_MEMORY, "no memory for an answer");
        if (count < LIMIT_PAGE_ROWS) break;
        after = page[count - 1].id;
    }
    AUTO(json_release) json_t *document = json_pack("{s:O}", "tokens", list);
    return art_reply_json(resp, 200, document, e);
}

/* "me" is the token of this very request. */
static bool find_token(http_request *req, const art_call *call, meta_token *out, err *e)
{
    str text = http_param(req, "id");
    int64_t id = call->who->token_id;
    if (!str_eq(text, STR("me")) && !str_to_i64(text, &id))
        return err_set(e, ERR_NOT_FOUND, "no token has the id '%.*s'", STR_ARG(text));
    if (!meta_token_get(call->app->meta, id, call->arena, out, e)) return false;
    return is_visible(call, out) || err_set(e, ERR_NOT_FOUND, "no token has the id '%.*s'", STR_ARG(text));
}

static bool token_get(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    meta_token t;
    if (!find_token(req, &call, &t, e)) return false;
    AUTO(json_release) json_t *document = token_json(&call, &t);
    return art_reply_json(resp, 200, document, e);
}

static bool end_token(const art_call *call, const meta_token *t, err *e)
{
    return auth_token_revoke(call->app->auth, t->id, e) &&
           audit_token(call, "token.revoke", t->user, t->id, e);
}

static bool token_delete(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    meta_token t;
    if (!find_token(req, &call, &t, e) || !end_token(&call, &t, e)) return false;
    AUTO(json_release) json_t *document = json_object();
    return art_reply_json(resp, 200, document, e);
}

/* The token itself, its refresh token, or its id. */
static bool find_named(const art_call *call, const json_t *body, meta_token *out, err *e)
{
    str token = json_text(body, "token"), text = json_text(body, "token_id");
    int64_t id;
    if (token.len) {
        if (!auth_token_id(call->app->auth, secret_of(token), &id, e)) return false;
    } else if (!str_to_i64(text, &id)) {
        return err_set(e, ERR_NOT_FOUND, "no such token");
    }
    if (!meta_token_get(call->app->meta, id, call->arena, out, e)) return false;
    return is_visible(call, out) || err_set(e, ERR_NOT_FOUND, "no such token");
}

static bool token_revoke(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    AUTO(json_release) json_t *body = NULL;
    meta_token t;
    if (!read_body(req, &body, e) || !find_named(&call, body, &t, e) || !end_token(&call, &t, e))
        return false;
    AUTO(json_release) json_t *document = json_object();
    return art_reply_json(resp, 200, document, e);
}

/* Both answers are 200; clients compare the texts. */
bool art_token_revoke_legacy(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    AUTO(json_release) json_t *body = NULL;
    meta_token t;
    if (!read_body(req, &body, e)) return false;
    bool found = find_named(&call, body, &t, e);
    if (!found && e->code != ERR_NOT_FOUND) return false;
    if (found && !end_token(&call, &t, e)) return false;
    art_reply_text(resp, 200, found ? STR("Token revoked") : STR("Token not found"));
    return true;
}

/* --- the table ----------------------------------------------------------------------------------------------------------- */

static bool access_ping(http_request *req UNUSED, http_response *resp, err *e)
{
    AUTO(json_release) json_t *document = json_pack("{s:s, s:s}", "code", "OK", "status", "UP");
    return art_reply_json(resp, 200, document, e);
}

static bool user_get(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    AUTO(json_release)
    json_t *document =
        json_pack("{s:s%, s:b}", "username", PACK(call.who->name), "admin", (int)call.who->is_admin);
    return art_reply_json(resp, 200, document, e);
}

#define API "/access/api/v1"

static const http_route rows[] = {
    {HTTP_GET, API "/system/ping", AUTH_NOTHING, BODY_NONE, RUN_INLINE, NULL, access_ping,
     "is the server there?"},
    {HTTP_POST, API "/tokens", AUTH_NOTHING, BODY_SMALL, RUN_WORKER, NULL, token_create,
     "make or renew a token (form or JSON): scope, expires_in, refreshable, description, username"},
    {HTTP_GET, API "/tokens", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, token_list,
     "tokens: one's own; all for administrators"},
    {HTTP_DELETE, API "/tokens/revoke", AUTH_LOGGED_IN, BODY_SMALL, RUN_WORKER, NULL, token_revoke,
     "end the token in the body"},
    {HTTP_GET, API "/tokens/{id}", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, token_get,
     "one token; 'me' is the one shown"},
    {HTTP_DELETE, API "/tokens/{id}", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, token_delete,
     "end a token"},
    {HTTP_GET, API "/users/me", AUTH_LOGGED_IN, BODY_NONE, RUN_INLINE, NULL, user_get,
     "who the credentials belong to"},
};

const http_route_table api_access_routes = {"access", "/access", rows, COUNT_OF(rows), art_render_error};
