/*
 * fuzz/keras_config.c - a Keras configuration: JSON as Python writes it, and code in base64.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.json", (bytes){data, size});
    return 0;
}
