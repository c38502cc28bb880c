/*
 * hashes.c - several running digests over the same bytes.
 */
#include "internal.h"

#include "base/fault.h"

#include <errno.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024 };

bool hashes_start(upload_hashes *h, blob_hashes which, err *e)
{
    *h = (upload_hashes){0};
    bool done = hasher_new(DIGEST_SHA256, &h->sha256, e);
    if (done && which == BLOB_ALL_HASHES)
        done = hasher_new(DIGEST_SHA1, &h->sha1, e) && hasher_new(DIGEST_MD5, &h->md5, e);
    if (!done) hashes_drop(h);
    return done;
}

bool hashes_add(upload_hashes *h, bytes piece, err *e)
{
    if (!hasher_add(h->sha256, piece, e)) return false;
    return !h->sha1 || (hasher_add(h->sha1, piece, e) && hasher_add(h->md5, piece, e));
}

static bool read_pieces(int fd, bool (*piece)(void *ctx, bytes data, err *e), void *ctx, uint64_t *total,
                        err *e)
{
    uint8_t buffer[READ_BYTES];
    for (uint64_t at = 0;;) {
        ssize_t got =
            fault_hit(FAULT_DISK) ? (errno = EIO, -1) : pread(fd, buffer, sizeof(buffer), (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_set_errno(e, ERR_STORAGE, "cannot read stored bytes");
        if (got == 0) {
            *total = at;
            return true;
        }
        if (!piece(ctx, (bytes){buffer, (size_t)got}, e)) return false;
        at += (uint64_t)got;
    }
}

static bool add_piece(void *hashes, bytes data, err *e)
{
    return hashes_add(hashes, data, e);
}

bool hashes_add_file(upload_hashes *h, int fd, uint64_t *size_bytes, err *e)
{
    return read_pieces(fd, add_piece, h, size_bytes, e);
}

bool hashes_finish(upload_hashes *h, blob_info *info, err *e)
{
    if (!hasher_finish(h->sha256, &info->sha256, e)) return false;
    return !h->sha1 || (hasher_finish(h->sha1, &info->sha1, e) && hasher_finish(h->md5, &info->md5, e));
}

void hashes_drop(upload_hashes *h)
{
    hasher_free(h->sha256);
    hasher_free(h->sha1);
    hasher_free(h->md5);
    *h = (upload_hashes){0};
}

static bool add_to_one(void *one, bytes data, err *e)
{
    return hasher_add(one, data, e);
}

bool hash_file(digest_kind kind, int fd, digest *out, err *e)
{
    AUTO(hasher_free) hasher *one = NULL;
    uint64_t total;
    return hasher_new(kind, &one, e) && read_pieces(fd, add_to_one, one, &total, e) &&
           hasher_finish(one, out, e);
}
