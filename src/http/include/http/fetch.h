/*
 * http/fetch.h - fetching a large file over HTTP, to be continued after a break. The only user of libcurl.
 *
 * The bytes gather in <path>.part, with the version they belong to (its ETag) in <path>.part.etag. A later call goes on where an earlier one, even
 * of another process, was broken off, but only if the server still has that version: otherwise it starts anew. <path> appears complete or not at all.
 *
 * Blocks; CLI and background jobs only. Threads: one call per path at a time.
 */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include "base/err.h"
#include "base/str.h"

enum { HTTP_ETAG_BYTES = 256, HTTP_CHALLENGE_BYTES = 4096 };

typedef struct http_fetch {
    const char *url; /* http or https; at most a few redirections, never from https to http */
    const char *path;
    const char *known_etag; /* the version that the caller has already, or NULL */
    uint64_t size_bytes_max;
    /* Who asks: "name:password" for Basic, or a token for Bearer. Not told to another host that a redirection leads to. NULL: nobody. */
    const char *user_password, *bearer;
    const char *accept; /* media types, or NULL */
    bool is_direct;     /* whatever proxy the environment names: for this machine itself */
    /* Room of HTTP_CHALLENGE_BYTES for the WWW-Authenticate of a 401 (ERR_UNAUTHENTICATED), or NULL. */
    char *challenge;
    void (*progress)(void *ctx, uint64_t done, uint64_t total); /* total 0: unknown. May be NULL */
    void *progress_ctx;
} http_fetch;

typedef struct http_fetched {
    bool is_unchanged;          /* the server still has known_etag: nothing was written */
    char etag[HTTP_ETAG_BYTES]; /* empty when the server gives none */
    uint64_t size_bytes;
    uint64_t resumed_bytes; /* of them, how many were there from before */
} http_fetched;

/* A connection that breaks is taken up again while it makes progress. Fails with ERR_UPSTREAM (unreachable, or its answer is no file),
 * ERR_NOT_FOUND (404), ERR_UNAUTHENTICATED (401), ERR_DENIED (403), ERR_TOO_LARGE, ERR_STORAGE; what was received stays for the next call. */
bool http_fetch_file(const http_fetch *what, http_fetched *out, err *e) MUST_USE;

#endif
