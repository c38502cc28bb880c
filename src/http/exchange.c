/*
 * http/exchange.c - the course of a request, as the library calls us about it.
 *
 * The library asks several times about one request: when the head is there (again after each suspension), for each piece of
 * the body, and at its end. An answer given at the head ends the connection, so answers wait for the end unless the body
 * must not be read. In the middle of a body the library takes no answer at all; a refusal then is written to the socket by us, and
 * what still comes is dropped up to a limit, because closing over unread data makes TCP throw away the answer.
 */
#include "exchange.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { EARLY_ANSWER_BYTES = 16384 }; /* fits any socket's send buffer, so that it is taken whole */

/* --- birth and death ---------------------------------------------------------------------------------------------- */

void *exchange_on_target(void *server, const char *target, struct MHD_Connection *connection)
{
    http_server *s = server;
    http_request *req = fault_hit(FAULT_MEMORY) ? NULL : calloc(1, sizeof(*req));
    if (!req) return NULL;
    arena_init(&req->own_memory, LIMIT_REQUEST_ARENA_BYTES);
    req->memory = &req->own_memory;
    buf_init(&req->body, LIMIT_HTTP_BODY_SMALL_BYTES);
    req->server = s;
    req->connection = connection;
    req->response = (http_response){.req = req, .fd = -1};
    req->started_us = clock_mono_us();
    str raw = str_from_c(target);
    req->target_raw = arena_copy(req->memory, raw);
    req->target_begin = target;
    snprintf(req->id, sizeof(req->id), "%08x-%llx", s->id_prefix,
             (unsigned long long)atomic_fetch_add_explicit(&s->id_next, 1, memory_order_relaxed));
    return req;
}

void exchange_free(http_request *req)
{
    spool_done(req);
    response_done(&req->response);
    buf_done(&req->body);
    if (req->upload_counted) atomic_fetch_sub(&req->server->uploads, 1);
    arena_done(&req->own_memory);
    free(req);
}

static void run_free(worker_job *job)
{
    exchange_free(exchange_of_job(job));
}

static void count_begin(http_request *req)
{
    req->counted = true;
    atomic_fetch_add(&req->server->running, 1);
}

static void count_end(http_request *req)
{
    http_server *s = req->server;
    if (!req->counted || atomic_fetch_sub(&s->running, 1) != 1 || !atomic_load(&s->stopping)) return;
    pthread_mutex_lock(&s->idle_lock);
    pthread_cond_signal(&s->idle);
    pthread_mutex_unlock(&s->idle_lock);
}

static void report(http_request *req, bool is_complete)
{
    const http_server_config *config = &req->server->config;
    if (req->phase == PHASE_HEAD || !config->finished) return;
    const http_response *resp = &req->response;
    bool answered = req->phase == PHASE_SENDING || req->phase == PHASE_LINGER;
    uint64_t whole = resp->kind == REPLY_FILE ? resp->size_bytes : resp->body.len;
    if (resp->kind == REPLY_STREAM) whole = req->sent_bytes;
    const http_outcome outcome = {.status = answered ? resp->status : 0,
                                  .is_complete = is_complete,
                                  .received_bytes = req->received_bytes,
                                  .sent_bytes = is_complete && req->method != HTTP_HEAD ? whole : 0,
                                  .duration_us = clock_mono_us() - req->started_us};
    config->finished(req, &outcome);
}

static int socket_of(const http_request *req)
{
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(req->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* A client that closes its side behind its request waits for us to close ours. The library waits for edges, and that one came with the bytes of the request:
 * another makes it look. Requests that it has read already are answered first. */
static void show_end(const http_request *req)
{
    uint8_t next;
    int fd = socket_of(req);
    bool is_at_end =
        req->saw_end || (req->received_bytes == 0 && recv(fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0);
    if (is_at_end) (void)shutdown(fd, SHUT_RD);
}

void exchange_on_completed(void *server UNUSED, struct MHD_Connection *connection UNUSED, void **request,
                           enum MHD_RequestTerminationCode how)
{
    http_request *req = *request;
    if (!req) return;
    *request = NULL;
    patience_for_head(req->connection);
    if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK) show_end(req);
    report(req, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    count_end(req);
    if (spool_abandon(req)) return;

    /* Dropping a large spool file or a stream's source may take a while: not on the event thread. */
    bool may_block = req->spool.sink.ctx || req->response.source.close;
    req->job.run = run_free;
    if (!may_block || !worker_submit_next(req->server->workers, &req->job)) exchange_free(req);
}

/* --- steps -------------------------------------------------------------------------------------------------------- */

void exchange_resume(http_request *req)
{
    mhd.resume_connection(req->connection);
}

/* The connection is suspended first: a worker may be done before we are back in the library. */
void exchange_suspend_for(http_request *req, void (*run)(worker_job *))
{
    req->job.run = run;
    mhd.suspend_connection(req->connection);
    if (worker_submit_next(req->server->workers, &req->job)) return;
    req->phase = PHASE_BROKEN;
    exchange_resume(req);
}

static void refuse(http_request *req, const err *e)
{
    response_render_error(req, e);
    req->phase = PHASE_REFUSED;
}

/* The same for work that may be refused when too much waits. */
static void suspend_for_new(http_request *req, void (*run)(worker_job *))
{
    err e = {0};
    req->job.run = run;
    mhd.suspend_connection(req->connection);
    if (worker_submit_new(req->server->workers, &req->job, &e)) return;
    refuse(req, &e);
    exchange_resume(req);
}

void exchange_run_handler(http_request *req)
{
    err e = {0};
    if (!req->found.row->handle(req, &req->response, &e))
        response_render_error(req, &e);
    else if (req->response.status == 0) {
        err_set(&e, ERR_INTERNAL, "the handler of %s gave no answer", req->found.row->pattern);
        response_render_error(req, &e);
    }
    req->phase = PHASE_ANSWER;
}

static void run_handler(worker_job *job)
{
    http_request *req = exchange_of_job(job);
    exchange_run_handler(req);
    exchange_resume(req);
}

static enum MHD_Result send_answer(http_request *req)
{
    req->phase = PHASE_SENDING;
    return response_queue(req) ? MHD_YES : MHD_NO;
}

/* --- the head ----------------------------------------------------------------------------------------------------- */

static bool has_body(const http_request *req)
{
    return req->framing.is_chunked || req->framing.length_bytes > 0;
}

static bool check_length(http_request *req, err *e)
{
    uint64_t length = req->framing.length_bytes;
    switch (req->found.row->body) {
    case BODY_NONE:
        if (length > 0) return err_set(e, ERR_TOO_LARGE, "this address takes no body");
        return true;
    case BODY_SMALL:
        if (length > LIMIT_HTTP_BODY_SMALL_BYTES)
            return err_set(e, ERR_TOO_LARGE, "the body has %llu bytes, LIMIT_HTTP_BODY_SMALL_BYTES is %llu",
                           (unsigned long long)length, (unsigned long long)LIMIT_HTTP_BODY_SMALL_BYTES);
        return true;
    case BODY_SPOOL:
        if (length > LIMIT_BLOB_BYTES)
            return err_set(e, ERR_TOO_LARGE, "the body has %llu bytes, LIMIT_BLOB_BYTES is %llu",
                           (unsigned long long)length, (unsigned long long)LIMIT_BLOB_BYTES);
        req->upload_counted = true;
        if (atomic_fetch_add(&req->server->uploads, 1) >= LIMIT_HTTP_UPLOADS)
            return err_set(e, ERR_BUSY, "%llu uploads run already (LIMIT_HTTP_UPLOADS)",
                           (unsigned long long)LIMIT_HTTP_UPLOADS);
        return true;
    }
    return true;
}

static http_decision authorise(http_request *req, bool may_block, err *e)
{
    const http_server_config *config = &req->server->config;
    http_decision decision = HTTP_ALLOW;
    if (config->authorise && !req->is_authorised)
        decision = config->authorise(req, req->found.row, may_block, e);
    if (decision == HTTP_ALLOW) req->is_authorised = true;
    return decision;
}

/* Worker: the part of the head's questions that may block. Without a body the handler follows at once. */
static bool decide(http_request *req, err *e)
{
    http_decision decision = authorise(req, true, e);
    if (decision == HTTP_DEFER) return err_set(e, ERR_INTERNAL, "authorisation did not come to a decision");
    if (decision == HTTP_REFUSE) return false;
    if (req->found.row->body == BODY_SPOOL && !spool_start(req, e)) return false;

    if (req->found.row->body != BODY_SPOOL && !has_body(req))
        exchange_run_handler(req);
    else
        req->phase = PHASE_BODY;
    return true;
}

static void run_decide(worker_job *job)
{
    http_request *req = exchange_of_job(job);
    err e = {0};
    if (!decide(req, &e)) refuse(req, &e);
    exchange_resume(req);
}

/* Of a spooled body only the silence is limited: it may be large. */
static void wait_for_body(const http_request *req)
{
    bool is_spooled = req->found.row && req->found.row->body == BODY_SPOOL;
    if (is_spooled || !has_body(req))
        patience_for_nothing(req->connection);
    else
        patience_for_body(req->connection,
                          req->framing.is_chunked ? LIMIT_HTTP_BODY_SMALL_BYTES : req->framing.length_bytes);
}

/* False: the connection is suspended, and the request is a worker's. */
static bool look_at_head(http_request *req, const char *method, const char *version)
{
    err e = {0};
    count_begin(req);
    http_decision decision = HTTP_REFUSE;
    if (head_read(req, method, version, &e) && check_length(req, &e)) decision = authorise(req, false, &e);
    wait_for_body(req);

    if (decision == HTTP_REFUSE) {
        refuse(req, &e);
        return true;
    }
    if (decision == HTTP_ALLOW && req->found.row->body != BODY_SPOOL) {
        req->phase = PHASE_BODY;
        return true;
    }
    if (!has_body(req) && req->found.row->body != BODY_SPOOL) {
        req->phase = PHASE_BODY;
        req->is_undecided = true;
        return true;
    }
    suspend_for_new(req, run_decide);
    return false;
}

/* --- refusing in the middle of a body ----------------------------------------------------------------------------- */

static void set_timeout(http_request *req, unsigned seconds)
{
    mhd.set_connection_option(req->connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

static bool send_now(http_request *req, const buf *text)
{
    ssize_t sent = send(socket_of(req), text->data, text->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent >= 0 && (size_t)sent == text->len;
}

static enum MHD_Result answer_early(http_request *req)
{
    AUTO_BUF buf text;
    buf_init(&text, EARLY_ANSWER_BYTES);
    if (!response_write_text(req, &text, NULL) || !send_now(req, &text)) {
        req->phase = PHASE_BROKEN;
        return MHD_NO;
    }
    req->phase = PHASE_LINGER;
    set_timeout(req, LIMIT_HTTP_LINGER_S);
    return MHD_YES;
}

/* Refused, and a body is under way: a short one is read to its end, so that the connection can go on. */
static enum MHD_Result answer_or_drain(http_request *req)
{
    uint64_t left = req->framing.length_bytes - req->received_bytes;
    if (!req->framing.is_chunked && left <= LIMIT_HTTP_DRAIN_BYTES) return MHD_YES;
    /* Below the encryption nothing may be written but by the library: the body is read and dropped (drop_piece has the limit). */
    if (req->server->config.tls_certificate) return MHD_YES;
    return answer_early(req);
}

static enum MHD_Result refuse_midway(http_request *req, const err *e, size_t *size)
{
    refuse(req, e);
    req->received_bytes += *size;
    *size = 0;
    return answer_or_drain(req);
}

/* A client that waits for "100 Continue" has not sent its body: it is answered at once, and never told to continue. */
static enum MHD_Result after_head(http_request *req)
{
    if (req->phase == PHASE_BROKEN) return MHD_NO;
    bool is_refused = req->phase == PHASE_REFUSED;
    if (is_refused && (req->close_after || (has_body(req) && req->framing.expects_continue)))
        return send_answer(req);

    req->head_done = true;
    return is_refused && has_body(req) ? answer_or_drain(req) : MHD_YES;
}

/* --- the body ----------------------------------------------------------------------------------------------------- */

/* The library waits for edges, and takes a short read for the end of what is there. When the client's FIN came with its last
 * bytes, no edge follows, and only the idle timeout would tell that the client left. So we look for ourselves. The body
 * may still be whole (a client may close its side behind it), hence a short timeout instead of an end. */
static void look_for_end(http_request *req)
{
    uint8_t next;
    if (req->saw_end || recv(socket_of(req), &next, 1, MSG_PEEK | MSG_DONTWAIT) != 0) return;
    req->saw_end = true;
    set_timeout(req, 1);
}

static enum MHD_Result take_piece(http_request *req, const char *data, size_t *size)
{
    err e = {0};
    switch (req->found.row->body) {
    case BODY_NONE: err_set(&e, ERR_TOO_LARGE, "this address takes no body"); break;
    case BODY_SMALL:
        buf_add(&req->body, (bytes){(const uint8_t *)data, *size});
        if (!buf_ok(&req->body, "the request's body", &e)) break;
        req->received_bytes += *size;
        *size = 0;
        return MHD_YES;
    case BODY_SPOOL:
        if (!spool_feed(req, data, size, &e)) break;
        if (req->received_bytes <= LIMIT_BLOB_BYTES) return MHD_YES;
        err_set(&e, ERR_TOO_LARGE, "the body is larger than LIMIT_BLOB_BYTES");
        break;
    }
    return refuse_midway(req, &e, size);
}

static enum MHD_Result drop_piece(http_request *req, size_t *size)
{
    req->lingered_bytes += *size;
    req->received_bytes += *size;
    *size = 0;
    return req->lingered_bytes <= LIMIT_HTTP_LINGER_BYTES ? MHD_YES : MHD_NO;
}

static bool is_for_worker(const http_request *req)
{
    http_run run = req->found.row->run;
    str coding;
    if (run != RUN_BY_SIZE) return run == RUN_WORKER;
    /* What a small body unpacks to may be large. */
    return req->body.len > LIMIT_INLINE_BODY_BYTES || http_header(req, "Content-Encoding", &coding);
}

static enum MHD_Result take_end(http_request *req)
{
    switch (req->phase) {
    case PHASE_REFUSED:
    case PHASE_ANSWER: return send_answer(req);
    case PHASE_SENDING: return MHD_YES;
    case PHASE_BODY: break;
    case PHASE_HEAD:
    case PHASE_LINGER:
    case PHASE_BROKEN: return MHD_NO;
    }
    bool is_spooled = req->found.row->body == BODY_SPOOL;
    bool suspends = is_spooled || req->is_undecided || is_for_worker(req);
    /* The library settles that it reads no more when the call for the end has come back. Suspended within that call it reads first when it is
     * resumed; and a client that has closed its side behind its request would be dropped for it, with the answer at hand. */
    if (suspends && !req->is_whole) {
        req->is_whole = true;
        return MHD_YES;
    }
    if (is_spooled) {
        spool_finish(req);
        return MHD_YES;
    }
    if (suspends) {
        suspend_for_new(req, req->is_undecided ? run_decide : run_handler);
        return MHD_YES;
    }
    exchange_run_handler(req);
    return send_answer(req);
}

enum MHD_Result exchange_on_data(void *server UNUSED, struct MHD_Connection *connection UNUSED,
                                 const char *url UNUSED, const char *method, const char *version,
                                 const char *data, size_t *size, void **request)
{
    http_request *req = *request;
    if (!req) return MHD_NO; /* no memory for it */

    if (req->phase == PHASE_HEAD && !look_at_head(req, method, version)) return MHD_YES;
    if (!req->head_done) return after_head(req);
    if (*size == 0) {
        if (req->saw_end) set_timeout(req, LIMIT_HTTP_IDLE_S);
        patience_for_nothing(req->connection);
        return take_end(req);
    }
    look_for_end(req);
    switch (req->phase) {
    case PHASE_BODY: return take_piece(req, data, size);
    case PHASE_REFUSED:
    case PHASE_LINGER: return drop_piece(req, size);
    default: return MHD_NO;
    }
}
