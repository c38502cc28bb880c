/*
 * cli/server.c - starts the parts of the platform in their order, waits for the signal to stop, and ends them in reverse.
 *
 * The order matters: the lock comes before anything is written, the spawner before any thread exists (a child must not
 * inherit locks that another thread holds), HTTP last, so that the first request finds everything there.
 */
#include "server.h"

#include "server_config.h"
#include "server_lock.h"

#include "api/authorise.h"
#include "api/metrics.h"
#include "api/routes.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "os/file.h"
#include "os/spawner.h"
#include "registry/registry.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    STOP_GRACE_MS = 10000,
    DESCRIPTORS_WANTED = 65536,
    SETUP_ARENA_BYTES = 1 << 20,
    LARGE_BLOCK_BYTES = 512 * 1024,
    HEAPS_MAX = 4
};

typedef struct platform {
    server_config config;
    arena memory;
    logger log;
    app state;
    auth_first *first; /* being hashed, until it was waited for */
    int lock_fd;
    http_server *http;
} platform;

/* --- the process -------------------------------------------------------------------------------------------------- */

/* Thousands of connections and uploads need descriptors; the soft limit is usually 1024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_WANTED) return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Argon2 takes tens of megabytes for a moment, on any worker. By default glibc would keep such blocks in the heaps of all
 * threads for good; mapped on their own they go back at once. */
static void return_large_blocks(void)
{
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
    mallopt(M_ARENA_MAX, HEAPS_MAX);
}

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

/* The main thread waits for these; all threads are started with them blocked. */
static void hold_signals(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* After the first signal the second does what signals do by default: it ends the process. */
static void wait_for_stop(const platform *p)
{
    sigset_t set = stop_signals();
    int number = 0;
    sigwait(&set, &number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    log_info(&p->log, "server.stopping", LOG_I64("signal", number));
}

static logger make_logger(const server_config *config)
{
    str format = str_from_c(config->log_format);
    bool for_people = format.len ? str_eq(format, STR("text")) : isatty(STDERR_FILENO) == 1;
    return (logger){.fd = STDERR_FILENO, .level_min = LOG_INFO, .for_people = for_people};
}

/* --- starting ----------------------------------------------------------------------------------------------------- */

static void print_password(secret password)
{
    str text = secret_reveal(password);
    const char *rule = "+------------------------------------------------------------------+";
    printf("\n%s\n| %-64s |\n| %-64s |\n", rule, "First start: the administrator was created.", "");
    printf("|   user      %-52s |\n|   password  %-52.*s |\n", "admin", STR_ARG(text));
    printf("| %-64s |\n| %-64s |\n%s\n\n", "", "This password is shown only now. Sign in and change it.",
           rule);
    fflush(stdout);
}

static void wait_for_first(platform *p)
{
    if (p->first) auth_first_wait(p->first);
    p->first = NULL;
}

static bool first_begin(platform *p, err *e)
{
    return auth_first_begin(p->config.admin_password, &p->memory, &p->first, e) ||
           err_wrap(e, "creating the first administrator");
}

static bool first_admin(platform *p, err *e)
{
    bool created = false, was_chosen = secret_reveal(p->config.admin_password).len > 0, wanted;
    secret password;
    if (!auth_first_is_wanted(p->state.auth, &wanted, e)) return false;
    if (!wanted) return true;
    if (!p->first && !first_begin(p, e)) return false; /* an earlier first start was cut short */
    const auth_first *first = p->first;
    wait_for_first(p);
    if (!auth_first_admin(p->state.auth, first, &created, &password, e)) return false;
    if (created && !was_chosen) print_password(password);
    if (created && was_chosen)
        printf("First start: the user 'admin' was created, with the password of ASSAY_ADMIN_PASSWORD.\n");
    return true;
}

static bool open_store(platform *p, err *e)
{
    app *state = &p->state;
    const char *folder = state->data_folder;
    if (meta_is_new(folder) && !first_begin(p, e)) return false;
    if (!meta_open(folder, &state->meta, e) || !blob_store_open(folder, &state->blobs, e) ||
        !auth_open(state->meta, &state->auth, e))
        return err_wrap(e, "opening '%s'", folder);
    if (p->config.let_anonymous_read) auth_let_anonymous_read(state->auth);
    auth_first_hold(state->auth, true);
    return true;
}

static bool open_services(platform *p, err *e)
{
    app *state = &p->state;
    if (!policy_service_open(state->meta, &p->log, &state->policies, e)) return false;
    const scan_config scans = {.meta = state->meta,
                               .blobs = state->blobs,
                               .spawner = state->spawner,
                               .log = &p->log,
                               .folder = state->data_folder,
                               .judged = policy_judge_blob,
                               .judged_ctx = state->policies};
    return scan_service_start(&scans, &state->scans, e) && metrics_new(&state->metrics, e);
}

static bool start_http(platform *p, err *e)
{
    const http_server_config http = {.listen = p->config.listen,
                                     .tables = api_tables,
                                     .table_count = api_table_count,
                                     .app = &p->state,
                                     .log = &p->log,
                                     .authorise = api_authorise,
                                     .finished = api_request_finished};
    if (http_server_start(&http, &p->http, e)) return true;
    if (e->code != ERR_UNAVAILABLE) return false;
    err why = *e;
    return err_set(e, why.code, "%s; give another address with --listen, or stop what has this one",
                   why.message);
}

static bool write_port_file(const platform *p, err *e)
{
    char text[16];
    if (!p->config.port_file) return true;
    int len = snprintf(text, sizeof(text), "%u\n", http_server_port(p->http));
    return file_write_atomic(p->config.port_file, (bytes){(const uint8_t *)text, (size_t)len}, 0644, e);
}

/* Where a browser on this machine finds it. */
static void announce(const platform *p)
{
    unsigned port = http_server_port(p->http);
    log_info(&p->log, "server.started", LOG_C("listen", p->config.listen), LOG_U64("port", port),
             LOG_C("data", p->state.data_folder));
    printf("Assay is up: http://localhost:%u (data in '%s'). Ctrl-C stops it.\n", port, p->state.data_folder);
    fflush(stdout);
}

static bool start(platform *p, err *e)
{
    app *state = &p->state;
    p->log = make_logger(&p->config);
    state->log = &p->log;
    state->data_folder = p->config.data_folder;
    state->started_ms = clock_wall_ms();
    return_large_blocks();
    raise_descriptor_limit();
    if (!dir_make_all(state->data_folder, 0700, e) || !server_lock_take(state->data_folder, &p->lock_fd, e))
        return false;
    if (!spawner_start(&state->spawner, e)) return err_wrap(e, "starting the spawner");
    hold_signals();
    /* It answers while the first password is still being hashed; only who shows a password waits for that. */
    bool is_up = open_store(p, e) && open_services(p, e) && start_http(p, e) && first_admin(p, e);
    if (state->auth) auth_first_hold(state->auth, false);
    return is_up && write_port_file(p, e);
}

/* --- stopping ----------------------------------------------------------------------------------------------------- */

static void stop(platform *p)
{
    app *state = &p->state;
    wait_for_first(p);
    if (p->http) http_server_stop(p->http, STOP_GRACE_MS);
    if (state->spawner) spawner_cancel(state->spawner); /* scans are taken up again at the next start */
    if (state->scans) scan_service_stop(state->scans);
    if (state->policies) policy_service_close(state->policies);
    if (state->auth) auth_close(state->auth);
    if (state->blobs) blob_store_close(state->blobs);
    if (state->meta) meta_close(state->meta);
    if (state->spawner) spawner_stop(state->spawner);
    metrics_free(state->metrics);
    fd_close(p->lock_fd);
    arena_done(&p->memory);
}

int server_run(int argc, char **argv)
{
    platform p = {.lock_fd = -1};
    err e = {0};
    bool help = false;
    arena_init(&p.memory, SETUP_ARENA_BYTES);
    if (!server_config_read(argc, argv, &p.memory, &p.config, &help, &e)) {
        fprintf(stderr, "assay server: %s\n", e.message);
        arena_done(&p.memory);
        return CLI_USAGE;
    }
    int code = CLI_DONE;
    if (!help && start(&p, &e)) {
        announce(&p);
        wait_for_stop(&p);
    } else if (!help) {
        fprintf(stderr, "assay server: %s\n", e.message);
        code = CLI_UNFINISHED;
    }
    stop(&p);
    if (code == CLI_DONE && !help) log_info(&p.log, "server.stopped", LOG_C("data", p.config.data_folder));
    return code;
}
