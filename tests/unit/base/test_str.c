/*
 * Views of text: searching, cutting, numbers, UTF-8.
 */
#include "tests/unit/test.h"

#include "base/str.h"

static void str_cut_splits_at_the_first_separator(void **state)
{
    (void)state;
    str before, after;
    assert_true(str_cut(STR("a/b/c"), '/', &before, &after));
    assert_true(str_eq(before, STR("a")) && str_eq(after, STR("b/c")));
    assert_false(str_cut(STR("abc"), '/', &before, &after));
    assert_true(str_eq(before, STR("abc")) && after.len == 0);
}

static void str_slice_never_leaves_the_text(void **state)
{
    (void)state;
    assert_int_equal(str_slice(STR("abc"), 5, 2).len, 0);
    assert_int_equal(str_slice(STR("abc"), 1, SIZE_MAX).len, 2);
}

static void str_eq_c_compares_like_a_view(void **state)
{
    (void)state;
    static const str texts[] = {{"abc", 3}, {"ab", 2}, {"abc\0", 4}, {"b", 1}, {"\0", 1}, {"", 0}, {NULL, 0}};
    static const char *const words[] = {"abc", "ab", "abd", "b", ""};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (size_t j = 0; j < COUNT_OF(words); j++)
            assert_int_equal(str_eq_c(texts[i], words[j]), str_eq(texts[i], str_from_c(words[j])));
}

static void str_ends_and_starts_with_nothing_at_all(void **state)
{
    (void)state;
    assert_true(str_starts_with(STR_NONE, STR_NONE) && str_ends_with(STR_NONE, STR("")));
    assert_true(str_starts_with(STR("abc"), STR("ab")) && str_ends_with(STR("abc"), STR("bc")));
    assert_false(str_starts_with(STR("ab"), STR("abc")) || str_ends_with(STR("bc"), STR("abc")));
    assert_false(str_starts_with(STR("abc"), STR("bc")) || str_ends_with(STR("abc"), STR("ab")));
}

static void str_to_u64_refuses_what_is_not_a_number(void **state)
{
    (void)state;
    uint64_t n = 7;
    assert_true(str_to_u64(STR("18446744073709551615"), &n) && n == UINT64_MAX);
    n = 7;
    static const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) assert_false(str_to_u64(str_from_c(wrong[i]), &n));
    assert_int_equal(n, 7);
    int64_t i = 0;
    assert_true(str_to_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_false(str_to_i64(STR("9223372036854775808"), &i));
}

/* Wherever they stand: text is looked at in pieces. */
static void str_is_utf8_judges_each_pair_of_bytes_at_each_place(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        unsigned char first = (unsigned char)(pair >> 8), second = (unsigned char)pair;
        bool is_ascii = first < 0x80 && second < 0x80;
        bool is_sequence = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
        for (size_t at = 0; at < 18; at++) {
            char text[20] = "0123456789abcdefghi";
            text[at] = (char)first;
            text[at + 1] = (char)second;
            assert_int_equal(str_is_utf8((str){text, sizeof(text)}), is_ascii || is_sequence);
            assert_int_equal(str_is_utf8((str){text, at + 2}), is_ascii || is_sequence);
            assert_int_equal(str_is_utf8((str){text, at + 1}), first < 0x80);
        }
    }
}

static void str_is_utf8_refuses_overlong_forms_and_surrogates(void **state)
{
    (void)state;
    assert_true(str_is_utf8(STR("plain \xc3\xa4 \xf0\x9f\x92\x8e")));
    static const char *const wrong[] = {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) assert_false(str_is_utf8(str_from_c(wrong[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(str_cut_splits_at_the_first_separator),
        cmocka_unit_test(str_slice_never_leaves_the_text),
        cmocka_unit_test(str_eq_c_compares_like_a_view),
        cmocka_unit_test(str_ends_and_starts_with_nothing_at_all),
        cmocka_unit_test(str_to_u64_refuses_what_is_not_a_number),
        cmocka_unit_test(str_is_utf8_judges_each_pair_of_bytes_at_each_place),
        cmocka_unit_test(str_is_utf8_refuses_overlong_forms_and_surrogates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
