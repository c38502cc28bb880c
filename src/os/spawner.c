/*
 * os/spawner.c - the server's side: ask the spawner process for a child, collect its reply, watch the clock.
 *
 * The child's socket and the control socket are made here and handed over, so the reply comes straight to the thread that asked, and no
 * thread waits for another. Closing the control socket is all it takes to have a child killed (see spawner_parts.h).
 */
#include "spawner_parts.h"

#include "base/clock.h"
#include "base/fault.h"
#include "os/file.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct spawner {
    pid_t pid;
    int socket_fd;
};

/* The child may hold nothing of the server's: neither a database nor a listening socket. */
static void keep_only(int fd)
{
    if (fd > 3) syscall(SYS_close_range, 3u, (unsigned)fd - 1, 0);
    syscall(SYS_close_range, (unsigned)fd + 1, ~0u, 0);
}

bool spawner_start(spawner **out, err *e)
{
    return spawner_start_roles(NULL, out, e);
}

bool spawner_start_roles(const child_role *roles, spawner **out, err *e)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot make the spawner's socket");
    AUTO(fd_close) int ours = ends[0];
    AUTO(fd_close) int theirs = ends[1];
    spawner *s = malloc(sizeof(*s));
    if (!s) return err_set(e, ERR_MEMORY, "no memory for the spawner");

    pid_t pid = fork();
    if (pid == 0) {
        keep_only(theirs);
        spawner_process(theirs, roles);
    }
    if (pid < 0) {
        free(s);
        return err_set_errno(e, ERR_INTERNAL, "cannot fork the spawner");
    }
    *s = (spawner){pid, fd_take(&ours)};
    *out = s;
    return true;
}

void spawner_stop(spawner *s)
{
    if (!s) return;
    close(s->socket_fd);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR) continue;
    free(s);
}

void spawner_cancel(spawner *s)
{
    if (s) (void)!shutdown(s->socket_fd, SHUT_RDWR);
}

/* --- asking ------------------------------------------------------------------------------------------------------------------ */

static bool add_word(spawn_request *request, size_t *used, const char *word, err *e)
{
    size_t len = strlen(word) + 1;
    if (request->arg_count >= SPAWN_ARGS_MAX)
        return err_set(e, ERR_TOO_LARGE, "more than %d arguments for a child", SPAWN_ARGS_MAX);
    if (len > sizeof(request->words) - *used)
        return err_set(e, ERR_TOO_LARGE, "arguments for a child exceed LIMIT_CHILD_REQUEST_BYTES (%zu bytes)",
                       sizeof(request->words));
    memcpy(request->words + *used, word, len);
    *used += len;
    request->arg_count++;
    return true;
}

static bool fill_request(const child_spec *spec, spawn_request *request, size_t *len, err *e)
{
    size_t used = 0;
    request->arg_count = 0;
    if (!add_word(request, &used, spec->role, e)) return false;
    for (const char *const *arg = spec->args; arg && *arg; arg++)
        if (!add_word(request, &used, *arg, e)) return false;
    *len = offsetof(spawn_request, words) + used;
    return true;
}

static bool send_request(const spawner *s, const spawn_request *request, size_t len, const int *fds,
                         size_t fd_count, err *e)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * SPAWN_FDS_MAX)] = {0};
    struct iovec piece = {(void *)(uintptr_t)request, len};
    struct msghdr message = {.msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = CMSG_SPACE(sizeof(int) * fd_count)};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    *rights = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * fd_count)};
    memcpy(CMSG_DATA(rights), fds, sizeof(int) * fd_count);

    while (sendmsg(s->socket_fd, &message, MSG_NOSIGNAL) < 0)
        if (errno != EINTR) return err_set_errno(e, ERR_CHILD, "cannot reach the spawner");
    return true;
}

/* On success the two sockets are ours: `reply_fd` to the child, `control_fd` to the spawner about it. */
static bool ask(const spawner *s, const child_spec *spec, int *reply_fd, int *control_fd, err *e)
{
    spawn_request request;
    size_t len;
    if (!fill_request(spec, &request, &len, e)) return false;

    int data[2], control[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) != 0)
        return err_set_errno(e, ERR_CHILD, "cannot make a child's socket");
    AUTO(fd_close) int data_ours = data[0];
    AUTO(fd_close) int data_theirs = data[1];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
        return err_set_errno(e, ERR_CHILD, "cannot make a control socket");
    AUTO(fd_close) int control_ours = control[0];
    AUTO(fd_close) int control_theirs = control[1];

    int fds[SPAWN_FDS_MAX] = {control_theirs, data_theirs, spec->input_fd};
    if (!send_request(s, &request, len, fds, spec->input_fd >= 0 ? 3 : 2, e)) return false;
    *reply_fd = fd_take(&data_ours);
    *control_fd = fd_take(&control_ours);
    return true;
}

/* --- collecting -------------------------------------------------------------------------------------------------------------- */

typedef struct collecting {
    const child_spec *spec;
    int reply_fd, control_fd; /* -1 once they said all */
    buf *reply;
    spawn_report report;
} collecting;

static bool collect_reply(collecting *c, err *e)
{
    enum { PIECE_BYTES = 1 << 16 };
    size_t ceiling = c->spec->reply_bytes_max;
    uint8_t piece[PIECE_BYTES];
    ssize_t got = recv(c->reply_fd, piece, sizeof(piece), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (got <= 0) {
        c->reply_fd = -1; /* ended, or reset by a death that the report will explain */
        return true;
    }
    if ((size_t)got > ceiling - c->reply->len)
        return err_set(e, ERR_CHILD, "the %s child wrote more than %zu bytes", c->spec->role, ceiling);
    buf_add(c->reply, (bytes){piece, (size_t)got});
    return buf_ok(c->reply, "a child's reply", e);
}

static bool collect_report(collecting *c, err *e)
{
    ssize_t got = recv(c->control_fd, &c->report, sizeof(c->report), MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (got != sizeof(c->report))
        return err_set(e, ERR_CHILD, "the spawner refused to start a %s child, or died", c->spec->role);
    c->control_fd = -1;
    return true;
}

/* A child that answers piece by piece would wake us for each. Only its end is worth that; the socket holds what comes meanwhile. */
static void let_gather(const collecting *c)
{
    enum { GATHER_MS = 1 };
    struct pollfd ended = {.fd = c->control_fd, .events = POLLIN};
    if (c->reply_fd >= 0 && c->control_fd >= 0) (void)!poll(&ended, 1, GATHER_MS);
}

static bool collect(collecting *c, err *e)
{
    int64_t deadline_us = clock_mono_us() + (int64_t)(c->spec->timeout_ms * 1000);
    while (c->reply_fd >= 0 || c->control_fd >= 0) {
        int64_t left_ms = (deadline_us - clock_mono_us() + 999) / 1000;
        if (left_ms <= 0)
            return err_set(e, ERR_CHILD, "the %s child was killed after %llu ms, its limit", c->spec->role,
                           (unsigned long long)c->spec->timeout_ms);
        struct pollfd watched[2] = {{.fd = c->reply_fd, .events = POLLIN},
                                    {.fd = c->control_fd, .events = POLLIN}};
        if (poll(watched, 2, left_ms < INT32_MAX ? (int)left_ms : INT32_MAX) < 0) continue;
        if (watched[1].revents && !collect_report(c, e)) return false;
        if (!watched[0].revents) continue;
        if (!collect_reply(c, e)) return false;
        let_gather(c);
    }
    return true;
}

static bool judge_ending(const char *role, spawn_report report, err *e)
{
    if (report.start_errno) {
        errno = report.start_errno;
        return err_set_errno(e, ERR_CHILD, "cannot start a %s child", role);
    }
    int status = report.wait_status;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return err_set(e, ERR_CHILD,
                       "the %s child was killed: it tried a system call that its sandbox refuses", role);
    if (WIFSIGNALED(status))
        return err_set(e, ERR_CHILD, "the %s child died of signal %d (%s)", role, WTERMSIG(status),
                       strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0)
        return err_set(e, ERR_CHILD, "the %s child ended with status %d", role, WEXITSTATUS(status));
    return true;
}

bool spawner_run(spawner *s, const child_spec *spec, buf *reply, err *e)
{
    if (fault_hit(FAULT_CHILD))
        return err_set(e, ERR_CHILD, "the %s child died (fault injected)", spec->role);
    AUTO(fd_close) int reply_fd = -1;
    AUTO(fd_close) int control_fd = -1;
    buf_reset(reply);
    if (!ask(s, spec, &reply_fd, &control_fd, e)) return false;
    collecting c = {.spec = spec, .reply_fd = reply_fd, .control_fd = control_fd, .reply = reply};
    if (!collect(&c, e)) return false; /* closing the control socket on the way out kills it */
    return judge_ending(spec->role, c.report, e);
}
