/*
 * http/spool.c - a body on its way to the disk.
 *
 * The event thread copies what arrives into one buffer while a worker hashes and writes the other; when both are full the
 * connection is suspended, so the client is slowed down by TCP and memory stays at two buffers. Handing the library's own
 * pieces to a worker one by one was the alternative: no copy, but receiving and hashing then take turns.
 */
#include "exchange.h"

#include "base/fault.h"
#include "base/limits.h"

#include <stdlib.h>

/* --- on a worker -------------------------------------------------------------------------------------------------- */

static bool add_buffer(spool *s, err *e)
{
    s->filling = fault_hit(FAULT_MEMORY) ? NULL : malloc(s->capacity);
    return s->filling ||
           err_set(e, ERR_MEMORY, "no memory for a buffer of %zu bytes for the body", s->capacity);
}

bool spool_start(http_request *req, err *e)
{
    spool *s = &req->spool;
    s->capacity = LIMIT_HTTP_SPOOL_BYTES;
    uint64_t length = req->framing.length_bytes;
    if (!req->framing.is_chunked && length < s->capacity) s->capacity = length ? (size_t)length : 1;
    if (!add_buffer(s, e)) return false;
    if (!req->found.row->open(req, &s->sink, e)) return false;
    pthread_mutex_init(&s->lock, NULL);
    s->is_open = true;
    return true;
}

static bool write_piece(spool *s, const uint8_t *data, size_t len, err *e)
{
    return s->sink.write(s->sink.ctx, (bytes){data, len}, e);
}

/* The connection is suspended: nobody else touches the request. */
static void finish(http_request *req)
{
    spool *s = &req->spool;
    err e = {0};
    if (s->failed)
        e = s->error;
    else if (s->filled > 0 && !write_piece(s, s->filling, s->filled, &e))
        s->failed = true;

    if (s->failed) {
        response_render_error(req, &e);
        req->phase = PHASE_ANSWER;
    } else {
        exchange_run_handler(req);
    }
    exchange_resume(req);
}

static void run_finish(worker_job *job)
{
    finish(exchange_of_job(job));
}

static void run_write(worker_job *job)
{
    http_request *req = exchange_of_job(job);
    spool *s = &req->spool;
    err e = {0};
    bool written = write_piece(s, s->flying, s->flying_len, &e);

    pthread_mutex_lock(&s->lock);
    s->busy = false;
    if (!written) {
        s->failed = true;
        s->error = e;
    }
    bool abandoned = s->abandoned, finishing = s->finishing;
    if (s->waiting) {
        s->waiting = false;
        exchange_resume(req);
    }
    /* Behind this line the event thread may free the request, unless it left that to us. */
    pthread_mutex_unlock(&s->lock);

    if (abandoned)
        exchange_free(req);
    else if (finishing)
        finish(req);
}

/* --- on the event thread ------------------------------------------------------------------------------------------ */

typedef enum room { ROOM_MADE, ROOM_LATER, ROOM_FAILED } room;

static bool launch(http_request *req, err *e)
{
    spool *s = &req->spool;
    uint8_t *full = s->filling;
    s->filling = s->flying;
    if (!s->filling && !add_buffer(s, e)) {
        s->filling = full;
        return false;
    }
    s->flying = full;
    s->flying_len = s->filled;
    s->filled = 0;
    s->busy = true;
    req->job.run = run_write;
    if (worker_submit_next(req->server->workers, &req->job)) return true;
    s->busy = false;
    return err_set(e, ERR_UNAVAILABLE, "the server is stopping");
}

static room make_room(http_request *req, err *e)
{
    spool *s = &req->spool;
    room result = ROOM_MADE;
    pthread_mutex_lock(&s->lock);
    if (s->failed) {
        *e = s->error;
        result = ROOM_FAILED;
    } else if (s->busy) {
        s->waiting = true;
        mhd.suspend_connection(req->connection);
        result = ROOM_LATER;
    } else if (!launch(req, e)) {
        result = ROOM_FAILED;
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

bool spool_feed(http_request *req, const char *data, size_t *size, err *e)
{
    spool *s = &req->spool;
    while (*size > 0) {
        if (s->filled == s->capacity) {
            room found = make_room(req, e);
            if (found != ROOM_MADE) return found == ROOM_LATER;
        }
        size_t room_left = s->capacity - s->filled;
        size_t count = *size < room_left ? *size : room_left;
        memcpy(s->filling + s->filled, data, count);
        s->filled += count;
        data += count;
        *size -= count;
        req->received_bytes += count;
    }
    return true;
}

void spool_finish(http_request *req)
{
    spool *s = &req->spool;
    pthread_mutex_lock(&s->lock);
    bool flying = s->busy;
    if (flying) {
        s->finishing = true;
        mhd.suspend_connection(req->connection);
    }
    pthread_mutex_unlock(&s->lock);
    if (!flying) exchange_suspend_for(req, run_finish);
}

bool spool_abandon(http_request *req)
{
    spool *s = &req->spool;
    if (!s->is_open) return false;
    pthread_mutex_lock(&s->lock);
    s->abandoned = s->busy;
    bool left_to_worker = s->abandoned;
    pthread_mutex_unlock(&s->lock);
    return left_to_worker;
}

void spool_done(http_request *req)
{
    spool *s = &req->spool;
    if (s->is_open) {
        if (s->sink.ctx) s->sink.drop(s->sink.ctx);
        pthread_mutex_destroy(&s->lock);
    }
    free(s->filling);
    free(s->flying);
}
