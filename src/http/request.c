/*
 * http/request.c - what a handler may ask about its request.
 */
#include "exchange.h"

#include <assert.h>

void *http_app(const http_request *req)
{
    return req->server->config.app;
}

http_server *http_request_server(const http_request *req)
{
    return req->server;
}

arena *http_arena(http_request *req)
{
    return req->memory;
}

http_method http_request_method(const http_request *req)
{
    return req->method;
}

const http_route *http_request_route(const http_request *req)
{
    return req->found.row;
}

const http_route_table *http_request_table(const http_request *req)
{
    return req->found.table;
}

str http_request_id(const http_request *req)
{
    return str_from_c(req->id);
}

str http_path(const http_request *req)
{
    return req->target.path;
}

str http_path_raw(const http_request *req)
{
    return req->target.path_raw;
}

str http_matrix_raw(const http_request *req)
{
    return req->target.matrix_raw;
}

str http_query_raw(const http_request *req)
{
    return req->target.query_raw;
}

str http_param(const http_request *req, const char *name)
{
    const route_params *params = &req->found.params;
    for (size_t i = 0; i < params->count; i++)
        if (str_eq(params->items[i].name, str_from_c(name))) return params->items[i].value;
    return STR_NONE;
}

bool http_query(const http_request *req, const char *name, str *value)
{
    for (size_t i = 0; i < req->target.query_count; i++) {
        if (!str_eq(req->target.query[i].name, str_from_c(name))) continue;
        *value = req->target.query[i].value;
        return true;
    }
    return false;
}

bool http_query_at(const http_request *req, size_t i, str *name, str *value)
{
    if (i >= req->target.query_count) return false;
    *name = req->target.query[i].name;
    *value = req->target.query[i].value;
    return true;
}

/* RFC 9110, 5.3: repeated lines are one list. */
static str join(const http_request *req, str before, str more)
{
    return arena_printf(req->memory, "%.*s, %.*s", STR_ARG(before), STR_ARG(more));
}

bool http_header(const http_request *req, const char *name, str *value)
{
    bool found = false;
    str wanted = str_from_c(name);
    for (size_t i = 0; i < req->field_count; i++) {
        if (!str_eq_nocase(req->fields[i].name, wanted)) continue;
        *value = found ? join(req, *value, req->fields[i].value) : req->fields[i].value;
        found = true;
    }
    return found;
}

bool http_cookie(const http_request *req, const char *name, str *value)
{
    str all, pair;
    if (!http_header(req, "Cookie", &all)) return false;
    while (str_next(&all, ';', &pair)) {
        str key, text;
        if (!str_cut(str_trim(pair), '=', &key, &text) || !str_eq(key, str_from_c(name))) continue;
        *value = text;
        return true;
    }
    return false;
}

str http_peer(const http_request *req)
{
    return str_from_c(req->peer);
}

bytes http_request_body(const http_request *req)
{
    return buf_bytes(&req->body);
}

bool http_content_length(const http_request *req, uint64_t *value)
{
    if (req->framing.is_chunked) return false;
    *value = req->framing.length_bytes;
    return true;
}

void *http_sink_take(http_request *req)
{
    void *ctx = req->spool.is_open ? req->spool.sink.ctx : NULL;
    req->spool.sink.ctx = NULL;
    return ctx;
}

void http_identity_set(http_request *req, void *identity)
{
    req->identity = identity;
}

void *http_identity(const http_request *req)
{
    return req->identity;
}

str http_base_url(http_request *req)
{
    str host = STR("localhost"), scheme = STR("http"), forwarded;
    (void)http_header(req, "Host", &host);
    if (http_header(req, "X-Forwarded-Proto", &forwarded) && str_eq_nocase(forwarded, STR("https")))
        scheme = STR("https");
    return arena_printf(req->memory, "%.*s://%.*s", STR_ARG(scheme), STR_ARG(host));
}
