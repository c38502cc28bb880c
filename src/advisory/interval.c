/*
 * advisory/interval.c - OSV's events ("introduced", "fixed", "last_affected", "limit") as plain intervals of versions.
 *
 * Files are not always sorted, and the sort must be stable: "fixed X, introduced X" re-introduces, "introduced X, fixed X" is empty.
 */
#include "image.h"

#include <stdlib.h>

/* A build of a version ("2.0.0+cu118") is as vulnerable as the version, unless the bound itself speaks of builds. */
static int compare_with_bound(const ecosystem *eco, str version, str bound)
{
    if (eco->version_public && str_eq(eco->version_public(bound), bound))
        version = eco->version_public(version);
    return eco->version_compare(version, bound);
}

bool interval_covers(const ecosystem *eco, const interval *in, str version)
{
    if (in->introduced.len && compare_with_bound(eco, version, in->introduced) < 0) return false;
    if (in->kind == END_BEFORE) return compare_with_bound(eco, version, in->end) < 0;
    if (in->kind == END_AFTER) return compare_with_bound(eco, version, in->end) <= 0;
    return true;
}

static int compare_events(const void *left, const void *right)
{
    const range_event *a = left, *b = right;
    int order = (a->version.len != 0) - (b->version.len != 0);
    if (!order && a->version.len) order = a->eco->version_compare(a->version, b->version);
    if (!order) order = a->order < b->order ? -1 : a->order > b->order;
    return order;
}

/* The smallest fixed version at or above the end of an interval; the events are sorted. */
static str fixed_from(const range_event *events, size_t count, size_t from)
{
    for (size_t i = from; i < count; i++)
        if (events[i].kind == EVENT_FIXED) return events[i].version;
    return STR_NONE;
}

/* Below the largest limit, everything goes on as it was. A limit of "*" is none. */
static str largest_limit(const range_event *events, size_t count)
{
    for (size_t i = count; i > 0; i--)
        if (events[i - 1].kind == EVENT_LIMIT) return events[i - 1].version;
    return STR_NONE;
}

static void apply_limit(const ecosystem *eco, str limit, interval *intervals, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count && limit.len; i++) {
        interval in = intervals[i];
        if (in.introduced.len && eco->version_compare(in.introduced, limit) >= 0) continue;
        if (in.kind == END_NONE || eco->version_compare(in.end, limit) >= 0) {
            in.end = limit;
            in.kind = END_BEFORE;
        }
        intervals[kept++] = in;
    }
    if (limit.len) *count = kept;
}

/* Walk the sorted events; each change from "not affected" to "affected" and back is an interval. */
static size_t walk(const range_event *events, size_t count, interval *out)
{
    size_t made = 0;
    bool is_open = false;
    interval now = {0};
    for (size_t i = 0; i < count; i++) {
        const range_event *ev = &events[i];
        if (ev->kind == EVENT_LIMIT) continue;
        if (ev->kind == EVENT_INTRODUCED) {
            if (!is_open) now = (interval){.introduced = ev->version};
            is_open = true;
            continue;
        }
        if (!is_open) continue;
        is_open = false;
        bool is_empty = ev->kind == EVENT_FIXED && now.introduced.len &&
                        ev->eco->version_compare(now.introduced, ev->version) >= 0;
        if (is_empty) continue;
        now.end = ev->version;
        now.kind = ev->kind == EVENT_FIXED ? END_BEFORE : END_AFTER;
        now.fixed = fixed_from(events, count, i);
        out[made++] = now;
    }
    if (is_open) out[made++] = now;
    return made;
}

bool intervals_of_events(arena *a, range_event *events, size_t event_count, interval **out, size_t *count,
                         err *e)
{
    interval *made = arena_alloc_array(a, event_count + 1, sizeof *made);
    if (!made) return err_set(e, ERR_MEMORY, "no memory left for %zu events of a range", event_count);
    if (event_count) qsort(events, event_count, sizeof *events, compare_events);
    size_t made_count = walk(events, event_count, made);
    if (event_count) apply_limit(events[0].eco, largest_limit(events, event_count), made, &made_count);
    *out = made;
    *count = made_count;
    return true;
}
