/*
 * fuzz/frameworks.c - a whole file of one of the smaller frameworks: Flax, ExecuTorch, PaddlePaddle, MXNet, Torch7, TensorRT, CatBoost as JSON.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.msgpack", (bytes){data, size});
    return 0;
}
