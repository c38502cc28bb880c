/*
 * model/pairsort.c - median of three, three-way partition, heapsort when too deep.
 *
 * The heapsort path is reached on small real data too. Depth is 2 * floor(log2(n)). The steps are in pairsort_steps.h, once for each way to compare.
 */
#include "pairsort.h"

#include <math.h>

enum { INSERTION_COUNT = 15 };

/* --- parts --------------------------------------------------------------------------------------------------------------- */

static size_t ties_before(const sorted_part *k, size_t place)
{
    size_t low = 0, high = k->tie_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (k->ties[middle] < place)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static sorted_part part_before(const sorted_part *k, size_t count)
{
    sorted_part part = *k;
    part.tie_count = ties_before(k, k->base + count);
    return part;
}

static sorted_part part_from(const sorted_part *k, size_t at)
{
    sorted_part part = *k;
    size_t left_out = ties_before(k, k->base + at);
    part.base += at;
    part.tie_count -= left_out;
    if (left_out) part.ties += left_out;
    return part;
}

/* --- the steps ----------------------------------------------------------------------------------------------------------- */

#define ITEM uint64_t
#define BELOW(a, b) (pair_key(a) < pair_key(b))
#define STEP(name) name##_keys
#include "pairsort_steps.h"
#undef BELOW
#undef STEP

#define BELOW(a, b) (pair_value(a) < pair_value(b))
#define STEP(name) name##_values
#include "pairsort_steps.h"
#undef ITEM
#undef BELOW
#undef STEP

#define ITEM number_pair
#define BELOW(a, b) ((a).value < (b).value)
#define STEP(name) name##_numbers
#include "pairsort_steps.h"
#undef ITEM
#undef BELOW
#undef STEP

static int depth_of(size_t count, sort_kind kind)
{
    int log2 = 63 - __builtin_clzll((unsigned long long)count);
    return kind == SORT_INTRO_NATURAL ? 2 * (int)log((double)count) : 2 * log2;
}

void pairsort(uint64_t *pairs, size_t count, sorted_part known, sort_kind kind)
{
    if (count < 2) return;
    if (kind == SORT_QUICK)
        quick_keys(pairs, count, known);
    else
        intro_keys(pairs, count, known, depth_of(count, kind), kind == SORT_INTRO_INSERTION);
}

void pairsort_with_nan(uint64_t *pairs, size_t count, sort_kind kind)
{
    sorted_part unknown = {0};
    if (count < 2) return;
    if (kind == SORT_QUICK)
        quick_values(pairs, count, unknown);
    else
        intro_values(pairs, count, unknown, depth_of(count, kind), kind == SORT_INTRO_INSERTION);
}

void pairsort_numbers(number_pair *pairs, size_t count, sort_kind kind)
{
    sorted_part unknown = {0};
    if (count < 2) return;
    if (kind == SORT_QUICK)
        quick_numbers(pairs, count, unknown);
    else
        intro_numbers(pairs, count, unknown, depth_of(count, kind), kind == SORT_INTRO_INSERTION);
}
