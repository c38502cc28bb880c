/*
 * scan/child.c - the role "scan" of the binary: map, lock in, look, tell.
 *
 * Everything that opens a file or asks the system for more is done before the sandbox closes; after that the child can read the map, use
 * memory and write to its socket.
 */
#include "inspect.h"
#include "scan/scan.h"

#include "base/limits.h"
#include "os/file.h"
#include "os/sandbox.h"

#include <signal.h>

/* jansson reads /dev/urandom for its hash seed when the first object is made. */
static void warm_up(void)
{
    json_object_seed(0);
    json_decref(json_object());
}

static bool scan_into(str path, bytes content, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    AUTO(json_release) json_t *part = NULL;
    if (!inspect(&a, path, content, &part, e)) return false;
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES);
    if (!json_encode(part, &text, e)) return false;
    return fd_write_all(CHILD_SOCKET_FD, buf_bytes(&text), e);
}

int scan_child_main(int argc, char **argv)
{
    str path = str_from_c(argc > 1 ? argv[1] : "");
    sandbox_limits limits = {.memory_bytes = LIMIT_SCAN_ARENA_BYTES + LIMIT_SCAN_REPORT_BYTES * 4,
                             .cpu_seconds = LIMIT_SCAN_SECONDS};
    bytes content;
    err e = {0};
    warm_up();
    /* An answer that nobody waits for ends this process quietly. */
    signal(SIGPIPE, SIG_DFL);
    if (!file_map(CHILD_INPUT_FD, &content, &e)) return 2;
    if (!sandbox_enter(SANDBOX_SCAN, limits, &e)) return 3;
    return scan_into(path, content, &e) ? 0 : 4;
}
