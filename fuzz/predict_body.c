/* A request body of any bytes to a served forest: 200 or 422, and always one JSON document. */
#include "base/limits.h"
#include "model/dataset.h"
#include "model/serve.h"

#include <stdlib.h>

/* Trained once; the fuzzer's process owns it. */
static const served *iris(void)
{
    static served *s;
    static forest *f;
    if (s) return s;
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    train_params p;
    train_data d;
    sk_version v;
    train_options options = {.threads = 1};
    if (!sk_version_parse(STR("1.9.0"), &v) || !params_init(&p, DECISION_TREE_CLASSIFIER, v, NULL) ||
        !dataset_iris(&a, &d, NULL) || !forest_fit(&p, &d, &options, &f, NULL) || !served_new(f, &s, NULL))
        abort();
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO_BUF buf out;
    buf_init(&out, 64 * MIB);
    unsigned status;
    size_t rows;
    err e;
    answer_kind kind = size & 1 ? ANSWER_PROBABILITIES : ANSWER_CLASSES;
    if (!served_answer(iris(), kind, &a, (bytes){data, size}, &out, &status, &rows, &e)) return 0;
    /* Echoed bytes may hold a NUL, which is valid JSON that jansson wants to be asked for. */
    AUTO(json_release) json_t *answer = json_loadb((const char *)out.data, out.len, JSON_ALLOW_NUL, NULL);
    if ((status != 200 && status != 422) || !answer) abort();
    return 0;
}
