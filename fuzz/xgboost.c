/*
 * fuzz/xgboost.c - a whole XGBoost model, and UBJSON of any shape.
 */
#include "fuzz/format.h"

#include "format/xgboost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.ubj", (bytes){data, size});
    AUTO_ARENA arena a;
    arena_init(&a, 32 << 20);
    ubjson_value value;
    if (ubjson_decode(&a, (bytes){data, size}, "it", &value, NULL)) (void)ubjson_get(&value, "learner");
    xgboost_document d;
    if (xgboost_document_read(&a, (bytes){data, size}, &d, NULL) && !d.model) abort();
    return 0;
}
