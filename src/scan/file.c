/*
 * scan/file.c - one file, one child, one target.
 */
#include "part.h"
#include "scan/scan.h"
#include "scan_file.h"

#include "base/limits.h"
#include "os/file.h"

#include <unistd.h>

/* The name is for suspicion and for people: its end is what matters, and it must fit an argument. */
static bool name_argument(arena *a, str path, const char **name, err *e)
{
    if (path.len > LIMIT_PATH_BYTES) path = str_skip(path, path.len - LIMIT_PATH_BYTES);
    return str_to_c(a, path, name, e);
}

bool scan_part(spawner *s, int fd, str path, json_t **part, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    const char *args[2] = {NULL, NULL};
    if (!name_argument(&a, path, &args[0], e)) return false;

    AUTO_BUF buf reply;
    buf_init(&reply, LIMIT_SCAN_REPORT_BYTES);
    child_spec spec = {.role = "scan",
                       .args = args,
                       .input_fd = fd,
                       .timeout_ms = LIMIT_SCAN_SECONDS * 1000,
                       .reply_bytes_max = LIMIT_SCAN_REPORT_BYTES};
    err why = {0};
    if (spawner_run(s, &spec, &reply, &why) && part_check(buf_bytes(&reply), part, &why)) return true;
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return part_incomplete(why.message, part, e);
}

static bool hash_file(int fd, digest *sha256, err *e)
{
    enum { PIECE_BYTES = 1 << 18 };
    AUTO_BUF buf piece;
    buf_init(&piece, PIECE_BYTES);
    uint8_t *room = buf_reserve(&piece, PIECE_BYTES);
    AUTO(hasher_free) hasher *h = NULL;
    if (!room) return err_set(e, ERR_MEMORY, "no memory to hash a file");
    if (!hasher_new(DIGEST_SHA256, &h, e)) return false;
    for (off_t at = 0;;) {
        ssize_t got = pread(fd, room, PIECE_BYTES, at);
        if (got < 0) return err_set_errno(e, ERR_STORAGE, "cannot read");
        if (got == 0) return hasher_finish(h, sha256, e);
        if (!hasher_add(h, (bytes){room, (size_t)got}, e)) return false;
        at += got;
    }
}

bool scan_file(spawner *s, int fd, str path, const digest *sha256, json_t **target, err *e)
{
    digest computed;
    if (!sha256 && !hash_file(fd, &computed, e)) return false;
    AUTO(json_release) json_t *part = NULL;
    if (!scan_part(s, fd, path, &part, e)) return false;
    return part_to_target(part, path, sha256 ? sha256 : &computed, target, e);
}
