/*
 * A real bulk export: the matches that a conforming implementation finds in it (the shared data's README), and how fast.
 */
#include "tests/unit/shared_data.h"

#include "advisory/advisory.h"
#include "base/clock.h"

static void build_index(const char *file, buf *image, advisory_index *index, advisory_import_counts *counts)
{
    AUTO_BUF buf zip;
    shared_data_or_skip(file, &zip);
    AUTO(advisory_builder_free) advisory_builder *b = NULL;
    err e = {0};
    assert_true(advisory_builder_new(&b, &e));
    if (!advisory_builder_add_zip(b, buf_bytes(&zip), NULL, NULL, counts, &e)) fail_msg("%s", e.message);
    buf_init(image, 64 << 20);
    assert_true(advisory_builder_finish(b, STR("2026-11-24T00:00:00Z"), image, &e));
    assert_true(advisory_index_open(buf_bytes(image), index, &e));
}

/* Certain matches; `id` must be among them when it is given. */
static size_t certain_matches(const advisory_index *index, const char *name, const char *version,
                              const char *id)
{
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 24);
    component c = {.eco = ecosystem_find(STR("pypi")),
                   .name = str_from_c(name),
                   .version = str_from_c(version),
                   .version_is_known = true};
    advisory_match *matches;
    size_t count, certain = 0;
    bool has_id = id == NULL;
    err e = {0};
    assert_true(advisory_match_component(index, &c, &a, &matches, &count, &e));
    for (size_t i = 0; i < count; i++) {
        certain += matches[i].is_certain;
        if (id && str_eq(matches[i].id, str_from_c(id))) has_id = true;
    }
    if (!has_id) fail_msg("%s %s does not match %s", name, version, id);
    return certain;
}

static void export_gives_the_expected_matches(void **state)
{
    (void)state;
    static const struct {
        const char *name, *version;
        size_t count;
        const char *id;
    } rows[] = {
        {"scikit-learn", "0.24.0", 1, "PYSEC-2024-110"},
        {"scikit-learn", "0.23.2", 2, "PYSEC-2020-108"},
        {"scikit-learn", "0.23.0", 3, "PYSEC-2020-107"},
        {"scikit-learn", "1.5.0", 0, NULL},
        {"joblib", "1.1.0", 1, "PYSEC-2022-288"},
        {"joblib", "1.2.0", 0, NULL},
        {"pyyaml", "5.3", 2, "PYSEC-2020-96"},
        {"pyyaml", "6.0", 0, NULL},
        {"flask", "2.2.2", 2, "PYSEC-2026-2151"},
        {"jinja2", "2.11.2", 5, NULL},
        {"requests", "2.25.1", 4, NULL},
        {"urllib3", "1.26.4", 9, NULL},
        {"setuptools", "65.5.0", 4, NULL},
        {"pillow", "8.0.0", 42, NULL},
        {"torch", "1.13.0", 18, NULL},
        {"transformers", "4.30.0", 28, NULL},
        {"ray", "2.6.3", 11, NULL},
        {"gradio", "3.50.0", 38, NULL},
        {"mlflow", "2.2.0", 72, NULL},
    };
    buf image;
    advisory_index index;
    advisory_import_counts counts = {0};
    build_index("advisories/pypi-osv.zip", &image, &index, &counts);
    assert_int_equal(counts.records, 7080);
    assert_int_equal(counts.withdrawn, 269);
    assert_int_equal(counts.skipped, 0);
    assert_int_equal(index.advisory_count, 6811);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t got = certain_matches(&index, rows[i].name, rows[i].version, rows[i].id);
        if (got != rows[i].count)
            fail_msg("%s %s: %zu matches, expected %zu", rows[i].name, rows[i].version, got, rows[i].count);
    }

    int64_t started = clock_mono_us();
    size_t rounds = 0;
    for (; rounds < 1000 * COUNT_OF(rows); rounds++)
        certain_matches(&index, rows[rounds % COUNT_OF(rows)].name, rows[rounds % COUNT_OF(rows)].version,
                        NULL);
    print_message("%.0f components a second against %llu advisories, index of %zu bytes\n",
                  (double)rounds * 1e6 / (double)(clock_mono_us() - started + 1),
                  (unsigned long long)index.advisory_count, image.len);
    buf_done(&image);
}

static void export_of_another_kind_is_counted_not_fatal(void **state)
{
    (void)state;
    buf image;
    advisory_index index;
    advisory_import_counts counts = {0};
    build_index("advisories/psf-osv.zip", &image, &index, &counts);
    assert_int_equal(counts.records, 132);
    assert_int_equal(counts.skipped_nameless, counts.skipped);
    assert_int_equal(index.advisory_count, counts.records - counts.skipped - counts.withdrawn);
    buf_done(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(export_gives_the_expected_matches),
        cmocka_unit_test(export_of_another_kind_is_counted_not_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
