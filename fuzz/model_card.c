/* A model card of any bytes: accepted, and then requests are counted by it; or refused, and then they are answered all the same. */
#include "fuzz/serve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(served_free) served *s = fuzz_iris_new();
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    err e;
    const double numbers[8] = {5.1, 3.5, 1.4, 0.2, -1e300, 1e300, 0, 7};
    const model_rows rows = {.count = 2, .columns = 4, .numbers = numbers};
    (void)served_add_card(s, (bytes){data, size}, &e);
    served_count(s, &rows);
    return 0;
}
