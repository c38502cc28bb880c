/*
 * JSON at our edges: duplicates, depth, types, bytes that are no text.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "codec/json.h"

#include <stdlib.h>

static bool decode(const char *text, err *e)
{
    AUTO(json_release) json_t *value = NULL;
    return json_decode(str_bytes(str_from_c(text)), "test", &value, e);
}

static void json_decode_refuses_duplicates_depth_and_rubbish(void **state)
{
    (void)state;
    err e = {0};
    assert_true(decode("{\"a\":[1,2,{\"b\":9007199254740993}]}", &e));
    assert_false(decode("{\"a\":1,\"a\":2}", &e));
    assert_false(decode("{\"a\":1", &e));
    assert_non_null(strstr(e.message, "line 1"));
    assert_false(decode("", &e));
    char deep[400];
    memset(deep, '[', 200);
    memset(deep + 200, ']', 199);
    deep[399] = '\0';
    assert_false(decode(deep, &e));
    assert_non_null(strstr(e.message, "LIMIT_JSON_DEPTH"));
    for (size_t depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        deep[2 * depth] = '\0';
        assert_int_equal(decode(deep, &e), depth == LIMIT_JSON_DEPTH);
    }
}

/* The quick reader gives up where jansson differs, so the answer is jansson's each time. */
static void json_decode_reads_what_jansson_reads(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"a\":[1,-2,0,-0,{\"b\":\"x\"}],\"c\":null,\"d\":true,\"e\":false}",
                                        " [ ] ",
                                        "{ }",
                                        "\t\"\"\r\n",
                                        "\"a\\n\\\"\\\\\\/\\b\\f\\r\\t\\u00e4\\ud83d\\ude00\"",
                                        "{\"\\n\":\"\\n\",\"\":1}",
                                        "\"\xc3\xa4\"",
                                        "\"\xc3\"",
                                        "\"\xed\xa0\x80\"",
                                        "\"a\tb\"",
                                        "\"\\u0000\"",
                                        "\"\\x\"",
                                        "\"a",
                                        "\"a\\",
                                        "[1,]",
                                        "[,1]",
                                        "[1 2]",
                                        "{\"a\":1,}",
                                        "{\"a\" 1}",
                                        "{\"a\":1,\"a\":1}",
                                        "{\"\\u0061\":1,\"a\":1}",
                                        "{1:2}",
                                        "01",
                                        "-",
                                        "-01",
                                        "1.5",
                                        "1e3",
                                        "[1.]",
                                        "999999999999999999",
                                        "9223372036854775807",
                                        "-9223372036854775808",
                                        "9223372036854775808",
                                        "nul",
                                        "nullx",
                                        "true false",
                                        "[",
                                        "",
                                        " ",
                                        "\xef\xbb\xbf[]",
                                        "'a'"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        AUTO(json_release) json_t *ours = NULL;
        AUTO(json_release)
        json_t *theirs = json_loads(texts[i], JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
        bool is_read = json_decode(str_bytes(str_from_c(texts[i])), "test", &ours, NULL);
        if (is_read != (theirs != NULL) || (is_read && !json_equal(ours, theirs))) fail_msg("%s", texts[i]);
    }
}

static void json_text_is_cut_and_kept_at_every_place(void **state)
{
    (void)state;
    static const char odd[] = "\"\\\n\x01";
    for (size_t len = 1; len < 40; len++)
        for (size_t at = 0; at < len; at++)
            for (size_t k = 0; k < sizeof(odd) - 1; k++) {
                char text[40];
                memset(text, 'x', len);
                text[at] = odd[k];
                AUTO(json_release) json_t *value = json_stringn(text, len);
                AUTO(json_release) json_t *again = NULL;
                AUTO_BUF buf ours;
                buf_init(&ours, 1000);
                char theirs[200];
                size_t theirs_len = json_dumpb(value, theirs, sizeof(theirs), JSON_ENCODE_ANY);
                assert_true(json_encode(value, &ours, NULL));
                assert_true(str_eq(buf_str(&ours), (str){theirs, theirs_len}));
                assert_true(json_decode(buf_bytes(&ours), "test", &again, NULL) && json_equal(value, again));
            }
}

static void json_member_errors_name_the_member(void **state)
{
    (void)state;
    AUTO(json_release) json_t *value = NULL;
    assert_true(json_decode(str_bytes(STR("{\"n\":1,\"s\":\"x\",\"nil\":null}")), "test", &value, NULL));
    err e = {0};
    str s;
    assert_true(json_member_str(value, "s", &s, &e) && str_eq(s, STR("x")));
    assert_false(json_member_str(value, "n", &s, &e));
    assert_non_null(strstr(e.message, "'n' must be text, not an integer"));
    assert_false(json_member_str(value, "nil", &s, &e));
    assert_true(json_member_str_or(value, "nil", STR("d"), &s, &e) && str_eq(s, STR("d")));
}

static void json_from_str_replaces_what_is_not_text(void **state)
{
    (void)state;
    AUTO(json_release) json_t *value = json_from_str(STR("a\xff"));
    assert_string_equal(json_string_value(value), "a\xef\xbf\xbd");
}

static void json_encode_writes_numbers_as_people_do_and_exactly_when_asked(void **state)
{
    (void)state;
    AUTO(json_release) json_t *list = json_pack("[f,f,f]", 9.3, 0.1 + 0.2, 7.0);
    AUTO_BUF buf short_text, exact_text;
    err e = {0};
    buf_init(&short_text, 1000);
    buf_init(&exact_text, 1000);
    assert_true(json_encode(list, &short_text, &e) && json_encode_exact(list, &exact_text, &e));
    assert_true(str_eq(buf_str(&short_text), STR("[9.3,0.3,7.0]")));
    assert_true(str_contains(buf_str(&exact_text), STR("0.30000000000000004")));
}

static void json_decode_model_takes_integers_of_any_length(void **state)
{
    (void)state;
    err e = {0};
    AUTO(json_release) json_t *root = NULL;
    str text = STR("{\"model_max_length\":1000000000000000019884624838656,\"layers\":2}");
    assert_true(json_decode_model(str_bytes(text), "it", &root, &e));
    assert_true(json_number_value(json_object_get(root, "model_max_length")) > 9e29);
    assert_true(json_number_value(json_object_get(root, "layers")) == 2);

    json_t *strict = NULL;
    assert_false(json_decode(str_bytes(text), "it", &strict, &e));
}

/* A tree of everything that JSON has, from a seed; every byte below 0x80 in its texts and keys. */
static json_t *any_value(unsigned *seed, unsigned depth)
{
    *seed = *seed * 1103515245u + 12345u;
    unsigned kind = (*seed >> 16) % (depth ? 9 : 7), number = *seed >> 8;
    char text[4] = {(char)(number & 0x7f), (char)(number >> 7 & 0x7f), 'x', 0};
    if (kind == 0) return json_null();
    if (kind == 1) return json_boolean(number & 1);
    if (kind == 2)
        return json_integer((json_int_t)(number & 1 ? INT64_MIN : INT64_MAX) / (number % 1000 + 1));
    if (kind == 3) return json_real((double)number / 3 * (number & 1 ? 1e-30 : 1e20));
    if (kind == 4) return json_stringn(text, number % 4);
    if (kind == 5) return json_string("\xc3\xa4\xf0\x9f\x98\x80\x7f/");
    if (kind == 6) return number & 1 ? json_object() : json_array();
    json_t *made = kind == 7 ? json_array() : json_object();
    for (unsigned i = 0; i < number % 5; i++) {
        text[2] = (char)('a' + i);
        if (kind == 7)
            json_array_append_new(made, any_value(seed, depth - 1));
        else
            json_object_setn_new(made, text, 3, any_value(seed, depth - 1));
    }
    return made;
}

static void json_encode_writes_what_jansson_writes(void **state)
{
    (void)state;
    unsigned seed = 1;
    for (unsigned i = 0; i < 2000; i++) {
        AUTO(json_release) json_t *value = any_value(&seed, 6);
        const size_t flags[2] = {JSON_COMPACT | JSON_REAL_PRECISION(15),
                                 JSON_INDENT(2) | JSON_REAL_PRECISION(17)};
        for (size_t how = 0; how < 2; how++) {
            char *theirs = json_dumps(value, flags[how] | JSON_ENCODE_ANY);
            AUTO_BUF buf ours;
            err e = {0};
            buf_init(&ours, 1 << 20);
            assert_true(how ? json_encode_exact(value, &ours, &e) : json_encode(value, &ours, &e));
            ours.len -= how; /* the line's end after a pretty one */
            assert_true(str_eq(buf_str(&ours), str_from_c(theirs)));
            free(theirs);
        }
    }
}

static void json_encode_refuses_what_has_no_end(void **state)
{
    (void)state;
    AUTO(json_release) json_t *deep = json_array();
    for (unsigned i = 0; i < 3000; i++) deep = json_pack("[o]", deep);
    AUTO_BUF buf text;
    buf_init(&text, 1 << 20);
    err e = {0};
    assert_false(json_encode(deep, &text, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_decode_refuses_duplicates_depth_and_rubbish),
        cmocka_unit_test(json_decode_reads_what_jansson_reads),
        cmocka_unit_test(json_text_is_cut_and_kept_at_every_place),
        cmocka_unit_test(json_member_errors_name_the_member),
        cmocka_unit_test(json_from_str_replaces_what_is_not_text),
        cmocka_unit_test(json_decode_model_takes_integers_of_any_length),
        cmocka_unit_test(json_encode_writes_numbers_as_people_do_and_exactly_when_asked),
        cmocka_unit_test(json_encode_writes_what_jansson_writes),
        cmocka_unit_test(json_encode_refuses_what_has_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
