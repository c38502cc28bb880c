/*
 * Real model files of scikit-learn 0.23 to 1.9, in every pickle protocol and compression: all clean, and readable to the last tree.
 * The files are large, so they are not part of the project: $ASSAY_DATA/forests (see tests/unit/format/meson.build).
 */
#include "tests/unit/test.h"

#include "format/format.h"
#include "format/pickle.h"

#include <dirent.h>

static bool is_model(const char *name)
{
    return strstr(name, ".pkl") != NULL;
}

static bytes read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    fseek(f, 0, SEEK_END);
    size_t len = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = malloc(len + 1);
    assert_int_equal(fread(data, 1, len, f), len);
    fclose(f);
    return (bytes){data, len};
}

static const char *fact_value(const report *r, const char *name)
{
    static char text[256];
    for (size_t i = 0; i < r->fact_count; i++)
        if (str_eq(r->facts[i].name, str_from_c(name))) {
            snprintf(text, sizeof(text), "%.*s", STR_ARG(r->facts[i].value));
            return text;
        }
    return "";
}

static void check_verdict(const char *path, bytes content)
{
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {.path = str_from_c(path), .content = content, .budget = &budget};
    AUTO_ARENA arena a;
    arena_init(&a, 512 << 20);
    report r;
    report_init(&r, &a);
    err e = {0};
    if (!format_read(&in, &r, &e)) fail_msg("%s: %s", path, e.message);
    for (size_t i = 0; i < r.finding_count; i++)
        printf("%s: %s %.*s [%.*s] at %llu\n", path, r.findings[i].code, STR_ARG(r.findings[i].title),
               STR_ARG(r.findings[i].call), (unsigned long long)r.findings[i].offset);
    if (r.verdict != VERDICT_CLEAN) fail_msg("%s is %s", path, verdict_name(r.verdict));
    assert_int_equal(r.finding_count, 0);
    assert_string_equal(r.format, strstr(path, "joblib") || strstr(path, "tutorial") ? "joblib" : "pickle");
    assert_string_equal(fact_value(&r, "framework"), "scikit-learn");
    assert_true(strlen(fact_value(&r, "framework_version")) > 0);
}

/* The nodes of a tree: structured, with the threshold field reachable through the dtype. */
static void check_tree(arena *a, const char *path, const pickle_value *estimator)
{
    const pickle_value *nodes = pickle_get(pickle_get(estimator, "tree_"), "nodes");
    pickle_ndarray array;
    err e = {0};
    if (!pickle_as_ndarray(a, nodes, &array, &e)) fail_msg("%s: %s", path, e.message);
    assert_int_equal(array.type, 'V');
    assert_int_equal(array.rank, 1);
    assert_true(array.count > 0 && array.data.len == array.count * array.item_bytes);
    assert_true(array.item_bytes == 56 || array.item_bytes == 64);
    const pickle_value *state = array.dtype->call.states[0];
    const pickle_value *threshold = pickle_get(state->list.items[4], "threshold");
    assert_non_null(threshold);
    assert_int_equal(threshold->list.items[1]->integer, 24);
}

static void check_values(const char *path, bytes content)
{
    AUTO_BUF buf plain;
    buf_init(&plain, 512 << 20);
    packing p = packing_sniff(content);
    if (p != PACKING_NONE) {
        unpack_budget budget = unpack_budget_new(content.len);
        size_t used = 0;
        assert_true(unpack_all(p, content, &budget, &plain, &used, NULL));
        assert_int_equal(used, content.len);
        content = buf_bytes(&plain);
    }
    AUTO_ARENA arena a;
    arena_init(&a, 512 << 20);
    report r;
    report_init(&r, &a);
    pickle_stream stream;
    assert_true(pickle_execute(&a, content, 0, true, STR_NONE, &r, &stream, NULL));
    assert_non_null(stream.result);
    assert_int_equal(stream.end, content.len);

    const pickle_value *trees = pickle_get(stream.result, "estimators_");
    if (!trees) {
        check_tree(&a, path, stream.result);
        return;
    }
    assert_int_equal(trees->kind, PICKLE_LIST);
    for (size_t i = 0; i < trees->list.count; i++) check_tree(&a, path, trees->list.items[i]);
}

static size_t check_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) return 0;
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!is_model(entry->d_name)) continue;
        char path[1024];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        bytes content = read_file(path);
        check_verdict(path, content);
        check_values(path, content);
        free((void *)(uintptr_t)content.data);
        count++;
    }
    closedir(dir);
    return count;
}

static void real_models_are_clean_and_readable(void **state)
{
    (void)state;
    const char *data = getenv("ASSAY_DATA");
    char folder[1024];
    snprintf(folder, sizeof(folder), "%s/forests/pickles", data ? data : "");
    size_t first = check_folder(folder);
    snprintf(folder, sizeof(folder), "%s/forests/pickles-other-versions", data ? data : "");
    size_t second = check_folder(folder);
    if (first + second == 0) {
        print_message("skipped: no model files below ASSAY_DATA='%s'\n", data ? data : "");
        skip();
    }
    print_message("%zu model files read\n", first + second);
    assert_true(first >= 25 && second >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(real_models_are_clean_and_readable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
