/*
 * fuzz/safetensors.c - a whole .safetensors file.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.safetensors", (bytes){data, size});
    return 0;
}
