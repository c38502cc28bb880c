/*
 * The Open Inference Protocol, MLflow's formats and KServe's v1: what is taken, and in which words the rest is refused.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "model/dataset.h"
#include "model/pickle_write.h"
#include "model/train.h"
#include "serve/answer.h"

static served *iris(void)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO(forest_free) forest *f = NULL;
    AUTO_BUF buf file;
    buf_init(&file, 64 * MIB);
    train_params p;
    train_data d;
    sk_version v;
    err e = {0};
    model *m = NULL;
    served *s = NULL;
    str names[4] = {STR("sl"), STR("sw"), STR("pl"), STR("pw")};
    const served_as as = {STR("iris"), STR("7"), STR("00"), STR("iris.pkl")};
    train_options options = {.threads = 1};
    assert_true(sk_version_parse(STR("1.9.0"), &v) && params_init(&p, DECISION_TREE_CLASSIFIER, v, &e) &&
                dataset_iris(&a, &d, &e));
    d.names = names;
    if (!forest_fit(&p, &d, &options, &f, &e) || !forest_pickle(f, &p, &file, &e) ||
        !model_read(buf_bytes(&file), &m, &e) || !served_new(m, &as, &s, &e))
        fail_msg("%s", e.message);
    return s;
}

typedef enum protocol { V2, MLFLOW, CSV, V1 } protocol;
typedef struct wanted {
    protocol protocol;
    const char *body;
    const char *answer; /* '!' and a part of the error, '~' and a part of the answer, or all of it */
} wanted;

static bool ask(const served *s, const wanted *w, arena *a, reply *r, err *e)
{
    bytes body = str_bytes(str_from_c(w->body));
    switch (w->protocol) {
    case V2: return answer_v2(s, a, body, body.len, r, e);
    case MLFLOW: return answer_invocation(s, a, STR("application/json; charset=utf-8"), body, r, e);
    case CSV: return answer_invocation(s, a, STR("text/csv"), body, r, e);
    case V1: return answer_v1(s, a, body, r, e);
    }
    return false;
}

static void expect(const served *s, const wanted *w)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO_REPLY reply r;
    reply_init(&r);
    err e = {0};
    bool ok = ask(s, w, &a, &r, &e), is_error = w->answer[0] == '!';
    str want = str_from_c(w->answer[0] == '!' || w->answer[0] == '~' ? w->answer + 1 : w->answer);
    str got = ok ? buf_str(&r.body) : str_from_c(e.message);
    bool is_right = w->answer[0] == '!' || w->answer[0] == '~' ? str_contains(got, want) : str_eq(got, want);
    if (ok == is_error || !is_right)
        fail_msg("%s gave %s %.*s", w->body, ok ? "an answer" : "an error", STR_ARG(got));
    if (!ok)
        assert_true(e.code == ERR_INVALID || e.code == ERR_UNPROCESSABLE || e.code == ERR_UNSUPPORTED ||
                    e.code == ERR_TOO_LARGE);
}

#define ONE(type, data) \
    "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"" type "\",\"data\":" data "}]}"
#define OUTPUT(type, data) \
    "\"outputs\":[{\"name\":\"predict\",\"datatype\":\"" type "\",\"shape\":" data "}]}"

static void v2_speaks_json(void **state)
{
    (void)state;
    AUTO(served_free) served *s = iris();
    static const wanted list[] = {
        {V2, ONE("FP64", "[5.1,3.5,1.4,0.2]"),
         "{\"model_name\":\"iris\",\"model_version\":\"7\"," OUTPUT("INT64", "[1],\"data\":[0]")},
        {V2, ONE("FP32", "[[5.1,3.5,1.4,0.2]]"), "~\"data\":[0]"},
        {V2, ONE("INT64", "[5,3,1,0]"), "~\"data\":[0]"},
        {V2, ONE("UINT8", "[5,3,1,256]"), "!element 3 does not fit UINT8"},
        {V2, ONE("INT8", "[5,3,1,-129]"), "!element 3 does not fit INT8"},
        {V2, ONE("INT32", "[5,3,1,0.5]"), "!element 3 is no whole number"},
        {V2, ONE("FP64", "[1000000000000000000000000000000,3,1,0]"), "~\"data\":["},
        {V2, ONE("UINT64", "[18446744073709551615,3,1,0]"), "~\"data\":["},
        {V2, ONE("UINT64", "[18446744073709551615,3,1,0.5]"), "!element 3 is no whole number"},
        {V2, ONE("UINT64", "[28446744073709551615,3,1,0]"), "!element 0 does not fit UINT64"},
        {V2, ONE("INT64", "[9223372036854775808,3,1,0]"), "!element 0 does not fit INT64"},
        {V2, ONE("INT64", "[-9223372036854775808,3,1,0]"), "~\"data\":["},
        {V2, ONE("BOOL", "[true,false,1,0]"), "~\"data\":"},
        {V2, ONE("FP32", "[5,3,1,1e39]"), "!element 3 is too large for FP32"},
        {V2, ONE("FP32", "[5,3,1]"), "!has 3 elements, its shape says 4"},
        {V2, ONE("FP32", "[5,3,1,2,3]"), "!element 4 is one more than the shape says"},
        {V2, ONE("FP32", "[[[5,3,1,2]]]"), "!nested deeper than the shape"},
        {V2, ONE("FP32", "[5,3,1,\"a\"]"), "!element 3 is no number"},
        {V2, ONE("FP32", "[5,3,1,NaN]"), "!is not valid JSON"},
        {V2, ONE("BYTES", "[\"a\",\"b\",\"c\",\"d\"]"), "!is text"},
        {V2, ONE("FP99", "[1]"), "!there is no datatype 'FP99'"},
        {V2, "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3],\"datatype\":\"FP32\",\"data\":[1,2,3,4,5,6]}]}",
         "!its shape must be [rows, 4]"},
        {V2, "{\"inputs\":[{\"name\":\"x\",\"shape\":[9999999999999,4],\"datatype\":\"FP32\",\"data\":[]}]}",
         "!dimension 1"},
        {V2, "{\"inputs\":[{\"name\":\"x\",\"shape\":[-1,4],\"datatype\":\"FP32\",\"data\":[]}]}",
         "!dimension 1"},
        {V2, "{\"inputs\":[{\"name\":\"x\",\"shape\":[0,4],\"datatype\":\"FP32\",\"data\":[]}]}",
         "~\"shape\":[0],\"data\":[]"},
        {V2,
         "{\"id\":\"q\",\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[5,3,1,0]}"
         "],\"outputs\":[{\"name\":"
         "\"predict_proba\"}]}",
         "~\"id\":\"q\",\"outputs\":[{\"name\":\"predict_proba\",\"datatype\":\"FP64\",\"shape\":[1,3],"
         "\"data\":[1.0,0.0,0.0]}]}"},
        {V2,
         "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[5,3,1,0]}],"
         "\"outputs\":[{\"name\":\"nope\"}]}",
         "!the model has no output 'nope'"},
        {V2,
         "{\"inputs\":[{\"name\":\"pw\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[0.2]},{\"name\":\"sl\","
         "\"shape\":[1,1],"
         "\"datatype\":\"FP64\",\"data\":[[5.1]]},{\"name\":\"sw\",\"shape\":[1],\"datatype\":\"INT8\","
         "\"data\":[3]},{\"name\":\"pl\","
         "\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1.4]}]}",
         "~\"data\":[0]"},
        {V2,
         "{\"inputs\":[{\"name\":\"a\",\"shape\":[1],\"datatype\":\"FP32\",\"data\":[1]},{\"name\":\"b\","
         "\"shape\":[1],\"datatype\":\"FP32\","
         "\"data\":[1]}]}",
         "!2 inputs were given"},
        {V2, "{\"inputs\":[]}", "!\"inputs\" is missing"},
        {V2, "[]", "!no JSON object"},
        {V2,
         "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_"
         "size\":16}}]}",
         "!0 are left in the body"},
        {V2, "{\"id\":3,\"inputs\":[]}", "!\"id\" must be a string"},
    };
    for (size_t i = 0; i < COUNT_OF(list); i++) expect(s, &list[i]);
}

/* JSON and binary tensors in one body; half precision both ways round zero. */
static void v2_speaks_binary(void **state)
{
    (void)state;
    AUTO(served_free) served *s = iris();
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    static const char head[] = "{\"parameters\":{\"binary_data_output\":true},\"inputs\":[{\"name\":\"x\","
                               "\"shape\":[1,4],\"datatype\":\"FP16\","
                               "\"parameters\":{\"binary_data_size\":8}}],\"outputs\":[{\"name\":\"predict\"}"
                               ",{\"name\":\"predict_proba\","
                               "\"parameters\":{\"binary_data\":false}}]}";
    static const uint8_t halves[] = {0x1a, 0x45, 0x00, 0x43, 0x9a, 0x3d, 0x66, 0x32}; /* 5.1 3.5 1.4 0.2 */
    AUTO_BUF buf body;
    buf_init(&body, MIB);
    buf_add_str(&body, str_from_c(head));
    buf_add(&body, (bytes){halves, sizeof halves});
    AUTO_REPLY reply r;
    reply_init(&r);
    err e = {0};
    if (!answer_v2(s, &a, buf_bytes(&body), sizeof head - 1, &r, &e)) fail_msg("%s", e.message);
    assert_int_equal(r.body.len, r.json_bytes + 8);
    assert_memory_equal(r.body.data + r.json_bytes, "\0\0\0\0\0\0\0\0", 8);
    assert_true(
        str_contains(buf_str(&r.body), STR("\"shape\":[1],\"parameters\":{\"binary_data_size\":8}}")));
    assert_true(str_contains(buf_str(&r.body), STR("\"data\":[1.0,0.0,0.0]")));

    AUTO_REPLY reply none;
    reply_init(&none);
    assert_false(answer_v2(s, &a, buf_bytes(&body), body.len + 1, &none, &e));
    buf_add_byte(&body, 0);
    assert_false(answer_v2(s, &a, buf_bytes(&body), sizeof head - 1, &none, &e));
    assert_non_null(strstr(e.message, "belong to no input"));
}

static void mlflow_takes_its_four_forms_and_csv(void **state)
{
    (void)state;
    AUTO(served_free) served *s = iris();
    static const wanted list[] = {
        {MLFLOW,
         "{\"dataframe_split\":{\"columns\":[\"pw\",\"pl\",\"sw\",\"sl\"],\"index\":[0],\"data\":[[0.2,1.4,3."
         "5,5.1]]}}",
         "{\"predictions\":[0]}"},
        {MLFLOW, "{\"dataframe_split\":{\"data\":[[5.1,3.5,1.4,0.2]]}}", "{\"predictions\":[0]}"},
        {MLFLOW, "{\"dataframe_records\":[{\"pw\":2.5,\"pl\":6,\"sw\":3.3,\"sl\":6.3}]}",
         "{\"predictions\":[2]}"},
        {MLFLOW, "{\"instances\":[[5.1,3.5,1.4,0.2],[6.3,3.3,6,2.5]]}", "{\"predictions\":[0,2]}"},
        {MLFLOW, "{\"instances\":[{\"pw\":2.5,\"pl\":6,\"sw\":3.3,\"sl\":6.3}]}", "{\"predictions\":[2]}"},
        {MLFLOW, "{\"inputs\":{\"pw\":[2.5,0.2],\"pl\":[6,1.4],\"sw\":[3.3,3.5],\"sl\":[[6.3],[5.1]]}}",
         "{\"predictions\":[2,0]}"},
        {MLFLOW, "{\"inputs\":{\"x\":[[5.1,3.5,1.4,0.2]]}}", "{\"predictions\":[0]}"},
        {MLFLOW, "{\"inputs\":[[5.1,3.5,1.4,0.2]],\"params\":{\"predict_method\":\"predict_proba\"}}",
         "{\"predictions\":[[1.0,0.0,0.0]]}"},
        {MLFLOW, "{\"inputs\":[[5.1,3.5,1.4,0.2]],\"params\":{\"predict_method\":\"fly\"}}",
         "!the model has no 'fly'"},
        {MLFLOW, "{\"inputs\":[[5.1,3.5,1.4]]}", "!row 1 has 3 features, the model takes 4"},
        {MLFLOW, "{\"inputs\":[5.1,3.5,1.4,0.2]}", "!row 1 is no list"},
        {MLFLOW, "{\"inputs\":3}", "!must be a list or an object"},
        {MLFLOW, "{\"inputs\":[],\"instances\":[]}", "!exactly one of"},
        {MLFLOW, "[[1,2,3,4]]", "!exactly one of"},
        {MLFLOW, "{\"dataframe_records\":[{\"pw\":2.5,\"pl\":6,\"sw\":3.3}]}",
         "!row 1 has no feature 1 (sl)"},
        {MLFLOW, "{\"dataframe_split\":{\"columns\":[\"pw\",\"pl\",\"sw\"],\"data\":[]}}",
         "!there is no column 'sl'"},
        {MLFLOW, "{\"dataframe_split\":{\"columns\":[\"pw\",\"pl\",\"sw\",\"sl\"],\"data\":[[1,2,3]]}}",
         "!row 1 has 3 values, there are 4"},
        {MLFLOW, "{\"inputs\":[[\"x\",3.5,1.4,0.2]]}", "!row 1, feature 1 (sl) is text"},
        {CSV, "pw,pl,sw,sl\n2.5,6,3.3,6.3\n0.2,1.4,3.5,5.1\n", "{\"predictions\":[2,0]}"},
        {CSV, "pw,pl,sw\n2.5,6,3.3\n", "!there is no column 'sl'"},
        {CSV, "pw,pl,sw,sl\n2.5,6,3.3,x\n", "!line 2, column 4 (sl): 'x' is not a number"},
        {V1, "{\"instances\":[[5.1,3.5,1.4,0.2]]}", "{\"predictions\":[0]}"},
        {V1, "{\"instances\":4}", "!\"instances\" is missing"},
    };
    for (size_t i = 0; i < COUNT_OF(list); i++) expect(s, &list[i]);
    err e = {0};
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    AUTO_REPLY reply r;
    reply_init(&r);
    assert_false(answer_invocation(s, &a, STR("text/html"), BYTES_NONE, &r, &e));
    assert_int_equal(e.code, ERR_MEDIA_TYPE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v2_speaks_json),
        cmocka_unit_test(v2_speaks_binary),
        cmocka_unit_test(mlflow_takes_its_four_forms_and_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
