/*
 * http/exchange.h - one request and its answer while they are worked on. Private to http.
 *
 * A request is touched by one thread at a time: the event thread of its connection, or, while the connection is suspended,
 * a worker. The one exception is a spooled body, where the event thread fills one buffer while a worker writes the other;
 * what they share is in `spool`, under its lock.
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "gate.h"
#include "mhd.h"
#include "patience.h"
#include "route.h"
#include "worker.h"

#include "base/buf.h"
#include "http/http.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

typedef struct response_field {
    struct response_field *next;
    const char *name, *value;
} response_field;

struct http_response {
    http_request *req;
    unsigned status; /* 0: nobody has replied yet */
    response_field *first;
    enum { REPLY_BYTES, REPLY_FILE, REPLY_STREAM } kind;
    bytes body; /* in the request's arena, or static */
    int fd;     /* REPLY_FILE: owned until the library takes it */
    uint64_t offset_bytes, size_bytes;
    http_source source; /* REPLY_STREAM: owned; ctx and pull are cleared when it is closed */
    uint8_t *window;    /* what the last pull brought */
    size_t window_at, window_len;
    ptrdiff_t pulled; /* result of the last pull; 0 and -1 are final */
};

/* A body on its way to the disk: two buffers in turn. */
typedef struct spool {
    http_sink sink;
    bool is_open; /* the open step has chosen a sink, and the lock exists */
    uint8_t *filling, *flying;
    size_t capacity, filled, flying_len;

    pthread_mutex_t lock; /* below: shared between the event thread and the worker that writes */
    bool busy;            /* a worker writes `flying` */
    bool waiting;         /* the connection is suspended until it has written */
    bool finishing;       /* ... and it shall go on with the rest and the handler */
    bool abandoned;       /* the client left meanwhile: the worker drops the request */
    bool failed;
    err error;
} spool;

typedef enum exchange_phase {
    PHASE_HEAD, /* nothing was looked at yet */
    PHASE_BODY, /* allowed; the body may come */
    PHASE_REFUSED, /* an error is ready to be sent; a small body is read and dropped first, so that the client gets to it */
    PHASE_LINGER,  /* it was sent in the middle of a large body; what still comes is dropped, then we close */
    PHASE_ANSWER,  /* the handler has replied */
    PHASE_SENDING, /* the library has the answer */
    PHASE_BROKEN,  /* close without an answer */
} exchange_phase;

struct http_request {
    worker_job job; /* first: a job is its request */
    http_server *server;
    struct MHD_Connection *connection;
    arena own_memory;
    arena *memory; /* &own_memory: asking a const request for a joined header may allocate */
    exchange_phase phase;
    bool head_done;   /* the library asked about the head, and was told to go on */
    bool close_after; /* the framing cannot be trusted */
    bool is_authorised;
    bool saw_end;      /* the client has closed its side */
    bool is_undecided; /* whether it may be answered: a worker asks, at the request's end */
    bool is_whole;     /* the library knows that nothing is to be read until there is an answer */
    bool counted;      /* in the server's running requests */
    bool upload_counted;

    str target_raw;           /* copy of the request line's target */
    const char *target_begin; /* where it stands in the library's buffer: for comparison only */
    http_method method;
    http_target target;
    http_framing framing;
    http_field *fields;
    size_t field_count;
    route_found found;
    char id[64], peer[INET6_ADDRSTRLEN];

    buf body;
    spool spool;
    void *identity;
    http_response response;
    uint64_t received_bytes, sent_bytes, lingered_bytes;
    int64_t started_us;
};

struct http_server {
    struct MHD_Daemon *daemon;
    http_server_config config;
    worker_pool *workers;
    patience *patience;
    unsigned port;
    /* quiet_fd: the same as listen_fd, once the library does not accept from it any more; else -1. */
    int listen_fd, quiet_fd;
    uint32_t id_prefix;
    atomic_uint_fast64_t id_next, running, uploads;
    atomic_bool stopping;
    pthread_mutex_t idle_lock; /* for http_server_stop, which waits for running == 0 */
    pthread_cond_t idle;
};

/* --- the library's callbacks (exchange.c) ------------------------------------------------------------------------- */

void *exchange_on_target(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_on_data(void *server, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *data, size_t *size,
                                 void **request);
void exchange_on_completed(void *server, struct MHD_Connection *connection, void **request,
                           enum MHD_RequestTerminationCode how);

/* --- the head (head.c) -------------------------------------------------------------------------------------------- */

/* Copy what MHD knows of the head into the request, hold it against the gate, find the route. On failure
 * req->close_after tells whether the framing is to blame. */
bool head_read(http_request *req, const char *method, const char *version, err *e) MUST_USE;

/* --- the body on its way to the disk (spool.c) -------------------------------------------------------------------- */

bool spool_start(http_request *req,
                 err *e) MUST_USE; /* on a worker: the route's open step, and the first buffer */
/* Event thread. Takes what fits; *size is what is left. When something is left the connection was suspended.
 * False: writing failed, with its error. */
bool spool_feed(http_request *req, const char *data, size_t *size, err *e) MUST_USE;
/* Event thread, at the body's end: suspends; a worker writes the rest and runs the handler. */
void spool_finish(http_request *req);
/* Event thread, the client left: true when a worker still writes and will drop the request itself. */
bool spool_abandon(http_request *req);
void spool_done(http_request *req); /* drops the sink if nobody took it; frees the buffers */

/* --- the answer (response.c) -------------------------------------------------------------------------------------- */

void response_render_error(http_request *req, const err *e);
bool response_queue(http_request *req) MUST_USE; /* hand it to the library */
/* The whole answer as text, for a connection whose body we stop reading. Bytes only. */
bool response_write_text(http_request *req, buf *out, err *e) MUST_USE;
void response_done(http_response *resp);

typedef enum range_result { RANGE_NONE, RANGE_PART, RANGE_BEYOND } range_result;
range_result response_range_parse(str header, uint64_t size_bytes, uint64_t *from, uint64_t *count);

/* --- steps that several files take (exchange.c) ------------------------------------------------------------------- */

void exchange_resume(http_request *req);      /* from a worker: the event thread goes on */
void exchange_run_handler(http_request *req); /* fills the response, with an error's if need be */
void exchange_free(http_request *req);
/* Event thread: suspend, and go on with `run` on a worker. The request must not be touched afterwards. */
void exchange_suspend_for(http_request *req, void (*run)(worker_job *));
static inline http_request *exchange_of_job(worker_job *job)
{
    return (http_request *)job;
}

#endif
