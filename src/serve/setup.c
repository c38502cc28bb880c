/*
 * serve/setup.c - what the supervisor opens and reads before it forks: socket, tokens, certificate, request log.
 */
#include "supervisor.h"

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/digest.h"
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

typedef union any_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} any_address;

/* "127.0.0.1", "0.0.0.0", "::1", "::" (IPv4 too), "localhost". No look-up: a server that listens somewhere else than was read would be a surprise. */
static bool read_address(const serve_options *o, any_address *out, socklen_t *len, err *e)
{
    uint64_t number;
    const char *host = strcmp(o->host, "localhost") == 0 ? "127.0.0.1" : o->host;
    if (!str_to_u64(str_from_c(o->port), &number) || number > UINT16_MAX)
        return err_set(e, ERR_INVALID, "--port must be 0 to 65535, not '%s'", o->port);
    *out = (any_address){.v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number)}};
    *len = sizeof out->v4;
    if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) return true;
    *out = (any_address){.v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)number)}};
    *len = sizeof out->v6;
    if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) return true;
    return err_set(e, ERR_INVALID,
                   "--host must be an address such as 127.0.0.1, 0.0.0.0, ::1 or ::, not '%s'", o->host);
}

static bool listen_on(const serve_options *o, int *out, unsigned *port, err *e)
{
    any_address address;
    socklen_t len;
    if (!read_address(o, &address, &len, e)) return false;
    AUTO(fd_close) int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, off = 0;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot make a socket");
    /* "::" takes both families, whatever the system's default is. */
    if (address.any.sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot make a socket");
    if (bind(fd, &address.any, len) != 0 || listen(fd, SOMAXCONN) != 0)
        return err_set_errno(e, ERR_CONFLICT, "cannot listen on %s port %s (take another with --port)",
                             o->host, o->port);
    if (getsockname(fd, &address.any, &len) != 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot ask for the port");
    *port = ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
    *out = fd_take(&fd);
    return true;
}

/* A small text file, with its NUL. */
static bool read_text(arena *a, const char *path, const char **out, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_CONFIG_BYTES);
    bool ok = file_read_all(path, &text, e) && str_to_c(a, buf_str(&text), out, e);
    /* It may be a secret, and forks would inherit it. */
    if (text.data) explicit_bzero(text.data, text.capacity);
    return ok;
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
    bool ok = str_to_c(&s->memory, str_trim(str_from_c(text)), &s->store_token, e);
    if (text != from_environment) explicit_bzero((char *)(uintptr_t)text, strlen(text));
    return ok;
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

/* libcrypto reads its configuration when it is first used: once here, instead of once in every fork. */
static bool warm_up(err *e)
{
    digest ignored;
    return digest_of(DIGEST_SHA256, str_bytes(STR("warm")), &ignored, e);
}

bool supervisor_prepare(supervisor *s, err *e)
{
    /* Counting the cores reads a file, which the sandbox would not allow. */
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    s->threads = s->options->threads ? s->options->threads : cores > 8 ? 8 : cores > 0 ? (unsigned)cores : 1;
    return read_sources(s, e) && read_tokens(s, e) && read_store_token(s, e) && read_certificate(s, e) &&
           open_request_log(s, e) && open_signals(s, e) && warm_up(e) &&
           listen_on(s->options, &s->listen_fd, &s->port, e);
}

void supervisor_forget_own_secrets(supervisor *s)
{
    for (size_t i = 0; i < s->tokens.count; i++) {
        str token = secret_reveal(s->tokens.items[i]);
        explicit_bzero((char *)(uintptr_t)token.data, token.len);
    }
    if (s->tls_key) explicit_bzero((char *)(uintptr_t)s->tls_key, strlen(s->tls_key));
}

void supervisor_done(supervisor *s)
{
    fd_close(s->listen_fd);
    fd_close(s->signal_fd);
    fd_close(s->request_log_fd);
    arena_done(&s->memory);
}
