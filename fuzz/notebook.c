/*
 * fuzz/notebook.c - a whole notebook.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.ipynb", (bytes){data, size});
    return 0;
}
