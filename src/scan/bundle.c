/*
 * scan/bundle.c - many small files, one child.
 *
 * Starting a child costs more than looking at a small model. So small files share one: they are read here (and hashed, since they are in memory),
 * laid one after the other into a file without a name, and the child answers record by record, many answers in one message.
 * When a child dies, the rest is asked once more of one that tells each answer at once: it has answered for all files before the one that it died of.
 * That one is then scanned by a child of its own, whose death is its own finding, and the rest goes on in a new child; so a hostile file takes no other with
 * it. The file of records is sealed, so that a child that was taken over cannot change what the next one reads. What it could do is to lie about the files
 * behind its own in the same bundle, which is why the server, where files are of many people, gives each blob its own child.
 */
#include "bundle.h"
#include "part.h"
#include "scan/scan.h"
#include "scan_file.h"

#include "base/limits.h"
#include "base/reader.h"
#include "os/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* Written to the file of records when so much has gathered: memory that is used again and again is there, and new memory has to be asked for page by page. */
enum { GATHERED_BYTES = 1 << 16, RECORD_HEAD_BYTES = 8 };

typedef struct bundled_file {
    size_t record_at, content_at, content_len; /* in the file of records */
    str path;
    digest sha256;
} bundled_file;

struct scan_bundle {
    int records_fd;
    size_t written_bytes; /* in it */
    buf gathered;         /* what will be written behind them */
    bool is_sealed;
    arena arena; /* of the paths */
    scan_bundle_options options;
    size_t count;
    bundled_file files[LIMIT_SCAN_BUNDLE_FILES];
};

static bool new_memory_file(int *fd, err *e)
{
    *fd = memfd_create("assay-scan", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return *fd >= 0 || err_set_errno(e, ERR_STORAGE, "cannot make a file in memory");
}

bool scan_bundle_new(scan_bundle_options options, scan_bundle **out, err *e)
{
    scan_bundle *b = calloc(1, sizeof(*b));
    if (!b) return err_set(e, ERR_MEMORY, "no memory for a bundle of files");
    size_t gathered_max = GATHERED_BYTES + RECORD_HEAD_BYTES + LIMIT_PATH_BYTES + LIMIT_SCAN_SMALL_BYTES + 1;
    buf_init(&b->gathered, gathered_max);
    arena_init(&b->arena, LIMIT_SCAN_BUNDLE_BYTES);
    b->options = options;
    /* The whole room at once: what is not filled costs no memory, and growing would copy what is there. */
    bool has_room = buf_reserve(&b->gathered, gathered_max) != NULL;
    if (!new_memory_file(&b->records_fd, e) || !has_room) {
        scan_bundle_free(b);
        return err_set(e, ERR_MEMORY, "no memory for a bundle of files");
    }
    *out = b;
    return true;
}

void scan_bundle_free(scan_bundle *b)
{
    if (!b) return;
    fd_close(b->records_fd);
    buf_done(&b->gathered);
    arena_done(&b->arena);
    free(b);
}

size_t scan_bundle_count(const scan_bundle *b)
{
    return b->count;
}

/* --- filling ----------------------------------------------------------------------------------------------------------------- */

/* One byte more than a small file has is asked for, since a file may have grown since it was listed. */
static bool read_small(int fd, uint8_t *into, size_t *len, err *e)
{
    *len = 0;
    while (*len <= LIMIT_SCAN_SMALL_BYTES) {
        ssize_t got = read(fd, into + *len, LIMIT_SCAN_SMALL_BYTES + 1 - *len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_set_errno(e, ERR_STORAGE, "cannot read");
        if (got == 0) return true;
        *len += (size_t)got;
    }
    return true;
}

static size_t records_bytes(const scan_bundle *b)
{
    return b->written_bytes + b->gathered.len;
}

static bool has_room(const scan_bundle *b)
{
    size_t record_max = RECORD_HEAD_BYTES + LIMIT_PATH_BYTES + LIMIT_SCAN_SMALL_BYTES + 1;
    return b->count < LIMIT_SCAN_BUNDLE_FILES && record_max <= LIMIT_SCAN_BUNDLE_BYTES - records_bytes(b);
}

static bool write_gathered(scan_bundle *b, err *e)
{
    if (!fd_write_all(b->records_fd, buf_bytes(&b->gathered), e)) return false;
    b->written_bytes += b->gathered.len;
    buf_reset(&b->gathered);
    return true;
}

bool scan_bundle_add(scan_bundle *b, int fd, str path, bool *taken, err *e)
{
    *taken = false;
    assert(!b->is_sealed);
    if (!has_room(b)) return true;
    if (b->gathered.len >= GATHERED_BYTES && !write_gathered(b, e)) return false;
    bundled_file *f = &b->files[b->count];
    f->record_at = records_bytes(b);
    str name = scan_name_shown(path);
    size_t head_bytes = RECORD_HEAD_BYTES + name.len;
    uint8_t *room = buf_reserve(&b->gathered, head_bytes + LIMIT_SCAN_SMALL_BYTES + 1);
    f->path = arena_copy(&b->arena, path);
    if (!room || (path.len && !f->path.data))
        return err_set(e, ERR_MEMORY, "no memory for a bundle of files");
    if (!read_small(fd, room + head_bytes, &f->content_len, e)) return false;
    if (f->content_len > LIMIT_SCAN_SMALL_BYTES) return true;

    f->content_at = f->record_at + head_bytes;
    if (!b->options.without_hash &&
        !digest_of(DIGEST_SHA256, (bytes){room + head_bytes, f->content_len}, &f->sha256, e))
        return false;
    bundle_add_u32(&b->gathered, (uint32_t)name.len);
    bundle_add_u32(&b->gathered, (uint32_t)f->content_len);
    buf_add_str(&b->gathered, name);
    buf_advance(&b->gathered, f->content_len);
    b->count++;
    *taken = true;
    return true;
}

/* --- asking ------------------------------------------------------------------------------------------------------------------- */

static bool seal(scan_bundle *b, err *e)
{
    if (b->is_sealed) return true;
    if (!write_gathered(b, e)) return false;
    b->is_sealed =
        fcntl(b->records_fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0;
    return b->is_sealed || err_set_errno(e, ERR_STORAGE, "cannot seal a file in memory");
}

/* A file of its own for a child of its own. */
static bool copy_content(const scan_bundle *b, const bundled_file *f, int *fd, err *e)
{
    AUTO(fd_close) int made = -1;
    if (!new_memory_file(&made, e)) return false;
    off_t at = (off_t)f->content_at;
    for (size_t left = f->content_len; left > 0;) {
        ssize_t sent = sendfile(made, b->records_fd, &at, left);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return err_set_errno(e, ERR_STORAGE, "cannot copy a file in memory");
        left -= (size_t)sent;
    }
    *fd = fd_take(&made);
    return true;
}

static bool to_target(const scan_bundle *b, size_t i, const json_t *part, json_t **targets, err *e)
{
    const bundled_file *f = &b->files[i];
    return part_to_target(part, f->path, b->options.without_hash ? NULL : &f->sha256, &targets[i], e);
}

/* As many as the child answered for; *next is the first that it did not, or whose answer is none. */
static bool read_replies(const scan_bundle *b, bytes reply, size_t *next, json_t **targets, err *e)
{
    reader r = reader_of(reply);
    while (*next < b->count) {
        bytes text = reader_take(&r, reader_u32le(&r));
        if (r.failed) return true;
        AUTO(json_release) json_t *part = NULL;
        err lie = {0};
        if (!part_check(text, &part, &lie))
            return lie.code != ERR_MEMORY || err_set(e, ERR_MEMORY, "%s", lie.message);
        if (!to_target(b, *next, part, targets, e)) return false;
        ++*next;
    }
    return true;
}

/* *lived: the child came to its end. */
static bool ask_for_rest(const scan_bundle *b, spawner *s, bool at_once, size_t *next, bool *lived,
                         json_t **targets, err *e)
{
    AUTO_BUF buf reply;
    buf_init(&reply, LIMIT_SCAN_REPORT_BYTES);
    char from[24];
    snprintf(from, sizeof(from), "%zu", b->files[*next].record_at);
    const char *args[4] = {from, at_once ? SCAN_ROLE_AT_ONCE : SCAN_ROLE_GATHER,
                           b->options.is_brief ? SCAN_ROLE_BRIEF : NULL, NULL};
    child_spec spec = {.role = "scan-bundle",
                       .args = args,
                       .input_fd = b->records_fd,
                       .timeout_ms = LIMIT_SCAN_SECONDS * 1000,
                       .reply_bytes_max = LIMIT_SCAN_REPORT_BYTES};
    err death = {0};
    *lived = spawner_run(s, &spec, &reply, &death);
    if (!*lived && death.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", death.message);
    return read_replies(b, buf_bytes(&reply), next, targets, e);
}

static bool ask_alone(const scan_bundle *b, spawner *s, size_t i, json_t **targets, err *e)
{
    const bundled_file *f = &b->files[i];
    AUTO(fd_close) int fd = -1;
    AUTO(json_release) json_t *part = NULL;
    return copy_content(b, f, &fd, e) &&
           scan_part(s, &(scan_order){.fd = fd, .path = f->path, .is_brief = b->options.is_brief}, &part,
                     e) &&
           to_target(b, i, part, targets, e);
}

bool scan_bundle_run(scan_bundle *b, spawner *s, json_t **targets, err *e)
{
    bool at_once = false;
    if (b->count > 0 && !seal(b, e)) return false;
    for (size_t next = 0; next < b->count;) {
        bool lived = true, is_last = next + 1 == b->count;
        if (!is_last && !ask_for_rest(b, s, at_once, &next, &lived, targets, e)) return false;
        if (next == b->count) break;
        bool is_told = at_once || lived || is_last; /* whose fault it was */
        at_once = true;
        if (is_told && !ask_alone(b, s, next++, targets, e)) return false;
    }
    return true;
}
