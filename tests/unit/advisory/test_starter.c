/*
 * The embedded set: it opens, and knows the versions that the tutorial pins.
 */
#include "tests/unit/test.h"

#include "advisory/advisory.h"

static const advisory_match *find(const advisory_index *index, const char *name, const char *version, str id,
                                  arena *a)
{
    component c = {.eco = ecosystem_find(STR("pypi")),
                   .name = str_from_c(name),
                   .version = str_from_c(version),
                   .version_is_known = true};
    advisory_match *matches;
    size_t count;
    err e = {0};
    assert_true(advisory_match_component(index, &c, a, &matches, &count, &e));
    for (size_t i = 0; i < count; i++)
        if (str_eq(matches[i].id, id)) return &matches[i];
    return NULL;
}

static void starter_set_knows_the_tutorials_versions(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 22);
    advisory_index index;
    err e = {0};
    assert_true(advisory_index_open(advisory_starter_image(), &index, &e));
    assert_true(index.is_starter);
    assert_true(index.advisory_count >= 40);

    const advisory_match *m = find(&index, "scikit-learn", "0.24.0", STR("PYSEC-2024-110"), &a);
    assert_non_null(m);
    assert_true(str_eq(m->aliases, STR("CVE-2024-5206, GHSA-jw8x-6495-233v")));
    assert_true(str_eq(m->fixed, STR("1.5.0")));
    assert_int_equal(m->severity, SEVERITY_MEDIUM);
    assert_true(m->cvss_score > 4.65 && m->cvss_score < 4.75);
    assert_true(m->is_certain && m->summary.len > 20);
    assert_null(find(&index, "scikit-learn", "1.5.0", STR("PYSEC-2024-110"), &a));

    assert_non_null(find(&index, "joblib", "1.0.1", STR("PYSEC-2022-288"), &a));
    assert_non_null(find(&index, "fastapi", "0.92.0", STR("PYSEC-2024-38"), &a));
    assert_non_null(find(&index, "starlette", "0.25.0", STR("PYSEC-2023-83"), &a));
    assert_non_null(find(&index, "pydantic", "1.10.4", STR("PYSEC-2026-1812"), &a));
    assert_non_null(find(&index, "h11", "0.14.0", STR("PYSEC-2026-348"), &a));
    assert_null(find(&index, "joblib", "1.2.0", STR("PYSEC-2022-288"), &a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(starter_set_knows_the_tutorials_versions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
