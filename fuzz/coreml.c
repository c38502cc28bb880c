/*
 * fuzz/coreml.c - a Core ML model, or the manifest of a package.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.mlmodel", (bytes){data, size});
    return 0;
}
