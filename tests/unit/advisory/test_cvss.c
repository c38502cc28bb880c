/*
 * CVSS scores: vectors with known scores that every clone has, and all shared vectors where they are.
 */
#include "tests/unit/shared_data.h"

#include "advisory/advisory.h"

#include <math.h>

static void expect_score(str vector, double wanted)
{
    double score = -1;
    if (!cvss_score(vector, &score)) fail_msg("'%.*s' was refused", STR_ARG(vector));
    if (fabs(score - wanted) > 0.001)
        fail_msg("'%.*s' scored %.1f, expected %.1f", STR_ARG(vector), score, wanted);
}

static void cvss_score_gives_the_known_scores(void **state)
{
    (void)state;
    static const struct {
        const char *vector;
        double score;
    } rows[] = {
        {"AV:N/AC:L/Au:N/C:P/I:N/A:N", 5.0},
        {"(AV:A/AC:M/Au:N/C:C/I:C/A:N)", 7.3},
        {"AV:N/AC:L/Au:N/C:N/I:N/A:N", 0.0},
        {"CVSS:3.0/AV:P/AC:L/PR:N/UI:N/S:C/C:L/I:H/A:N", 6.1},
        {"CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N", 4.7},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/MAV:L", 9.8},
        {"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:N/I:N/A:N", 0.0},
        {"CVSS:4.0/AV:P/AC:L/AT:N/PR:L/UI:P/VC:H/VI:L/VA:H/SC:H/SI:L/SA:L", 7.0},
        {"CVSS:4.0/AV:A/AC:L/AT:N/PR:H/UI:P/VC:H/VI:H/VA:N/SC:H/SI:L/SA:N/E:U", 5.2},
        {"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) expect_score(str_from_c(rows[i].vector), rows[i].score);
}

static void cvss_score_refuses_what_is_no_vector(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "7.5",
        "CVSS:3.1/",
        "CVSS:3.1/AV:N",
        "CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:-/SI:N/SA:N",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:S/SA:N",
        "AV:N/AC:L/Au:N/C:P/I:N",
    };
    double score;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (cvss_score(str_from_c(rows[i]), &score)) fail_msg("'%s' was scored", rows[i]);
}

static void cvss_severity_follows_the_bands(void **state)
{
    (void)state;
    assert_int_equal(cvss_severity(0), SEVERITY_INFO);
    assert_int_equal(cvss_severity(3.9), SEVERITY_LOW);
    assert_int_equal(cvss_severity(4.0), SEVERITY_MEDIUM);
    assert_int_equal(cvss_severity(6.9), SEVERITY_MEDIUM);
    assert_int_equal(cvss_severity(7.0), SEVERITY_HIGH);
    assert_int_equal(cvss_severity(9.0), SEVERITY_CRITICAL);
}

static void cvss_score_agrees_with_all_shared_vectors(void **state)
{
    (void)state;
    AUTO_BUF buf text;
    shared_data_or_skip("cvss/cvss-vectors.tsv", &text);
    str rest = buf_str(&text), columns[3];
    size_t rows = 0;
    for (; shared_data_row(&rest, columns, 3) == 3; rows++) {
        char number[16];
        snprintf(number, sizeof number, "%.*s", STR_ARG(columns[1]));
        expect_score(columns[0], strtod(number, NULL));
    }
    assert_int_equal(rows, 655);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cvss_score_gives_the_known_scores),
        cmocka_unit_test(cvss_score_refuses_what_is_no_vector),
        cmocka_unit_test(cvss_severity_follows_the_bands),
        cmocka_unit_test(cvss_score_agrees_with_all_shared_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
