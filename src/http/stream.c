/*
 * http/stream.c - the library asks for more on the event thread; the source may block. So the connection is suspended while a
 * worker pulls one window of bytes, and handed out from that window afterwards.
 */
#include "stream.h"

enum { STREAM_WINDOW_BYTES = 32768 };

static void run_pull(worker_job *job)
{
    http_request *req = exchange_of_job(job);
    http_response *resp = &req->response;
    ptrdiff_t count = resp->source.pull(resp->source.ctx, resp->window, STREAM_WINDOW_BYTES);
    resp->pulled = count > STREAM_WINDOW_BYTES ? -1 : count;
    resp->window_at = 0;
    resp->window_len = resp->pulled > 0 ? (size_t)resp->pulled : 0;
    exchange_resume(req);
}

static ssize_t read_window(void *cls, uint64_t at UNUSED, char *into, size_t capacity)
{
    http_request *req = cls;
    http_response *resp = &req->response;
    size_t left = resp->window_len - resp->window_at;
    if (left > 0) {
        size_t count = left < capacity ? left : capacity;
        memcpy(into, resp->window + resp->window_at, count);
        resp->window_at += count;
        req->sent_bytes += count;
        return (ssize_t)count;
    }
    if (req->phase == PHASE_BROKEN || resp->pulled < 0) return MHD_CONTENT_READER_END_WITH_ERROR;
    if (resp->pulled == 0) return MHD_CONTENT_READER_END_OF_STREAM;
    exchange_suspend_for(req, run_pull);
    return 0;
}

struct MHD_Response *stream_response(http_request *req)
{
    http_response *resp = &req->response;
    resp->window = arena_alloc(req->memory, STREAM_WINDOW_BYTES);
    resp->pulled = 1; /* neither the end nor broken: nothing was asked for yet */
    if (!resp->window) return NULL;
    return mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_WINDOW_BYTES, read_window, req, NULL);
}
