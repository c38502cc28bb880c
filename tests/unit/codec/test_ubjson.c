/*
 * UBJSON as XGBoost and others write it: every type, both kinds of lists, and what a hostile file would claim.
 */
#include "tests/unit/test.h"

#include "codec/ubjson.h"

static bool decode(arena *a, const char *text, size_t len, ubjson_value *value)
{
    arena_init(a, 1 << 20);
    return ubjson_decode(a, (bytes){(const uint8_t *)text, len}, "it", value, NULL);
}
#define DECODE(a, text, value) decode(a, text, sizeof(text) - 1, value)

static void ubjson_decode_reads_every_type(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    ubjson_value v;
    assert_true(DECODE(&a,
                       "{i\1ai\xffi\1bU\xffi\1cI\x80\0i\1dl\0\0\1\0i\1eL\0\0\0\0\0\0\0\7i\1fd\x3f\0\0\0i\1gSi"
                       "\2hii\1hTi\1iZi\1jCx}",
                       &v));
    int64_t number;
    assert_true(ubjson_as_integer(ubjson_get(&v, "a"), &number));
    assert_int_equal(number, -1);
    assert_true(ubjson_as_integer(ubjson_get(&v, "b"), &number));
    assert_int_equal(number, 255);
    assert_true(ubjson_as_integer(ubjson_get(&v, "c"), &number));
    assert_int_equal(number, -32768);
    assert_true(ubjson_as_integer(ubjson_get(&v, "d"), &number));
    assert_int_equal(number, 256);
    assert_true(ubjson_as_integer(ubjson_get(&v, "e"), &number));
    assert_int_equal(number, 7);
    assert_true(ubjson_get(&v, "f")->real == 0.5);
    assert_true(str_eq(ubjson_text(ubjson_get(&v, "g")), STR("hi")));
    assert_true(ubjson_get(&v, "h")->boolean);
    assert_int_equal(ubjson_get(&v, "i")->kind, UBJSON_NULL);
    assert_true(str_eq(ubjson_text(ubjson_get(&v, "j")), STR("x")));
    assert_null(ubjson_get(&v, "k"));
}

static void ubjson_decode_reads_lists_with_and_without_type(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    AUTO_ARENA arena b;
    AUTO_ARENA arena c;
    AUTO_ARENA arena d;
    ubjson_value typed, counted, open;
    assert_true(DECODE(&a, "[$I#i\2\0\1\xff\xff", &typed));
    assert_false(DECODE(&d, "[#i\2i\1Sd\x3f\x80\0\0", &counted)); /* a text whose length is a real */
    assert_true(DECODE(&b, "[#i\2i\1d\x3f\x80\0\0", &counted));
    assert_true(DECODE(&c, "[i\1N[]Z]", &open));
    int64_t number;
    assert_int_equal(typed.kind, UBJSON_NUMBERS);
    assert_true(ubjson_integer_at(&typed, 1, &number));
    assert_int_equal(number, -1);
    assert_false(ubjson_integer_at(&typed, 2, &number));
    double real;
    assert_true(ubjson_real_at(&counted, 1, &real) && real == 1.0);
    assert_true(ubjson_integer_at(&counted, 1, &number)); /* a whole real */
    assert_int_equal(ubjson_count(&open), 3);
    assert_true(ubjson_real_at(&open, 2, &real) && real != real); /* null is not a number */
    assert_false(ubjson_real_at(&open, 1, &real));
}

static void ubjson_decode_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } wrong[] = {
#define CASE(text) {text, sizeof(text) - 1}
        CASE(""),                                      /* nothing */
        CASE("x"),                                     /* no type */
        CASE("[i\1"),                                  /* no end */
        CASE("[$i#L\x7f\xff\xff\xff\xff\xff\xff\xff"), /* more than there is */
        CASE("[#i\xff"),                               /* a negative count */
        CASE("[$Z#L\0\0\0\0\x40\0\0\0"),               /* items without bytes */
        CASE("[$i]"),                                  /* a type without a count */
        CASE("{i\1aZi\1aZ}"),                          /* a name twice */
        CASE("{Sa}"),                                  /* a length that is no number */
        CASE("ZZ"),                                    /* two documents */
        CASE("L\0\0"),                                 /* cut */
#undef CASE
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        AUTO_ARENA arena a;
        ubjson_value v;
        if (decode(&a, wrong[i].text, wrong[i].len, &v)) fail_msg("case %zu was taken", i);
    }
    char deep[2000];
    memset(deep, '[', sizeof(deep));
    AUTO_ARENA arena a;
    ubjson_value v;
    assert_false(decode(&a, deep, sizeof(deep), &v));
}

static void ubjson_from_json_gives_the_same_shape(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    AUTO(json_release) json_t *json = NULL;
    str text = STR("{\"a\": [1, 2.5, null, \"x\"], \"b\": {\"c\": true}}");
    assert_true(json_decode_model(str_bytes(text), "it", &json, NULL));
    ubjson_value v;
    assert_true(ubjson_from_json(&a, json, &v, NULL));
    double real;
    assert_int_equal(ubjson_count(ubjson_get(&v, "a")), 4);
    assert_true(ubjson_real_at(ubjson_get(&v, "a"), 1, &real) && real == 2.5);
    assert_true(ubjson_get(ubjson_get(&v, "b"), "c")->boolean);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ubjson_decode_reads_every_type),
                                       cmocka_unit_test(ubjson_decode_reads_lists_with_and_without_type),
                                       cmocka_unit_test(ubjson_decode_refuses),
                                       cmocka_unit_test(ubjson_from_json_gives_the_same_shape)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
