/*
 * cli/scan_plan.c - who is scanned when: large files one by one and first, so that none is left for the end; then small ones by the bundle.
 */
#include "scan_plan.h"

#include "base/limits.h"

#include <stdlib.h>

/* A child costs half a millisecond; fewer files than this would not earn it. */
enum { BUNDLE_FILES_MIN = 8 };

static bool is_small(const scan_entry *entry)
{
    return entry->source == SOURCE_FILE && entry->size_bytes <= LIMIT_SCAN_SMALL_BYTES;
}

/* One for each thread, when all fit. */
static size_t bundle_size(size_t small_count, size_t threads)
{
    size_t size = (small_count + threads - 1) / threads;
    if (size < BUNDLE_FILES_MIN) size = BUNDLE_FILES_MIN;
    return size < LIMIT_SCAN_BUNDLE_FILES ? size : LIMIT_SCAN_BUNDLE_FILES;
}

static void add_larges(scan_plan *plan, const scan_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        if (is_small(&targets->entries[i])) continue;
        plan->tasks[plan->task_count++] = (scan_task){plan->large_count, 1, false};
        plan->order[plan->large_count++] = i;
    }
}

/* Dealt like cards: neighbours in a folder are alike, and who gets all the slow ones is waited for. */
static bool deal_smalls(scan_plan *plan, const scan_targets *targets, size_t hands, err *e)
{
    size_t *smalls = calloc(targets->count + 1, sizeof(*smalls)), count = 0, at = plan->large_count;
    if (!smalls) return err_set(e, ERR_MEMORY, "no memory to plan the scan of %zu files", targets->count);
    for (size_t i = 0; i < targets->count; i++)
        if (is_small(&targets->entries[i])) smalls[count++] = i;
    for (size_t hand = 0; hand < hands; hand++)
        for (size_t i = hand; i < count; i += hands) plan->order[at++] = smalls[i];
    free(smalls);
    return true;
}

static void add_bundles(scan_plan *plan, const scan_targets *targets, size_t threads)
{
    size_t files_max = bundle_size(targets->count - plan->large_count, threads);
    uint64_t bytes_left = 0;
    scan_task *open = NULL;
    for (size_t at = plan->large_count; at < targets->count; at++) {
        /* The room that a file takes at most, with its name. */
        uint64_t room = targets->entries[plan->order[at]].size_bytes + LIMIT_PATH_BYTES + 16;
        if (!open || open->count == files_max || room > bytes_left) {
            open = &plan->tasks[plan->task_count++];
            *open = (scan_task){at, 0, true};
            /* The last one may have grown meanwhile. */
            bytes_left = LIMIT_SCAN_BUNDLE_BYTES - LIMIT_SCAN_SMALL_BYTES - 2 * LIMIT_PATH_BYTES;
        }
        open->count++;
        bytes_left -= room < bytes_left ? room : bytes_left;
    }
}

bool scan_plan_make(const scan_targets *targets, size_t threads, scan_plan *plan, err *e)
{
    *plan = (scan_plan){.order = calloc(targets->count + 1, sizeof(*plan->order)),
                        .tasks = calloc(targets->count + 1, sizeof(*plan->tasks))};
    if (!plan->order || !plan->tasks) {
        scan_plan_done(plan);
        return err_set(e, ERR_MEMORY, "no memory to plan the scan of %zu files", targets->count);
    }
    size_t hands = threads ? threads : 1;
    add_larges(plan, targets);
    if (!deal_smalls(plan, targets, hands, e)) {
        scan_plan_done(plan);
        return false;
    }
    add_bundles(plan, targets, hands);
    return true;
}

void scan_plan_done(scan_plan *plan)
{
    free(plan->order);
    free(plan->tasks);
    *plan = (scan_plan){0};
}
