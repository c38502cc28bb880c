/*
 * From OSV records to matches: ranges, listed versions, what cannot be ordered, aliases, distributions, updating, damaged images.
 */
#include "tests/unit/test.h"

#include "advisory/advisory.h"

typedef struct fixture {
    buf image;
    advisory_index index;
    advisory_import_counts counts;
} fixture;

static void build_onto(fixture *f, const char *const *records, const fixture *older)
{
    AUTO(advisory_builder_free) advisory_builder *b = NULL;
    err e = {0};
    assert_true(advisory_builder_new(&b, &e));
    for (size_t i = 0; records[i]; i++)
        assert_true(advisory_builder_add_json(b, str_bytes(str_from_c(records[i])), &f->counts, &e));
    if (older) assert_true(advisory_builder_add_index(b, &older->index, &e));
    buf_init(&f->image, 1 << 24);
    assert_true(advisory_builder_finish(b, STR("2026-11-24T00:00:00Z"), &f->image, &e));
    if (!advisory_index_open(buf_bytes(&f->image), &f->index, &e)) fail_msg("%s", e.message);
}

static void build(fixture *f, const char *const *records)
{
    build_onto(f, records, NULL);
}

/* All matches as text, one a line: id|aliases|score|severity|introduced|fixed|certain. */
static void expect_of(const fixture *f, const component *c, const char *wanted)
{
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 22);
    AUTO_BUF buf got;
    buf_init(&got, 1 << 20);
    advisory_match *matches;
    size_t count;
    err e = {0};
    assert_true(advisory_match_component(&f->index, c, &a, &matches, &count, &e));
    for (size_t i = 0; i < count; i++)
        buf_printf(&got, "%.*s|%.*s|%.1f|%d|%.*s|%.*s|%s\n", STR_ARG(matches[i].id),
                   STR_ARG(matches[i].aliases), matches[i].cvss_score, (int)matches[i].severity,
                   STR_ARG(matches[i].introduced), STR_ARG(matches[i].fixed),
                   matches[i].is_certain ? "certain" : "uncertain");
    buf_add_byte(&got, 0);
    assert_string_equal((const char *)got.data, wanted);
}

static void expect(const fixture *f, const char *name, const char *version, const char *wanted)
{
    component c = {.eco = ecosystem_find(STR("pypi")),
                   .name = str_from_c(name),
                   .version = str_from_c(version),
                   .version_is_known = true};
    expect_of(f, &c, wanted);
}

#define PYPI(name) "\"package\":{\"ecosystem\":\"PyPI\",\"name\":\"" name "\"}"
#define EVENTS(events) "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[" events "]}]"
#define VECTOR \
    "\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N\"}]"

static void match_follows_ranges(void **state)
{
    (void)state;
    fixture f = {0};
    build(
        &f,
        (const char *const[]){
            "{\"id\":\"A-1\",\"aliases\":[\"CVE-1\",\"GHSA-1\"],\"modified\":\"2024-01-01T00:00:00Z\"," VECTOR
            ",\"affected\":[{" PYPI("Scikit_Learn") "," EVENTS(
                "{\"introduced\":\"0\"},{\"fixed\":\"1.5.0\"}") "}]}",
            /* unsorted, re-introduced, last_affected */
            "{\"id\":\"B-1\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[{" PYPI("b") "," EVENTS(
                "{\"fixed\":\"2.2.5\"},{\"introduced\":\"2.3.0\"},{\"introduced\":\"0\"},{\"fixed\":\"2.3."
                "2\"},{\"introduced\":\"3\"},{\"last_affected\":\"3.1\"}") "}]}",
            /* an empty range, and a limit */
            "{\"id\":\"C-1\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[{" PYPI("c") "," EVENTS(
                "{\"introduced\":\"1\"},{\"fixed\":\"1\"}") "}]}",
            "{\"id\":\"C-2\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[{" PYPI("c") "," EVENTS(
                "{\"introduced\":\"1\"},{\"limit\":\"2\"}") "}]}",
            NULL,
        });
    expect(&f, "scikit-learn", "0.24.0", "A-1|CVE-1, GHSA-1|4.7|2||1.5.0|certain\n");
    expect(&f, "scikit-learn", "1.5.0rc1", "A-1|CVE-1, GHSA-1|4.7|2||1.5.0|certain\n");
    expect(&f, "scikit-learn", "1.5", "");
    expect(&f, "scikit-learn", "1.5.0+local", "");
    expect(&f, "scikit", "0.1", "");
    expect(&f, "b", "2.2.4", "B-1||0.0|2||2.2.5|certain\n");
    expect(&f, "b", "2.2.5", "");
    expect(&f, "b", "2.3.1", "B-1||0.0|2|2.3.0|2.3.2|certain\n");
    expect(&f, "b", "3.1+cu118", "B-1||0.0|2|3||certain\n");
    expect(&f, "b", "3.1.1", "");
    expect(&f, "c", "1.5", "C-2||0.0|2|1||certain\n");
    expect(&f, "c", "1!0", "");
    expect(&f, "c", "2", "");
    buf_done(&f.image);
}

static void match_unites_listed_versions_with_ranges(void **state)
{
    (void)state;
    fixture f = {0};
    build(&f,
          (const char *const[]){
              "{\"id\":\"A\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[{" PYPI("a") "," EVENTS(
                  "{\"introduced\":\"2\"},{\"fixed\":\"3\"}") ",\"versions\":[\"1.0\",\"2.1\",\"7-odd\"]}]}",
              "{\"id\":\"B\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[{" PYPI(
                  "b") ",\"versions\":[\"1.0\"]}]}",
              NULL,
          });
    expect(&f, "a", "1.0.0", "A||0.0|2||3|certain\n");
    expect(&f, "a", "1.0+cpu", "A||0.0|2||3|certain\n");
    expect(&f, "a", "2.5", "A||0.0|2|2|3|certain\n");
    expect(&f, "a", "1.1", "");
    expect(&f, "a", "7-odd", "A||0.0|2||3|certain\n");
    expect(&f, "a", "8-odd", "A||0.0|2||3|uncertain\n");
    expect(&f, "b", "1", "B||0.0|2|||certain\n");
    expect(&f, "b", "1.1", "");
    /* 2.1 lies in the range already: only the two others were kept. */
    assert_int_equal(f.counts.affected, 2);
    buf_done(&f.image);
}

static void match_is_uncertain_where_nothing_can_be_ordered(void **state)
{
    (void)state;
    fixture f = {0};
    build(&f, (const char *const[]){
                  "{\"id\":\"A\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[{" PYPI("a") "," EVENTS(
                      "{\"introduced\":\"0\"},{\"fixed\":\"1.2\"},{\"introduced\":\"2\"},{"
                      "\"fixed\":\"2.4\"}") "}]}",
                  "{\"id\":\"B\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[{" PYPI("b") "," EVENTS(
                      "{\"introduced\":\"0\"},{\"fixed\":\"2.6.0-cu124\"}") "}]}",
                  NULL,
              });
    component c = {.eco = ecosystem_find(STR("pypi")), .name = STR("a"), .version = STR(">=1")};
    expect_of(&f, &c, "A||0.0|2||2.4|uncertain\n");
    expect(&f, "b", "1", "B||0.0|2|||uncertain\n");
    assert_int_equal(f.counts.ranges_skipped, 1);
    buf_done(&f.image);
}

static void builder_counts_what_it_cannot_use(void **state)
{
    (void)state;
    fixture f = {0};
    build(
        &f,
        (const char *const[]){
            "{\"id\":\"W\",\"withdrawn\":\"2024-01-01T00:00:00Z\",\"affected\":[{" PYPI("a") "}]}",
            "{\"id\":\"N\",\"affected\":[{\"ranges\":[]}]}",
            "{\"id\":\"F\",\"affected\":[{\"package\":{\"ecosystem\":\"Hackage\",\"name\":\"x\"}}]}",
            "{\"id\":7}",
            "not json",
            "[]",
            "{\"id\":\"T\",\"modified\":[],\"aliases\":{},\"severity\":\"high\",\"affected\":[{" PYPI(
                "t") ",\"ranges\":7,\"versions\":\"1\"},3,{" PYPI("u") ",\"ranges\":[{\"type\":\"ECOSYSTEM\","
                                                                       "\"events\":[4]}],\"versions\":[5]}]}",
            NULL,
        });
    assert_int_equal(f.counts.records, 7);
    assert_int_equal(f.counts.withdrawn, 1);
    assert_int_equal(f.counts.skipped, 5);
    assert_int_equal(f.counts.skipped_nameless, 1);
    assert_int_equal(f.counts.skipped_foreign, 1);
    assert_int_equal(f.counts.skipped_malformed, 3);
    assert_string_equal(f.counts.first_problem, "N: it names no package");
    assert_int_equal(f.index.advisory_count, 1);
    expect(&f, "t", "1", "T||0.0|2|||uncertain\n");
    buf_done(&f.image);
}

static void match_reports_aliases_once(void **state)
{
    (void)state;
    fixture f = {0};
    build(
        &f,
        (const char *const[]){
            "{\"id\":\"PYSEC-1\",\"aliases\":[\"CVE-1\"],\"summary\":\"own\",\"modified\":\"2024-01-01T00:00:"
            "00Z\",\"affected\":[{" PYPI("a") "," EVENTS("{\"introduced\":\"0\"},{\"fixed\":\"2\"}") "}]}",
            "{\"id\":\"GHSA-1\",\"aliases\":[\"CVE-1\",\"CVE-1\",\"GHSA-1\"],\"modified\":\"2024-01-01T00:00:"
            "00Z\"," VECTOR
            ",\"affected\":[{" PYPI("a") "," EVENTS("{\"introduced\":\"0\"},{\"fixed\":\"2\"}") "}]}",
            "{\"id\":\"OTHER-1\",\"aliases\":[\"GHSA-1\"],\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":"
            "[{" PYPI("a") "," EVENTS("{\"introduced\":\"0\"}") "}]}",
            "{\"id\":\"PYSEC-2\",\"modified\":\"2024-01-01T00:00:00Z\",\"database_specific\":{\"severity\":"
            "\"HIGH\"},\"affected\":[{" PYPI("a") "," EVENTS("{\"introduced\":\"0\"}") "}]}",
            NULL,
        });
    expect(&f, "a", "1", "PYSEC-2||0.0|3|||certain\nGHSA-1|CVE-1, OTHER-1, PYSEC-1|4.7|2||2|certain\n");
    buf_done(&f.image);
}

static void match_prefers_the_packages_own_severity(void **state)
{
    (void)state;
    fixture f = {0};
    build(&f, (const char *const[]){
                  "{\"id\":\"A\",\"modified\":\"2024-01-01T00:00:00Z\"," VECTOR ",\"affected\":[{" PYPI(
                      "a") ",\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/"
                           "S:U/C:H/I:H/A:H\"}],\"versions\":[\"1\"]}]}",
                  "{\"id\":\"MAL-1\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[{" PYPI(
                      "m") "," EVENTS("{\"introduced\":\"0\"}") "}]}",
                  NULL,
              });
    expect(&f, "a", "1", "A||9.8|4|||certain\n");
    expect(&f, "m", "1", "MAL-1||0.0|4|||certain\n");
    buf_done(&f.image);
}

#define DEBIAN(release, name) "\"package\":{\"ecosystem\":\"Debian:" release "\",\"name\":\"" name "\"}"

static void match_keeps_releases_apart(void **state)
{
    (void)state;
    fixture f = {0};
    build(&f,
          (const char *const[]){
              "{\"id\":\"DSA-1\",\"upstream\":[\"CVE-1\",\"CVE-2\"],\"modified\":\"2024-01-01T00:00:00Z\","
              "\"affected\":[{" DEBIAN("12", "openssl") "," EVENTS(
                  "{\"introduced\":\"0\"},{\"fixed\":\"3.0.2-1\"}") "}]}",
              "{\"id\":\"DEBIAN-CVE-1\",\"upstream\":[\"CVE-1\"],\"modified\":\"2024-01-01T00:00:00Z\","
              "\"affected\":[{" DEBIAN("12", "openssl") "," EVENTS(
                  "{\"introduced\":\"0\"},{\"fixed\":\"3.0.2-1\"}") "}]}",
              "{\"id\":\"DLA-1\",\"related\":[\"CVE-3\"],\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":["
              "{" DEBIAN("11", "openssl") "," EVENTS("{\"introduced\":\"0\"},{\"fixed\":\"1.1.1-2\"}") "}]}",
              "{\"id\":\"UBUNTU-1\",\"modified\":\"2024-01-01T00:00:00Z\",\"severity\":[{\"type\":\"Ubuntu\","
              "\"score\":\"low\"}],\"affected\":[{\"package\":{\"ecosystem\":\"Ubuntu:22.04:LTS\",\"name\":"
              "\"openssl\"}," EVENTS("{\"introduced\":\"0\"}") "}]}",
              NULL,
          });
    component c = {.eco = ecosystem_find(STR("deb")),
                   .name = STR("libssl3"),
                   .version = STR("3.0.1-1+b1"),
                   .version_is_known = true,
                   .namespace = STR("debian:12"),
                   .source_name = STR("openssl"),
                   .source_version = STR("3.0.1-1")};
    expect_of(&f, &c,
              "CVE-2|DSA-1|0.0|2||3.0.2-1|certain\nDEBIAN-CVE-1|CVE-1, DSA-1|0.0|2||3.0.2-1|certain\n");
    c.source_version = STR("1.1.1-1");
    c.namespace = STR("debian:11");
    expect_of(&f, &c, "DLA-1|CVE-3|0.0|2||1.1.1-2|certain\n");
    c.namespace = STR("debian:1");
    expect_of(&f, &c, "");
    c.namespace = STR("ubuntu:22.04");
    expect_of(&f, &c, "UBUNTU-1||0.0|1|||certain\n");
    c.namespace = STR("raspbian:11");
    expect_of(&f, &c, "");
    c.namespace = STR_NONE;
    expect_of(&f, &c,
              "CVE-2|DSA-1|0.0|2||3.0.2-1|uncertain\nDEBIAN-CVE-1|CVE-1, "
              "DSA-1|0.0|2||3.0.2-1|uncertain\nDLA-1|CVE-3|0.0|2||1.1.1-2|uncertain\n");
    buf_done(&f.image);
}

static void builder_keeps_what_an_update_does_not_replace(void **state)
{
    (void)state;
    fixture old = {0}, new = {0};
    build(&old,
          (const char *const[]){
              "{\"id\":\"KEPT\",\"aliases\":[\"CVE-9\"],\"modified\":\"2026-01-01T00:00:00Z\",\"affected\":["
              "{" PYPI("a") "," EVENTS("{\"introduced\":\"0\"},{\"fixed\":\"2\"}") "},{" PYPI(
                  "z") ",\"versions\":[\"4\"]}]}",
              "{\"id\":\"GONE\",\"modified\":\"2026-01-01T00:00:00Z\",\"affected\":[{" PYPI("a") "," EVENTS(
                  "{\"introduced\":\"0\"}") "}]}",
              "{\"id\":\"CORRECTED\",\"modified\":\"2099-01-01T00:00:00Z\",\"affected\":[{" PYPI(
                  "a") "," EVENTS("{\"introduced\":\"0\"}") "}]}",
              NULL,
          });
    assert_true(str_eq(old.index.newest_modified, STR("2026-01-01T00:00:00Z")));
    build_onto(
        &new,
        (const char *const[]){
            "{\"id\":\"GONE\",\"withdrawn\":\"2026-02-01T00:00:00Z\",\"modified\":\"2026-02-01T00:00:00Z\"}",
            "{\"id\":\"CORRECTED\",\"modified\":\"2026-03-01T00:00:00Z\",\"affected\":[{" PYPI(
                "a") "," EVENTS("{\"introduced\":\"5\"}") "}]}",
            NULL,
        },
        &old);
    expect(&new, "a", "1", "KEPT|CVE-9|0.0|2||2|certain\n");
    expect(&new, "z", "4", "KEPT|CVE-9|0.0|2|||certain\n");
    expect(&new, "a", "6", "CORRECTED||0.0|2|5||certain\n");
    assert_int_equal(new.index.advisory_count, 2);
    assert_true(str_eq(new.index.newest_modified, STR("2026-03-01T00:00:00Z")));
    buf_done(&old.image);
    buf_done(&new.image);
}

static void index_open_refuses_every_damage(void **state)
{
    (void)state;
    fixture f = {0};
    build(&f, (const char *const[]){
                  "{\"id\":\"A\",\"aliases\":[\"CVE-1\"],\"modified\":\"2024-01-01T00:00:00Z\"," VECTOR
                  ",\"affected\":[{" PYPI("a") "," EVENTS(
                      "{\"introduced\":\"0\"},{\"fixed\":\"2\"}") ",\"versions\":[\"9\"]},"
                                                                  "{" PYPI("b") ",\"versions\":"
                                                                                "[\"1\"]}]}",
                  NULL,
              });
    advisory_index opened;
    err e = {0};
    bytes image = buf_bytes(&f.image);
    for (size_t len = 0; len < image.len; len++)
        assert_false(advisory_index_open((bytes){image.data, len}, &opened, &e));

    /* Any byte may be wrong: either it is refused, or matching on it still stays within the image (the sanitizers watch). */
    AUTO_BUF buf damaged;
    buf_init(&damaged, image.len);
    buf_add(&damaged, image);
    for (size_t at = 0; at < image.len; at++)
        for (unsigned flip = 1; flip < 256; flip <<= 3) {
            damaged.data[at] ^= (uint8_t)flip;
            AUTO_ARENA arena a;
            arena_init(&a, 1 << 20);
            component c = {.eco = ecosystem_find(STR("pypi")),
                           .name = STR("a"),
                           .version = STR("1"),
                           .version_is_known = true};
            advisory_match *matches;
            size_t count;
            bool is_open = advisory_index_open(buf_bytes(&damaged), &opened, &e);
            if (is_open && !advisory_match_component(&opened, &c, &a, &matches, &count, &e))
                assert_int_equal(e.code, ERR_MEMORY);
            damaged.data[at] ^= (uint8_t)flip;
        }
    assert_false(advisory_index_open(str_bytes(STR("something else entirely")), &opened, &e));
    assert_int_equal(e.code, ERR_INVALID);
    buf_done(&f.image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(match_follows_ranges),
        cmocka_unit_test(match_unites_listed_versions_with_ranges),
        cmocka_unit_test(match_is_uncertain_where_nothing_can_be_ordered),
        cmocka_unit_test(builder_counts_what_it_cannot_use),
        cmocka_unit_test(match_reports_aliases_once),
        cmocka_unit_test(match_prefers_the_packages_own_severity),
        cmocka_unit_test(match_keeps_releases_apart),
        cmocka_unit_test(builder_keeps_what_an_update_does_not_replace),
        cmocka_unit_test(index_open_refuses_every_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
