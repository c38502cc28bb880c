/* A body of the Open Inference Protocol: its first two bytes say how much of the rest is JSON, what follows are binary tensors. */
#include "fuzz/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO_REPLY reply r;
    reply_init(&r);
    err e;
    bytes body = {data + 2, size - 2};
    uint64_t json_bytes = (uint64_t)(data[0] | data[1] << 8);
    if (json_bytes == 0xffff) json_bytes = body.len;
    if (answer_v2(fuzz_iris(), &a, body, json_bytes, &r, &e)) fuzz_check(&r);
    return 0;
}
