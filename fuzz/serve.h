/*
 * fuzz/serve.h - a served model for the targets of the protocols: a tree of iris, trained once; the fuzzer's process owns it.
 */
#ifndef FUZZ_SERVE_H
#define FUZZ_SERVE_H

#include "base/limits.h"
#include "codec/json.h"
#include "model/dataset.h"
#include "model/pickle_write.h"
#include "model/train.h"
#include "serve/answer.h"

#include <stdlib.h>

static inline served *fuzz_iris_new(void)
{
    served *s = NULL;
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO(forest_free) forest *f = NULL;
    AUTO_BUF buf file;
    buf_init(&file, 64 * MIB);
    train_params p;
    train_data d;
    sk_version v;
    model *m = NULL;
    str names[4] = {STR("a"), STR("b"), STR("c"), STR("d")};
    const served_as as = {STR("iris"), STR("1"), STR("00"), STR("iris")};
    train_options options = {.threads = 1};
    if (!sk_version_parse(STR("1.9.0"), &v) || !params_init(&p, DECISION_TREE_CLASSIFIER, v, NULL) ||
        !dataset_iris(&a, &d, NULL))
        abort();
    d.names = names;
    if (!forest_fit(&p, &d, &options, &f, NULL) || !forest_pickle(f, &p, &file, NULL) ||
        !model_read(buf_bytes(&file), &m, NULL) || !served_new(m, &as, &s, NULL))
        abort();
    return s;
}

static inline const served *fuzz_iris(void)
{
    static served *s;
    if (!s) s = fuzz_iris_new();
    return s;
}

/* An answer is one JSON document. Echoed bytes may hold a NUL, which is valid JSON that jansson wants to be asked for. */
static inline void fuzz_check(const reply *r)
{
    size_t len = r->json_bytes ? r->json_bytes : r->body.len;
    AUTO(json_release) json_t *answer = json_loadb((const char *)r->body.data, len, JSON_ALLOW_NUL, NULL);
    if ((r->status != 200 && r->status != 422) || !answer) abort();
}

#endif
