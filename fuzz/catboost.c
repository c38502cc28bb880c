/*
 * fuzz/catboost.c - a whole CatBoost model.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.cbm", (bytes){data, size});
    return 0;
}
