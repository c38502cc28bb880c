/*
 * http/http.h - the HTTP server behind one face. No other module includes <microhttpd.h>.
 *
 * A route is a row of a table; a table is a surface. Permission is checked when the head has arrived, before a byte of
 * the body is read; the handler starts when its body is complete, and is straight-line code.
 *
 * Threads: handlers of RUN_INLINE routes run on the connection's event thread and must not block; those of RUN_WORKER
 * routes run on a bounded pool. A request, its arena and its response belong to one thread at a time. The server, its
 * tables and their routes are shared and constant while it runs.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"

typedef enum http_method {
    HTTP_GET = 1,
    HTTP_HEAD = 2,
    HTTP_PUT = 4,
    HTTP_POST = 8,
    HTTP_PATCH = 16,
    HTTP_DELETE = 32,
    HTTP_OPTIONS = 64
} http_method;

typedef enum http_body {
    BODY_NONE,  /* a body is refused with 413 */
    BODY_SMALL, /* buffered, up to LIMIT_HTTP_BODY_SMALL_BYTES */
    BODY_SPOOL, /* streamed into the sink that the route's `open` step chose: constant memory */
} http_body;

typedef enum http_run {
    RUN_INLINE,
    RUN_WORKER,
    RUN_BY_SIZE, /* inline up to a body of LIMIT_INLINE_BODY_BYTES that is not compressed, otherwise on a worker */
} http_run;

typedef struct http_request http_request;
typedef struct http_response http_response;

/* Where a spooled body goes. `write` is called in order, on a worker, and never again after it failed. It may run while
 * the request is being dropped, so it must not touch the request: everything it needs hangs from ctx. */
typedef struct http_sink {
    void *ctx;
    bool (*write)(void *ctx, bytes piece, err *e);
    void (*drop)(void *ctx); /* the request ended without its handler having taken ctx (http_sink_take) */
} http_sink;

typedef struct http_route {
    /* Or-ed http_method. HEAD is answered by the handler of GET, without the body; a row may name HEAD itself. */
    unsigned methods;
    /* "/artifactory/api/storage/{repo}/{path...}": {x} is one segment, which is not empty; {x...} is the rest, which may
     * be empty. Behind a rest there may be more segments, read from the right ("/v2/{name...}/blobs/{digest}"); then it
     * is not empty. Rows are tried in order, tables too; the first that fits path and method wins. */
    const char *pattern;
    unsigned permission; /* of the caller's choosing; `authorise` reads it */
    http_body body;
    http_run run;
    /* BODY_SPOOL only: choose where the bytes go. Runs on a worker, after `authorise`, before a byte was read. */
    bool (*open)(http_request *req, http_sink *sink, err *e);
    bool (*handle)(http_request *req, http_response *resp, err *e);
    const char *help; /* one line, for docs/http-api.md */
} http_route;

/* A surface: its rows, and how it words an error. Unknown addresses are worded by the table with the longest prefix. */
typedef struct http_route_table {
    const char *name;   /* "artifactory", a label of the metrics */
    const char *prefix; /* "/artifactory": itself and everything below it; "/" for all */
    const http_route *rows;
    size_t count;
    /* Reply with the surface's own body, usually with err_http_status(e->code), and its headers (WWW-Authenticate).
     * Retry-After and Allow are added by http. NULL: one line of plain text. */
    void (*render_error)(http_request *req, http_response *resp, const err *e);
} http_route_table;

typedef enum http_decision {
    HTTP_ALLOW,
    HTTP_REFUSE, /* with the error */
    HTTP_DEFER,  /* cannot be told without blocking: ask again on a worker, with may_block */
} http_decision;

typedef struct http_outcome {
    unsigned status;  /* 0: the client left before there was one */
    bool is_complete; /* the whole answer went out */
    uint64_t received_bytes, sent_bytes;
    int64_t duration_us;
} http_outcome;

typedef struct http_server http_server;
typedef struct http_server_config {
    const char *listen; /* "127.0.0.1:8082", "[::1]:8082", ":8082" (all addresses); port 0: any */
    int listen_fd;      /* an already listening socket instead; taken when `listen` is NULL */
    const http_route_table *const *tables;
    size_t table_count;
    unsigned event_threads, worker_threads; /* 0: cores (at most 8); LIMIT_HTTP_WORKERS */
    /* PEM texts, both or none: the port then speaks TLS (1.2 and 1.3) only. They must outlive the server. */
    const char *tls_certificate, *tls_key;
    void *app;
    const logger *log;
    /* Who is this, and may they? Sets http_identity_set. Called at head time: first on the event thread, where it must
     * not block, and after HTTP_DEFER once more on a worker. NULL: everything is allowed. */
    http_decision (*authorise)(http_request *req, const http_route *route, bool may_block, err *e);
    /* The answer was sent, or the client left: access log and metrics. May be NULL. */
    void (*finished)(http_request *req, const http_outcome *outcome);
} http_server_config;

/* Can `listen` be meant as ADDRESS:PORT? To be told before anything is made on disk. */
bool http_listen_check(const char *listen_at, err *e) MUST_USE;
/* Load the library that listens, which http_server_start does too: for who will be in a sandbox by then, or forks. Not for two threads at once. */
bool http_load(err *e) MUST_USE;
bool http_server_start(const http_server_config *config, http_server **out, err *e) MUST_USE;
unsigned http_server_port(const http_server *s);
/* Stop accepting, let running requests finish for at most `grace_ms`, close all connections, free. A handler that is
 * still running then is waited for: nothing can be taken from under it. */
void http_server_stop(http_server *s, uint64_t grace_ms);
typedef struct http_draining {
    uint64_t grace_ms; /* at most */
    uint64_t
        quiet_ms; /* not longer than until nobody has asked anything for so long: connections that are open then are idle */
    bool
        refuses; /* who connects from now on is refused, by every process that shares the socket; else the others take it */
} http_draining;
/* Take no new connections, tell the clients of open ones to close them, and wait until all are closed. http_server_stop follows. */
void http_server_drain(http_server *s, http_draining how);
bool http_server_is_stopping(
    const http_server *s); /* for /readyz: requests on open connections are still served */

typedef struct http_server_stats {
    uint64_t connections, requests_running, uploads_running, workers, workers_busy, queue_length;
} http_server_stats;
void http_server_stats_read(http_server *s, http_server_stats *out);

/* --- request ------------------------------------------------------------------------------------------------------ */

void *http_app(const http_request *req);
http_server *http_request_server(const http_request *req);
arena *http_arena(http_request *req); /* dropped when the answer was sent */
http_method http_request_method(const http_request *req);
const char *http_method_name(http_method m);
const http_route *http_request_route(const http_request *req); /* NULL: none fits */
const http_route_table *http_request_table(const http_request *req);
str http_request_id(const http_request *req); /* also sent as X-Request-Id */
str http_path(const http_request *req); /* percent-decoded once, UTF-8, no NUL, no "..", starts with '/' */
str http_path_raw(const http_request *req);   /* as it came, without the query */
str http_matrix_raw(const http_request *req); /* what follows the first ';' of the path, as it came */
str http_query_raw(const http_request *req);  /* as it came, without the '?' */
str http_param(const http_request *req, const char *name); /* of the pattern, decoded; empty when absent */
bool http_query(const http_request *req, const char *name, str *value); /* decoded; first one */
/* All query arguments in order: for (size_t i = 0; http_query_at(req, i, &k, &v); i++) */
bool http_query_at(const http_request *req, size_t i, str *name, str *value);
bool http_header(const http_request *req, const char *name, str *value); /* repeated fields joined by ", " */
bool http_cookie(const http_request *req, const char *name, str *value);
str http_peer(const http_request *req);                             /* "127.0.0.1" */
bytes http_request_body(const http_request *req);                   /* BODY_SMALL */
bool http_content_length(const http_request *req, uint64_t *value); /* false: none given (chunked) */
/* BODY_SPOOL: the sink's ctx, with its duty to be closed. NULL when it was taken already. */
void *http_sink_take(http_request *req);
void http_identity_set(http_request *req, void *identity); /* memory from http_arena */
void *http_identity(const http_request *req);
/* "http://localhost:8082" as the client named it (Host, X-Forwarded-Proto), for absolute addresses in answers. */
str http_base_url(http_request *req);

/* --- response ----------------------------------------------------------------------------------------------------- */

/* Copied; a control byte in the value drops the header and logs it. `set` replaces, `add` repeats. */
void http_header_set(http_response *resp, const char *name, str value);
void http_header_add(http_response *resp, const char *name, str value);
/* One of these, once; the last one counts. */
void http_reply(http_response *resp, unsigned status, const char *content_type, bytes body); /* body copied */
void http_reply_empty(http_response *resp, unsigned status);
/* Takes fd. Range, If-Range, If-None-Match and HEAD are honoured (etag with its quotes, or empty); sets Accept-Ranges. */
void http_reply_file(http_response *resp, const char *content_type, int fd, uint64_t size_bytes, str etag);
/* Bytes that outlive the server (the embedded UI): not copied. */
void http_reply_static(http_response *resp, unsigned status, const char *content_type, bytes body);
/* A body of unknown length: pull is called, on a worker, until it returns 0 (end) or -1 (broken: the connection is
 * closed). Server-sent events use it too. */
typedef struct http_source {
    void *ctx;
    ptrdiff_t (*pull)(void *ctx, uint8_t *into, size_t capacity);
    void (*close)(void *ctx);
} http_source;
void http_reply_stream(http_response *resp, unsigned status, const char *content_type, http_source source);

#endif
