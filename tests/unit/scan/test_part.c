/*
 * scan/test_part.c - a child's report is read as hostile bytes; layers are merged as a runtime lays them.
 */
#include "tests/unit/test.h"

#include "scan/scan.h"
#include "src/scan/part.h"

static bool check(const char *text, json_t **part, err *e)
{
    return part_check(str_bytes(str_from_c(text)), part, e);
}

static void part_check_refuses_lies(void **state)
{
    (void)state;
    static const char *const lies[] = {
        "",
        "[]",
        "{}",
        "{\"verdict\":\"fine\"}",
        "{\"verdict\":\"clean\"} trailing",
        "{\"verdict\":\"clean\",\"verdict\":\"unsafe\"}",
        "{\"verdict\":\"clean\",\"findings\":{}}",
        "{\"verdict\":\"clean\",\"findings\":[1]}",
        /* clean, and yet a critical threat */
        "{\"verdict\":\"clean\",\"findings\":[{\"code\":\"A\",\"kind\":\"model_threat\",\"severity\":"
        "\"critical\",\"title\":\"t\",\"where\":{\"member\":\"\"}}]}",
        "{\"verdict\":\"unsafe\",\"findings\":[{\"code\":\"A "
        "B\",\"kind\":\"model_threat\",\"severity\":\"low\",\"title\":\"t\",\"where\":{\"member\":\"\"}}]}",
        /* vulnerabilities are not the child's to find */
        "{\"verdict\":\"unsafe\",\"findings\":[{\"code\":\"A\",\"kind\":\"vulnerability\",\"severity\":"
        "\"low\",\"title\":\"t\",\"where\":{\"member\":\"\"}}]}",
        "{\"verdict\":\"unsafe\",\"findings\":[{\"code\":\"A\",\"kind\":\"secret\",\"severity\":\"huge\","
        "\"title\":\"t\",\"where\":{\"member\":\"\"}}]}",
        "{\"verdict\":\"unsafe\",\"findings\":[{\"code\":\"A\",\"kind\":\"secret\",\"severity\":\"low\","
        "\"title\":\"t\",\"where\":{\"member\":\"\",\"offset\":-1}}]}",
        "{\"verdict\":\"unsafe\",\"findings\":[{\"code\":\"A\",\"kind\":\"secret\",\"severity\":\"low\","
        "\"title\":\"t\"}]}",
        "{\"verdict\":\"not_a_model\",\"components\":[{\"eco\":\"none\",\"name\":\"a\",\"version\":\"1\","
        "\"path\":\"p\"}]}",
        "{\"verdict\":\"not_a_model\",\"components\":[{\"eco\":\"pypi\",\"name\":\"\",\"version\":\"1\","
        "\"path\":\"p\"}]}",
        "{\"verdict\":\"not_a_model\",\"components\":[{\"eco\":\"pypi\",\"name\":\"a\",\"version\":1,"
        "\"path\":\"p\"}]}",
        "{\"verdict\":\"clean\",\"tensors\":[{\"name\":\"w\",\"dtype\":\"float32\"}]}",
        "{\"verdict\":\"clean\",\"tensors\":[{\"name\":\"w\",\"dtype\":\"float32\",\"shape\":[-1]}]}",
        "{\"verdict\":\"clean\",\"tensor_count\":\"2\"}",
        "{\"verdict\":\"not_a_model\",\"deleted\":[1]}",
        "{\"verdict\":\"not_a_model\",\"findings_dropped\":-2}",
        "{\"verdict\":\"not_a_model\",\"os\":\"debian\"}",
        "{\"verdict\":\"not_a_model\",\"images\":[{\"name\":\"a\",\"layers\":[{}]}]}",
        "{\"verdict\":\"not_a_model\",\"images\":[[]]}",
    };
    for (size_t i = 0; i < COUNT_OF(lies); i++) {
        json_t *part = NULL;
        err e = {0};
        if (check(lies[i], &part, &e)) fail_msg("taken: %s", lies[i]);
        assert_int_equal(e.code, ERR_CHILD);
        assert_null(part);
    }
}

static void part_check_copies_only_what_it_knows(void **state)
{
    (void)state;
    AUTO(json_release) json_t *part = NULL;
    err e = {0};
    if (!check("{\"verdict\":\"not_a_model\",\"admin\":true,\"components\":[{\"eco\":\"pypi\",\"name\":"
               "\"a\\u0000b\",\"version\":\"1\",\"path\":\"p\",\"namespace\":\"debian:12\",\"extra\":{}}],"
               "\"images\":[{\"name\":\"i\",\"layers\":[{\"verdict\":\"clean\",\"images\":[]}]}]}",
               &part, &e))
        fail_msg("%s", e.message);
    assert_null(json_object_get(part, "admin"));
    const json_t *c = json_array_get(json_object_get(part, "components"), 0);
    assert_string_equal(json_string_value(json_object_get(c, "name")), "a?b");
    assert_null(json_object_get(c, "extra"));
    assert_null(json_object_get(c, "namespace")); /* only an image's own os-release gives that */
    const json_t *layer =
        json_array_get(json_object_get(json_array_get(json_object_get(part, "images"), 0), "layers"), 0);
    assert_null(json_object_get(layer, "images"));
}

static void part_check_cuts_long_text_between_characters(void **state)
{
    (void)state;
    static char text[8192];
    size_t len = (size_t)snprintf(text, sizeof(text), "{\"verdict\":\"not_a_model\",\"facts\":[{\"name\":\"");
    for (int i = 0; i < 1000; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "\xe2\x82\xac"); /* three bytes each */
    snprintf(text + len, sizeof(text) - len, "\",\"value\":\"v\"}]}");
    AUTO(json_release) json_t *part = NULL;
    assert_true(check(text, &part, NULL));
    const json_t *name = json_object_get(json_array_get(json_object_get(part, "facts"), 0), "name");
    assert_int_equal(json_string_length(name), 1023);
}

/* --- merging --------------------------------------------------------------------------------------------------------------- */

/* "name version layer;" of the merged components, and the verdict. */
static char *merged(const char *layers_text, char out[1024])
{
    json_error_t trouble;
    AUTO(json_release) json_t *layers = json_loads(layers_text, 0, &trouble);
    AUTO(json_release) json_t *part = NULL;
    err e = {0};
    if (!layers) fail_msg("%s", trouble.text);
    if (!part_merge(layers, &part, &e)) fail_msg("%s", e.message);
    size_t i, len = 0;
    json_t *c;
    json_array_foreach(json_object_get(part, "components"), i, c)
    {
        str name = json_text(c, "name"), version = json_text(c, "version");
        len += (size_t)snprintf(out + len, 1024 - len, "%.*s %.*s %d;", STR_ARG(name), STR_ARG(version),
                                (int)json_integer_value(json_object_get(c, "layer")));
    }
    str verdict_word = json_text(part, "verdict");
    snprintf(out + len, 1024 - len, "%.*s", STR_ARG(verdict_word));
    return out;
}

#define PKG(name, version, path)                                     \
    "{\"eco\":\"pypi\",\"name\":\"" name "\",\"version\":\"" version \
    "\",\"version_is_known\":true,\"path\":\"" path "\"}"
#define LAYER(members) "{\"verdict\":\"not_a_model\"," members "}"
#define NOTHING LAYER("\"deleted\":[]")

static void merge_applies_whiteouts_to_lower_layers_only(void **state)
{
    (void)state;
    char out[1024];
    const struct {
        const char *layers, *want;
    } cases[] = {
        {"[" LAYER("\"components\":[" PKG("a", "1", "x/a/M") "]") "," NOTHING "]", "a 1 0;not_a_model"},
        /* the file, its folder, a folder above */
        {"[" LAYER("\"components\":[" PKG("a", "1", "x/a/M") "]") "," LAYER("\"deleted\":[\"x/a/M\"]") "]",
         "not_a_model"},
        {"[" LAYER("\"components\":[" PKG("a", "1", "x/a/M") "]") "," LAYER("\"deleted\":[\"x\"]") "]",
         "not_a_model"},
        /* a name that only begins alike */
        {"[" LAYER("\"components\":[" PKG("a", "1", "x/ab/M") "]") "," LAYER("\"deleted\":[\"x/a\"]") "]",
         "a 1 0;not_a_model"},
        /* opaque hides what is below from lower layers, not from its own */
        {"[" LAYER("\"components\":[" PKG("a", "1", "x/a/M") "]") "," LAYER(
             "\"opaque\":[\"x\"],\"components\":[" PKG("b", "2", "x/b/M") "]") "]",
         "b 2 1;not_a_model"},
        {"[" LAYER("\"components\":[" PKG("a", "1", "x/a/M") "]") "," LAYER("\"opaque\":[\"\"]") "]",
         "not_a_model"},
        /* a whiteout does not delete an entry of its own layer, wherever it stands */
        {"[" LAYER("\"deleted\":[\"x/a\"],\"components\":[" PKG("a", "1", "x/a/M") "]") "]",
         "a 1 0;not_a_model"},
        /* a later file of the same name takes the place of the earlier one; what stays keeps its layer */
        {"[" LAYER("\"manifests\":[\"s\"],\"components\":[" PKG("a", "1", "s") "," PKG(
             "b", "1",
             "s") "]") "," LAYER("\"manifests\":[\"s\"],\"components\":[" PKG("b", "1",
                                                                              "s") "," PKG("c", "1",
                                                                                           "s") "]") "]",
         "b 1 0;c 1 1;not_a_model"},
        {"[" LAYER("\"manifests\":[\"s\"],\"components\":[" PKG("a", "1", "s") "]") "," LAYER(
             "\"manifests\":[\"s\"]") "]",
         "not_a_model"},
        /* what lies within a file goes with it */
        {"[" LAYER("\"components\":[" PKG("a", "1", "w.whl!a/M") "]") "," LAYER(
             "\"deleted\":[\"w.whl\"]") "]",
         "not_a_model"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(merged(cases[i].layers, out), cases[i].want);
}

static void merge_gives_the_worst_verdict_of_what_is_left(void **state)
{
    (void)state;
    char out[1024];
    static const char evil[] = "{\"verdict\":\"unsafe\",\"models\":[{\"path\":\"m.pkl\",\"format\":"
                               "\"pickle\",\"verdict\":\"unsafe\"}]}";
    char layers[1024];
    snprintf(layers, sizeof(layers), "[%s,%s]", evil, NOTHING);
    assert_string_equal(merged(layers, out), "unsafe");
    snprintf(layers, sizeof(layers), "[%s,%s]", evil, LAYER("\"deleted\":[\"m.pkl\"]"));
    assert_string_equal(merged(layers, out), "not_a_model");
    snprintf(layers, sizeof(layers), "[%s]",
             "{\"verdict\":\"unparseable\",\"findings\":[{\"code\":\"scan_incomplete\",\"where\":{\"member\":"
             "\"\"}}]}");
    assert_string_equal(merged(layers, out), "unparseable");
}

/* --- matching --------------------------------------------------------------------------------------------------------------- */

static void match_finds_what_the_tutorial_shows(void **state)
{
    (void)state;
    json_error_t trouble;
    AUTO(json_release)
    json_t *target = json_loads(
        "{\"verdict\":\"not_a_model\",\"findings\":[{\"code\":\"X\",\"severity\":\"low\"}],\"components\":"
        "[" PKG("scikit-learn", "0.24.0", "r.txt") "," PKG("scikit-learn", "0.24.0", "other/r.txt") "," PKG(
            "scikit-learn", "1.5.2", "r.txt") "]}",
        0, &trouble);
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 24);
    advisory_index index;
    err e = {0};
    if (!advisory_index_open(advisory_starter_image(), &index, &e)) fail_msg("%s", e.message);
    for (int round = 0; round < 2; round++) { /* matching again replaces, it does not add */
        if (!scan_match(target, &index, &a, &e)) fail_msg("%s", e.message);
        const json_t *findings = json_object_get(target, "findings");
        assert_string_equal(json_string_value(json_object_get(json_array_get(findings, 0), "code")), "X");
        size_t i, hits = 0;
        json_t *f;
        json_array_foreach(findings, i, f)
        {
            if (!str_eq(json_text(f, "advisory"), STR("PYSEC-2024-110"))) continue;
            hits++;
            assert_true(str_eq(json_text(f, "fixed"), STR("1.5.0")));
            assert_true(str_eq(json_text(f, "version"), STR("0.24.0")));
            assert_string_equal(json_string_value(json_array_get(json_object_get(f, "aliases"), 0)),
                                "CVE-2024-5206");
        }
        assert_int_equal(hits, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(part_check_refuses_lies),
        cmocka_unit_test(part_check_copies_only_what_it_knows),
        cmocka_unit_test(part_check_cuts_long_text_between_characters),
        cmocka_unit_test(merge_applies_whiteouts_to_lower_layers_only),
        cmocka_unit_test(merge_gives_the_worst_verdict_of_what_is_left),
        cmocka_unit_test(match_finds_what_the_tutorial_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
