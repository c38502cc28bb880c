/*
 * fuzz/onnx.c - a whole ONNX model.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.onnx", (bytes){data, size});
    return 0;
}
