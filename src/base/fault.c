/*
 * base/fault.c - counters of the fault seam; empty in release builds.
 *
 * The counters are the one mutable global of Assay: the seam must be reachable from every function without a parameter,
 * and exists in test builds only.
 */
#include "base/fault.h"

#ifdef ASSAY_FAULTS

#include "base/str.h"

#include <stdatomic.h>
#include <stdlib.h>

static _Atomic uint64_t fault_calls[FAULT_KINDS], fault_at[FAULT_KINDS];

void fault_arm(fault_kind kind, uint64_t nth)
{
    atomic_store(&fault_calls[kind], 0);
    atomic_store(&fault_at[kind], nth);
}

uint64_t fault_count(fault_kind kind)
{
    return atomic_load(&fault_calls[kind]);
}

bool fault_hit(fault_kind kind)
{
    uint64_t call = atomic_fetch_add(&fault_calls[kind], 1) + 1;
    return call == atomic_load(&fault_at[kind]);
}

/* ASSAY_FAULT="disk:7,db:2" */
__attribute__((constructor)) static void fault_from_environment(void)
{
    static const char *const names[FAULT_KINDS] = {"memory", "disk", "child", "db"};
    str rest = str_from_c(getenv("ASSAY_FAULT")), item;
    while (str_next(&rest, ',', &item)) {
        str name, number;
        uint64_t nth;
        if (!str_cut(item, ':', &name, &number) || !str_to_u64(number, &nth)) continue;
        for (int kind = 0; kind < FAULT_KINDS; kind++)
            if (str_eq(name, str_from_c(names[kind]))) fault_arm((fault_kind)kind, nth);
    }
}
#endif
