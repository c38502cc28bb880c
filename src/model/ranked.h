/*
 * model/ranked.h - absolute errors of every prefix and suffix of a node's rows, as scikit-learn from 1.8 on computes them.
 *
 * The targets are ranked once; then rows are added one by one to a Fenwick tree over the ranks, which tells weight and weighted sum below the median.
 * The order of its additions is part of a fit's result.
 */
#ifndef MODEL_RANKED_H
#define MODEL_RANKED_H

#include "base/err.h"
#include "pairsort.h"

typedef struct fenwick {
    double *weights, *sums; /* of w and of w*y; from 1 on */
    size_t size, top;       /* top: the highest power of two that is not above size */
    double weight, sum;     /* of everything added */
} fenwick;

typedef struct ranked_errors {
    /* by position: of the rows up to and including it, and of those from it on */
    double *left_errors, *right_errors, *left_medians, *right_medians;
    double *sorted;     /* targets of the node */
    number_pair *order; /* targets with their places in the node */
    uint32_t *ranks;
    fenwick tree;
} ranked_errors;

/* The rows of a node: positions start to end of `samples`, targets y[row * outputs + output], weights NULL for ones. */
typedef struct ranked_node {
    const uint32_t *samples;
    const double *y, *weights;
    size_t start, end, outputs;
    sort_kind sort;
} ranked_node;

bool ranked_init(ranked_errors *r, size_t rows, err *e) MUST_USE;
void ranked_done(ranked_errors *r);
/* Errors are summed over the outputs, medians are those of the last; node_medians has one per output. */
void ranked_compute(ranked_errors *r, const ranked_node *node, double *node_medians);

#endif
