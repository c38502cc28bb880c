/*
 * meta/meta.h - the rows of Assay, typed. One header per subject: this one opens the store and holds repositories and artifacts;
 * meta/audit.h the audit log; meta/users.h users and tokens; meta/scans.h scans, components, findings; meta/policies.h policies, watches, violations; meta/images.h image links.
 *
 * Rows are copied into the arena that the caller passes. Threads: a meta is shared by all threads (see db/db.h).
 */
#ifndef META_META_H
#define META_META_H

#include "base/arena.h"
#include "base/err.h"
#include "crypto/digest.h"

typedef struct meta meta;
typedef struct db db;

bool meta_is_new(const char *folder); /* nothing was ever stored there */
bool meta_open(const char *folder, meta **out,
               err *e) MUST_USE; /* <folder>/assay.db; creates ml-models and docker-local on an empty store */
void meta_close(meta *m);
db *meta_db(meta *m); /* for meta's own files */

typedef struct meta_repository {
    str key, kind /* "local" */, package_type /* "generic", "docker" */, description;
    int64_t created_ms;
} meta_repository;

bool meta_repository_create(meta *m, const meta_repository *r, err *e) MUST_USE; /* ERR_CONFLICT */
bool meta_repository_find(meta *m, str key, arena *a, meta_repository *out,
                          err *e) MUST_USE; /* ERR_NOT_FOUND */
bool meta_repository_list(meta *m, arena *a, meta_repository **out, size_t *count,
                          err *e) MUST_USE;                     /* by key */
bool meta_repository_delete(meta *m, str key, err *e) MUST_USE; /* with everything in it */
bool meta_repository_describe(meta *m, str key, str description,
                              err *e) MUST_USE; /* change the description */

/* An artifact, or a folder. Paths have no leading or trailing slash; the root of a repository is the folder "". */
typedef struct meta_node {
    int64_t id;
    str repository, path;
    bool is_folder;
    digest sha256, sha1, md5; /* DIGEST_NONE for folders */
    uint64_t size_bytes;
    str mime, created_by, modified_by;
    int64_t created_ms, modified_ms;
    uint64_t downloads;
} meta_node;

/* Insert or replace the artifact at (repository, path), and its parent folders. ERR_CONFLICT when the path, or a parent, is of the other kind. */
bool meta_node_put(meta *m, const meta_node *node, int64_t *id, err *e) MUST_USE;
bool meta_node_find(meta *m, str repository, str path, arena *a, meta_node *out,
                    err *e) MUST_USE; /* ERR_NOT_FOUND */
/* Children of a folder: folders first, then by name in byte order, strictly after `after` (name), at most `limit`. */
bool meta_node_children(meta *m, str repository, str folder, str after, size_t limit, arena *a,
                        meta_node **out, size_t *count, err *e) MUST_USE;
/* Every artifact whose bytes are this blob; and all artifacts below a folder (recursive, by path, cursor `after` = path). */
bool meta_node_by_digest(meta *m, digest sha256, arena *a, meta_node **out, size_t *count, err *e) MUST_USE;
bool meta_node_below(meta *m, str repository, str folder, str after, size_t limit, arena *a, meta_node **out,
                     size_t *count, err *e) MUST_USE;
bool meta_node_below_with_folders(meta *m, str repository, str folder, str after, size_t limit, arena *a,
                                  meta_node **out, size_t *count, err *e) MUST_USE;
bool meta_node_delete(meta *m, str repository, str path, uint64_t *removed,
                      err *e) MUST_USE; /* a folder with everything below */
/* Not waited for on the disk: a power cut may lose a few counts. */
bool meta_node_count_download(meta *m, int64_t id, err *e) MUST_USE;
bool meta_node_last_download(meta *m, int64_t id, int64_t *at_ms, err *e) MUST_USE; /* 0: never */

/* What is known of a blob: digests and size_bytes of *out are set. ERR_NOT_FOUND. */
bool meta_blob_find(meta *m, digest sha256, meta_node *out, err *e) MUST_USE;
/* Note digests and size_bytes of a stored blob, without a node; sha1 and md5 that were missing are filled in. */
bool meta_blob_put(meta *m, const meta_node *node, err *e) MUST_USE;

typedef struct meta_property {
    str name, value;
} meta_property;
bool meta_property_list(meta *m, int64_t node, arena *a, meta_property **out, size_t *count,
                        err *e) MUST_USE; /* by name, then value */
bool meta_property_set(meta *m, int64_t node, str name, const str *values, size_t count,
                       err *e) MUST_USE; /* replaces the values of that name */
bool meta_property_delete(meta *m, int64_t node, str name, err *e) MUST_USE;

/* Counts for the home page. */
typedef struct meta_totals {
    uint64_t repositories, artifacts, blobs, bytes;
} meta_totals;
bool meta_totals_read(meta *m, meta_totals *out, err *e) MUST_USE;

#endif
