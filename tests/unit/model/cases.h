/*
 * tests/unit/model/cases.h - reading the JSON test vectors made by real scikit-learn (hex floats, labels, matrices).
 */
#ifndef TESTS_UNIT_MODEL_CASES_H
#define TESTS_UNIT_MODEL_CASES_H

#include "tests/unit/test.h"

#include "base/limits.h"
#include "codec/json.h"
#include "model/predict.h"
#include "os/file.h"

#include <dirent.h>
#include <unistd.h>

/* Text as Python's float.hex() or repr() gives it, or a JSON number. */
static inline double case_number(const json_t *value)
{
    if (json_is_number(value)) return json_number_value(value);
    assert_true(json_is_string(value));
    char *end;
    double number = strtod(json_string_value(value), &end);
    assert_true(*end == '\0' && end != json_string_value(value));
    return number;
}

static inline json_t *case_load(const char *path)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    err e = {0};
    json_t *value = NULL;
    if (!file_read_all(path, &text, &e) || !json_decode(buf_bytes(&text), path, &value, &e))
        fail_msg("%s", e.message);
    return value;
}

/* The larger data set: $ASSAY_DATA, or where it lies beside a checkout. NULL: not on this machine. */
static inline const char *case_data_folder(void)
{
    const char *named = getenv("ASSAY_DATA");
    if (named) return named;
    return access(SOURCE_ROOT "/../shared/data/forests", R_OK) == 0 ? SOURCE_ROOT "/../shared/data" : NULL;
}

/* Calls run for every file of the folder whose name ends so; the number of files. */
static inline size_t case_each(const char *folder, const char *ending, void (*run)(const char *path))
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    size_t runs = 0;
    for (int i = 0; i < count; i++) {
        if (str_ends_with(str_from_c(entries[i]->d_name), str_from_c(ending))) {
            char *path = NULL;
            assert_true(asprintf(&path, "%s/%s", folder, entries[i]->d_name) > 0);
            run(path);
            free(path);
            runs++;
        }
        free(entries[i]);
    }
    if (count >= 0) free(entries);
    return runs;
}

static inline bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static inline bool case_label_is(const label *l, const json_t *want)
{
    switch (l->kind) {
    case LABEL_TEXT:
        return json_is_string(want) &&
               str_eq(l->text, (str){json_string_value(want), json_string_length(want)});
    case LABEL_INT: return json_is_integer(want) && json_integer_value(want) == l->integer;
    case LABEL_BOOL: return json_is_boolean(want) && json_is_true(want) == (l->integer != 0);
    case LABEL_FLOAT: return json_is_number(want) && json_number_value(want) == l->number;
    }
    return false;
}

/* Expected predictions, bit for bit; also when the same rows come in a batch of many. */
static inline void case_predictions(const char *path, const json_t *root, const forest *f, arena *a)
{
    err e = {0};
    AUTO(predictor_free) predictor *p = NULL;
    if (!predictor_new(f, &p, &e)) fail_msg("%s: %s", path, e.message);
    const json_t *grid = json_object_get(root, "grid"), *proba = json_object_get(root, "predict_proba");
    const json_t *predict = json_object_get(root, "predict");
    size_t rows = json_array_size(grid), outputs = predictor_outputs(p);
    float *x = arena_alloc_array(a, rows * f->feature_count, sizeof *x);
    double *out = arena_alloc_array(a, rows * outputs, sizeof *out);
    for (size_t i = 0; i < rows * f->feature_count; i++)
        x[i] = (float)case_number(
            json_array_get(json_array_get(grid, i / f->feature_count), i % f->feature_count));
    if (!predictor_run(p, x, rows, out, &e)) fail_msg("%s: %s", path, e.message);
    for (size_t r = 0; r < rows; r++) {
        const json_t *want = json_array_get(predict, r);
        if (!f->class_count) {
            assert_true(same_bits(out[r], case_number(want)));
            continue;
        }
        for (size_t c = 0; c < outputs; c++)
            if (!same_bits(out[r * outputs + c], case_number(json_array_get(json_array_get(proba, r), c))))
                fail_msg("%s: row %zu class %zu: probability %a", path, r, c, out[r * outputs + c]);
        assert_true(case_label_is(&f->classes[predictor_argmax(p, out + r * outputs)], want));
    }
}

#endif
