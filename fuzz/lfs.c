/*
 * fuzz/lfs.c - a Git LFS pointer.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.pkl", (bytes){data, size});
    return 0;
}
