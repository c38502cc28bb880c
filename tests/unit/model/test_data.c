/*
 * Tables, labels, the iris data, parameters, and train_test_split.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "model/dataset.h"

static bool read_csv(arena *a, str text, table *t, err *e)
{
    return table_read_csv(a, str_bytes(text), true, t, e);
}

/* One target, no weight. */
static bool from_table(arena *a, const table *t, size_t target, bool classifies, train_data *out, err *e)
{
    dataset_columns columns = {.targets = &target, .target_count = 1};
    return dataset_from_table(a, t, &columns, classifies, out, e);
}

static void table_reads_quotes_line_ends_and_a_byte_order_mark(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 16 * MIB);
    table t;
    err e = {0};
    if (!read_csv(&a,
                  STR("\xef\xbb\xbf"
                      "x,\"y \"\"q\"\"\",z\r\n1,\"a,b\nc\",\n\"\",2,3\n\n\n"),
                  &t, &e))
        fail_msg("%s", e.message);
    assert_int_equal(t.rows, 2);
    assert_int_equal(t.columns, 3);
    assert_true(str_eq(t.names[1], STR("y \"q\"")));
    assert_true(str_eq(table_cell(&t, 0, 1), STR("a,b\nc")));
    assert_true(str_eq(table_cell(&t, 0, 2), STR("")) && str_eq(table_cell(&t, 1, 0), STR("")));
    assert_int_equal(t.lines[0], 2);
    assert_int_equal(t.lines[1], 4);
}

static void table_refuses_with_line_and_column(void **state)
{
    (void)state;
    static const struct {
        str text;
        const char *says;
    } cases[] = {
        {STR("a,b\n1,2\n3\n"), "line 3 has 1 column, the first line has 2"},
        {STR("a,b\n1,2,3\n"), "line 2 has 3 columns"},
        {STR("a,b\n1,\"2\n"), "line 2, column 2: a quoted field that does not end"},
        {STR("a,b\n1,\"2\"x\n"), "line 2, column 2: text after a closing quote"},
        {STR("a,b\n1,2\"\n"), "line 2, column 2: a quote within"},
        {STR("a,b\n1,\0\n"), "NUL"},
        {STR("a,b\n1,\xff\n"), "UTF-8"},
        {STR("a,a\n1,2\n"), "both named 'a'"},
        {STR("1,2\n3,4\n"), "--no-header"},
        {STR("a,b\n"), "no rows"},
        {STR("\n\n"), "empty"},
        {STR(""), "empty"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA arena a;
        arena_init(&a, 16 * MIB);
        table t;
        err e = {0};
        assert_false(read_csv(&a, cases[i].text, &t, &e));
        if (!strstr(e.message, cases[i].says))
            fail_msg("case %zu: '%s' does not say '%s'", i, e.message, cases[i].says);
    }
}

static void number_parse_takes_decimals_only(void **state)
{
    (void)state;
    static const char *const good[] = {"1", "-1.5", "+2", ".5", "5.", "1e3", "1E-3"};
    static const char *const bad[] = {"",      "-",   ".",   "e5",    "1e",  "1e+",
                                      "0x1p3", "inf", "nan", "1_000", "1 2", "١"};
    double number;
    for (size_t i = 0; i < COUNT_OF(good); i++) assert_true(number_parse(str_from_c(good[i]), &number));
    for (size_t i = 0; i < COUNT_OF(bad); i++) assert_false(number_parse(str_from_c(bad[i]), &number));
    assert_true(number_parse(STR("0.1"), &number) && number == 0.1);
}

static void dataset_types_the_target(void **state)
{
    (void)state;
    static const struct {
        str text;
        label_kind kind;
        const char *second; /* the second label in order */
    } cases[] = {
        {STR("a,y\n1,10\n2,9\n3,-1\n"), LABEL_INT, "9"},
        {STR("a,y\n1,True\n2,False\n3,True\n"), LABEL_BOOL, "True"},
        {STR("a,y\n1,2.0\n2,1.0\n3,3\n"), LABEL_FLOAT, "2"},
        {STR("a,y\n1,b\n2,a\n3,1\n"), LABEL_TEXT, "a"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA arena a;
        arena_init(&a, 16 * MIB);
        table t;
        train_data d;
        err e = {0};
        if (!read_csv(&a, cases[i].text, &t, &e) || !from_table(&a, &t, 1, true, &d, &e))
            fail_msg("%s", e.message);
        assert_int_equal(d.targets[0].labels[0].kind, cases[i].kind);
        assert_true(label_matches(&d.targets[0].labels[1], str_from_c(cases[i].second)));
    }
}

static void dataset_refuses_what_cannot_be_learned(void **state)
{
    (void)state;
    static const struct {
        str text;
        bool classifies;
        const char *says;
    } cases[] = {
        {STR("a,y\n1,0.5\n2,1.5\n"), true, "take a regressor"},
        {STR("a,y\n1,0\n2,\n"), true, "line 3: the target (column 2) is empty"},
        {STR("a,y\nred,0\n2,1\n"), true, "line 2, column 1 (a): 'red' is not a number"},
        {STR("a,y\n1,x\n2,1\n"), false, "line 2, column 2 (y): 'x' is not a number"},
        {STR("y\n1\n"), true, "has 1 column"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA arena a;
        arena_init(&a, 16 * MIB);
        table t;
        train_data d;
        err e = {0};
        assert_true(read_csv(&a, cases[i].text, &t, &e));
        assert_false(from_table(&a, &t, t.columns - 1, cases[i].classifies, &d, &e));
        if (!strstr(e.message, cases[i].says))
            fail_msg("case %zu: '%s' does not say '%s'", i, e.message, cases[i].says);
    }
}

/* The rows that scikit-learn 1.9.0 puts into the test part for random_state=42, test_size=0.2 of 150. */
static void dataset_split_is_train_test_split(void **state)
{
    (void)state;
    static const unsigned test_rows[] = {73, 18, 118, 78, 76, 31, 64, 141, 68, 82};
    AUTO_ARENA arena a;
    arena_init(&a, 16 * MIB);
    train_data d;
    dataset_parts parts;
    err e = {0};
    assert_true(dataset_iris(&a, &d, &e) && dataset_split(&a, &d, 30, 42, &parts, &e));
    assert_int_equal(parts.test.rows, 30);
    assert_int_equal(parts.train.rows, 120);
    for (size_t i = 0; i < COUNT_OF(test_rows); i++)
        for (size_t f = 0; f < 4; f++) assert_true(parts.test.x[f * 30 + i] == d.x[f * 150 + test_rows[i]]);
}

static void test_sizes_are_shares_or_rows(void **state)
{
    (void)state;
    static const struct {
        str text;
        size_t rows; /* 0: refused */
    } cases[] = {{STR("0.2"), 30}, {STR("0.21"), 32}, {STR("30"), 30},   {STR("1"), 1},   {STR("149"), 149},
                 {STR("150"), 0},  {STR("0"), 0},     {STR("1.0"), 0},   {STR("1.5"), 0}, {STR("-3"), 0},
                 {STR("0.0"), 0},  {STR("nan"), 0},   {STR("0.999"), 0}, {STR(""), 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t rows = 0;
        err e = {0};
        if (dataset_test_rows(cases[i].text, 150, &rows, &e) != (cases[i].rows > 0) || rows != cases[i].rows)
            fail_msg("'%.*s' gives %zu rows: %s", STR_ARG(cases[i].text), rows, e.message);
    }
}

static void params_refuse_unknown_names_and_versions(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    train_params p;
    sk_version v;
    err e = {0};
    assert_true(sk_version_parse(STR("1.2.1"), &v) && params_init(&p, RANDOM_FOREST_CLASSIFIER, v, &e));
    assert_false(params_set_text(&p, &a, STR("n_estimator"), STR("3"), &e));
    assert_non_null(strstr(e.message, "nearest is n_estimators"));
    assert_false(params_set_text(&p, &a, STR("monotonic_cst"), STR("[1]"), &e)); /* 1.4 */
    assert_true(params_set_text(&p, &a, STR("max_depth"), STR("None"), &e) &&
                p.values[PARAM_MAX_DEPTH].kind == PARAM_NONE);
    assert_true(params_set_text(&p, &a, STR("class_weight"), STR("{\"0\": 2}"), &e) &&
                p.values[PARAM_CLASS_WEIGHT].count == 1);
    assert_true(params_set_text(&p, &a, STR("max_features"), STR("log2"), &e));
    assert_true(sk_version_parse(STR("0.23.2"), &v) && params_init(&p, RANDOM_FOREST_CLASSIFIER, v, &e));
    assert_true(params_set_text(&p, &a, STR("min_impurity_split"), STR("None"), &e));
    assert_true(params_set_text(&p, &a, STR("min_impurity_split"), STR("0.1"), &e)); /* it went with 1.0 */
    assert_true(sk_version_parse(STR("2.0"), &v));
    assert_false(params_init(&p, RANDOM_FOREST_CLASSIFIER, v, &e));
    assert_false(sk_version_parse(STR("latest"), &v));
}

/* What scikit-learn refuses is refused, by the name of the parameter. */
static void fit_refuses_bad_parameters(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"n_estimators", "0"},       {"max_depth", "0"},         {"min_samples_split", "1"},
        {"min_samples_leaf", "0.0"}, {"max_features", "9"},      {"criterion", "mse"},
        {"max_samples", "-0.5"},     {"max_samples", "0"},       {"class_weight", "heavy"},
        {"random_state", "-1"},      {"ccp_alpha", "-0.1"},      {"oob_score", "3"},
        {"max_leaf_nodes", "1"},     {"monotonic_cst", "[1,0]"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        AUTO_ARENA arena a;
        arena_init(&a, 16 * MIB);
        train_params p;
        train_data d;
        sk_version v;
        err e = {0};
        forest *f = NULL;
        train_options options = {.threads = 1};
        assert_true(sk_version_parse(STR("1.9.0"), &v) && params_init(&p, RANDOM_FOREST_CLASSIFIER, v, &e));
        assert_true(dataset_iris(&a, &d, &e) &&
                    params_set_text(&p, &a, str_from_c(bad[i][0]), str_from_c(bad[i][1]), &e));
        if (forest_fit(&p, &d, &options, &f, &e)) fail_msg("%s=%s was taken", bad[i][0], bad[i][1]);
        if (!strstr(e.message, bad[i][0])) fail_msg("'%s' does not name %s", e.message, bad[i][0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_reads_quotes_line_ends_and_a_byte_order_mark),
        cmocka_unit_test(table_refuses_with_line_and_column),
        cmocka_unit_test(number_parse_takes_decimals_only),
        cmocka_unit_test(dataset_types_the_target),
        cmocka_unit_test(dataset_refuses_what_cannot_be_learned),
        cmocka_unit_test(dataset_split_is_train_test_split),
        cmocka_unit_test(test_sizes_are_shares_or_rows),
        cmocka_unit_test(params_refuse_unknown_names_and_versions),
        cmocka_unit_test(fit_refuses_bad_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
