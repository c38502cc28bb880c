/*
 * oci_manifests.c - manifests by tag and digest (end-3, end-7, end-9).
 *
 * A manifest is a blob, a link in its image, and one or more places in the tree: `<image>/<tag>/manifest.json` for each tag, or
 * `<image>/<digest>/manifest.json` while no tag names it. Deploying the artifact is what asks for the scan; fetching it is what asks the policies,
 * so images obey the same gate as every other artifact, by tag and by digest alike.
 *
 * Bytes are stored and answered as they came. Whatever `Accept` says, the stored manifest is the answer: there is nothing to convert to, and a 404
 * for something that exists confuses everybody.
 */
#include "oci.h"

#include "oci_manifest.h"
#include "oci_name.h"

#include "base/limits.h"
#include "os/file.h"

/* --- places in the tree -------------------------------------------------------------------------------------------------- */

static bool place_path(const oci_call *call, str tag_or_digest, str *path, err *e)
{
    str p = arena_printf(call->arena, "%.*s/%.*s/manifest.json", STR_ARG(call->image.name),
                         STR_ARG(tag_or_digest));
    if (!p.data) return err_set(e, ERR_MEMORY, "no memory for a path");
    *path = p;
    return true;
}

static bool find_places(const oci_call *call, str reference, meta_image_place **places, size_t *count, err *e)
{
    if (oci_is_digest(reference)) {
        oci_digest address;
        return oci_digest_read(reference, &address, e) &&
               meta_image_places(call->app->meta, &call->image, address.text, LIMIT_PAGE_ROWS, call->arena,
                                 places, count, e);
    }
    if (!oci_tag_is_valid(reference))
        return err_set(e, ERR_MANIFEST_UNKNOWN, "'%.*s' can be neither a tag nor a digest",
                       STR_ARG(reference));
    *places = arena_alloc(call->arena, sizeof **places);
    if (!*places) return err_set(e, ERR_MEMORY, "no memory for a manifest");
    *count = 1;
    return meta_image_tag_find(call->app->meta, &call->image, reference, call->arena, *places, e);
}

/* --- GET, HEAD ----------------------------------------------------------------------------------------------------------- */

/* A manifest is blocked when any of its places is: a digest must not be the way around a policy that covers a tag. */
static bool gate_others(const oci_call *call, const meta_image_place *places, size_t count, err *e)
{
    for (size_t i = 1; i < count; i++) {
        meta_node node;
        if (!meta_node_find(call->app->meta, call->image.repository, places[i].path, call->arena, &node, e) ||
            !policy_gate(call->app->policies, &node, call->who->name, e))
            return false;
    }
    return true;
}

bool oci_manifest_get(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    meta_image_place *places = NULL;
    size_t count = 0;
    if (!oci_call_begin(req, &call, e)) return false;
    if (!find_places(&call, http_param(req, "reference"), &places, &count, e)) return false;
    if (!gate_others(&call, places, count, e)) return false;

    meta_node node;
    AUTO(fd_close) int fd = -1;
    if (!registry_fetch(call.app, call.image.repository, places[0].path, call.who->name, call.arena, &node,
                        &fd, e))
        return false;

    const meta_image_link *link = &places[0].link;
    const char *media_type = NULL;
    if (!str_to_c(call.arena, link->media_type, &media_type, e)) return false;
    oci_set_digest(resp, link->digest);
    str etag = arena_printf(call.arena, "\"%.*s\"", STR_ARG(link->digest));
    oci_set_version(resp);
    http_reply_file(resp, media_type, fd_take(&fd), node.size_bytes, etag);
    return true;
}

/* --- PUT ----------------------------------------------------------------------------------------------------------------- */

typedef struct incoming {
    const oci_call *call;
    bytes text;
    oci_manifest manifest;
    oci_digest address; /* what it will be known by */
    digest sha256;      /* its bytes */
    str *tags;          /* the tags it gets: of the address, or ?tag= */
    size_t tag_count;
} incoming;

static bool read_tags(http_request *req, incoming *in, str reference, err *e)
{
    str name, value;
    size_t room = 1;
    for (size_t i = 0; http_query_at(req, i, &name, &value); i++) room++;
    in->tags = arena_alloc_array(in->call->arena, room, sizeof *in->tags);
    if (!in->tags) return err_set(e, ERR_MEMORY, "no memory for %zu tags", room);

    if (!oci_is_digest(reference)) {
        in->tags[in->tag_count++] = reference;
    } else {
        for (size_t i = 0; http_query_at(req, i, &name, &value); i++)
            if (str_eq(name, STR("tag"))) in->tags[in->tag_count++] = value;
    }
    for (size_t i = 0; i < in->tag_count; i++)
        if (!oci_tag_is_valid(in->tags[i]))
            return err_set(e, ERR_NAME_INVALID, "'%.*s' cannot be a tag", STR_ARG(in->tags[i]));
    return true;
}

/* By digest: the bytes must have it. By tag: sha256 is the name. */
static bool read_address(incoming *in, str reference, err *e)
{
    digest found;
    if (!digest_of(DIGEST_SHA256, in->text, &in->sha256, e)) return false;
    if (!oci_is_digest(reference)) {
        in->address.value = in->sha256;
        in->address.text = arena_copy(in->call->arena, str_from_c(digest_text(in->sha256).text));
        return in->address.text.data || err_set(e, ERR_MEMORY, "no memory for a digest");
    }
    if (!oci_digest_read(reference, &in->address, e)) return false;
    if (!digest_of(in->address.value.kind, in->text, &found, e)) return false;
    if (!digest_equal(found, in->address.value))
        return err_set(e, ERR_DIGEST_INVALID, "the manifest's digest is %s, not %.*s",
                       digest_text(found).text, STR_ARG(reference));
    return true;
}

static bool missing(err *e, const err *why)
{
    if (why->code != ERR_BLOB_UNKNOWN && why->code != ERR_MANIFEST_UNKNOWN)
        return err_set(e, why->code, "%s", why->message);
    return err_set(e, ERR_MANIFEST_BLOB, "the manifest refers to something that was not pushed: %s",
                   why->message);
}

/* All that it refers to must be in the same image already, except its subject, which may come later. */
static bool check_references(const incoming *in, err *e)
{
    const oci_call *call = in->call;
    err why = {0};
    for (size_t i = 0; i < in->manifest.blob_count; i++) {
        meta_image_link link;
        if (!meta_image_blob_find(call->app->meta, &call->image, in->manifest.blobs[i].digest, call->arena,
                                  &link, &why))
            return missing(e, &why);
        if (link.size_bytes != in->manifest.blobs[i].size_bytes)
            return err_set(e, ERR_MANIFEST_INVALID, "image manifest: %.*s has %llu bytes, not %llu",
                           STR_ARG(link.digest), (unsigned long long)link.size_bytes,
                           (unsigned long long)in->manifest.blobs[i].size_bytes);
    }
    for (size_t i = 0; i < in->manifest.child_count; i++) {
        meta_image_place *places;
        size_t count;
        if (!meta_image_places(call->app->meta, &call->image, in->manifest.children[i].digest, 1, call->arena,
                               &places, &count, &why))
            return missing(e, &why);
    }
    return true;
}

static bool link_manifest(const incoming *in, err *e)
{
    AUTO(json_release) json_t *descriptor = NULL;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    if (in->manifest.subject.len) {
        descriptor = oci_manifest_descriptor(&in->manifest, in->address.text, in->text.len);
        if (!descriptor) return err_set(e, ERR_MEMORY, "no memory for a descriptor");
        if (!json_encode(descriptor, &text, e)) return false;
    }
    meta_image_link link = {.image = in->call->image,
                            .kind = META_IMAGE_MANIFEST,
                            .digest = in->address.text,
                            .sha256 = in->sha256,
                            .media_type = in->manifest.media_type,
                            .size_bytes = in->text.len,
                            .subject = in->manifest.subject,
                            .artifact_type = in->manifest.artifact_type,
                            .descriptor = buf_str(&text)};
    return meta_image_link_put(in->call->app->meta, &link, e);
}

/* The names that the reference server gives such artifacts, so that searches for them find ours. */
static registry_deploy_request deploy_request(const oci_call *call, str path, str media_type, str tag,
                                              meta_property properties[3], str digest_address)
{
    properties[0] = (meta_property){STR("docker.manifest.digest"), digest_address};
    properties[1] = (meta_property){STR("docker.repoName"), call->image.name};
    properties[2] = (meta_property){STR("docker.manifest"), tag};
    return (registry_deploy_request){.repository = call->image.repository,
                                     .path = path,
                                     .mime = media_type,
                                     .user = call->who->name,
                                     .properties = properties,
                                     .property_count = tag.len ? 3 : 2};
}

/* Store the bytes and show them at one place. `tag` empty: under the digest. */
static bool place_manifest(const incoming *in, str tag, str *replaced, err *e)
{
    const oci_call *call = in->call;
    str path = STR_NONE;
    meta_node node;
    meta_property properties[3];
    if (!place_path(call, tag.len ? tag : in->address.text, &path, e)) return false;

    AUTO(blob_upload_cancel) blob_upload *upload = NULL;
    if (!blob_upload_new(call->app->blobs, BLOB_ALL_HASHES, &upload, e)) return false;
    if (!blob_upload_write(upload, in->text, e)) return false;
    registry_deploy_request deploy =
        deploy_request(call, path, in->manifest.media_type, tag, properties, in->address.text);
    return registry_deploy(call->app, &deploy, TAKE(upload), call->arena, &node, e) &&
           meta_image_place_put(call->app->meta, &call->image, node.id, tag, in->address.text, call->arena,
                                replaced, e);
}

/* Places of a manifest, none included. */
static bool look_for_places(const oci_call *call, str address, size_t limit, meta_image_place **places,
                            size_t *count, err *e)
{
    err why = {0};
    *count = 0;
    return meta_image_places(call->app->meta, &call->image, address, limit, call->arena, places, count,
                             &why) ||
           why.code == ERR_MANIFEST_UNKNOWN || err_set(e, why.code, "%s", why.message);
}

/* Show a stored manifest under its digest: untagged, not gone. */
static bool place_under_digest(const oci_call *call, const meta_image_link *link, err *e)
{
    str path = STR_NONE, replaced;
    meta_node node;
    meta_property properties[3];
    if (!place_path(call, link->digest, &path, e)) return false;
    registry_deploy_request deploy =
        deploy_request(call, path, link->media_type, STR_NONE, properties, link->digest);
    deploy.want_sha256 = link->sha256;
    return registry_deploy_by_checksum(call->app, &deploy, call->arena, &node, e) &&
           meta_image_place_put(call->app->meta, &call->image, node.id, STR_NONE, link->digest, call->arena,
                                &replaced, e);
}

/* A manifest is about to lose the place `leaving`: when that is its only one, it gets the one under its digest first. */
static bool keep_reachable(const oci_call *call, const meta_image_place *leaving, err *e)
{
    meta_image_place *places = NULL;
    size_t count = 0;
    if (!look_for_places(call, leaving->link.digest, 2, &places, &count, e)) return false;
    return count > 1 || place_under_digest(call, &leaving->link, e);
}

/* After the fact: two pushes of one tag at the same time see the same manifest before them, and the first of them would lose its own. */
static bool restore_place(const oci_call *call, str address, err *e)
{
    meta_image_place *places = NULL;
    size_t count = 0;
    meta_image_link link;
    err why = {0};
    if (!look_for_places(call, address, 1, &places, &count, e)) return false;
    if (count > 0) return true;
    if (!meta_image_manifest_find(call->app->meta, &call->image, address, call->arena, &link, &why))
        return why.code == ERR_MANIFEST_UNKNOWN || err_set(e, why.code, "%s", why.message);
    return place_under_digest(call, &link, e);
}

static bool tag_manifest(const incoming *in, str tag, err *e)
{
    const oci_call *call = in->call;
    str replaced;
    meta_image_place before;
    err why = {0};
    if (meta_image_tag_find(call->app->meta, &call->image, tag, call->arena, &before, &why)) {
        bool moves = !digest_equal(before.link.sha256, in->sha256);
        if (moves && !keep_reachable(call, &before, e)) return false;
    } else if (why.code != ERR_MANIFEST_UNKNOWN) {
        return err_set(e, why.code, "%s", why.message);
    }
    if (!place_manifest(in, tag, &replaced, e)) return false;
    return (replaced.len == 0 || restore_place(call, replaced, e)) &&
           restore_place(call, in->address.text, e);
}

static bool store(const incoming *in, err *e)
{
    meta_image_place *places = NULL;
    size_t count = 0;
    str replaced;
    if (!link_manifest(in, e)) return false;
    for (size_t i = 0; i < in->tag_count; i++)
        if (!tag_manifest(in, in->tags[i], e)) return false;
    if (in->tag_count) return true;
    if (!look_for_places(in->call, in->address.text, 1, &places, &count, e)) return false;
    return count > 0 || place_manifest(in, STR_NONE, &replaced, e);
}

static bool reply_stored(const incoming *in, http_response *resp, err *e)
{
    if (!oci_set_location(in->call, resp, "/manifests/", in->address.text, e)) return false;
    oci_set_digest(resp, in->address.text);
    if (in->manifest.subject.len) http_header_set(resp, "OCI-Subject", in->manifest.subject);
    for (size_t i = 0; i < in->tag_count; i++) http_header_add(resp, "OCI-Tag", in->tags[i]);
    oci_reply_empty(resp, 201);
    return true;
}

static bool put(http_request *req, http_response *resp, incoming *in, err *e)
{
    str content_type = STR_NONE, reference = http_param(req, "reference");
    if (!http_header(req, "Content-Type", &content_type)) content_type = STR_NONE;
    return read_tags(req, in, reference, e) && read_address(in, reference, e) &&
           oci_manifest_read(in->text, content_type, in->call->arena, &in->manifest, e) &&
           check_references(in, e) && store(in, e) && reply_stored(in, resp, e);
}

bool oci_manifest_put(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    if (!oci_call_begin(req, &call, e)) return false;
    incoming in = {.call = &call, .text = http_request_body(req)};
    bool is_stored = put(req, resp, &in, e);
    oci_manifest_done(&in.manifest);
    return is_stored;
}

/* --- DELETE -------------------------------------------------------------------------------------------------------------- */

/* Folders that hold nothing any more go too, up to the root: a tag of yesterday is no folder of today. */
static bool prune_folders(const oci_call *call, str path, err *e)
{
    bool was_empty = true;
    for (ptrdiff_t slash; was_empty && (slash = str_find_last(path, '/')) > 0;) {
        path = str_slice(path, 0, (size_t)slash);
        if (!meta_image_folder_prune(call->app->meta, call->image.repository, path, &was_empty, e))
            return false;
    }
    return true;
}

static bool remove_place(const oci_call *call, const meta_image_place *place, err *e)
{
    uint64_t removed;
    return registry_delete(call->app, call->image.repository, place->path, call->who->name, &removed, e) &&
           prune_folders(call, place->path, e);
}

/* By tag: the tag goes, the manifest stays under its digest. */
static bool untag(const oci_call *call, const meta_image_place *place, err *e)
{
    return keep_reachable(call, place, e) && remove_place(call, place, e);
}

/* By digest: with all its tags, at once, and out of the list of referrers. */
static bool remove_all(const oci_call *call, str digest_text, const meta_image_place *places, size_t count,
                       err *e)
{
    for (size_t i = 0; i < count; i++)
        if (!remove_place(call, &places[i], e)) return false;
    return meta_image_link_delete(call->app->meta, &call->image, META_IMAGE_MANIFEST, digest_text, NULL, e);
}

bool oci_manifest_delete(http_request *req, http_response *resp, err *e)
{
    oci_call call;
    meta_image_place *places = NULL;
    size_t count = 0;
    str reference = http_param(req, "reference");
    if (!oci_call_begin(req, &call, e)) return false;
    if (!find_places(&call, reference, &places, &count, e)) return false;

    bool is_done = oci_is_digest(reference) ? remove_all(&call, reference, places, count, e)
                                            : untag(&call, &places[0], e);
    if (!is_done) return false;
    oci_reply_empty(resp, 202);
    return true;
}
