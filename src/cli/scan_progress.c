/*
 * cli/scan_progress.c - how far the scan is, for somebody who waits.
 *
 * Bytes and files both count: a folder is a few large models, or a thousand small ones, or both.
 */
#include "scan.h"

#include <stdio.h>

enum { BAR_CELLS = 24, FILE_WEIGHT_BYTES = 1 << 16 };

static double fraction_of(scan_amount done, scan_amount all)
{
    double whole = (double)all.bytes + (double)all.files * FILE_WEIGHT_BYTES;
    double part = (double)done.bytes + (double)done.files * FILE_WEIGHT_BYTES;
    return whole <= 0 ? 0 : part >= whole ? 1 : part / whole;
}

static void size_text(uint64_t bytes_count, char text[24])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes_count;
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++) value /= 1024;
    snprintf(text, 24, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

/* Guessed from what was done so far; the first moments say nothing. */
static void left_text(double fraction, int64_t elapsed_us, char text[32])
{
    text[0] = '\0';
    if (fraction < 0.01) return;
    double seconds = (double)elapsed_us / 1e6 * (1 - fraction) / fraction;
    if (seconds < 90)
        snprintf(text, 32, ", %.0f s left", seconds + 0.5);
    else
        snprintf(text, 32, ", %.0f min left", seconds / 60 + 0.5);
}

void scan_progress_show(scan_amount done, scan_amount all, int64_t elapsed_us)
{
    double fraction = fraction_of(done, all);
    char bar[BAR_CELLS + 1], read[24], whole[24], left[32];
    for (size_t i = 0; i < BAR_CELLS; i++) bar[i] = (double)i < fraction * BAR_CELLS ? '#' : '.';
    bar[BAR_CELLS] = '\0';
    size_text(done.bytes, read);
    size_text(all.bytes, whole);
    left_text(fraction, elapsed_us, left);
    fprintf(stderr, "\r[%s] %3.0f%%  %zu of %zu files, %s of %s%s\033[K", bar, fraction * 100, done.files,
            all.files, read, whole, left);
}

void scan_progress_clear(void)
{
    fputs("\r\033[K", stderr);
}
