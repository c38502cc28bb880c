/*
 * serve/child.c - the serving process: only inside the sandbox is the first byte of a model looked at.
 */
#include "child.h"

#include "base/clock.h"
#include "base/limits.h"
#include "codec/json.h"
#include "os/file.h"
#include "os/resident.h"
#include "os/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STOP_GRACE_MS = 10000, QUIET_MS = 500 };

static bool say(int control_fd, child_word word, size_t which, const char *text)
{
    child_message m = {.word = word, .model = (uint32_t)which};
    snprintf(m.text, sizeof m.text, "%s", text);
    return send(control_fd, &m, sizeof m, MSG_NOSIGNAL) == (ssize_t)sizeof m;
}

static bool pass_command(void *ctx, serve_command what, size_t which)
{
    const child_setup *setup = ctx;
    return say(setup->control_fd, what == COMMAND_ROLLBACK ? CHILD_ROLLBACK : CHILD_CHECK, which, "");
}

/* Libraries that open files when they are first used are used once, while files can still be opened. */
static bool warm_up(err *e)
{
    /* malloc reads a file of /proc before it shrinks the heap of a thread: so it never shrinks one. Large blocks are maps of their
     * own and do go back. */
    if (!mallopt(M_TRIM_THRESHOLD, INT_MAX))
        return err_set(e, ERR_INTERNAL, "cannot set malloc's trim threshold");
    json_object_seed(0);
    tzset(); /* the Date header asks for the time zone, even in UTC */
    return true;
}

/* --- models ------------------------------------------------------------------------------------------------------------------ */

/* Mapped before the sandbox is entered, looked at inside. A model may go on reading its file (model/model.h), so its map stays. */
typedef struct mapped {
    bytes model, card;
} mapped;

static bool map_models(const child_setup *setup, mapped *maps, err *e)
{
    for (size_t i = 0; i < setup->model_count; i++) {
        const child_model *from = &setup->models[i];
        if (!file_map(from->model_fd, &maps[i].model, e)) return false;
        if (from->card_fd >= 0 && !file_map(from->card_fd, &maps[i].card, e)) return false;
    }
    return true;
}

/* Pages that nobody reads go, and come back if they are wanted. */
static void let_go(bytes map)
{
    if (map.len) (void)madvise((void *)(uintptr_t)map.data, map.len, MADV_DONTNEED);
}

static bool read_model(const child_model *from, const mapped *map, const logger *log, metrics_model *to,
                       err *e)
{
    int64_t started_us = clock_mono_us();
    model *m = NULL;
    served *s = NULL;
    const served_as as = {from->name, from->version, from->sha256, from->source};
    if (!model_read(map->model, &m, e) || !served_new(m, &as, &s, e)) return false;
    err card = {0};
    if (map->card.len && !served_add_card(s, map->card, &card))
        log_warn(log, "serve.card_ignored", LOG_STR("model", from->name), LOG_ERR(&card));
    let_go(map->model);
    let_go(map->card);
    *to = (metrics_model){.served = s,
                          .load_seconds = (double)(clock_mono_us() - started_us) / 1e6,
                          .loaded_ms = clock_wall_ms()};
    return true;
}

static void tell_loaded(const child_setup *setup, size_t which, const metrics_model *m)
{
    const model_info *about = served_about(m->served);
    char text[sizeof(((child_message *)NULL)->text)];
    snprintf(text, sizeof text, "%.*s of %.*s%s%.*s, %.*s", STR_ARG(str_slice(about->name, 0, 100)),
             STR_ARG(str_slice(about->library, 0, 100)), about->version.len ? " " : "",
             STR_ARG(str_slice(about->version, 0, 40)), STR_ARG(str_slice(about->summary, 0, 300)));
    (void)say(setup->control_fd, CHILD_LOADED, which, text);
}

static bool read_models(const child_setup *setup, const mapped *maps, const logger *log,
                        metrics_model *models, err *e)
{
    for (size_t i = 0; i < setup->model_count; i++) {
        if (!read_model(&setup->models[i], &maps[i], log, &models[i], e)) {
            (void)say(setup->control_fd, CHILD_FAILED, i, e->message);
            return false;
        }
        tell_loaded(setup, i, &models[i]);
    }
    return true;
}

/* --- serving ----------------------------------------------------------------------------------------------------------------- */

/* False: the supervisor is gone. */
static bool wait_for_order(int control_fd, child_order *order)
{
    for (;;) {
        ssize_t got = recv(control_fd, order, sizeof *order, 0);
        if (got < 0 && errno == EINTR) continue;
        return got == (ssize_t)sizeof *order;
    }
}

static void finish(model_server *server, int control_fd)
{
    child_order order = {0};
    if (wait_for_order(control_fd, &order) && order.unready_ms) {
        model_server_unready(server);
        struct pollfd gone = {.fd = control_fd, .events = POLLIN};
        (void)poll(&gone, 1, (int)order.unready_ms);
    }
    if (order.drain_ms) model_server_drain(server, (http_draining){order.drain_ms, QUIET_MS, order.is_last});
    model_server_unready(server);
    model_server_stop(server, STOP_GRACE_MS);
}

static bool serve(const child_setup *setup, const mapped *maps, metrics_model *models, int statm_fd, err *e)
{
    logger log = {.fd = STDERR_FILENO, .level_min = LOG_WARN};
    if (!read_models(setup, maps, &log, models, e)) return false;
    model_server_config config = {.models = models,
                                  .model_count = setup->model_count,
                                  .listen_fd = setup->listen_fd,
                                  .statm_fd = statm_fd,
                                  .event_threads = setup->threads,
                                  .tokens = setup->tokens,
                                  .tls_certificate = setup->tls_certificate,
                                  .tls_key = setup->tls_key,
                                  .request_log_fd = setup->request_log_fd,
                                  .request_log_sample = setup->request_log_sample,
                                  .log_features = setup->log_features,
                                  .started_ms = clock_wall_ms(),
                                  .log = &log,
                                  .command = pass_command,
                                  .command_ctx = (void *)(uintptr_t)setup};
    model_server *server = NULL;
    if (!model_server_start(&config, &server, e)) {
        (void)say(setup->control_fd, CHILD_FAILED, UINT32_MAX, e->message);
        return false;
    }
    (void)say(setup->control_fd, CHILD_READY, 0, "");
    resident_drop_code();
    finish(server, setup->control_fd);
    return true;
}

_Noreturn void child_serve(const child_setup *setup)
{
    err e = {0};
    metrics_model *models = calloc(setup->model_count, sizeof *models);
    mapped *maps = calloc(setup->model_count, sizeof *maps);
    int statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    sandbox_limits limits = {.memory_bytes = LIMIT_SERVE_MEMORY_BYTES};
    bool ready = ((models && maps) || err_set(&e, ERR_MEMORY, "no memory for models")) &&
                 map_models(setup, maps, &e) && warm_up(&e) && sandbox_enter(SANDBOX_SERVE, limits, &e);
    if (!ready) (void)say(setup->control_fd, CHILD_FAILED, UINT32_MAX, e.message);
    bool ok = ready && serve(setup, maps, models, statm_fd, &e);
    /* Inside the sandbox exit handlers of libraries could make a call that is not allowed any more. */
    _exit(ok ? 0 : 1);
}
