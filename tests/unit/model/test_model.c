/*
 * Any model behind one interface: the same answers as the engine beneath, and refusals that name what is wrong.
 */
#include <math.h>
#include "tests/unit/test.h"

#include "base/limits.h"
#include "model/dataset.h"
#include "model/model.h"
#include "model/pickle_write.h"
#include "model/predict.h"

typedef struct fitted {
    arena memory;
    train_data data;
    forest *forest;
    model *model;
} fitted;

static void fit_iris(fitted *f, estimator_kind kind)
{
    err e = {0};
    train_params params;
    train_options options = {.threads = 1};
    AUTO_BUF buf file;
    buf_init(&file, 16 * MIB);
    arena_init(&f->memory, 64 * MIB);
    sk_version version;
    assert_true(sk_version_parse(STR("1.2.2"), &version));
    assert_true(dataset_iris(&f->memory, &f->data, &e));
    double heights[150];
    for (size_t i = 0; i < f->data.rows; i++) heights[i] = f->data.y_class[i] * 1.5;
    if (!estimator_of(kind)->is_classifier)
        f->data = (train_data){
            .x = f->data.x, .rows = f->data.rows, .features = 4, .outputs = 1, .y_number = heights};
    bool ok = params_init(&params, kind, version, &e) &&
              params_set_text(&params, &f->memory, STR("random_state"), STR("42"), &e) &&
              forest_fit(&params, &f->data, &options, &f->forest, &e) &&
              forest_pickle(f->forest, &params, &file, &e) && model_read(buf_bytes(&file), &f->model, &e);
    if (!ok) fail_msg("%s", e.message);
}

static void fitted_done(fitted *f)
{
    model_free(f->model);
    forest_free(f->forest);
    arena_done(&f->memory);
}

static void model_answers_as_its_forest(void **state)
{
    (void)state;
    fitted f = {0};
    fit_iris(&f, RANDOM_FOREST_CLASSIFIER);
    err e = {0};
    const model_info *info = model_about(f.model);
    assert_string_equal(info->name.data, "RandomForestClassifier");
    assert_string_equal(info->summary.data, "100 trees, 4 features");
    assert_int_equal(info->feature_count, 4);
    assert_int_equal(info->classes[0].count, 3);

    size_t rows = f.data.rows;
    double *wide = arena_alloc_array(&f.memory, rows * 4, sizeof *wide);
    float *narrow = arena_alloc_array(&f.memory, rows * 4, sizeof *narrow);
    double *expected = arena_alloc_array(&f.memory, rows * 3, sizeof *expected);
    for (size_t i = 0; i < rows * 4; i++) wide[i] = narrow[i] = f.data.x[(i % 4) * rows + i / 4];
    AUTO(predictor_free) predictor *p = NULL;
    assert_true(predictor_new(f.forest, &p, &e) && predictor_run(p, narrow, rows, expected, &e));

    model_rows in = {.count = rows, .columns = 4, .numbers = wide};
    model_answers proba, labels;
    assert_true(model_answer(f.model, OUTPUT_PREDICT_PROBA, &in, &f.memory, &proba, &e));
    assert_true(model_answer(f.model, OUTPUT_PREDICT, &in, &f.memory, &labels, &e));
    assert_memory_equal(proba.numbers, expected, rows * 3 * sizeof *expected);
    assert_int_equal(labels.columns, 1);
    for (size_t i = 0; i < rows; i++)
        assert_int_equal((size_t)labels.numbers[i], predictor_argmax(p, expected + i * 3));
    fitted_done(&f);
}

static void model_names_what_it_does_not_take(void **state)
{
    (void)state;
    fitted f = {0};
    fit_iris(&f, RANDOM_FOREST_REGRESSOR);
    const double row[] = {1, NAN, 3, 4};
    str words[] = {STR_NONE, STR("red"), STR_NONE, STR_NONE};
    model_answers out;
    err e = {0};
    model_rows in = {.count = 1, .columns = 4, .numbers = row};
    assert_false(model_answer(f.model, OUTPUT_PREDICT_PROBA, &in, &f.memory, &out, &e));
    assert_string_equal(e.message, "a RandomForestRegressor has no predict_proba");
    e = (err){0};
    in.columns = 3;
    assert_false(model_answer(f.model, OUTPUT_PREDICT, &in, &f.memory, &out, &e));
    assert_string_equal(e.message, "the model takes 4 features, 3 were given");
    e = (err){0};
    in = (model_rows){.count = 1, .columns = 4, .numbers = row, .texts = words};
    assert_false(model_answer(f.model, OUTPUT_PREDICT, &in, &f.memory, &out, &e));
    assert_string_equal(e.message, "row 1, feature 2 is text ('red'): this model takes numbers");
    fitted_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_answers_as_its_forest),
        cmocka_unit_test(model_names_what_it_does_not_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
