/*
 * http/gate.h - what a request's head must be before anything else looks at it. Private to http.
 *
 * Two servers that disagree about where a request ends can be talked into taking one client's body for another's request
 * (RFC 9112, 11.2). The gate lets through only heads that leave nothing to disagree about. It is pure: views in, verdict out.
 */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct http_field {
    str name, value;
} http_field;

typedef struct http_head {
    str target;  /* as in the request line */
    str version; /* "HTTP/1.1" */
    const http_field *fields;
    size_t field_count;
    size_t head_bytes; /* of the whole head as it came */
} http_head;

/* How the body's end is found. */
typedef struct http_framing {
    bool is_chunked, has_length;
    uint64_t length_bytes;
    bool expects_continue;
} http_framing;

/* ERR_INVALID, ERR_HEADERS, ERR_UNSUPPORTED (a transfer coding). After a refusal the connection must be closed, because
 * nobody knows where the next request would start. */
bool http_gate_check(const http_head *head, http_framing *framing, err *e) MUST_USE;

typedef struct http_target {
    str path_raw, matrix_raw, query_raw; /* views of the target */
    str path;                            /* decoded */
    http_field *query;                   /* decoded, in order */
    size_t query_count;
} http_target;

/* ERR_INVALID, ERR_URI_TOO_LONG, ERR_MEMORY. Memory from the arena. */
bool http_target_parse(str target, arena *a, http_target *out, err *e) MUST_USE;

#endif
