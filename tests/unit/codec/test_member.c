/*
 * Names of members: which lead out of their archive, and which links do.
 */
#include "tests/unit/test.h"

#include "codec/member.h"

static member_oddity note(member_watch *w, tar_member m)
{
    member_oddity oddity = MEMBER_PLAIN;
    assert_true(member_watch_note(w, &m, &oddity, NULL));
    return oddity;
}

static member_oddity of_link(const char *path, const char *target)
{
    member_watch w = {0};
    tar_member m = {.path = str_from_c(path), .kind = TAR_SYMLINK, .link = str_from_c(target)};
    member_oddity oddity = note(&w, m);
    member_watch_done(&w);
    return oddity;
}

static void member_path_escapes_knows_ways_out(void **state)
{
    (void)state;
    static const char *const out[] = {"",     "/a",   "..",  "a/../b", "a/..", "..\\a",
                                      "a\\b", "C:/a", "c:a", "a\nb",   "a\x7f"};
    static const char *const in[] = {"a", "a/b", "a..b", "..a", "a/...", "1:2", ".", "a b", "\xc3\xa9"};
    for (size_t i = 0; i < COUNT_OF(out); i++) assert_true(member_path_escapes(str_from_c(out[i])));
    for (size_t i = 0; i < COUNT_OF(in); i++) assert_false(member_path_escapes(str_from_c(in[i])));
}

static void member_watch_follows_links_by_their_folder(void **state)
{
    (void)state;
    assert_int_equal(of_link("a/b/l", "../../x"), MEMBER_LINK);
    assert_int_equal(of_link("a/b/l", "../../../x"), MEMBER_LINK_OUT);
    assert_int_equal(of_link("a/l", "x/../../y/./../z"), MEMBER_LINK);
    assert_int_equal(of_link("l", "x/../.."), MEMBER_LINK_OUT);
    assert_int_equal(of_link("l", "/x"), MEMBER_LINK_OUT);
    assert_int_equal(of_link("l", "C:\\x"), MEMBER_LINK_OUT);
    assert_int_equal(of_link("l", ""), MEMBER_LINK);
}

static void member_watch_remembers_names(void **state)
{
    (void)state;
    member_watch w = {0};
    char name[32];
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "f%u", i);
        assert_int_equal(note(&w, (tar_member){.path = str_from_c(name)}), MEMBER_PLAIN);
    }
    assert_int_equal(note(&w, (tar_member){.path = STR("f0")}), MEMBER_TWICE);
    assert_int_equal(note(&w, (tar_member){.path = STR("f4999")}), MEMBER_TWICE);
    tar_member link = {.path = STR("d/l"), .kind = TAR_SYMLINK, .link = STR("../e")};
    assert_int_equal(note(&w, link), MEMBER_LINK);
    assert_int_equal(note(&w, (tar_member){.path = STR("d/l/x")}), MEMBER_THROUGH);
    assert_int_equal(note(&w, (tar_member){.path = STR("d/l")}), MEMBER_THROUGH);
    assert_int_equal(note(&w, (tar_member){.path = STR("d/lx")}), MEMBER_PLAIN);
    assert_int_equal(note(&w, (tar_member){.path = STR("g"), .is_absolute = true}), MEMBER_PATH);
    tar_member device = {.path = STR("n"), .kind = TAR_OTHER, .is_device = true};
    assert_int_equal(note(&w, device), MEMBER_DEVICE);
    member_watch_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(member_path_escapes_knows_ways_out),
                                       cmocka_unit_test(member_watch_follows_links_by_their_folder),
                                       cmocka_unit_test(member_watch_remembers_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
