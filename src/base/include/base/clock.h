/*
 * base/clock.h - the two clocks. Pure modules never call them: they are handed the time.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

int64_t clock_wall_ms(void); /* since 1970-01-01 UTC */
int64_t clock_mono_us(void); /* for durations and deadlines */

/* "2026-11-24T21:25:59.123Z"; the buffer is the caller's. */
typedef struct clock_text {
    char text[32];
} clock_text;
clock_text clock_iso8601(int64_t wall_ms);

#endif
