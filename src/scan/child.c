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
    uint64_t first_at; /* of the records */
    bool at_once;
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

static bool send_answers(buf *answers, err *e)
{
    bool sent = buf_ok(answers, "the answers", e) && fd_write_all(CHILD_SOCKET_FD, buf_bytes(answers), e);
    buf_reset(answers);
    return sent;
}

static bool add_answer(const child_order *order, str name, bytes content, buf *answers, err *e)
{
    size_t length_at = answers->len;
    bundle_add_u32(answers, 0);
    if (!tell(order, name, content, answers, e)) return false;
    bundle_set_u32(answers, length_at, (uint32_t)(answers->len - length_at - 4));
    return true;
}

/* One record after the other. When each answer leaves at once, a death is the fault of the file that it happened at; sending costs more than some files. */
static bool scan_records(const child_order *order, bytes records, err *e)
{
    enum { GATHERED_BYTES = 1 << 15 };
    AUTO_BUF buf answers;
    buf_init(&answers, LIMIT_SCAN_REPORT_BYTES + GATHERED_BYTES);
    reader r = reader_of(records);
    if (!reader_seek(&r, order->first_at))
        return err_set(e, ERR_INVALID, "the bundle ends before its records");
    while (reader_left(&r) > 0) {
        uint32_t name_len = reader_u32le(&r), content_len = reader_u32le(&r);
        str name = bytes_str(reader_take(&r, name_len));
        bytes content = reader_take(&r, content_len);
        if (r.failed) return err_set(e, ERR_TRUNCATED, "the bundle ends early");
        if (!add_answer(order, name, content, &answers, e)) return false;
        bool leaves = order->at_once || answers.len >= GATHERED_BYTES;
        if (leaves && !send_answers(&answers, e)) return false;
    }
    return send_answers(&answers, e);
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
    child_order order = {.path = str_from_c(argc > 1 ? argv[1] : ""), .inspect = inspect_of(argc, argv, 2)};
    return locked_in(&order, scan_into);
}

static int scan_bundle_child_main(int argc, char **argv)
{
    child_order order = {.inspect = inspect_of(argc, argv, 3)};
    order.at_once = argc > 2 && strcmp(argv[2], SCAN_ROLE_AT_ONCE) == 0;
    if (argc < 2 || !str_to_u64(str_from_c(argv[1]), &order.first_at)) return 2;
    return locked_in(&order, scan_records);
}

/* "scan" is the first. */
const child_role scan_child_roles[] = {
    {"scan", scan_child_main}, {"scan-bundle", scan_bundle_child_main}, {NULL, NULL}};
