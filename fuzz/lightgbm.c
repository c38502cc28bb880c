/*
 * fuzz/lightgbm.c - a whole LightGBM model.
 */
#include "fuzz/format.h"

#include "format/lightgbm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.txt", (bytes){data, size});
    AUTO_ARENA arena a;
    arena_init(&a, 32 << 20);
    lightgbm_model m;
    if (lightgbm_read(&a, (bytes){data, size}, &m, NULL) && m.features == 0) abort();
    return 0;
}
