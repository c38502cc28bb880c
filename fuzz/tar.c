/*
 * Tar archives, plain or packed: the walk ends, and never gives more bytes of a member than it says.
 */
#include "base/limits.h"
#include "codec/tar.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool wants(void *ctx, const tar_member *member)
{
    (void)ctx;
    return member->path.len % 2 == 0;
}

static bool see(void *ctx, const tar_member *member, bytes content, err *e)
{
    (void)ctx;
    (void)e;
    assert(content.len == 0 || content.len == member->size_bytes);
    assert(!str_starts_with(member->path, STR("/")) && !str_ends_with(member->path, STR("/")));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unpack_budget budget = unpack_budget_new(size);
    budget.bytes_left = 16 * MIB;
    budget.members_left = 1000;
    err e = {0};
    if (!tar_walk((bytes){data, size}, &budget, &(tar_visitor){NULL, wants, see}, &e))
        assert(e.code != ERR_NONE);
    return 0;
}
