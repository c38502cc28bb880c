/*
 * oci.c - the /v2 surface: its table, its errors, and what every handler begins with.
 */
#include "oci.h"

#include "oci_name.h"

#include "api/routes.h"
#include "base/limits.h"

/* --- the call ------------------------------------------------------------------------------------------------------------ */

bool oci_call_begin(http_request *req, oci_call *call, err *e)
{
    oci_call c = {.app = http_app(req),
                  .arena = http_arena(req),
                  .who = http_identity(req),
                  .name = http_param(req, "name")};
    meta_repository repository;
    if (!oci_name_split(c.name, &c.image.repository, &c.image.name, e)) return false;
    if (!meta_repository_find(c.app->meta, c.image.repository, c.arena, &repository, e)) return false;
    if (!str_eq(repository.package_type, STR("docker")))
        return err_set(e, ERR_NOT_FOUND, "repository '%.*s' holds %.*s artifacts, not images",
                       STR_ARG(c.image.repository), STR_ARG(repository.package_type));
    *call = c;
    return true;
}

bool oci_digest_read(str text, oci_digest *out, err *e)
{
    oci_digest d = {.text = text};
    if (!digest_parse(text, &d.value, e)) return false;
    *out = d;
    return true;
}

/* --- answers that repeat ------------------------------------------------------------------------------------------------- */

bool oci_set_location(const oci_call *call, http_response *resp, const char *tail, str last, err *e)
{
    str location = arena_printf(call->arena, "/v2/%.*s%s%.*s", STR_ARG(call->name), tail, STR_ARG(last));
    if (!location.data) return err_set(e, ERR_MEMORY, "no memory for an answer");
    http_header_set(resp, "Location", location);
    return true;
}

void oci_set_digest(http_response *resp, str digest_text)
{
    http_header_set(resp, "Docker-Content-Digest", digest_text);
}

void oci_set_version(http_response *resp)
{
    http_header_set(resp, "Docker-Distribution-API-Version", STR("registry/2.0"));
}

void oci_reply_empty(http_response *resp, unsigned status)
{
    oci_set_version(resp);
    http_reply_empty(resp, status);
}

bool oci_reply_json(http_response *resp, const char *content_type, const json_t *document, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    if (!json_encode(document, &text, e)) return false;
    oci_set_version(resp);
    http_reply(resp, 200, content_type, buf_bytes(&text));
    return true;
}

/* GET /v2/: the client may go on, with these credentials. */
static bool oci_ping(http_request *req UNUSED, http_response *resp, err *e UNUSED)
{
    oci_set_version(resp);
    http_reply(resp, 200, "application/json", str_bytes(STR("{}")));
    return true;
}

/* --- errors -------------------------------------------------------------------------------------------------------------- */

/* Where the registry's clients expect another status than the rest of Assay answers. */
static unsigned oci_status(err_code code)
{
    if (code == ERR_DIGEST_MISMATCH || code == ERR_MANIFEST_BLOB) return 400;
    if (code == ERR_STORAGE) return 503; /* 507 is unknown to them, 503 makes them try again */
    return err_http_status(code);
}

static json_t *error_document(http_request *req, const err *e)
{
    str message = policy_message_at(http_arena(req), e, http_base_url(req));
    AUTO(json_release) json_t *error = json_object();
    AUTO(json_release) json_t *list = json_array();
    json_t *document = json_object();
    bool is_built = json_set_str(error, "code", str_from_c(err_oci_code(e->code))) &&
                    json_set_str(error, "message", message) && json_array_append(list, error) == 0 &&
                    json_object_set(document, "errors", list) == 0;
    if (is_built) return document;
    json_decref(document);
    return NULL;
}

static void render_error(http_request *req, http_response *resp, const err *e)
{
    oci_set_version(resp);
    if (e->code == ERR_UNAUTHENTICATED) oci_challenge(req, resp);
    if (e->code == ERR_RANGE) oci_upload_tell_place(req, resp);

    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    err no_memory;
    AUTO(json_release) json_t *document = error_document(req, e);
    if (document && json_encode(document, &text, &no_memory))
        http_reply(resp, oci_status(e->code), "application/json", buf_bytes(&text));
    else
        http_reply_empty(resp, oci_status(e->code));
}

/* --- the table ----------------------------------------------------------------------------------------------------------- */

#define IMAGE "/v2/{name...}"

static const http_route rows[] = {
    {HTTP_GET, "/v2", AUTH_LOGGED_IN, BODY_NONE, RUN_INLINE, NULL, oci_ping,
     "does the registry accept these credentials?"},
    {HTTP_GET, "/v2/", AUTH_LOGGED_IN, BODY_NONE, RUN_INLINE, NULL, oci_ping, "the same (end-1)"},
    {HTTP_GET, "/v2/token", AUTH_NOTHING, BODY_NONE, RUN_WORKER, NULL, oci_token,
     "a token for Docker clients: service, scope, account"},
    {HTTP_GET, "/v2/_catalog", AUTH_LOGGED_IN, BODY_NONE, RUN_WORKER, NULL, oci_catalog,
     "images that the caller may read: n, last"},
    {HTTP_GET, "/v2/_oci/ext/discover", AUTH_LOGGED_IN, BODY_NONE, RUN_INLINE, NULL, oci_extensions,
     "extensions of the registry: none"},
    {HTTP_GET, IMAGE "/tags/list", AUTH_READ, BODY_NONE, RUN_WORKER, NULL, oci_tags,
     "tags of an image: n, last (end-8)"},
    {HTTP_GET, IMAGE "/referrers/{digest}", AUTH_READ, BODY_NONE, RUN_WORKER, NULL, oci_referrers,
     "manifests with this subject: artifactType (end-12)"},
    {HTTP_GET, IMAGE "/manifests/{reference}", AUTH_READ, BODY_NONE, RUN_WORKER, NULL, oci_manifest_get,
     "a manifest by tag or digest (end-3)"},
    {HTTP_PUT, IMAGE "/manifests/{reference}", AUTH_WRITE, BODY_SMALL, RUN_WORKER, NULL, oci_manifest_put,
     "store a manifest: tag (end-7)"},
    {HTTP_DELETE, IMAGE "/manifests/{reference}", AUTH_DELETE, BODY_NONE, RUN_WORKER, NULL,
     oci_manifest_delete, "remove a tag, or a manifest with all its tags (end-9)"},
    {HTTP_POST, IMAGE "/blobs/uploads", AUTH_WRITE, BODY_SPOOL, RUN_WORKER, oci_upload_start_open,
     oci_upload_start, "start, mount or complete a blob upload: digest, mount, from (end-4, end-11)"},
    {HTTP_POST, IMAGE "/blobs/uploads/", AUTH_WRITE, BODY_SPOOL, RUN_WORKER, oci_upload_start_open,
     oci_upload_start, "the same"},
    {HTTP_GET, IMAGE "/blobs/uploads/{upload}", AUTH_WRITE, BODY_NONE, RUN_WORKER, NULL, oci_upload_status,
     "how much of an upload is here (end-13)"},
    {HTTP_PATCH, IMAGE "/blobs/uploads/{upload}", AUTH_WRITE, BODY_SPOOL, RUN_WORKER, oci_upload_patch_open,
     oci_upload_patch, "more bytes of an upload (end-5)"},
    {HTTP_PUT, IMAGE "/blobs/uploads/{upload}", AUTH_WRITE, BODY_SPOOL, RUN_WORKER, oci_upload_finish_open,
     oci_upload_finish, "the last bytes, and the digest of all: digest (end-6)"},
    {HTTP_DELETE, IMAGE "/blobs/uploads/{upload}", AUTH_WRITE, BODY_NONE, RUN_WORKER, NULL, oci_upload_cancel,
     "give up an upload (end-14)"},
    {HTTP_GET, IMAGE "/blobs/{digest}", AUTH_READ, BODY_NONE, RUN_WORKER, NULL, oci_blob_get,
     "a blob, also in ranges (end-2)"},
    {HTTP_DELETE, IMAGE "/blobs/{digest}", AUTH_DELETE, BODY_NONE, RUN_WORKER, NULL, oci_blob_delete,
     "take a blob out of an image (end-10)"},
};

const http_route_table api_oci_routes = {
    .name = "oci", .prefix = "/v2", .rows = rows, .count = COUNT_OF(rows), .render_error = render_error};
