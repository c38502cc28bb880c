/*
 * model/pairsort.h - scikit-learn's sorts of (value, row) pairs: unstable, so their exact steps are part of a fit's result.
 *
 * A pair of a float32 and a row is one integer, its key in the upper half: keys are ordered as the numbers are.
 */
#ifndef MODEL_PAIRSORT_H
#define MODEL_PAIRSORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum sort_kind {
    SORT_INTRO,           /* three-way quicksort to the end */
    SORT_INTRO_NATURAL,   /* 1.6.0: its depth was taken from the natural logarithm */
    SORT_INTRO_INSERTION, /* from 1.9 on: pieces of 15 and fewer are finished by a stable insertion sort */
    SORT_QUICK            /* 1.1.0: quicksort around one pivot */
} sort_kind;

/* -0 and 0 have one key, for they are equal. */
static inline uint64_t pair_of(float value, uint32_t row)
{
    float signless = value + 0.0F;
    uint32_t bits;
    memcpy(&bits, &signless, sizeof bits);
    uint32_t key = bits >> 31 ? ~bits : bits | 0x80000000u;
    return (uint64_t)key << 32 | row;
}

static inline uint32_t pair_key(uint64_t pair)
{
    return (uint32_t)(pair >> 32);
}

static inline uint32_t pair_row(uint64_t pair)
{
    return (uint32_t)pair;
}

static inline float pair_value(uint64_t pair)
{
    uint32_t key = pair_key(pair), bits = key >> 31 ? key & 0x7fffffffu : ~key;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The same pairs in any sorted order, and the places (ascending) whose key is that of the place before. */
typedef struct sorted_part {
    const void *sorted;
    const uint32_t *ties;
    size_t tie_count, base; /* base: the part's first place */
} sorted_part;

/* Pairs without NaN. Equal ones stand afterwards where scikit-learn's steps leave them; only parts that have equals take these steps. */
void pairsort(uint64_t *pairs, size_t count, sorted_part known, sort_kind kind);
/* NaN is neither less nor more than anything. */
void pairsort_with_nan(uint64_t *pairs, size_t count, sort_kind kind);

typedef struct number_pair {
    double value;
    uint32_t row;
} number_pair;
void pairsort_numbers(number_pair *pairs, size_t count, sort_kind kind);

#endif
