/*
 * scan/file.c - one file, one child, one target.
 *
 * A large file is hashed by a thread of its own while the child looks at it: the child skips what is numbers, so hashing is what takes long.
 */
#include "part.h"
#include "scan/scan.h"
#include "scan_file.h"

#include "base/limits.h"
#include "os/file.h"

#include <pthread.h>
#include <unistd.h>

str scan_name_shown(str path)
{
    return path.len > LIMIT_PATH_BYTES ? str_skip(path, path.len - LIMIT_PATH_BYTES) : path;
}

bool scan_part(spawner *s, const scan_order *order, json_t **part, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    const char *args[3] = {NULL, order->is_brief ? SCAN_ROLE_BRIEF : NULL, NULL};
    if (!str_to_c(&a, scan_name_shown(order->path), &args[0], e)) return false;

    AUTO_BUF buf reply;
    buf_init(&reply, LIMIT_SCAN_REPORT_BYTES);
    child_spec spec = {.role = "scan",
                       .args = args,
                       .input_fd = order->fd,
                       .timeout_ms = LIMIT_SCAN_SECONDS * 1000,
                       .reply_bytes_max = LIMIT_SCAN_REPORT_BYTES};
    err why = {0};
    if (spawner_run(s, &spec, &reply, &why) && part_check(buf_bytes(&reply), part, &why)) return true;
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return part_incomplete(why.message, part, e);
}

/* --- hashing ------------------------------------------------------------------------------------------------------------------ */

typedef struct hashing {
    const scan_order *order;
    digest sha256;
    bool fine;
    err trouble;
} hashing;

static bool hash_file(const scan_order *order, digest *sha256, err *e)
{
    enum { PIECE_BYTES = 1 << 18 };
    AUTO_BUF buf piece;
    buf_init(&piece, PIECE_BYTES);
    uint8_t *room = buf_reserve(&piece, PIECE_BYTES);
    AUTO(hasher_free) hasher *h = NULL;
    if (!room) return err_set(e, ERR_MEMORY, "no memory to hash a file");
    if (!hasher_new(DIGEST_SHA256, &h, e)) return false;
    for (off_t at = 0;;) {
        ssize_t got = pread(order->fd, room, PIECE_BYTES, at);
        if (got < 0) return err_set_errno(e, ERR_STORAGE, "cannot read");
        if (got == 0) return hasher_finish(h, sha256, e);
        if (!hasher_add(h, (bytes){room, (size_t)got}, e)) return false;
        at += got;
        if (order->hashed_bytes) atomic_fetch_add(order->hashed_bytes, (uint64_t)got);
    }
}

static void *hash_beside(void *ctx)
{
    hashing *h = ctx;
    h->fine = hash_file(h->order, &h->sha256, &h->trouble);
    return NULL;
}

/* --- the target --------------------------------------------------------------------------------------------------------------- */

static bool scan_and_hash(spawner *s, const scan_order *order, uint64_t size_bytes, json_t **part,
                          digest *sha256, err *e)
{
    hashing h = {.order = order};
    pthread_t beside;
    bool is_large = size_bytes > LIMIT_SCAN_SMALL_BYTES;
    /* Without a thread it only takes longer. */
    bool started = is_large && pthread_create(&beside, NULL, hash_beside, &h) == 0;
    bool scanned = scan_part(s, order, part, e);
    if (started)
        pthread_join(beside, NULL);
    else
        (void)hash_beside(&h);
    if (!scanned) return false;
    *sha256 = h.sha256;
    return h.fine || err_set(e, h.trouble.code, "%s", h.trouble.message);
}

bool scan_open_file(spawner *s, const scan_order *order, json_t **target, err *e)
{
    digest sha256;
    uint64_t size_bytes;
    AUTO(json_release) json_t *part = NULL;
    if (!file_size(order->fd, &size_bytes, e)) return false;
    if (order->hash_bytes_max == 0 || size_bytes > order->hash_bytes_max)
        return scan_part(s, order, &part, e) && part_to_target(part, order->path, NULL, target, e);
    return scan_and_hash(s, order, size_bytes, &part, &sha256, e) &&
           part_to_target(part, order->path, &sha256, target, e);
}

bool scan_file(spawner *s, int fd, str path, json_t **target, err *e)
{
    scan_order order = {.fd = fd, .path = path, .hash_bytes_max = UINT64_MAX};
    return scan_open_file(s, &order, target, e);
}
