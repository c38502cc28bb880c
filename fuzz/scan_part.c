/*
 * A scan child's report, as an exploited child might write it: whatever passes the check must merge, become a target and a document,
 * and pass the check of its own encoding again.
 */
#include "src/scan/part.h"

#include "base/limits.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json_release) json_t *part = NULL;
    AUTO(json_release) json_t *again = NULL;
    AUTO(json_release) json_t *target = NULL;
    err e;
    if (!part_check((bytes){data, size}, &part, &e)) return 0;

    AUTO_BUF buf text;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES);
    assert(json_encode(part, &text, &e));
    assert(part_check(buf_bytes(&text), &again, &e));
    /* A component's namespace is only ever given by the merging. */
    assert(part_to_target(part, STR("fuzz"), NULL, &target, &e));
    assert(json_is_array(json_object_get(target, "findings")) &&
           json_is_array(json_object_get(target, "components")));
    return 0;
}
