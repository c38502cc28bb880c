/*
 * fuzz/zip.c - the two views of a ZIP file, and the bytes of every member.
 */
#include "codec/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes file = {data, size};
    AUTO_ARENA arena a;
    arena_init(&a, 16 << 20);
    unpack_budget budget = unpack_budget_new(size);
    zip_directory zip;
    (void)zip_is(file);
    if (!zip_read(&a, file, &budget, &zip, NULL)) return 0;
    for (size_t i = 0; i < zip.count && i < 64; i++) {
        AUTO_BUF buf out;
        buf_init(&out, 1 << 20);
        (void)zip_member_bytes(file, &zip.members[i], &budget, &out, NULL);
    }
    return 0;
}
