/*
 * Index images: what opens can be matched and taken over without leaving its bytes.
 */
#include "advisory/advisory.h"
#include "base/limits.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    advisory_index index;
    err e = {0};
    if (!advisory_index_open((bytes){data, size}, &index, &e)) return 0;
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    static const str names[] = {STR("a"), STR("openssl"), STR("")};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        for (size_t k = 0; ecosystems[k]; k++) {
            component c = {.eco = ecosystems[k],
                           .name = names[i],
                           .version = STR("1.0"),
                           .version_is_known = true,
                           .namespace = k ? STR("debian:12") : STR_NONE};
            advisory_match *matches;
            size_t count;
            if (!advisory_match_component(&index, &c, &a, &matches, &count, &e))
                assert(e.code == ERR_MEMORY || e.code == ERR_TOO_LARGE);
        }
    AUTO(advisory_builder_free) advisory_builder *b = NULL;
    assert(advisory_builder_new(&b, &e));
    if (!advisory_builder_add_index(b, &index, &e)) assert(e.code == ERR_MEMORY || e.code == ERR_TOO_LARGE);
    return 0;
}
