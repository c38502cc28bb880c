/*
 * policy/watch.h - a watch read and checked: which artifacts does it cover, by which policies? Pure.
 */
#ifndef POLICY_WATCH_H
#define POLICY_WATCH_H

#include "base/arena.h"
#include "codec/json.h"

typedef struct watch_resource {
    str repository; /* empty: all */
    const json_t *filters;
} watch_resource;

typedef struct watch {
    str name;
    bool is_active;
    watch_resource *resources;
    size_t resource_count;
    str *policies; /* names */
    size_t policy_count;
} watch;

/* What a watch asks about an artifact. */
typedef struct watched_item {
    str repository, path, mime;
} watched_item;

/* Views into `json` and the arena. ERR_UNPROCESSABLE as for policies. */
bool watch_read(const json_t *json, arena *a, watch *out, err *e) MUST_USE;
bool watch_covers(const watch *w, const watched_item *item);
/* '?' is one character, '*' any within a folder, '**' any number of folders. */
bool ant_match(str pattern, str path);

/* The JSON as clients can digest it: null pattern lists become empty ones, package types get a capital letter. In place. */
bool watch_normalise(json_t *json, err *e) MUST_USE;

#endif
