/*
 * fuzz/visit.h - a visitor of archives that takes every member and touches each of its bytes.
 */
#ifndef FUZZ_VISIT_H
#define FUZZ_VISIT_H

#include "codec/tar.h"

static inline bool fuzz_wants(void *ctx, const tar_member *member)
{
    (void)ctx;
    return member->kind == TAR_FILE;
}

static inline bool fuzz_see(void *ctx, const tar_member *member, bytes content, err *e)
{
    (void)ctx;
    (void)e;
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < content.len; i++) sum = (uint8_t)(sum ^ content.data[i]);
    for (size_t i = 0; i < member->path.len; i++) sum = (uint8_t)(sum ^ (uint8_t)member->path.data[i]);
    return true;
}

static const tar_visitor fuzz_visitor = {.wants = fuzz_wants, .member = fuzz_see};

#endif
