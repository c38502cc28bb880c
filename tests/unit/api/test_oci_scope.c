/*
 * What a Docker client asks for, and whether a token covers it.
 */
#include "src/api/oci_scope.h"

#include "tests/unit/test.h"

static void grant_parse_reads_types_names_and_actions(void **state UNUSED)
{
    oci_grant g;
    assert_true(oci_grant_parse(STR("repository:docker-local/app:push,pull"), &g));
    assert_true(str_eq(g.type, STR("repository")) && str_eq(g.name, STR("docker-local/app")));
    assert_true(g.pull && g.push && !g.remove);

    assert_true(oci_grant_parse(STR("repository(plugin):host:5000/app:*"), &g));
    assert_true(str_eq(g.type, STR("repository")) && str_eq(g.name, STR("host:5000/app")));
    assert_true(g.pull && g.push && g.remove);

    assert_true(oci_grant_parse(STR("repository:a/b:admin"), &g));
    assert_false(g.pull || g.push || g.remove);
}

static void grant_parse_refuses_what_is_no_grant(void **state UNUSED)
{
    static const char *const bad[] = {"",       "oci", "repository", "repository:pull", "repository::pull",
                                      ":a:pull"};
    oci_grant g;
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(oci_grant_parse(str_from_c(bad[i]), &g));
}

static void scope_covers_only_what_it_names(void **state UNUSED)
{
    str scope = STR("oci repository:r/app:pull,push, repository:r/other:pull,");
    oci_grant pull = {.type = STR("repository"), .name = STR("r/app"), .pull = true};
    oci_grant remove = {.type = STR("repository"), .name = STR("r/app"), .remove = true};
    oci_grant push_other = {.type = STR("repository"), .name = STR("r/other"), .push = true};
    oci_grant prefix = {.type = STR("repository"), .name = STR("r/ap"), .pull = true};
    assert_true(oci_scope_has(scope, &pull));
    assert_false(oci_scope_has(scope, &remove));
    assert_false(oci_scope_has(scope, &push_other));
    assert_false(oci_scope_has(scope, &prefix));
    assert_false(oci_scope_has(STR("oci"), &pull));
}

static void scope_is_limited_only_by_our_own_word(void **state UNUSED)
{
    assert_true(oci_scope_is_limited(STR("oci")));
    assert_true(oci_scope_is_limited(STR("oci repository:a/b:pull")));
    assert_false(oci_scope_is_limited(STR("")));
    assert_false(oci_scope_is_limited(STR("ocio")));
    assert_false(oci_scope_is_limited(STR("applied-permissions/user")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grant_parse_reads_types_names_and_actions),
        cmocka_unit_test(grant_parse_refuses_what_is_no_grant),
        cmocka_unit_test(scope_covers_only_what_it_names),
        cmocka_unit_test(scope_is_limited_only_by_our_own_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
