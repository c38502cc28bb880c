/*
 * The samples of fuzz/corpus/make_formats.py: each file's name says which verdict it must get and which finding must be told. Then each is
 * cut at every length and changed in every byte: nothing crashes, and what is clean has nothing to say.
 */
#include "tests/unit/sample.h"

#include "format/format.h"

static bool has_code(const report *r, const char *code)
{
    for (size_t i = 0; i < r->finding_count; i++)
        if (strcmp(r->findings[i].code, code) == 0) return true;
    return false;
}

static bool has_something_to_say(const report *r)
{
    for (size_t i = 0; i < r->finding_count; i++)
        if (r->findings[i].kind == FINDING_MODEL_THREAT && r->findings[i].severity > SEVERITY_INFO)
            return true;
    return false;
}

static bool read_as(const char *name, bytes content, arena *a, report *r)
{
    arena_init(a, 32 << 20);
    report_init(r, a);
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {.path = str_from_c(name), .content = content, .budget = &budget};
    return format_read(&in, r, NULL);
}

static void check_sample(const sample *s)
{
    AUTO_ARENA arena a;
    report r;
    assert_true(read_as(s->name, (bytes){s->data, s->len}, &a, &r));
    bool is_right = strcmp(verdict_name(r.verdict), s->verdict) == 0;
    bool is_told = strcmp(s->code, "none") == 0 ? !has_something_to_say(&r) : has_code(&r, s->code);
    if (is_right && is_told) return;
    for (size_t i = 0; i < r.finding_count; i++)
        print_message("  %s %s %.*s (%.*s)\n", r.findings[i].code, severity_name(r.findings[i].severity),
                      STR_ARG(r.findings[i].title), STR_ARG(r.findings[i].member));
    fail_msg("%s is %s as %s", s->name, verdict_name(r.verdict), r.format ? r.format : "nothing");
}

static void read_damaged(const sample *s, bytes exact)
{
    AUTO_ARENA arena a;
    report r;
    if (!read_as(s->name, exact, &a, &r)) return;
    if (format_name_claims_model(str_from_c(s->name))) assert_true(r.verdict != VERDICT_NOT_A_MODEL);
    if (r.verdict == VERDICT_CLEAN) assert_false(has_something_to_say(&r));
}

static void check_both(sample *s)
{
    check_sample(s);
    sample_damage(s, read_damaged);
}

/* Of pickles and HDF5 other tests cut and change some files, where it matters; all of them when nothing is to be left out. */
static void check_sample_first(sample *s)
{
    check_sample(s);
    if (sample_is_exhaustive()) sample_damage(s, read_damaged);
}

static void samples_of_safetensors_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("safetensors", check_both) >= 30);
}

static void samples_of_torch_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("torch", check_both) >= 50);
}

static void samples_of_gguf_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("gguf", check_both) >= 60);
}

static void samples_of_onnx_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("onnx", check_both) >= 30);
}

static void samples_of_lfs_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("lfs", check_both) >= 9);
}

static void samples_of_boosters_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("xgboost", check_both) >= 60);
    assert_true(sample_each("lightgbm", check_both) >= 30);
    assert_true(sample_each("catboost", check_both) >= 20);
}

static void samples_of_folders_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("notebook", check_both) >= 25);
    assert_true(sample_each("huggingface", check_both) >= 30);
    assert_true(sample_each("mlflow", check_both) >= 25);
    assert_true(sample_each("pmml", check_both) >= 20);
    assert_true(sample_each("coreml", check_both) >= 18);
    assert_true(sample_each("byvalue", check_sample_first) >= 5);
}

static void samples_of_skops_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("skops", check_both) >= 40);
}

static void samples_of_smaller_frameworks_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("frameworks", check_both) >= 90);
}

static void samples_of_keras_and_tensorflow_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(sample_each("hdf5", check_sample_first) >= 110);
    assert_true(sample_each("keras", check_sample_first) >= 30);
    assert_true(sample_each("keras_config", check_both) >= 50);
    assert_true(sample_each("tensorflow", check_both) >= 50);
    assert_true(sample_each("tflite", check_both) >= 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(samples_of_boosters_get_their_verdicts),
                                       cmocka_unit_test(samples_of_skops_get_their_verdicts),
                                       cmocka_unit_test(samples_of_smaller_frameworks_get_their_verdicts),
                                       cmocka_unit_test(samples_of_keras_and_tensorflow_get_their_verdicts),
                                       cmocka_unit_test(samples_of_folders_get_their_verdicts),
                                       cmocka_unit_test(samples_of_safetensors_get_their_verdicts),
                                       cmocka_unit_test(samples_of_torch_get_their_verdicts),
                                       cmocka_unit_test(samples_of_gguf_get_their_verdicts),
                                       cmocka_unit_test(samples_of_onnx_get_their_verdicts),
                                       cmocka_unit_test(samples_of_lfs_get_their_verdicts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
