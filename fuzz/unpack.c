/*
 * fuzz/unpack.c - every decompressor under a small budget; the first byte chooses which when the magic does not.
 */
#include "codec/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    packing p = packing_sniff((bytes){data, size});
    bytes packed = {data, size};
    if (p == PACKING_NONE) {
        p = (packing)(1 + data[0] % PACKING_DEFLATE);
        packed = (bytes){data + 1, size - 1};
    }
    AUTO_BUF buf out;
    buf_init(&out, 4 << 20);
    unpack_budget budget = unpack_budget_new(size);
    size_t used = 0;
    if (unpack_all(p, packed, &budget, &out, &used, NULL) && used > packed.len) __builtin_trap();
    return 0;
}
