/*
 * ui_session.c - signing in and out, tokens for other tools, the password.
 *
 * A session is a token like any other, kept in a cookie that scripts cannot read and that other sites cannot send (HttpOnly, SameSite=Strict). That it
 * counts for changes only together with X-Assay-Ui, which a foreign page cannot add, is checked where requests are authorised.
 */
#include "ui_api.h"

#include "oci_scope.h"

#include "base/limits.h"

enum { SESSION_SECONDS = 12 * 60 * 60, TOKEN_DAYS_DEFAULT = 30, DAY_SECONDS = 24 * 60 * 60 };

/* --- the session ------------------------------------------------------------------------------------------------------------- */

static bool reply_identity(http_response *resp, str user, bool is_admin, err *e)
{
    AUTO_UI_OBJECT ui_object o = ui_object_new();
    ui_text(&o, "user", user);
    ui_bool(&o, "admin", is_admin);
    return ui_reply(resp, 200, &o, e);
}

/* Over HTTPS the cookie must not leak to a plain-text request; over plain HTTP the browser would refuse a Secure one. */
static bool set_cookie(http_request *req, http_response *resp, str value, int64_t seconds, err *e)
{
    bool is_tls = str_starts_with(http_base_url(req), STR("https://"));
    str cookie =
        arena_printf(http_arena(req), "assay_session=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s",
                     STR_ARG(value), (long long)seconds, is_tls ? "; Secure" : "");
    if (!cookie.data) return err_set(e, ERR_MEMORY, "no memory for a cookie");
    http_header_set(resp, "Set-Cookie", cookie);
    return true;
}

bool ui_session_create(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    str user, password;
    auth_identity who;
    secret token;
    int64_t id;
    AUTO(json_release) json_t *body = NULL;
    if (!json_decode(http_request_body(req), "the request", &body, e)) return false;
    if (!json_member_str(body, "user", &user, e) || !json_member_str(body, "password", &password, e))
        return false;
    if (!auth_password_check(state->auth, user, secret_of(password), http_arena(req), &who, e)) return false;

    if (!auth_token_create(state->auth, who.name, STR(""), STR("web session"), SESSION_SECONDS,
                           http_arena(req), &token, &id, e))
        return false;
    return set_cookie(req, resp, secret_reveal(token), SESSION_SECONDS, e) &&
           reply_identity(resp, who.name, who.is_admin, e);
}

bool ui_session_get(http_request *req, http_response *resp, err *e)
{
    const auth_identity *who = http_identity(req);
    return reply_identity(resp, who->name, who->is_admin, e);
}

bool ui_session_delete(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    const auth_identity *who = http_identity(req);
    if (who->token_id != 0 && !auth_token_revoke(state->auth, who->token_id, e)) return false;
    if (!set_cookie(req, resp, STR(""), 0, e)) return false;
    http_reply_empty(resp, 204);
    return true;
}

/* --- tokens and the password ------------------------------------------------------------------------------------------------- */

bool ui_token_create(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    const auth_identity *who = http_identity(req);
    int64_t days, id;
    secret token;
    AUTO(json_release) json_t *body = NULL;
    if (!json_decode(http_request_body(req), "the request", &body, e)) return false;
    if (!json_member_i64_or(body, "days", TOKEN_DAYS_DEFAULT, &days, e)) return false;
    if (oci_scope_is_limited(who->scope))
        return err_set(e, ERR_DENIED, "a token of the container registry cannot make others");
    if (days < 1 || days > LIMIT_TOKEN_DAYS)
        return err_set(e, ERR_UNPROCESSABLE, "'days' must be between 1 and LIMIT_TOKEN_DAYS (%d)",
                       (int)LIMIT_TOKEN_DAYS);

    /* The new token may do what the one that asks for it may, never more. */
    if (!auth_token_create(state->auth, who->name, who->scope, STR("made in the web UI"), days * DAY_SECONDS,
                           http_arena(req), &token, &id, e))
        return false;
    AUTO_UI_OBJECT ui_object o = ui_object_new();
    ui_text(&o, "token", secret_reveal(token));
    return ui_reply(resp, 200, &o, e);
}

bool ui_password_change(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    const auth_identity *who = http_identity(req);
    auth_identity checked;
    str old, fresh;
    AUTO(json_release) json_t *body = NULL;
    if (!json_decode(http_request_body(req), "the request", &body, e)) return false;
    if (!json_member_str(body, "old", &old, e) || !json_member_str(body, "new", &fresh, e)) return false;

    err why = {0};
    if (!auth_password_check(state->auth, who->name, secret_of(old), http_arena(req), &checked, &why)) {
        /* 401 would tell the page that the session ended; it is the field that is wrong. */
        if (why.code == ERR_UNAUTHENTICATED)
            return err_set(e, ERR_UNPROCESSABLE, "the old password is not right");
        return err_set(e, why.code, "%s", why.message);
    }
    if (!auth_password_change(state->auth, who->name, secret_of(fresh), e)) return false;
    http_reply_empty(resp, 204);
    return true;
}
