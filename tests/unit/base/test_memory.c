/*
 * Arenas, buffers and readers keep to their ceilings.
 */
#include "tests/unit/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/reader.h"

static void arena_stops_at_its_ceiling(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 10000);
    assert_non_null(arena_alloc(&a, 9000));
    assert_null(arena_alloc(&a, 2000));
    assert_non_null(arena_alloc(&a, 500));
    assert_null(arena_alloc_array(&a, SIZE_MAX / 2, 4));
}

static void arena_memory_is_zero_and_keeps_what_is_written(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    str texts[100];
    for (int i = 0; i < 100; i++) texts[i] = arena_printf(&a, "text number %d of many", i);
    for (int i = 0; i < 100; i++) {
        char want[64];
        snprintf(want, sizeof(want), "text number %d of many", i);
        assert_true(str_eq(texts[i], str_from_c(want)));
    }
    unsigned char *zero = arena_alloc(&a, 5000);
    for (int i = 0; i < 5000; i++) assert_int_equal(zero[i], 0);
}

static void str_to_c_refuses_an_embedded_nul(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 4096);
    const char *c = NULL;
    err e = {0};
    assert_false(str_to_c(&a, ((str){"a\0b", 3}), &c, &e));
    assert_int_equal(e.code, ERR_INVALID);
    assert_true(str_to_c(&a, STR("ab"), &c, &e));
    assert_string_equal(c, "ab");
}

static void buf_failure_sticks_and_names_the_thing(void **state)
{
    (void)state;
    AUTO_BUF buf b;
    buf_init(&b, 1000);
    for (int i = 0; i < 200; i++) buf_add_str(&b, STR("0123456789"));
    err e = {0};
    assert_true(b.failed);
    assert_int_equal(b.len, 1000);
    assert_false(buf_ok(&b, "the answer", &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_non_null(strstr(e.message, "the answer"));
}

static void reader_failure_sticks(void **state)
{
    (void)state;
    reader r = reader_of(str_bytes(STR("\x01\x02\x03\x04\x05line\nrest")));
    assert_int_equal(reader_u32le(&r), 0x04030201);
    assert_int_equal(reader_u8(&r), 5);
    assert_true(str_eq(reader_line(&r), STR("line")));
    assert_int_equal(reader_take(&r, UINT64_MAX).len, 0);
    assert_true(r.failed);
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_peek(&r), -1);
}

static void err_wrap_puts_the_context_in_front(void **state)
{
    (void)state;
    err e = {0};
    assert_false(err_set(&e, ERR_NOT_FOUND, "no %s", "blob"));
    assert_false(err_wrap(&e, "committing %d", 7));
    assert_string_equal(e.message, "committing 7: no blob");
    assert_int_equal(err_http_status(e.code), 404);
    char huge[5000];
    memset(huge, 'x', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    err_set(&e, ERR_INVALID, "%s", huge);
    assert_string_equal(e.message + sizeof(e.message) - 4, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_stops_at_its_ceiling),
        cmocka_unit_test(arena_memory_is_zero_and_keeps_what_is_written),
        cmocka_unit_test(str_to_c_refuses_an_embedded_nul),
        cmocka_unit_test(buf_failure_sticks_and_names_the_thing),
        cmocka_unit_test(reader_failure_sticks),
        cmocka_unit_test(err_wrap_puts_the_context_in_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
