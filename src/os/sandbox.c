/*
 * os/sandbox.c - three walls around code that reads hostile bytes: limits, Landlock, and a system-call filter.
 *
 * The filter is an allow-list; everything else kills the process at once, so that an attempt is seen as a death and never as an error that
 * an exploit could handle. Landlock stands behind it: should a needed call ever turn out to take a path, it still reaches no file.
 * What surprised its author: glibc's threads start with clone3, whose flags lie in memory where no filter can look, so clone3 is answered with
 * ENOSYS and glibc falls back to clone, whose flags are checked. RLIMIT_DATA counts private writable maps, hence not the mapped input; but
 * it counts the sanitizers' shadow memory, so it is left alone there.
 */
#include "sandbox_parts.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BUILT_WITH_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define BUILT_WITH_SANITIZER 1
#endif
#endif
#ifndef BUILT_WITH_SANITIZER
#define BUILT_WITH_SANITIZER 0
#endif
static const bool under_sanitizer = BUILT_WITH_SANITIZER;

/* --- limits ---------------------------------------------------------------------------------------------------------------- */

static bool set_limit(int resource, uint64_t value, const char *name, err *e)
{
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    /* An unprivileged process may not raise its hard limit; a limit that is already tighter serves as well. */
    struct rlimit current;
    if (getrlimit((__rlimit_resource_t)resource, &current) == 0 && current.rlim_max <= value)
        limit = (struct rlimit){current.rlim_max, current.rlim_max};
    if (setrlimit((__rlimit_resource_t)resource, &limit) == 0) return true;
    return err_set_errno(e, ERR_INTERNAL, "cannot set %s to %llu", name, (unsigned long long)value);
}

bool sandbox_limit(sandbox_profile profile, sandbox_limits limits, err *e)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return err_set_errno(e, ERR_INTERNAL, "no_new_privs");
    /* Not dumpable: no core file with somebody's model in it, no peer of the same user that attaches. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return err_set_errno(e, ERR_INTERNAL, "PR_SET_DUMPABLE");
    if (!set_limit(RLIMIT_CORE, 0, "RLIMIT_CORE", e)) return false;
    if (limits.cpu_seconds && !set_limit(RLIMIT_CPU, limits.cpu_seconds, "RLIMIT_CPU", e)) return false;
    if (limits.memory_bytes && !under_sanitizer &&
        !set_limit(RLIMIT_DATA, limits.memory_bytes, "RLIMIT_DATA", e))
        return false;
    /* A server writes its log, which may be a file, and starts threads. */
    if (profile == SANDBOX_SERVE) return true;
    if (!set_limit(RLIMIT_FSIZE, 0, "RLIMIT_FSIZE", e)) return false;
    return profile == SANDBOX_TRAIN || set_limit(RLIMIT_NPROC, 0, "RLIMIT_NPROC", e);
}

/* --- Landlock -------------------------------------------------------------------------------------------------------------- */

/* Numbers of the kernel's own interface, which Debian 12's headers know only in part. */
enum {
    NR_LANDLOCK_CREATE_RULESET = 444,
    NR_LANDLOCK_RESTRICT_SELF = 446,
    RULESET_VERSION_FLAG = 1,
};
typedef struct landlock_attributes {
    uint64_t handled_access_fs, handled_access_net, scoped;
} landlock_attributes;

/* Every right that this version can take away: nothing is given back by a rule. */
static landlock_attributes landlock_all(long version, size_t *size_bytes)
{
    landlock_attributes all = {.handled_access_fs = (UINT64_C(1) << 13) - 1};
    *size_bytes = sizeof(all.handled_access_fs);
    if (version >= 2) all.handled_access_fs |= UINT64_C(1) << 13; /* refer */
    if (version >= 3) all.handled_access_fs |= UINT64_C(1) << 14; /* truncate */
    if (version >= 5) all.handled_access_fs |= UINT64_C(1) << 15; /* device ioctl */
    if (version >= 4) {
        all.handled_access_net = 3; /* bind and connect of TCP */
        *size_bytes = offsetof(landlock_attributes, scoped);
    }
    if (version >= 6) {
        all.scoped = 3; /* abstract Unix sockets, signals */
        *size_bytes = sizeof(all);
    }
    return all;
}

bool sandbox_landlock(bool *active, err *e)
{
    *active = false;
    long version = syscall(NR_LANDLOCK_CREATE_RULESET, NULL, (size_t)0, RULESET_VERSION_FLAG);
    if (version < 1) return true; /* not built in, or switched off: the filter stands alone */

    size_t size_bytes;
    landlock_attributes all = landlock_all(version, &size_bytes);
    long ruleset = syscall(NR_LANDLOCK_CREATE_RULESET, &all, size_bytes, 0);
    if (ruleset < 0) return err_set_errno(e, ERR_INTERNAL, "cannot create a Landlock ruleset");
    long done = syscall(NR_LANDLOCK_RESTRICT_SELF, ruleset, 0);
    if (done != 0) err_set_errno(e, ERR_INTERNAL, "cannot enter Landlock");
    close((int)ruleset);
    *active = done == 0;
    return *active;
}

/* --- the filter ------------------------------------------------------------------------------------------------------------ */

/* Already open descriptors, private memory, time, and leaving. */
static const int calls_of_all[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo), /* qsort asks */
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

static const int calls_of_threads[] = {
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq),        SCMP_SYS(sched_getaffinity), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),       SCMP_SYS(sigaltstack), SCMP_SYS(clock_getres),      SCMP_SYS(membarrier),
    SCMP_SYS(rt_sigaction), /* the first pthread_create installs a handler */
};

/* Sockets that are open already, and those that accept makes of them; no socket, connect, bind or listen. */
static const int calls_of_serving[] = {
    SCMP_SYS(accept),     SCMP_SYS(accept4),     SCMP_SYS(recvfrom),        SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),     SCMP_SYS(sendmsg),     SCMP_SYS(shutdown),        SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),     SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),  SCMP_SYS(epoll_wait),  SCMP_SYS(epoll_pwait),     SCMP_SYS(poll),
    SCMP_SYS(ppoll),      SCMP_SYS(select),      SCMP_SYS(pselect6),        SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),      SCMP_SYS(fcntl),       SCMP_SYS(rt_sigtimedwait), SCMP_SYS(sendfile),
};

/* What the sanitizers' runtime wants on top; never in a build that is shipped. */
static const int calls_of_sanitizers[] = {
    SCMP_SYS(sigaltstack),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrusage),
};

static bool allow_each(scmp_filter_ctx filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0) return false;
    return true;
}

/* Memory, but never memory that can be run. */
static bool allow_memory(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable) == 0;
}

static bool allow_threads(scmp_filter_ctx filter)
{
    const scmp_datum_t thread = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
    struct scmp_arg_cmp is_thread = SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread);
    struct scmp_arg_cmp is_name = SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME, 0);
    return allow_each(filter, calls_of_threads, COUNT_OF(calls_of_threads)) &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, is_thread) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, is_name) == 0;
}

/* abort() of a failed assert: it signals itself, and the parent learns the true reason. */
static bool allow_abort(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp is_self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, is_self) == 0;
}

static bool fill_filter(scmp_filter_ctx filter, sandbox_profile profile)
{
    if (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0) return false;
    /* Threads that exist already are caught as well. */
    if (profile != SANDBOX_SCAN && seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) != 0) return false;
    if (!allow_each(filter, calls_of_all, COUNT_OF(calls_of_all)) || !allow_memory(filter) ||
        !allow_abort(filter))
        return false;
    if (under_sanitizer && !allow_each(filter, calls_of_sanitizers, COUNT_OF(calls_of_sanitizers)))
        return false;
    if (profile == SANDBOX_SCAN) return true;
    if (!allow_threads(filter)) return false;
    return profile != SANDBOX_SERVE || allow_each(filter, calls_of_serving, COUNT_OF(calls_of_serving));
}

bool sandbox_filter(sandbox_profile profile, err *e)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter) return err_set(e, ERR_MEMORY, "no memory for the system-call filter");
    int failed = fill_filter(filter, profile) ? seccomp_load(filter) : -EINVAL;
    seccomp_release(filter);
    if (failed == 0) return true;
    errno = -failed;
    return err_set_errno(e, ERR_INTERNAL, "cannot load the system-call filter");
}

bool sandbox_enter(sandbox_profile profile, sandbox_limits limits, err *e)
{
    bool landlocked;
    /* No more descriptors from here on, for those who do not accept connections; Landlock's own setting up still needed one. */
    bool entered = sandbox_limit(profile, limits, e) && sandbox_landlock(&landlocked, e) &&
                   (profile == SANDBOX_SERVE || set_limit(RLIMIT_NOFILE, 0, "RLIMIT_NOFILE", e)) &&
                   sandbox_filter(profile, e);
    return entered || err_wrap(e, "entering the sandbox");
}
