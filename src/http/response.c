/*
 * http/response.c - what a handler replied, and its way into the library.
 */
#include "exchange.h"

#include "base/fault.h"
#include "os/file.h"
#include "stream.h"

#include <assert.h>
#include <stdio.h>

enum { RETRY_AFTER_S = 2 };

/* --- headers ------------------------------------------------------------------------------------------------------ */

static bool is_header_text(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < 0x20 && text.data[i] != '\t') return false;
    return true;
}

static const char *copy_c(arena *a, str text)
{
    char *copy = arena_alloc(a, text.len + 1);
    if (copy && text.len) memcpy(copy, text.data, text.len);
    return copy; /* arena memory is zeroed */
}

/* Header values come from artifacts' names and properties: a line end in one would be a second header of the attacker's. */
void http_header_add(http_response *resp, const char *name, str value)
{
    http_request *req = resp->req;
    if (!is_header_text(value)) {
        log_warn(req->server->config.log, "http.header_dropped", LOG_STR("id", http_request_id(req)),
                 LOG_C("name", name), LOG_STR("value", value));
        return;
    }
    response_field *field = arena_alloc(req->memory, sizeof(*field));
    if (!field) return;
    *field = (response_field){NULL, copy_c(req->memory, str_from_c(name)), copy_c(req->memory, value)};
    if (!field->name || !field->value) return;

    response_field **at = &resp->first;
    while (*at) at = &(*at)->next;
    *at = field;
}

void http_header_set(http_response *resp, const char *name, str value)
{
    for (response_field **at = &resp->first; *at;)
        if (str_eq_nocase(str_from_c((*at)->name), str_from_c(name)))
            *at = (*at)->next;
        else
            at = &(*at)->next;
    http_header_add(resp, name, value);
}

/* --- replies ------------------------------------------------------------------------------------------------------ */

void response_done(http_response *resp)
{
    fd_close(resp->fd);
    resp->fd = -1;
    if (resp->source.close) resp->source.close(resp->source.ctx);
    resp->source = (http_source){0};
}

static void begin_reply(http_response *resp, unsigned status, const char *content_type)
{
    response_done(resp);
    resp->status = status;
    resp->kind = REPLY_BYTES;
    resp->body = BYTES_NONE;
    if (content_type) http_header_set(resp, "Content-Type", str_from_c(content_type));
}

void http_reply_static(http_response *resp, unsigned status, const char *content_type, bytes body)
{
    begin_reply(resp, status, content_type);
    resp->body = body;
}

void http_reply(http_response *resp, unsigned status, const char *content_type, bytes body)
{
    bytes copy = arena_copy_bytes(resp->req->memory, body);
    if (body.len > 0 && !copy.data) {
        http_reply_static(resp, 503, "text/plain; charset=utf-8",
                          str_bytes(STR("no memory for the answer\n")));
        return;
    }
    http_reply_static(resp, status, content_type, copy);
}

void http_reply_empty(http_response *resp, unsigned status)
{
    begin_reply(resp, status, NULL);
}

void http_reply_stream(http_response *resp, unsigned status, const char *content_type, http_source source)
{
    begin_reply(resp, status, content_type);
    resp->kind = REPLY_STREAM;
    resp->source = source;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

/* RFC 9110, 14.1.2. Several ranges, other units and malformed ones count as no range, which the standard allows. */
range_result response_range_parse(str header, uint64_t size_bytes, uint64_t *from, uint64_t *count)
{
    str first, last;
    uint64_t begin = 0, end = 0;
    if (!str_starts_with(header, STR("bytes="))) return RANGE_NONE;
    if (!str_cut(str_trim(str_skip(header, 6)), '-', &first, &last)) return RANGE_NONE;
    if (first.len > 0 && !str_to_u64(first, &begin)) return RANGE_NONE;
    if (last.len > 0 && !str_to_u64(last, &end)) return RANGE_NONE;

    if (first.len == 0) { /* the last `end` bytes */
        if (last.len == 0) return RANGE_NONE;
        if (end == 0 || size_bytes == 0) return RANGE_BEYOND;
        *count = end < size_bytes ? end : size_bytes;
        *from = size_bytes - *count;
        return RANGE_PART;
    }
    if (last.len > 0 && end < begin) return RANGE_NONE;
    if (begin >= size_bytes) return RANGE_BEYOND;
    uint64_t left = size_bytes - begin;
    *from = begin;
    *count = last.len > 0 && end - begin < left ? end - begin + 1 : left;
    return RANGE_PART;
}

/* RFC 9110, 13.1.2: a list of validators, weakly compared. */
static bool client_has(const http_request *req, str etag)
{
    str known, part;
    if (etag.len == 0 || !http_header(req, "If-None-Match", &known)) return false;
    while (str_next(&known, ',', &part)) {
        part = str_trim(part);
        if (str_starts_with(part, STR("W/"))) part = str_skip(part, 2);
        if (str_eq(part, STR("*")) || str_eq(part, etag)) return true;
    }
    return false;
}

static range_result wanted_range(const http_request *req, uint64_t size_bytes, str etag, uint64_t *from,
                                 uint64_t *count)
{
    str range, condition;
    if (req->method != HTTP_GET || !http_header(req, "Range", &range)) return RANGE_NONE;
    /* If-Range: a part of this version only; of another one the client wants all. */
    if (http_header(req, "If-Range", &condition) && (etag.len == 0 || !str_eq(condition, etag)))
        return RANGE_NONE;
    return response_range_parse(range, size_bytes, from, count);
}

static void set_file(http_response *resp, int fd, uint64_t from, uint64_t count)
{
    resp->kind = REPLY_FILE;
    resp->fd = fd;
    resp->offset_bytes = from;
    resp->size_bytes = count;
}

void http_reply_file(http_response *resp, const char *content_type, int fd, uint64_t size_bytes, str etag)
{
    AUTO(fd_close) int file = fd;
    http_request *req = resp->req;
    if (etag.len > 0) http_header_set(resp, "ETag", etag);
    http_header_set(resp, "Accept-Ranges", STR("bytes"));
    if (client_has(req, etag)) {
        http_reply_empty(resp, 304);
        return;
    }

    uint64_t from = 0, count = size_bytes;
    switch (wanted_range(req, size_bytes, etag, &from, &count)) {
    case RANGE_BEYOND:
        http_header_set(resp, "Content-Range",
                        arena_printf(req->memory, "bytes */%llu", (unsigned long long)size_bytes));
        http_reply_empty(resp, 416);
        return;
    case RANGE_PART:
        http_header_set(resp, "Content-Range",
                        arena_printf(req->memory, "bytes %llu-%llu/%llu", (unsigned long long)from,
                                     (unsigned long long)(from + count - 1), (unsigned long long)size_bytes));
        begin_reply(resp, 206, content_type);
        break;
    case RANGE_NONE: begin_reply(resp, 200, content_type); break;
    }
    if (count > 0) set_file(resp, fd_take(&file), from, count);
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

static void add_allow(http_response *resp)
{
    AUTO_BUF buf list;
    buf_init(&list, 128);
    for (unsigned m = HTTP_GET; m <= HTTP_OPTIONS; m <<= 1)
        if (resp->req->found.allowed & m)
            buf_printf(&list, "%s%s", list.len ? ", " : "", http_method_name((http_method)m));
    http_header_set(resp, "Allow", buf_str(&list));
}

static void render_plain(http_response *resp, const err *e)
{
    str text = arena_printf(resp->req->memory, "%s: %s\n", err_name(e->code), e->message);
    http_reply_static(resp, err_http_status(e->code), "text/plain; charset=utf-8", str_bytes(text));
}

void response_render_error(http_request *req, const err *e)
{
    http_response *resp = &req->response;
    response_done(resp);
    *resp = (http_response){.req = req, .fd = -1};
    const http_route_table *table = req->found.table;
    if (table && table->render_error) table->render_error(req, resp, e);
    if (resp->status == 0) render_plain(resp, e);

    if (e->code == ERR_METHOD && !req->found.row) add_allow(resp);
    if (resp->status == 429 || resp->status == 503)
        http_header_set(resp, "Retry-After", arena_printf(req->memory, "%d", RETRY_AFTER_S));
    if (resp->status >= 500)
        log_error(req->server->config.log, "http.error", LOG_STR("id", http_request_id(req)),
                  LOG_STR("path", req->target.path), LOG_ERR(e));
}

/* --- into the library --------------------------------------------------------------------------------------------- */

static struct MHD_Response *library_response(http_response *resp)
{
    if (fault_hit(FAULT_MEMORY)) return NULL;
    switch (resp->kind) {
    case REPLY_FILE: {
        struct MHD_Response *made =
            mhd.create_response_from_fd_at_offset64(resp->size_bytes, resp->fd, resp->offset_bytes);
        if (made) (void)fd_take(&resp->fd); /* closed with the library's response */
        return made;
    }
    case REPLY_STREAM: return stream_response(resp->req);
    case REPLY_BYTES: break;
    }
    /* The bytes live in the request's arena, which is dropped after the library is done with them; its prototype
     * lacks a const. */
    void *data = (void *)resp->body.data;
    return mhd.create_response_from_buffer(resp->body.len, data, MHD_RESPMEM_PERSISTENT);
}

bool response_queue(http_request *req)
{
    http_response *resp = &req->response;
    assert(resp->status >= 200 && resp->status <= 599);
    struct MHD_Response *made = library_response(resp);
    if (!made) return false;
    mhd.add_response_header(made, "X-Request-Id", req->id);
    for (const response_field *field = resp->first; field; field = field->next)
        mhd.add_response_header(made, field->name, field->value);
    if (req->close_after || atomic_load_explicit(&req->server->stopping, memory_order_relaxed))
        mhd.add_response_header(made, MHD_HTTP_HEADER_CONNECTION, "close");
    bool queued = mhd.queue_response(req->connection, resp->status, made) == MHD_YES;
    mhd.destroy_response(made);
    return queued;
}

bool response_write_text(http_request *req, buf *out, err *e)
{
    http_response *resp = &req->response;
    assert(resp->kind == REPLY_BYTES); /* errors are */
    buf_printf(out, "HTTP/1.1 %u %s\r\n", resp->status, mhd.get_reason_phrase_for(resp->status));
    buf_printf(out, "X-Request-Id: %s\r\nConnection: close\r\nContent-Length: %zu\r\n", req->id,
               resp->body.len);
    for (const response_field *field = resp->first; field; field = field->next)
        buf_printf(out, "%s: %s\r\n", field->name, field->value);
    buf_add_str(out, STR("\r\n"));
    if (req->method != HTTP_HEAD) buf_add(out, resp->body);
    return buf_ok(out, "the early answer", e);
}
