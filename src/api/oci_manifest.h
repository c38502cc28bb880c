/*
 * oci_manifest.h - what a manifest says (image-spec 1.1: image manifest, image index; the same of Docker; the artifact manifest of 1.1-rc).
 *
 * Only what the registry must know is read: what it refers to, its subject, and how it appears among the referrers of that subject. Unknown
 * fields, media types and artifact types are nobody's business here. The bytes are stored and given back as they came.
 *
 * Pure. Memory: views point into `document`, which the manifest owns.
 */
#ifndef API_OCI_MANIFEST_H
#define API_OCI_MANIFEST_H

#include "base/arena.h"
#include "codec/json.h"
#include "crypto/digest.h"

#define OCI_TYPE_IMAGE "application/vnd.oci.image.manifest.v1+json"
#define OCI_TYPE_INDEX "application/vnd.oci.image.index.v1+json"
#define OCI_TYPE_ARTIFACT "application/vnd.oci.artifact.manifest.v1+json"
#define DOCKER_TYPE_IMAGE "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_TYPE_LIST "application/vnd.docker.distribution.manifest.list.v2+json"

/* Something that a manifest refers to, and that must be there. */
typedef struct oci_reference {
    str digest, media_type;
    uint64_t size_bytes;
} oci_reference;

typedef struct oci_manifest {
    json_t *document;
    str media_type; /* as it is stored and answered */
    bool is_index;
    oci_reference *blobs; /* config and layers; without those that live elsewhere (foreign layers, urls) */
    size_t blob_count;
    oci_reference *children; /* of an index */
    size_t child_count;
    str subject;         /* a digest, or empty */
    str artifact_type;   /* for referrers: the manifest's, else an image's config type; may be empty */
    json_t *annotations; /* borrowed; may be NULL */
} oci_manifest;

/* `content_type` is the request's header, parameters and all, or empty. ERR_MANIFEST_INVALID says what is wrong with it. */
bool oci_manifest_read(bytes text, str content_type, arena *a, oci_manifest *out, err *e) MUST_USE;
void oci_manifest_done(oci_manifest *m);
static inline void oci_manifest_done_p(oci_manifest *m)
{
    oci_manifest_done(m);
}
#define AUTO_OCI_MANIFEST __attribute__((cleanup(oci_manifest_done_p)))

/* Its entry in the list of referrers: {"mediaType","digest","size","artifactType"?,"annotations"?}. NULL: no memory. */
json_t *oci_manifest_descriptor(const oci_manifest *m, str address, uint64_t size_bytes);

#endif
