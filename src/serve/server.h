/*
 * serve/server.h - the served models behind HTTP. Private to serve.
 *
 * Everything here may run inside the serving sandbox: no file is opened, no address is connected to. Handlers run on the event threads while their bodies are
 * small: a prediction costs about a microsecond.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "base/log.h"
#include "base/secret.h"
#include "http/http.h"
#include "metrics.h"

enum { SERVE_TOKENS_MAX = 16 };
typedef struct serve_tokens {
    secret items[SERVE_TOKENS_MAX];
    size_t count; /* 0: everybody may ask */
} serve_tokens;

typedef enum serve_command { COMMAND_CHECK = 1, COMMAND_ROLLBACK } serve_command;

typedef struct model_server model_server;
typedef struct model_server_config {
    const metrics_model *models; /* they outlive the server */
    size_t model_count;
    int listen_fd, statm_fd;
    unsigned event_threads;
    const serve_tokens *tokens;
    const char *tls_certificate, *tls_key; /* PEM, or NULL */
    int request_log_fd;                    /* -1: none */
    double request_log_sample;             /* share of the requests, 0 to 1 */
    bool log_features;
    int64_t started_ms;
    const logger *log;
    /* Ask the supervisor to look for a new file of a model, or to go back to the one before. False: it cannot be reached. */
    bool (*command)(void *ctx, serve_command what, size_t which);
    void *command_ctx;
} model_server_config;

bool model_server_start(const model_server_config *config, model_server **out, err *e) MUST_USE;
/* From now on /readyz and /v2/health/ready say no; requests are still answered. */
void model_server_unready(model_server *s);
void model_server_drain(model_server *s, http_draining how);
void model_server_stop(model_server *s, uint64_t grace_ms);

/* --- inside ------------------------------------------------------------------------------------------------------------------ */

/* Which route kind a row is, in its `permission`; SERVE_OPEN: needs no token. */
enum { SERVE_OPEN = 256 };
extern const http_route_table serve_routes;

/* What is known of a request when it ends. */
typedef struct request_note {
    size_t model; /* SIZE_MAX: none */
    model_rows rows;
} request_note;

const model_server_config *server_config_of(http_request *req);
serve_metrics *server_metrics_of(http_request *req);
bool server_is_ready(http_request *req);
/* The model that the address names ({model}, {version}), or the first one. Notes it. ERR_NOT_FOUND. */
bool server_find_model(http_request *req, size_t *index, err *e) MUST_USE;
/* The index that answers for a name: of the given version, or the last with that name. */
bool server_lookup(const model_server_config *config, str name, str version, size_t *index);
void server_note_rows(http_request *req, const reply *r);
str server_openapi_of(http_request *req);
/* What the client meant to send (body.c): `unpacked` is the caller's, and holds it when it was compressed. ERR_MEDIA_TYPE, ERR_TOO_LARGE, ERR_INVALID. */
bool request_body(http_request *req, buf *unpacked, bytes *body, err *e) MUST_USE;

/* One line of the request log (request_log.c). */
void request_log_write(const model_server_config *config, serve_metrics *m, http_request *req,
                       const http_outcome *outcome, const request_note *note);

#endif
