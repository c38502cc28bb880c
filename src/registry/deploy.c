/*
 * deploy.c - bytes become an artifact.
 *
 * The order is the promise: the blob is durable before its row exists, and the row is durable before the client hears of it. A crash in between leaves
 * bytes that nobody names, never a name without bytes. Asking for the scan comes last: when it cannot be asked for, the artifact is still there, and
 * an unscanned artifact is what policies judge it to be.
 */
#include "registry/registry.h"

#include "base/limits.h"

/* The rules that can be checked before a byte is read, too. */
bool registry_deploy_check(app *state, const registry_deploy_request *d, arena *a, err *e)
{
    meta_repository repository;
    if (!registry_check_repository_key(d->repository, e) || !registry_check_path(d->path, e)) return false;
    if (!meta_repository_find(state->meta, d->repository, a, &repository, e)) return false;
    if (!str_eq(repository.kind, STR("local")))
        return err_set(e, ERR_INVALID, "'%.*s' is a %.*s repository: nothing can be deployed there",
                       STR_ARG(d->repository), STR_ARG(repository.kind));
    if (d->property_count > LIMIT_PROPERTIES)
        return err_set(e, ERR_TOO_LARGE, "an artifact may have %d properties (LIMIT_PROPERTIES)",
                       LIMIT_PROPERTIES);

    meta_node there;
    err missing;
    bool found = meta_node_find(state->meta, d->repository, d->path, a, &there, &missing);
    if (found && there.is_folder) return err_set(e, ERR_CONFLICT, "'%.*s' is a folder", STR_ARG(d->path));
    if (found || missing.code == ERR_NOT_FOUND) return true;
    if (e) *e = missing;
    return false;
}

static bool put_row(app *state, const registry_deploy_request *d, const meta_node *blob, arena *a,
                    meta_node *out, err *e)
{
    str detail = arena_printf(a, "sha256 %s, %llu bytes", digest_hex(blob->sha256).text,
                              (unsigned long long)blob->size_bytes);
    const meta_audit row = {.user = d->user,
                            .action = STR("artifact.deploy"),
                            .repository = d->repository,
                            .path = d->path,
                            .detail = detail};
    meta_node node = *blob;
    node.repository = d->repository;
    node.path = d->path;
    node.mime = d->mime;
    node.modified_by = d->user;
    node.modified_ms = 0; /* now */
    int64_t id;
    if (!meta_node_put_audited(state->meta, &node, d->properties, d->property_count, &row, &id, e))
        return false;
    return meta_node_find(state->meta, d->repository, d->path, a, out, e);
}

static void ask_for_scan(app *state, const meta_node *node)
{
    err why;
    if (!state->scans || scan_enqueue(state->scans, node->sha256, node->path, node->mime, &why)) return;
    log_error(state->log, "scan.enqueue_failed", LOG_STR("repository", node->repository),
              LOG_STR("path", node->path), LOG_ERR(&why));
}

static bool deploy_upload(app *state, const registry_deploy_request *d, blob_upload **upload, arena *a,
                          meta_node *out, err *e)
{
    if (!registry_deploy_check(state, d, a, e)) return false;

    blob_info info;
    const blob_wants wants = {d->want_sha256, d->want_sha1, d->want_md5};
    if (!blob_upload_commit_checked(*upload, &wants, &info, e)) {
        if (e->code == ERR_DIGEST_MISMATCH) *upload = NULL; /* it is gone already */
        return false;
    }
    *upload = NULL;
    const meta_node blob = {
        .sha256 = info.sha256, .sha1 = info.sha1, .md5 = info.md5, .size_bytes = info.size_bytes};
    return put_row(state, d, &blob, a, out, e);
}

bool registry_deploy(app *state, const registry_deploy_request *d, blob_upload *upload, arena *a,
                     meta_node *out, err *e)
{
    AUTO(blob_upload_cancel) blob_upload *mine = upload;
    err own;
    if (!deploy_upload(state, d, &mine, a, out, e ? e : &own)) return false;
    ask_for_scan(state, out);
    return true;
}

static bool announced_fits(const digest *want, digest have, err *e)
{
    if (want->kind == DIGEST_NONE || digest_equal(*want, have)) return true;
    return err_set(e, ERR_NOT_FOUND, "no stored content has all the announced checksums");
}

/* Only SHA-256 names content: who can make two files with one SHA-1 or MD5 must not be able to swap them here. */
bool registry_deploy_by_checksum(app *state, const registry_deploy_request *d, arena *a, meta_node *out,
                                 err *e)
{
    meta_node blob = {0};
    if (!registry_deploy_check(state, d, a, e)) return false;
    if (d->want_sha256.kind == DIGEST_NONE)
        return err_set(e, ERR_NOT_FOUND, "a deploy by checksum needs the SHA-256; send the bytes instead");
    if (!meta_blob_find(state->meta, d->want_sha256, &blob, e)) return false;
    if (!blob_exists(state->blobs, d->want_sha256))
        return err_set(e, ERR_NOT_FOUND, "no stored content has the checksum %s",
                       digest_hex(d->want_sha256).text);
    if (!registry_complete_checksums(state, &blob, e)) return false;
    if (!announced_fits(&d->want_sha1, blob.sha1, e) || !announced_fits(&d->want_md5, blob.md5, e))
        return false;

    if (!put_row(state, d, &blob, a, out, e)) return false;
    ask_for_scan(state, out);
    return true;
}

bool registry_complete_checksums(app *state, meta_node *node, err *e)
{
    blob_info info;
    if (node->is_folder || (node->sha1.kind == DIGEST_SHA1 && node->md5.kind == DIGEST_MD5)) return true;
    if (!blob_checksums(state->blobs, node->sha256, &info, e)) return false;
    node->sha1 = info.sha1;
    node->md5 = info.md5;
    return meta_blob_put(state->meta, node, e);
}

bool registry_make_folder(app *state, str repository, str path, str user, arena *a, meta_node *out, err *e)
{
    if (!registry_check_repository_key(repository, e) || (path.len && !registry_check_path(path, e)))
        return false;
    const meta_audit row = {
        .user = user, .action = STR("folder.create"), .repository = repository, .path = path};
    const meta_node folder = {.repository = repository, .path = path, .is_folder = true, .modified_by = user};
    int64_t id;
    return meta_node_put_audited(state->meta, &folder, NULL, 0, &row, &id, e) &&
           meta_node_find(state->meta, repository, path, a, out, e);
}
