/*
 * model/pairsort.h - scikit-learn's sorts of (value, row) pairs: unstable, so their exact steps are part of a fit's result.
 */
#ifndef MODEL_PAIRSORT_H
#define MODEL_PAIRSORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum sort_kind {
    SORT_INTRO,           /* three-way quicksort to the end */
    SORT_INTRO_NATURAL,   /* 1.6.0: its depth was taken from the natural logarithm */
    SORT_INTRO_INSERTION, /* from 1.9 on: pieces of 15 and fewer are finished by a stable insertion sort */
    SORT_QUICK            /* 1.1.0: quicksort around one pivot */
} sort_kind;

/* Values are not NaN. */
void pairsort(float *values, uint32_t *rows, size_t count, sort_kind kind);
void pairsort_doubles(double *values, uint32_t *rows, size_t count, sort_kind kind);

#endif
