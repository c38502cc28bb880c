/*
 * registry/registry.h - the verbs of the product: deploy, fetch, delete, list. Everything that an API does to artifacts goes through here, so that
 * names are checked, scans are asked for, policies gate, and the audit log knows.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "auth/auth.h"
#include "base/log.h"
#include "blob/blob.h"
#include "meta/audit.h"
#include "meta/meta.h"
#include "policy/policy.h"
#include "scan/scan.h"

/* What a running server consists of; made by cli/server.c, passed down as http_app. */
typedef struct app {
    const char *data_folder;
    logger *log;
    meta *meta;
    blob_store *blobs;
    auth *auth;
    spawner *spawner;
    scan_service *scans;
    policy_service *policies;
    int64_t started_ms;
    struct app_metrics *metrics; /* api/metrics.h */
} app;

/* A path within a repository: no empty, "." or ".." component, no control bytes, no backslash, UTF-8, within LIMIT_PATH_BYTES. ERR_NAME_INVALID
 * names the offence. Also for repository keys: letters, digits, '-', '_', '.'. */
bool registry_check_path(str path, err *e) MUST_USE;
bool registry_check_repository_key(str key, err *e) MUST_USE;

typedef struct registry_deploy_request {
    str repository, path, mime, user;
    const meta_property *properties; /* set on the artifact */
    size_t property_count;
    digest want_sha256, want_sha1, want_md5; /* DIGEST_NONE: not announced */
} registry_deploy_request;
/* Commit the upload and put the artifact there. ERR_DIGEST_MISMATCH: nothing stored. Takes the upload in every case. */
bool registry_deploy(app *state, const registry_deploy_request *d, blob_upload *upload, arena *a,
                     meta_node *out, err *e) MUST_USE;
/* Deploy bytes that are stored already (X-Checksum-Deploy): ERR_NOT_FOUND when they are not. */
bool registry_deploy_by_checksum(app *state, const registry_deploy_request *d, arena *a, meta_node *out,
                                 err *e) MUST_USE;
/* What can be refused before the bytes are read: names, the repository, a folder in the place. */
bool registry_deploy_check(app *state, const registry_deploy_request *d, arena *a, err *e) MUST_USE;
/* sha1 and md5 of a node whose blob came without (image layers): computed once, kept. Reads the blob. */
bool registry_complete_checksums(app *state, meta_node *node, err *e) MUST_USE;
bool registry_make_folder(app *state, str repository, str path, str user, arena *a, meta_node *out,
                          err *e) MUST_USE;
str registry_mime_of(str path); /* by extension; application/octet-stream for others */
/* The row alone, without gate and bytes; `path` empty: the root. Names are checked. */
bool registry_find(app *state, str repository, str path, arena *a, meta_node *node, err *e) MUST_USE;
/* Find, gate, open, count. ERR_NOT_FOUND, ERR_BLOCKED. */
bool registry_fetch(app *state, str repository, str path, str user, arena *a, meta_node *node, int *fd,
                    err *e) MUST_USE;
/* The same for a node that was found already, and without counting: what HEAD needs. */
bool registry_open(app *state, const meta_node *node, str user, int *fd, err *e) MUST_USE;
bool registry_delete(app *state, str repository, str path, str user, uint64_t *removed, err *e) MUST_USE;
bool registry_repository_create(app *state, const meta_repository *r, str user, err *e) MUST_USE;
bool registry_repository_delete(app *state, str key, str user, err *e) MUST_USE; /* with everything in it */

typedef struct registry_property_change {
    str name;
    const str *values; /* replace those that are there; none: the name is removed */
    size_t count;
} registry_property_change;
/* `recursive` counts for folders: everything below changes as well, one node at a time. */
bool registry_change_properties(app *state, const meta_node *node, bool recursive,
                                const registry_property_change *changes, size_t count, str user, arena *a,
                                err *e) MUST_USE;

#endif
