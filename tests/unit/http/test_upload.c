/*
 * Spooled uploads over a real socket: what arrives is what was sent, refusals are seen by the client, nothing is kept of what
 * was broken off, memory stays constant, and the server ends while uploads run.
 */
#include "tests/unit/test.h"

#include "loopback.h"

#include "base/limits.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

typedef struct store {
    atomic_uint opened, dropped, kept, finished;
    atomic_ullong written;
    atomic_uint last_status;
    pthread_mutex_t gate; /* held by a test that wants writes to wait */
} store;

typedef struct upload {
    store *store;
    uint64_t size_bytes, sum, fail_at;
    bool waits;
} upload;

/* --- the sink ----------------------------------------------------------------------------------------------------- */

static bool sink_write(void *ctx, bytes piece, err *e)
{
    upload *u = ctx;
    if (u->waits) {
        pthread_mutex_lock(&u->store->gate);
        pthread_mutex_unlock(&u->store->gate);
    }
    for (size_t i = 0; i < piece.len; i++) u->sum = u->sum * 31 + piece.data[i];
    u->size_bytes += piece.len;
    atomic_fetch_add(&u->store->written, piece.len);
    if (u->fail_at && u->size_bytes >= u->fail_at) return err_set(e, ERR_STORAGE, "the disk is full");
    return true;
}

static void sink_drop(void *ctx)
{
    upload *u = ctx;
    atomic_fetch_add(&u->store->dropped, 1);
    free(u);
}

static bool open_upload(http_request *req, http_sink *sink, err *e)
{
    str mode = http_param(req, "mode");
    if (str_eq(mode, STR("conflict"))) return err_set(e, ERR_CONFLICT, "this upload is busy");
    upload *u = calloc(1, sizeof(*u));
    if (!u) return err_set(e, ERR_MEMORY, "no memory");
    u->store = http_app(req);
    u->waits = str_eq(mode, STR("waits"));
    if (str_eq(mode, STR("full"))) u->fail_at = 1;
    if (str_eq(mode, STR("full-later"))) u->fail_at = 1 << 20;
    atomic_fetch_add(&u->store->opened, 1);
    *sink = (http_sink){u, sink_write, sink_drop};
    return true;
}

static bool keep_upload(http_request *req, http_response *resp, err *e)
{
    if (str_eq(http_param(req, "mode"), STR("refused-late")))
        return err_set(e, ERR_DIGEST_MISMATCH, "wrong sum");
    upload *u = http_sink_take(req);
    assert_non_null(u);
    assert_null(http_sink_take(req));
    str text = arena_printf(http_arena(req), "size=%llu sum=%llx", (unsigned long long)u->size_bytes,
                            (unsigned long long)u->sum);
    atomic_fetch_add(&u->store->kept, 1);
    free(u);
    http_reply(resp, 201, "text/plain", str_bytes(text));
    return true;
}

static bool hold(http_request *req, http_response *resp, err *e)
{
    (void)e;
    store *s = http_app(req);
    pthread_mutex_lock(&s->gate);
    pthread_mutex_unlock(&s->gate);
    http_reply_empty(resp, 204);
    return true;
}

static const http_route rows[] = {
    {HTTP_PUT | HTTP_PATCH, "/open/{mode}", 0, BODY_SPOOL, RUN_WORKER, open_upload, keep_upload, ""},
    {HTTP_PUT, "/closed/{mode}", 1, BODY_SPOOL, RUN_WORKER, open_upload, keep_upload, ""},
    {HTTP_GET, "/hold", 0, BODY_NONE, RUN_WORKER, NULL, hold, ""},
};
static const http_route_table table = {.name = "t", .prefix = "/", .rows = rows, .count = COUNT_OF(rows)};
static const http_route_table *const tables[] = {&table};

static http_decision authorise(http_request *req, const http_route *route, bool may_block, err *e)
{
    (void)req;
    if (route->permission == 0) return HTTP_ALLOW;
    if (!may_block) return HTTP_DEFER;
    err_set(e, ERR_UNAUTHENTICATED, "who are you?");
    return HTTP_REFUSE;
}

static void finished(http_request *req, const http_outcome *outcome)
{
    store *s = http_app(req);
    atomic_store(&s->last_status, outcome->status);
    atomic_fetch_add(&s->finished, 1);
}

static const logger silent = {.fd = -1};

typedef struct fixture {
    http_server *server;
    unsigned port;
    store store;
    answer answer;
} fixture;

static int start(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    pthread_mutex_init(&f->store.gate, NULL);
    const http_server_config config = {.listen = "127.0.0.1:0",
                                       .tables = tables,
                                       .table_count = 1,
                                       .event_threads = 2,
                                       .worker_threads = 2,
                                       .app = &f->store,
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
    if (f->server) http_server_stop(f->server, 5000);
    /* Whatever was opened was either taken by a handler or dropped. */
    assert_int_equal(atomic_load(&f->store.opened),
                     atomic_load(&f->store.kept) + atomic_load(&f->store.dropped));
    pthread_mutex_destroy(&f->store.gate);
    free(f);
    return 0;
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

static uint8_t pattern_byte(uint64_t at)
{
    return (uint8_t)(at * 7 + (at >> 8) * 13 + (at >> 16));
}

/* Up to `count` bytes of the pattern; false when the server closed before. */
static bool send_pattern(int fd, uint64_t from, uint64_t count, bool chunked)
{
    static char piece[50000 + 20];
    while (count > 0) {
        size_t len = count < 50000 ? (size_t)count : 50000, at = 0;
        if (chunked) at = (size_t)snprintf(piece, 20, "%zx\r\n", len);
        for (size_t i = 0; i < len; i++) piece[at + i] = (char)pattern_byte(from + i);
        if (chunked) memcpy(piece + at + len, "\r\n", 2);
        if (!client_send(fd, (str){piece, at + len + (chunked ? 2 : 0)})) return false;
        from += len;
        count -= len;
    }
    return !chunked || client_send(fd, STR("0\r\n\r\n"));
}

static uint64_t pattern_sum(uint64_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) sum = sum * 31 + pattern_byte(i);
    return sum;
}

static void send_head(int fd, const char *path, uint64_t length, const char *more)
{
    char head[300];
    int len = snprintf(head, sizeof(head), "PUT %s HTTP/1.1\r\nHost: t\r\nContent-Length: %llu\r\n%s\r\n",
                       path, (unsigned long long)length, more);
    assert_true(client_send(fd, (str){head, (size_t)len}));
}

static void wait_for(atomic_uint *counter, unsigned want)
{
    for (int i = 0; i < 200000 && atomic_load(counter) < want; i++) usleep(100);
    if (atomic_load(counter) != want) fail_msg("counter is %u, wanted %u", atomic_load(counter), want);
}

/* --- tests -------------------------------------------------------------------------------------------------------- */

static void upload_arrives_whole(void **state)
{
    fixture *f = *state;
    static const uint64_t sizes[] = {0,
                                     1,
                                     1000,
                                     LIMIT_HTTP_SPOOL_BYTES - 1,
                                     LIMIT_HTTP_SPOOL_BYTES,
                                     LIMIT_HTTP_SPOOL_BYTES + 1,
                                     2 * LIMIT_HTTP_SPOOL_BYTES,
                                     5000001};
    int fd = client_connect(f->port);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char want[100];
        snprintf(want, sizeof(want), "size=%llu sum=%llx", (unsigned long long)sizes[i],
                 (unsigned long long)pattern_sum(sizes[i]));
        send_head(fd, "/open/x", sizes[i], "");
        assert_true(send_pattern(fd, 0, sizes[i], false));
        client_read_one(fd, &f->answer);
        assert_int_equal(f->answer.status, 201);
        assert_true(answer_has(&f->answer, want));

        assert_true(
            client_send(fd, STR("PATCH /open/x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")));
        assert_true(send_pattern(fd, 0, sizes[i], true));
        client_read_one(fd, &f->answer);
        assert_int_equal(f->answer.status, 201);
        assert_true(answer_has(&f->answer, want));
    }
    close(fd);
}

static void upload_waits_for_100_continue(void **state)
{
    fixture *f = *state;
    int fd = client_connect(f->port);
    send_head(fd, "/open/x", 5, "Expect: 100-continue\r\n");
    client_read_one(fd, &f->answer);
    assert_int_equal(f->answer.status, 100);
    assert_true(send_pattern(fd, 0, 5, false));
    client_read_one(fd, &f->answer);
    assert_int_equal(f->answer.status, 201);
    close(fd);

    static const char *const refused[] = {"/closed/x", "/open/conflict"};
    for (size_t i = 0; i < 2; i++) {
        fd = client_connect(f->port);
        send_head(fd, refused[i], 1 << 30, "Expect: 100-continue\r\n");
        client_read_all(fd, &f->answer); /* one answer, then the end */
        assert_int_equal(f->answer.status, i == 0 ? 401 : 409);
        close(fd);
    }
}

/* Send until the server stops reading or `count` is through; then there must be an answer. */
static unsigned status_of_refused(fixture *f, const char *path, uint64_t count, bool chunked)
{
    int fd = client_connect(f->port);
    char head[200];
    if (chunked) {
        int len = snprintf(head, sizeof(head),
                           "PUT %s HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n", path);
        assert_true(client_send(fd, (str){head, (size_t)len}));
    } else {
        send_head(fd, path, count, "");
    }
    (void)send_pattern(fd, 0, count, chunked);
    client_read_one(fd, &f->answer);
    close(fd);
    return f->answer.status;
}

static void upload_refusals_reach_the_client(void **state)
{
    fixture *f = *state;
    static const uint64_t sizes[] = {10, 100000, 3000000, 30000000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (int chunked = 0; chunked < 2; chunked++) {
            assert_int_equal(status_of_refused(f, "/closed/x", sizes[i], chunked), 401);
            assert_int_equal(status_of_refused(f, "/open/conflict", sizes[i], chunked), 409);
            assert_int_equal(status_of_refused(f, "/open/full", sizes[i], chunked), 507);
            assert_int_equal(status_of_refused(f, "/open/full-later", sizes[i], chunked),
                             sizes[i] > 2000000 ? 507 : 201);
            assert_int_equal(status_of_refused(f, "/open/refused-late", sizes[i], chunked), 409);
            assert_int_equal(status_of_refused(f, "/nowhere", sizes[i], chunked), 404);
        }
}

static void upload_is_bounded_after_a_refusal(void **state)
{
    fixture *f = *state;
    int fd = client_connect(f->port);
    send_head(fd, "/closed/x", (uint64_t)100 * LIMIT_HTTP_LINGER_BYTES, "");
    bool all = send_pattern(fd, 0, (uint64_t)3 * LIMIT_HTTP_LINGER_BYTES, false);
    assert_false(all); /* the server has closed */
    close(fd);
}

static void upload_broken_off_is_dropped(void **state)
{
    fixture *f = *state;
    static const uint64_t sizes[] = {0, 1000, 300000, 4000000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        unsigned dropped = atomic_load(&f->store.dropped), kept = atomic_load(&f->store.kept);
        unsigned opened = atomic_load(&f->store.opened);
        int fd = client_connect(f->port);
        send_head(fd, "/open/x", sizes[i] + 1, "");
        assert_true(send_pattern(fd, 0, sizes[i], false));
        wait_for(&f->store.opened, opened + 1);
        close(fd);
        wait_for(&f->store.dropped, dropped + 1);
        assert_int_equal(atomic_load(&f->store.kept), kept);
    }
}

/* A worker is in the middle of a write when the client leaves. */
static void upload_broken_off_during_a_write_is_dropped(void **state)
{
    fixture *f = *state;
    unsigned dropped = atomic_load(&f->store.dropped), done = atomic_load(&f->store.finished);
    pthread_mutex_lock(&f->store.gate);
    int fd = client_connect(f->port);
    send_head(fd, "/open/waits", 1 << 20, "");
    assert_true(send_pattern(fd, 0, LIMIT_HTTP_SPOOL_BYTES + 1000,
                             false)); /* one buffer flies, one is being filled */
    http_server_stats stats = {0};
    for (int i = 0; i < 100000 && stats.workers_busy == 0; i++) {
        http_server_stats_read(f->server, &stats);
        usleep(100);
    }
    close(fd);
    wait_for(&f->store.finished, done + 1); /* the event thread has let go of it ... */
    assert_int_equal(atomic_load(&f->store.dropped), dropped);
    pthread_mutex_unlock(&f->store.gate); /* ... and the worker cleans up */
    wait_for(&f->store.dropped, dropped + 1);
}

/* A slow disk slows the client down instead of filling memory. */
static void upload_is_held_back_by_a_slow_sink(void **state)
{
    fixture *f = *state;
    pthread_mutex_lock(&f->store.gate);
    int fd = client_connect(f->port);
    uint64_t size = 64 << 20, sent = 0;
    send_head(fd, "/open/waits", size, "");
    static char piece[65536];
    struct timeval short_patience = {.tv_usec = 300000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &short_patience, sizeof(short_patience));
    memset(piece, 'a', sizeof(piece));
    for (ssize_t got; sent < size && (got = send(fd, piece, sizeof(piece), MSG_NOSIGNAL)) > 0;)
        sent += (uint64_t)got;
    assert_true(sent < size / 2); /* what the two buffers and the kernel's hold */
    pthread_mutex_unlock(&f->store.gate);
    while (sent < size) {
        ssize_t got =
            send(fd, piece, size - sent < sizeof(piece) ? size - sent : sizeof(piece), MSG_NOSIGNAL);
        if (got > 0) sent += (uint64_t)got;
    }
    client_read_one(fd, &f->answer);
    assert_int_equal(f->answer.status, 201);
    assert_true(answer_has(&f->answer, "size=67108864 "));
    close(fd);
}

static void server_refuses_when_its_queue_is_full(void **state)
{
    fixture *f = *state;
    enum { MANY = LIMIT_HTTP_QUEUE + 40 };
    static int fds[MANY];
    static struct pollfd answers[MANY];
    pthread_mutex_lock(&f->store.gate);
    for (size_t i = 0; i < MANY; i++) {
        fds[i] = client_connect(f->port);
        answers[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
        assert_true(client_send(fds[i], STR("GET /hold HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")));
    }
    /* Two workers hold two, the queue has its fill, the others are told to come back. */
    http_server_stats stats = {0};
    for (int i = 0; i < 100000 && stats.queue_length < LIMIT_HTTP_QUEUE; i++) {
        http_server_stats_read(f->server, &stats);
        usleep(100);
    }
    assert_int_equal(stats.queue_length, LIMIT_HTTP_QUEUE);
    assert_true(poll(answers, MANY, 60000) > 0); /* behind a closed gate, only a refusal can arrive */
    pthread_mutex_unlock(&f->store.gate);
    unsigned busy = 0, served = 0;
    for (size_t i = 0; i < MANY; i++) {
        client_read_all(fds[i], &f->answer);
        busy += f->answer.status == 429 && answer_has(&f->answer, "Retry-After: ");
        served += f->answer.status == 204;
        close(fds[i]);
    }
    assert_int_equal(busy + served, MANY);
    assert_true(busy > 0 && served >= LIMIT_HTTP_QUEUE);
}

static void *stop_server(void *arg)
{
    fixture *f = arg;
    http_server_stop(f->server, 2000);
    return NULL;
}

/* Stopping lets what runs finish, and drops what cannot. */
static void server_stops_in_the_middle_of_uploads(void **state)
{
    fixture *f = *state;
    int idle = client_connect(f->port), half = client_connect(f->port), whole = client_connect(f->port);
    unsigned opened = atomic_load(&f->store.opened), kept = atomic_load(&f->store.kept);
    send_head(half, "/open/x", 1 << 20, "");
    assert_true(send_pattern(half, 0, 400000, false));
    wait_for(&f->store.opened, opened + 1);

    pthread_t helper;
    pthread_create(&helper, NULL, stop_server, f);
    while (!http_server_is_stopping(f->server)) usleep(100);
    send_head(whole, "/open/x", 5, "");
    assert_true(send_pattern(whole, 0, 5, false));
    client_read_all(whole,
                    &f->answer); /* an open connection is still served, and told that it is the last time */
    assert_int_equal(f->answer.status, 201);
    assert_true(answer_has(&f->answer, "Connection: close"));
    assert_int_equal(atomic_load(&f->store.kept), kept + 1);
    pthread_join(helper, NULL); /* `half` never ends: after the grace it was closed */
    f->server = NULL;
    client_read_all(half, &f->answer);
    client_read_all(idle, &f->answer);
    close(idle);
    close(half);
    close(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upload_arrives_whole),
        cmocka_unit_test(upload_waits_for_100_continue),
        cmocka_unit_test(upload_refusals_reach_the_client),
        cmocka_unit_test(upload_is_bounded_after_a_refusal),
        cmocka_unit_test(upload_broken_off_is_dropped),
        cmocka_unit_test(upload_broken_off_during_a_write_is_dropped),
        cmocka_unit_test(upload_is_held_back_by_a_slow_sink),
        cmocka_unit_test(server_refuses_when_its_queue_is_full),
        cmocka_unit_test(server_stops_in_the_middle_of_uploads),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
