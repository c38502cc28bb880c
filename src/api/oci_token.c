/*
 * oci_token.c - Bearer tokens for Docker clients: the challenge, the endpoint that gives them, what they allow.
 *
 * Why not Basic alone: a client without stored credentials gives up at a Basic challenge, so public pulls beside private pushes are possible only with
 * tokens; and a client that once saw 200 on /v2/ never sends its credentials. So every call under /v2/ without usable credentials is answered 401
 * with a Bearer challenge that points to /v2/token. Basic and long-lived tokens work all the same when a client sends them.
 *
 * The endpoint grants the part of what is asked that the caller may have; less than asked is no error. Anonymous access, once it exists, is the same
 * answer for the anonymous identity: nothing else here has to change.
 */
#include "oci.h"

#include "oci_name.h"
#include "oci_scope.h"

#include "base/clock.h"
#include "base/limits.h"

/* --- what is allowed ----------------------------------------------------------------------------------------------------- */

static auth_action auth_action_of(oci_action action)
{
    switch (action) {
    case OCI_PULL: return AUTH_READ;
    case OCI_PUSH: return AUTH_WRITE;
    case OCI_DELETE: break;
    }
    return AUTH_DELETE;
}

static oci_grant wanted_grant(oci_action action, str name)
{
    return (oci_grant){.type = STR("repository"),
                       .name = name,
                       .pull = action == OCI_PULL,
                       .push = action == OCI_PUSH,
                       .remove = action == OCI_DELETE};
}

bool oci_allow(auth *au, const auth_identity *who, oci_action action, str name, err *e)
{
    str repository, image;
    if (!oci_name_split(name, &repository, &image, e)) return false;
    if (!auth_allow(au, who, auth_action_of(action), repository, e)) return false;

    oci_grant wanted = wanted_grant(action, name);
    if (!oci_scope_is_limited(who->scope) || oci_scope_has(who->scope, &wanted)) return true;
    return err_set(e, ERR_UNAUTHENTICATED, "the token is not for %.*s", STR_ARG(name));
}

/* --- the challenge ------------------------------------------------------------------------------------------------------- */

/* What the route asks for, not what the method looks like: the status of an upload is a GET that needs the right to push. */
static const char *actions_for(const http_route *route)
{
    if (!route || route->permission == AUTH_READ) return "pull";
    return route->permission == AUTH_DELETE ? "pull,delete" : "pull,push";
}

/* Quotes and backslashes would end the quoted value early: the Host header is the client's own. */
static bool is_quotable(str text)
{
    return str_find(text, '"') < 0 && str_find(text, '\\') < 0;
}

void oci_challenge(http_request *req, http_response *resp)
{
    str base = http_base_url(req), scheme, service, repository, image;
    str name = http_param(req, "name"), scope = STR_NONE;
    if (!is_quotable(base)) return;
    ptrdiff_t host = str_find(base, '/');
    service = host < 0 ? base : str_skip(base, (size_t)host + 2);
    scheme = str_slice(base, 0, base.len - service.len);

    err no_name;
    if (name.len && oci_name_split(name, &repository, &image, &no_name))
        scope = arena_printf(http_arena(req), ",scope=\"repository:%.*s:%s\"", STR_ARG(name),
                             actions_for(http_request_route(req)));
    else if (str_eq(http_path(req), STR("/v2/_catalog")))
        scope = STR(",scope=\"registry:catalog:*\"");
    str challenge = arena_printf(http_arena(req), "Bearer realm=\"%.*s%.*s/v2/token\",service=\"%.*s\"%.*s",
                                 STR_ARG(scheme), STR_ARG(service), STR_ARG(service), STR_ARG(scope));
    http_header_set(resp, "WWW-Authenticate", challenge);
}

/* --- the endpoint -------------------------------------------------------------------------------------------------------- */

static void grant_repository(app *state, const auth_identity *who, oci_grant *asked)
{
    err refused;
    asked->pull = asked->pull && oci_allow(state->auth, who, OCI_PULL, asked->name, &refused);
    asked->push = asked->push && oci_allow(state->auth, who, OCI_PUSH, asked->name, &refused);
    asked->remove = asked->remove && oci_allow(state->auth, who, OCI_DELETE, asked->name, &refused);
}

static void add_grant(buf *scope, const oci_grant *g)
{
    if (!g->pull && !g->push && !g->remove) return;
    buf_printf(scope, " %.*s:%.*s:%s%s%s", STR_ARG(g->type), STR_ARG(g->name), g->pull ? "pull," : "",
               g->push ? "push," : "", g->remove ? "delete," : "");
}

/* One `scope` parameter may hold several resources, and there may be several parameters. */
static void add_scope(app *state, const auth_identity *who, str asked_list, buf *scope)
{
    str item;
    while (str_next(&asked_list, ' ', &item)) {
        oci_grant asked;
        if (!oci_grant_parse(item, &asked)) continue;
        if (str_eq(asked.type, STR("repository"))) {
            grant_repository(state, who, &asked);
            add_grant(scope, &asked);
        } else if (str_eq(asked.type, STR("registry")) && str_eq(asked.name, STR("catalog"))) {
            add_grant(scope, &asked);
        }
    }
}

static bool token_document(arena *a, secret token, json_t **out, err *e)
{
    AUTO(json_release) json_t *document = json_object();
    str issued = arena_copy(a, str_from_c(clock_iso8601(clock_wall_ms()).text));
    bool is_built = json_set_str(document, "token", secret_reveal(token)) &&
                    json_set_str(document, "access_token", secret_reveal(token)) &&
                    json_object_set_new(document, "expires_in", json_integer(LIMIT_REGISTRY_TOKEN_S)) == 0 &&
                    json_set_str(document, "issued_at", issued);
    if (!is_built) return err_set(e, ERR_MEMORY, "no memory for a token");
    *out = TAKE(document);
    return true;
}

bool oci_token(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    const auth_identity *who = http_identity(req);
    if (who->is_anonymous)
        return err_set(e, ERR_UNAUTHENTICATED,
                       "anonymous access is off: send a user name and a password or token");

    /* Otherwise a token that leaked would live for ever, an hour at a time. */
    if (oci_scope_is_limited(who->scope))
        return err_set(e, ERR_UNAUTHENTICATED,
                       "a registry token cannot ask for another: send a password or an access token");

    AUTO_BUF buf scope;
    str name, value;
    buf_init(&scope, LIMIT_REGISTRY_SCOPE_BYTES);
    buf_add_str(&scope, STR("oci"));
    for (size_t i = 0; http_query_at(req, i, &name, &value); i++)
        if (str_eq(name, STR("scope"))) add_scope(state, who, value, &scope);
    if (!buf_ok(&scope, "the scope of a registry token", e)) return false;

    secret token;
    int64_t id;
    AUTO(json_release) json_t *document = NULL;
    if (!auth_token_create(state->auth, who->name, buf_str(&scope), STR("docker"), LIMIT_REGISTRY_TOKEN_S,
                           http_arena(req), &token, &id, e))
        return false;
    if (!token_document(http_arena(req), token, &document, e)) return false;
    http_header_set(resp, "Cache-Control", STR("no-store"));
    return oci_reply_json(resp, "application/json", document, e);
}
