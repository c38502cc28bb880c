/*
 * policy/test_judge.c - which rule judges which finding, in which words; which artifacts a watch covers; what is refused.
 */
#include "tests/unit/test.h"

#include "src/policy/judge.h"
#include "src/policy/watch.h"

static json_t *parse(const char *text)
{
    json_error_t trouble;
    json_t *json = json_loads(text, 0, &trouble);
    if (!json) fail_msg("%s in %s", trouble.text, text);
    return json;
}

#define TARGET                                                                                               \
    "{\"verdict\":\"not_a_model\",\"findings\":["                                                            \
    "{\"code\":\"vulnerable_component\",\"kind\":\"vulnerability\",\"severity\":\"critical\",\"component\":" \
    "\"joblib\","                                                                                            \
    "\"version\":\"1.0.1\",\"eco\":\"pypi\",\"advisory\":\"PYSEC-2022-288\",\"aliases\":[\"CVE-2022-"        \
    "21797\"],"                                                                                              \
    "\"fixed\":\"1.2.0\",\"cvss\":9.8,\"title\":\"t\"},"                                                     \
    "{\"code\":\"vulnerable_component\",\"kind\":\"vulnerability\",\"severity\":\"medium\",\"component\":"   \
    "\"numpy\","                                                                                             \
    "\"version\":\"1.0\",\"eco\":\"pypi\",\"advisory\":\"PYSEC-1\",\"aliases\":[],\"fixed\":\"\",\"cvss\":"  \
    "5.0,\"title\":\"t\"},"                                                                                  \
    "{\"code\":\"unpinned_component\",\"kind\":\"misconfiguration\",\"severity\":\"low\",\"component\":"     \
    "\"x\",\"title\":\"not pinned\",\"where\":{\"member\":\"r.txt\"}}"                                       \
    "]}"
#define THREAT(verdict)                                                                               \
    "{\"verdict\":\"" verdict                                                                         \
    "\",\"findings\":[{\"code\":\"MDL-PKL-001\",\"kind\":\"model_threat\",\"severity\":\"critical\"," \
    "\"title\":\"t\",\"call\":\"posix.system('id')\"},{\"code\":\"B\",\"kind\":\"model_threat\","     \
    "\"severity\":\"low\",\"title\":\"t\"}]}"

/* A policy of one rule with these criteria, judging the target: the summaries, one a line. */
static char *judged(const char *criteria, const char *target_text, char out[2048])
{
    char text[1024];
    snprintf(text, sizeof(text),
             "{\"name\":\"p\",\"type\":\"security\",\"rules\":[{\"name\":\"r\",\"criteria\":%s}]}", criteria);
    AUTO(json_release) json_t *json = parse(text);
    AUTO(json_release) json_t *target = parse(target_text);
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    policy p;
    judgement *made = NULL;
    size_t count = 0, len = 0;
    err e = {0};
    if (!policy_read(json, &a, &p, &e) || !policy_judge(&p, target, &a, &made, &count, &e))
        fail_msg("%s", e.message);
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, 2048 - len, "%.*s\n", STR_ARG(made[i].summary));
    return out;
}

static void judge_matches_by_each_criterion(void **state)
{
    (void)state;
    static const char joblib[] = "joblib 1.0.1 has CVE-2022-21797 (critical), fixed in 1.2.0\n";
    static const char numpy[] = "numpy 1.0 has PYSEC-1 (medium), no fix is known\n";
    static const char threat[] = "the model is unsafe: loading it would call posix.system('id')\n";
    char both[256], all[400], out[2048];
    snprintf(both, sizeof(both), "%s%s", joblib, numpy);
    snprintf(all, sizeof(all), "%snot pinned (low)\n", both);
    const struct {
        const char *criteria, *target, *want;
    } cases[] = {
        {"{\"min_severity\":\"High\"}", TARGET, joblib},
        {"{\"min_severity\":\"mediUM\",\"cvss_range\":null,\"malicious_package\":false}", TARGET, both},
        {"{\"min_severity\":\"Low\"}", TARGET, all},
        {"{\"min_severity\":\"Medium\",\"fix_version_dependant\":true}", TARGET, joblib},
        {"{\"cvss_range\":{\"from\":4.0,\"to\":6.9}}", TARGET, numpy},
        {"{\"vulnerability_ids\":[\"cve-2022-21797\"]}", TARGET, joblib},
        {"{\"vulnerability_ids\":[\"PYSEC-1\",\"X\"]}", TARGET, numpy},
        {"{\"package_name\":\"NumPy\",\"package_versions\":[\"1.0\"]}", TARGET, numpy},
        {"{\"package_name\":\"numpy\",\"package_versions\":[\"2.0\"]}", TARGET, ""},
        {"{\"package_name\":\"numpy\",\"package_type\":\"npm\"}", TARGET, ""},
        {"{\"model_threat\":\"suspicious\"}", TARGET, ""},
        {"{\"model_threat\":\"suspicious\"}", THREAT("unsafe"), threat},
        {"{\"model_threat\":\"unsafe\"}", THREAT("unsafe"), threat},
        {"{\"model_threat\":\"unsafe\"}", THREAT("suspicious"), ""},
        {"{\"model_threat\":\"unsafe\"}", "{\"verdict\":\"unparseable\",\"findings\":[]}",
         "the model is unparseable\n"},
        {"{\"malicious_package\":true}", THREAT("unsafe"), threat},
        {"{\"malicious_package\":true}", TARGET, ""},
        {"{\"min_severity\":\"Critical\"}", THREAT("unsafe"), threat},
        {"{\"min_severity\":\"Low\"}", "{\"verdict\":\"clean\",\"findings\":[]}", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(judged(cases[i].criteria, cases[i].target, out), cases[i].want);
}

static void judge_takes_the_first_rule_by_priority(void **state)
{
    (void)state;
    AUTO(json_release)
    json_t *json = parse("{\"name\":\"p\",\"rules\":[{\"name\":\"second\",\"priority\":2,\"criteria\":{\"min_"
                         "severity\":\"Low\"}},"
                         "{\"name\":\"first\",\"priority\":1,\"criteria\":{\"min_severity\":\"High\"},"
                         "\"actions\":{\"custom_severity\":\"Low\","
                         "\"fail_build\":true,\"block_download\":{\"active\":true}}}]}");
    AUTO(json_release) json_t *target = parse(TARGET);
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    policy p;
    judgement *made = NULL;
    size_t count = 0;
    assert_true(policy_read(json, &a, &p, NULL) && policy_judge(&p, target, &a, &made, &count, NULL));
    assert_int_equal(count, 3);
    assert_true(str_eq(made[0].rule->name, STR("first")) && str_eq(made[1].rule->name, STR("second")));
    assert_int_equal(made[0].severity, SEVERITY_LOW);
    assert_true(made[0].rule->blocks && made[0].rule->blocks_unscanned && made[0].rule->fails_build);
    assert_false(made[1].rule->blocks || made[1].rule->blocks_unscanned);
    assert_true(str_eq(made[0].finding, STR("PYSEC-2022-288 joblib 1.0.1")));
}

static void policy_refuses_what_it_would_not_judge(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "[]",
        "{}",
        "{\"name\":\"p\",\"type\":\"license\",\"rules\":[]}",
        "{\"name\":\"p\",\"rules\":[]}",
        "{\"name\":\"a/b\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"min_severity\":\"Low\"}}]}",
        "{\"name\":\"p\",\"rules\":[{\"criteria\":{\"min_severity\":\"Low\"}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\"}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"min_severity\":\"Terrible\"}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"min_severity\":3}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"min_severity\":\"Low\",\"model_threat\":"
        "\"unsafe\"}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"model_threat\":\"clean\"}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"sast\":{\"min_severity\":\"High\"}}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"min_severity\":\"Low\",\"applicable_cves_"
        "only\":true}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"cvss_range\":{\"from\":8,\"to\":7}}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"vulnerability_ids\":[1]}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"min_severity\":\"Low\"},\"actions\":{"
        "\"block_download\":true}}]}",
        "{\"name\":\"p\",\"rules\":[{\"name\":\"r\",\"criteria\":{\"min_severity\":\"Low\"},\"actions\":{"
        "\"fail_build\":\"yes\"}}]}",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        AUTO(json_release) json_t *json = parse(wrong[i]);
        AUTO_ARENA arena a;
        arena_init(&a, 1 << 20);
        policy p;
        err e = {0};
        if (policy_read(json, &a, &p, &e)) fail_msg("taken: %s", wrong[i]);
        assert_int_equal(e.code, ERR_UNPROCESSABLE);
    }
}

static void ant_patterns_match_as_in_ant(void **state)
{
    (void)state;
    const struct {
        const char *pattern, *path;
        bool want;
    } cases[] = {{"**", "a/b/c", true},
                 {"**/*.pkl", "a/b/m.pkl", true},
                 {"**/*.pkl", "m.pkl", true},
                 {"*.pkl", "a/m.pkl", false},
                 {"a/**", "a/b/c", true},
                 {"a/**", "b/c", false},
                 {"a/**/c", "a/c", true},
                 {"a/**/c", "a/x/y/c", true},
                 {"a/**/c/**/d", "a/c/x/c/y/d", true},
                 {"model/?.0/*", "model/1.0/x", true},
                 {"model/?.0/*", "model/10.0/x", false},
                 {"*a*b", "xaxxb", true},
                 {"*a*b", "xaxxbc", false},
                 {"", "", true},
                 {"**/a/**/a/**/a/**/b", "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/c", false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (ant_match(str_from_c(cases[i].pattern), str_from_c(cases[i].path)) != cases[i].want)
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].path);
}

#define WATCH(resource)                                                                  \
    "{\"general_data\":{\"name\":\"w\"},\"project_resources\":{\"resources\":[" resource \
    "]},\"assigned_policies\":[{\"name\":\"p\"}]}"

static void watch_covers_by_repository_and_filters(void **state)
{
    (void)state;
    const struct {
        const char *resource;
        bool want;
    } cases[] = {
        {"{\"type\":\"all-repos\"}", true},
        {"{\"type\":\"repository\",\"name\":\"ml-models\"}", true},
        {"{\"type\":\"repository\",\"name\":\"ml\"}", false},
        {"{\"type\":\"all-repos\",\"filters\":[{\"type\":\"regex\",\"value\":\".*\\\\.pkl\"}]}", true},
        {"{\"type\":\"all-repos\",\"filters\":[{\"type\":\"regex\",\"value\":\"model\"}]}", false},
        {"{\"type\":\"all-repos\",\"filters\":[{\"type\":\"path-regex\",\"value\":\"a/.*\"}]}", true},
        {"{\"type\":\"all-repos\",\"filters\":[{\"type\":\"mime-type\",\"value\":\"x/y\"}]}", false},
        {"{\"type\":\"all-repos\",\"filters\":[{\"type\":\"ant-patterns\",\"value\":{\"IncludePatterns\":"
         "null,\"ExcludePatterns\":[\"a/**\"]}}]}",
         false},
        {"{\"type\":\"all-repos\",\"filters\":[{\"type\":\"ant-patterns\",\"value\":{\"IncludePatterns\":[\"*"
         "*/*.pkl\"],\"ExcludePatterns\":null}}]}",
         true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[1024];
        snprintf(text, sizeof(text), WATCH("%s"), cases[i].resource);
        AUTO(json_release) json_t *json = parse(text);
        AUTO_ARENA arena a;
        arena_init(&a, 1 << 20);
        watch w;
        err e = {0};
        if (!watch_normalise(json, &e) || !watch_read(json, &a, &w, &e)) fail_msg("%s", e.message);
        watched_item item = {STR("ml-models"), STR("a/model.pkl"), STR("m/n")};
        if (watch_covers(&w, &item) != cases[i].want) fail_msg("%s", cases[i].resource);
        w.is_active = false;
        assert_false(watch_covers(&w, &item));
    }
}

static void watch_refuses_what_it_would_not_watch(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "[]",
        "{\"general_data\":{\"name\":\"\"}}",
        (WATCH("")),
        (WATCH("{\"type\":\"all-builds\"}")),
        (WATCH("{\"type\":\"repository\"}")),
        (WATCH("{\"type\":\"all-repos\",\"filters\":[{\"type\":\"regex\",\"value\":\"(\"}]}")),
        (WATCH("{\"type\":\"all-repos\",\"filters\":[{\"type\":\"property\",\"value\":{}}]}")),
        "{\"general_data\":{\"name\":\"w\"},\"project_resources\":{\"resources\":[{\"type\":\"all-repos\"}]}"
        "}",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        AUTO(json_release) json_t *json = parse(wrong[i]);
        AUTO_ARENA arena a;
        arena_init(&a, 1 << 20);
        watch w;
        err e = {0};
        if (watch_read(json, &a, &w, &e)) fail_msg("taken: %s", wrong[i]);
        assert_int_equal(e.code, ERR_UNPROCESSABLE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_matches_by_each_criterion),
        cmocka_unit_test(judge_takes_the_first_rule_by_priority),
        cmocka_unit_test(policy_refuses_what_it_would_not_judge),
        cmocka_unit_test(ant_patterns_match_as_in_ant),
        cmocka_unit_test(watch_covers_by_repository_and_filters),
        cmocka_unit_test(watch_refuses_what_it_would_not_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
