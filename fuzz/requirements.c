/*
 * Requirements files: whatever the bytes are, reading ends well, and every component has a name.
 */
#include "base/limits.h"
#include "eco/eco.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool see(void *ctx, const component *found, err *e)
{
    (void)ctx;
    (void)e;
    assert(found->eco && found->name.len > 0);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    err e = {0};
    bool done = ecosystem_find(STR("pypi"))
                    ->read(&a, STR("requirements.txt"), (bytes){data, size}, (component_sink){NULL, see}, &e);
    assert(done || e.code == ERR_MEMORY);
    return 0;
}
