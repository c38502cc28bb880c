/*
 * serve/setup.c - what the supervisor opens and reads before it forks: socket, tokens, certificate, request log.
 */
#include "supervisor.h"

#include "base/clock.h"
#include "base/limits.h"
#include "os/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TOKEN_BYTES_MIN = 16 };

static bool listen_on(const serve_options *o, int *out, unsigned *port, err *e)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    uint64_t number;
    if (!str_to_u64(str_from_c(o->port), &number) || number > UINT16_MAX)
        return err_set(e, ERR_INVALID, "--port must be 0 to 65535, not '%s'", o->port);
    if (inet_pton(AF_INET, o->host, &address.sin_addr) != 1)
        return err_set(e, ERR_INVALID,
                       "--host must be an IPv4 address such as 127.0.0.1 or 0.0.0.0, not '%s'", o->host);
    address.sin_port = htons((uint16_t)number);
    AUTO(fd_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot make a socket");
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, SOMAXCONN) != 0)
        return err_set_errno(e, ERR_CONFLICT, "cannot listen on %s:%s (take another with --port)", o->host,
                             o->port);
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot ask for the port");
    *port = ntohs(address.sin_port);
    *out = fd_take(&fd);
    return true;
}

/* A small text file, with its NUL. */
static bool read_text(arena *a, const char *path, const char **out, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    return file_read_all(path, &text, e) && str_to_c(a, buf_str(&text), out, e);
}

static bool add_token(supervisor *s, str token, const char *where, err *e)
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
static bool read_tokens(supervisor *s, err *e)
{
    const char *text = NULL, *from_environment = getenv("ASSAY_SERVE_TOKEN");
    if (s->options->token && !read_text(&s->memory, s->options->token, &text, e)) return false;
    if (!s->options->token && from_environment) {
        str copy = arena_copy(&s->memory, str_from_c(from_environment));
        return add_token(s, copy, "ASSAY_SERVE_TOKEN", e) &&
               (s->tokens.count || err_set(e, ERR_INVALID, "ASSAY_SERVE_TOKEN is empty"));
    }
    str rest = str_from_c(text), line;
    while (str_next(&rest, '\n', &line))
        if (!add_token(s, line, s->options->token, e)) return false;
    if (s->options->token && s->tokens.count == 0)
        return err_set(e, ERR_INVALID, "'%s' holds no token", s->options->token);
    return true;
}

static bool read_store_token(supervisor *s, err *e)
{
    const char *from_environment = getenv("ASSAY_TOKEN"), *text = from_environment;
    if (s->options->store_token && !read_text(&s->memory, s->options->store_token, &text, e)) return false;
    if (!text) return true;
    str token = str_trim(str_from_c(text));
    return str_to_c(&s->memory, token, &s->store_token, e);
}

static bool read_certificate(supervisor *s, err *e)
{
    const serve_options *o = s->options;
    if (!o->tls_certificate != !o->tls_key)
        return err_set(e, ERR_INVALID, "--tls-cert and --tls-key go together");
    return !o->tls_certificate || (read_text(&s->memory, o->tls_certificate, &s->tls_certificate, e) &&
                                   read_text(&s->memory, o->tls_key, &s->tls_key, e));
}

static bool open_request_log(supervisor *s, err *e)
{
    const char *path = s->options->request_log;
    if (!path) return true;
    s->request_log_fd = strcmp(path, "-") == 0
                            ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                            : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return s->request_log_fd >= 0 || err_set_errno(e, ERR_STORAGE, "cannot open the request log '%s'", path);
}

/* Signals become something to read, before anything is forked. */
static bool open_signals(supervisor *s, err *e)
{
    sigset_t wanted;
    sigemptyset(&wanted);
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
    for (size_t i = 0; i < COUNT_OF(numbers); i++) sigaddset(&wanted, numbers[i]);
    if (sigprocmask(SIG_BLOCK, &wanted, NULL) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot block signals");
    s->signal_fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    return s->signal_fd >= 0 || err_set_errno(e, ERR_INTERNAL, "cannot wait for signals");
}

static bool check_versions(const supervisor *s, err *e)
{
    for (size_t i = 0; i < s->slot_count; i++)
        for (size_t k = 0; k < i; k++) {
            const source *a = &s->slots[i].source, *b = &s->slots[k].source;
            if (strcmp(a->name, b->name) != 0) continue;
            if (!a->version[0] || !b->version[0] || strcmp(a->version, b->version) == 0)
                return err_set(
                    e, ERR_INVALID,
                    "two models are named '%s': tell them apart, as %s@1=PATH %s@2=PATH, or give them names",
                    a->name, a->name, a->name);
        }
    return true;
}

static bool read_sources(supervisor *s, err *e)
{
    const serve_options *o = s->options;
    if (o->model_count > LIMIT_SERVE_MODELS)
        return err_set(e, ERR_TOO_LARGE, "%zu models were named, LIMIT_SERVE_MODELS allows %d",
                       o->model_count, (int)LIMIT_SERVE_MODELS);
    s->slot_count = o->model_count;
    s->slots = arena_alloc_array(&s->memory, s->slot_count, sizeof *s->slots);
    if (!s->slots) return err_set(e, ERR_MEMORY, "no memory for the models");
    for (size_t i = 0; i < s->slot_count; i++) {
        slot *at = &s->slots[i];
        at->helper_fd = -1;
        at->current = at->previous = at->candidate = (admitted){.model_fd = -1, .card_fd = -1};
        if (!source_parse(o->models[i], o->store, &at->source, e)) return false;
    }
    return check_versions(s, e);
}

bool supervisor_prepare(supervisor *s, err *e)
{
    /* Counting the cores reads a file, which the sandbox would not allow. */
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    s->threads = s->options->threads ? s->options->threads : cores > 8 ? 8 : cores > 0 ? (unsigned)cores : 1;
    return read_sources(s, e) && read_tokens(s, e) && read_store_token(s, e) && read_certificate(s, e) &&
           open_request_log(s, e) && open_signals(s, e) && listen_on(s->options, &s->listen_fd, &s->port, e);
}

void supervisor_done(supervisor *s)
{
    fd_close(s->listen_fd);
    fd_close(s->signal_fd);
    fd_close(s->request_log_fd);
    arena_done(&s->memory);
}
