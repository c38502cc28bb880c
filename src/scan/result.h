/*
 * scan/result.h - from a target's JSON to the rows that are kept of it.
 */
#ifndef SCAN_RESULT_H
#define SCAN_RESULT_H

#include "codec/json.h"
#include "meta/scans.h"

/* Verdict, format, components and findings as rows; views into `target`, arrays in the arena. */
bool result_rows(const json_t *target, arena *a, meta_scan_result *out, err *e) MUST_USE;

#endif
