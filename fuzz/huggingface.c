/*
 * fuzz/huggingface.c - a JSON file of a Hugging Face folder.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.json", (bytes){data, size});
    return 0;
}
