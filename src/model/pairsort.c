/*
 * model/pairsort.c - median of three, three-way partition, heapsort when too deep.
 *
 * The heapsort path is reached on small real data too. Depth is 2 * floor(log2(n)). The steps are in pairsort_steps.h, once for each type of value.
 */
#include "pairsort.h"

#include <math.h>

enum { INSERTION_COUNT = 15 };

#define VALUE float
#define STEP(name) name##_floats
#include "pairsort_steps.h"
#undef VALUE
#undef STEP

#define VALUE double
#define STEP(name) name##_doubles
#include "pairsort_steps.h"
#undef VALUE
#undef STEP

static int depth_of(size_t count, sort_kind kind)
{
    int log2 = 63 - __builtin_clzll((unsigned long long)count);
    return kind == SORT_INTRO_NATURAL ? 2 * (int)log((double)count) : 2 * log2;
}

void pairsort(float *values, uint32_t *rows, size_t count, sort_kind kind)
{
    if (count < 2) return;
    if (kind == SORT_QUICK)
        quick_floats(values, rows, count);
    else
        intro_floats(values, rows, count, depth_of(count, kind), kind == SORT_INTRO_INSERTION);
}

void pairsort_doubles(double *values, uint32_t *rows, size_t count, sort_kind kind)
{
    if (count < 2) return;
    if (kind == SORT_QUICK)
        quick_doubles(values, rows, count);
    else
        intro_doubles(values, rows, count, depth_of(count, kind), kind == SORT_INTRO_INSERTION);
}
