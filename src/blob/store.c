/*
 * store.c - the folder of blobs: where things lie, opening, reading, removing.
 *
 * All 256 shard folders are made when the store is opened, so that a commit needs to sync one folder only.
 */
#include "internal.h"

#include "base/limits.h"
#include "os/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700 };

/* --- paths --------------------------------------------------------------------------------------------------------------- */

blob_path path_of_shard(const blob_store *store, digest sha256)
{
    blob_path p;
    assert(sha256.kind == DIGEST_SHA256);
    snprintf(p.text, sizeof(p.text), "%s/blobs/%02x", store->folder, sha256.value[0]);
    return p;
}

blob_path path_of_blob(const blob_store *store, digest sha256)
{
    blob_path p;
    assert(sha256.kind == DIGEST_SHA256);
    snprintf(p.text, sizeof(p.text), "%s/blobs/%02x/%.64s", store->folder, sha256.value[0],
             digest_hex(sha256).text);
    return p;
}

blob_path path_of_spool(const blob_store *store, const char *name)
{
    blob_path p;
    snprintf(p.text, sizeof(p.text), "%s/spool/%.100s", store->folder, name);
    return p;
}

/* --- opening ------------------------------------------------------------------------------------------------------------- */

static bool make_folders(const blob_store *store, err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/blobs", store->folder);
    if (!dir_make_all(path_of_spool(store, "").text, FOLDER_MODE, e) || !dir_make_all(path, FOLDER_MODE, e))
        return false;
    for (unsigned shard = 0; shard < 256; shard++) {
        snprintf(path, sizeof(path), "%s/blobs/%02x", store->folder, shard);
        if (mkdir(path, FOLDER_MODE) != 0 && errno != EEXIST)
            return err_set_errno(e, ERR_STORAGE, "cannot make '%s'", path);
    }
    snprintf(path, sizeof(path), "%s/blobs", store->folder);
    return dir_sync(path, e) && dir_sync(store->folder, e);
}

/* A file of the spool folder that was last written before the limit is an upload that nobody will continue. */
static void remove_if_dead(const blob_store *store, const char *name, time_t now)
{
    struct stat about;
    blob_path path = path_of_spool(store, name);
    if (lstat(path.text, &about) != 0 || !S_ISREG(about.st_mode)) return;
    if (now - about.st_mtime > (time_t)LIMIT_UPLOAD_HOURS * 3600) unlink(path.text);
}

static bool remove_dead_uploads(const blob_store *store, err *e)
{
    blob_path folder = path_of_spool(store, "");
    DIR *d = opendir(folder.text);
    if (!d) return err_set_errno(e, ERR_STORAGE, "cannot read folder '%s'", folder.text);
    time_t now = time(NULL);
    for (struct dirent *entry; (entry = readdir(d));) remove_if_dead(store, entry->d_name, now);
    closedir(d);
    return true;
}

bool blob_store_open(const char *folder, blob_store **out, err *e)
{
    AUTO(blob_store_close) blob_store *store = calloc(1, sizeof(*store));
    if (!store) return err_set(e, ERR_MEMORY, "no memory for a blob store");
    pthread_mutex_init(&store->lock, NULL);
    if (snprintf(store->folder, sizeof(store->folder), "%s", folder) >= (int)sizeof(store->folder))
        return err_set(e, ERR_URI_TOO_LONG, "the data folder's path is too long: '%s'", folder);
    if (!make_folders(store, e)) return false;
    if (!remove_dead_uploads(store, e)) return false;
    *out = TAKE(store);
    return true;
}

void blob_store_close(blob_store *store)
{
    if (!store) return;
    while (store->uploads) {
        blob_upload *parked = store->uploads;
        assert(parked->is_parked);
        store->uploads = parked->next;
        hashes_drop(&parked->hashes);
        free(parked);
    }
    pthread_mutex_destroy(&store->lock);
    free(store);
}

/* --- blobs --------------------------------------------------------------------------------------------------------------- */

bool blob_exists(blob_store *store, digest sha256)
{
    return access(path_of_blob(store, sha256).text, F_OK) == 0;
}

bool blob_open(blob_store *store, digest sha256, int *fd, uint64_t *size_bytes, err *e)
{
    err why;
    AUTO(fd_close) int opened = -1;
    uint64_t size;
    if (!file_open_read(path_of_blob(store, sha256).text, &opened, &why) || !file_size(opened, &size, &why)) {
        if (why.code == ERR_NOT_FOUND)
            return err_set(e, ERR_BLOB_UNKNOWN, "no blob is named %s", digest_text(sha256).text);
        if (e) *e = why;
        return false;
    }
    *fd = fd_take(&opened);
    if (size_bytes) *size_bytes = size;
    return true;
}

bool blob_checksums(blob_store *store, digest sha256, blob_info *info, err *e)
{
    AUTO(fd_close) int fd = -1;
    if (!blob_open(store, sha256, &fd, NULL, e)) return false;
    upload_hashes all;
    blob_info found = {0};
    if (!hashes_start(&all, BLOB_ALL_HASHES, e)) return false;
    bool done = hashes_add_file(&all, fd, &found.size_bytes, e) && hashes_finish(&all, &found, e);
    hashes_drop(&all);
    if (!done) return err_wrap(e, "checksums of %s", digest_text(sha256).text);
    if (!digest_equal(found.sha256, sha256))
        return err_set(e, ERR_STORAGE, "the stored bytes of %s are damaged: they hash to %s",
                       digest_hex(sha256).text, digest_hex(found.sha256).text);
    *info = found;
    return true;
}

bool blob_delete(blob_store *store, digest sha256, err *e)
{
    blob_path path = path_of_blob(store, sha256);
    if (unlink(path.text) != 0) {
        if (errno == ENOENT)
            return err_set(e, ERR_BLOB_UNKNOWN, "no blob is named %s", digest_text(sha256).text);
        return err_set_errno(e, ERR_STORAGE, "cannot remove '%s'", path.text);
    }
    return dir_sync(path_of_shard(store, sha256).text, e);
}
