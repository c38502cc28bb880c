/*
 * meta/images.h - which blobs and manifests an image has, under which digests and tags.
 *
 * Bytes are stored once, but a digest resolves only within the image it was pushed to (or mounted into): a link says so. A manifest lives in the tree
 * as well: each of its places is an artifact, `<image>/<tag>/manifest.json`, or `<image>/<digest>/manifest.json` while no tag names it. A place
 * goes when its artifact goes, whoever deletes it; a manifest without a place is not there any more, whatever its link says.
 *
 * Digests here are addresses as the client wrote them ("sha256:...", "sha512:..."); `sha256` names the bytes.
 */
#ifndef META_IMAGES_H
#define META_IMAGES_H

#include "meta/meta.h"

typedef struct meta_image {
    str repository, name; /* "docker-local", "team/app" */
} meta_image;

typedef enum meta_image_kind { META_IMAGE_BLOB = 1, META_IMAGE_MANIFEST = 2 } meta_image_kind;

typedef struct meta_image_link {
    meta_image image;
    meta_image_kind kind;
    str digest; /* the address */
    digest sha256;
    str media_type; /* of a manifest; empty for a blob, which has none until a manifest gives it one */
    uint64_t size_bytes;
    str subject;       /* of a manifest: the digest it refers to, or empty */
    str artifact_type; /* with a subject: for the filter of referrers */
    str descriptor;    /* with a subject: its entry in the list of referrers, JSON */
} meta_image_link;

/* Insert or replace. */
bool meta_image_link_put(meta *m, const meta_image_link *link, err *e) MUST_USE;
bool meta_image_blob_find(meta *m, const meta_image *image, str digest, arena *a, meta_image_link *out,
                          err *e) MUST_USE; /* ERR_BLOB_UNKNOWN */
/* The link alone, whether or not the manifest has a place. ERR_MANIFEST_UNKNOWN. */
bool meta_image_manifest_find(meta *m, const meta_image *image, str address, arena *a, meta_image_link *out,
                              err *e) MUST_USE;
/* Every image, in any repository, that has this blob: candidates for a mount. At most `limit`. */
bool meta_image_blob_holders(meta *m, str digest, size_t limit, arena *a, meta_image_link **out,
                             size_t *count, err *e) MUST_USE;
/* The sha256 of the bytes that an address of any algorithm names, whoever has them: for reading what was found in a manifest, not for giving it out.
 * ERR_BLOB_UNKNOWN, ERR_DIGEST_INVALID. */
bool meta_image_bytes_of(meta *m, str address, digest *sha256, err *e) MUST_USE;
bool meta_image_link_delete(meta *m, const meta_image *image, meta_image_kind kind, str digest,
                            bool *was_there, err *e) MUST_USE;

/* A manifest with one of its places. */
typedef struct meta_image_place {
    meta_image_link link;
    int64_t node;
    str path; /* of the artifact, within the repository */
    str tag;  /* empty: the place under its digest */
} meta_image_place;

/* The artifact `node` shows the manifest `address` under `tag` (or, empty, under its digest). *replaced is what it was said to show before, or empty:
 * that manifest may have lost its last place. */
bool meta_image_place_put(meta *m, const meta_image *image, int64_t node, str tag, str address, arena *a,
                          str *replaced, err *e) MUST_USE;
bool meta_image_tag_find(meta *m, const meta_image *image, str tag, arena *a, meta_image_place *out,
                         err *e) MUST_USE; /* ERR_MANIFEST_UNKNOWN */
/* All places of one manifest, tags first; none is ERR_MANIFEST_UNKNOWN. */
bool meta_image_places(meta *m, const meta_image *image, str digest, size_t limit, arena *a,
                       meta_image_place **out, size_t *count, err *e) MUST_USE;
/* Remove the folder when nothing is in it. */
bool meta_image_folder_prune(meta *m, str repository, str path, bool *was_empty, err *e) MUST_USE;

/* Listings: strictly after `after`, in byte order, at most `limit`. */
bool meta_image_tags(meta *m, const meta_image *image, str after, size_t limit, arena *a, str **out,
                     size_t *count, err *e) MUST_USE;
bool meta_image_exists(meta *m, const meta_image *image, bool *exists, err *e) MUST_USE;
bool meta_image_catalog(meta *m, str after, size_t limit, arena *a, str **out, size_t *count,
                        err *e) MUST_USE; /* "docker-local/team/app" */
/* Descriptors of the manifests here whose subject is `subject`; `artifact_type` empty: of all types. `after` is a digest. */
typedef struct meta_image_referrer {
    str digest, descriptor;
} meta_image_referrer;
bool meta_image_referrers(meta *m, const meta_image *image, str subject, str artifact_type, str after,
                          size_t limit, arena *a, meta_image_referrer **out, size_t *count, err *e) MUST_USE;

#endif
