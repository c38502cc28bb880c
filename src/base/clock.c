/*
 * base/clock.c - the system's clocks.
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t clock_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

clock_text clock_iso8601(int64_t wall_ms)
{
    int64_t millis = wall_ms % 1000;
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    clock_text out = {""};
    size_t len = strftime(out.text, sizeof(out.text), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out.text + len, sizeof(out.text) - len, ".%03dZ", (int)(millis < 0 ? 0 : millis));
    return out;
}
