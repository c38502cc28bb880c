/*
 * fuzz/archive.c - archives of every kind: walked by themselves, and as the scan child reads them with all that lies in them.
 */
#include "codec/archive.h"
#include "src/scan/inspect.h"

#include "fuzz/visit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bytes content = {data, size};
    unpack_budget budget = unpack_budget_new(size);
    (void)!archive_walk(archive_sniff(content), STR("m.gz"), content, &budget, &fuzz_visitor, NULL);

    AUTO_ARENA arena a;
    arena_init(&a, 64 << 20);
    AUTO(json_release) json_t *part = NULL;
    (void)!inspect(&a, STR("m.zip"), content, &part, NULL);
    return 0;
}
