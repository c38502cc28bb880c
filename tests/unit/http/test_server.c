/*
 * The server over a real loopback socket: routing, heads, answers, ranges, streams, authorisation, the end.
 */
#include "tests/unit/test.h"

#include "loopback.h"

#include "base/limits.h"
#include "exchange.h"

#include <fcntl.h>
#include <sys/mman.h>

enum { OPEN, CLOSED, SLOW, SLOW_CLOSED }; /* permissions of the rows below */

/* --- routes ------------------------------------------------------------------------------------------------------- */

static bool say(http_request *req, http_response *resp, err *e)
{
    (void)e;
    AUTO_BUF buf text;
    buf_init(&text, 65536);
    buf_printf(&text, "%s path=%.*s x=%.*s rest=%.*s", http_method_name(http_request_method(req)),
               STR_ARG(http_path(req)), STR_ARG(http_param(req, "x")), STR_ARG(http_param(req, "rest")));
    str name, value;
    for (size_t i = 0; http_query_at(req, i, &name, &value); i++)
        buf_printf(&text, " %.*s:%.*s", STR_ARG(name), STR_ARG(value));
    bytes body = http_request_body(req);
    buf_printf(&text, " body=%zu:%.*s", body.len, (int)(body.len < 20 ? body.len : 20),
               (const char *)body.data);
    http_reply(resp, 200, "text/plain", buf_bytes(&text));
    return true;
}

static bool say_headers(http_request *req, http_response *resp, err *e)
{
    (void)e;
    str list = STR_NONE, cookie = STR_NONE;
    (void)http_header(req, "x-list", &list);
    (void)http_cookie(req, "two", &cookie);
    str text = arena_printf(http_arena(req), "list=%.*s two=%.*s base=%.*s peer=%.*s", STR_ARG(list),
                            STR_ARG(cookie), STR_ARG(http_base_url(req)), STR_ARG(http_peer(req)));
    http_header_add(resp, "X-One", STR("1"));
    http_header_set(resp, "X-One", STR("2"));
    http_header_set(resp, "X-Evil", STR("a\r\nSet-Cookie: b"));
    http_reply(resp, 200, "text/plain", str_bytes(text));
    return true;
}

static bool give_file(http_request *req, http_response *resp, err *e)
{
    (void)req;
    int fd = memfd_create("file", MFD_CLOEXEC);
    if (fd < 0 || write(fd, "0123456789", 10) != 10) return err_set_errno(e, ERR_STORAGE, "memfd");
    http_reply_file(resp, "text/plain", fd, 10, STR("\"v1\""));
    return true;
}

static ptrdiff_t pull_digits(void *ctx, uint8_t *into, size_t capacity)
{
    unsigned *left = ctx;
    if (*left == 0) return 0;
    if (*left == 1000) { /* a source that breaks */
        return -1;
    }
    memset(into, '0' + (int)(*left % 10), capacity);
    (*left)--;
    return (ptrdiff_t)capacity;
}

static bool give_stream(http_request *req, http_response *resp, err *e)
{
    unsigned *left = malloc(sizeof(*left));
    if (!left) return err_set(e, ERR_MEMORY, "no memory");
    *left = str_eq(http_param(req, "x"), STR("broken")) ? 1000 : 3;
    http_reply_stream(resp, 200, "text/plain", (http_source){left, pull_digits, free});
    return true;
}

static bool fail_with_code(http_request *req, http_response *resp, err *e)
{
    (void)resp;
    str x = http_param(req, "x");
    if (str_eq(x, STR("nothing"))) return true; /* a bug: no reply */
    if (str_eq(x, STR("busy"))) return err_set(e, ERR_BUSY, "too much");
    return err_set(e, ERR_CONFLICT, "it is there already");
}

static const http_route rows[] = {
    {HTTP_GET | HTTP_DELETE, "/inline/{x}", OPEN, BODY_NONE, RUN_INLINE, NULL, say, ""},
    {HTTP_GET, "/worker/{x}/{rest...}", OPEN, BODY_NONE, RUN_WORKER, NULL, say, ""},
    {HTTP_POST, "/inline", OPEN, BODY_SMALL, RUN_INLINE, NULL, say, ""},
    {HTTP_POST, "/worker", OPEN, BODY_SMALL, RUN_WORKER, NULL, say, ""},
    {HTTP_GET, "/headers", OPEN, BODY_NONE, RUN_INLINE, NULL, say_headers, ""},
    {HTTP_GET, "/file", OPEN, BODY_NONE, RUN_INLINE, NULL, give_file, ""},
    {HTTP_GET, "/stream/{x}", OPEN, BODY_NONE, RUN_WORKER, NULL, give_stream, ""},
    {HTTP_GET, "/closed/{x}", CLOSED, BODY_NONE, RUN_INLINE, NULL, say, ""},
    {HTTP_POST, "/closed", CLOSED, BODY_SMALL, RUN_INLINE, NULL, say, ""},
    {HTTP_GET, "/slow/{x}", SLOW, BODY_NONE, RUN_INLINE, NULL, say, ""},
    {HTTP_POST, "/slow", SLOW, BODY_SMALL, RUN_INLINE, NULL, say, ""},
    {HTTP_GET, "/slowclosed/{x}", SLOW_CLOSED, BODY_NONE, RUN_INLINE, NULL, say, ""},
    {HTTP_GET, "/fail/{x}", OPEN, BODY_NONE, RUN_INLINE, NULL, fail_with_code, ""},
};

static void render(http_request *req, http_response *resp, const err *e)
{
    if (e->code == ERR_UNAUTHENTICATED) http_header_set(resp, "WWW-Authenticate", STR("Basic realm=\"t\""));
    str text = arena_printf(http_arena(req), "own: %s", e->message);
    http_reply(resp, err_http_status(e->code), "text/plain", str_bytes(text));
}

static const http_route_table plain_table = {
    .name = "plain", .prefix = "/", .rows = rows, .count = COUNT_OF(rows)};
static const http_route_table own_table = {.name = "own", .prefix = "/own", .render_error = render};
static const http_route_table *const tables[] = {&plain_table, &own_table};

static http_decision authorise(http_request *req, const http_route *route, bool may_block, err *e)
{
    (void)req;
    if (route->permission == OPEN) return HTTP_ALLOW;
    if (!may_block && route->permission >= SLOW) return HTTP_DEFER;
    if (route->permission == SLOW) return HTTP_ALLOW;
    err_set(e, ERR_UNAUTHENTICATED, "who are you?");
    return HTTP_REFUSE;
}

typedef struct seen {
    atomic_uint count, last_status;
    atomic_ullong sent;
} seen;

static void finished(http_request *req, const http_outcome *outcome)
{
    seen *s = http_app(req);
    atomic_store(&s->last_status, outcome->status);
    atomic_store(&s->sent, outcome->sent_bytes);
    atomic_fetch_add(&s->count, 1);
}

static const logger silent = {.fd = -1};

typedef struct fixture {
    http_server *server;
    unsigned port;
    seen seen;
    answer answer;
} fixture;

static int start(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    const http_server_config config = {.listen = "127.0.0.1:0",
                                       .tables = tables,
                                       .table_count = COUNT_OF(tables),
                                       .event_threads = 2,
                                       .worker_threads = 4,
                                       .app = &f->seen,
                                       .log = &silent,
                                       .authorise = authorise,
                                       .finished = finished};
    err e = {0};
    if (!http_server_start(&config, &f->server, &e)) fail_msg("%s", e.message);
    f->port = http_server_port(f->server);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    fixture *f = *state;
    http_server_stop(f->server, 5000);
    free(f);
    return 0;
}

#define CLOSE " HTTP/1.1\r\nHost: t\r\nConnection: close\r\n"

static void expect(fixture *f, str request, unsigned status, const char *part)
{
    client_ask(f->port, request, &f->answer);
    if (f->answer.status != status || (part && !answer_has(&f->answer, part)))
        fail_msg("%.*s\ngave %u, wanted %u with '%s':\n%s", STR_ARG(str_slice(request, 0, 300)),
                 f->answer.status, status, part ? part : "", f->answer.text);
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void server_routes_requests(void **state)
{
    fixture *f = *state;
    expect(f, STR("GET /inline/a%20b?q=1&r=%2f" CLOSE "\r\n"), 200,
           "GET path=/inline/a b x=a b rest= q:1 r:/ body=0:");
    expect(f, STR("GET /worker/1/2/3" CLOSE "\r\n"), 200, "GET path=/worker/1/2/3 x=1 rest=2/3");
    expect(f, STR("POST /inline" CLOSE "Content-Length: 5\r\n\r\nhello"), 200, "body=5:hello");
    expect(f, STR("POST /worker" CLOSE "Content-Length: 5\r\n\r\nhello"), 200, "body=5:hello");
    expect(f,
           STR("POST /worker" CLOSE "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n"),
           200, "body=5:hello");
    expect(f, STR("POST /inline" CLOSE "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: 1\r\n\r\n"), 200,
           "body=0:");
    expect(f, STR("POST /inline" CLOSE "\r\n"), 200, "body=0:");
    expect(f, STR("HEAD /inline/x" CLOSE "\r\n"), 200, "Content-Length: ");
    assert_false(answer_has(&f->answer, "path="));
    expect(f, STR("DELETE /inline/x" CLOSE "\r\n"), 200, "DELETE path");
    expect(f, STR("GET http://elsewhere/inline/x" CLOSE "\r\n"), 200, "x=x");
    expect(f, STR("GET /inline/x HTTP/1.0\r\n\r\n"), 200, "x=x");
    expect(f, STR("\r\nGET /inline/x" CLOSE "\r\n"), 200, "x=x");
}

static void server_words_errors_by_table(void **state)
{
    fixture *f = *state;
    expect(f, STR("GET /nowhere" CLOSE "\r\n"), 404, "ERR_NOT_FOUND: no such address: /nowhere");
    expect(f, STR("GET /own/x" CLOSE "\r\n"), 404, "own: no such address");
    expect(f, STR("PUT /inline/x" CLOSE "\r\n"), 405, "Allow: GET, HEAD, DELETE\r\n");
    expect(f, STR("BREW /inline/x" CLOSE "\r\n"), 405, NULL);
    expect(f, STR("GET /fail/x" CLOSE "\r\n"), 409, "it is there already");
    expect(f, STR("GET /fail/busy" CLOSE "\r\n"), 429, "Retry-After: ");
    expect(f, STR("GET /fail/nothing" CLOSE "\r\n"), 500, "ERR_INTERNAL");
    expect(f, STR("GET /inline/x" CLOSE "Content-Length: 3\r\n\r\nabc"), 413, "takes no body");
    expect(f, STR("GET /inline/x" CLOSE "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), 413,
           NULL);
    expect(f, STR("GET /inline/x" CLOSE "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 200, NULL);
}

static void server_refuses_hostile_heads(void **state)
{
    fixture *f = *state;
    static const struct {
        str request;
        unsigned status, other; /* the library answers a few itself; 0: it closes */
    } cases[] = {
        {STR("POST /inline" CLOSE "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), 400, 400},
        {STR("POST /inline" CLOSE "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"), 400, 400},
        {STR("POST /inline" CLOSE "Content-Length: 5, 5\r\n\r\nhello"), 400, 400},
        {STR("POST /inline" CLOSE "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400,
         400},
        {STR("POST /inline" CLOSE "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"), 400,
         400},
        {STR("POST /inline" CLOSE "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), 501, 501},
        {STR("POST /inline" CLOSE "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"), 501, 501},
        {STR("POST /inline" CLOSE "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400, 400},
        {STR("POST /inline" CLOSE "Transfer-Encoding: chunked\0x\r\n\r\n0\r\n\r\n"), 400, 400},
        {STR("POST /inline" CLOSE "Content-Length: 5\0\r\n\r\nhello"), 400, 400},
        {STR("POST /inline" CLOSE "Content-Length: 0x5\r\n\r\nhello"), 400, 400},
        {STR("POST /inline" CLOSE "Content-Length: -1\r\n\r\nhello"), 400, 400},
        {STR("POST /inline" CLOSE "Content-Length: 99999999999999999999\r\n\r\nhello"), 413, 400},
        {STR("POST /inline" CLOSE "Transfer-Encoding: chunked\r\n\r\nzz\r\nhello"), 400, 400},
        {STR("POST /inline" CLOSE "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello"), 413, 400},
        {STR("GET /inline/x" CLOSE "X-Folded: a\r\n b\r\n\r\n"), 400, 400},
        {STR("GET /inline/x" CLOSE "X-Folded: a\r\n\tContent-Length: 5\r\n\r\n"), 400, 400},
        {STR("GET /inline/x" CLOSE "X-Bare: a\nContent-Length: 5\r\n\r\n"), 400, 400},
        {STR("GET /inline/x" CLOSE "No colon\r\n\r\n"), 400, 400},
        {STR("GET /inline/x" CLOSE "X: a\rb\r\n\r\n"), 400, 400},
        {STR("GET /inline/x" CLOSE ": a\r\n\r\n"), 400, 400},
        {STR("GET /inline/x HTTP/1.1\r\n\r\n"), 400, 400},
        {STR("GET /inline/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400, 400},
        {STR("GET /inline/x\0y" CLOSE "\r\n"), 400, 0},
        {STR("GET /inline/x y" CLOSE "\r\n"), 400, 0},
        {STR("GET  /inline/x" CLOSE "\r\n"), 400, 0},
        {STR("GET /inline/%00" CLOSE "\r\n"), 400, 400},
        {STR("GET /inline/%ff" CLOSE "\r\n"), 400, 400},
        {STR("GET /inline/a%2fb" CLOSE "\r\n"), 400, 400},
        {STR("GET /inline/../x" CLOSE "\r\n"), 400, 400},
        {STR("GET /inline/%2e%2e/x" CLOSE "\r\n"), 400, 400},
        {STR("GET /inline/%zz" CLOSE "\r\n"), 400, 400},
        {STR("GET inline/x" CLOSE "\r\n"), 400, 400},
        {STR("GET /inline/x HTTP/1.2\r\nHost: t\r\nConnection: close\r\n\r\n"), 400, 505},
        {STR("GET /inline/x HTTP/2.0\r\nHost: t\r\nConnection: close\r\n\r\n"), 505, 400},
        {STR("GET /inline/x\r\n\r\n"), 400, 505},
        {STR("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), 0, 400},
        {STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505, 400},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        client_ask(f->port, cases[i].request, &f->answer);
        if (f->answer.status != cases[i].status && f->answer.status != cases[i].other)
            fail_msg("case %zu gave %u, wanted %u:\n%s\n%s", i, f->answer.status, cases[i].status,
                     cases[i].request.data, f->answer.text);
        /* What came behind was never taken for a request of its own. */
        assert_false(answer_has(&f->answer, "HTTP/1.1 200"));
    }
    expect(f, STR("GET /inline/alive" CLOSE "\r\n"), 200, "alive");
}

static str long_request(char *into, size_t capacity, const char *before, size_t filler, const char *after)
{
    size_t len = strlen(before);
    assert_true(len + filler + strlen(after) < capacity);
    memcpy(into, before, len);
    memset(into + len, 'a', filler);
    memcpy(into + len + filler, after, strlen(after) + 1);
    return (str){into, len + filler + strlen(after)};
}

static void server_limits_heads(void **state)
{
    fixture *f = *state;
    static char text[200000];
    expect(f, long_request(text, sizeof(text), "GET /inline/", 4000, CLOSE "\r\n"), 200, "aaa");
    expect(f, long_request(text, sizeof(text), "GET /inline/", 4096, CLOSE "\r\n"), 414, NULL);
    expect(f, long_request(text, sizeof(text), "GET /inline/x" CLOSE "X-Long: ", 30000, "\r\n\r\n"), 200,
           "x=x");
    expect(f, long_request(text, sizeof(text), "GET /inline/x" CLOSE "X-Long: ", 33000, "\r\n\r\n"), 431,
           NULL);
    expect(f, long_request(text, sizeof(text), "GET /inline/x" CLOSE "X-Long: ", 150000, "\r\n\r\n"), 431,
           NULL);
}

static void server_reads_and_writes_headers(void **state)
{
    fixture *f = *state;
    expect(f,
           STR("GET /headers" CLOSE "X-List: a\r\nX-LIST:  b \r\nCookie: one=1; two=2; three=3\r\n"
               "X-Forwarded-Proto: https\r\nX-Request-Id: caller-7\r\n\r\n"),
           200, "list=a, b two=2 base=https://t peer=127.0.0.1");
    assert_true(answer_has(&f->answer, "X-Request-Id: caller-7\r\n"));
    assert_true(answer_has(&f->answer, "X-One: 2\r\n"));
    assert_false(answer_has(&f->answer, "X-One: 1"));
    assert_false(answer_has(&f->answer, "Set-Cookie"));
    expect(f, STR("GET /headers" CLOSE "X-Request-Id: a b\r\n\r\n"), 200, "X-Request-Id: ");
    assert_false(answer_has(&f->answer, "X-Request-Id: a b"));
}

static void server_sends_files_and_ranges(void **state)
{
    fixture *f = *state;
    expect(f, STR("GET /file" CLOSE "\r\n"), 200, "\r\n\r\n0123456789");
    assert_true(answer_has(&f->answer, "ETag: \"v1\"\r\n") &&
                answer_has(&f->answer, "Accept-Ranges: bytes\r\n"));
    expect(f, STR("HEAD /file" CLOSE "\r\n"), 200, "Content-Length: 10\r\n");
    assert_false(answer_has(&f->answer, "0123456789"));
    expect(f, STR("GET /file" CLOSE "Range: bytes=2-4\r\n\r\n"), 206, "\r\n\r\n234");
    assert_true(answer_has(&f->answer, "Content-Range: bytes 2-4/10\r\n"));
    expect(f, STR("GET /file" CLOSE "Range: bytes=-3\r\n\r\n"), 206, "\r\n\r\n789");
    expect(f, STR("GET /file" CLOSE "Range: bytes=8-99\r\n\r\n"), 206, "Content-Range: bytes 8-9/10\r\n");
    expect(f, STR("GET /file" CLOSE "Range: bytes=10-\r\n\r\n"), 416, "Content-Range: bytes */10\r\n");
    expect(f, STR("GET /file" CLOSE "Range: bytes=0-1,3-4\r\n\r\n"), 200, "0123456789");
    expect(f, STR("GET /file" CLOSE "Range: bytes=2-4\r\nIf-Range: \"v1\"\r\n\r\n"), 206, "\r\n\r\n234");
    expect(f, STR("GET /file" CLOSE "Range: bytes=2-4\r\nIf-Range: \"v0\"\r\n\r\n"), 200, "0123456789");
    expect(f, STR("GET /file" CLOSE "If-None-Match: \"v0\", W/\"v1\"\r\n\r\n"), 304, "ETag: \"v1\"");
    expect(f, STR("GET /file" CLOSE "If-None-Match: \"v0\"\r\n\r\n"), 200, "0123456789");
}

static void range_parse_follows_the_standard(void **state)
{
    (void)state;
    static const struct {
        str header;
        uint64_t size, from, count;
        range_result want;
    } cases[] = {
        {STR("bytes=0-0"), 10, 0, 1, RANGE_PART},
        {STR("bytes=0-"), 10, 0, 10, RANGE_PART},
        {STR("bytes=9-9"), 10, 9, 1, RANGE_PART},
        {STR("bytes=-99"), 10, 0, 10, RANGE_PART},
        {STR("bytes=-0"), 10, 0, 0, RANGE_BEYOND},
        {STR("bytes=-1"), 0, 0, 0, RANGE_BEYOND},
        {STR("bytes=0-"), 0, 0, 0, RANGE_BEYOND},
        {STR("bytes=5-4"), 10, 0, 0, RANGE_NONE},
        {STR("bytes=-"), 10, 0, 0, RANGE_NONE},
        {STR("bytes=a-b"), 10, 0, 0, RANGE_NONE},
        {STR("bytes 0-1"), 10, 0, 0, RANGE_NONE},
        {STR("items=0-1"), 10, 0, 0, RANGE_NONE},
        {STR("bytes=1"), 10, 0, 0, RANGE_NONE},
        {STR("bytes=0-18446744073709551615"), 10, 0, 10, RANGE_PART},
        {STR("bytes=0-18446744073709551616"), 10, 0, 0, RANGE_NONE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t from = 0, count = 0;
        range_result got = response_range_parse(cases[i].header, cases[i].size, &from, &count);
        if (got != cases[i].want || from != cases[i].from || count != cases[i].count)
            fail_msg("%s of %llu", cases[i].header.data, (unsigned long long)cases[i].size);
    }
}

static void server_streams(void **state)
{
    fixture *f = *state;
    expect(f, STR("GET /stream/x" CLOSE "\r\n"), 200, "Transfer-Encoding: chunked");
    assert_true(f->answer.len > 3 * 32768);
    assert_true(str_ends_with(answer_str(&f->answer), STR("\r\n0\r\n\r\n")));
    expect(f, STR("HEAD /stream/x" CLOSE "\r\n"), 200, NULL);
    /* A broken source must not look like a whole answer. */
    expect(f, STR("GET /stream/broken" CLOSE "\r\n"), 200, NULL);
    assert_false(answer_has(&f->answer, "\r\n0\r\n\r\n"));
}

static void server_asks_for_permission_first(void **state)
{
    fixture *f = *state;
    expect(f, STR("GET /closed/x" CLOSE "\r\n"), 401, "who are you?");
    expect(f, STR("POST /closed" CLOSE "Content-Length: 5\r\n\r\nhello"), 401, NULL);
    expect(f, STR("POST /closed" CLOSE "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"), 401, NULL);
    assert_false(answer_has(&f->answer, "100 Continue"));
    expect(f, STR("GET /slow/x" CLOSE "\r\n"), 200, "x=x");
    expect(f, STR("POST /slow" CLOSE "Content-Length: 5\r\n\r\nhello"), 200, "body=5:hello");
    expect(f, STR("GET /slowclosed/x" CLOSE "\r\n"), 401, NULL);

    int fd = client_connect(f->port);
    assert_true(client_send(fd, STR("POST /slow" CLOSE "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")));
    client_read_one(fd, &f->answer);
    assert_int_equal(f->answer.status, 100);
    assert_true(client_send(fd, STR("hello")));
    client_read_all(fd, &f->answer);
    assert_int_equal(f->answer.status, 200);
    close(fd);
}

/* Refused requests do not cost the connection when their bodies are small. */
static void server_keeps_connections(void **state)
{
    fixture *f = *state;
    int fd = client_connect(f->port);
    static const struct {
        str request;
        unsigned status;
    } cases[] = {
        {STR("GET /inline/1 HTTP/1.1\r\nHost: t\r\n\r\n"), 200},
        {STR("GET /worker/1/ HTTP/1.1\r\nHost: t\r\n\r\n"), 200},
        {STR("POST /closed HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello"), 401},
        {STR("GET /nowhere HTTP/1.1\r\nHost: t\r\n\r\n"), 404},
        {STR("POST /slow HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello"), 200},
        {STR("GET /file HTTP/1.1\r\nHost: t\r\n\r\n"), 200},
        {STR("GET /slowclosed/x HTTP/1.1\r\nHost: t\r\n\r\n"), 401},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(client_send(fd, cases[i].request));
        client_read_one(fd, &f->answer);
        if (f->answer.status != cases[i].status) fail_msg("request %zu gave %u", i, f->answer.status);
    }
    /* Two in one segment: the second waits for its turn. */
    assert_true(client_send(
        fd, STR("GET /worker/1/ HTTP/1.1\r\nHost: t\r\n\r\nGET /inline/2 HTTP/1.1\r\nHost: t\r\n\r\n")));
    client_read_one(fd, &f->answer);
    assert_true(answer_has(&f->answer, "/worker/1/"));
    client_read_one(fd, &f->answer);
    assert_true(answer_has(&f->answer, "/inline/2"));
    close(fd);
}

static void server_limits_small_bodies(void **state)
{
    fixture *f = *state;
    char head[200];
    snprintf(head, sizeof(head), "POST /inline" CLOSE "Content-Length: %llu\r\n\r\n",
             (unsigned long long)LIMIT_HTTP_BODY_SMALL_BYTES + 1);
    expect(f, str_from_c(head), 413, "LIMIT_HTTP_BODY_SMALL_BYTES");

    /* Chunked: nobody knows beforehand. The answer comes while the client still sends. */
    static char piece[70000];
    int fd = client_connect(f->port);
    assert_true(client_send(fd, STR("POST /inline" CLOSE "Transfer-Encoding: chunked\r\n\r\n")));
    str chunk = long_request(piece, sizeof(piece), "10000\r\n", 0x10000, "\r\n");
    for (int i = 0; i < 200 && client_send(fd, chunk); i++) {}
    client_read_one(fd, &f->answer);
    assert_int_equal(f->answer.status, 413);
    close(fd);
}

static http_server_stats wait_until_idle(fixture *f)
{
    http_server_stats stats = {.requests_running = 1};
    for (int i = 0; i < 100000 && (stats.requests_running || stats.connections); i++) {
        http_server_stats_read(f->server, &stats);
        usleep(100);
    }
    return stats;
}

static void server_reports_outcomes(void **state)
{
    fixture *f = *state;
    (void)wait_until_idle(f); /* what earlier tests left behind is reported too */
    unsigned before = atomic_load(&f->seen.count);
    int fd = client_connect(f->port);
    assert_true(client_send(fd, STR("GET /inline/x HTTP/1.1\r\nHost: t\r\n\r\n")));
    client_read_one(fd, &f->answer);
    assert_true(client_send(fd, STR("GET /nowhere" CLOSE "\r\n")));
    client_read_all(fd, &f->answer);
    close(fd);
    http_server_stats stats = wait_until_idle(f);
    assert_int_equal(atomic_load(&f->seen.count), before + 2);
    assert_int_equal(atomic_load(&f->seen.last_status), 404);
    assert_int_equal(stats.workers, 4);
}

static void server_refuses_bad_addresses(void **state)
{
    (void)state;
    static const char *const cases[] = {"",
                                        "8082",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        "127.0.0.1:x",
                                        "127.0.0.1:70000",
                                        "no.such.host.invalid:1",
                                        "192.0.2.1:0"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const http_server_config config = {
            .listen = cases[i], .tables = tables, .table_count = 1, .log = &silent};
        http_server *server = NULL;
        err e = {0};
        assert_false(http_server_start(&config, &server, &e));
        assert_true(strlen(e.message) > 10);
    }
}

static void server_starts_on_all_addresses(void **state)
{
    fixture *f = *state;
    static const char *const cases[] = {":0", "localhost:0", "0.0.0.0:0"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        http_server_config config = {
            .listen = cases[i], .tables = tables, .table_count = 1, .event_threads = 1, .log = &silent};
        http_server *server = NULL;
        err e = {0};
        if (!http_server_start(&config, &server, &e)) fail_msg("%s: %s", cases[i], e.message);
        client_ask(http_server_port(server), STR("GET /inline/x" CLOSE "\r\n"), &f->answer);
        assert_int_equal(f->answer.status, 200);
        http_server_stop(server, 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_routes_requests),           cmocka_unit_test(server_words_errors_by_table),
        cmocka_unit_test(server_refuses_hostile_heads),     cmocka_unit_test(server_limits_heads),
        cmocka_unit_test(server_reads_and_writes_headers),  cmocka_unit_test(server_sends_files_and_ranges),
        cmocka_unit_test(range_parse_follows_the_standard), cmocka_unit_test(server_streams),
        cmocka_unit_test(server_asks_for_permission_first), cmocka_unit_test(server_keeps_connections),
        cmocka_unit_test(server_limits_small_bodies),       cmocka_unit_test(server_reports_outcomes),
        cmocka_unit_test(server_refuses_bad_addresses),     cmocka_unit_test(server_starts_on_all_addresses),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
