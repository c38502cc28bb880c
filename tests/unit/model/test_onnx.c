/*
 * ONNX models with every byte broken: refused in words, or answering within their labels.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "model/model.h"
#include "os/file.h"

#include <math.h>
#include <stdio.h>

static bool answers(bytes file)
{
    AUTO(model_free) model *m = NULL;
    AUTO_ARENA arena a;
    arena_init(&a, 16 * MIB);
    err e = {0};
    if (!model_read(file, &m, &e)) {
        assert_int_not_equal(e.code, ERR_NONE);
        return false;
    }
    const model_info *about = model_about(m);
    double *row = arena_alloc_array(&a, about->feature_count, sizeof *row);
    if (!row) return false;
    for (size_t j = 0; about->takes_text && j < about->feature_count; j++) row[j] = NAN;
    str *texts = about->takes_text ? arena_alloc_array(&a, about->feature_count, sizeof *texts) : NULL;
    if (texts) texts[0] = STR("a");
    model_rows rows = {.count = 1, .columns = about->feature_count, .numbers = row, .texts = texts};
    model_answers out;
    if (!model_answer(m, OUTPUT_PREDICT, &rows, &a, &out, &e)) return false;
    if (about->classes) assert_true(out.numbers[0] >= 0 && out.numbers[0] < (double)about->classes[0].count);
    return true;
}

static void break_each_byte(const char *path)
{
    AUTO_BUF buf file;
    buf_init(&file, 1 * MIB);
    err e = {0};
    assert_true(file_read_all(path, &file, &e));
    bytes content = buf_bytes(&file);
    assert_true(answers(content));
    size_t refused = 0;
    uint8_t *data = (uint8_t *)(uintptr_t)content.data;
    for (size_t i = 0; i < content.len; i++) {
        data[i] ^= 0xff;
        refused += !answers(content);
        data[i] ^= 0xff;
        refused += !answers((bytes){content.data, i});
    }
    assert_true(refused > content.len / 2);
}

static void broken_bytes_are_refused_or_answer(void **state)
{
    (void)state;
    static const char *const files[] = {"trees", "pipeline", "knn",     "svc",      "svr",
                                        "bayes", "mlp",      "columns", "ensemble5"};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/fuzz/corpus/estimator/%s.onnx", SOURCE_ROOT, files[i]);
        break_each_byte(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(broken_bytes_are_refused_or_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
