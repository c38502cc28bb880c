/*
 * fuzz/tensorflow.c - graphs of TensorFlow: under the name that forces one kind, and under none.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("saved_model.pb", (bytes){data, size});
    fuzz_format("graph", (bytes){data, size});
    fuzz_format("saved_model.pbtxt", (bytes){data, size});
    return 0;
}
