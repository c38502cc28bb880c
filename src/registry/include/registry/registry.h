/*
 * registry/registry.h - the verbs of the product: deploy, fetch, delete, list. Everything that an API does to artifacts goes through here, so that
 * names are checked, scans are asked for, policies gate, and the audit log knows.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include "auth/auth.h"
#include "base/log.h"
#include "blob/blob.h"
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
bool registry_deploy(app *app, const registry_deploy_request *d, blob_upload *upload, arena *a,
                     meta_node *out, err *e) MUST_USE;
/* Deploy bytes that are stored already (X-Checksum-Deploy): ERR_NOT_FOUND when they are not. */
bool registry_deploy_by_checksum(app *app, const registry_deploy_request *d, arena *a, meta_node *out,
                                 err *e) MUST_USE;
/* Find, gate, open, count. ERR_NOT_FOUND, ERR_BLOCKED. */
bool registry_fetch(app *app, str repository, str path, str user, arena *a, meta_node *node, int *fd,
                    err *e) MUST_USE;
bool registry_delete(app *app, str repository, str path, str user, uint64_t *removed, err *e) MUST_USE;
bool registry_repository_create(app *app, const meta_repository *r, str user, err *e) MUST_USE;

#endif
