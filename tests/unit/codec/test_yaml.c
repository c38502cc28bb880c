/*
 * YAML as JSON: shapes, aliases, tags with their lines, and what is refused.
 */
#include "tests/unit/test.h"

#include "codec/yaml.h"

static bool decode(arena *a, const char *text, json_t **value, yaml_tags *tags, err *e)
{
    arena_init(a, 1 << 20);
    return yaml_decode(a, str_bytes(str_from_c(text)), "it", value, tags, e);
}

static void yaml_decode_gives_json(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    AUTO(json_release) json_t *v = NULL;
    assert_true(
        decode(&a, "a: 1\nb: [x, ~, null, \"null\"]\nc:\n  d: |\n    two\n    lines\ne:\n", &v, NULL, NULL));
    assert_true(str_eq(json_text(v, "a"), STR("1")));
    assert_int_equal(json_array_size(json_object_get(v, "b")), 4);
    assert_true(json_is_null(json_array_get(json_object_get(v, "b"), 1)));
    assert_true(json_is_string(json_array_get(json_object_get(v, "b"), 3)));
    assert_true(str_eq(json_text(json_object_get(v, "c"), "d"), STR("two\nlines\n")));
    assert_true(json_is_null(json_object_get(v, "e")));
}

static void yaml_decode_follows_aliases(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    AUTO(json_release) json_t *v = NULL;
    assert_true(decode(&a, "a: &x {b: 1}\nc: *x\nd: [*x, *x]\n", &v, NULL, NULL));
    assert_true(str_eq(json_text(json_object_get(v, "c"), "b"), STR("1")));
    assert_int_equal(json_array_size(json_object_get(v, "d")), 2);
}

static void yaml_decode_tells_tags(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    AUTO(json_release) json_t *v = NULL;
    yaml_tags tags = {0};
    assert_true(decode(&a, "a: !!str x\nb: !!python/name:os.system\n---\nc: !own [1]\n", &v, &tags, NULL));
    assert_int_equal(tags.count, 2);
    assert_true(str_eq(tags.items[0].tag, STR("!!python/name:os.system")));
    assert_int_equal(tags.items[0].line, 2);
    assert_true(str_eq(tags.items[1].tag, STR("!own")));
    assert_null(json_object_get(v, "c")); /* only the first document is handed out */
}

static void yaml_decode_refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",           "a: [",       "a: 1\na: 2", "a: *x",
                                        "a: &x [*x]", "? [a]\n: b", "a: \"\\x\"", "\t- a"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        AUTO_ARENA arena a;
        AUTO(json_release) json_t *v = NULL;
        err e = {0};
        if (decode(&a, wrong[i], &v, NULL, &e)) fail_msg("case %zu was taken", i);
        assert_true(e.code == ERR_INVALID && e.message[0]);
    }
    AUTO_BUF buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 1000; i++) buf_add_byte(&text, '[');
    buf_add_byte(&text, 0);
    AUTO_ARENA arena a;
    AUTO(json_release) json_t *v = NULL;
    assert_false(decode(&a, (const char *)text.data, &v, NULL, NULL));
}

static void yaml_decode_counts_what_aliases_stand_for(void **state)
{
    (void)state;
    AUTO_BUF buf text;
    buf_init(&text, 1 << 20);
    buf_printf(&text, "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for (int i = 1; i < 9; i++)
        buf_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1,
                   i - 1, i - 1, i - 1);
    buf_add_byte(&text, 0);
    AUTO_ARENA arena a;
    AUTO(json_release) json_t *v = NULL;
    err e = {0};
    assert_false(decode(&a, (const char *)text.data, &v, NULL, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_decode_gives_json), cmocka_unit_test(yaml_decode_follows_aliases),
        cmocka_unit_test(yaml_decode_tells_tags), cmocka_unit_test(yaml_decode_refuses),
        cmocka_unit_test(yaml_decode_counts_what_aliases_stand_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
