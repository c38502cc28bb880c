/*
 * scan/service_image.c - images in a registry: the manifest names its layers, each is scanned once ever, and the stored parts are merged.
 *
 * The manifest is small JSON and read here; layers are tars and read by children only. Another thread may be at a layer already: then this one
 * waits for its end instead of doing the work twice.
 */
#include "service.h"

#include "base/clock.h"
#include "base/limits.h"
#include "meta/images.h"
#include "meta/scans.h"
#include "os/file.h"
#include "part.h"

enum { INDEX_DEPTH_MAX = 2, WAIT_MS = 500 };

bool service_is_image(str mime)
{
    static const char *const types[] = {
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    };
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_eq(mime, str_from_c(types[i]))) return true;
    return false;
}

/* --- layers ------------------------------------------------------------------------------------------------------------------ */

static bool stored_part(scan_service *s, digest sha256, json_t **part, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    str text, target;
    if (!meta_scan_documents(s->config.meta, sha256, &a, &text, &target, e)) return false;
    return json_decode_large(str_bytes(text), LIMIT_SCAN_REPORT_BYTES, "a stored layer", part, e);
}

static bool keep_part(scan_service *s, digest sha256, const json_t *part, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES);
    if (!json_encode(part, &text, e)) return false;
    meta_scan_result rows = {.sha256 = sha256,
                             .role = META_SCAN_PART,
                             .format = STR("layer"),
                             .advisories = STR(""),
                             .report = buf_str(&text),
                             .target = STR("")};
    return meta_scan_store(s->config.meta, &rows, e);
}

/* Taken by us: whatever happens, the row must not stay "running", or others would wait for it. */
static bool scan_taken(scan_service *s, digest sha256, str path, json_t **part, err *e)
{
    bool done = service_scan_blob(s, sha256, path, part, e) && keep_part(s, sha256, *part, e);
    if (!done && e->code == ERR_UNAVAILABLE) return false; /* the next start takes it up again */
    str trouble = done ? STR("") : str_from_c(e->message);
    err why = {0};
    if (!meta_scan_finish(s->config.meta, sha256, META_SCAN_PART, done ? META_SCAN_DONE : META_SCAN_FAILED,
                          trouble, clock_wall_ms(), &why))
        log_error(s->config.log, "scan.finish", LOG_ERR(&why));
    service_wake(s);
    return done;
}

bool service_part(scan_service *s, digest sha256, str path, json_t **part, err *e)
{
    meta_scan_order order = {.sha256 = sha256,
                             .role = META_SCAN_PART,
                             .scanner_version = SCANNER_VERSION,
                             .now_ms = clock_wall_ms(),
                             .path = path};
    for (;;) {
        bool taken;
        meta_scan_state state;
        if (!meta_scan_take_part(s->config.meta, &order, &taken, &state, e)) return false;
        if (taken) return scan_taken(s, sha256, path, part, e);
        if (state == META_SCAN_DONE) return stored_part(s, sha256, part, e);
        if (state == META_SCAN_QUEUED) return service_scan_blob(s, sha256, path, part, e);
        if (!service_wait(s, WAIT_MS)) return err_set(e, ERR_UNAVAILABLE, "the server stops");
    }
}

/* --- manifests --------------------------------------------------------------------------------------------------------------- */

static bool read_manifest(scan_service *s, digest sha256, json_t **manifest, err *e)
{
    AUTO(fd_close) int fd = -1;
    uint64_t size_bytes;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    if (!blob_open(s->config.blobs, sha256, &fd, &size_bytes, e) || !fd_read_all(fd, &text, e) ||
        !json_decode(buf_bytes(&text), "image manifest", manifest, e))
        return err_wrap(e, "manifest %s", digest_text(sha256).text);
    return json_is_object(*manifest) ||
           err_set(e, ERR_MANIFEST_INVALID, "manifest %s is no object", digest_text(sha256).text);
}

/* What cannot be read of one layer makes the image's scan incomplete; it does not hide the other layers. */
static bool layer_part(scan_service *s, const json_t *layer, json_t **part, err *e)
{
    digest sha256;
    err why = {0};
    AUTO(json_release) json_t *read = NULL;
    if (!meta_image_bytes_of(s->config.meta, json_text(layer, "digest"), &sha256, &why) ||
        !service_part(s, sha256, part_layer_name(layer), &read, &why)) {
        if (why.code == ERR_UNAVAILABLE || why.code == ERR_MEMORY)
            return err_set(e, why.code, "%s", why.message);
        return part_incomplete(why.message, part, e);
    }
    if (!part_list_itself(part_layer_name(layer), read, e)) return false;
    *part = TAKE(read);
    return true;
}

static bool add_image(scan_service *s, const json_t *manifest, json_t *images, err *e)
{
    json_t *image = json_pack("{s:s, s:[]}", "name", "", "layers"), *layer;
    if (json_array_append_new(images, image) != 0)
        return err_set(e, ERR_MEMORY, "no memory for an image's layers");
    size_t i;
    json_array_foreach(json_object_get(manifest, "layers"), i, layer)
    {
        json_t *part;
        if (!layer_part(s, layer, &part, e)) return false;
        if (json_array_append_new(json_object_get(image, "layers"), part) != 0)
            return err_set(e, ERR_MEMORY, "no memory for an image's layers");
    }
    return true;
}

static bool add_manifest(scan_service *s, digest sha256, unsigned depth_left, json_t *images, err *e)
{
    AUTO(json_release) json_t *manifest = NULL;
    if (!read_manifest(s, sha256, &manifest, e)) return false;
    json_t *children = json_object_get(manifest, "manifests"), *child;
    if (!children) return add_image(s, manifest, images, e);
    if (depth_left == 0) return err_set(e, ERR_MANIFEST_INVALID, "indexes of images within each other");
    size_t i;
    json_array_foreach(children, i, child)
    {
        digest inner;
        err why = {0};
        if (!meta_image_bytes_of(s->config.meta, json_text(child, "digest"), &inner, &why)) {
            if (why.code != ERR_BLOB_UNKNOWN) return err_set(e, why.code, "%s", why.message);
            continue;
        }
        /* A sparse index names images that are not here; what is not here is not given out either. */
        if (!blob_exists(s->config.blobs, inner)) continue;
        if (!add_manifest(s, inner, depth_left - 1, images, e)) return false;
    }
    return true;
}

static bool image_part(scan_service *s, digest sha256, json_t **part, err *e)
{
    AUTO(json_release) json_t *images = json_array();
    err why = {0};
    if (!add_manifest(s, sha256, INDEX_DEPTH_MAX, images, &why)) {
        if (why.code == ERR_UNAVAILABLE || why.code == ERR_MEMORY)
            return err_set(e, why.code, "%s", why.message);
        return part_incomplete(why.message, part, e);
    }
    *part = json_pack("{s:s, s:s, s:O}", "format", "image", "verdict", "not_a_model", "images", images);
    return *part || err_set(e, ERR_MEMORY, "no memory for an image");
}

bool service_image(scan_service *s, digest manifest, str path, json_t **target, err *e)
{
    AUTO(json_release) json_t *part = NULL;
    return image_part(s, manifest, &part, e) && part_to_target(part, path, &manifest, target, e);
}

/* --- once more --------------------------------------------------------------------------------------------------------------- */

static bool forget_layers(scan_service *s, const json_t *manifest, err *e)
{
    size_t i;
    json_t *layer;
    json_array_foreach(json_object_get(manifest, "layers"), i, layer)
    {
        digest sha256;
        err why = {0};
        /* What is not here has no result to forget. */
        if (!meta_image_bytes_of(s->config.meta, json_text(layer, "digest"), &sha256, &why)) continue;
        if (!meta_scan_forget_part(s->config.meta, sha256, e)) return false;
    }
    return true;
}

static bool forget_manifest(scan_service *s, digest sha256, unsigned depth_left, err *e)
{
    AUTO(json_release) json_t *manifest = NULL;
    if (!read_manifest(s, sha256, &manifest, e) || !forget_layers(s, manifest, e)) return false;
    size_t i;
    json_t *child;
    json_array_foreach(depth_left ? json_object_get(manifest, "manifests") : NULL, i, child)
    {
        digest inner;
        err why = {0};
        if (!meta_image_bytes_of(s->config.meta, json_text(child, "digest"), &inner, &why)) continue;
        if (blob_exists(s->config.blobs, inner) && !forget_manifest(s, inner, depth_left - 1, e))
            return false;
    }
    return true;
}

bool service_image_forget(scan_service *s, digest manifest, err *e)
{
    return forget_manifest(s, manifest, INDEX_DEPTH_MAX, e);
}
