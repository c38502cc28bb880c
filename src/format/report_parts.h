/*
 * format/report_parts.h - what the files of the report share.
 */
#ifndef FORMAT_REPORT_PARTS_H
#define FORMAT_REPORT_PARTS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* Room for one more item: doubles, copies, and leaves the old block to the arena. */
bool report_grow(arena *a, void **items, size_t *capacity, size_t count, size_t item_bytes, err *e) MUST_USE;
/* The text becomes the arena's. */
bool report_keep(arena *a, str *text, err *e) MUST_USE;

#endif
