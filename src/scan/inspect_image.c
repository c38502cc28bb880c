/*
 * scan/inspect_image.c - image archives: what `docker save` writes (manifest.json) and OCI layouts (index.json), in a plain tar.
 *
 * Two walks over the mapped file: the first gathers the small JSON members, which may stand anywhere, and finds out which members are layers in
 * which order; the second looks into those. A layer that several images share is looked at once.
 */
#include "inspect.h"

#include "base/limits.h"
#include "codec/tar.h"

enum { INDEX_DEPTH_MAX = 3 };

typedef struct image_archive {
    inspection *in;
    json_t *documents; /* member path: its text */
    json_t *links;     /* member path: where a link leads; old docker save has the same layer only once */
    json_t *images;    /* [{"name", "layers": [member path]}] */
    json_t *layers;    /* member path: the part of that layer, or null until it was seen */
} image_archive;

static void image_archive_done(image_archive *ia)
{
    json_decref(ia->documents);
    json_decref(ia->links);
    json_decref(ia->images);
    json_decref(ia->layers);
}

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for an image's layers");
}

static const char *to_key(image_archive *ia, str path)
{
    const char *key;
    /* A path with a NUL is nobody's layer. */
    return str_to_c(ia->in->arena, path, &key, NULL) ? key : "";
}

/* --- first walk: the documents ---------------------------------------------------------------------------------------------- */

static bool wants_document(void *ctx, const tar_member *member)
{
    (void)ctx;
    bool is_named = str_eq(member->path, STR("manifest.json")) || str_eq(member->path, STR("index.json"));
    return member->kind == TAR_FILE && member->size_bytes <= LIMIT_JSON_DOC_BYTES &&
           (is_named || str_starts_with(member->path, STR("blobs/")));
}

/* "../<id>/layer.tar" as seen from "<other id>/layer.tar". */
static bool note_link(image_archive *ia, const tar_member *member, err *e)
{
    str target = member->link;
    if (!str_ends_with(member->path, STR("layer.tar"))) return true;
    if (str_starts_with(target, STR("../"))) target = str_skip(target, 3);
    return json_set_str(ia->links, to_key(ia, member->path), target) || no_memory(e);
}

static bool see_document(void *ctx, const tar_member *member, bytes content, err *e)
{
    image_archive *ia = ctx;
    if (member->kind == TAR_SYMLINK || member->kind == TAR_HARDLINK) return note_link(ia, member, e);
    /* Layers are no JSON, and what is none cannot be a manifest. */
    if (content.len == 0 || (content.data[0] != '{' && content.data[0] != '[')) return true;
    return json_set_str(ia->documents, to_key(ia, member->path), bytes_str(content)) || no_memory(e);
}

/* --- which layers, in which order ------------------------------------------------------------------------------------------- */

static bool document_of(image_archive *ia, const char *path, json_t **value)
{
    str text = json_text(ia->documents, path);
    return text.len && json_decode(str_bytes(text), path, value, NULL);
}

static bool add_image(image_archive *ia, str name, json_t *layers_stolen, err *e)
{
    json_t *image = json_object();
    if (json_object_set_new(image, "layers", layers_stolen) != 0 || !json_set_str(image, "name", name) ||
        json_array_append_new(ia->images, image) != 0)
        return no_memory(e);
    size_t i;
    json_t *path;
    json_array_foreach(layers_stolen, i, path) if (json_object_set_new(ia->layers, json_string_value(path),
                                                                       json_null()) != 0) return no_memory(e);
    return true;
}

/* [{"Config": "...", "RepoTags": ["iris:1"], "Layers": ["<id>/layer.tar", ...]}] */
static bool read_docker_manifest(image_archive *ia, const json_t *manifest, err *e)
{
    size_t i, j;
    json_t *image, *layer;
    json_array_foreach(manifest, i, image)
    {
        json_t *paths = json_array();
        json_array_foreach(json_object_get(image, "Layers"), j, layer)
        {
            str path = (str){json_string_value(layer), json_string_length(layer)};
            str target = path.data ? json_text(ia->links, to_key(ia, path)) : STR_NONE;
            json_array_append_new(paths, json_from_str(target.len ? target : path));
        }
        const char *tag = json_string_value(json_array_get(json_object_get(image, "RepoTags"), 0));
        if (!add_image(ia, str_from_c(tag ? tag : ""), paths, e)) return false;
    }
    return true;
}

/* "sha256:<hex>" is the member "blobs/sha256/<hex>". */
static str blob_path(image_archive *ia, const json_t *descriptor)
{
    str kind, hex;
    if (!str_cut(json_text(descriptor, "digest"), ':', &kind, &hex)) return STR_NONE;
    return arena_printf(ia->in->arena, "blobs/%.*s/%.*s", STR_ARG(kind), STR_ARG(hex));
}

static bool is_layer_of_files(const json_t *layer)
{
    str type = json_text(layer, "mediaType");
    return !str_contains(type, STR("in-toto"));
}

static bool read_oci_manifest(image_archive *ia, const json_t *manifest, str name, err *e)
{
    json_t *paths = json_array(), *layer;
    size_t i;
    json_array_foreach(json_object_get(manifest, "layers"), i, layer) if (is_layer_of_files(layer))
        json_array_append_new(paths, json_from_str(blob_path(ia, layer)));
    return add_image(ia, name, paths, e);
}

/* An index of manifests, or of further indexes; each level takes one from `depth_left`. */
static bool read_oci_index(image_archive *ia, const json_t *index, unsigned depth_left, err *e)
{
    size_t i;
    json_t *descriptor;
    json_array_foreach(json_object_get(index, "manifests"), i, descriptor)
    {
        AUTO(json_release) json_t *document = NULL;
        if (!document_of(ia, to_key(ia, blob_path(ia, descriptor)), &document)) continue;
        str name = json_text(json_object_get(descriptor, "annotations"), "org.opencontainers.image.ref.name");
        bool is_index = json_object_get(document, "manifests") != NULL;
        if (is_index && depth_left == 0) continue;
        if (!(is_index ? read_oci_index(ia, document, depth_left - 1, e)
                       : read_oci_manifest(ia, document, name, e)))
            return false;
    }
    return true;
}

static bool find_images(image_archive *ia, err *e)
{
    AUTO(json_release) json_t *manifest = NULL;
    AUTO(json_release) json_t *index = NULL;
    if (document_of(ia, "manifest.json", &manifest) && json_is_array(manifest))
        return read_docker_manifest(ia, manifest, e);
    if (document_of(ia, "index.json", &index)) return read_oci_index(ia, index, INDEX_DEPTH_MAX, e);
    return true;
}

/* --- second walk: the layers ------------------------------------------------------------------------------------------------- */

static bool wants_layer(void *ctx, const tar_member *member)
{
    image_archive *ia = ctx;
    return member->kind == TAR_FILE && json_is_null(json_object_get(ia->layers, to_key(ia, member->path)));
}

static bool read_layer(inspection *layer, bytes content, err *e)
{
    err why = {0};
    if (content.len && inspect_is_archive(content) && inspect_archive(layer, STR_NONE, content, &why))
        return true;
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return inspect_add_trouble(layer, STR_NONE, why.code ? why.message : "the layer is no tar", e);
}

static bool see_layer(void *ctx, const tar_member *member, bytes content, err *e)
{
    image_archive *ia = ctx;
    if (!wants_layer(ia, member)) return true;
    inspection layer;
    if (!inspection_begin(ia->in, &layer, e)) return false;
    bool fine = read_layer(&layer, content, e) && inspection_end(&layer, e) &&
                (json_set_str(layer.part, "path", member->path) || no_memory(e)) &&
                (json_object_set(ia->layers, to_key(ia, member->path), layer.part) == 0 || no_memory(e));
    json_decref(layer.part);
    return fine;
}

static bool add_layer(image_archive *ia, json_t *image, str path, err *e)
{
    json_t *part = json_object_get(ia->layers, to_key(ia, path));
    if (json_is_object(part)) return inspect_append(image, "layers", json_incref(part), e);
    inspection missing;
    if (!inspection_begin(ia->in, &missing, e)) return false;
    bool fine =
        inspect_add_trouble(&missing, STR_NONE, "the archive lacks a layer that its manifest names", e) &&
        json_set_str(missing.part, "path", path) && inspection_end(&missing, e) &&
        inspect_append(image, "layers", json_incref(missing.part), e);
    json_decref(missing.part);
    return fine;
}

static bool report_images(image_archive *ia, err *e)
{
    size_t i, j;
    json_t *planned, *path;
    json_array_foreach(ia->images, i, planned)
    {
        json_t *image = json_object();
        if (!json_set_str(image, "name", json_text(planned, "name")) ||
            !inspect_append(ia->in->part, "images", image, e))
            return no_memory(e);
        json_array_foreach(json_object_get(planned, "layers"), j,
                           path) if (!add_layer(ia, image,
                                                (str){json_string_value(path), json_string_length(path)},
                                                e)) return false;
    }
    return json_set_str(ia->in->part, "format", STR("image")) || no_memory(e);
}

static bool inspect_image_in(image_archive *ia, bytes content, bool *is_image, err *e)
{
    tar_visitor documents = {.ctx = ia, .wants = wants_document, .member = see_document};
    unpack_budget first_walk = *ia->in->budget;
    if (!tar_walk(content, &first_walk, &documents, e) || !find_images(ia, e)) return false;
    *is_image = json_array_size(ia->images) > 0;
    if (!*is_image) return true;
    tar_visitor layers = {.ctx = ia, .wants = wants_layer, .member = see_layer};
    return tar_walk(content, ia->in->budget, &layers, e) && report_images(ia, e);
}

bool inspect_image(inspection *in, bytes content, bool *is_image, err *e)
{
    *is_image = false;
    if (content.len < 512 || !tar_is((bytes){content.data, 512})) return true;
    image_archive ia = {.in = in,
                        .documents = json_object(),
                        .links = json_object(),
                        .images = json_array(),
                        .layers = json_object()};
    bool fine = ia.documents && ia.links && ia.images && ia.layers
                    ? inspect_image_in(&ia, content, is_image, e)
                    : no_memory(e);
    image_archive_done(&ia);
    return fine;
}
