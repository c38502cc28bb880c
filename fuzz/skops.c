/*
 * fuzz/skops.c - a whole skops archive.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.skops", (bytes){data, size});
    return 0;
}
