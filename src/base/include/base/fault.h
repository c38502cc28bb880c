/*
 * base/fault.h - the seam where tests make the n-th call fail.
 *
 * Code that asks the outside for something (memory, disk, process) asks fault_hit() first:
 *
 *   if (fault_hit(FAULT_DISK)) { errno = ENOSPC; return err_set_errno(...); }
 *
 * In release builds fault_hit is a constant false and costs nothing. In test builds (-Dfaults=true) fault_arm(kind, n) makes
 * the n-th call of that kind from now on fail, once; the environment variable ASSAY_FAULT="disk:7" does the same at start.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

typedef enum fault_kind { FAULT_MEMORY, FAULT_DISK, FAULT_CHILD, FAULT_DB, FAULT_KINDS } fault_kind;

#ifdef ASSAY_FAULTS
bool fault_hit(fault_kind kind);
void fault_arm(fault_kind kind, uint64_t nth); /* 0 disarms */
uint64_t fault_count(fault_kind kind);         /* calls since the last fault_arm */
#else
static inline bool fault_hit(fault_kind kind)
{
    (void)kind;
    return false;
}
#endif

#endif
