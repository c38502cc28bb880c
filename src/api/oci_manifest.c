/*
 * oci_manifest.c - reads manifests leniently where the specification is lenient, and not at all where it is not JSON.
 *
 * Surprises: `config`, `layers`, `subject` may be null as well as absent; a Docker list has no annotations; the media type may be in the header,
 * in the body, or in neither (then the shape tells).
 */
#include "oci_manifest.h"

#include "base/limits.h"

static bool invalid(err *e, const char *why)
{
    return err_set(e, ERR_MANIFEST_INVALID, "image manifest: %s", why);
}

/* A member that may be null, but not of another type than `type`. */
static bool optional(const json_t *object, const char *key, json_type type, json_t **value, err *e)
{
    json_t *member = json_object_get(object, key);
    if (json_is_null(member)) member = NULL;
    if (member && json_typeof(member) != type)
        return err_set(e, ERR_MANIFEST_INVALID, "image manifest: '%s' has the wrong type", key);
    *value = member;
    return true;
}

static bool optional_text(const json_t *object, const char *key, str *value, err *e)
{
    json_t *member = NULL;
    if (!optional(object, key, JSON_STRING, &member, e)) return false;
    *value = member ? (str){json_string_value(member), json_string_length(member)} : STR_NONE;
    return true;
}

static bool read_descriptor(const json_t *descriptor, oci_reference *out, err *e)
{
    if (!json_is_object(descriptor)) return invalid(e, "a descriptor is not an object");

    oci_reference r = {0};
    digest parsed;
    err trouble = {0};
    if (!optional_text(descriptor, "digest", &r.digest, e)) return false;
    if (!optional_text(descriptor, "mediaType", &r.media_type, e)) return false;
    if (!digest_parse(r.digest, &parsed, &trouble))
        return err_set(e, ERR_MANIFEST_INVALID, "image manifest: a descriptor's %s", trouble.message);

    const json_t *size = json_object_get(descriptor, "size");
    if (!json_is_integer(size) || json_integer_value(size) < 0)
        return err_set(e, ERR_MANIFEST_INVALID, "image manifest: the descriptor of %.*s has no usable size",
                       STR_ARG(r.digest));
    r.size_bytes = (uint64_t)json_integer_value(size);
    *out = r;
    return true;
}

/* Layers that are fetched from elsewhere need not be here: the deprecated non-distributable types, and whatever names its addresses. */
static bool lives_elsewhere(const json_t *descriptor, str media_type)
{
    return json_array_size(json_object_get(descriptor, "urls")) > 0 ||
           str_contains(media_type, STR(".nondistributable.")) ||
           str_contains(media_type, STR(".rootfs.foreign."));
}

static bool read_list(const json_t *list, oci_reference *into, size_t *count, err *e)
{
    size_t i;
    const json_t *descriptor;
    json_array_foreach(list, i, descriptor)
    {
        if (!read_descriptor(descriptor, &into[*count], e)) return false;
        if (!lives_elsewhere(descriptor, into[*count].media_type)) (*count)++;
    }
    return true;
}

static bool read_blobs(oci_manifest *m, arena *a, err *e)
{
    json_t *config = NULL, *layers = NULL, *old_blobs = NULL;
    if (!optional(m->document, "config", JSON_OBJECT, &config, e)) return false;
    if (!optional(m->document, "layers", JSON_ARRAY, &layers, e)) return false;
    if (!optional(m->document, "blobs", JSON_ARRAY, &old_blobs, e)) return false;

    size_t most = json_array_size(layers) + json_array_size(old_blobs) + 1;
    if (most > LIMIT_IMAGE_DESCRIPTORS)
        return err_set(e, ERR_TOO_LARGE, "image manifest: %zu descriptors, LIMIT_IMAGE_DESCRIPTORS allows %d",
                       most, (int)LIMIT_IMAGE_DESCRIPTORS);
    m->blobs = arena_alloc_array(a, most, sizeof *m->blobs);
    if (!m->blobs) return err_set(e, ERR_MEMORY, "no memory for an image manifest");

    if (config && !read_descriptor(config, &m->blobs[m->blob_count++], e)) return false;
    if (!read_list(layers, m->blobs, &m->blob_count, e)) return false;
    return read_list(old_blobs, m->blobs, &m->blob_count, e);
}

static bool read_children(oci_manifest *m, arena *a, err *e)
{
    json_t *manifests = NULL;
    if (!optional(m->document, "manifests", JSON_ARRAY, &manifests, e)) return false;

    size_t most = json_array_size(manifests);
    if (most > LIMIT_IMAGE_DESCRIPTORS)
        return err_set(e, ERR_TOO_LARGE, "image index: %zu descriptors, LIMIT_IMAGE_DESCRIPTORS allows %d",
                       most, (int)LIMIT_IMAGE_DESCRIPTORS);
    m->children = arena_alloc_array(a, most + 1, sizeof *m->children);
    if (!m->children) return err_set(e, ERR_MEMORY, "no memory for an image index");
    return read_list(manifests, m->children, &m->child_count, e);
}

static bool read_subject(oci_manifest *m, err *e)
{
    json_t *subject = NULL;
    oci_reference r = {0};
    if (!optional(m->document, "subject", JSON_OBJECT, &subject, e)) return false;
    if (subject && !read_descriptor(subject, &r, e)) return false;
    m->subject = r.digest;
    return true;
}

/* image-spec, "artifactType"; distribution-spec, "listing referrers": an image without one goes by the type of its config. */
static bool read_artifact_type(oci_manifest *m, err *e)
{
    if (!optional_text(m->document, "artifactType", &m->artifact_type, e)) return false;
    if (m->artifact_type.len == 0 && !m->is_index)
        m->artifact_type = json_text(json_object_get(m->document, "config"), "mediaType");
    return true;
}

/* What the header says must be what the body says. Header parameters do not count, nor does letter case. */
static bool agree_on_type(str content_type, oci_manifest *m, err *e)
{
    str header, parameters, body;
    str_cut(content_type, ';', &header, &parameters);
    header = str_trim(header);
    if (!optional_text(m->document, "mediaType", &body, e)) return false;

    if (header.len && body.len && !str_eq_nocase(header, body))
        return err_set(e, ERR_MANIFEST_INVALID,
                       "image manifest: Content-Type is '%.*s', mediaType in the document is '%.*s'",
                       STR_ARG(header), STR_ARG(body));
    m->media_type = body.len ? body : header;
    if (m->media_type.len == 0)
        m->media_type = json_object_get(m->document, "manifests") ? STR(OCI_TYPE_INDEX) : STR(OCI_TYPE_IMAGE);
    return true;
}

static bool check_shape(oci_manifest *m, err *e)
{
    if (str_starts_with(m->media_type, STR("application/vnd.docker.distribution.manifest.v1")) ||
        json_integer_value(json_object_get(m->document, "schemaVersion")) == 1)
        return invalid(e, "schema 1 is not supported, push with a current client");

    m->is_index = str_eq(m->media_type, STR(OCI_TYPE_INDEX)) || str_eq(m->media_type, STR(DOCKER_TYPE_LIST));
    bool is_known = m->is_index || str_eq(m->media_type, STR(OCI_TYPE_IMAGE)) ||
                    str_eq(m->media_type, STR(DOCKER_TYPE_IMAGE)) ||
                    str_eq(m->media_type, STR(OCI_TYPE_ARTIFACT));
    if (!is_known)
        return err_set(e, ERR_MANIFEST_INVALID, "image manifest: '%.*s' is not a manifest type",
                       STR_ARG(m->media_type));

    /* Only the withdrawn artifact manifest has no version. Without this '{}' would be an image. */
    if (!str_eq(m->media_type, STR(OCI_TYPE_ARTIFACT)) &&
        json_integer_value(json_object_get(m->document, "schemaVersion")) != 2)
        return invalid(e, "schemaVersion must be 2");

    /* A document that is both an image and an index could be shown to two clients as two things (CVE-2021-41190). */
    if (m->is_index && (json_object_get(m->document, "layers") || json_object_get(m->document, "config")))
        return invalid(e, "an index must not have layers or a config");
    if (!m->is_index && json_object_get(m->document, "manifests"))
        return invalid(e, "an image must not list manifests");
    return true;
}

static bool read_document(str content_type, arena *a, oci_manifest *m, err *e)
{
    if (!json_is_object(m->document)) return invalid(e, "not a JSON object");
    if (!agree_on_type(content_type, m, e) || !check_shape(m, e)) return false;
    if (!optional(m->document, "annotations", JSON_OBJECT, &m->annotations, e)) return false;
    if (!read_subject(m, e) || !read_artifact_type(m, e)) return false;
    return m->is_index ? read_children(m, a, e) : read_blobs(m, a, e);
}

bool oci_manifest_read(bytes text, str content_type, arena *a, oci_manifest *out, err *e)
{
    oci_manifest m = {0};
    err trouble = {0};
    if (!json_decode(text, "image manifest", &m.document, &trouble))
        return err_set(e, trouble.code == ERR_INVALID ? ERR_MANIFEST_INVALID : trouble.code, "%s",
                       trouble.message);
    if (!read_document(content_type, a, &m, e)) {
        oci_manifest_done(&m);
        return false;
    }
    *out = m;
    return true;
}

void oci_manifest_done(oci_manifest *m)
{
    json_decref(m->document);
    *m = (oci_manifest){0};
}

json_t *oci_manifest_descriptor(const oci_manifest *m, str address, uint64_t size_bytes)
{
    json_t *d = json_object();
    bool is_built = d && json_set_str(d, "mediaType", m->media_type) && json_set_str(d, "digest", address) &&
                    json_object_set_new(d, "size", json_integer((json_int_t)size_bytes)) == 0;
    if (is_built && m->artifact_type.len) is_built = json_set_str(d, "artifactType", m->artifact_type);
    if (is_built && m->annotations) is_built = json_object_set(d, "annotations", m->annotations) == 0;
    if (is_built) return d;
    json_decref(d);
    return NULL;
}
