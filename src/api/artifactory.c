/*
 * artifactory.c - the /artifactory surface: its table, its errors, what every handler begins with, and the calls about the system itself.
 */
#include "artifactory.h"

#include "api/routes.h"
#include "base/clock.h"
#include "base/limits.h"

/* The protocol level that clients look at, not Assay's own version: new enough for what is there, older than what is not. */
#define PROTOCOL_VERSION "7.125.4"

/* --- the call ------------------------------------------------------------------------------------------------------------ */

art_call art_call_begin(http_request *req)
{
    art_call c = {.app = http_app(req),
                  .arena = http_arena(req),
                  .who = http_identity(req),
                  .repository = http_param(req, "repo"),
                  .path = http_param(req, "path")};
    if (str_ends_with(c.path, STR("/"))) {
        c.path.len--;
        c.is_folder_path = true;
    }
    return c;
}

/* --- answers that repeat ------------------------------------------------------------------------------------------------- */

bool art_reply_json(http_response *resp, unsigned status, const json_t *document, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_REQUEST_ARENA_BYTES);
    if (!document) return err_set(e, ERR_MEMORY, "no memory for an answer");
    if (!json_encode_pretty(document, &text, e)) return false;
    http_reply(resp, status, "application/json", buf_bytes(&text));
    return true;
}

void art_reply_text(http_response *resp, unsigned status, str text)
{
    http_reply(resp, status, "text/plain", str_bytes(text));
}

/* Clients send credentials only when asked. The web UI is not asked: the browser would show its own window instead of the page's. */
static void challenge(const http_request *req, http_response *resp)
{
    str ui;
    if (http_header(req, "X-Assay-Ui", &ui)) return;
    http_header_set(resp, "WWW-Authenticate", STR("Basic realm=\"Artifactory Realm\""));
}

void art_render_error(http_request *req, http_response *resp, const err *e)
{
    unsigned status = err_http_status(e->code);
    str message = policy_message_at(http_arena(req), e, http_base_url(req));
    err nothing;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    AUTO(json_release) json_t *list = json_array();
    AUTO(json_release) json_t *one = json_object();
    AUTO(json_release) json_t *document = json_object();
    bool built = json_object_set_new(one, "status", json_integer(status)) == 0 &&
                 json_set_str(one, "message", message) && json_array_append(list, one) == 0 &&
                 json_object_set(document, "errors", list) == 0;
    if (e->code == ERR_UNAUTHENTICATED) challenge(req, resp);
    if (built && json_encode_pretty(document, &text, &nothing))
        http_reply(resp, status, "application/json", buf_bytes(&text));
    else
        http_reply_empty(resp, status);
}

str art_percent_encode(arena *a, str text, bool keep_slash)
{
    AUTO_BUF buf out;
    buf_init(&out, 3 * text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        (c && strchr("-._~$&+,:=@!()*", c));
        if (is_plain || (c == '/' && keep_slash))
            buf_add_byte(&out, c);
        else
            buf_printf(&out, "%%%02X", c);
    }
    return out.failed ? STR_NONE : arena_copy(a, buf_str(&out));
}

str art_uri(http_request *req, art_address kind, str repository, str path)
{
    arena *a = http_arena(req);
    str encoded = art_percent_encode(a, path, true);
    if (!encoded.data) return STR_NONE;
    return arena_printf(a, "%.*s/artifactory/%s%.*s%s%.*s", STR_ARG(http_base_url(req)),
                        kind == ART_STORAGE ? "api/storage/" : "", STR_ARG(repository), path.len ? "/" : "",
                        STR_ARG(encoded));
}

str art_time(arena *a, int64_t ms)
{
    return arena_copy(a, str_from_c(clock_iso8601(ms).text));
}

static bool set_digest(json_t *object, const char *name, const digest *d)
{
    return d->kind == DIGEST_NONE || json_set_str(object, name, str_from_c(digest_hex(*d).text));
}

json_t *art_checksums_json(const meta_node *node)
{
    AUTO(json_release) json_t *sums = json_object();
    bool built = set_digest(sums, "sha1", &node->sha1) && set_digest(sums, "md5", &node->md5) &&
                 set_digest(sums, "sha256", &node->sha256);
    return built ? TAKE(sums) : NULL;
}

static bool add_file_members(http_request *req, json_t *item, const meta_node *node)
{
    str size = arena_printf(http_arena(req), "%llu", (unsigned long long)node->size_bytes);
    return json_set_str(item, "downloadUri", art_uri(req, ART_ITEM, node->repository, node->path)) &&
           json_set_str(item, "mimeType", node->mime) && json_set_str(item, "size", size) &&
           json_object_set_new(item, "checksums", art_checksums_json(node)) == 0 &&
           json_object_set_new(item, "originalChecksums", art_checksums_json(node)) == 0;
}

json_t *art_item_json(http_request *req, const meta_node *node)
{
    arena *a = http_arena(req);
    AUTO(json_release) json_t *item = json_object();
    str path = arena_printf(a, "/%.*s", STR_ARG(node->path));
    str created = art_time(a, node->created_ms), modified = art_time(a, node->modified_ms);
    str uri = art_uri(req, ART_STORAGE, node->repository, node->path);
    if (!path.data || !created.data || !modified.data || !uri.data) return NULL;

    bool built =
        json_set_str(item, "repo", node->repository) && json_set_str(item, "path", path) &&
        json_set_str(item, "created", created) && json_set_str(item, "createdBy", node->created_by) &&
        json_set_str(item, "lastModified", modified) && json_set_str(item, "modifiedBy", node->modified_by) &&
        json_set_str(item, "lastUpdated", modified);
    if (built && !node->is_folder) built = add_file_members(req, item, node);
    return built && json_set_str(item, "uri", uri) ? TAKE(item) : NULL;
}

/* --- the system itself --------------------------------------------------------------------------------------------------- */

/* Anybody may ask, but who shows credentials wants to know whether they are good. */
static bool ping(http_request *req, http_response *resp, err *e)
{
    const auth_identity *who = http_identity(req);
    if (who->was_refused) return err_set(e, ERR_UNAUTHENTICATED, "wrong user name, password or token");
    art_reply_text(resp, 200, STR("OK"));
    return true;
}

static bool version(http_request *req UNUSED, http_response *resp, err *e)
{
    AUTO(json_release)
    json_t *document = json_pack("{s:s, s:s, s:[s,s,s,s], s:s}", "version", PROTOCOL_VERSION, "revision",
                                 "712500400", "addons", "build", "docker", "ml", "xray", "license", "assay");
    return art_reply_json(resp, 200, document, e);
}

static bool service_id(http_request *req, http_response *resp, err *e)
{
    const app *state = http_app(req);
    str id = arena_printf(http_arena(req), "jfrt@%.*s", STR_ARG(auth_service_id(state->auth)));
    if (!id.data) return err_set(e, ERR_MEMORY, "no memory for an answer");
    art_reply_text(resp, 200, id);
    return true;
}

static bool state_ok(http_request *req UNUSED, http_response *resp, err *e)
{
    AUTO(json_release) json_t *document = json_pack("{s:s}", "code", "OK");
    return art_reply_json(resp, 200, document, e);
}

/* Clients report what they are used for. It is nobody's business here. */
static bool usage(http_request *req UNUSED, http_response *resp, err *e UNUSED)
{
    http_reply_empty(resp, 200);
    return true;
}

/* Large files come in one piece like others: the client then uses a plain PUT. */
static bool multipart_config(http_request *req UNUSED, http_response *resp, err *e)
{
    AUTO(json_release) json_t *document = json_pack("{s:b}", "supported", 0);
    return art_reply_json(resp, 200, document, e);
}

static bool unknown_call(http_request *req, http_response *resp UNUSED, err *e)
{
    return err_set(e, ERR_NOT_FOUND, "there is no such call: %.*s", STR_ARG(http_path(req)));
}

/* --- the table ----------------------------------------------------------------------------------------------------------- */

#define API "/artifactory/api"

static const http_route rows[] = {
    {HTTP_GET, API "/system/ping", AUTH_NOTHING, BODY_NONE, RUN_INLINE, NULL, ping,
     "is the server there, are the credentials good?"},
    {HTTP_GET, API "/system/version", AUTH_LOGGED_IN, BODY_NONE, RUN_INLINE, NULL, version,
     "protocol level that clients look at"},
    {HTTP_GET, API "/system/service_id", AUTH_LOGGED_IN, BODY_NONE, RUN_INLINE, NULL, service_id,
     "name of this server in tokens"},
    {HTTP_POST, API "/system/usage", AUTH_NOTHING, BODY_SMALL, RUN_INLINE, NULL, usage,
     "usage reports of clients: dropped"},
    {HTTP_GET, API "/v1/system/readiness", AUTH_NOTHING, BODY_NONE, RUN_INLINE, NULL, state_ok, "ready"},
    {HTTP_GET, API "/v1/system/liveness", AUTH_NOTHING, BODY_NONE, RUN_INLINE, NULL, state_ok, "alive"},
    {HTTP_GET, API "/v1/uploads/config", AUTH_LOGGED_IN, BODY_NONE, RUN_INLINE, NULL, multipart_config,
     "multipart upload: not supported"},
    {HTTP_POST, API "/security/token", AUTH_NOTHING, BODY_SMALL, RUN_WORKER, NULL, art_token_create_legacy,
     "token, the older way (form)"},
    {HTTP_POST, API "/security/token/revoke", AUTH_LOGGED_IN, BODY_SMALL, RUN_WORKER, NULL,
     art_token_revoke_legacy, "end a token: token or token_id (form)"},
    {HTTP_GET, API "/repositories", AUTH_LOGGED_IN, BODY_NONE, RUN_INLINE, NULL, art_repository_list,
     "repositories: type, packageType"},
    {HTTP_GET, API "/repositories/{repo}", AUTH_READ, BODY_NONE, RUN_INLINE, NULL, art_repository_get,
     "one repository's configuration"},
    {HTTP_PUT, API "/repositories/{repo}", AUTH_ADMIN, BODY_SMALL, RUN_WORKER, NULL, art_repository_put,
     "create a repository"},
    {HTTP_POST, API "/repositories/{repo}", AUTH_ADMIN, BODY_SMALL, RUN_WORKER, NULL, art_repository_post,
     "change its description"},
    {HTTP_DELETE, API "/repositories/{repo}", AUTH_ADMIN, BODY_NONE, RUN_WORKER, NULL, art_repository_delete,
     "delete a repository with everything in it"},
    {HTTP_GET, API "/storage/{repo}/{path...}", AUTH_READ, BODY_NONE, RUN_WORKER, NULL, art_storage_get,
     "file or folder info; ?list&deep=1&depth=&listFolders=1, ?properties[=a,b], ?stats, ?lastModified"},
    {HTTP_PUT, API "/storage/{repo}/{path...}", AUTH_WRITE, BODY_NONE, RUN_WORKER, NULL, art_properties_put,
     "set properties: ?properties=k=v1,v2;k2=v&recursive=0"},
    {HTTP_DELETE, API "/storage/{repo}/{path...}", AUTH_WRITE, BODY_NONE, RUN_WORKER, NULL,
     art_properties_delete, "remove properties: ?properties=k,k2&recursive=0"},
    {HTTP_GET | HTTP_PUT | HTTP_POST | HTTP_PATCH | HTTP_DELETE, API "/{path...}", AUTH_LOGGED_IN, BODY_SMALL,
     RUN_INLINE, NULL, unknown_call, "everything else below /api: not there"},
    {HTTP_PUT, "/artifactory/{repo}/{path...}", AUTH_WRITE, BODY_SPOOL, RUN_WORKER, art_item_put_open,
     art_item_put,
     "deploy an artifact; ;k=v sets properties; X-Checksum-Deploy; a path with '/' at its end makes a "
     "folder"},
    {HTTP_GET, "/artifactory/{repo}/{path...}", AUTH_READ, BODY_NONE, RUN_WORKER, NULL, art_item_get,
     "download an artifact, or list a folder; ;k=v restricts; Range"},
    {HTTP_DELETE, "/artifactory/{repo}/{path...}", AUTH_DELETE, BODY_NONE, RUN_WORKER, NULL, art_item_delete,
     "delete an artifact, or a folder with everything below"},
};

const http_route_table api_artifactory_routes = {"artifactory", "/artifactory", rows, COUNT_OF(rows),
                                                 art_render_error};
