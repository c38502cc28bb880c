/*
 * fuzz/torch.c - PyTorch archives and files of before 1.6.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.pt", (bytes){data, size});
    return 0;
}
