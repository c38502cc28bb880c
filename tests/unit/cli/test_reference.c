/*
 * References to images: what is one, what its parts are, and which machine is ours.
 */
#include "scan_reference.h"
#include "tests/unit/test.h"

static void paths_are_no_references(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "model.pkl", "a/b.pkl", "./host.example/x:1", "../x.y/z:1", "/abs/x:1",  "models.d/x.pkl", "dir/x:1",
        "",          "-",       "host.example/x",     "a.b",        "localhost", "http://host/x:1"};
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if (scan_reference_is(str_from_c(paths[i]))) fail_msg("%s", paths[i]);
}

static void a_host_with_a_version_or_a_scheme_is_one(void **state)
{
    (void)state;
    static const char *const references[] = {
        "localhost/x:1",      "127.0.0.1:5000/ml/iris:1.0.0", "host.example/x@sha256:ab",
        "docker://host/name", "oci://host.example/a/b",       "assay://ml-models/m.pkl"};
    for (size_t i = 0; i < COUNT_OF(references); i++)
        if (!scan_reference_is(str_from_c(references[i]))) fail_msg("%s", references[i]);
}

static void check(const char *text, const char *host, const char *repository, const char *version)
{
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 16);
    scan_reference r;
    err e = {0};
    if (!scan_reference_parse(&a, str_from_c(text), &r, &e)) fail_msg("%s: %s", text, e.message);
    assert_true(str_eq(r.host, str_from_c(host)));
    assert_true(str_eq(r.repository, str_from_c(repository)));
    assert_true(str_eq(r.version, str_from_c(version)));
}

#define SUM "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void parts_are_told_apart(void **state)
{
    (void)state;
    check("localhost:5000/ml/iris:1.0.0", "localhost:5000", "ml/iris", "1.0.0");
    check("docker://reg.example/iris", "reg.example", "iris", "latest");
    check("oci://reg.example:443/a/b/c@" SUM, "reg.example:443", "a/b/c", SUM);
    check("reg.example/a:tag@" SUM, "reg.example", "a", SUM);
    check("docker://docker.io/python:3.12", "registry-1.docker.io", "library/python", "3.12");
    check("docker://[::1]:5000/x:1", "[::1]:5000", "x", "1");
}

static void nothing_gets_into_an_address(void **state)
{
    (void)state;
    static const char *const wrong[] = {"docker://host",       "docker://host/",
                                        "docker:///x:1",       "docker://host/a/../b:1",
                                        "docker://ho st/x:1",  "docker://host/x:a/b",
                                        "docker://host/x?y:1", "docker://host/x:1%2f",
                                        "docker://u@host/x:1", "docker://host/x@sha256:12",
                                        "docker://host/x@",    "docker://host//x:1",
                                        "docker://host/x:"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        AUTO_ARENA arena a;
        arena_init(&a, 1 << 16);
        scan_reference r;
        err e = {0};
        if (scan_reference_parse(&a, str_from_c(wrong[i]), &r, &e)) fail_msg("%s", wrong[i]);
        assert_true(strlen(e.message) > 0);
    }
}

static void only_this_machine_is_loopback(void **state)
{
    (void)state;
    static const char *const here[] = {"localhost", "localhost:5000", "127.0.0.1:80",
                                       "127.8.9.1", "[::1]",          "[::1]:5000"};
    static const char *const there[] = {
        "127.example.org", "localhost.example.org", "10.0.0.1", "[::12]", "", "x127.0.0.1", "127.0.0.1x"};
    for (size_t i = 0; i < COUNT_OF(here); i++) assert_true(scan_host_is_loopback(str_from_c(here[i])));
    for (size_t i = 0; i < COUNT_OF(there); i++) assert_false(scan_host_is_loopback(str_from_c(there[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_no_references),
        cmocka_unit_test(a_host_with_a_version_or_a_scheme_is_one),
        cmocka_unit_test(parts_are_told_apart),
        cmocka_unit_test(nothing_gets_into_an_address),
        cmocka_unit_test(only_this_machine_is_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
