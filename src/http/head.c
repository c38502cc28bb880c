/*
 * http/head.c - from the library's idea of a head to ours.
 *
 * The library parses in place: it ends names and values with NUL where ':' and CR LF were. Lines therefore still stand one
 * behind the other, and a head in which they do not was something else than "name: value CR LF" lines: a NUL inside a value, a
 * bare LF, a folded line. No honest client of today sends those, and each has been used for smuggling, so they are refused.
 */
#include "exchange.h"

#include "base/limits.h"

#include <arpa/inet.h>

static const struct {
    const char *name;
    http_method method;
} methods[] = {
    {"GET", HTTP_GET},     {"HEAD", HTTP_HEAD},     {"PUT", HTTP_PUT},         {"POST", HTTP_POST},
    {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS},
};

const char *http_method_name(http_method m)
{
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (methods[i].method == m) return methods[i].name;
    return "?";
}

static http_method method_of(str name)
{
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (str_eq(name, str_from_c(methods[i].name))) return methods[i].method;
    return 0;
}

/* --- the lines ---------------------------------------------------------------------------------------------------- */

typedef struct line_walk {
    http_request *req;
    size_t capacity;
    const char *next; /* where the next line must start */
    bool is_broken;
} line_walk;

static enum MHD_Result take_line(void *cls, enum MHD_ValueKind kind UNUSED, const char *name,
                                 const char *value)
{
    line_walk *walk = cls;
    str key = str_from_c(name), text = str_from_c(value);
    walk->is_broken |= name != walk->next || !value || walk->req->field_count == walk->capacity;
    if (walk->is_broken) return MHD_NO;
    walk->next = value + text.len + 2; /* CR LF */
    walk->req->fields[walk->req->field_count++] = (http_field){key, str_trim(text)};
    return MHD_YES;
}

static bool read_lines(http_request *req, const char *method, const char *version, size_t head_bytes, err *e)
{
    int count = mhd.get_connection_values(req->connection, MHD_HEADER_KIND, NULL, NULL);
    line_walk walk = {.req = req, .capacity = (size_t)count, .next = version + strlen(version) + 2};
    req->fields = arena_alloc_array(req->memory, walk.capacity + 1, sizeof(http_field));
    if (!req->fields) return err_set(e, ERR_MEMORY, "no memory for %d header lines", count);

    mhd.get_connection_values(req->connection, MHD_HEADER_KIND, take_line, &walk);
    bool target_is_alone = req->target_begin == method + strlen(method) + 1 &&
                           version == req->target_begin + req->target_raw.len + 1;
    bool head_ends_right = walk.next + 2 == method + head_bytes; /* the empty line */
    if (walk.is_broken || !target_is_alone || !head_ends_right)
        return err_set(e, ERR_INVALID,
                       "the request head has a NUL, a blank, a folded line or a line end where none may be");
    return true;
}

/* --- who asks ----------------------------------------------------------------------------------------------------- */

/* A socket for both families has IPv4 peers as ::ffff:1.2.3.4: the last four bytes are who it is. */
static void read_peer_6(const struct in6_addr *address, http_request *req)
{
    if (IN6_IS_ADDR_V4MAPPED(address))
        inet_ntop(AF_INET, &address->s6_addr[12], req->peer, sizeof(req->peer));
    else
        inet_ntop(AF_INET6, address, req->peer, sizeof(req->peer));
}

static void read_peer(http_request *req)
{
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(req->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, req->peer,
                  sizeof(req->peer));
    else if (address && address->sa_family == AF_INET6)
        read_peer_6(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, req);
}

/* A caller's own id is kept, so that its log and ours can be laid side by side; only if it cannot break either. */
static void take_callers_id(http_request *req)
{
    str wanted;
    if (!http_header(req, "X-Request-Id", &wanted) || wanted.len == 0 || wanted.len >= sizeof(req->id))
        return;
    for (size_t i = 0; i < wanted.len; i++)
        if (!memchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.", wanted.data[i], 65))
            return;
    memcpy(req->id, wanted.data, wanted.len);
    req->id[wanted.len] = 0;
}

/* --- the head ----------------------------------------------------------------------------------------------------- */

static bool find_route(http_request *req, err *e)
{
    const http_server_config *config = &req->server->config;
    route_find(config->tables, config->table_count, req->method, req->target.path, &req->found);
    if (req->found.row) return true;
    if (req->found.allowed || !req->method)
        return err_set(e, ERR_METHOD, "%.*s does not answer this method",
                       STR_ARG(str_slice(req->target.path, 0, 200)));
    return err_set(e, ERR_NOT_FOUND, "no such address: %.*s", STR_ARG(str_slice(req->target.path, 0, 200)));
}

bool head_read(http_request *req, const char *method, const char *version, err *e)
{
    const union MHD_ConnectionInfo *info =
        mhd.get_connection_info(req->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    size_t head_bytes = info ? info->header_size : 0;
    read_peer(req);
    /* A refused head is answered in the words of its surface, as far as its target tells. */
    req->found.table =
        route_table_of(req->server->config.tables, req->server->config.table_count, req->target_raw);

    /* Until the gate has passed it, nobody knows where this request ends. */
    req->close_after = true;
    if (!read_lines(req, method, version, head_bytes, e)) return false;
    const http_head head = {.target = req->target_raw,
                            .version = str_from_c(version),
                            .fields = req->fields,
                            .field_count = req->field_count,
                            .head_bytes = head_bytes};
    if (!http_gate_check(&head, &req->framing, e)) return false;
    req->close_after = false;

    take_callers_id(req);
    req->method = method_of(str_from_c(method));
    return http_target_parse(req->target_raw, req->memory, &req->target, e) && find_route(req, e);
}
