/*
 * fuzz/keras.c - a whole Keras archive.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.keras", (bytes){data, size});
    return 0;
}
