/*
 * oci_uploads.c - blob uploads: sessions, streamed and chunked bodies, the closing digest, mounts (end-4 to end-6, end-11, end-13, end-14).
 *
 * A session is an upload of the blob store, named by its unguessable id: whoever holds the id and may push to the image that the address names can
 * continue it. Bytes go from the socket into the upload's file; the handler runs when the last one is there.
 *
 * Surprises: docker streams whole layers in one chunked PATCH without Content-Length, Content-Range or Content-Type. `Range` in answers is the
 * index of the last byte, from which docker computes the layer's size, and "0-0" for an empty session by convention. Which hash will close the
 * session is known only at the end, sometimes sha512.
 */
#include "oci.h"

#include "oci_name.h"

#include "base/limits.h"

/* --- the sink ------------------------------------------------------------------------------------------------------------ */

/* NULL when the request brings no blob: then a body is an error. */
static bool sink_write(void *ctx, bytes piece, err *e)
{
    if (!ctx) return err_set(e, ERR_INVALID, "a body is taken here only with ?digest=");
    return blob_upload_write(ctx, piece, e);
}

/* The connection broke: what arrived stays, and the status of the session tells how much that is. */
static void sink_keep(void *ctx)
{
    blob_upload_close(ctx);
}

static void sink_cancel(void *ctx)
{
    blob_upload_cancel(ctx);
}

AUTO_FOR(blob_upload *, blob_upload_close)

/* --- answers ------------------------------------------------------------------------------------------------------------- */

static bool set_place(const oci_call *call, http_response *resp, str id, uint64_t size_bytes, err *e)
{
    str range = arena_printf(call->arena, "0-%llu", (unsigned long long)(size_bytes ? size_bytes - 1 : 0));
    if (!range.data) return err_set(e, ERR_MEMORY, "no memory for an answer");
    http_header_set(resp, "Range", range);
    http_header_set(resp, "Docker-Upload-UUID", id);
    return oci_set_location(call, resp, "/blobs/uploads/", id, e);
}

static bool reply_created(const oci_call *call, http_response *resp, str digest_text, err *e)
{
    if (!oci_set_location(call, resp, "/blobs/", digest_text, e)) return false;
    oci_set_digest(resp, digest_text);
    oci_reply_empty(resp, 201);
    return true;
}

static bool link_blob(const oci_call *call, str digest_text, digest sha256, uint64_t size_bytes, err *e)
{
    meta_image_link link = {.image = call->image,
                            .kind = META_IMAGE_BLOB,
                            .digest = digest_text,
                            .sha256 = sha256,
                            .size_bytes = size_bytes};
    return meta_image_link_put(call->app->meta, &link, e);
}

/* The last byte arrived: does it all hash to what the client says? Takes the upload. */
static bool commit(const oci_call *call, blob_upload *upload, const oci_digest *want, http_response *resp,
                   err *e)
{
    blob_info info;
    if (!blob_upload_commit(upload, &want->value, &info, e)) {
        if (e->code != ERR_DIGEST_MISMATCH)
            blob_upload_close(upload); /* a full disk: the client may try again */
        return false;
    }
    if (!link_blob(call, want->text, info.sha256, info.size_bytes, e)) return false;
    return reply_created(call, resp, want->text, e);
}

/* --- starting: POST ------------------------------------------------------------------------------------------------------ */

/* A mount needs the right to read the blob where it is; a digest alone is no proof of anything. */
static bool may_mount(const oci_call *call, str from_name)
{
    err refused;
    return oci_allow(call->app->auth, call->who, OCI_PULL, from_name, &refused);
}

static bool find_in(const oci_call *call, str from_name, str digest_text, meta_image_link *link, err *e)
{
    meta_image from;
    if (!oci_name_split(from_name, &from.repository, &from.name, e)) return false;
    if (!may_mount(call, from_name)) return err_set(e, ERR_BLOB_UNKNOWN, "not readable there");
    return meta_image_blob_find(call->app->meta, &from, digest_text, call->arena, link, e);
}

static bool find_anywhere(const oci_call *call, str digest_text, meta_image_link *link, err *e)
{
    meta_image_link *holders = NULL;
    size_t count = 0;
    if (!meta_image_blob_holders(call->app->meta, digest_text, LIMIT_PAGE_ROWS, call->arena, &holders, &count,
                                 e))
        return false;
    for (size_t i = 0; i < count; i++) {
        str name = arena_printf(call->arena, "%.*s/%.*s", STR_ARG(holders[i].image.repository),
                                STR_ARG(holders[i].image.name));
        if (!may_mount(call, name)) continue;
        *link = holders[i];
        return true;
    }
    return err_set(e, ERR_BLOB_UNKNOWN, "no image that you may read has %.*s", STR_ARG(digest_text));
}

/* True: answered with 201. Whatever does not work out is no error: the client gets a session and uploads (spec, "mounting a blob"). */
static bool try_mount(http_request *req, const oci_call *call, http_response *resp)
{
    str mount, from;
    oci_digest address;
    meta_image_link source;
    err why_not;
    if (!http_query(req, "mount", &mount) || !oci_digest_read(mount, &address, &why_not)) return false;
    bool is_found = http_query(req, "from", &from) && from.len
                        ? find_in(call, from, address.text, &source, &why_not)
                        : find_anywhere(call, address.text, &source, &why_not);
    return is_found && blob_exists(call->app->blobs, source.sha256) &&
           link_blob(call, address.text, source.sha256, source.size_bytes, &why_not) &&
           reply_created(call, resp, address.text, &why_not);
}

static bool check_algorithm(http_request *req, err *e)
{
    str name;
    if (!http_query(req, "digest-algorithm", &name) || str_eq(name, STR("sha256")) ||
        str_eq(name, STR("sha512")))
        return true;
    return err_set(e, ERR_DIGEST_INVALID, "digest algorithm '%.*s' is not supported, use sha256 or sha512",
                   STR_ARG(name));
}

bool oci_upload_start_open(http_request *req, http_sink *sink, err *e)
{
    oci_call call;
    str wanted;
    oci_digest address;
    blob_upload *upload = NULL;
    if (!oci_call_begin(req, &call, e) || !check_algorithm(req, e)) return false;

    if (http_query(req, "digest", &wanted)) {
        if (!oci_digest_read(wanted, &address, e)) return false;
        if (!blob_upload_new(call.app->blobs, BLOB_SHA256_ONLY, &upload, e)) return false;
    }
    *sink = (http_sink){.ctx = upload, .write = sink_write, .drop = sink_cancel};
    return true;
}

static bool start_session(const oci_call *call, http_response *resp, err *e)
{
    AUTO(blob_upload_cancel) blob_upload *upload = NULL;
    if (!blob_upload_new(call->app->blobs, BLOB_SHA256_ONLY, &upload, e)) return false;
    if (!set_place(call, resp, blob_upload_id(upload), 0, e)) return false;

    blob_upload_close(TAKE(upload));
    oci_reply_empty(resp, 202);
    return true;
}

bool oci_upload_start(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    str wanted;
    oci_digest address;
    AUTO(blob_upload_cancel) blob_upload *upload = http_sink_take(req);
    if (!oci_call_begin(req, &call, e)) return false;

    if (upload) {
        if (!http_query(req, "digest", &wanted) || !oci_digest_read(wanted, &address, e)) return false;
        return commit(&call, TAKE(upload), &address, resp, e);
    }
    return try_mount(req, &call, resp) || start_session(&call, resp, e);
}

/* --- continuing: PATCH, PUT ---------------------------------------------------------------------------------------------- */

/* "<first>-<last>", both inclusive, without a unit: not the Content-Range of RFC 9110. */
static bool parse_range(str text, uint64_t *first, uint64_t *last)
{
    str before, after;
    return str_cut(text, '-', &before, &after) && str_to_u64(before, first) && str_to_u64(after, last) &&
           *first <= *last;
}

/* A gap would leave a hole that no later digest check could explain. */
static bool range_continues(http_request *req, uint64_t have_bytes, err *e)
{
    str text;
    uint64_t first = 0, last = 0, body_bytes = 0;
    if (!http_header(req, "Content-Range", &text)) return true;
    if (!parse_range(str_trim(text), &first, &last))
        return err_set(e, ERR_RANGE, "Content-Range '%.*s' is not <first>-<last>", STR_ARG(text));
    if (first != have_bytes)
        return err_set(e, ERR_RANGE, "the chunk starts at %llu, the upload continues at %llu",
                       (unsigned long long)first, (unsigned long long)have_bytes);
    if (http_content_length(req, &body_bytes) && body_bytes != last - first + 1)
        return err_set(e, ERR_TRUNCATED, "Content-Range tells of %llu bytes, Content-Length of %llu",
                       (unsigned long long)(last - first + 1), (unsigned long long)body_bytes);
    return true;
}

static bool resume(http_request *req, http_sink *sink, err *e)
{
    oci_call call;
    AUTO(blob_upload_close) blob_upload *upload = NULL;
    if (!oci_call_begin(req, &call, e)) return false;
    if (!blob_upload_resume(call.app->blobs, http_param(req, "upload"), &upload, e)) return false;
    if (!range_continues(req, blob_upload_size(upload), e)) return false;

    *sink = (http_sink){.ctx = TAKE(upload), .write = sink_write, .drop = sink_keep};
    return true;
}

bool oci_upload_patch_open(http_request *req, http_sink *sink, err *e)
{
    return resume(req, sink, e);
}

bool oci_upload_patch(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    AUTO(blob_upload_close) blob_upload *upload = http_sink_take(req);
    if (!oci_call_begin(req, &call, e)) return false;
    if (!set_place(&call, resp, blob_upload_id(upload), blob_upload_size(upload), e)) return false;
    oci_reply_empty(resp, 202);
    return true;
}

static bool closing_digest(http_request *req, oci_digest *address, err *e)
{
    str wanted;
    if (!http_query(req, "digest", &wanted))
        return err_set(e, ERR_DIGEST_INVALID, "closing an upload needs ?digest=<digest>");
    return oci_digest_read(wanted, address, e);
}

/* The range is judged before the digest: a chunk out of order must not end the session, whatever else is wrong. */
bool oci_upload_finish_open(http_request *req, http_sink *sink, err *e)
{
    oci_digest address;
    http_sink found;
    if (!resume(req, &found, e)) return false;
    if (!closing_digest(req, &address, e)) {
        sink_keep(found.ctx);
        return false;
    }
    *sink = found;
    return true;
}

bool oci_upload_finish(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    oci_digest address;
    AUTO(blob_upload_close) blob_upload *upload = http_sink_take(req);
    if (!oci_call_begin(req, &call, e) || !closing_digest(req, &address, e)) return false;
    return commit(&call, TAKE(upload), &address, resp, e);
}

/* --- asking and giving up ------------------------------------------------------------------------------------------------ */

static bool tell_place(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    AUTO(blob_upload_close) blob_upload *upload = NULL;
    return oci_call_begin(req, &call, e) &&
           blob_upload_resume(call.app->blobs, http_param(req, "upload"), &upload, e) &&
           set_place(&call, resp, blob_upload_id(upload), blob_upload_size(upload), e);
}

bool oci_upload_status(http_request *req, http_response *resp, err *e)
{
    if (!tell_place(req, resp, e)) return false;
    oci_reply_empty(resp, 204);
    return true;
}

void oci_upload_tell_place(http_request *req, http_response *resp)
{
    err not_known; /* the headers are a courtesy; the error that is being answered says the rest */
    if (!tell_place(req, resp, &not_known)) return;
}

bool oci_upload_cancel(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    AUTO(blob_upload_cancel) blob_upload *upload = NULL;
    if (!oci_call_begin(req, &call, e)) return false;
    if (!blob_upload_resume(call.app->blobs, http_param(req, "upload"), &upload, e)) return false;
    oci_reply_empty(resp, 204);
    return true;
}
