/*
 * cli/model_serve.c - `assay model serve`: admission by the scanner, then the forest behind HTTP, inside the sandbox.
 *
 * Order is everything here. A sandboxed child scans the file; only a clean one is taken. Then this process opens what it needs (file, socket), enters the
 * sandbox, and only there reads the first byte of the model itself. From then on it can accept connections and nothing else.
 */
#include "cli/commands.h"
#include "cli/model.h"
#include "cli/options.h"

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "model/read.h"
#include "model/serve.h"
#include "os/file.h"
#include "os/sandbox.h"
#include "scan/scan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct serve_args {
    const char *model, *host, *port, *threads;
} serve_args;

/* --- admission ----------------------------------------------------------------------------------------------------------- */

static str first_reason(const json_t *target)
{
    const json_t *first = json_array_get(json_object_get(target, "findings"), 0);
    str title = json_text(first, "title");
    return title.len ? title : STR("the scanner gave no reason");
}

static void print_findings(const json_t *target)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(target, "findings"), i, item)
    {
        str call = json_text(item, "call");
        fprintf(stderr, "  %-8.*s %.*s%s%.*s\n", STR_ARG(json_text(item, "severity")),
                STR_ARG(json_text(item, "title")), call.len ? ": " : "", STR_ARG(call));
    }
}

/* Clean by the scanner's word, which a sandboxed child gave. */
static bool admit(const serve_args *args, int fd, err *e)
{
    AUTO(spawner_stop) spawner *s = NULL;
    AUTO(json_release) json_t *target = NULL;
    if (!spawner_start(&s, e) || !scan_file(s, fd, str_from_c(args->model), &target, e)) return false;
    str judged = json_text(target, "verdict");
    if (str_eq(judged, STR("clean"))) return true;
    if (str_eq(judged, STR("not_a_model")))
        return err_set(e, ERR_BLOCKED, "%s is not served: it is no model of a known format", args->model);
    print_findings(target);
    return err_set(e, ERR_BLOCKED, "%s is not served: its verdict is %.*s (%.*s)", args->model,
                   STR_ARG(judged), STR_ARG(first_reason(target)));
}

/* --- what must be open before the sandbox -------------------------------------------------------------------------------- */

static bool parse_address(const serve_args *args, struct sockaddr_in *out, err *e)
{
    uint64_t number;
    *out = (struct sockaddr_in){.sin_family = AF_INET};
    if (!str_to_u64(str_from_c(args->port), &number) || number > UINT16_MAX)
        return err_set(e, ERR_INVALID, "--port must be 0 to 65535, not '%s'", args->port);
    if (inet_pton(AF_INET, args->host, &out->sin_addr) != 1)
        return err_set(e, ERR_INVALID,
                       "--host must be an IPv4 address such as 127.0.0.1 or 0.0.0.0, not '%s'", args->host);
    out->sin_port = htons((uint16_t)number);
    return true;
}

static bool parse_threads(const serve_args *args, uint64_t *threads, err *e)
{
    *threads = 0;
    if (!args->threads || (str_to_u64(str_from_c(args->threads), threads) && *threads >= 1 && *threads <= 64))
        return true;
    return err_set(e, ERR_INVALID, "--threads must be 1 to 64, not '%s'", args->threads);
}

static bool listen_on(const serve_args *args, int *out, unsigned *port, err *e)
{
    struct sockaddr_in address;
    if (!parse_address(args, &address, e)) return false;
    AUTO(fd_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot make a socket");
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, SOMAXCONN) != 0)
        return err_set_errno(e, ERR_CONFLICT, "cannot listen on %s:%s (take another with --port)", args->host,
                             args->port);
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot ask for the port");
    *port = ntohs(address.sin_port);
    *out = fd_take(&fd);
    return true;
}

typedef struct opened {
    int model_fd, listen_fd;
    unsigned port, threads;
    bytes model;
    digest sha256;
    sigset_t stop;
} opened;

/* Signals are blocked here, before any thread exists, so that only the wait below gets them. */
static bool block_signals(sigset_t *stop, err *e)
{
    sigemptyset(stop);
    sigaddset(stop, SIGTERM);
    sigaddset(stop, SIGINT);
    if (sigprocmask(SIG_BLOCK, stop, NULL) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot block signals");
    return true;
}

static bool open_all(const serve_args *args, opened *o, err *e)
{
    uint64_t threads, size_bytes;
    if (!parse_threads(args, &threads, e)) return false;
    /* Counting the cores reads a file, which the sandbox would not allow. */
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    o->threads = threads ? (unsigned)threads : cores > 8 ? 8 : cores > 0 ? (unsigned)cores : 1;
    if (!file_open_read(args->model, &o->model_fd, e) || !file_size(o->model_fd, &size_bytes, e))
        return false;
    if (size_bytes > LIMIT_MODEL_BYTES)
        return err_set(e, ERR_TOO_LARGE, "%s has %llu bytes, LIMIT_MODEL_BYTES allows %llu", args->model,
                       (unsigned long long)size_bytes, (unsigned long long)LIMIT_MODEL_BYTES);
    return admit(args, o->model_fd, e) && listen_on(args, &o->listen_fd, &o->port, e) &&
           block_signals(&o->stop, e) && file_map(o->model_fd, &o->model, e);
}

/* --- serving ------------------------------------------------------------------------------------------------------------- */

enum { STOP_GRACE_MS = 10000 };

/* Not through stdio, which would ask for the kind of descriptor: not allowed any more. */
static bool announce(const serve_args *args, const opened *o, const forest *f, int64_t started_us, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    buf_printf(&text, "serving   %s: %s of scikit-learn %s, %zu tree%s, %zu features\n", args->model,
               estimator_of(f->kind)->name, f->version.text, f->tree_count, f->tree_count == 1 ? "" : "s",
               f->feature_count);
    buf_printf(
        &text,
        "sha256    %s\naddress   http://%s:%u/predict   try it: http://%s:%u/docs\nready     in %.0f ms\n",
        digest_hex(o->sha256).text, args->host, o->port, args->host, o->port,
        (double)(clock_mono_us() - started_us) / 1e3);
    return buf_ok(&text, "the greeting", e) && fd_write_all(STDOUT_FILENO, buf_bytes(&text), e);
}

static str base_name(const char *path)
{
    str whole = str_from_c(path);
    return str_skip(whole, (size_t)(str_find_last(whole, '/') + 1));
}

/* Inside the sandbox: the file's bytes are met here for the first time. */
static bool serve(const serve_args *args, opened *o, int64_t started_us, err *e)
{
    AUTO(forest_free) forest *f = NULL;
    if (!digest_of(DIGEST_SHA256, o->model, &o->sha256, e)) return false;
    if (!forest_read(o->model, &f, e)) return err_wrap(e, "%s is not served", args->model);
    digest_string hex = digest_hex(o->sha256);
    logger log = {.fd = STDERR_FILENO, .level_min = LOG_WARN};
    model_server_config config = {.forest = f,
                                  .name = base_name(args->model),
                                  .sha256 = str_from_c(hex.text),
                                  .listen_fd = o->listen_fd,
                                  .event_threads = o->threads,
                                  .log = &log};
    model_server *server = NULL;
    if (!model_server_start(&config, &server, e)) return false;
    bool told = announce(args, o, f, started_us, e);
    int signal_number;
    while (told && sigwait(&o->stop, &signal_number) != 0) continue;
    model_server_stop(server, STOP_GRACE_MS);
    return told;
}

/* Libraries that open files when they are first used are used once, while files can still be opened. */
static bool warm_up(err *e)
{
    digest ignored;
    /* malloc reads a file of /proc before it shrinks the heap of a thread: so it never shrinks one. Large blocks are maps of their
     * own and do go back. */
    if (!mallopt(M_TRIM_THRESHOLD, INT_MAX))
        return err_set(e, ERR_INTERNAL, "cannot set malloc's trim threshold");
    json_object_seed(0);
    tzset(); /* the Date header asks for the time zone, even in UTC */
    return digest_of(DIGEST_SHA256, str_bytes(STR("warm")), &ignored, e);
}

static bool run(const serve_args *args, err *e)
{
    int64_t started_us = clock_mono_us();
    opened o = {.model_fd = -1, .listen_fd = -1};
    sandbox_limits limits = {.memory_bytes = LIMIT_SERVE_MEMORY_BYTES};
    return open_all(args, &o, e) && warm_up(e) && sandbox_enter(SANDBOX_SERVE, limits, e) &&
           serve(args, &o, started_us, e);
}

int cli_model_serve(int argc, char **argv)
{
    serve_args args = {.host = "127.0.0.1", .port = "8000"};
    const cli_option options[] = {
        {"--port", "N", "port to listen on (8000; 0 takes any)", &args.port, NULL, NULL},
        {"--host", "ADDRESS", "address to listen on (127.0.0.1; 0.0.0.0 is all)", &args.host, NULL, NULL},
        {"--threads", "N", "event threads (all cores)", &args.threads, NULL, NULL},
    };
    const cli_usage usage = {
        "assay model serve MODEL [OPTIONS]",
        "Serves a scikit-learn forest from its pickle or joblib file, without Python and without unpickling\n"
        "it. The file is scanned first; what is not clean is not served.",
        "assay model serve model.pkl --port 8000", options, COUNT_OF(options)};
    option_list rest = {0};
    bool help;
    err e = {0};
    if (!options_parse(&usage, argc, argv, &rest, &help, &e)) return cli_complain("serve", &e, CLI_USAGE);
    if (help) return CLI_DONE;
    if (rest.count != 1) {
        err_set(&e, ERR_INVALID, "give one model file; see --help");
        return cli_complain("serve", &e, CLI_USAGE);
    }
    args.model = rest.items[0];
    struct sockaddr_in address;
    uint64_t threads;
    if (!parse_address(&args, &address, &e) || !parse_threads(&args, &threads, &e))
        return cli_complain("serve", &e, CLI_USAGE);
    bool ok = run(&args, &e);
    int code =
        ok ? CLI_DONE : cli_complain("serve", &e, e.code == ERR_BLOCKED ? CLI_FAILED_POLICY : CLI_UNFINISHED);
    /* Inside the sandbox exit handlers of libraries could make a call that is not allowed any more. */
    _exit(code);
}
