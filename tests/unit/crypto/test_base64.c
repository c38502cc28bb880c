/* crypto/test_base64.c - RFC 4648, section 10, and what must be refused. */
#include "tests/unit/test.h"

#include "crypto/base64.h"
#include "crypto/password.h"

static const struct {
    const char *plain, *standard, *url;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "+//+", "-__-"},
};

static void base64_follows_the_vectors(void **state UNUSED)
{
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        err e = {0};
        AUTO_BUF buf encoded, decoded;
        buf_init(&encoded, 64);
        buf_init(&decoded, 64);
        base64url_encode(str_bytes(str_from_c(vectors[i].plain)), &encoded);
        assert_true(str_eq(buf_str(&encoded), str_from_c(vectors[i].url)));
        assert_true(base64_decode(str_from_c(vectors[i].standard), &decoded, &e));
        assert_true(str_eq(buf_str(&decoded), str_from_c(vectors[i].plain)));
    }
}

static void base64_refuses_what_is_none(void **state UNUSED)
{
    static const char *const bad[] = {
        "Z", "Zg=", "Zg===", "Z g=", "Zh==", "Zm9=", "-__-", "Zm9v\n", "====", "Zg==Zg=="};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        err e = {0};
        AUTO_BUF buf decoded;
        buf_init(&decoded, 64);
        if (base64_decode(str_from_c(bad[i]), &decoded, &e)) fail_msg("'%s' was accepted", bad[i]);
        assert_int_equal(e.code, ERR_INVALID);
    }
}

static void base64_stops_at_the_ceiling(void **state UNUSED)
{
    err e = {0};
    AUTO_BUF buf decoded;
    buf_init(&decoded, 2);
    assert_false(base64_decode(STR("Zm9v"), &decoded, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void password_fits_its_own_hash_only(void **state UNUSED)
{
    err e = {0};
    password_text one, two;
    assert_true(password_hash(secret_of(STR("correct horse")), &one, &e));
    assert_true(password_hash(secret_of(STR("correct horse")), &two, &e));
    assert_string_not_equal(one.text, two.text); /* salted */
    assert_true(str_starts_with(str_from_c(one.text), STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_true(password_verify(str_from_c(one.text), secret_of(STR("correct horse")), &e));
    assert_false(password_verify(str_from_c(one.text), secret_of(STR("correct horsf")), &e));
    assert_int_equal(e.code, ERR_UNAUTHENTICATED);
    assert_false(password_verify(STR("nonsense"), secret_of(STR("x")), &e));
    assert_false(password_verify(STR(""), secret_of(STR("")), &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_follows_the_vectors),
        cmocka_unit_test(base64_refuses_what_is_none),
        cmocka_unit_test(base64_stops_at_the_ceiling),
        cmocka_unit_test(password_fits_its_own_hash_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
