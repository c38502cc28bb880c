/*
 * artifactory_items.c - /artifactory/{repo}/{path}: deploy, download, delete.
 *
 * A refused upload is repeated by some clients up to four times with all its bytes, so what can be refused is refused in the open step, before the first
 * byte is read.
 */
#include "artifactory.h"

#include "properties.h"

#include "base/limits.h"
#include "os/file.h"

#include <time.h>

/* --- deploy: the head ---------------------------------------------------------------------------------------------------- */

static bool read_digest(const http_request *req, const char *header, digest_kind kind, digest *out, err *e)
{
    str text;
    if (!http_header(req, header, &text)) return true;
    if (digest_parse_hex(kind, str_trim(text), out, e)) return true;
    return err_set(e, ERR_DIGEST_INVALID, "%s is not a checksum: '%.*s'", header,
                   STR_ARG(str_slice(text, 0, 200)));
}

/* "X-Checksum" holds any of the three; its length tells which. */
static bool read_plain_digest(const http_request *req, registry_deploy_request *d, err *e)
{
    str text;
    digest *place = NULL;
    if (!http_header(req, "X-Checksum", &text)) return true;
    text = str_trim(text);
    digest_kind kind = text.len == 64 ? DIGEST_SHA256 : text.len == 40 ? DIGEST_SHA1 : DIGEST_MD5;
    place = kind == DIGEST_SHA256 ? &d->want_sha256 : kind == DIGEST_SHA1 ? &d->want_sha1 : &d->want_md5;
    digest before = *place;
    if (!read_digest(req, "X-Checksum", kind, place, e)) return false;
    if (before.kind != DIGEST_NONE && !digest_equal(before, *place))
        return err_set(e, ERR_DIGEST_INVALID, "the headers announce two different checksums");
    return true;
}

static bool read_deploy(http_request *req, const art_call *call, registry_deploy_request *d, err *e)
{
    meta_property *properties;
    *d = (registry_deploy_request){.repository = call->repository,
                                   .path = call->path,
                                   .mime = registry_mime_of(call->path),
                                   .user = call->who->name};
    if (!properties_parse(http_matrix_raw(req), PROPERTIES_MATRIX, call->arena, &properties,
                          &d->property_count, e))
        return false;
    d->properties = properties;
    return read_digest(req, "X-Checksum-Sha256", DIGEST_SHA256, &d->want_sha256, e) &&
           read_digest(req, "X-Checksum-Sha1", DIGEST_SHA1, &d->want_sha1, e) &&
           read_digest(req, "X-Checksum-Md5", DIGEST_MD5, &d->want_md5, e) && read_plain_digest(req, d, e);
}

static bool is_checksum_deploy(const http_request *req)
{
    str flag;
    return http_header(req, "X-Checksum-Deploy", &flag) && str_eq_nocase(str_trim(flag), STR("true"));
}

static bool explodes(const http_request *req)
{
    str flag;
    return (http_header(req, "X-Explode-Archive", &flag) ||
            http_header(req, "X-Explode-Archive-Atomic", &flag)) &&
           str_eq_nocase(str_trim(flag), STR("true"));
}

/* Replacing an artifact takes the old one away. */
static bool may_replace(const art_call *call, err *e)
{
    meta_node there;
    err missing;
    if (meta_node_find(call->app->meta, call->repository, call->path, call->arena, &there, &missing))
        return auth_allow(call->app->auth, call->who, AUTH_DELETE, call->repository, e);
    if (missing.code == ERR_NOT_FOUND) return true;
    *e = missing;
    return false;
}

static bool upload_write(void *upload, bytes piece, err *e)
{
    return blob_upload_write(upload, piece, e);
}

static void upload_drop(void *upload)
{
    blob_upload_cancel(upload);
}

static bool no_body_write(void *ctx UNUSED, bytes piece UNUSED, err *e)
{
    return err_set(e, ERR_INVALID, "this request has no use for a body");
}

static void no_body_drop(void *ctx UNUSED)
{
}

bool art_item_put_open(http_request *req, http_sink *sink, err *e)
{
    art_call call = art_call_begin(req);
    registry_deploy_request d;
    if (call.is_folder_path || is_checksum_deploy(req)) {
        *sink = (http_sink){NULL, no_body_write, no_body_drop};
        return true;
    }
    if (explodes(req)) return err_set(e, ERR_UNSUPPORTED, "archives are not unpacked on deploy yet");
    if (!read_deploy(req, &call, &d, e)) return false;
    if (!registry_deploy_check(call.app, &d, call.arena, e) || !may_replace(&call, e)) return false;

    blob_upload *upload;
    if (!blob_upload_new(call.app->blobs, BLOB_ALL_HASHES, &upload, e)) return false;
    *sink = (http_sink){upload, upload_write, upload_drop};
    return true;
}

/* --- deploy: the body is there ------------------------------------------------------------------------------------------- */

static json_t *declared_json(const registry_deploy_request *d)
{
    const meta_node declared = {.sha256 = d->want_sha256, .sha1 = d->want_sha1, .md5 = d->want_md5};
    return art_checksums_json(&declared);
}

static bool reply_created(http_request *req, http_response *resp, const meta_node *node,
                          const registry_deploy_request *d, err *e)
{
    AUTO(json_release) json_t *item = art_item_json(req, node);
    str uri = art_uri(req, ART_ITEM, node->repository, node->path);
    if (!item || !uri.data) return err_set(e, ERR_MEMORY, "no memory for an answer");
    if (d && json_object_set_new(item, "originalChecksums", declared_json(d)) != 0)
        return err_set(e, ERR_MEMORY, "no memory for an answer");
    if (!json_set_str(item, "uri", uri)) return err_set(e, ERR_MEMORY, "no memory for an answer");
    http_header_set(resp, "Location", uri);
    return art_reply_json(resp, 201, item, e);
}

static bool put_folder(http_request *req, http_response *resp, const art_call *call, err *e)
{
    meta_node folder;
    meta_property *properties;
    size_t count;
    if (!properties_parse(http_matrix_raw(req), PROPERTIES_MATRIX, call->arena, &properties, &count, e))
        return false;
    if (!registry_make_folder(call->app, call->repository, call->path, call->who->name, call->arena, &folder,
                              e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const registry_property_change one = {properties[i].name, &properties[i].value, 1};
        if (!registry_change_properties(call->app, &folder, false, &one, 1, call->who->name, call->arena, e))
            return false;
    }
    return reply_created(req, resp, &folder, NULL, e);
}

static bool deploy(http_request *req, const art_call *call, const registry_deploy_request *d, meta_node *node,
                   err *e)
{
    if (is_checksum_deploy(req))
        return may_replace(call, e) && registry_deploy_by_checksum(call->app, d, call->arena, node, e);
    if (registry_deploy(call->app, d, http_sink_take(req), call->arena, node, e)) return true;
    if (e->code == ERR_DIGEST_MISMATCH) return err_wrap(e, "Checksum error for '%.*s'", STR_ARG(d->path));
    return false;
}

bool art_item_put(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    registry_deploy_request d;
    meta_node node;
    if (call.is_folder_path) return put_folder(req, resp, &call, e);
    if (!read_deploy(req, &call, &d, e)) return false;
    if (!deploy(req, &call, &d, &node, e)) return false;
    return reply_created(req, resp, &node, &d, e);
}

/* --- download ------------------------------------------------------------------------------------------------------------ */

static str http_date(arena *a, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    char text[64];
    if (!gmtime_r(&seconds, &utc) || strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc) == 0)
        return STR_NONE;
    return arena_copy(a, str_from_c(text));
}

static void set_digest(http_response *resp, const char *name, const digest *d)
{
    if (d->kind != DIGEST_NONE) http_header_set(resp, name, str_from_c(digest_hex(*d).text));
}

static str name_of(str path)
{
    return str_skip(path, (size_t)(str_find_last(path, '/') + 1));
}

/* The name for old clients has no quotes, backslashes and bytes above ASCII; the one after it is exact (RFC 6266, RFC 8187). */
static void set_names(http_response *resp, arena *a, str name)
{
    str encoded = art_percent_encode(a, name, false), plain = arena_copy(a, name);
    if (!encoded.data || !plain.data) return;
    char *text = arena_alloc(a, name.len + 1);
    if (!text) return;
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        text[i] = c < 0x20 || c >= 0x7f || c == '"' || c == '\\' ? '_' : (char)c;
    }
    http_header_set(
        resp, "Content-Disposition",
        arena_printf(a, "attachment; filename=\"%s\"; filename*=UTF-8''%.*s", text, STR_ARG(encoded)));
    http_header_set(resp, "X-Artifactory-Filename", encoded);
}

static str etag_of(arena *a, const meta_node *node)
{
    const digest *d = node->sha1.kind != DIGEST_NONE ? &node->sha1 : &node->sha256;
    return arena_printf(a, "\"%s\"", digest_hex(*d).text);
}

static void reply_file(http_request *req, http_response *resp, const meta_node *node, int fd)
{
    arena *a = http_arena(req);
    set_digest(resp, "X-Checksum-Sha1", &node->sha1);
    set_digest(resp, "X-Checksum-Sha256", &node->sha256);
    set_digest(resp, "X-Checksum-Md5", &node->md5);
    set_names(resp, a, name_of(node->path));
    http_header_set(resp, "Last-Modified", http_date(a, node->modified_ms));
    /* What was uploaded is never a page of this site, whatever it contains. */
    http_header_set(resp, "X-Content-Type-Options", STR("nosniff"));
    http_header_set(resp, "Content-Security-Policy", STR("sandbox; default-src 'none'"));
    const char *mime;
    err nothing;
    if (!str_to_c(a, node->mime, &mime, &nothing)) mime = "application/octet-stream";
    http_reply_file(resp, mime, fd, node->size_bytes, etag_of(a, node));
}

static bool holds(const meta_property *have, size_t count, const meta_property *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(have[i].name, wanted->name) &&
            (wanted->value.len == 0 || str_eq(have[i].value, wanted->value)))
            return true;
    return false;
}

/* ";k=v" on a download: only the artifact that has it will do. */
static bool matrix_fits(http_request *req, const art_call *call, const meta_node *node, err *e)
{
    meta_property *wanted, *have;
    size_t wanted_count, have_count;
    if (!properties_parse(http_matrix_raw(req), PROPERTIES_MATRIX, call->arena, &wanted, &wanted_count, e))
        return false;
    if (wanted_count == 0) return true;
    if (!meta_property_list(call->app->meta, node->id, call->arena, &have, &have_count, e)) return false;
    for (size_t i = 0; i < wanted_count; i++)
        if (!holds(have, have_count, &wanted[i]))
            return err_set(e, ERR_NOT_FOUND, "%.*s:%.*s does not have the property '%.*s' asked for",
                           STR_ARG(node->repository), STR_ARG(node->path), STR_ARG(wanted[i].name));
    return true;
}

bool art_item_get(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    meta_node node;
    AUTO(fd_close) int fd = -1;
    if (!registry_find(call.app, call.repository, call.path, call.arena, &node, e)) return false;
    if (!matrix_fits(req, &call, &node, e)) return false;
    if (node.is_folder) return art_storage_get(req, resp, e);

    bool opened =
        http_request_method(req) == HTTP_HEAD
            ? registry_open(call.app, &node, call.who->name, &fd, e)
            : registry_fetch(call.app, call.repository, call.path, call.who->name, call.arena, &node, &fd, e);
    if (!opened) return false;
    reply_file(req, resp, &node, fd_take(&fd));
    return true;
}

/* --- delete -------------------------------------------------------------------------------------------------------------- */

bool art_item_delete(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    uint64_t removed;
    /* Emptying a whole repository is more than deleting an artifact. */
    if (call.path.len == 0 && !auth_allow(call.app->auth, call.who, AUTH_MANAGE, call.repository, e))
        return false;
    if (!registry_delete(call.app, call.repository, call.path, call.who->name, &removed, e)) return false;
    http_reply_empty(resp, 204);
    return true;
}
