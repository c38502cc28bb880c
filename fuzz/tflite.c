/*
 * fuzz/tflite.c - a whole TensorFlow Lite model.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.tflite", (bytes){data, size});
    return 0;
}
