/* MLflow's formats and KServe's v1: the first byte chooses. */
#include "fuzz/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO_REPLY reply r;
    reply_init(&r);
    err e;
    bytes body = {data + 1, size - 1};
    bool ok = data[0] == 'c'   ? answer_invocation(fuzz_iris(), &a, STR("text/csv"), body, &r, &e)
              : data[0] == '1' ? answer_v1(fuzz_iris(), &a, body, &r, &e)
                               : answer_invocation(fuzz_iris(), &a, STR("application/json"), body, &r, &e);
    if (ok) fuzz_check(&r);
    return 0;
}
