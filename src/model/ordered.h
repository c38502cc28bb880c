/*
 * model/ordered.h - the rows of a node in the order of one feature's values, as pairs (pairsort.h).
 *
 * Sorted anew by radix, or kept sorted: then every feature has a list of all rows of the tree, and a split parts all lists, so that a node's rows are always
 * [start, end) of each. Where values are equal, scikit-learn's order follows from the order that the rows had before; it is made only when somebody needs it.
 */
#ifndef MODEL_ORDERED_H
#define MODEL_ORDERED_H

#include "pairsort.h"

#include "base/err.h"
#include "model/train.h"

typedef struct ordered {
    uint64_t *pairs, *other, *exact; /* of one node and feature */
    uint32_t *ties;
    uint64_t *lists;    /* by feature, `stride` apart; NULL: sorted anew */
    uint8_t *goes_left; /* by row, while lists are parted */
    size_t stride;
} ordered;

/* The lists of all rows, sorted once for all trees. NULL is none. */
typedef struct presorted {
    uint64_t *lists;
} presorted;

/* Does it pay to keep lists, and is there room? `looked_at`: features that a node tries. */
bool presorted_pays(const train_data *data, size_t looked_at);
bool presorted_init(presorted *p, const train_data *data, err *e) MUST_USE;
void presorted_done(presorted *p);

bool ordered_init(ordered *o, size_t rows, err *e) MUST_USE;
/* From then on lists are kept: of the rows whose weight is not 0 (NULL: of all), which are `count`. */
bool ordered_keep(ordered *o, const presorted *from, const train_data *data, const double *weights,
                  size_t count, err *e) MUST_USE;
void ordered_done(ordered *o);

/* o->pairs sorted, in any order of equals: o->pairs or o->other, valid until the next sort. */
const uint64_t *ordered_sort(ordered *o, size_t count);
/* o->exact holds pairs in the order they had before; `sorted` the same ones sorted in any way. Gives scikit-learn's order: `sorted` or o->exact. */
const uint64_t *ordered_as_sklearn(ordered *o, const uint64_t *sorted, size_t count, sort_kind kind);
/* The same, sorted here. */
const uint64_t *ordered_anew(ordered *o, size_t count, sort_kind kind);
bool ordered_has_ties(const uint64_t *sorted, size_t count);

static inline uint64_t *ordered_list(const ordered *o, size_t feature, size_t start)
{
    return o->lists + feature * o->stride + start;
}
/* [start, end) of a feature's list: rows that go left first, both sides keeping their order. */
void ordered_part(ordered *o, size_t feature, size_t start, size_t end);

#endif
