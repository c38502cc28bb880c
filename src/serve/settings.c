/*
 * serve/settings.c - what a serving process is told that may change while the server runs: tokens, certificate and key, the request log.
 *
 * They are read anew when their files move and on SIGHUP, and tried in a fresh serving process like a new model: what cannot be used is told, and the old ones stay.
 */
#include "supervisor.h"

#include "base/limits.h"
#include "os/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_BYTES_MIN = 16, SETTINGS_BYTES = 4 << 20 };

bool settings_read_text(arena *a, const char *path, const char **out, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    bool ok = file_read_all(path, &text, e) && str_to_c(a, buf_str(&text), out, e);
    /* It may be a secret, and forks would inherit it. */
    if (text.data) explicit_bzero(text.data, text.capacity);
    return ok;
}

static bool add_token(settings *s, str token, const char *where, err *e)
{
    token = str_trim(token);
    if (token.len == 0) return true;
    if (token.len < TOKEN_BYTES_MIN)
        return err_set(e, ERR_INVALID,
                       "a token of %s has %zu bytes; at least %d are wanted, as from 'openssl rand -hex 32'",
                       where, token.len, TOKEN_BYTES_MIN);
    if (s->tokens.count == SERVE_TOKENS_MAX)
        return err_set(e, ERR_INVALID, "%s has more than %d tokens", where, SERVE_TOKENS_MAX);
    s->tokens.items[s->tokens.count++] = secret_of(token);
    return true;
}

/* One token a line: two of them while one is replaced by the other. */
static bool read_tokens(const serve_options *o, settings *s, err *e)
{
    const char *text = NULL, *from_environment = getenv("ASSAY_SERVE_TOKEN");
    if (o->token && !settings_read_text(&s->memory, o->token, &text, e)) return false;
    if (!o->token && from_environment) {
        str copy = arena_copy(&s->memory, str_from_c(from_environment));
        return add_token(s, copy, "ASSAY_SERVE_TOKEN", e) &&
               (s->tokens.count || err_set(e, ERR_INVALID, "ASSAY_SERVE_TOKEN is empty"));
    }
    str rest = str_from_c(text), line;
    while (str_next(&rest, '\n', &line))
        if (!add_token(s, line, o->token, e)) return false;
    if (o->token && s->tokens.count == 0) return err_set(e, ERR_INVALID, "'%s' holds no token", o->token);
    return true;
}

static bool read_certificate(const serve_options *o, settings *s, err *e)
{
    if (!o->tls_certificate != !o->tls_key)
        return err_set(e, ERR_INVALID, "--tls-cert and --tls-key go together");
    return !o->tls_certificate ||
           (settings_read_text(&s->memory, o->tls_certificate, &s->tls_certificate, e) &&
            settings_read_text(&s->memory, o->tls_key, &s->tls_key, e));
}

static bool open_request_log(const serve_options *o, settings *s, err *e)
{
    const char *path = o->request_log;
    if (!path) return true;
    s->request_log_fd = strcmp(path, "-") == 0
                            ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                            : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return s->request_log_fd >= 0 || err_set_errno(e, ERR_STORAGE, "cannot open the request log '%s'", path);
}

bool settings_read(const serve_options *o, settings *out, err *e)
{
    settings s = {.request_log_fd = -1};
    arena_init(&s.memory, SETTINGS_BYTES);
    if (!read_tokens(o, &s, e) || !read_certificate(o, &s, e) || !open_request_log(o, &s, e)) {
        settings_drop(&s);
        return false;
    }
    *out = s;
    return true;
}

void settings_wipe(settings *s)
{
    for (size_t i = 0; i < s->tokens.count; i++) {
        str token = secret_reveal(s->tokens.items[i]);
        explicit_bzero((char *)(uintptr_t)token.data, token.len);
    }
    if (s->tls_key) explicit_bzero((char *)(uintptr_t)s->tls_key, strlen(s->tls_key));
}

void settings_drop(settings *s)
{
    settings_wipe(s);
    fd_close(s->request_log_fd);
    arena_done(&s->memory);
    *s = (settings){.request_log_fd = -1};
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_file(int a, int b)
{
    struct stat x, y;
    if (a < 0 || b < 0) return a == b;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool settings_equal(const settings *a, const settings *b)
{
    bool same = a->tokens.count == b->tokens.count && same_text(a->tls_certificate, b->tls_certificate) &&
                same_text(a->tls_key, b->tls_key) && same_file(a->request_log_fd, b->request_log_fd);
    for (size_t i = 0; same && i < a->tokens.count; i++)
        same = secret_eq(a->tokens.items[i], b->tokens.items[i]);
    return same;
}

/* --- when they change -------------------------------------------------------------------------------------------------------- */

/* Files that are still being written, or of which only one of two is new yet, move between two looks. */
static bool files_moved(supervisor *s)
{
    const char *paths[SETTINGS_FILES] = {s->options->token, s->options->tls_certificate, s->options->tls_key};
    bool moved = false, settled = true;
    for (size_t i = 0; i < SETTINGS_FILES; i++) {
        file_state now = {0};
        if (!paths[i] || !file_state_of(paths[i], &now)) continue;
        settled = settled && file_state_equal(&now, &s->settings_noticed[i]);
        moved = moved || !file_state_equal(&now, &s->settings_seen[i]);
        s->settings_noticed[i] = now;
    }
    if (moved && settled) memcpy(s->settings_seen, s->settings_noticed, sizeof s->settings_seen);
    return moved && settled;
}

void settings_look(supervisor *s, bool is_asked)
{
    if (s->has_tried || (!files_moved(s) && !is_asked)) return;
    settings fresh;
    err why = {0};
    if (!settings_read(s->options, &fresh, &why)) {
        log_warn(&s->log, "serve.settings_refused", LOG_ERR(&why));
    } else if (settings_equal(&fresh, &s->settings)) {
        settings_drop(&fresh);
    } else {
        s->tried = fresh;
        s->has_tried = true;
    }
}

void settings_commit(supervisor *s)
{
    if (!s->has_tried) return;
    settings_drop(&s->settings);
    s->settings = s->tried;
    s->tried = (settings){.request_log_fd = -1};
    s->has_tried = false;
    log_info(&s->log, "serve.settings_taken", LOG_C("what", "tokens, certificate or request log are new"));
}

void settings_give_up(supervisor *s)
{
    if (!s->has_tried) return;
    settings_drop(&s->tried);
    s->has_tried = false;
    log_warn(&s->log, "serve.settings_refused", LOG_C("error", "no serving process could start with them"));
}
