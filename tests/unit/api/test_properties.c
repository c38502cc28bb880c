/* api/test_properties.c - the grammar of properties in addresses. */
#include "tests/unit/test.h"

#include "src/api/properties.h"
#include "base/limits.h"

typedef struct example {
    properties_place place;
    const char *raw, *wanted; /* "name=value|..." in order; NULL: refused */
} example;

static const example examples[] = {
    {PROPERTIES_MATRIX, "", ""},
    {PROPERTIES_MATRIX, ";;", ""},
    {PROPERTIES_MATRIX, "a=1", "a=1|"},
    {PROPERTIES_MATRIX, "a=1;b=2,3;a=4", "a=1|b=2|b=3|a=4|"},
    {PROPERTIES_MATRIX, "a=1%2C2", "a=1|a=2|"},
    {PROPERTIES_MATRIX, "a=1%5C%2C2", "a=1,2|"},
    {PROPERTIES_MATRIX, "a=1%5C,2", "a=1,2|"},
    {PROPERTIES_MATRIX, "a=x+y%20z", "a=x y z|"},
    {PROPERTIES_MATRIX, "a=x%3By", "a=x;y|"},
    {PROPERTIES_MATRIX, "a=b=c", "a=b=c|"},
    {PROPERTIES_MATRIX, "flag;a=", "flag=|a=|"},
    {PROPERTIES_MATRIX, "a=,", "a=|a=|"},
    {PROPERTIES_MATRIX, "a=x|y=z", "a=x|y=z|"}, /* one property whose value is "x|y=z" */
    {PROPERTIES_MATRIX, "a=%5C", "a=\\|"},
    {PROPERTIES_MATRIX, "a=%5Cn", "a=\\n|"},
    {PROPERTIES_QUERY, "a=1|b=2", "a=1|b=2|"},
    {PROPERTIES_QUERY, "a=1%7Cb=2", "a=1|b=2|"},
    {PROPERTIES_QUERY, "a=1%5C%7Cb", "a=1|b|"},
    {PROPERTIES_QUERY, "a=caf%C3%A9", "a=caf\xc3\xa9|"},
    {PROPERTIES_MATRIX, "=x", NULL},
    {PROPERTIES_MATRIX, "a=%", NULL},
    {PROPERTIES_MATRIX, "a=%4", NULL},
    {PROPERTIES_MATRIX, "a=%zz", NULL},
    {PROPERTIES_MATRIX, "a=%00", NULL},
    {PROPERTIES_MATRIX, "a=%0A", NULL},
    {PROPERTIES_MATRIX, "a=%FF", NULL},
    {PROPERTIES_MATRIX, "a%2Fb=1", NULL},
    {PROPERTIES_MATRIX, "a,b=1", NULL},
};

static void properties_follow_the_examples(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        AUTO_ARENA arena a;
        arena_init(&a, MIB);
        err e = {0};
        meta_property *items = NULL;
        size_t count = 0;
        bool parsed =
            properties_parse(str_from_c(examples[i].raw), examples[i].place, &a, &items, &count, &e);
        assert_int_equal(parsed, examples[i].wanted != NULL);
        str got = STR("");
        for (size_t j = 0; j < count; j++)
            got = arena_printf(&a, "%.*s%.*s=%.*s|", STR_ARG(got), STR_ARG(items[j].name),
                               STR_ARG(items[j].value));
        if (parsed && !str_eq(got, str_from_c(examples[i].wanted)))
            fail_msg("'%s' gave '%.*s'", examples[i].raw, STR_ARG(got));
    }
}

static void properties_are_limited_in_number(void **state UNUSED)
{
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    err e = {0};
    meta_property *items;
    size_t count = 0;
    static char many[2 * (LIMIT_PROPERTIES + 1)];
    for (size_t i = 0; i < sizeof(many); i += 2) memcpy(many + i, "a;", 2);
    assert_true(properties_parse((str){many, sizeof(many) - 2}, PROPERTIES_MATRIX, &a, &items, &count, &e));
    assert_int_equal(count, LIMIT_PROPERTIES);
    assert_false(properties_parse((str){many, sizeof(many)}, PROPERTIES_MATRIX, &a, &items, &count, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void names_are_a_list(void **state UNUSED)
{
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    err e = {0};
    str *names = NULL;
    size_t count = 9;
    assert_true(properties_parse_names(STR(""), &a, &names, &count, &e));
    assert_int_equal(count, 0);
    assert_true(properties_parse_names(STR("a,b%2Cc.d"), &a, &names, &count, &e));
    assert_int_equal(count, 3);
    assert_true(str_eq(names[0], STR("a")) && str_eq(names[2], STR("c.d")));
    assert_false(properties_parse_names(STR("a,,b"), &a, &names, &count, &e));
    assert_false(properties_parse_names(STR("a%2Fb"), &a, &names, &count, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_follow_the_examples),
        cmocka_unit_test(properties_are_limited_in_number),
        cmocka_unit_test(names_are_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
