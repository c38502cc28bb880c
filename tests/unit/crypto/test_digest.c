/*
 * Digests: known answers (FIPS 180-4 examples, RFC 1321) and refusals.
 */
#include "tests/unit/test.h"

#include "crypto/digest.h"

static void digest_of_gives_the_published_answers(void **state)
{
    (void)state;
    static const struct {
        digest_kind kind;
        const char *text, *want;
    } rows[] = {
        {DIGEST_SHA256, "abc", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {DIGEST_SHA1, "abc", "sha1:a9993e364706816aba3e25717850c26c9cd0d89d"},
        {DIGEST_MD5, "abc", "md5:900150983cd24fb0d6963f7d28e17f72"},
        {DIGEST_SHA256, "", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        digest d;
        assert_true(digest_of(rows[i].kind, str_bytes(str_from_c(rows[i].text)), &d, NULL));
        assert_string_equal(digest_text(d).text, rows[i].want);
    }
}

static void digest_parse_refuses_what_is_not_exactly_one(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "sha256",
        "sha256:",
        "sha256:baddigeststring",
        "md5:900150983cd24fb0d6963f7d28e17f72",
        "sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        digest d;
        err e = {0};
        assert_false(digest_parse(str_from_c(wrong[i]), &d, &e));
        assert_int_equal(e.code, ERR_DIGEST_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_of_gives_the_published_answers),
        cmocka_unit_test(digest_parse_refuses_what_is_not_exactly_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
