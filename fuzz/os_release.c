/*
 * os-release: what is read of it has no quotes around, and names a distribution whenever reading succeeds.
 */
#include "base/limits.h"
#include "eco/eco.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    str id, version;
    if (!os_release_read(&a, (bytes){data, size}, &id, &version)) return 0;
    assert(id.len > 0 && id.len <= size && version.len <= size);
    str name = os_release_namespace(&a, id, version);
    assert(!name.data || str_starts_with(name, id));
    return 0;
}
