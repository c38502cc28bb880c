/*
 * cli/advisories_store.c - the index file: opened, locked, rebuilt and replaced in one rename.
 *
 * A running server notices the new file by itself; nobody ever sees half of one.
 */
#include "advisories.h"

#include "base/clock.h"
#include "base/limits.h"
#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/* --- the store ------------------------------------------------------------------------------------------------------------- */

static bool open_index(advisories_store *s, err *e)
{
    AUTO(fd_close) int fd = -1;
    err trouble = {0};
    if (!file_open_read(s->path, &fd, &trouble)) {
        if (trouble.code == ERR_NOT_FOUND) return advisory_index_open(advisory_starter_image(), &s->index, e);
        return err_set(e, trouble.code, "%s", trouble.message);
    }
    if (!file_map(fd, &s->mapped, e)) return false;
    if (advisory_index_open(s->mapped, &s->index, e)) return true;
    return err_wrap(e, "'%s' (remove it and import again)", s->path);
}

bool advisories_store_open(const char *data, advisories_store *out, err *e)
{
    advisories_store s = {.lock_fd = -1};
    if (snprintf(s.path, sizeof s.path, "%s/advisories.idx", data) >= (int)sizeof s.path)
        return err_set(e, ERR_NAME_INVALID, "the path of the data folder is too long");
    if (!open_index(&s, e)) {
        advisories_store_close(&s);
        return false;
    }
    *out = s;
    return true;
}

static bool take_lock(const char *data, int *lock_fd, err *e)
{
    char path[ADVISORIES_PATH_BYTES];
    if (snprintf(path, sizeof path, "%s/advisories.lock", data) >= (int)sizeof path)
        return err_set(e, ERR_NAME_INVALID, "the path of the data folder is too long");
    if (!dir_make_all(data, 0750, e)) return false;
    AUTO(fd_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) return err_set_errno(e, ERR_STORAGE, "cannot open '%s'", path);
    while (flock(fd, LOCK_EX) != 0)
        if (errno != EINTR) return err_set_errno(e, ERR_STORAGE, "cannot lock '%s'", path);
    *lock_fd = fd_take(&fd);
    return true;
}

bool advisories_store_lock(const char *data, advisories_store *out, err *e)
{
    AUTO(fd_close) int lock_fd = -1;
    if (!take_lock(data, &lock_fd, e) || !advisories_store_open(data, out, e)) return false;
    out->lock_fd = fd_take(&lock_fd);
    return true;
}

void advisories_store_close(advisories_store *s)
{
    file_unmap(s->mapped);
    fd_close(s->lock_fd);
    *s = (advisories_store){.lock_fd = -1};
}

bool advisories_store_replace(advisories_store *s, advisory_builder *b, err *e)
{
    AUTO_BUF buf image;
    buf_init(&image, LIMIT_ADVISORY_INDEX_BYTES);
    advisory_index checked;
    if (!advisory_builder_add_index(b, &s->index, e)) return false;
    if (!advisory_builder_finish(b, str_from_c(clock_iso8601(clock_wall_ms()).text), &image, e)) return false;
    /* What we wrote ourselves is opened like any other index, before it replaces one that works. */
    if (!advisory_index_open(buf_bytes(&image), &checked, e)) return err_wrap(e, "the index just made");
    if (!file_write_atomic(s->path, buf_bytes(&image), 0640, e)) return false;
    file_unmap(s->mapped);
    s->mapped = BYTES_NONE;
    return open_index(s, e);
}

/* --- reading exports ------------------------------------------------------------------------------------------------------- */

typedef struct progress_line {
    const char *name;
    int64_t shown_us;
} progress_line;

void advisories_progress(const char *verb, const char *name, uint64_t done, uint64_t total, const char *unit)
{
    if (!isatty(STDERR_FILENO)) return;
    if (total)
        fprintf(stderr, "\r\033[K%s %s: %" PRIu64 " of %" PRIu64 " %s (%d%%)", verb, name, done, total, unit,
                (int)(done * 100 / total));
    else
        fprintf(stderr, "\r\033[K%s %s: %" PRIu64 " %s", verb, name, done, unit);
    fflush(stderr);
}

void advisories_progress_end(void)
{
    if (isatty(STDERR_FILENO)) fputs("\r\033[K", stderr);
}

static void on_record(void *ctx, uint64_t done, uint64_t total)
{
    progress_line *line = ctx;
    int64_t now = clock_mono_us();
    if (now - line->shown_us < 100000) return;
    line->shown_us = now;
    advisories_progress("reading", line->name, done, total, "records");
}

bool advisories_add_file(advisory_builder *b, const char *path, advisories_source *source, err *e)
{
    AUTO(fd_close) int fd = -1;
    bytes zip = BYTES_NONE;
    if (!file_open_read(path, &fd, e) || !file_size(fd, &source->packed_bytes, e)) return false;
    if (source->packed_bytes > LIMIT_ADVISORY_ZIP_BYTES)
        return err_set(e, ERR_TOO_LARGE, "'%s' has %" PRIu64 " bytes, LIMIT_ADVISORY_ZIP_BYTES allows less",
                       path, source->packed_bytes);
    if (!file_map(fd, &zip, e)) return false;
    progress_line line = {.name = source->name, .shown_us = clock_mono_us()};
    bool done = advisory_builder_add_zip(b, zip, on_record, &line, &source->counts, e);
    advisories_progress_end();
    file_unmap(zip);
    return done || err_wrap(e, "'%s'", path);
}
