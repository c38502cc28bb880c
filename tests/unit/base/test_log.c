/*
 * Log lines: one event a line, whatever the values contain; errors wrapped and cut; the clock's text.
 */
#include "tests/unit/test.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"

#include <unistd.h>

static size_t lines_of(const logger *log, const int pipe_ends[2], str value, char *out, size_t capacity)
{
    log_info(log, "test.event", LOG_STR("value", value), LOG_U64("count", 7), LOG_BOOL("yes", true),
             LOG_I64("below", -1));
    close(pipe_ends[1]);
    size_t len = 0;
    for (ssize_t got; (got = read(pipe_ends[0], out + len, capacity - 1 - len)) > 0;) len += (size_t)got;
    close(pipe_ends[0]);
    out[len] = '\0';
    size_t lines = 0;
    for (size_t i = 0; i < len; i++) lines += out[i] == '\n';
    return lines;
}

static void log_keeps_one_event_on_one_line_whatever_the_value(void **state)
{
    (void)state;
    static const char *const values[] = {"plain",       "two\nlines",       "quote\" back\\slash",
                                         "\x1b[31mred", "\xff\xfe no text", ""};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        char text[4096];
        logger log = {.fd = ends[1], .level_min = LOG_INFO};
        assert_int_equal(lines_of(&log, ends, str_from_c(values[i]), text, sizeof(text)), 1);
        assert_null(strchr(text, 0x1b));
        assert_non_null(strstr(text, "\"event\":\"test.event\""));
        assert_non_null(strstr(text, "\"count\":7,\"yes\":true,\"below\":-1}"));
    }
}

static void log_below_its_level_says_nothing(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    char text[256];
    logger log = {.fd = ends[1], .level_min = LOG_WARN};
    assert_int_equal(lines_of(&log, ends, STR("x"), text, sizeof(text)), 0);
}

static void clock_iso8601_gives_milliseconds_in_utc(void **state)
{
    (void)state;
    assert_string_equal(clock_iso8601(0).text, "1970-01-01T00:00:00.000Z");
    assert_string_equal(clock_iso8601(1795642000123).text, "2026-11-25T21:26:40.123Z");
}

static void every_error_code_has_a_row(void **state)
{
    (void)state;
    for (int code = ERR_NONE; code < ERR_CODE_COUNT; code++) {
        assert_non_null(err_name((err_code)code));
        assert_true(strlen(err_meaning((err_code)code)) > 0);
        unsigned status = err_http_status((err_code)code);
        assert_true(status == 200 || (status >= 400 && status < 600));
    }
}

static void secret_eq_compares_all_of_it(void **state)
{
    (void)state;
    assert_true(secret_eq(secret_of(STR("abc")), secret_of(STR("abc"))));
    assert_false(secret_eq(secret_of(STR("abc")), secret_of(STR("abd"))));
    assert_false(secret_eq(secret_of(STR("abc")), secret_of(STR("abcd"))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_keeps_one_event_on_one_line_whatever_the_value),
        cmocka_unit_test(log_below_its_level_says_nothing),
        cmocka_unit_test(clock_iso8601_gives_milliseconds_in_utc),
        cmocka_unit_test(every_error_code_has_a_row),
        cmocka_unit_test(secret_eq_compares_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
