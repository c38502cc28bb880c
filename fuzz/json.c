/*
 * JSON documents from clients and children: whatever decodes must encode again, and to the same value; and it is what jansson makes of it, in its order.
 */
#include "codec/json.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json_release) json_t *value = NULL;
    AUTO(json_release)
    json_t *theirs = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    err e;
    if (!json_decode((bytes){data, size}, "input", &value, &e)) return 0;
    assert(theirs && json_equal(value, theirs));

    AUTO_BUF buf text, their_text;
    buf_init(&text, 1 << 24);
    buf_init(&their_text, 1 << 24);
    /* Exactly: json_encode writes real numbers as people do, in fifteen digits. */
    assert(json_encode_exact(value, &text, &e) && json_encode_exact(theirs, &their_text, &e));
    assert(str_eq(buf_str(&text), buf_str(&their_text)));
    AUTO(json_release) json_t *again = NULL;
    assert(json_decode(buf_bytes(&text), "own output", &again, &e));
    assert(json_equal(value, again));
    return 0;
}
