/*
 * authorise.c - the gate that every request passes before its body is read.
 *
 * On the event thread only what is quick is asked: tokens (one indexed read) and passwords that were right a moment ago. A password that needs Argon2 defers
 * the request to a worker.
 */
#include "api/authorise.h"

#include "oci.h"

#include "api/routes.h"

/* --- who ----------------------------------------------------------------------------------------------------------------- */

static bool is_reading(const http_request *req)
{
    http_method method = http_request_method(req);
    return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_OPTIONS;
}

static auth_credentials credentials_of(const http_request *req)
{
    auth_credentials c = {0};
    str ui;
    if (!http_header(req, "Authorization", &c.authorization)) c.authorization = STR_NONE;
    if (!http_header(req, "X-JFrog-Art-Api", &c.api_key)) c.api_key = STR_NONE;
    if (is_reading(req) || (http_header(req, "X-Assay-Ui", &ui) && str_eq(ui, STR("1"))))
        if (!http_cookie(req, "assay_session", &c.session)) c.session = STR_NONE;
    return c;
}

/* An address that is open to anybody is also open to a browser with a session that ended, or a client that wants to renew a token. */
static void be_anonymous(auth_identity *who, bool was_refused)
{
    *who = (auth_identity){.name = STR("anonymous"), .is_anonymous = true, .was_refused = was_refused};
}

static http_decision identify(http_request *req, const http_route *route, bool may_block, auth_identity *who,
                              err *e)
{
    app *state = http_app(req);
    const auth_credentials c = credentials_of(req);
    bool must_wait = false;
    bool known = may_block ? auth_identify(state->auth, &c, http_arena(req), who, e)
                           : auth_identify_now(state->auth, &c, http_arena(req), who, &must_wait, e);
    if (must_wait) return HTTP_DEFER;
    if (known) return HTTP_ALLOW;
    if (route->permission != AUTH_NOTHING || e->code != ERR_UNAUTHENTICATED) return HTTP_REFUSE;
    be_anonymous(who, c.authorization.len || c.api_key.len);
    return HTTP_ALLOW;
}

/* --- may they ------------------------------------------------------------------------------------------------------------ */

static oci_action oci_action_of(unsigned permission)
{
    if (permission == AUTH_READ) return OCI_PULL;
    return permission == AUTH_DELETE ? OCI_DELETE : OCI_PUSH;
}

static bool is_image_action(unsigned permission)
{
    return permission == AUTH_READ || permission == AUTH_WRITE || permission == AUTH_DELETE;
}

/* A registry token names images; elsewhere that would open their whole repository. */
static bool is_registry_token(const auth_identity *who)
{
    return str_eq(who->scope, STR("oci")) || str_starts_with(who->scope, STR("oci "));
}

static bool allow(http_request *req, const http_route *route, const auth_identity *who, err *e)
{
    app *state = http_app(req);
    str image = http_param(req, "name");
    if (http_request_table(req) == &api_oci_routes) {
        if (image.len && is_image_action(route->permission))
            return oci_allow(state->auth, who, oci_action_of(route->permission), image, e);
    } else if (is_registry_token(who) && route->permission > AUTH_LOGGED_IN) {
        return err_set(e, ERR_DENIED, "the token is good for the container registry only");
    }
    return auth_allow(state->auth, who, (auth_action)route->permission, http_param(req, "repo"), e);
}

http_decision api_authorise(http_request *req, const http_route *route, bool may_block, err *e)
{
    auth_identity *who = arena_alloc(http_arena(req), sizeof(*who));
    if (!who) {
        err_set(e, ERR_MEMORY, "no memory for an identity");
        return HTTP_REFUSE;
    }
    http_decision decision = identify(req, route, may_block, who, e);
    if (decision != HTTP_ALLOW) return decision;
    http_identity_set(req, who);
    return allow(req, route, who, e) ? HTTP_ALLOW : HTTP_REFUSE;
}
