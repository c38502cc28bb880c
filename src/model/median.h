/*
 * model/median.h - the weighted median of a changing set, as scikit-learn up to 1.7 keeps it for absolute_error.
 *
 * Named imprecise by its own later authors: on ties it can be one item off, and trees depend on it, so it is followed literally.
 */
#ifndef MODEL_MEDIAN_H
#define MODEL_MEDIAN_H

#include "base/err.h"

typedef struct median_item {
    double value, weight;
} median_item;

typedef struct median_heap {
    median_item
        *items; /* sorted by value; capacity one more than rows, since the item just past the end is read */
    size_t count, k;
    double total, prefix; /* weight of all, and of the first k */
} median_heap;

bool median_init(median_heap *m, size_t capacity, err *e) MUST_USE;
void median_done(median_heap *m);
void median_clear(median_heap *m); /* items past the end stay readable: they are read */
double median_get(const median_heap *m);
void median_push(median_heap *m, double value, double weight);
void median_remove(median_heap *m, double value, double weight);
bool median_pop(median_heap *m, median_item *item); /* the smallest; false when empty */

#endif
