/*
 * os/file.c - the system calls of files, with errors that name the path.
 */
#include "os/file.h"

#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_PIECE_BYTES = 1 << 16 };

void fd_close(int fd)
{
    if (fd >= 0) close(fd);
}

int fd_take(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

bool file_open_read(const char *path, int *fd, err *e)
{
    /* O_NONBLOCK so that a FIFO in the place of a file cannot hang us; it means nothing for regular files. */
    AUTO(fd_close) int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (opened < 0) {
        err_code code = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_STORAGE;
        return err_set_errno(e, code, "cannot open '%s'", path);
    }
    struct stat about;
    if (fstat(opened, &about) != 0) return err_set_errno(e, ERR_STORAGE, "cannot stat '%s'", path);
    if (!S_ISREG(about.st_mode)) return err_set(e, ERR_INVALID, "'%s' is not a regular file", path);
    *fd = fd_take(&opened);
    return true;
}

bool file_size(int fd, uint64_t *size_bytes, err *e)
{
    struct stat about;
    if (fstat(fd, &about) != 0) return err_set_errno(e, ERR_STORAGE, "cannot stat an open file");
    *size_bytes = (uint64_t)about.st_size;
    return true;
}

bool fd_read_all(int fd, buf *out, err *e)
{
    for (;;) {
        /* One byte more than the ceiling allows is asked for, to tell "exactly full" from "too large". */
        size_t room = out->ceiling_bytes - out->len;
        uint8_t overflow;
        uint8_t *into =
            room ? buf_reserve(out, room < READ_PIECE_BYTES ? room : READ_PIECE_BYTES) : &overflow;
        if (!into) return buf_ok(out, "a file's content", e);
        ssize_t got = read(fd, into, room ? (room < READ_PIECE_BYTES ? room : READ_PIECE_BYTES) : 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_set_errno(e, ERR_STORAGE, "cannot read");
        if (got == 0) return true;
        if (!room) return err_set(e, ERR_TOO_LARGE, "more than %zu bytes", out->ceiling_bytes);
        buf_advance(out, (size_t)got);
    }
}

bool file_read_all(const char *path, buf *out, err *e)
{
    AUTO(fd_close) int fd = -1;
    if (!file_open_read(path, &fd, e)) return false;
    if (!fd_read_all(fd, out, e)) return err_wrap(e, "'%s'", path);
    return true;
}

bool fd_write_all(int fd, bytes data, err *e)
{
    while (data.len) {
        if (fault_hit(FAULT_DISK)) {
            errno = ENOSPC;
            return err_set_errno(e, ERR_STORAGE, "cannot write");
        }
        ssize_t wrote = write(fd, data.data, data.len);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return err_set_errno(e, ERR_STORAGE, "cannot write");
        data.data += wrote;
        data.len -= (size_t)wrote;
    }
    return true;
}

bool dir_sync(const char *path, err *e)
{
    AUTO(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fault_hit(FAULT_DISK) || fsync(fd) != 0)
        return err_set_errno(e, ERR_STORAGE, "cannot sync folder '%s'", path);
    return true;
}

static bool parent_of(const char *path, char parent[PATH_MAX], err *e)
{
    str folder = str_from_c(path);
    ptrdiff_t slash = str_find_last(folder, '/');
    folder = slash < 0 ? STR(".") : slash == 0 ? STR("/") : str_slice(folder, 0, (size_t)slash);
    if (folder.len >= PATH_MAX) return err_set(e, ERR_URI_TOO_LONG, "path '%s' is too long", path);
    memcpy(parent, folder.data, folder.len);
    parent[folder.len] = '\0';
    return true;
}

bool file_write_atomic(const char *path, bytes data, unsigned mode, err *e)
{
    char parent[PATH_MAX], temporary[PATH_MAX];
    if (!parent_of(path, parent, e)) return false;
    if (snprintf(temporary, sizeof(temporary), "%s.tmp-%d", path, (int)getpid()) >= (int)sizeof(temporary))
        return err_set(e, ERR_URI_TOO_LONG, "path '%s' is too long", path);

    AUTO(fd_close)
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0) return err_set_errno(e, ERR_STORAGE, "cannot create '%s'", temporary);
    bool written = fd_write_all(fd, data, e);
    if (written && (fault_hit(FAULT_DISK) || fsync(fd) != 0))
        written = err_set_errno(e, ERR_STORAGE, "cannot sync '%s'", temporary);
    if (written && rename(temporary, path) != 0)
        written = err_set_errno(e, ERR_STORAGE, "cannot rename '%s' to '%s'", temporary, path);
    if (!written) {
        unlink(temporary);
        return false;
    }
    return dir_sync(parent, e);
}

bool dir_make_all(const char *path, unsigned mode, err *e)
{
    char part[PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof(part))
        return err_set(e, ERR_URI_TOO_LONG, "folder '%s' cannot be made", path);
    memcpy(part, path, len + 1);
    for (size_t at = 1; at <= len; at++) {
        if (part[at] != '/' && part[at] != '\0') continue;
        char kept = part[at];
        part[at] = '\0';
        if (mkdir(part, (mode_t)mode) != 0 && errno != EEXIST)
            return err_set_errno(e, ERR_STORAGE, "cannot make folder '%s'", part);
        part[at] = kept;
    }
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return err_set(e, ERR_CONFLICT, "'%s' is not a folder", path);
    return true;
}

bool file_map(int fd, bytes *mapped, err *e)
{
    uint64_t size_bytes;
    if (!file_size(fd, &size_bytes, e)) return false;
    if (size_bytes == 0) {
        *mapped = BYTES_NONE;
        return true;
    }
    void *memory = mmap(NULL, (size_t)size_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (memory == MAP_FAILED)
        return err_set_errno(e, ERR_MEMORY, "cannot map a file of %llu bytes",
                             (unsigned long long)size_bytes);
    *mapped = (bytes){memory, (size_t)size_bytes};
    return true;
}

void file_unmap(bytes mapped)
{
    /* The view is const for readers; munmap wants the address only. */
    if (mapped.len) munmap((void *)(uintptr_t)mapped.data, mapped.len);
}
