/*
 * The allow-list as a table: sorted as the search needs it, without doubles, without a name that the list of dangers holds as well.
 */
#include "tests/unit/test.h"

#include "pickle/allow.h"

static void tables_are_sorted_by_module(void **state)
{
    (void)state;
    for (size_t t = 0; allow_tables[t]; t++)
        for (size_t i = 1; i < allow_tables[t]->count; i++)
            if (strcmp(allow_tables[t]->rows[i - 1].module, allow_tables[t]->rows[i].module) > 0)
                fail_msg("%s: %s stands before %s", allow_tables[t]->family,
                         allow_tables[t]->rows[i - 1].module, allow_tables[t]->rows[i].module);
}

static void every_name_is_found_once_and_is_no_danger(void **state)
{
    (void)state;
    size_t names = 0;
    for (size_t t = 0; allow_tables[t]; t++)
        for (size_t i = 0; i < allow_tables[t]->count; i++) {
            const allow_row *row = &allow_tables[t]->rows[i];
            str module = str_from_c(row->module), rest = str_from_c(row->names), name;
            while (str_next(&rest, ' ', &name)) {
                names++;
                const allow_row *found = allow_find(module, name, NULL);
                if (found != row) fail_msg("%s.%.*s stands in two rows", row->module, STR_ARG(name));
                bool may_run = row->rule->roles & (ALLOW_NEW | ALLOW_CALL);
                if (may_run && !row->rule->args)
                    fail_msg("%s.%.*s has no argument rule", row->module, STR_ARG(name));
                bool is_path =
                    str_starts_with(module, STR("pathlib")); /* inert, though the module touches files */
                bool is_model = str_starts_with(module, STR("uuid"));
                /* ... and getattr, whose one rule is that the attribute is listed itself, and partial, of one harmless function, and dill's arrays */
                bool is_getattr = str_eq(name, STR("getattr")) || str_eq(name, STR("partial")) ||
                                  str_eq(name, STR("_create_array")) ||
                                  str_eq(name, STR("type")); /* of None */
                if (danger_find(module, name) && !is_path && !is_model && !is_getattr)
                    fail_msg("%s.%.*s is on the list of dangers too", row->module, STR_ARG(name));
            }
        }
    print_message("%zu names\n", names);
    assert_true(names > 900);
}

static void nothing_is_found_by_part_of_a_name(void **state)
{
    (void)state;
    assert_null(allow_find(STR("numpy"), STR("ndarray matrix"), NULL));
    assert_null(allow_find(STR("numpy"), STR(""), NULL));
    assert_null(allow_find(STR("numpy"), STR("ndarra"), NULL));
    assert_null(allow_find(STR("numpy\0"), STR("ndarray"), NULL));
    assert_null(allow_find(STR("nump"), STR("ndarray"), NULL));
    assert_null(allow_find(STR_NONE, STR("ndarray"), NULL));
    assert_null(allow_find(STR("sklearn"), STR("tree._tree.Tree"), NULL));
    assert_null(allow_find(STR("numpy.core.multiarray.x"), STR("scalar"), NULL));
    assert_non_null(allow_find(STR("numpy"), STR("ndarray"), NULL));
}

static void re_exports_of_libraries_are_not_allowed(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"sklearn.utils.discovery", "import_module"},
        {"sklearn.utils.metaestimators", "attrgetter"},
        {"sklearn.feature_selection._base", "attrgetter"},
        {"joblib.parallel", "loads"},
        {"numpy.lib.npyio", "methodcaller"},
        {"sklearn.utils._testing", "check_output"},
        {"sklearn.datasets._openml", "urlopen"},
        {"sklearn.pipeline", "partial"},
        {"numpy", "load"},
        {"pandas", "eval"},
        {"pandas", "read_pickle"},
        {"torch", "load"},
        {"builtins", "setattr"},
        {"builtins", "map"},
        {"sklearn.metrics._dist_metrics", "PyFuncDistance64"},
        {"scipy.stats._distn_infrastructure", "rv_continuous"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_null(allow_find(str_from_c(pairs[i][0]), str_from_c(pairs[i][1]), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_sorted_by_module),
        cmocka_unit_test(every_name_is_found_once_and_is_no_danger),
        cmocka_unit_test(nothing_is_found_by_part_of_a_name),
        cmocka_unit_test(re_exports_of_libraries_are_not_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
