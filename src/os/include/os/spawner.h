/*
 * os/spawner.h - starts children of the same binary on behalf of a threaded server.
 *
 * The spawner is a single-threaded process that the server forks before it has any thread, so that a child never inherits locks,
 * descriptors or memory of a running server. Per request it forks and re-executes /proc/self/exe with an empty environment and the
 * arguments "child", role, ...; the child has descriptor 3 = input (read only, may be absent), 4 = a stream socket to the server, 2 = /dev/null,
 * and nothing else open.
 * The CLI, which has no threads, uses the same functions. A process that holds nothing which a child must not see may skip the new program
 * (spawner_start_roles): loading it and its libraries takes longer than looking at a small file. The variables of the environment are wiped in both.
 *
 * Threads: a spawner may be shared by all threads; a child belongs to the thread that started it.
 */
#ifndef OS_SPAWNER_H
#define OS_SPAWNER_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

typedef struct spawner spawner;

typedef struct child_role {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the role; what it returns is the child's exit code */
} child_role;

bool spawner_start(spawner **out, err *e) MUST_USE; /* before any thread exists */
/* The same, but children run their role, of a table that ends with a nameless row, in the fork itself: they have the memory of the process that calls this, so
 * that must hold no secret and have read nothing that is hostile. */
bool spawner_start_roles(const child_role *roles, spawner **out, err *e) MUST_USE;
void spawner_stop(spawner *s); /* kills children that are left, reaps all */
AUTO_FOR(spawner *, spawner_stop)
/* Kill all children and start no more: spawner_run of every thread ends with ERR_CHILD at once. May be called by any thread, also twice. */
void spawner_cancel(spawner *s);

typedef struct child_spec {
    const char *role;        /* "scan" */
    const char *const *args; /* after the role; NULL-terminated, may be NULL; short and public */
    int input_fd;            /* borrowed; -1: none */
    uint64_t timeout_ms;     /* wall time; afterwards the child is killed */
    size_t reply_bytes_max;
} child_spec;

/* Run a child to its end and collect everything it wrote to its socket. Fails with ERR_CHILD when it died, was killed or timed out, or
 * wrote too much; `reply` then holds what had arrived (hostile either way). */
bool spawner_run(spawner *s, const child_spec *spec, buf *reply, err *e) MUST_USE;

enum { CHILD_INPUT_FD = 3, CHILD_SOCKET_FD = 4 };

#endif
