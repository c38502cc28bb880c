/*
 * serve/supervisor.c - the loop that watches over models and serving processes.
 *
 * One transition at a time: candidates are tried together in a new serving process; when that is ready they are committed and the old process drains; when it
 * fails they are dropped and the old process never knew. What a serving process says is taken for hostile.
 */
#include "supervisor.h"

#include "base/clock.h"
#include "os/file.h"
#include "os/resident.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RELOAD_DRAIN_MS = 10000,
    STOP_DRAIN_MS = 5000,
    DEATH_WINDOW_US = 60 * 1000000,
    SETTINGS_LOOK_US = 1000000
};

/* --- telling ----------------------------------------------------------------------------------------------------------------- */

/* A serving process has read hostile bytes: its words may be anything. */
static void clean_text(child_message *m)
{
    m->text[sizeof m->text - 1] = '\0';
    for (char *c = m->text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
}

static void tell_loaded(supervisor *s, const child_message *m)
{
    const slot *at = &s->slots[m->model];
    const admitted *a = slot_has_candidate(at) ? &at->candidate : &at->current;
    if (s->greeted) {
        if (slot_has_candidate(at))
            log_info(&s->log, at->is_rollback ? "serve.rolling_back" : "serve.loading",
                     LOG_C("model", at->source.name), LOG_C("version", a->version),
                     LOG_C("sha256", a->sha256), LOG_C("what", m->text));
        return;
    }
    printf("serving   %s as %s, version %s: %s\nsha256    %s\n", at->source.place, at->source.name,
           a->version, m->text, a->sha256);
}

static void tell_ready(supervisor *s)
{
    if (s->greeted) return;
    const char *scheme = s->settings.tls_certificate ? "https" : "http", *host = s->options->host;
    const char *open = strchr(host, ':') ? "[" : "", *close = open[0] ? "]" : "";
    printf("address   %s://%s%s%s:%u/predict   try it: %s://%s%s%s:%u/docs\nready     in %.0f ms\n", scheme,
           open, host, close, s->port, scheme, open, host, close, s->port,
           (double)(clock_mono_us() - s->started_us) / 1e3);
    fflush(stdout);
    s->greeted = true;
    resident_drop_code();
}

static void tell_refused(supervisor *s, const slot *at, const err *e)
{
    log_warn(&s->log, "serve.refused", LOG_C("model", at->source.name), LOG_C("serving", at->current.version),
             LOG_ERR(e));
}

/* --- transitions ------------------------------------------------------------------------------------------------------------- */

static bool any_candidate(const supervisor *s)
{
    for (size_t i = 0; i < s->slot_count; i++)
        if (slot_has_candidate(&s->slots[i])) return true;
    return false;
}

static void drop_tried(supervisor *s)
{
    for (size_t i = 0; i < s->slot_count; i++)
        if (s->slots[i].is_tried) slot_drop_candidate(&s->slots[i]);
}

static void commit_tried(supervisor *s)
{
    for (size_t i = 0; i < s->slot_count; i++) {
        slot *at = &s->slots[i];
        if (!at->is_tried) continue;
        bool was_rollback = at->is_rollback;
        slot_commit(at);
        if (s->greeted)
            log_info(&s->log, was_rollback ? "serve.rolled_back" : "serve.reloaded",
                     LOG_C("model", at->source.name), LOG_C("version", at->current.version),
                     LOG_C("sha256", at->current.sha256));
    }
}

static void take_over(supervisor *s)
{
    commit_tried(s);
    settings_commit(s);
    process before = s->serving;
    s->serving = s->starting;
    s->starting = (process){0};
    process_finish(s, &before, (child_order){.drain_ms = RELOAD_DRAIN_MS});
    tell_ready(s);
}

/* --- what serving processes say ---------------------------------------------------------------------------------------------- */

static void on_failed(supervisor *s, const child_message *m, err *first)
{
    err why = {0};
    const slot *at = m->model < s->slot_count ? &s->slots[m->model] : NULL;
    err_set(&why, ERR_UNSUPPORTED, "%s is not served: %s", at ? at->source.place : "the new set of models",
            m->text);
    if (s->greeted && at) tell_refused(s, at, &why);
    if (s->greeted && !at) log_error(&s->log, "serve.start_failed", LOG_ERR(&why));
    if (!s->greeted) *first = why;
}

static void on_message(supervisor *s, process *from, child_message *m, err *e)
{
    clean_text(m);
    bool is_starting = from == &s->starting, in_range = m->model < s->slot_count;
    switch (m->word) {
    case CHILD_LOADED:
        if (is_starting && in_range) tell_loaded(s, m);
        break;
    case CHILD_READY:
        if (is_starting) take_over(s);
        break;
    case CHILD_FAILED:
        if (is_starting) on_failed(s, m, e);
        break;
    case CHILD_CHECK:
        if (in_range) s->slots[m->model].check_now = true;
        break;
    case CHILD_ROLLBACK:
        if (in_range && !slot_roll_back(&s->slots[m->model]))
            log_warn(&s->log, "serve.rollback_impossible", LOG_C("model", s->slots[m->model].source.name),
                     LOG_C("error", "there is no version before, or another is just starting"));
        break;
    }
}

/* Too many deaths in a short time are no accident: better to stop, and be seen to, than to spin. */
static bool bury_serving(supervisor *s, err *e)
{
    int64_t now_us = clock_mono_us();
    size_t last = COUNT_OF(s->deaths_us) - 1;
    log_error(&s->log, "serve.process_died", LOG_I64("pid", s->serving.pid));
    s->serving = (process){0};
    if (s->deaths_us[0] && now_us - s->deaths_us[0] < DEATH_WINDOW_US)
        return err_set(e, ERR_CHILD, "the serving process died %zu times within a minute",
                       COUNT_OF(s->deaths_us) + 1);
    memmove(s->deaths_us, s->deaths_us + 1, last * sizeof s->deaths_us[0]);
    s->deaths_us[last] = now_us;
    if (s->starting.pid) return true;
    return process_start(s, &s->starting, e);
}

static bool on_gone(supervisor *s, process *p, err *e)
{
    close(p->control_fd);
    if (p == &s->serving && !s->is_stopping) return bury_serving(s, e);
    bool was_starting = p == &s->starting;
    *p = (process){0};
    if (!was_starting || s->is_stopping) return true;
    drop_tried(s);
    settings_give_up(s);
    if (!s->greeted)
        return e->code != ERR_NONE
                   ? false
                   : err_set(e, ERR_CHILD, "the serving process died while it read the model");
    log_error(&s->log, "serve.start_failed",
              LOG_C("error", "the new serving process ended before it was ready; the old one goes on"));
    if (s->serving.pid) return true;
    return process_start(s, &s->starting, e); /* what was admitted before is tried again */
}

static bool hear(supervisor *s, process *p, err *e)
{
    child_message m = {0};
    ssize_t got = recv(p->control_fd, &m, sizeof m, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (got <= 0) return on_gone(s, p, e);
    if (got == (ssize_t)sizeof m) on_message(s, p, &m, e);
    return true;
}

/* --- models ------------------------------------------------------------------------------------------------------------------ */

static bool hear_helper(supervisor *s, slot *at, err *e)
{
    err why = {0};
    if (slot_take_prepared(s, at, &why)) return true;
    if (!s->greeted) {
        *e = why;
        return false;
    }
    tell_refused(s, at, &why);
    return true;
}

static bool all_prepared(const supervisor *s)
{
    for (size_t i = 0; i < s->slot_count; i++)
        if (s->slots[i].current.model_fd < 0 && !slot_has_candidate(&s->slots[i])) return false;
    return true;
}

static bool look_after_models(supervisor *s, err *e)
{
    int64_t now_us = clock_mono_us();
    for (size_t i = 0; i < s->slot_count && s->greeted; i++) {
        err why = {0};
        if (slot_wants_look(s, &s->slots[i], now_us) && !slot_start_helper(s, &s->slots[i], &why))
            tell_refused(s, &s->slots[i], &why);
    }
    if (s->greeted && !s->starting.pid && (s->settings_asked || now_us >= s->settings_look_us)) {
        settings_look(s, s->settings_asked);
        s->settings_asked = false;
        s->settings_look_us = now_us + SETTINGS_LOOK_US;
    }
    if (s->starting.pid || (!any_candidate(s) && !s->has_tried) || !all_prepared(s)) return true;
    return process_start(s, &s->starting, e);
}

/* --- signals ----------------------------------------------------------------------------------------------------------------- */

static void kill_all(supervisor *s)
{
    process *all[DRAINING_MAX + 2] = {&s->serving, &s->starting};
    for (size_t i = 0; i < DRAINING_MAX; i++) all[i + 2] = &s->draining[i];
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (all[i]->pid) kill(all[i]->pid, SIGKILL);
    for (size_t i = 0; i < s->slot_count; i++)
        if (s->slots[i].helper) kill(s->slots[i].helper, SIGKILL);
}

static void on_stop(supervisor *s)
{
    if (s->is_stopping) {
        kill_all(s);
        return;
    }
    s->is_stopping = true;
    child_order order = {
        .unready_ms = s->options->drain_seconds * 1000, .drain_ms = STOP_DRAIN_MS, .is_last = true};
    if (s->starting.pid) kill(s->starting.pid, SIGKILL);
    process_finish(s, &s->serving, order);
}

static void hear_signals(supervisor *s)
{
    struct signalfd_siginfo told;
    while (read(s->signal_fd, &told, sizeof told) == (ssize_t)sizeof told) {
        if (told.ssi_signo == SIGTERM || told.ssi_signo == SIGINT) on_stop(s);
        if (told.ssi_signo == SIGHUP) s->settings_asked = true;
        for (size_t i = 0; told.ssi_signo == SIGHUP && i < s->slot_count; i++) s->slots[i].check_now = true;
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}

/* --- the loop ---------------------------------------------------------------------------------------------------------------- */

static bool is_finished(const supervisor *s)
{
    bool running = s->serving.pid || s->starting.pid;
    for (size_t i = 0; i < DRAINING_MAX; i++) running |= s->draining[i].pid != 0;
    return s->is_stopping && !running;
}

enum { WATCHED_MAX = 3 + DRAINING_MAX + 64 };
typedef struct watching {
    struct pollfd fds[WATCHED_MAX];
    process *processes[WATCHED_MAX];
    slot *slots[WATCHED_MAX];
    size_t count;
} watching;

static void watch(watching *w, int fd, process *p, slot *at)
{
    if (w->count == WATCHED_MAX) return;
    w->fds[w->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    w->processes[w->count] = p;
    w->slots[w->count++] = at;
}

static void watch_all(supervisor *s, watching *w)
{
    watch(w, s->signal_fd, NULL, NULL);
    if (s->serving.pid) watch(w, s->serving.control_fd, &s->serving, NULL);
    if (s->starting.pid) watch(w, s->starting.control_fd, &s->starting, NULL);
    for (size_t i = 0; i < DRAINING_MAX; i++)
        if (s->draining[i].pid) watch(w, s->draining[i].control_fd, &s->draining[i], NULL);
    for (size_t i = 0; i < s->slot_count; i++)
        if (s->slots[i].helper_fd >= 0) watch(w, s->slots[i].helper_fd, NULL, &s->slots[i]);
}

/* One event at a time: what it changes may make the others' places wrong. */
static bool step(supervisor *s, err *e)
{
    enum { TICK_MS = 250 };
    watching w = {.count = 0};
    watch_all(s, &w);
    if (poll(w.fds, w.count, TICK_MS) < 0 && errno != EINTR)
        return err_set_errno(e, ERR_INTERNAL, "cannot wait for events");
    for (size_t i = 0; i < w.count; i++) {
        if (!w.fds[i].revents) continue;
        if (w.processes[i]) return hear(s, w.processes[i], e);
        if (w.slots[i]) return hear_helper(s, w.slots[i], e);
        hear_signals(s);
        return true;
    }
    return true;
}

static bool run(supervisor *s, err *e)
{
    if (!supervisor_prepare(s, e)) return false;
    for (size_t i = 0; i < s->slot_count; i++)
        if (!slot_start_helper(s, &s->slots[i], e)) return false;
    /* While they scan: a library that serving processes inherit, as they may not load it. */
    if (!http_load(e)) return false;
    while (!is_finished(s)) {
        if (!s->is_stopping && !look_after_models(s, e)) return false;
        if (!step(s, e)) return false;
    }
    return true;
}

bool serve_run(const serve_options *options, err *e)
{
    supervisor *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "no memory to serve models");
    s->options = options;
    s->listen_fd = s->signal_fd = -1;
    s->settings = s->tried = (settings){.request_log_fd = -1};
    s->log = (logger){.fd = STDERR_FILENO, .level_min = LOG_INFO, .for_people = isatty(STDERR_FILENO) == 1};
    s->started_us = clock_mono_us();
    arena_init(&s->memory, 64 << 20);
    bool ok = run(s, e);
    kill_all(s);
    supervisor_done(s);
    free(s);
    return ok;
}
