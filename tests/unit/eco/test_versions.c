/*
 * The order of versions: rows of our own that every clone has, and all rows of the shared vectors where they are.
 */
#include "tests/unit/shared_data.h"

#include "base/arena.h"
#include "eco/eco.h"
#include "eco/pep440.h"

static const char *sign(int order)
{
    return order < 0 ? "<" : order > 0 ? ">" : "=";
}

static void expect_order(const ecosystem *eco, str left, str op, str right)
{
    const char *got = sign(eco->version_compare(left, right));
    const char *back = sign(eco->version_compare(right, left));
    if (!str_eq(str_from_c(got), op))
        fail_msg("%s: '%.*s' %s '%.*s', expected %.*s", eco->name, STR_ARG(left), got, STR_ARG(right),
                 STR_ARG(op));
    bool mirrored = (got[0] == '=' && back[0] == '=') || (got[0] == '<' && back[0] == '>') ||
                    (got[0] == '>' && back[0] == '<');
    if (!mirrored)
        fail_msg("%s: '%.*s' and '%.*s' compare differently the other way round", eco->name, STR_ARG(left),
                 STR_ARG(right));
}

static void expect_ascending(const ecosystem *eco, const char *const *versions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            expect_order(eco, str_from_c(versions[i]), str_from_c(sign((i > j) - (i < j))),
                         str_from_c(versions[j]));
}

static void pep440_orders_every_kind_of_release(void **state)
{
    (void)state;
    static const char *const ascending[] = {
        "0",
        "1.0.dev1",
        "1.0a1.dev1",
        "1.0a1",
        "1.0a1.post1",
        "1.0b1",
        "1.0rc1",
        "1.0rc2",
        "1.0",
        "1.0+abc",
        "1.0+5",
        "1.0+5.a",
        "1.0.post1.dev1",
        "1.0.post1",
        "1.0.1.dev1",
        "20240101123000",
        "99999999999999999999999.1",
        "1!0.1",
    };
    expect_ascending(ecosystem_find(STR("pypi")), ascending, COUNT_OF(ascending));
}

static void pep440_knows_other_spellings(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"1.0", "1"},           {"1.0-1", "1.0.post1"},     {"v1.0", "1.0"},   {"1.0-alpha-1", "1.0A1"},
        {"1.0.a", "1.0a0"},     {"1.0c4", "1.0-preview_4"}, {" 1.0\n", "1.0"}, {"1.0a-", "1.0a0"},
        {"1.0+a-1", "1.0+A.1"}, {"1.0.r4", "1.0-rev4"}};
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        expect_order(ecosystem_find(STR("pypi")), str_from_c(pairs[i][0]), STR("="), str_from_c(pairs[i][1]));
}

static void pep440_refuses_what_is_no_version(void **state)
{
    (void)state;
    static const char *const invalid[] = {"",           "a.b",   "1.0-",    "1.0+", "1.0..1", "2.6.0-cu124",
                                          "2019-09-12", "1.0 1", "1.0+a+b", "v",    "!1",     "1!",
                                          "==1.0",      "1.0.*"};
    for (size_t i = 0; i < COUNT_OF(invalid); i++)
        if (pep440_is_valid(str_from_c(invalid[i]))) fail_msg("'%s' was taken for a version", invalid[i]);
    assert_int_equal(pep440_compare(STR("2.6.0-cu124"), STR("0.dev0")), -1);
    assert_int_equal(pep440_compare(STR("x"), STR("y")), -1);
}

static void pep440_public_drops_the_local_part(void **state)
{
    (void)state;
    assert_true(str_eq(pep440_public(STR("2.0.0+cu118")), STR("2.0.0")));
    assert_true(str_eq(pep440_public(STR("2.0.0")), STR("2.0.0")));
    assert_true(str_eq(pep440_public(STR("no+version")), STR("no+version")));
}

static void pep440_specifiers_admit_as_pip_does(void **state)
{
    (void)state;
    static const struct {
        const char *specifiers, *version;
        bool admitted;
    } rows[] = {
        {">=1.4,<2", "1.9", true},    {">=1.4,<2", "2.0", false},
        {"<2", "2.0a1", false},       {">1.7", "1.7.post1", false},
        {">1.7", "1.7+local", false}, {"~=1.4.5", "1.4.9", true},
        {"~=1.4.5", "1.5", false},    {"==1.4.*", "1.4.7", true},
        {"!=1.4.*", "1.4.7", false},  {"==1.4", "1.4.0+cpu", true},
        {"===1.4", "1.4.0", false},   {"===odd", "odd", true},
        {">=1", "odd", false},        {"", "1", true},
        {"==1.*", "1!1.0", false},    {">=1.0", "2.0rc1", false},
        {">=1.0rc1", "2.0rc1", true}, {"==1.0.*", "1", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool admitted = !rows[i].admitted;
        err e = {0};
        assert_true(pep440_specifiers_admit(str_from_c(rows[i].specifiers), str_from_c(rows[i].version),
                                            false, &admitted, &e));
        if (admitted != rows[i].admitted)
            fail_msg("'%s' and '%s': got %d", rows[i].specifiers, rows[i].version, admitted);
    }
    static const char *const invalid[] = {"1.0", "~=1", ">=1.0.*", "<=1+local", "==", "==1.0a1.*", "=>1"};
    for (size_t i = 0; i < COUNT_OF(invalid); i++) {
        bool ignored;
        err e = {0};
        assert_false(pep440_specifiers_admit(str_from_c(invalid[i]), STR("1"), false, &ignored, &e));
        assert_int_equal(e.code, ERR_INVALID);
    }
}

static void deb_orders_as_dpkg_does(void **state)
{
    (void)state;
    static const char *const ascending[] = {
        "0~",
        "0",
        "1.0~rc1",
        "1.0",
        "1.0-0.1",
        "1.0-1~deb12u1",
        "1.0-1",
        "1.0-1+b1",
        "1.0-1+deb12u1",
        "1.0a",
        "1.0+x",
        "1.0.1",
        "1.10",
        "20240101123000999999999",
        "1:0.1",
    };
    expect_ascending(ecosystem_find(STR("deb")), ascending, COUNT_OF(ascending));
    expect_order(ecosystem_find(STR("deb")), STR("1.0-0"), STR("="), STR("1.0"));
    expect_order(ecosystem_find(STR("deb")), STR("0:1.0"), STR("="), STR("1.00"));
    assert_false(ecosystem_find(STR("deb"))->version_is_valid(STR("")));
    assert_false(ecosystem_find(STR("deb"))->version_is_valid(STR("a:1")));
    assert_false(ecosystem_find(STR("deb"))->version_is_valid(STR(":1")));
    assert_false(ecosystem_find(STR("deb"))->version_is_valid(STR("1 2")));
}

/* --- the shared vectors ---------------------------------------------------------------------------------------------------- */

static void check_pairs(const char *file, const char *eco, size_t rows_min)
{
    AUTO_BUF buf text;
    shared_data_or_skip(file, &text);
    str rest = buf_str(&text), columns[3];
    size_t rows = 0;
    while (shared_data_row(&rest, columns, 3) == 3) {
        expect_order(ecosystem_find(str_from_c(eco)), columns[0], columns[1], columns[2]);
        rows++;
    }
    assert_true(rows >= rows_min);
}

static void pep440_orders_all_shared_pairs(void **state)
{
    (void)state;
    check_pairs("versions/pep440.tsv", "pypi", 2346);
}

static void deb_orders_all_shared_pairs(void **state)
{
    (void)state;
    check_pairs("versions/dpkg.tsv", "deb", 946);
}

static void pep440_spells_all_shared_versions(void **state)
{
    (void)state;
    AUTO_BUF buf text;
    shared_data_or_skip("versions/pep440-normalize.tsv", &text);
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    str rest = buf_str(&text), columns[2];
    size_t rows = 0;
    for (; shared_data_row(&rest, columns, 2) == 2; rows++) {
        str got = pep440_normalise(&a, columns[0]);
        if (!str_eq(got, columns[1])) fail_msg("'%.*s' became '%.*s'", STR_ARG(columns[0]), STR_ARG(got));
    }
    assert_int_equal(rows, 79);
}

static void pep440_refuses_all_shared_rubbish(void **state)
{
    (void)state;
    AUTO_BUF buf text;
    shared_data_or_skip("versions/pep440-invalid.txt", &text);
    str rest = buf_str(&text), line;
    size_t rows = 0;
    for (; str_next(&rest, '\n', &line); rows++)
        if (pep440_is_valid(line)) fail_msg("'%.*s' was taken for a version", STR_ARG(line));
    assert_int_equal(rows, 14);
}

static void pep440_specifiers_agree_with_all_shared_rows(void **state)
{
    (void)state;
    AUTO_BUF buf text;
    shared_data_or_skip("versions/pep440-specifiers.tsv", &text);
    str rest = buf_str(&text), columns[4];
    size_t rows = 0;
    for (; shared_data_row(&rest, columns, 4) == 4; rows++) {
        for (int with_pre = 0; with_pre < 2; with_pre++) {
            bool admitted = false;
            err e = {0};
            assert_true(pep440_specifiers_admit(columns[0], columns[1], with_pre, &admitted, &e));
            if (admitted != str_eq(columns[with_pre ? 2 : 3], STR("1")))
                fail_msg("'%.*s' and '%.*s', pre-releases %d: got %d", STR_ARG(columns[0]),
                         STR_ARG(columns[1]), with_pre, admitted);
        }
    }
    assert_int_equal(rows, 414);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pep440_orders_every_kind_of_release),
        cmocka_unit_test(pep440_knows_other_spellings),
        cmocka_unit_test(pep440_refuses_what_is_no_version),
        cmocka_unit_test(pep440_public_drops_the_local_part),
        cmocka_unit_test(pep440_specifiers_admit_as_pip_does),
        cmocka_unit_test(deb_orders_as_dpkg_does),
        cmocka_unit_test(pep440_orders_all_shared_pairs),
        cmocka_unit_test(deb_orders_all_shared_pairs),
        cmocka_unit_test(pep440_spells_all_shared_versions),
        cmocka_unit_test(pep440_refuses_all_shared_rubbish),
        cmocka_unit_test(pep440_specifiers_agree_with_all_shared_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
