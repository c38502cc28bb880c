/*
 * oci_blobs.c - blobs by digest: reading, and taking them out of an image (end-2, end-10).
 *
 * A blob resolves only within the image that it was pushed to or mounted into, although its bytes are stored once: otherwise whoever knows a digest
 * could read what another repository keeps. Policies gate manifests, not blobs: a digest of a layer is known only to those who may read a
 * manifest that names it, and the pushing client reads its blobs back before the manifest, which could be judged, exists.
 */
#include "oci.h"

#include "os/file.h"

static bool find_blob(http_request *req, const oci_call *call, meta_image_link *link, err *e)
{
    oci_digest address;
    return oci_digest_read(http_param(req, "digest"), &address, e) &&
           meta_image_blob_find(call->app->meta, &call->image, address.text, call->arena, link, e);
}

bool oci_blob_get(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    meta_image_link link;
    if (!oci_call_begin(req, &call, e) || !find_blob(req, &call, &link, e)) return false;

    AUTO(fd_close) int fd = -1;
    uint64_t size_bytes = 0;
    if (!blob_open(call.app->blobs, link.sha256, &fd, &size_bytes, e)) return false;

    str etag = arena_printf(call.arena, "\"%.*s\"", STR_ARG(link.digest));
    oci_set_digest(resp, link.digest);
    /* What a digest names never changes; who may read it does, so no shared cache may keep it. */
    http_header_set(resp, "Cache-Control", STR("private, max-age=31536000, immutable"));
    oci_set_version(resp);
    http_reply_file(resp, "application/octet-stream", fd_take(&fd), size_bytes, etag);
    return true;
}

bool oci_blob_delete(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    meta_image_link link;
    if (!oci_call_begin(req, &call, e) || !find_blob(req, &call, &link, e)) return false;

    /* Only the link goes: the bytes may serve other images, and garbage collection decides about them. */
    bool was_there = false;
    if (!meta_image_link_delete(call.app->meta, &call.image, META_IMAGE_BLOB, link.digest, &was_there, e))
        return false;
    oci_reply_empty(resp, 202);
    return true;
}
