/*
 * serve/slots.c - one model of the supervisor: looking at its place, admitting what is new, keeping what was before.
 */
#include "supervisor.h"

#include "base/clock.h"
#include "os/file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_POLL_S = 1, STORE_POLL_S = 10 };

static void admitted_drop(admitted *a)
{
    fd_close(a->model_fd);
    fd_close(a->card_fd);
    *a = (admitted){.model_fd = -1, .card_fd = -1};
}

bool slot_has_candidate(const slot *at)
{
    return at->candidate.model_fd >= 0;
}

/* --- looking ----------------------------------------------------------------------------------------------------------------- */

/* A file that is still being written moves between two looks: it is taken when it has settled. */
static bool file_moved(slot *at)
{
    file_state now = {0};
    bool there = file_state_of(at->source.path, &now);
    bool settled = there && file_state_equal(&now, &at->noticed);
    at->noticed = now;
    return settled && !file_state_equal(&now, &at->seen);
}

bool slot_wants_look(supervisor *s, slot *at, int64_t now_us)
{
    if (at->helper_fd >= 0 || slot_has_candidate(at)) return false;
    bool asked = at->check_now;
    if (!asked && now_us < at->next_look_us) return false;
    unsigned usual = at->source.is_store ? STORE_POLL_S : FILE_POLL_S;
    at->next_look_us =
        now_us + (int64_t)(s->options->poll_seconds ? s->options->poll_seconds : usual) * 1000000;
    at->check_now = false;
    return asked || at->source.is_store || file_moved(at);
}

/* --- helpers ----------------------------------------------------------------------------------------------------------------- */

bool slot_start_helper(supervisor *s, slot *at, err *e)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot make a helper's socket");
    AUTO(fd_close) int ours = ends[0];
    AUTO(fd_close) int theirs = ends[1];
    pid_t pid = fork();
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        fd_close(s->listen_fd);
        settings_wipe(&s->settings);
        settings_wipe(&s->tried);
        const preparing what = {&at->source, s->options, s->store_token, at->current.sha256};
        source_prepare(&what, theirs);
    }
    if (pid < 0) return err_set_errno(e, ERR_INTERNAL, "cannot start a helper");
    at->helper = pid;
    at->helper_fd = fd_take(&ours);
    return true;
}

static void name_version(slot *at, const prepared *p, char *out)
{
    bool usable = p->version[0] != '\0';
    for (const char *c = p->version; *c; c++)
        usable = usable && strchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-", *c);
    if (at->source.version[0])
        memcpy(out, at->source.version, NAME_BYTES);
    else if (usable)
        memcpy(out, p->version, NAME_BYTES);
    else
        snprintf(out, NAME_BYTES, "%u", ++at->versions_counted);
}

static void take_candidate(supervisor *s, slot *at, const prepared *p, int model_fd, int card_fd)
{
    at->candidate = (admitted){.model_fd = model_fd, .card_fd = card_fd};
    memcpy(at->candidate.sha256, p->sha256, sizeof p->sha256);
    name_version(at, p, at->candidate.version);
    if (p->was_overridden)
        log_warn(&s->log, "serve.admission_overridden", LOG_C("model", at->source.name),
                 LOG_C("sha256", p->sha256), LOG_C("scanner", p->error.message));
}

bool slot_take_prepared(supervisor *s, slot *at, err *e)
{
    prepared p = {0};
    int model_fd = -1, card_fd = -1;
    bool heard = prepared_receive(at->helper_fd, &p, &model_fd, &card_fd);
    close(at->helper_fd);
    at->helper_fd = -1;
    at->helper = 0;
    if (!heard) return err_set(e, ERR_CHILD, "%s: the helper that reads it died", at->source.place);
    p.sha256[sizeof p.sha256 - 1] = p.version[sizeof p.version - 1] =
        p.error.message[sizeof p.error.message - 1] = '\0';
    /* Refused or not, this state of the file is not looked at again; one that could not be read is tried again. */
    if (p.state.inode) at->seen = at->noticed = p.state;
    if (p.kind == PREPARED_ADMITTED && model_fd >= 0) {
        take_candidate(s, at, &p, model_fd, card_fd);
        return true;
    }
    fd_close(model_fd);
    fd_close(card_fd);
    if (p.kind == PREPARED_UNCHANGED) return true;
    return err_set(e, p.error.code, "%s", p.error.message);
}

/* --- candidates -------------------------------------------------------------------------------------------------------------- */

void slot_commit(slot *at)
{
    admitted before = at->current;
    at->current = at->candidate;
    at->candidate = (admitted){.model_fd = -1, .card_fd = -1};
    if (!at->is_rollback) admitted_drop(&at->previous);
    at->previous = before;
    at->is_rollback = at->is_tried = false;
}

void slot_drop_candidate(slot *at)
{
    if (at->is_rollback)
        at->previous = at->candidate;
    else
        admitted_drop(&at->candidate);
    at->candidate = (admitted){.model_fd = -1, .card_fd = -1};
    at->is_rollback = at->is_tried = false;
}

/* The file that is there now was seen already, so it does not come back by itself; the next that is written does. */
bool slot_roll_back(slot *at)
{
    if (at->previous.model_fd < 0 || slot_has_candidate(at)) return false;
    at->candidate = at->previous;
    at->previous = (admitted){.model_fd = -1, .card_fd = -1};
    at->is_rollback = true;
    return true;
}
