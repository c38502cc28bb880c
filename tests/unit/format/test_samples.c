/*
 * The samples of fuzz/corpus/make_formats.py: each file's name says which verdict it must get and which finding must be told. Then each is
 * cut at every length and changed in every byte: nothing crashes, and what is clean has nothing to say.
 */
#include "tests/unit/test.h"

#include "format/format.h"

#include <dirent.h>

enum { SAMPLE_BYTES_MAX = 64 * 1024, WHOLE_BYTES_MAX = 1024, DAMAGED_PLACES = 256 };

typedef struct sample {
    char verdict[16], code[16];
    const char *name;
    uint8_t data[SAMPLE_BYTES_MAX];
    size_t len;
} sample;

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

/* Memory is exact, so that a sanitizer sees a read beyond. */
static void read_damaged(const sample *s, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    memcpy(exact, s->data, len);
    AUTO_ARENA arena a;
    report r;
    if (read_as(s->name, (bytes){exact, len}, &a, &r)) {
        if (format_name_claims_model(str_from_c(s->name))) assert_true(r.verdict != VERDICT_NOT_A_MODEL);
        if (r.verdict == VERDICT_CLEAN) assert_false(has_something_to_say(&r));
    }
    free(exact);
}

/* Every prefix, and every byte changed, each in another way than the one before it. Of samples larger than a kilobyte: at DAMAGED_PLACES places, evenly
 * spread, so that the directory at the end of an archive has its share; with DAMAGE=all in the environment at every place of those as well, which takes
 * minutes. A sanitizer takes every DAMAGE_STRIDE-th place. */
static void damage(sample *s)
{
    static const uint8_t others[] = {0x00, 0xff, 0x80, '"', '{', '.'};
    bool is_whole = s->len <= WHOLE_BYTES_MAX || getenv("DAMAGE");
    size_t step = is_whole ? DAMAGE_STRIDE : (s->len / DAMAGED_PLACES + 1) * DAMAGE_STRIDE;
    for (size_t at = 0, place = 0; at < s->len; at += step, place++) {
        read_damaged(s, at);
        uint8_t original = s->data[at];
        bool is_bit = place % 2 || others[place / 2 % COUNT_OF(others)] == original;
        s->data[at] =
            is_bit ? (uint8_t)(original ^ 1u << place / 2 % 8) : others[place / 2 % COUNT_OF(others)];
        read_damaged(s, s->len);
        s->data[at] = original;
    }
}

/* "unsafe.MDL-SFT-001.overlap.safetensors" */
static bool load(const char *folder, const char *name, sample *s)
{
    if (name[0] == '.') return false;
    str wanted, rest, code;
    assert_true(str_cut(str_from_c(name), '.', &wanted, &rest) && str_cut(rest, '.', &code, &rest));
    snprintf(s->verdict, sizeof(s->verdict), "%.*s", STR_ARG(wanted));
    snprintf(s->code, sizeof(s->code), "%.*s", STR_ARG(code));
    s->name = name;
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    s->len = fread(s->data, 1, sizeof(s->data), f);
    assert_true(s->len < sizeof(s->data));
    fclose(f);
    return true;
}

static size_t each_sample(const char *format, void (*check)(sample *s))
{
    const char *corpus = getenv("FUZZ_CORPUS");
    char folder[512];
    snprintf(folder, sizeof(folder), "%s/%s", corpus ? corpus : "", format);
    DIR *dir = opendir(folder);
    if (!dir) fail_msg("%s is no folder", folder);
    size_t count = 0;
    static sample s;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!load(folder, entry->d_name, &s)) continue;
        check(&s);
        count++;
    }
    closedir(dir);
    return count;
}

static void check_both(sample *s)
{
    check_sample(s);
    damage(s);
}

static void samples_of_safetensors_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("safetensors", check_both) >= 30);
}

static void samples_of_torch_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("torch", check_both) >= 50);
}

static void samples_of_gguf_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("gguf", check_both) >= 60);
}

static void samples_of_onnx_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("onnx", check_both) >= 30);
}

static void samples_of_lfs_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("lfs", check_both) >= 9);
}

static void samples_of_boosters_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("xgboost", check_both) >= 60);
    assert_true(each_sample("lightgbm", check_both) >= 30);
    assert_true(each_sample("catboost", check_both) >= 20);
}

/* Damage to pickles is another test's business. */
static void check_sample_only(sample *s)
{
    check_sample(s);
}

static void samples_of_folders_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("notebook", check_both) >= 25);
    assert_true(each_sample("huggingface", check_both) >= 30);
    assert_true(each_sample("mlflow", check_both) >= 25);
    assert_true(each_sample("pmml", check_both) >= 20);
    assert_true(each_sample("coreml", check_both) >= 18);
    assert_true(each_sample("byvalue", check_sample_only) >= 5);
}

static void samples_of_skops_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("skops", check_both) >= 40);
}

static void samples_of_smaller_frameworks_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("frameworks", check_both) >= 90);
}

/* Damage is for test_keras.c: what matters in these files lies anywhere. */
static void check_one(sample *s)
{
    check_sample(s);
}

static void samples_of_keras_and_tensorflow_get_their_verdicts(void **state)
{
    (void)state;
    assert_true(each_sample("hdf5", check_one) >= 110);
    assert_true(each_sample("keras", check_one) >= 30);
    assert_true(each_sample("keras_config", check_both) >= 50);
    assert_true(each_sample("tensorflow", check_both) >= 50);
    assert_true(each_sample("tflite", check_both) >= 15);
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
