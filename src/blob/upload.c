/*
 * upload.c - from pieces of a body to a blob.
 *
 * An upload is a file in the spool folder, named by its id; the id also says which hashes are wanted ('a' all, 's' sha256 only), so a restart needs no
 * other record. Between the requests of one upload its running hash is parked in memory; when it is not there any more (restart, too many), the
 * file is read again. The file's own length is the truth about what arrived.
 *
 * Order of a commit: check digests, sync the file, rename it, sync the folder. The folder is synced also when the blob was there already: another
 * upload of the same bytes may have renamed but not yet synced.
 */
#include "internal.h"

#include "base/fault.h"
#include "base/limits.h"
#include "os/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLUSH_BYTES = 8 * 1024 * 1024 };

/* --- the list of uploads ------------------------------------------------------------------------------------------------- */

/* Take `id` out of the list if it is parked; tell whether it is in use. */
static blob_upload *list_claim(blob_store *store, str id, bool *in_use)
{
    blob_upload *claimed = NULL;
    *in_use = false;
    pthread_mutex_lock(&store->lock);
    for (blob_upload *u = store->uploads; u; u = u->next) {
        if (!str_eq(str_from_c(u->id), id)) continue;
        if (u->is_parked) {
            u->is_parked = false;
            store->parked--;
            claimed = u;
        } else {
            *in_use = true;
        }
        break;
    }
    pthread_mutex_unlock(&store->lock);
    return claimed;
}

static bool list_add(blob_store *store, blob_upload *upload)
{
    bool is_new = true;
    pthread_mutex_lock(&store->lock);
    for (blob_upload *u = store->uploads; u && is_new; u = u->next) is_new = strcmp(u->id, upload->id) != 0;
    if (is_new) {
        upload->next = store->uploads;
        store->uploads = upload;
    }
    pthread_mutex_unlock(&store->lock);
    return is_new;
}

static void list_remove(blob_upload *upload)
{
    blob_store *store = upload->store;
    pthread_mutex_lock(&store->lock);
    for (blob_upload **at = &store->uploads; *at; at = &(*at)->next) {
        if (*at != upload) continue;
        *at = upload->next;
        break;
    }
    pthread_mutex_unlock(&store->lock);
}

static bool list_park(blob_upload *upload)
{
    blob_store *store = upload->store;
    pthread_mutex_lock(&store->lock);
    bool room = store->parked < LIMIT_UPLOADS_PARKED;
    if (room) {
        upload->is_parked = true;
        store->parked++;
    }
    pthread_mutex_unlock(&store->lock);
    return room;
}

/* --- opening and closing ------------------------------------------------------------------------------------------------- */

static bool id_make(blob_hashes hashes, char id[UPLOAD_ID_BYTES + 1], err *e)
{
    uint8_t random[16];
    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return err_set_errno(e, ERR_INTERNAL, "no random bytes");
    id[0] = hashes == BLOB_ALL_HASHES ? 'a' : 's';
    id[1] = '-';
    for (size_t i = 0; i < sizeof(random); i++) snprintf(id + 2 + 2 * i, 3, "%02x", random[i]);
    return true;
}

/* The id becomes a file name, so nothing but our own form gets through. */
static bool id_is_valid(str id)
{
    if (id.len != UPLOAD_ID_BYTES || (id.data[0] != 'a' && id.data[0] != 's') || id.data[1] != '-')
        return false;
    for (size_t i = 2; i < id.len; i++) {
        char c = id.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return false;
    }
    return true;
}

static void upload_free(blob_upload *upload)
{
    if (!upload) return;
    fd_close(upload->fd);
    hashes_drop(&upload->hashes);
    free(upload);
}
AUTO_FOR(blob_upload *, upload_free)

static bool upload_alloc(blob_store *store, blob_upload **out, err *e)
{
    blob_upload *upload = fault_hit(FAULT_MEMORY) ? NULL : calloc(1, sizeof(*upload));
    if (!upload) return err_set(e, ERR_MEMORY, "no memory for an upload");
    upload->store = store;
    upload->fd = -1;
    *out = upload;
    return true;
}

bool blob_upload_new(blob_store *store, blob_hashes hashes, blob_upload **out, err *e)
{
    AUTO(upload_free) blob_upload *upload = NULL;
    if (!upload_alloc(store, &upload, e)) return false;
    if (!id_make(hashes, upload->id, e)) return false;
    if (!hashes_start(&upload->hashes, hashes, e)) return false;

    blob_path path = path_of_spool(store, upload->id);
    if (fault_hit(FAULT_DISK)) {
        errno = ENOSPC;
        return err_set_errno(e, ERR_STORAGE, "cannot create '%s'", path.text);
    }
    upload->fd = open(path.text, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (upload->fd < 0) return err_set_errno(e, ERR_STORAGE, "cannot create '%s'", path.text);
    list_add(store, upload); /* 128 random bits: never there already, as O_EXCL just proved */
    *out = TAKE(upload);
    return true;
}

static bool open_spool(blob_upload *upload, err *e)
{
    blob_path path = path_of_spool(upload->store, upload->id);
    upload->fd = open(path.text, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (upload->fd >= 0) return true;
    if (errno == ENOENT) return err_set(e, ERR_UPLOAD_UNKNOWN, "no upload has the id '%s'", upload->id);
    return err_set_errno(e, ERR_STORAGE, "cannot open '%s'", path.text);
}

/* Open a claimed upload again: its hashes are as they were. */
static bool resume_parked(blob_upload *claimed, blob_upload **out, err *e)
{
    if (open_spool(claimed, e)) {
        *out = claimed;
        return true;
    }
    list_remove(claimed);
    upload_free(claimed);
    return false;
}

static bool resume_from_file(blob_store *store, str id, blob_upload **out, err *e)
{
    AUTO(upload_free) blob_upload *upload = NULL;
    if (!upload_alloc(store, &upload, e)) return false;
    memcpy(upload->id, id.data, UPLOAD_ID_BYTES);
    if (!list_add(store, upload))
        return err_set(e, ERR_CONFLICT, "another request is writing to upload '%s'", upload->id);

    bool done = open_spool(upload, e) &&
                hashes_start(&upload->hashes, id.data[0] == 'a' ? BLOB_ALL_HASHES : BLOB_SHA256_ONLY, e) &&
                hashes_add_file(&upload->hashes, upload->fd, &upload->size_bytes, e);
    if (!done) {
        list_remove(upload);
        return false;
    }
    upload->flushed_bytes = upload->size_bytes;
    *out = TAKE(upload);
    return true;
}

bool blob_upload_resume(blob_store *store, str id, blob_upload **out, err *e)
{
    if (!id_is_valid(id))
        return err_set(e, ERR_UPLOAD_UNKNOWN, "no upload has the id '%.*s'", STR_ARG(str_slice(id, 0, 64)));
    bool in_use;
    blob_upload *claimed = list_claim(store, id, &in_use);
    if (in_use) return err_set(e, ERR_CONFLICT, "another request is writing to upload '%.*s'", STR_ARG(id));
    if (claimed) return resume_parked(claimed, out, e);
    return resume_from_file(store, id, out, e);
}

void blob_upload_close(blob_upload *upload)
{
    if (!upload) return;
    fd_close(upload->fd);
    upload->fd = -1;
    if (upload->hashes.sha256 && list_park(upload)) return;
    list_remove(upload);
    upload_free(upload);
}

void blob_upload_cancel(blob_upload *upload)
{
    if (!upload) return;
    unlink(path_of_spool(upload->store, upload->id).text); /* if it stays, it is removed a day later */
    list_remove(upload);
    upload_free(upload);
}

str blob_upload_id(const blob_upload *upload)
{
    return str_from_c(upload->id);
}

uint64_t blob_upload_size(const blob_upload *upload)
{
    return upload->size_bytes;
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

/* Let the disk begin early, so that the sync at the end of a large upload does not wait for all of it. A hint: failure means nothing. */
static void flush_early(blob_upload *upload)
{
    uint64_t waiting = upload->size_bytes - upload->flushed_bytes;
    if (waiting < FLUSH_BYTES) return;
    (void)sync_file_range(upload->fd, (off_t)upload->flushed_bytes, (off_t)waiting, SYNC_FILE_RANGE_WRITE);
    upload->flushed_bytes = upload->size_bytes;
}

/* After a finished or failed hash the file is read again. */
static bool rehash_if_needed(blob_upload *upload, err *e)
{
    if (upload->hashes.sha256) return true;
    return hashes_start(&upload->hashes, upload->id[0] == 'a' ? BLOB_ALL_HASHES : BLOB_SHA256_ONLY, e) &&
           hashes_add_file(&upload->hashes, upload->fd, &upload->size_bytes, e);
}

/* Part of a piece that failed may be in the file. Without it the file and its hash agree again. */
static bool take_back(blob_upload *upload, err *e)
{
    if (ftruncate(upload->fd, (off_t)upload->size_bytes) != 0)
        return err_wrap(e, "upload %s is beyond repair", upload->id);
    return err_wrap(e, "upload %s", upload->id);
}

bool blob_upload_write(blob_upload *upload, bytes piece, err *e)
{
    assert(upload->fd >= 0);
    if (piece.len > (uint64_t)LIMIT_BLOB_BYTES - upload->size_bytes)
        return err_set(e, ERR_TOO_LARGE, "a blob may have %llu bytes (LIMIT_BLOB_BYTES)",
                       (unsigned long long)LIMIT_BLOB_BYTES);
    if (!rehash_if_needed(upload, e)) return false;
    if (lseek(upload->fd, (off_t)upload->size_bytes, SEEK_SET) < 0)
        return err_set_errno(e, ERR_STORAGE, "cannot continue upload %s", upload->id);
    if (!fd_write_all(upload->fd, piece, e)) return take_back(upload, e);
    if (!hashes_add(&upload->hashes, piece, e)) {
        hashes_drop(&upload->hashes); /* one of them may have taken the piece */
        return take_back(upload, e);
    }
    upload->size_bytes += piece.len;
    flush_early(upload);
    return true;
}

/* --- committing ---------------------------------------------------------------------------------------------------------- */

static bool matches(const digest *want, digest got, err *e)
{
    if (want->kind == DIGEST_NONE || digest_equal(*want, got)) return true;
    return err_set(e, ERR_DIGEST_MISMATCH, "the bytes have the checksum %s, the client announced %s",
                   digest_text(got).text, digest_text(*want).text);
}

static bool check(const blob_info *info, const blob_wants *wants, err *e)
{
    assert(wants->sha1.kind == DIGEST_NONE || info->sha1.kind == DIGEST_SHA1);
    assert(wants->md5.kind == DIGEST_NONE || info->md5.kind == DIGEST_MD5);
    return matches(&wants->sha256, info->sha256, e) && matches(&wants->sha1, info->sha1, e) &&
           matches(&wants->md5, info->md5, e);
}

/* A hash is finished once. Should the commit fail later, a second try must read the file again, so the state is not kept. */
static bool finish(blob_upload *upload, blob_info *info, err *e)
{
    bool done = hashes_finish(&upload->hashes, info, e);
    info->size_bytes = upload->size_bytes;
    hashes_drop(&upload->hashes);
    return done;
}

static bool make_durable(blob_upload *upload, digest sha256, err *e)
{
    blob_path from = path_of_spool(upload->store, upload->id), to = path_of_blob(upload->store, sha256);
    if (fault_hit(FAULT_DISK)) {
        errno = EIO;
        return err_set_errno(e, ERR_STORAGE, "cannot sync '%s'", from.text);
    }
    if (fsync(upload->fd) != 0) return err_set_errno(e, ERR_STORAGE, "cannot sync '%s'", from.text);
    if (fault_hit(FAULT_DISK)) {
        errno = ENOSPC;
        return err_set_errno(e, ERR_STORAGE, "cannot rename '%s' to '%s'", from.text, to.text);
    }
    if (rename(from.text, to.text) != 0)
        return err_set_errno(e, ERR_STORAGE, "cannot rename '%s' to '%s'", from.text, to.text);
    return dir_sync(path_of_shard(upload->store, sha256).text, e);
}

bool blob_upload_commit_checked(blob_upload *upload, const blob_wants *wants, blob_info *info, err *e)
{
    blob_info found = {0};
    if (!rehash_if_needed(upload, e) || !finish(upload, &found, e)) return false;
    if (!check(&found, wants, e)) {
        blob_upload_cancel(upload);
        return false;
    }
    if (!make_durable(upload, found.sha256, e))
        return err_wrap(e, "committing %s", digest_text(found.sha256).text);
    list_remove(upload);
    upload_free(upload);
    if (info) *info = found;
    return true;
}

/* sha512 is rare enough to read the file once more for it. */
static bool check_sha512(blob_upload *upload, const digest *want, err *e)
{
    digest got;
    return hash_file(DIGEST_SHA512, upload->fd, &got, e) && matches(want, got, e);
}

bool blob_upload_commit(blob_upload *upload, const digest *want, blob_info *info, err *e)
{
    blob_wants wants = {0};
    if (want && want->kind == DIGEST_SHA256) wants.sha256 = *want;
    if (want && want->kind == DIGEST_SHA512) {
        err why;
        if (!check_sha512(upload, want, &why)) {
            if (why.code == ERR_DIGEST_MISMATCH) blob_upload_cancel(upload);
            if (e) *e = why;
            return false;
        }
    }
    return blob_upload_commit_checked(upload, &wants, info, e);
}
