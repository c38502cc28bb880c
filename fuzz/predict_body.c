/* A request body of any bytes to the tutorial's /predict: 200 or 422, and always one JSON document. */
#include "fuzz/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO_REPLY reply r;
    reply_init(&r);
    err e;
    model_output what = size & 1 ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT;
    if (!answer_features(fuzz_iris(), what, &a, (bytes){data, size}, &r, &e)) return 0;
    fuzz_check(&r);
    AUTO(json_release) json_t *asked = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (r.status == 200 && !asked) abort(); /* the short way took what is no JSON */
    return 0;
}
