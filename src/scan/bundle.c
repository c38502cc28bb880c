/*
 * scan/bundle.c - many small files, one child.
 *
 * Starting a child costs more than looking at a small model. So small files share one: they are read here (and hashed, since they are in memory),
 * laid one after the other into a file without a name, and the child answers record by record.
 * A child that dies has answered for all files before the one that it died of. That one is then scanned by a child of its own, whose death
 * is its own finding, and the rest goes on in a new bundle; so a hostile file takes no other with it. What a child that was taken over could do is to
 * lie about the files behind its own in the same bundle, which is why the server, where files are of many people, gives each blob its own child.
 */
#include "bundle.h"
#include "part.h"
#include "scan/scan.h"
#include "scan_file.h"

#include "base/limits.h"
#include "base/reader.h"
#include "os/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct bundled_file {
    size_t record_at, content_at, content_len; /* in scan_bundle.records */
    str path;
    digest sha256;
} bundled_file;

struct scan_bundle {
    buf records;
    arena arena; /* of the paths */
    scan_bundle_options options;
    size_t count;
    bundled_file files[LIMIT_SCAN_BUNDLE_FILES];
};

bool scan_bundle_new(scan_bundle_options options, scan_bundle **out, err *e)
{
    scan_bundle *b = calloc(1, sizeof(*b));
    if (!b) return err_set(e, ERR_MEMORY, "no memory for a bundle of files");
    buf_init(&b->records, LIMIT_SCAN_BUNDLE_BYTES);
    arena_init(&b->arena, LIMIT_SCAN_BUNDLE_BYTES);
    b->options = options;
    /* At once: what is not filled costs no memory, and growing would copy what is there. */
    if (!buf_reserve(&b->records, LIMIT_SCAN_BUNDLE_BYTES)) {
        scan_bundle_free(b);
        return err_set(e, ERR_MEMORY, "no memory for a bundle of files");
    }
    *out = b;
    return true;
}

void scan_bundle_free(scan_bundle *b)
{
    if (!b) return;
    buf_done(&b->records);
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

static bool has_room(const scan_bundle *b, str path)
{
    return b->count < LIMIT_SCAN_BUNDLE_FILES &&
           path.len + LIMIT_SCAN_SMALL_BYTES + 16 <= b->records.ceiling_bytes - b->records.len;
}

bool scan_bundle_add(scan_bundle *b, int fd, str path, bool *taken, err *e)
{
    *taken = false;
    if (!has_room(b, path)) return true;
    bundled_file *f = &b->files[b->count];
    f->record_at = b->records.len;
    str name = scan_name_shown(path);
    size_t head_bytes = 8 + name.len;
    uint8_t *room = buf_reserve(&b->records, head_bytes + LIMIT_SCAN_SMALL_BYTES + 1);
    f->path = arena_copy(&b->arena, path);
    if (!room || (path.len && !f->path.data))
        return err_set(e, ERR_MEMORY, "no memory for a bundle of files");
    if (!read_small(fd, room + head_bytes, &f->content_len, e)) return false;
    if (f->content_len > LIMIT_SCAN_SMALL_BYTES) return true;

    f->content_at = f->record_at + head_bytes;
    if (!b->options.without_hash &&
        !digest_of(DIGEST_SHA256, (bytes){room + head_bytes, f->content_len}, &f->sha256, e))
        return false;
    bundle_add_u32(&b->records, (uint32_t)name.len);
    bundle_add_u32(&b->records, (uint32_t)f->content_len);
    buf_add_str(&b->records, name);
    buf_advance(&b->records, f->content_len);
    b->count++;
    *taken = true;
    return true;
}

/* --- asking ------------------------------------------------------------------------------------------------------------------- */

static bool file_of_bytes(bytes content, int *fd, err *e)
{
    AUTO(fd_close) int made = memfd_create("assay-scan", MFD_CLOEXEC);
    if (made < 0) return err_set_errno(e, ERR_STORAGE, "cannot make a file in memory");
    if (!fd_write_all(made, content, e)) return false;
    *fd = fd_take(&made);
    return true;
}

static bytes records_from(const scan_bundle *b, size_t first)
{
    size_t at = b->files[first].record_at;
    return (bytes){b->records.data + at, b->records.len - at};
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

static bool ask_for_rest(const scan_bundle *b, spawner *s, size_t *next, json_t **targets, err *e)
{
    AUTO(fd_close) int fd = -1;
    if (!file_of_bytes(records_from(b, *next), &fd, e)) return false;
    AUTO_BUF buf reply;
    buf_init(&reply, LIMIT_SCAN_REPORT_BYTES);
    const char *args[2] = {b->options.is_brief ? SCAN_ROLE_BRIEF : NULL, NULL};
    child_spec spec = {.role = "scan-bundle",
                       .args = args,
                       .input_fd = fd,
                       .timeout_ms = LIMIT_SCAN_SECONDS * 1000,
                       .reply_bytes_max = LIMIT_SCAN_REPORT_BYTES};
    err death = {0};
    bool lived = spawner_run(s, &spec, &reply, &death);
    if (!lived && death.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", death.message);
    return read_replies(b, buf_bytes(&reply), next, targets, e);
}

static bool ask_alone(const scan_bundle *b, spawner *s, size_t i, json_t **targets, err *e)
{
    const bundled_file *f = &b->files[i];
    AUTO(fd_close) int fd = -1;
    AUTO(json_release) json_t *part = NULL;
    return file_of_bytes((bytes){b->records.data + f->content_at, f->content_len}, &fd, e) &&
           scan_part(s, &(scan_order){.fd = fd, .path = f->path, .is_brief = b->options.is_brief}, &part,
                     e) &&
           to_target(b, i, part, targets, e);
}

bool scan_bundle_run(const scan_bundle *b, spawner *s, json_t **targets, err *e)
{
    for (size_t next = 0; next < b->count;) {
        bool is_last = next + 1 == b->count;
        if (!is_last && !ask_for_rest(b, s, &next, targets, e)) return false;
        if (next < b->count && !ask_alone(b, s, next++, targets, e)) return false;
    }
    return true;
}
