/*
 * serve/serve.h - `assay model serve`: models behind HTTP, watched over.
 *
 * Three kinds of processes. The supervisor (this one, one thread) reads no byte of a model: it starts helpers that fetch a file, copy it into sealed memory and
 * have it scanned by the scanner's own sandboxed child; and it starts the serving process, which gets that memory and the listening socket, enters its sandbox, and only
 * then reads the models. When a file moves, a new serving process takes over the socket and the old one drains: docs/decisions/0006-serving-processes.md.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/err.h"

#include <stddef.h>

typedef struct serve_options {
    const char *const
        *models; /* "[NAME[@VERSION]=]PLACE"; a place is a path or assay://[host:port/]repository/path */
    size_t model_count;
    const char *host, *port;
    unsigned threads;        /* 0: all cores */
    const char *store;       /* where assay://repository/... is: "http://127.0.0.1:8082" */
    const char *store_token; /* file, or NULL: ASSAY_TOKEN */
    const char
        *token; /* file of the tokens that may ask, or NULL: ASSAY_SERVE_TOKEN, or nobody is asked for one */
    const char *tls_certificate, *tls_key; /* files, PEM */
    const char *request_log;               /* file, or "-" for standard output, or NULL */
    double request_log_sample;
    bool log_features;
    const char *const *allow_unclean; /* sha256 of files that are served whatever the scanner says */
    size_t allow_unclean_count;
    unsigned poll_seconds;  /* between two looks at a place; 0: 1 for files, 10 for a store */
    unsigned drain_seconds; /* after SIGTERM: how long requests are still taken although readiness says no */
} serve_options;

/* Until SIGTERM or SIGINT. Fails before it serves with ERR_INVALID (an option), ERR_BLOCKED (a model is not admitted) and others; later only when serving processes keep dying. */
bool serve_run(const serve_options *options, err *e) MUST_USE;

#endif
