/*
 * fuzz/sevenzip.c - 7z archives. Checksums of headers mostly stop a changed file, so they are made right first.
 */
#include "codec/sevenzip.h"
#include "fuzz/visit.h"

#include <isa-l/crc.h>
#include <stdlib.h>

enum { HEAD_BYTES = 32, START_AT = 12, START_BYTES = 20, CRC_AT = 8, NEXT_CRC_AT = 28 };

static uint64_t number_at(const uint8_t *from)
{
    uint64_t n;
    memcpy(&n, from, sizeof(n));
    return n;
}

static void put_crc(uint8_t *into, const uint8_t *from, size_t count)
{
    uint32_t crc = crc32_gzip_refl(0, from, count);
    memcpy(into, &crc, sizeof(crc));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t magic[] = {'7', 'z', 0xbc, 0xaf, 0x27, 0x1c, 0, 4};
    if (size < HEAD_BYTES) return 0;
    uint8_t *copy = malloc(size);
    if (!copy) return 0;
    memcpy(copy, data, size);
    memcpy(copy, magic, sizeof(magic));
    uint64_t offset = number_at(copy + START_AT), next = number_at(copy + START_AT + 8);
    if (offset <= size - HEAD_BYTES && next <= size - HEAD_BYTES - offset)
        put_crc(copy + NEXT_CRC_AT, copy + HEAD_BYTES + offset, next);
    put_crc(copy + CRC_AT, copy + START_AT, START_BYTES);
    unpack_budget budget = unpack_budget_new(size);
    (void)!sevenzip_walk((bytes){copy, size}, &budget, &fuzz_visitor, NULL);
    free(copy);
    return 0;
}
