/*
 * model/ordered.c - radix sort of pairs, lists that stay sorted, and the order of equals.
 */
#include "ordered.h"

#include "base/limits.h"

#include <stdlib.h>

enum { RADIX_COUNT_MIN = 48, DIGITS = 256, LOOKED_AT_SHARE = 3 };

/* --- memory -------------------------------------------------------------------------------------------------------------- */

bool ordered_init(ordered *o, size_t rows, err *e)
{
    *o =
        (ordered){.pairs = calloc(3 * rows + 1, sizeof *o->pairs), .ties = calloc(rows + 1, sizeof *o->ties)};
    if (!o->pairs || !o->ties) return err_set(e, ERR_MEMORY, "no memory to sort %zu rows", rows);
    o->other = o->pairs + rows;
    o->exact = o->other + rows;
    return true;
}

void ordered_done(ordered *o)
{
    free(o->pairs);
    free(o->ties);
    free(o->lists);
    free(o->goes_left);
    *o = (ordered){0};
}

/* --- sorting ------------------------------------------------------------------------------------------------------------- */

static void sort_few(uint64_t *pairs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t pair = pairs[i];
        size_t k = i;
        for (; k > 0 && pairs[k - 1] > pair; k--) pairs[k] = pairs[k - 1];
        pairs[k] = pair;
    }
}

/* Four passes over the bytes of the key; one whose byte is the same everywhere is left out. */
static uint64_t *sort_pairs(uint64_t *pairs, uint64_t *other, size_t count)
{
    if (count < RADIX_COUNT_MIN) {
        sort_few(pairs, count);
        return pairs;
    }
    uint32_t counts[4][DIGITS] = {{0}};
    for (size_t i = 0; i < count; i++)
        for (unsigned d = 0; d < 4; d++) counts[d][pairs[i] >> (32 + 8 * d) & 0xff]++;
    for (unsigned d = 0; d < 4; d++) {
        unsigned shift = 32 + 8 * d;
        if (counts[d][pairs[0] >> shift & 0xff] == count) continue;
        uint32_t at = 0;
        for (size_t digit = 0; digit < DIGITS; digit++) {
            uint32_t own = counts[d][digit];
            counts[d][digit] = at;
            at += own;
        }
        for (size_t i = 0; i < count; i++) other[counts[d][pairs[i] >> shift & 0xff]++] = pairs[i];
        uint64_t *kept = pairs;
        pairs = other;
        other = kept;
    }
    return pairs;
}

const uint64_t *ordered_sort(ordered *o, size_t count)
{
    return sort_pairs(o->pairs, o->other, count);
}

bool ordered_has_ties(const uint64_t *sorted, size_t count)
{
    uint32_t equal = 0;
    for (size_t i = 1; i < count; i++) equal |= pair_key(sorted[i - 1]) == pair_key(sorted[i]);
    return equal;
}

const uint64_t *ordered_as_sklearn(ordered *o, const uint64_t *sorted, size_t count, sort_kind kind)
{
    size_t ties = 0;
    for (size_t i = 1; i < count; i++) {
        o->ties[ties] = (uint32_t)i;
        ties += pair_key(sorted[i - 1]) == pair_key(sorted[i]);
    }
    if (ties == 0) return sorted;
    sorted_part known = {.sorted = sorted, .ties = o->ties, .tie_count = ties};
    pairsort(o->exact, count, known, kind);
    return o->exact;
}

const uint64_t *ordered_anew(ordered *o, size_t count, sort_kind kind)
{
    memcpy(o->pairs, o->exact, count * sizeof *o->pairs);
    return ordered_as_sklearn(o, ordered_sort(o, count), count, kind);
}

/* --- lists --------------------------------------------------------------------------------------------------------------- */

bool presorted_pays(const train_data *data, size_t looked_at)
{
    size_t pairs;
    if (__builtin_mul_overflow(data->rows, data->features, &pairs)) return false;
    return LOOKED_AT_SHARE * looked_at >= data->features && pairs <= LIMIT_PRESORTED_BYTES / sizeof(uint64_t);
}

void presorted_done(presorted *p)
{
    free(p->lists);
    *p = (presorted){0};
}

bool presorted_init(presorted *p, const train_data *data, err *e)
{
    ordered o;
    size_t rows = data->rows;
    p->lists = calloc(rows * data->features, sizeof *p->lists);
    bool ok = ordered_init(&o, rows, e);
    if (ok && !p->lists) ok = err_set(e, ERR_MEMORY, "no memory to sort %zu rows", rows);
    for (size_t f = 0; ok && f < data->features; f++) {
        for (uint32_t row = 0; row < rows; row++) o.pairs[row] = pair_of(data->x[f * rows + row], row);
        memcpy(p->lists + f * rows, ordered_sort(&o, rows), rows * sizeof *p->lists);
    }
    ordered_done(&o);
    return ok;
}

bool ordered_keep(ordered *o, const presorted *from, const train_data *data, const double *weights,
                  size_t count, err *e)
{
    o->stride = count;
    o->lists = calloc(count * data->features + 1, sizeof *o->lists);
    o->goes_left = calloc(data->rows, 1);
    if (!o->lists || !o->goes_left)
        return err_set(e, ERR_MEMORY, "no memory to keep %zu rows in order", count);
    for (size_t f = 0; f < data->features; f++) {
        const uint64_t *all = from->lists + f * data->rows;
        uint64_t *own = ordered_list(o, f, 0);
        size_t kept = 0;
        for (size_t i = 0; i < data->rows; i++)
            if (!weights || weights[pair_row(all[i])] != 0) own[kept++] = all[i];
    }
    return true;
}

void ordered_part(ordered *o, size_t feature, size_t start, size_t end)
{
    uint64_t *list = ordered_list(o, feature, start), *right = o->other;
    size_t count = end - start, left_count = 0, right_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t pair = list[i];
        size_t left = o->goes_left[pair_row(pair)];
        list[left_count] = pair;
        right[right_count] = pair;
        left_count += left;
        right_count += 1 - left;
    }
    memcpy(list + left_count, right, right_count * sizeof *right);
}
