/*
 * fuzz/unpack.c - every decompressor under a small budget; the first byte chooses which when the magic does not.
 */
#include "codec/unpack.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The pull stream gives what unpacking at once gave. */
static void stream_is_equal(packing p, bytes packed, bytes want)
{
    unpack_budget budget = unpack_budget_new(packed.len);
    AUTO(unpack_close) unpack_stream *stream = NULL;
    uint8_t piece[1000];
    size_t at = 0;
    if (!unpack_open(p, packed, &budget, &stream, NULL)) return;
    for (size_t got = 1; got;) {
        if (!unpack_read(stream, piece, sizeof(piece), &got, NULL)) return;
        assert(got <= want.len - at && (got == 0 || memcmp(want.data + at, piece, got) == 0));
        at += got;
    }
    assert(at == want.len);
}

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
    if (!unpack_all(p, packed, &budget, &out, &used, NULL)) return 0;
    assert(used <= packed.len);
    stream_is_equal(p, packed, buf_bytes(&out));
    return 0;
}
