/*
 * JSON documents from clients and children: whatever decodes must encode again, and to the same value.
 */
#include "codec/json.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json_release) json_t *value = NULL;
    err e;
    if (!json_decode((bytes){data, size}, "input", &value, &e)) return 0;

    AUTO_BUF buf text;
    buf_init(&text, 1 << 24);
    assert(json_encode(value, &text, &e));
    AUTO(json_release) json_t *again = NULL;
    assert(json_decode(buf_bytes(&text), "own output", &again, &e));
    assert(json_equal(value, again));
    return 0;
}
