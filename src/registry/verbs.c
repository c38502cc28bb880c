/*
 * verbs.c - fetch, delete, properties, and the making and removing of repositories.
 */
#include "registry/registry.h"

#include "base/clock.h"
#include "base/limits.h"
#include "os/file.h"

/* --- fetch --------------------------------------------------------------------------------------------------------------- */

bool registry_find(app *state, str repository, str path, arena *a, meta_node *node, err *e)
{
    if (!registry_check_repository_key(repository, e) || (path.len && !registry_check_path(path, e)))
        return false;
    return meta_node_find(state->meta, repository, path, a, node, e);
}

static void count_download(app *state, const meta_node *node)
{
    err why;
    if (meta_node_count_download(state->meta, node->id, &why)) return;
    /* A reader is served also when the counter cannot be written, for example because the disk is full. */
    log_warn(state->log, "download.not_counted", LOG_STR("repository", node->repository),
             LOG_STR("path", node->path), LOG_ERR(&why));
}

bool registry_open(app *state, const meta_node *node, str user, int *fd, err *e)
{
    AUTO(fd_close) int opened = -1;
    uint64_t size_bytes;
    if (node->is_folder)
        return err_set(e, ERR_NOT_FOUND, "%.*s:%.*s is a folder", STR_ARG(node->repository),
                       STR_ARG(node->path));
    if (state->policies && !policy_gate(state->policies, node, user, e)) return false;
    if (!blob_open(state->blobs, node->sha256, &opened, &size_bytes, e)) return false;
    if (size_bytes != node->size_bytes)
        return err_set(e, ERR_STORAGE, "the stored bytes of %.*s:%.*s are damaged: %llu instead of %llu",
                       STR_ARG(node->repository), STR_ARG(node->path), (unsigned long long)size_bytes,
                       (unsigned long long)node->size_bytes);
    *fd = fd_take(&opened);
    return true;
}

bool registry_fetch(app *state, str repository, str path, str user, arena *a, meta_node *node, int *fd,
                    err *e)
{
    meta_node found;
    if (!registry_find(state, repository, path, a, &found, e)) return false;
    if (!registry_open(state, &found, user, fd, e)) return false;
    count_download(state, &found);
    *node = found;
    return true;
}

/* --- delete -------------------------------------------------------------------------------------------------------------- */

bool registry_delete(app *state, str repository, str path, str user, uint64_t *removed, err *e)
{
    if (!registry_check_repository_key(repository, e) || (path.len && !registry_check_path(path, e)))
        return false;
    const meta_audit row = {
        .user = user, .action = STR("artifact.delete"), .repository = repository, .path = path};
    return meta_node_delete_audited(state->meta, repository, path, &row, removed, e);
}

/* --- repositories -------------------------------------------------------------------------------------------------------- */

/* The types that clients know. What has no protocol of its own here is stored as files. */
static bool check_package_type(str type, err *e)
{
    static const char *const known[] = {
        "alpine",  "bower",         "cargo",  "chef",    "cocoapods", "composer",  "conan",
        "conda",   "cran",          "debian", "docker",  "gems",      "generic",   "gitlfs",
        "go",      "gradle",        "helm",   "helmoci", "ivy",       "maven",     "machinelearning",
        "npm",     "nuget",         "oci",    "opkg",    "p2",        "pub",       "puppet",
        "pypi",    "huggingfaceml", "rpm",    "sbt",     "swift",     "terraform", "terraformbackend",
        "vagrant", "vcs",           "yum"};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_eq(type, str_from_c(known[i]))) return true;
    return err_set(e, ERR_INVALID, "there is no package type '%.*s'; models are 'generic', images 'docker'",
                   STR_ARG(str_slice(type, 0, 64)));
}

bool registry_repository_create(app *state, const meta_repository *r, str user, err *e)
{
    if (!registry_check_repository_key(r->key, e)) return false;
    if (!str_eq(r->kind, STR("local")))
        return err_set(e, ERR_UNSUPPORTED, "repositories of class '%.*s' do not exist yet; 'local' ones do",
                       STR_ARG(r->kind));
    if (!check_package_type(r->package_type, e)) return false;
    if (r->description.len > LIMIT_PROPERTY_BYTES)
        return err_set(e, ERR_INVALID, "the description is too long");

    meta_repository row = *r;
    if (row.created_ms == 0) row.created_ms = clock_wall_ms();
    const meta_audit audit = {.user = user, .action = STR("repository.create"), .repository = r->key};
    return meta_repository_create_audited(state->meta, &row, &audit, e);
}

bool registry_repository_delete(app *state, str key, str user, err *e)
{
    const meta_audit row = {.user = user, .action = STR("repository.delete"), .repository = key};
    return registry_check_repository_key(key, e) && meta_repository_delete_audited(state->meta, key, &row, e);
}

/* --- properties ---------------------------------------------------------------------------------------------------------- */

static bool change_one(app *state, int64_t node, const registry_property_change *changes, size_t count,
                       err *e)
{
    for (size_t i = 0; i < count; i++) {
        const registry_property_change *c = &changes[i];
        bool done = c->count ? meta_property_set(state->meta, node, c->name, c->values, c->count, e)
                             : meta_property_delete(state->meta, node, c->name, e);
        if (!done) return false;
    }
    return true;
}

static bool change_below(app *state, const meta_node *folder, const registry_property_change *changes,
                         size_t count, arena *a, err *e)
{
    str after = STR_NONE;
    for (;;) {
        meta_node *nodes;
        size_t found;
        if (!meta_node_below_with_folders(state->meta, folder->repository, folder->path, after,
                                          LIMIT_PAGE_ROWS, a, &nodes, &found, e))
            return false;
        for (size_t i = 0; i < found; i++)
            if (!change_one(state, nodes[i].id, changes, count, e)) return false;
        if (found < LIMIT_PAGE_ROWS) return true;
        after = nodes[found - 1].path;
    }
}

bool registry_change_properties(app *state, const meta_node *node, bool recursive,
                                const registry_property_change *changes, size_t count, str user, arena *a,
                                err *e)
{
    const meta_audit row = {
        .user = user, .action = STR("properties.change"), .repository = node->repository, .path = node->path};
    if (!meta_audit_add(state->meta, &row, e)) return false;
    if (!change_one(state, node->id, changes, count, e)) return false;
    return !node->is_folder || !recursive || change_below(state, node, changes, count, a, e);
}
