/*
 * fuzz/hdf5.c - a whole HDF5 file, with the configurations in its attributes.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.h5", (bytes){data, size});
    return 0;
}
