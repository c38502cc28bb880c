/*
 * serve/processes.c - starting serving processes and telling them to finish.
 *
 * A serving process is a fork of the supervisor, which holds no model and no connection: it gives up everything that serving does not need before it enters its
 * sandbox. The token for the store is wiped from its memory, and so is the environment.
 */
#include "supervisor.h"

#include "os/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Close what belongs to the supervisor: other processes' sockets, signals, and the versions before. */
static void forget_others(supervisor *s)
{
    fd_close(s->signal_fd);
    fd_close(s->serving.pid ? s->serving.control_fd : -1);
    fd_close(s->starting.pid ? s->starting.control_fd : -1);
    for (size_t i = 0; i < DRAINING_MAX; i++) fd_close(s->draining[i].pid ? s->draining[i].control_fd : -1);
    for (size_t i = 0; i < s->slot_count; i++) {
        slot *at = &s->slots[i];
        fd_close(at->helper_fd);
        fd_close(at->previous.model_fd);
        fd_close(at->previous.card_fd);
        if (!slot_has_candidate(at)) continue;
        fd_close(at->current.model_fd);
        fd_close(at->current.card_fd);
    }
}

static void fill_models(const supervisor *s, child_model *models)
{
    for (size_t i = 0; i < s->slot_count; i++) {
        const slot *at = &s->slots[i];
        const admitted *a = slot_has_candidate(at) ? &at->candidate : &at->current;
        models[i] = (child_model){.name = str_from_c(at->source.name),
                                  .version = str_from_c(a->version),
                                  .sha256 = str_from_c(a->sha256),
                                  .source = str_from_c(at->source.place),
                                  .model_fd = a->model_fd,
                                  .card_fd = a->card_fd};
    }
}

_Noreturn static void become_serving(supervisor *s, int control_fd)
{
    child_model *models = calloc(s->slot_count, sizeof *models);
    if (!models) _exit(1);
    fill_models(s, models);
    forget_others(s);
    source_forget_secrets(s->store_token);
    const settings *told = s->has_tried ? &s->tried : &s->settings;
    if (s->has_tried) settings_drop(&s->settings);
    const child_setup setup = {.models = models,
                               .model_count = s->slot_count,
                               .control_fd = control_fd,
                               .listen_fd = s->listen_fd,
                               .request_log_fd = told->request_log_fd,
                               .threads = s->threads,
                               .tokens = &told->tokens,
                               .tls_certificate = told->tls_certificate,
                               .tls_key = told->tls_key,
                               .request_log_sample = s->options->request_log_sample,
                               .log_features = s->options->log_features};
    child_serve(&setup);
}

bool process_start(supervisor *s, process *out, err *e)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot make a socket for a serving process");
    AUTO(fd_close) int ours = ends[0];
    AUTO(fd_close) int theirs = ends[1];
    pid_t pid = fork();
    if (pid == 0) {
        close(ours);
        become_serving(s, theirs);
    }
    if (pid < 0) return err_set_errno(e, ERR_INTERNAL, "cannot start a serving process");
    for (size_t i = 0; i < s->slot_count; i++) s->slots[i].is_tried = slot_has_candidate(&s->slots[i]);
    *out = (process){pid, fd_take(&ours)};
    return true;
}

/* Its socket stays open: it tells by closing it that it is gone. */
void process_finish(supervisor *s, process *p, child_order order)
{
    if (!p->pid) return;
    (void)send(p->control_fd, &order, sizeof order, MSG_NOSIGNAL);
    for (size_t i = 0; i < DRAINING_MAX; i++) {
        if (s->draining[i].pid) continue;
        s->draining[i] = *p;
        *p = (process){0};
        return;
    }
    /* So many at once happens only when clients hold on to their connections over many reloads: the oldest must go. */
    kill(s->draining[0].pid, SIGKILL);
    close(s->draining[0].control_fd);
    s->draining[0] = *p;
    *p = (process){0};
}
