/*
 * cli/server_lock.c - the lock is the kernel's (flock), so it ends with the process however that ends; the number in the file
 * is only for people.
 */
#include "server_lock.h"

#include "base/buf.h"
#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

static bool is_taken(int fd, const char *folder, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, 64);
    str pid = fd_read_all(fd, &text, NULL) ? str_trim(buf_str(&text)) : STR_NONE;
    return err_set(
        e, ERR_CONFLICT,
        "the data folder '%s' is in use by another assay server (process %.*s); stop that one, or give "
        "another folder with --data",
        folder, STR_ARG(pid.len ? pid : STR("unknown")));
}

bool server_lock_take(const char *folder, int *fd, err *e)
{
    char path[4096], pid[32];
    if ((size_t)snprintf(path, sizeof(path), "%s/assay.lock", folder) >= sizeof(path))
        return err_set(e, ERR_NAME_INVALID, "the name of the data folder is too long");
    AUTO(fd_close) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0) return err_set_errno(e, ERR_STORAGE, "cannot open '%s'", path);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return is_taken(lock, folder, e);
        return err_set_errno(e, ERR_STORAGE, "cannot lock '%s'", path);
    }
    int len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    if (ftruncate(lock, 0) != 0) return err_set_errno(e, ERR_STORAGE, "cannot write '%s'", path);
    if (!fd_write_all(lock, (bytes){(const uint8_t *)pid, (size_t)len}, e)) return false;
    *fd = fd_take(&lock);
    return true;
}
