/*
 * fuzz/rdata.c - files of R: saveRDS and save, packed or not.
 */
#include "fuzz/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_format("m.rds", (bytes){data, size});
    return 0;
}
