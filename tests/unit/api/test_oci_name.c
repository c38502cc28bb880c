/*
 * Names of images and tags: the grammar of the distribution specification, on both sides of its edges.
 */
#include "src/api/oci_name.h"

#include "tests/unit/test.h"

static bool splits(const char *name)
{
    str repository, image;
    err e;
    return oci_name_split(str_from_c(name), &repository, &image, &e);
}

static void name_split_takes_what_the_grammar_allows(void **state UNUSED)
{
    static const char *const good[] = {
        "a/b",       "docker-local/app",   "r/a.b_c__d-e---f", "r/blobs/uploads/x",
        "0/9/z/1/2", "r/manifests/tags/l", "r/a0-b1"};
    for (size_t i = 0; i < COUNT_OF(good); i++) assert_true(splits(good[i]));
}

static void name_split_refuses_what_it_does_not(void **state UNUSED)
{
    static const char *const bad[] = {"",     "a",    "a/",    "/a",    "a//b",    "a/b/",    "A/b",
                                      "a/B",  "a/b_", "a/_b",  "a/.b",  "a/b..c",  "a/b___c", "a/b._c",
                                      "a/-b", "a/b-", "a/b:c", "a/b c", "a/b\x80", "a/../b"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(splits(bad[i]));
}

static void name_split_gives_both_parts(void **state UNUSED)
{
    str repository, image;
    err e;
    assert_true(oci_name_split(STR("docker-local/team/app"), &repository, &image, &e));
    assert_true(str_eq(repository, STR("docker-local")));
    assert_true(str_eq(image, STR("team/app")));
}

static void name_split_has_a_limit(void **state UNUSED)
{
    char name[300];
    memset(name, 'a', sizeof(name));
    name[1] = '/';
    str repository, image;
    err e;
    assert_true(oci_name_split((str){name, 255}, &repository, &image, &e));
    assert_false(oci_name_split((str){name, 256}, &repository, &image, &e));
    assert_int_equal(e.code, ERR_NAME_INVALID);
}

static void tag_follows_its_grammar(void **state UNUSED)
{
    static const char *const good[] = {"1.0", "latest", "_x", "A-b.C_d", "0"};
    static const char *const bad[] = {"", ".a", "-a", "a:b", "a/b", "a b", "a+b", "\xc3\xa4"};
    for (size_t i = 0; i < COUNT_OF(good); i++) assert_true(oci_tag_is_valid(str_from_c(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(oci_tag_is_valid(str_from_c(bad[i])));

    char longest[129];
    memset(longest, 'x', sizeof(longest));
    assert_true(oci_tag_is_valid((str){longest, 128}));
    assert_false(oci_tag_is_valid((str){longest, 129}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_split_takes_what_the_grammar_allows),
        cmocka_unit_test(name_split_refuses_what_it_does_not),
        cmocka_unit_test(name_split_gives_both_parts),
        cmocka_unit_test(name_split_has_a_limit),
        cmocka_unit_test(tag_follows_its_grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
