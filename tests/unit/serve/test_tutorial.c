/*
 * Request bodies and their answers, byte for byte where FastAPI has a word for them.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "model/dataset.h"

#include "model/number_text.h"
#include "model/pickle_write.h"
#include "model/train.h"
#include "serve/answer.h"

#include <math.h>

static void number_repr_writes_as_python(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {123456789.125, "123456789.125"},
        {-2.5e-10, "-2.5e-10"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {5e-324, "5e-324"},
        {100.0, "100.0"},
        {12345678901234567.0, "1.2345678901234568e+16"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(number_repr(cases[i].number).text, cases[i].text);
}

/* Trained once: iris with text labels or numbers. */
static served *train(bool classifies, bool text_labels)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    train_params p;
    train_data d;
    sk_version v;
    err e = {0};
    AUTO(forest_free) forest *f = NULL;
    train_options options = {.threads = 1, .drawn_seed = 0};
    assert_true(sk_version_parse(STR("1.9.0"), &v) &&
                params_init(&p, classifies ? RANDOM_FOREST_CLASSIFIER : DECISION_TREE_REGRESSOR, v, &e));
    assert_true(dataset_iris(&a, &d, &e));
    label names[3] = {{.kind = LABEL_TEXT, .text = STR("se\"tosa")},
                      {.kind = LABEL_TEXT, .text = STR("versicolor")},
                      {.kind = LABEL_TEXT, .text = STR("virginic\xc3\xa4")}};
    double y[150];
    for (size_t i = 0; i < 150; i++) y[i] = d.y_class[i] + 0.5;
    train_target named = {.labels = names, .classes = 3};
    if (text_labels) d.targets = &named;
    if (!classifies) {
        d.y_class = NULL;
        d.y_number = y;
    }
    AUTO_BUF buf file;
    buf_init(&file, 64 * MIB);
    model *m = NULL;
    served *s = NULL;
    const served_as as = {STR("iris"), STR("1"), STR("00"), STR("iris.pkl")};
    if (!forest_fit(&p, &d, &options, &f, &e) || !forest_pickle(f, &p, &file, &e) ||
        !model_read(buf_bytes(&file), &m, &e) || !served_new(m, &as, &s, &e))
        fail_msg("%s", e.message);
    return s;
}

typedef struct wanted {
    const char *body;
    unsigned status;
    const char *answer; /* the whole of it, or with a leading '~' a part */
} wanted;

static void expect(const served *s, model_output what, const wanted *w)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO_REPLY reply r;
    reply_init(&r);
    err e = {0};
    if (!answer_features(s, what, &a, str_bytes(str_from_c(w->body)), &r, &e))
        fail_msg("%s: %s", w->body, e.message);
    bool part = w->answer[0] == '~';
    str want = str_from_c(part ? w->answer + 1 : w->answer), got = buf_str(&r.body);
    if (r.status != w->status || !(part ? str_contains(got, want) : str_eq(got, want)))
        fail_msg("%s gave %u %.*s", w->body, r.status, STR_ARG(got));
    assert_int_equal(r.rows.count > 0, r.status == 200);
}

static void expect_all(bool classifies, bool text_labels, model_output what, const wanted *list, size_t count)
{
    AUTO(served_free) served *s = train(classifies, text_labels);
    for (size_t i = 0; i < count; i++) expect(s, what, &list[i]);
}

static void served_answers_as_the_tutorials_app(void **state)
{
    (void)state;
    static const wanted list[] = {
        {"{\"features\":[5.1,3.5,1.4,0.2]}", 200, "{\"prediction\":[0]}"},
        {" {\"features\" : [ 5, \"3.5\", true, 0 ], \"more\":1} ", 200, "{\"prediction\":[0]}"},
        {"{\"features\":[[5.1,3.5,1.4,0.2],[6.3,3.3,6,2.5]]}", 200, "{\"prediction\":[0,2]}"},
        {"{\"features\":[51e-1,3.5,1.4E0,-0.2]}", 200, "{\"prediction\":[0]}"},
        {"{\"instances\":[[5.1,3.5,1.4,0.2],[6.3,3.3,6,2.5]]}", 200, "{\"predictions\":[0,2]}"},
        {"{\"instances\":[[5.1,3.5]]}", 422, "~\"loc\":[\"body\",\"instances\",0]"},
        {"{\"features\":[05.1,3.5,1.4,0.2]}", 422, "~value_error.jsondecode"},
        {"{\"features\":[+5.1,3.5,1.4,0.2]}", 422, "~value_error.jsondecode"},
        {"{\"features\":[.1,3.5,1.4,0.2]}", 422, "~value_error.jsondecode"},
        {"{\"features\":[5.,3.5,1.4,0.2]}", 422, "~value_error.jsondecode"},
        {"{\"features\":[5.1,3.5,1.4,0.2]}x", 422, "~value_error.jsondecode"},
        {"{\"features\":[5.1,3.5,1.4,0.2],}", 422, "~value_error.jsondecode"},
        {"{\"features\":[1e999,3.5,1.4,0.2]}", 422, "~value_error.jsondecode"},
        {"", 422,
         "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"field required\",\"type\":\"value_error.missing\"}]}"},
        {"{}", 422,
         "{\"detail\":[{\"loc\":[\"body\",\"features\"],\"msg\":\"field "
         "required\",\"type\":\"value_error.missing\"}]}"},
        {"{\"features\":3}", 422,
         "{\"detail\":[{\"loc\":[\"body\",\"features\"],\"msg\":\"value is not a valid "
         "list\",\"type\":\"type_error.list\"}]}"},
        {"{\"features\":null}", 422, "~none is not an allowed value"},
        {"[1]", 422, "~value is not a valid dict"},
        {"{\"features\":[1,2,\"x\",4]}", 422,
         "~\"loc\":[\"body\",\"features\",2],\"msg\":\"value is not a valid float\""},
        {"{\"features\":[1,2,3,null]}", 422, "~\"loc\":[\"body\",\"features\",3]"},
        {"{\"features\":[1,2,3]}", 422, "~the model takes 4 features, 3 were given"},
        {"{\"features\":[]}", 422, "~the model takes 4 features, 0 were given"},
        {"{\"features\":[[1,2,3,4],[1,2]]}", 422, "~\"loc\":[\"body\",\"features\",1]"},
        {"{\"features\":[[1,2,3,4],5]}", 422, "~value is not a valid list"},
        {"{\"features\":[1e39,2,3,4]}", 422, "~too large for a 32-bit float"},
        {"{\"features\":[1,2,", 422, "~value_error.jsondecode"},
        {"{\"features\":[NaN,1,1,1]}", 422, "~JSON has no NaN"},
        {"{\"features\":[[1,1,1,-Infinity]]}", 422, "~JSON has no NaN and no Infinity"},
        {"{\"features\":[[5.1,3.5,1.4,123456789012345678901234567890]]}", 200, "~prediction"},
        {"{\"features\":[1],\"features\":[2]}", 422, "~value_error.jsondecode"},
    };
    expect_all(true, false, OUTPUT_PREDICT, list, COUNT_OF(list));
}

static void served_labels_are_json_text(void **state)
{
    (void)state;
    static const wanted list[] = {{"{\"features\":[[5.1,3.5,1.4,0.2],[6.3,3.3,6,2.5]]}", 200,
                                   "{\"prediction\":[\"se\\\"tosa\",\"virginic\xc3\xa4\"]}"}};
    expect_all(true, true, OUTPUT_PREDICT, list, COUNT_OF(list));
    static const wanted proba[] = {
        {"{\"features\":[5.1,3.5,1.4,0.2]}", 200, "{\"probabilities\":[[1.0,0.0,0.0]]}"}};
    expect_all(true, true, OUTPUT_PREDICT_PROBA, proba, COUNT_OF(proba));
    static const wanted number[] = {{"{\"features\":[5.1,3.5,1.4,0.2]}", 200, "{\"prediction\":[0.5]}"}};
    expect_all(false, false, OUTPUT_PREDICT, number, COUNT_OF(number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_repr_writes_as_python),
        cmocka_unit_test(served_answers_as_the_tutorials_app),
        cmocka_unit_test(served_labels_are_json_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
