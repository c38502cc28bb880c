/*
 * model/sk/accents.h - what remains of a character without its accents: tables that make_accents.py writes while building. ASCII and Hangul are decided without
 * them. Sorted by code point.
 */
#ifndef MODEL_SK_ACCENTS_H
#define MODEL_SK_ACCENTS_H

#include <stddef.h>
#include <stdint.h>

/* Nothing remains. */
typedef struct accent_range {
    uint32_t first, last;
} accent_range;

/* Of every step-th character another one, further by so many. */
typedef struct accent_shift {
    uint32_t first, last, step;
    int32_t by;
} accent_shift;

/* Several: accents_letters from there on. */
typedef struct accent_word {
    uint32_t point, start, count;
} accent_word;

extern const accent_range accents_dropped[];
extern const accent_shift accents_moved[];
extern const accent_word accents_spelled[];
extern const uint32_t accents_letters[];
extern const size_t accents_dropped_count, accents_moved_count, accents_spelled_count;

#endif
