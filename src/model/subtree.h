/*
 * model/subtree.h - the rows of a subtree moved together: from some depth on a node's few rows lie far apart in the training data, and every pass over
 * them waits for memory. Copied into a block that fits the caches, with numbers of their own, all nodes below read from there.
 *
 * Only for growth depth first, which ends with a subtree before it goes on. Threads: one grower is one thread's.
 */
#ifndef MODEL_SUBTREE_H
#define MODEL_SUBTREE_H

#include "base/err.h"

#include <stdint.h>

struct grower;

typedef struct subtree {
    size_t rows_max;     /* of a block; 0: it would not pay */
    size_t start, end;   /* of the samples; end 0: none is held */
    float *x;            /* x[feature * rows_max + row] */
    double *y, *weights; /* weights NULL: ones */
    uint32_t *y_class;
    const double *all_y, *all_weights; /* what the criterion reads outside */
    const uint32_t *all_classes;
} subtree;

bool subtree_init(struct grower *g, err *e) MUST_USE; /* after the criterion */
void subtree_done(subtree *t);
/* Before the node of samples[start, end) is looked at: leaves a block that it is not part of, or moves its rows into one. */
void subtree_enter(struct grower *g, size_t start, size_t end);

#endif
