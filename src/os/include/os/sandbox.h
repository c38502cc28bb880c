/*
 * os/sandbox.h - what a process that reads an artifact's bytes may still do.
 *
 * sandbox_enter is called by the process itself, once, after it has everything it needs (descriptors, memory maps of libraries)
 * and before it looks at the first hostile byte. There is no way back: no_new_privs, resource limits, Landlock where the kernel has
 * it, and a seccomp allow-list that kills the process on anything else (open, connect, exec, ptrace, ...).
 * Libraries that open files on their first use must have been used before (jansson's json_object_seed reads /dev/urandom).
 * The tests prove each refused call with a canary (tests/unit/os/test_sandbox.c).
 */
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include "base/err.h"

typedef enum sandbox_profile {
    SANDBOX_SCAN,  /* read and write descriptors already open, anonymous memory, exit; no threads */
    SANDBOX_SERVE, /* the above, threads, and accept/recv/send/epoll on sockets already open */
    SANDBOX_TRAIN, /* the scan profile plus threads */
} sandbox_profile;

typedef struct sandbox_limits {
    uint64_t memory_bytes; /* RLIMIT_DATA: anonymous memory; maps of the input do not count */
    uint64_t cpu_seconds;  /* 0: no limit */
} sandbox_limits;

bool sandbox_enter(sandbox_profile profile, sandbox_limits limits, err *e) MUST_USE;

#endif
