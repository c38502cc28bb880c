/*
 * scan/child.c - the roles "scan" and "scan-bundle" of the binary: map, lock in, look, tell.
 *
 * Everything that opens a file or asks the system for more is done before the sandbox closes; after that the child can read the map, use
 * memory and write to its socket.
 */
#include "bundle.h"
#include "inspect.h"
#include "scan/scan.h"
#include "scan_file.h"

#include "base/limits.h"
#include "base/reader.h"
#include "os/file.h"
#include "os/sandbox.h"

#include <malloc.h>
#include <signal.h>
#include <string.h>

/* jansson reads /dev/urandom for its hash seed when the first object is made. Memory that one file gave back is there for the next: asking the kernel for
 * the same pages again takes longer than looking at a small model. */
static void warm_up(void)
{
    enum { KEPT_BYTES = 1 << 22 };
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    json_object_seed(0);
    json_decref(json_object());
}

typedef bool (*inspect_function)(arena *a, str path, bytes content, json_t **part, err *e);

typedef struct child_order {
    str path; /* of a single file */
    inspect_function inspect;
} child_order;

/* The last argument of both roles: SCAN_ROLE_BRIEF or nothing. */
static inspect_function inspect_of(int argc, char **argv, int at)
{
    return argc > at && strcmp(argv[at], SCAN_ROLE_BRIEF) == 0 ? inspect_briefly : inspect;
}

/* What there is to say about one file, behind the bytes that are in `out` already. Memory is given back before the next file. */
static bool tell(const child_order *order, str path, bytes content, buf *out, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    AUTO(json_release) json_t *part = NULL;
    return order->inspect(&a, path, content, &part, e) && json_encode(part, out, e);
}

static bool scan_into(const child_order *order, bytes content, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES);
    return tell(order, order->path, content, &text, e) && fd_write_all(CHILD_SOCKET_FD, buf_bytes(&text), e);
}

/* One record after the other; each answer leaves at once, so that a death is the fault of the file that it happened at. */
static bool scan_records(const child_order *order, bytes records, err *e)
{
    AUTO_BUF buf text, answer;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES);
    buf_init(&answer, LIMIT_SCAN_REPORT_BYTES + 4);
    for (reader r = reader_of(records); reader_left(&r) > 0;) {
        uint32_t name_len = reader_u32le(&r), content_len = reader_u32le(&r);
        str name = bytes_str(reader_take(&r, name_len));
        bytes content = reader_take(&r, content_len);
        if (r.failed) return err_set(e, ERR_TRUNCATED, "the bundle ends early");
        buf_reset(&text);
        buf_reset(&answer);
        if (!tell(order, name, content, &text, e)) return false;
        bundle_add_u32(&answer, (uint32_t)text.len);
        buf_add(&answer, buf_bytes(&text));
        if (!buf_ok(&answer, "an answer", e) || !fd_write_all(CHILD_SOCKET_FD, buf_bytes(&answer), e))
            return false;
    }
    return true;
}

static int locked_in(const child_order *order, bool (*work)(const child_order *order, bytes content, err *e))
{
    sandbox_limits limits = {.memory_bytes = LIMIT_SCAN_ARENA_BYTES + LIMIT_SCAN_REPORT_BYTES * 4,
                             .cpu_seconds = LIMIT_SCAN_SECONDS};
    bytes content;
    err e = {0};
    warm_up();
    /* An answer that nobody waits for ends this process quietly. */
    signal(SIGPIPE, SIG_DFL);
    if (!file_map(CHILD_INPUT_FD, &content, &e)) return 2;
    if (!sandbox_enter(SANDBOX_SCAN, limits, &e)) return 3;
    return work(order, content, &e) ? 0 : 4;
}

static int scan_child_main(int argc, char **argv)
{
    child_order order = {str_from_c(argc > 1 ? argv[1] : ""), inspect_of(argc, argv, 2)};
    return locked_in(&order, scan_into);
}

static int scan_bundle_child_main(int argc, char **argv)
{
    return locked_in(&(child_order){.inspect = inspect_of(argc, argv, 1)}, scan_records);
}

/* "scan" is the first. */
const child_role scan_child_roles[] = {
    {"scan", scan_child_main}, {"scan-bundle", scan_bundle_child_main}, {NULL, NULL}};
