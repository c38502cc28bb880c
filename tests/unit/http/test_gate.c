/*
 * The gate: which heads and addresses pass, and what each refused one is called.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "gate.h"

/* --- heads -------------------------------------------------------------------------------------------------------- */

typedef struct head_case {
    const char *label;
    http_field fields[4];
    size_t count;
    err_code want;
} head_case;

#define F(name, value)        \
    {                         \
        STR(name), STR(value) \
    }
#define HOST F("Host", "a")

static const head_case head_cases[] = {
    {"plain", {HOST}, 1, ERR_NONE},
    {"length", {HOST, F("Content-Length", "5")}, 2, ERR_NONE},
    {"length of zero", {HOST, F("content-length", "0")}, 2, ERR_NONE},
    {"chunked", {HOST, F("Transfer-Encoding", "Chunked")}, 2, ERR_NONE},
    {"no host", {{STR(""), STR("")}}, 0, ERR_INVALID},
    {"two hosts", {HOST, HOST}, 2, ERR_INVALID},
    {"two different lengths", {HOST, F("Content-Length", "5"), F("Content-Length", "6")}, 3, ERR_INVALID},
    {"the same length twice", {HOST, F("Content-Length", "5"), F("Content-Length", "5")}, 3, ERR_INVALID},
    {"a list of lengths", {HOST, F("Content-Length", "5, 5")}, 2, ERR_INVALID},
    {"signed length", {HOST, F("Content-Length", "+5")}, 2, ERR_INVALID},
    {"negative length", {HOST, F("Content-Length", "-5")}, 2, ERR_INVALID},
    {"hex length", {HOST, F("Content-Length", "0x5")}, 2, ERR_INVALID},
    {"empty length", {HOST, F("Content-Length", "")}, 2, ERR_INVALID},
    {"overflowing length", {HOST, F("Content-Length", "18446744073709551616")}, 2, ERR_INVALID},
    {"length and coding",
     {HOST, F("Content-Length", "5"), F("Transfer-Encoding", "chunked")},
     3,
     ERR_INVALID},
    {"coding and length",
     {HOST, F("Transfer-Encoding", "chunked"), F("Content-Length", "5")},
     3,
     ERR_INVALID},
    {"two codings",
     {HOST, F("Transfer-Encoding", "chunked"), F("Transfer-Encoding", "chunked")},
     3,
     ERR_INVALID},
    {"unknown coding", {HOST, F("Transfer-Encoding", "xchunked")}, 2, ERR_UNSUPPORTED},
    {"list of codings", {HOST, F("Transfer-Encoding", "gzip, chunked")}, 2, ERR_UNSUPPORTED},
    {"identity", {HOST, F("Transfer-Encoding", "identity")}, 2, ERR_UNSUPPORTED},
    {"blank before the colon", {HOST, F("Content-Length ", "5")}, 2, ERR_INVALID},
    {"empty name", {HOST, F("", "5")}, 2, ERR_INVALID},
    {"NUL in a name", {HOST, F("a\0b", "5")}, 2, ERR_INVALID},
    {"NUL in a value", {HOST, F("a", "b\0c")}, 2, ERR_INVALID},
    {"CR in a value", {HOST, F("a", "b\rc")}, 2, ERR_INVALID},
    {"tab in a value", {HOST, F("a", "b\tc")}, 2, ERR_NONE},
    {"expect", {HOST, F("Expect", "100-continue")}, 2, ERR_NONE},
};

static err_code check(const http_field *fields, size_t count, str version, size_t head_bytes)
{
    const http_head head = {STR("/"), version, fields, count, head_bytes};
    http_framing framing;
    err e = {0};
    return http_gate_check(&head, &framing, &e) ? ERR_NONE : e.code;
}

static void gate_judges_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(head_cases); i++) {
        const head_case *c = &head_cases[i];
        err_code got = check(c->fields, c->count, STR("HTTP/1.1"), 100);
        if (got != c->want) fail_msg("%s: %s, wanted %s", c->label, err_name(got), err_name(c->want));
    }
}

static void gate_judges_versions_and_sizes(void **state)
{
    (void)state;
    const http_field host = HOST, coding = F("Transfer-Encoding", "chunked");
    assert_int_equal(check(NULL, 0, STR("HTTP/1.0"), 100), ERR_NONE);
    assert_int_equal(check(&coding, 1, STR("HTTP/1.0"), 100), ERR_INVALID);
    assert_int_equal(check(&host, 1, STR("HTTP/1.2"), 100), ERR_INVALID);
    assert_int_equal(check(&host, 1, STR(""), 100), ERR_INVALID);
    assert_int_equal(check(&host, 1, STR("HTTP/1.1"), LIMIT_HTTP_HEAD_BYTES), ERR_NONE);
    assert_int_equal(check(&host, 1, STR("HTTP/1.1"), LIMIT_HTTP_HEAD_BYTES + 1), ERR_HEADERS);
}

static void gate_tells_the_framing(void **state)
{
    (void)state;
    const http_field fields[] = {HOST, F("Content-Length", "7"), F("Expect", "100-Continue")};
    const http_head head = {STR("/"), STR("HTTP/1.1"), fields, 3, 100};
    http_framing framing;
    assert_true(http_gate_check(&head, &framing, NULL));
    assert_true(framing.has_length && framing.expects_continue && !framing.is_chunked);
    assert_int_equal(framing.length_bytes, 7);
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

static const struct {
    str target;
    err_code want;
    const char *path, *matrix, *query;
} target_cases[] = {
    {STR("/"), ERR_NONE, "/", "", ""},
    {STR("/a/b?x=1"), ERR_NONE, "/a/b", "", "x=1"},
    {STR("/a%20b"), ERR_NONE, "/a b", "", ""},
    {STR("/a%2520b"), ERR_NONE, "/a%20b", "", ""}, /* once, not twice */
    {STR("/a+b"), ERR_NONE, "/a+b", "", ""},
    {STR("/%C3%A9"), ERR_NONE, "/\xc3\xa9", "", ""},
    {STR("/\xc3\xa9"), ERR_NONE, "/\xc3\xa9", "", ""},
    {STR("/r/p;a=b%2Fc;d=e/f?x"), ERR_NONE, "/r/p", "a=b%2Fc;d=e/f", "x"},
    {STR("/a%3Bb"), ERR_NONE, "/a;b", "", ""},
    {STR("/a?b;c"), ERR_NONE, "/a", "", "b;c"},
    {STR("http://host:1/a"), ERR_NONE, "/a", "", ""},
    {STR("https://host"), ERR_NONE, "/", "", ""},
    {STR("/..."), ERR_NONE, "/...", "", ""},
    {STR("/a..b/.c"), ERR_NONE, "/a..b/.c", "", ""},
    {STR(""), ERR_INVALID, NULL, NULL, NULL},
    {STR("*"), ERR_INVALID, NULL, NULL, NULL},
    {STR("a/b"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a/../b"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a/%2e%2E/b"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a/.%2e"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/./a"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/.."), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%2Fb"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%2fb"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%00b"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%0Ab"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%09b"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%7Fb"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%1"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%zz"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%FFb"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a%C0%AFb"), ERR_INVALID, NULL, NULL, NULL}, /* an overlong slash */
    {STR("/a\xff"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a b"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a\tb"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a\0b"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a#b"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a?b=%"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a?b=%00"), ERR_INVALID, NULL, NULL, NULL},
    {STR("/a?b=%FF"), ERR_INVALID, NULL, NULL, NULL},
};

static void assert_text(str got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    if (got.len) assert_memory_equal(got.data, want, got.len);
}

static void gate_decodes_addresses_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(target_cases); i++) {
        AUTO_ARENA arena a;
        arena_init(&a, 1 << 20);
        http_target t;
        err e = {0};
        err_code got = http_target_parse(target_cases[i].target, &a, &t, &e) ? ERR_NONE : e.code;
        if (got != target_cases[i].want)
            fail_msg("%.*s: %s, wanted %s", STR_ARG(target_cases[i].target), err_name(got),
                     err_name(target_cases[i].want));
        if (got != ERR_NONE) continue;
        assert_text(t.path, target_cases[i].path);
        assert_text(t.matrix_raw, target_cases[i].matrix);
        assert_text(t.query_raw, target_cases[i].query);
    }
}

static void gate_limits_the_path(void **state)
{
    (void)state;
    static char text[LIMIT_HTTP_PATH_BYTES + 2];
    memset(text, 'a', sizeof(text));
    text[0] = '/';
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    http_target t;
    err e = {0};
    assert_true(http_target_parse((str){text, LIMIT_HTTP_PATH_BYTES}, &a, &t, &e));
    assert_false(http_target_parse((str){text, LIMIT_HTTP_PATH_BYTES + 1}, &a, &t, &e));
    assert_int_equal(e.code, ERR_URI_TOO_LONG);
}

static void gate_reads_queries_in_order(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    http_target t;
    assert_true(http_target_parse(STR("/?a=1&b=x+y%2B&&a=2&flag&=v"), &a, &t, NULL));
    assert_int_equal(t.query_count, 5);
    assert_text(t.query[0].name, "a");
    assert_text(t.query[1].value, "x y+");
    assert_text(t.query[2].value, "2");
    assert_text(t.query[3].name, "flag");
    assert_text(t.query[3].value, "");
    assert_text(t.query[4].value, "v");
}

static void gate_reports_exhausted_memory(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 4);
    http_target t;
    err e = {0};
    assert_false(http_target_parse(STR("/abcdefgh"), &a, &t, &e));
    assert_int_equal(e.code, ERR_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_judges_heads),
        cmocka_unit_test(gate_judges_versions_and_sizes),
        cmocka_unit_test(gate_tells_the_framing),
        cmocka_unit_test(gate_decodes_addresses_once),
        cmocka_unit_test(gate_limits_the_path),
        cmocka_unit_test(gate_reads_queries_in_order),
        cmocka_unit_test(gate_reports_exhausted_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
