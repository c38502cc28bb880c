/*
 * Estimators out of hostile files: the small models of the fuzzer's corpus, cut off and with bytes broken, end in words or in a model that answers.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "model/model.h"
#include "os/file.h"

#include <dirent.h>
#include <stdlib.h>

static const char folder[] = SOURCE_ROOT "/fuzz/corpus/estimator";

static void answers_something(const model *m)
{
    const model_info *about = model_about(m);
    size_t columns = about->feature_count ? about->feature_count : 2;
    double *numbers = calloc(columns, sizeof *numbers);
    assert_non_null(numbers);
    for (unsigned what = 0; what < MODEL_OUTPUTS; what++) {
        AUTO_ARENA arena a;
        arena_init(&a, 256 * MIB);
        model_rows rows = {.count = 1, .columns = columns, .numbers = numbers};
        model_answers out;
        err e = {0};
        if (!about->gives[what]) continue;
        if (!model_answer(m, (model_output)what, &rows, &a, &out, &e)) {
            assert_true(e.code != ERR_NONE && e.message[0]);
            continue;
        }
        for (size_t k = 0; what == OUTPUT_PREDICT && about->classes && k < out.columns; k++)
            assert_true(out.numbers[k] >= 0 && out.numbers[k] < (double)about->classes[k].count);
    }
    free(numbers);
}

/* Whether it was a model. */
static bool survives(bytes file)
{
    AUTO(model_free) model *m = NULL;
    err e = {0};
    if (!model_read(file, &m, &e)) {
        assert_true(e.code != ERR_NONE && e.message[0]);
        return false;
    }
    answers_something(m);
    return true;
}

static void break_file(const char *name)
{
    char path[4096];
    AUTO_BUF buf file;
    buf_init(&file, 1 * MIB);
    err e = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!file_read_all(path, &file, &e)) fail_msg("%s", e.message);
    if (!survives(buf_bytes(&file))) fail_msg("%s is not read", name);
    /* A message of protocol buffers has no end: cut between two fields, it is a shorter message. */
    bool ends_anywhere = strstr(name, "onnx") != NULL;
    for (size_t len = 0; len < file.len; len += (1 + file.len / 150) * DAMAGE_STRIDE)
        assert_true(!survives((bytes){file.data, len}) || ends_anywhere);
    static const uint8_t masks[] = {0x01, 0x80, 0xff};
    /* Large ones repeat themselves; the fuzzer has more time. */
    for (size_t i = 0; i < file.len; i += (1 + file.len / 4096) * DAMAGE_STRIDE) {
        uint8_t mask = masks[i / DAMAGE_STRIDE % COUNT_OF(masks)];
        file.data[i] ^= mask;
        survives(buf_bytes(&file));
        file.data[i] ^= mask;
    }
}

static void estimators_survive_broken_files(void **state)
{
    (void)state;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        break_file(entry->d_name);
        count++;
    }
    closedir(dir);
    assert_true(count >= 40);
}

/* A list of steps that holds the pipeline itself. */
static void pipeline_within_itself_is_refused(void **state)
{
    (void)state;
    static const char text[] =
        "\x80\x02"
        "csklearn.pipeline\nPipeline\nq\x00)\x81q\x01}q\x02(X\x05\x00\x00\x00stepsq\x03]q\x04"
        "X\x01\x00\x00\x00xq\x05h\x01\x86q\x06"
        "aX\x10\x00\x00\x00_sklearn_versionq\x07X\x05\x00\x00\x00"
        "1.4.2ub.";
    model *m = NULL;
    err e = {0};
    assert_false(model_read((bytes){(const uint8_t *)text, sizeof text - 1}, &m, &e));
    if (!strstr(e.message, "LIMIT_MODEL_DEPTH")) fail_msg("%s", e.message);
}

static void what_is_not_understood_is_named(void **state)
{
    (void)state;
    static const char text[] = "\x80\x02"
                               "csklearn.cluster._dbscan\nDBSCAN\nq\x00)\x81q\x01}q\x02"
                               "b.";
    model *m = NULL;
    err e = {0};
    assert_false(model_read((bytes){(const uint8_t *)text, sizeof text - 1}, &m, &e));
    if (!strstr(e.message, "sklearn.cluster._dbscan.DBSCAN")) fail_msg("%s", e.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimators_survive_broken_files),
        cmocka_unit_test(pipeline_within_itself_is_refused),
        cmocka_unit_test(what_is_not_understood_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
