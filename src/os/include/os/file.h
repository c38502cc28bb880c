/*
 * os/file.h - descriptors and files, with errors that name the path.
 */
#ifndef OS_FILE_H
#define OS_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

void fd_close(int fd); /* -1 is fine */
AUTO_FOR(int, fd_close)
/* The visible hand-over of a descriptor: the variable becomes -1. */
int fd_take(int *fd);

bool file_open_read(const char *path, int *fd, err *e) MUST_USE; /* O_RDONLY|O_CLOEXEC, regular files only */
bool file_size(int fd, uint64_t *size_bytes, err *e) MUST_USE;
bool file_read_all(const char *path, buf *out, err *e) MUST_USE; /* up to out's ceiling */
bool fd_read_all(int fd, buf *out, err *e) MUST_USE;             /* to the end of a pipe or socket */
bool fd_write_all(int fd, bytes data, err *e) MUST_USE;
bool file_write_atomic(const char *path, bytes data, unsigned mode,
                       err *e) MUST_USE; /* temp, fsync, rename, fsync folder */
bool dir_make_all(const char *path, unsigned mode, err *e) MUST_USE;
bool dir_sync(const char *path, err *e) MUST_USE;

/* The whole file as read-only memory; unmap with file_unmap. An empty file gives an empty view. */
bool file_map(int fd, bytes *mapped, err *e) MUST_USE;
void file_unmap(bytes mapped);

#endif
