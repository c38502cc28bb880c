/*
 * http/patience.c - a list of the connections, and a thread that looks through it once a second while there are any.
 *
 * A connection is ended by shutting its socket down: the library then finds it closed, and does the rest. Its descriptor is still its own, as the library tells of
 * the end (and waits for the lock) before it closes it.
 */
#include "patience.h"

#include "mhd.h"

#include "base/clock.h"
#include "base/limits.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { SLOWEST_BYTES_PER_S = 32 * 1024, SECOND_US = 1000000 };

typedef struct waiter {
    struct waiter *next, **link;
    int fd;
    atomic_bool is_body;
    atomic_int_least64_t since_us; /* 0: it waits for nothing */
    atomic_int_least64_t extra_us; /* for the bytes of a body */
} waiter;

struct patience {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    waiter *first;
    size_t count;
    bool is_stopping, is_encrypted;
};

/* --- the thread -------------------------------------------------------------------------------------------------------------- */

static void end_waiter(const patience *p, const waiter *w)
{
    static const char answer[] =
        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    /* Below the encryption nothing may be written but by the library; and who sent no whole head may not wait for an answer. */
    if (atomic_load(&w->is_body) && !p->is_encrypted)
        (void)!send(w->fd, answer, sizeof(answer) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(w->fd, SHUT_RDWR);
}

static void look_through(patience *p)
{
    bool is_crowded = p->count > LIMIT_HTTP_CONNECTIONS / 4 * 3;
    int64_t now_us = clock_mono_us();
    int64_t most_us = (int64_t)(is_crowded ? LIMIT_HTTP_SLOW_CROWDED_S : LIMIT_HTTP_SLOW_S) * SECOND_US;
    for (waiter *w = p->first; w; w = w->next) {
        int64_t since_us = atomic_load(&w->since_us);
        if (since_us == 0 || now_us - since_us < most_us + atomic_load(&w->extra_us)) continue;
        end_waiter(p, w);
        atomic_store(&w->since_us, 0);
    }
}

static void *look_on(void *arg)
{
    patience *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->is_stopping) {
        struct timespec next;
        clock_gettime(CLOCK_MONOTONIC, &next);
        next.tv_sec++;
        if (p->first)
            pthread_cond_timedwait(&p->wake, &p->lock, &next);
        else
            pthread_cond_wait(&p->wake, &p->lock);
        look_through(p);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* --- life -------------------------------------------------------------------------------------------------------------------- */

static void patience_free(patience *p)
{
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

bool patience_start(bool is_encrypted, patience **out, err *e)
{
    patience *p = calloc(1, sizeof *p);
    if (!p) return err_set(e, ERR_MEMORY, "no memory to watch connections");
    p->is_encrypted = is_encrypted;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&p->thread, NULL, look_on, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != 0) {
        patience_free(p);
        return err_set(e, ERR_MEMORY, "cannot start the thread that watches connections: %s",
                       strerror(status));
    }
    *out = p;
    return true;
}

void patience_stop(patience *p)
{
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    p->is_stopping = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    patience_free(p);
}

/* --- connections ------------------------------------------------------------------------------------------------------------- */

static void add_waiter(patience *p, struct MHD_Connection *connection, void **context)
{
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    waiter *w = info ? calloc(1, sizeof *w) : NULL;
    *context = w;
    if (!w) return; /* then only the library's timeout watches it */
    w->fd = info->connect_fd;
    atomic_store(&w->since_us, clock_mono_us());
    pthread_mutex_lock(&p->lock);
    w->next = p->first;
    w->link = &p->first;
    if (w->next) w->next->link = &w->next;
    p->first = w;
    if (p->count++ == 0) pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

static void remove_waiter(patience *p, waiter *w)
{
    pthread_mutex_lock(&p->lock);
    *w->link = w->next;
    if (w->next) w->next->link = w->link;
    p->count--;
    pthread_mutex_unlock(&p->lock);
    free(w);
}

void patience_on_connection(void *cls, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        add_waiter(cls, connection, context);
    else if (*context)
        remove_waiter(cls, *context);
}

static waiter *waiter_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void wait_for(struct MHD_Connection *connection, int64_t since_us, bool is_body, uint64_t size_bytes)
{
    waiter *w = waiter_of(connection);
    if (!w) return;
    /* First nothing: the thread must not meet the new kind with the old time. */
    atomic_store(&w->since_us, 0);
    if (since_us == 0) return;
    atomic_store(&w->is_body, is_body);
    atomic_store(&w->extra_us, (int64_t)(size_bytes / SLOWEST_BYTES_PER_S) * SECOND_US);
    atomic_store(&w->since_us, since_us);
}

void patience_for_head(struct MHD_Connection *connection)
{
    wait_for(connection, clock_mono_us(), false, 0);
}

void patience_for_body(struct MHD_Connection *connection, uint64_t size_bytes)
{
    wait_for(connection, clock_mono_us(), true, size_bytes);
}

void patience_for_nothing(struct MHD_Connection *connection)
{
    wait_for(connection, 0, false, 0);
}
