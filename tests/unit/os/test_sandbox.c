/*
 * The sandbox, proved with canaries: each refused system call is made by a child that has entered, and the child must die of it;
 * each needed one is made, and must work.
 */
#include "os/sandbox.h"
#include "src/os/sandbox_parts.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANARY_DEAD_NOT = 77, ENTER_FAILED = 78 };
static const sandbox_limits limits = {.memory_bytes = 256u << 20, .cpu_seconds = 10};

/* --- refused ---------------------------------------------------------------------------------------------------------------- */

typedef struct canary {
    const char *name;
    long number;
    long args[4];
    bool serving_may; /* allowed in the serve profile */
    bool threads_may; /* answered or allowed in the profiles with threads */
} canary;

#define PATH(text) ((long)(intptr_t)(text))
static struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_port = 0x901f};
#define LOOPBACK ((long)(intptr_t)&loopback)

static const canary refused[] = {
#ifdef __x86_64__
    {"open", SYS_open, {PATH("/etc/passwd"), O_RDONLY}, false, false},
    {"creat", SYS_creat, {PATH("/tmp/assay-canary"), 0600}, false, false},
    {"stat", SYS_stat, {PATH("/etc/passwd"), 0}, false, false},
    {"readlink", SYS_readlink, {PATH("/proc/self/exe"), 0, 0}, false, false},
    {"unlink", SYS_unlink, {PATH("/tmp/assay-canary")}, false, false},
    {"rename", SYS_rename, {PATH("/tmp/assay-a"), PATH("/tmp/assay-b")}, false, false},
    {"mkdir", SYS_mkdir, {PATH("/tmp/assay-canary"), 0700}, false, false},
    {"rmdir", SYS_rmdir, {PATH("/tmp/assay-canary")}, false, false},
    {"chmod", SYS_chmod, {PATH("/tmp/assay-canary"), 0600}, false, false},
    {"symlink", SYS_symlink, {PATH("/a"), PATH("/tmp/assay-canary")}, false, false},
    {"fork", SYS_fork, {0}, false, false},
    {"vfork", SYS_vfork, {0}, false, false},
    {"dup2", SYS_dup2, {1, 9}, false, false},
    {"arch_prctl", SYS_arch_prctl, {0x1002, 0}, false, false},
    {"iopl", SYS_iopl, {3}, false, false},
#endif
    {"openat", SYS_openat, {AT_FDCWD, PATH("/etc/passwd"), O_RDONLY}, false, false},
    {"openat2", SYS_openat2, {AT_FDCWD, PATH("/etc/passwd"), 0, 0}, false, false},
    {"open_by_handle_at", SYS_open_by_handle_at, {AT_FDCWD, 0, O_RDONLY}, false, false},
    {"newfstatat", SYS_newfstatat, {AT_FDCWD, PATH("/etc/passwd"), 0, 0}, false, false},
    {"statx", SYS_statx, {AT_FDCWD, PATH("/etc/passwd"), 0, 0}, false, false},
    {"getdents64", SYS_getdents64, {0, 0, 0}, false, false},
    {"faccessat", SYS_faccessat, {AT_FDCWD, PATH("/etc/passwd"), R_OK}, false, false},
    {"truncate", SYS_truncate, {PATH("/tmp/assay-canary"), 0}, false, false},
    {"unlinkat", SYS_unlinkat, {AT_FDCWD, PATH("/tmp/assay-canary"), 0}, false, false},
    {"linkat", SYS_linkat, {AT_FDCWD, PATH("/a"), AT_FDCWD, PATH("/tmp/assay-canary")}, false, false},
    {"mknodat", SYS_mknodat, {AT_FDCWD, PATH("/tmp/assay-canary"), 0600, 0}, false, false},
    {"fchownat", SYS_fchownat, {AT_FDCWD, PATH("/tmp/assay-canary"), 0, 0}, false, false},
    {"memfd_create", SYS_memfd_create, {PATH("x"), 0}, false, false},
    {"dup", SYS_dup, {1}, false, false},
    {"ioctl", SYS_ioctl, {0, 0x5412 /* TIOCSTI */, PATH("x")}, false, false},
    {"fcntl", SYS_fcntl, {1, F_GETFL}, true, false},
    {"socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}, false, false},
    {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}, false, false},
    {"connect", SYS_connect, {0, LOOPBACK, sizeof(loopback)}, false, false},
    {"bind", SYS_bind, {0, LOOPBACK, sizeof(loopback)}, false, false},
    {"listen", SYS_listen, {0, 1}, false, false},
    {"accept", SYS_accept, {0, 0, 0}, true, false},
    {"sendmsg", SYS_sendmsg, {1, 0, 0}, true, false},
    {"recvmsg", SYS_recvmsg, {0, 0, 0}, true, false},
    {"execve", SYS_execve, {PATH("/bin/true"), 0, 0}, false, false},
    {"execveat", SYS_execveat, {AT_FDCWD, PATH("/bin/true"), 0, 0}, false, false},
    {"clone of a process", SYS_clone, {SIGCHLD, 0, 0, 0}, false, false},
    {"clone3", SYS_clone3, {0, 0}, false, true},
    {"ptrace", SYS_ptrace, {0, 0, 0, 0}, false, false},
    {"process_vm_readv", SYS_process_vm_readv, {1, 0, 0, 0}, false, false},
    {"process_vm_writev", SYS_process_vm_writev, {1, 0, 0, 0}, false, false},
    {"pidfd_open", SYS_pidfd_open, {1, 0}, false, false},
    {"pidfd_getfd", SYS_pidfd_getfd, {0, 0, 0}, false, false},
    {"kill", SYS_kill, {1, 0}, false, false},
    {"tkill", SYS_tkill, {1, 0}, false, false},
    {"tgkill", SYS_tgkill, {1, 1, 0}, false, false},
    {"rt_sigqueueinfo", SYS_rt_sigqueueinfo, {1, 0, 0}, false, false},
    {"mount", SYS_mount, {PATH("none"), PATH("/assay-canary-none"), PATH("tmpfs"), 0}, false, false},
    {"umount2", SYS_umount2, {PATH("/assay-canary-none"), 0}, false, false},
    {"pivot_root", SYS_pivot_root, {PATH("/"), PATH("/")}, false, false},
    {"chroot", SYS_chroot, {PATH("/")}, false, false},
    {"unshare", SYS_unshare, {CLONE_NEWUSER}, false, false},
    {"setns", SYS_setns, {0, 0}, false, false},
    {"setuid", SYS_setuid, {0}, false, false},
    {"capset", SYS_capset, {0, 0}, false, false},
    {"bpf", SYS_bpf, {0, 0, 0}, false, false},
    {"perf_event_open", SYS_perf_event_open, {0, 0, -1, -1}, false, false},
    {"io_uring_setup", SYS_io_uring_setup, {1, 0}, false, false},
    {"userfaultfd", SYS_userfaultfd, {0}, false, false},
    {"keyctl", SYS_keyctl, {0, 0, 0, 0}, false, false},
    {"add_key", SYS_add_key, {PATH("user"), PATH("a"), PATH("b"), 1}, false, false},
    {"init_module", SYS_init_module, {0, 0, PATH("")}, false, false},
    {"kexec_load", SYS_kexec_load, {0, 0, 0, 0}, false, false},
    {"reboot", SYS_reboot, {0, 0, 0, 0}, false, false},
    {"swapon", SYS_swapon, {PATH("/x"), 0}, false, false},
    {"syslog", SYS_syslog, {2, 0, 0}, false, false},
    {"sethostname", SYS_sethostname, {0, -1}, false, false},
    {"settimeofday", SYS_settimeofday, {0, 0}, false, false},
    {"personality", SYS_personality, {0xffffffff}, false, false},
    {"prctl", SYS_prctl, {PR_SET_DUMPABLE, 1, 0, 0}, false, false},
    {"prctl name", SYS_prctl, {PR_SET_NAME, PATH("canary"), 0, 0}, false, true},
    {"seccomp", SYS_seccomp, {0, 0, 0}, false, false},
    {"prlimit64", SYS_prlimit64, {0, RLIMIT_DATA, 0, 0}, false, false},
    {"shmget", SYS_shmget, {0, 4096, 0}, false, false},
    {"msgget", SYS_msgget, {0, 0}, false, false},
    {"semget", SYS_semget, {0, 1, 0}, false, false},
    {"mq_open", SYS_mq_open, {PATH("/x"), 0, 0, 0}, false, false},
    {"inotify_init1", SYS_inotify_init1, {0}, false, false},
    {"fanotify_init", SYS_fanotify_init, {0, 0}, false, false},
    {"timer_create", SYS_timer_create, {0, 0, 0}, false, false},
    {"setpriority", SYS_setpriority, {0, 0, 0}, false, false},
    {"mmap to run", SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS}, false, false},
    {"mprotect to run", SYS_mprotect, {0, 0, PROT_EXEC}, false, false},
    {"pkey_mprotect", SYS_pkey_mprotect, {0, 0, PROT_EXEC, 0}, false, false},
    {"a number that is none", 5000, {0}, false, false},
};

/* Run `act` in a child that has entered; its wait status. */
static int in_sandbox(sandbox_profile profile, int (*act)(const void *), const void *what)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGSYS, SIG_DFL);
        err e = {0};
        if (!sandbox_enter(profile, limits, &e)) {
            fprintf(stderr, "%s\n", e.message);
            _exit(ENTER_FAILED);
        }
        _exit(act(what));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static int sing(const void *what)
{
    const canary *c = what;
    (void)syscall(c->number, c->args[0], c->args[1], c->args[2], c->args[3]);
    return CANARY_DEAD_NOT;
}

static void each_canary_dies(sandbox_profile profile)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const canary *c = &refused[i];
        if (profile != SANDBOX_SCAN && c->threads_may) continue;
        if (profile == SANDBOX_SERVE && c->serving_may) continue;
        int status = in_sandbox(profile, sing, c);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
            fail_msg("%s was not refused in profile %d (wait status %#x)", c->name, (int)profile,
                     (unsigned)status);
    }
}

static void sandbox_scan_refuses_each_canary(void **state)
{
    (void)state;
    each_canary_dies(SANDBOX_SCAN);
}
static void sandbox_serve_refuses_each_canary(void **state)
{
    (void)state;
    each_canary_dies(SANDBOX_SERVE);
}
static void sandbox_train_refuses_each_canary(void **state)
{
    (void)state;
    each_canary_dies(SANDBOX_TRAIN);
}

#ifdef __x86_64__
/* The 32-bit door: call number 5 there is open, here it is fstat. */
static int call_32_bit(const void *what)
{
    (void)what;
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(5L), "b"(0L), "c"(0L) : "memory");
    return CANARY_DEAD_NOT;
}
static int call_x32(const void *what)
{
    (void)what;
    (void)syscall(0x40000000L | SYS_getpid);
    return CANARY_DEAD_NOT;
}
static void sandbox_refuses_other_call_conventions(void **state)
{
    (void)state;
    /* A kernel without 32-bit support answers int 0x80 with SIGSEGV: refused as well. */
    assert_true(WIFSIGNALED(in_sandbox(SANDBOX_SCAN, call_32_bit, NULL)));
    assert_true(WIFSIGNALED(in_sandbox(SANDBOX_SCAN, call_x32, NULL)));
}
#endif

/* --- needed ----------------------------------------------------------------------------------------------------------------- */

static int compare_long(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return x < y ? -1 : x > y;
}

static int use_memory_and_pipes(const void *what)
{
    const int *pipe_fds = what;
    char *block = malloc(8u << 20);
    if (!block) return 1;
    memset(block, 7, 8u << 20);
    block = realloc(block, 20u << 20);
    if (!block) return 2;
    free(block);
    static long numbers[5000];
    for (size_t i = 0; i < 5000; i++) numbers[i] = (long)(5000 - i);
    qsort(numbers, 5000, sizeof(numbers[0]), compare_long);
    if (numbers[0] != 1) return 7;
    void *mapped = mmap(NULL, 1u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED || mprotect(mapped, 4096, PROT_READ) != 0) return 3;
    if (munmap(mapped, 1u << 20) != 0) return 4;
    char byte = 'x';
    if (write(pipe_fds[1], &byte, 1) != 1 || read(pipe_fds[0], &byte, 1) != 1) return 5;
    struct timespec now;
    return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) == 0 ? 0 : 6;
}

static void sandbox_lets_a_scan_work(void **state)
{
    (void)state;
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(in_sandbox(SANDBOX_SCAN, use_memory_and_pipes, pipe_fds), 0);
    assert_int_equal(in_sandbox(SANDBOX_TRAIN, use_memory_and_pipes, pipe_fds), 0);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void *count_up(void *counter)
{
    for (int i = 0; i < 1000; i++) __atomic_add_fetch((int *)counter, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static int use_threads(const void *what)
{
    (void)what;
    int counter = 0;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, count_up, &counter) != 0) return 1;
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    return counter == 4000 ? 0 : 2;
}

static void sandbox_lets_training_use_threads(void **state)
{
    (void)state;
    assert_int_equal(in_sandbox(SANDBOX_TRAIN, use_threads, NULL), 0);
    assert_int_equal(in_sandbox(SANDBOX_SERVE, use_threads, NULL), 0);
    assert_true(WIFSIGNALED(in_sandbox(SANDBOX_SCAN, use_threads, NULL)));
}

static int serve_once(const void *what)
{
    int listener = *(const int *)what;
    int poller = epoll_create1(0);
    struct epoll_event ready = {.events = EPOLLIN, .data.fd = listener};
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &ready) != 0) return 1;
    if (epoll_wait(poller, &ready, 1, 5000) != 1) return 2;
    int peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    char text[4];
    if (peer < 0 || recv(peer, text, 4, 0) != 4) return 3;
    if (send(peer, text, 4, MSG_NOSIGNAL) != 4) return 4;
    return eventfd(0, EFD_CLOEXEC) < 0 ? 5 : 0;
}

static void sandbox_lets_serving_accept(void **state)
{
    (void)state;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(any);
    assert_int_equal(bind(listener, (struct sockaddr *)&any, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&any, &len), 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&any, len), 0);
    assert_int_equal(send(client, "ping", 4, 0), 4);
    assert_int_equal(in_sandbox(SANDBOX_SERVE, serve_once, &listener), 0);
    close(client);
    close(listener);
}

/* --- limits and Landlock alone ---------------------------------------------------------------------------------------------- */

static int take_too_much(const void *what)
{
    (void)what;
    void *block = mmap(NULL, 512u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return block == MAP_FAILED ? 0 : 1;
}

static void sandbox_limits_memory(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); /* shadow memory counts, so the limit is off there */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    skip();
#endif
#endif
    assert_int_equal(in_sandbox(SANDBOX_SCAN, take_too_much, NULL), 0);
}

static int lean_on_landlock(const char *file)
{
    bool active;
    err e = {0};
    if (!sandbox_limit(SANDBOX_SERVE, limits, &e) || !sandbox_landlock(&active, &e)) return 1;
    if (!active) return CANARY_DEAD_NOT;
    if (open(file, O_RDONLY) >= 0 || errno != EACCES) return 2;
    if (open("/tmp/assay-canary", O_RDWR | O_CREAT, 0600) >= 0 || errno != EACCES) return 3;
    if (open("/", O_RDONLY | O_DIRECTORY) >= 0 || errno != EACCES) return 4;
    return unlink(file) == 0 || errno != EACCES ? 5 : 0;
}

static void sandbox_landlock_alone_reaches_no_file(void **state)
{
    (void)state;
    char file[] = "/tmp/assay-landlock-XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    pid_t pid = fork();
    if (pid == 0) _exit(lean_on_landlock(file));
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(fd);
    unlink(file);
    if (WEXITSTATUS(status) == CANARY_DEAD_NOT) skip(); /* this kernel has none */
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sandbox_scan_refuses_each_canary),
        cmocka_unit_test(sandbox_serve_refuses_each_canary),
        cmocka_unit_test(sandbox_train_refuses_each_canary),
#ifdef __x86_64__
        cmocka_unit_test(sandbox_refuses_other_call_conventions),
#endif
        cmocka_unit_test(sandbox_lets_a_scan_work),
        cmocka_unit_test(sandbox_lets_training_use_threads),
        cmocka_unit_test(sandbox_lets_serving_accept),
        cmocka_unit_test(sandbox_limits_memory),
        cmocka_unit_test(sandbox_landlock_alone_reaches_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
