/*
 * model/pairsort.h - scikit-learn's introsort of (value, row) pairs: unstable, so its exact steps are part of a fit's result.
 */
#ifndef MODEL_PAIRSORT_H
#define MODEL_PAIRSORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `insertion`: from 1.9 on pieces of 15 and fewer are finished by a stable insertion sort. Values are not NaN. */
void pairsort(float *values, uint32_t *rows, size_t count, bool insertion);

#endif
