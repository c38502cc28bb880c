/*
 * fuzz/pmml.c - a model in XML.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.pmml", (bytes){data, size});
    return 0;
}
