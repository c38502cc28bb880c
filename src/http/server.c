/*
 * http/server.c - the library's daemon, its socket and its end.
 */
#include "exchange.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/limits.h"
#include "os/file.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    /* Half of it is the library's read buffer. It is zeroed after each request, so more would cost every small one;
     * bodies gather in the larger spool buffers instead. */
    CONNECTION_MEMORY_BYTES = 64 * 1024,
    LISTEN_BACKLOG = 1024,
    EVENT_THREADS_MAX = 8,
};

/* --- the socket --------------------------------------------------------------------------------------------------- */

/* "host:port"; the host may be empty, a name, an IPv4 address or an IPv6 address in brackets. */
static bool split_address(str listen_at, arena *a, const char **host, const char **port, err *e)
{
    ptrdiff_t colon = str_find_last(listen_at, ':');
    uint64_t number;
    if (colon < 0 || !str_to_u64(str_skip(listen_at, (size_t)colon + 1), &number) || number > 65535)
        return err_set(e, ERR_INVALID,
                       "'%.*s' is no address to listen on; write ADDRESS:PORT, like 127.0.0.1:8082",
                       STR_ARG(listen_at));
    str name = str_slice(listen_at, 0, (size_t)colon);
    if (str_starts_with(name, STR("[")) && str_ends_with(name, STR("]")))
        name = str_slice(name, 1, name.len - 2);
    *host = NULL;
    if (name.len > 0 && !str_to_c(a, name, host, e)) return false;
    return str_to_c(a, str_skip(listen_at, (size_t)colon + 1), port, e);
}

bool http_listen_check(const char *listen_at, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, 4096);
    const char *host, *port;
    return split_address(str_from_c(listen_at), &a, &host, &port, e);
}

static bool listen_on(const struct addrinfo *at, int *out)
{
    AUTO(fd_close) int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, off = 0;
    if (fd < 0) return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (at->ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, LISTEN_BACKLOG) != 0) return false;
    *out = fd_take(&fd);
    return true;
}

static bool open_socket(const char *listen_at, int *out, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, 4096);
    const char *host, *port;
    if (!split_address(str_from_c(listen_at), &a, &host, &port, e)) return false;

    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int status = getaddrinfo(host, port, &hints, &found);
    if (status != 0)
        return err_set(e, ERR_INVALID, "cannot listen on '%s': %s", listen_at, gai_strerror(status));
    /* For all addresses an IPv6 socket also takes IPv4. A name such as localhost, which has both, means IPv4 to most clients. */
    bool done = false;
    const int families[2] = {host ? AF_INET : AF_INET6, host ? AF_INET6 : AF_INET};
    for (size_t i = 0; i < COUNT_OF(families); i++)
        for (const struct addrinfo *at = found; at && !done; at = at->ai_next)
            if (at->ai_family == families[i]) done = listen_on(at, out);
    int reason = errno;
    freeaddrinfo(found);
    if (done) return true;
    errno = reason;
    return err_set_errno(e, ERR_UNAVAILABLE, "cannot listen on '%s'", listen_at);
}

static unsigned port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0) return 0;
    if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&address)->sin_port) : 0;
}

static const char TLS_PRIORITIES[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

/* --- the daemon --------------------------------------------------------------------------------------------------- */

/* Decoding is ours (gate.c): what the library leaves as it came is decoded exactly once. */
static size_t keep_encoded(void *cls UNUSED, struct MHD_Connection *connection UNUSED, char *text)
{
    return strlen(text);
}

__attribute__((format(printf, 2, 0))) static void log_library(void *cls, const char *format, va_list args)
{
    const http_server *s = cls;
    char text[512];
    int len = vsnprintf(text, sizeof(text), format, args);
    if (len <= 0) return;
    str line = str_slice(str_from_c(text), 0, (size_t)len);
    log_debug(s->config.log, "http.library", LOG_STR("text", str_trim(line)));
}

static unsigned event_thread_count(const http_server_config *config)
{
    /* Asked for only when needed: it reads a file, which a sandboxed server may not. */
    long cores = config->event_threads ? (long)config->event_threads : sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = cores > 0 ? (unsigned)cores : 1;
    return count < EVENT_THREADS_MAX ? count : EVENT_THREADS_MAX;
}

/* Signals are the main thread's business. */
static struct MHD_Daemon *start_daemon(http_server *s)
{
    unsigned threads = event_thread_count(&s->config);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL},
                                    {MHD_OPTION_END, 0, NULL}};
    if (threads < 2) pool[0].option = MHD_OPTION_END; /* one thread is no pool */
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)s->config.tls_certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)s->config.tls_key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL}};
    if (s->config.tls_certificate)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon = mhd.start_daemon(
        flags, 0, NULL, NULL, exchange_on_data, s, MHD_OPTION_EXTERNAL_LOGGER, log_library, s,
        MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_URI_LOG_CALLBACK, exchange_on_target, s,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded, NULL, MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed,
        s, MHD_OPTION_NOTIFY_CONNECTION, patience_on_connection, s->patience,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)LIMIT_HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LIMIT_HTTP_IDLE_S,
        MHD_OPTION_ARRAY, pool, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

static void server_free(http_server *s)
{
    patience_stop(s->patience);
    if (s->workers) {
        worker_pool_stop(s->workers);
        worker_pool_free(s->workers);
    }
    fd_close(s->listen_fd);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->idle_lock);
    free(s);
}

static bool open_all(http_server *s, err *e)
{
    if (s->config.listen && !open_socket(s->config.listen, &s->listen_fd, e)) return false;
    s->port = port_of(s->listen_fd);
    if (!worker_pool_start(s->config.worker_threads, &s->workers, e)) return false;
    if (getrandom(&s->id_prefix, sizeof(s->id_prefix), 0) != sizeof(s->id_prefix))
        return err_set_errno(e, ERR_INTERNAL, "no random bytes");
    if (!patience_start(s->config.tls_key != NULL, &s->patience, e)) return false;
    s->daemon = start_daemon(s);
    if (!s->daemon && s->config.tls_key)
        return err_set(e, ERR_INVALID,
                       "cannot speak TLS on port %u: certificate and key must be PEM, and belong together",
                       s->port);
    return s->daemon || err_set_errno(e, ERR_UNAVAILABLE, "cannot start the HTTP server on port %u", s->port);
}

bool http_load(err *e)
{
    return mhd_load(e);
}

bool http_server_start(const http_server_config *config, http_server **out, err *e)
{
    if (!mhd_load(e)) return false;
    http_server *s = fault_hit(FAULT_MEMORY) ? NULL : calloc(1, sizeof(*s));
    if (!s) return err_set(e, ERR_MEMORY, "no memory for the HTTP server");
    s->config = *config;
    s->quiet_fd = -1;
    s->listen_fd = config->listen ? -1 : config->listen_fd;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->idle_lock, NULL);
    pthread_cond_init(&s->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!open_all(s, e)) {
        server_free(s);
        return false;
    }
    *out = s;
    return true;
}

unsigned http_server_port(const http_server *s)
{
    return s->port;
}

bool http_server_is_stopping(const http_server *s)
{
    return atomic_load(&s->stopping);
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

static void wait_until_idle(http_server *s, uint64_t grace_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(grace_ms / 1000);
    until.tv_nsec += (long)(grace_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->idle_lock);
    int status = 0;
    while (atomic_load(&s->running) > 0 && status == 0)
        status = pthread_cond_timedwait(&s->idle, &s->idle_lock, &until);
    pthread_mutex_unlock(&s->idle_lock);
}

static uint64_t connection_count(http_server *s)
{
    const union MHD_DaemonInfo *info = mhd.get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info ? info->num_connections : 0;
}

/* The library tells of no closed connection but when asked: so it is asked, some fifty times a second. */
void http_server_drain(http_server *s, http_draining how)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000000};
    atomic_store(&s->stopping, true);
    if (s->quiet_fd < 0) s->quiet_fd = mhd.quiesce_daemon(s->daemon);
    if (how.refuses && s->quiet_fd >= 0) (void)shutdown(s->quiet_fd, SHUT_RDWR);
    int64_t now_us = clock_mono_us(), until_us = now_us + (int64_t)how.grace_ms * 1000, asked_us = now_us;
    uint64_t asked = atomic_load(&s->id_next);
    while (connection_count(s) > 0 && now_us < until_us && now_us - asked_us < (int64_t)how.quiet_ms * 1000) {
        nanosleep(&pause, NULL);
        now_us = clock_mono_us();
        if (atomic_load(&s->running) == 0 && atomic_load(&s->id_next) == asked) continue;
        asked = atomic_load(&s->id_next);
        asked_us = now_us;
    }
}

/* The library aborts when it is stopped with suspended connections. So the workers end first: they resume what they hold,
 * and what the event threads would suspend from then on is refused by the pool and resumed at once. */
void http_server_stop(http_server *s, uint64_t grace_ms)
{
    if (!s) return;
    atomic_store(&s->stopping, true);
    if (s->quiet_fd < 0) s->quiet_fd = mhd.quiesce_daemon(s->daemon);
    wait_until_idle(s, grace_ms);
    worker_pool_stop(s->workers);
    mhd.stop_daemon(s->daemon);
    server_free(s);
}

void http_server_stats_read(http_server *s, http_server_stats *out)
{
    worker_stats workers;
    worker_stats_read(s->workers, &workers);
    *out = (http_server_stats){.connections = connection_count(s),
                               .requests_running = atomic_load(&s->running),
                               .uploads_running = atomic_load(&s->uploads),
                               .workers = workers.threads,
                               .workers_busy = workers.busy,
                               .queue_length = workers.queued};
}
