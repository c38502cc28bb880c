/*
 * fuzz/gguf.c - a whole GGUF file, with the chat templates in it.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.gguf", (bytes){data, size});
    return 0;
}
