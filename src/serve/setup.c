/*
 * serve/setup.c - what the supervisor opens and reads before it forks.
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
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

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

static bool read_store_token(supervisor *s, err *e)
{
    const char *from_environment = getenv("ASSAY_TOKEN"), *text = from_environment;
    if (s->options->store_token && !settings_read_text(&s->memory, s->options->store_token, &text, e))
        return false;
    if (!text) return true;
    bool ok = str_to_c(&s->memory, str_trim(str_from_c(text)), &s->store_token, e);
    if (text != from_environment) explicit_bzero((char *)(uintptr_t)text, strlen(text));
    return ok;
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

/* Shells allow a thousand descriptors, the kernel more: every connection is one. What the sandboxed child inherits it cannot raise. */
static void allow_connections(void)
{
    struct rlimit files;
    rlim_t wanted = LIMIT_HTTP_CONNECTIONS + 256;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted) return;
    files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

bool supervisor_prepare(supervisor *s, err *e)
{
    allow_connections();
    /* Counting the cores reads a file, which the sandbox would not allow. */
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    s->threads = s->options->threads ? s->options->threads : cores > 8 ? 8 : cores > 0 ? (unsigned)cores : 1;
    return read_sources(s, e) && settings_read(s->options, &s->settings, e) && read_store_token(s, e) &&
           open_signals(s, e) && listen_on(s->options, &s->listen_fd, &s->port, e);
}

void supervisor_done(supervisor *s)
{
    fd_close(s->listen_fd);
    fd_close(s->signal_fd);
    settings_drop(&s->settings);
    settings_drop(&s->tried);
    arena_done(&s->memory);
}
