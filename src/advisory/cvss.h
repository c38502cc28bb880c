/*
 * advisory/cvss.h - reading a CVSS vector into numbered values. Private to advisory.
 */
#ifndef ADVISORY_CVSS_H
#define ADVISORY_CVSS_H

#include "base/str.h"

enum { CVSS_METRICS_MAX = 40 };

typedef struct cvss_metric {
    const char *name;
    const char *values; /* "N A L P": a value is its place in this list */
    bool is_required;
} cvss_metric;

/* `values[i]` becomes the place of metric i's value, or -1 when the vector does not name it. False for an unknown metric or value, a
 * repeated metric, or a missing required one. */
bool cvss_parse(str vector, const cvss_metric *metrics, size_t count, int8_t *values) MUST_USE;

bool cvss4_score(str vector, double *score) MUST_USE; /* without its "CVSS:4.0/" */

#endif
