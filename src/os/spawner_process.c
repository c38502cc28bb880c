/*
 * os/spawner_process.c - the small process that starts children and waits for them.
 *
 * One thread, one poll loop, a fixed table of children. It owns nothing of the server: it has its end of the socket, a descriptor that
 * tells of ended children, and one control socket per child. A control socket that is closed at the other end means "no longer wanted", whether
 * the server's deadline passed or the whole server died; so a crash of the server leaves no child behind.
 */
#include "spawner_parts.h"

#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct running_child {
    pid_t pid; /* 0: this place is free */
    int control_fd;
} running_child;

typedef struct spawner_state {
    int socket_fd, ended_fd;
    const child_role *roles; /* NULL: a new program */
    running_child children[LIMIT_CHILDREN];
} spawner_state;

typedef struct spawn_order {
    char *words[SPAWN_ARGS_MAX + 3];
    int control_fd, child_fd, input_fd;
} spawn_order;

/* --- in the forked child, before it becomes another program or runs its role ------------------------------------------------- */

static void close_from(unsigned first)
{
    if (syscall(SYS_close_range, first, ~0u, 0) == 0) return;
    long open_max = sysconf(_SC_OPEN_MAX);
    for (long fd = (long)first; fd < open_max; fd++) close((int)fd);
}

static void reset_signals(void)
{
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* No exit handlers: they are the parent's. */
_Noreturn static void run_role(const child_role *role, const spawn_order *order)
{
    char **words = (char **)(uintptr_t)order->words + 2;
    int count = 0;
    while (words[count]) count++;
    while (role->name && strcmp(role->name, words[0]) != 0) role++;
    _exit(role->name ? role->run(count, words) : 127);
}

_Noreturn static void become(const child_role *roles, const spawn_order *order)
{
    /* First out of the way of the numbers 0 to 4, wherever the descriptors happen to be. */
    int child_fd = fcntl(order->child_fd, F_DUPFD, 16);
    int input_fd = order->input_fd < 0 ? -1 : fcntl(order->input_fd, F_DUPFD, 16);
    int null_fd = open("/dev/null", O_RDWR);
    bool ready = child_fd >= 0 && null_fd >= 0 && (order->input_fd < 0 || input_fd >= 0);
    for (int fd = 0; fd <= 2; fd++) ready = ready && dup2(null_fd, fd) == fd;
    if (input_fd >= 0)
        ready = ready && dup2(input_fd, CHILD_INPUT_FD) == CHILD_INPUT_FD;
    else
        close(CHILD_INPUT_FD);
    ready = ready && dup2(child_fd, CHILD_SOCKET_FD) == CHILD_SOCKET_FD;
    if (!ready) _exit(126);
    close_from(CHILD_SOCKET_FD + 1);
    reset_signals();
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

    if (roles) run_role(roles, order);
    char *no_environment[] = {NULL};
    execve("/proc/self/exe", order->words, no_environment);
    _exit(127);
}

/* --- orders ------------------------------------------------------------------------------------------------------------------ */

static running_child *free_place(spawner_state *s)
{
    for (size_t i = 0; i < COUNT_OF(s->children); i++)
        if (s->children[i].pid == 0) return &s->children[i];
    return NULL;
}

static void report(int control_fd, spawn_report what)
{
    /* The server may have lost interest; then nobody reads it. */
    (void)!send(control_fd, &what, sizeof(what), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Takes control_fd of the order; the other descriptors stay the caller's. */
static void start_child(spawner_state *s, const spawn_order *order)
{
    running_child *place = free_place(s);
    pid_t pid = place ? fork() : -1;
    if (pid == 0) become(s->roles, order);
    if (pid < 0) {
        report(order->control_fd, (spawn_report){.start_errno = place ? errno : EAGAIN});
        close(order->control_fd);
        return;
    }
    *place = (running_child){pid, order->control_fd};
}

/* "assay child <role> <args...>" from the words of the message; false when they are not whole. */
static bool split_words(spawn_request *request, size_t words_bytes, spawn_order *order)
{
    static char name[] = "assay", child[] = "child";
    if (request->arg_count == 0 || request->arg_count > SPAWN_ARGS_MAX) return false;
    order->words[0] = name;
    order->words[1] = child;
    char *at = request->words;
    size_t left = words_bytes;
    for (uint32_t i = 0; i < request->arg_count; i++) {
        size_t len = strnlen(at, left);
        if (len == left) return false;
        order->words[2 + i] = at;
        at += len + 1;
        left -= len + 1;
    }
    order->words[2 + request->arg_count] = NULL;
    return true;
}

static size_t take_fds(struct msghdr *message, int fds[SPAWN_FDS_MAX])
{
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) return 0;
    size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    if (count > SPAWN_FDS_MAX) count = SPAWN_FDS_MAX;
    memcpy(fds, CMSG_DATA(control), count * sizeof(int));
    return count;
}

/* False when the server has gone. */
static bool take_order(spawner_state *s)
{
    static spawn_request request; /* this process has one thread */
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * SPAWN_FDS_MAX)];
    struct iovec piece = {&request, sizeof(request)};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    ssize_t got = recvmsg(s->socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    if (got == 0) return false;

    int fds[SPAWN_FDS_MAX] = {-1, -1, -1};
    size_t count = take_fds(&message, fds);
    size_t words_at = offsetof(spawn_request, words);
    spawn_order order = {.control_fd = fds[0], .child_fd = fds[1], .input_fd = fds[2]};
    if (count >= 2 && (size_t)got > words_at && split_words(&request, (size_t)got - words_at, &order))
        start_child(s, &order);
    else
        fd_close(fds[0]);
    fd_close(fds[1]);
    fd_close(fds[2]);
    return true;
}

/* --- endings ----------------------------------------------------------------------------------------------------------------- */

static running_child *child_of(spawner_state *s, pid_t pid)
{
    for (size_t i = 0; i < COUNT_OF(s->children); i++)
        if (s->children[i].pid == pid) return &s->children[i];
    return NULL;
}

static void reap_ended(spawner_state *s)
{
    struct signalfd_siginfo told;
    while (read(s->ended_fd, &told, sizeof(told)) > 0) continue;

    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        running_child *ended = child_of(s, pid);
        if (!ended) continue;
        report(ended->control_fd, (spawn_report){.wait_status = status});
        close(ended->control_fd);
        *ended = (running_child){0};
    }
}

/* Killing by pid is safe: only this process reaps, so the number cannot belong to anybody else yet. */
static void kill_unwanted(const running_child *child, short events)
{
    if (events & (POLLHUP | POLLERR)) kill(child->pid, SIGKILL);
}

static void kill_all(spawner_state *s)
{
    for (size_t i = 0; i < COUNT_OF(s->children); i++)
        if (s->children[i].pid) kill(s->children[i].pid, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0) continue;
}

static size_t watch(const spawner_state *s, struct pollfd watched[], const running_child *of[])
{
    watched[0] = (struct pollfd){.fd = s->socket_fd, .events = POLLIN};
    watched[1] = (struct pollfd){.fd = s->ended_fd, .events = POLLIN};
    size_t count = 2;
    for (size_t i = 0; i < COUNT_OF(s->children); i++) {
        if (s->children[i].pid == 0) continue;
        of[count] = &s->children[i];
        watched[count++] = (struct pollfd){.fd = s->children[i].control_fd};
    }
    return count;
}

/* Children that are forks read this very memory, and people keep passwords in variables. */
static void forget_environment(void)
{
    for (char **variable = environ; variable && *variable; variable++)
        explicit_bzero(*variable, strlen(*variable));
    clearenv();
}

_Noreturn void spawner_process(int socket_fd, const child_role *roles)
{
    static spawner_state state;
    state.socket_fd = socket_fd;
    state.roles = roles;
    forget_environment();
    /* Away from the terminal: Ctrl-C is for the server, which then tells us by closing the socket. */
    setsid();
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_SETMASK, &ended, NULL);
    signal(SIGCHLD, SIG_DFL);
    state.ended_fd = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
    if (state.ended_fd < 0) _exit(1);

    struct pollfd watched[LIMIT_CHILDREN + 2];
    const running_child *of[LIMIT_CHILDREN + 2];
    for (bool wanted = true; wanted;) {
        size_t count = watch(&state, watched, of);
        if (poll(watched, count, -1) < 0) continue;
        for (size_t i = 2; i < count; i++) kill_unwanted(of[i], watched[i].revents);
        if (watched[1].revents) reap_ended(&state);
        if (watched[0].revents) wanted = take_order(&state);
    }
    kill_all(&state);
    _exit(0);
}
