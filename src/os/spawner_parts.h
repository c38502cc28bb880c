/*
 * os/spawner_parts.h - what the server's side and the spawner process say to each other.
 *
 * One SOCK_SEQPACKET message asks for a child: a spawn_request, then its arguments as NUL-terminated words, and with it the descriptors
 * in the order control, child's socket, input. The control socket lives as long as the child: the spawner answers on it once with a
 * spawn_report when the child has ended, and kills the child when the server closes it.
 */
#ifndef OS_SPAWNER_PARTS_H
#define OS_SPAWNER_PARTS_H

#include "base/limits.h"
#include "os/spawner.h"

enum { SPAWN_FDS_MAX = 3, SPAWN_ARGS_MAX = 16 };

typedef struct spawn_request {
    uint32_t arg_count;
    char words[LIMIT_CHILD_REQUEST_BYTES];
} spawn_request;

typedef struct spawn_report {
    int32_t start_errno; /* not 0: no child was started, and this is why */
    int32_t wait_status; /* as waitpid gives it */
} spawn_report;

/* The spawner process: serves until the server's end of the socket is closed. Never returns. roles NULL: children are started as a new program. */
_Noreturn void spawner_process(int socket_fd, const child_role *roles);

#endif
