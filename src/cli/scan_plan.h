/*
 * cli/scan_plan.h - the targets of a scan as tasks for threads. Private to cli.
 */
#ifndef CLI_SCAN_PLAN_H
#define CLI_SCAN_PLAN_H

#include "scan.h"

typedef struct scan_task {
    size_t first, count; /* of scan_plan.order */
    bool is_bundle;
} scan_task;

typedef struct scan_plan {
    size_t *order; /* positions in the targets */
    scan_task *tasks;
    size_t task_count, large_count;
} scan_plan;

bool scan_plan_make(const scan_targets *targets, size_t threads, scan_plan *plan, err *e) MUST_USE;
void scan_plan_done(scan_plan *plan);

#endif
