/*
 * model/criterion.h - how good a split is: running sums over a node's rows, in the order scikit-learn adds them.
 *
 * The rows of a node are samples[start, end); those with a missing value of the feature at hand are the last `missing` of them.
 * All sums are doubles added in row order: with fractional weights or regression their residues are part of the result.
 */
#ifndef MODEL_CRITERION_H
#define MODEL_CRITERION_H

#include "base/err.h"
#include "median.h"
#include "ranked.h"

typedef enum criterion_kind {
    CRITERION_GINI,
    CRITERION_ENTROPY,
    CRITERION_SQUARED,
    CRITERION_FRIEDMAN,
    CRITERION_POISSON,
    CRITERION_POISSON_MEANS,  /* up to 1.0: splits are compared by means instead of sums */
    CRITERION_ABSOLUTE,       /* up to 1.7: two sorted buffers per output */
    CRITERION_ABSOLUTE_RANKED /* from 1.8 on: errors of all prefixes and suffixes at once */
} criterion_kind;

/* What a fit's criterion works on. The targets of row r are y[r * outputs], y[r * outputs + 1], ... */
typedef struct criterion_spec {
    criterion_kind kind;
    bool square_by_pow, missing_squares, missing_sticks;
    sort_kind sort;
    const uint32_t *y_class;    /* classification */
    const double *y;            /* regression */
    size_t outputs, slots;      /* slots of one output: classes, or 1 */
    const size_t *class_counts; /* by output; classification */
    const double *weights;      /* by row; NULL: ones */
    const uint32_t *samples;    /* the fit's permutation */
    size_t rows;
} criterion_spec;

typedef struct criterion {
    criterion_spec spec;
    size_t width;      /* numbers of one sum: outputs * slots */
    double all_weight; /* of all rows of the tree */

    size_t start, pos, end, missing;
    bool missing_left;
    double weight, weight_left, weight_right, weight_missing;
    double *total, *left, *right, *miss;       /* width each */
    double squares;                            /* regression: sum of w*y*y */
    double *node_medians;                      /* by output; absolute_error */
    median_heap *medians_left, *medians_right; /* by output; absolute_error up to 1.7 */
    ranked_errors ranked;                      /* absolute_error from 1.8 on */
} criterion;

bool criterion_init(criterion *c, const criterion_spec *spec, err *e) MUST_USE;
void criterion_done(criterion *c);

void criterion_start(criterion *c, size_t start, size_t end); /* totals of a node; then reset */
void criterion_set_missing(criterion *c, size_t missing);     /* sums of the last rows; 0: none */
void criterion_reset(criterion *c);              /* everything right (missing rows: missing_left) */
void criterion_update(criterion *c, size_t pos); /* rows before pos go left */
double criterion_node_impurity(const criterion *c);
void criterion_children(const criterion *c, double *left, double *right);
double criterion_proxy(const criterion *c); /* grows with the improvement; cheaper */
double criterion_improvement(const criterion *c, double parent, double left, double right);
void criterion_value(const criterion *c, bool fractions, double *value);

/* Monotonic constraints: class 0's share, or the mean, of both sides. */
double criterion_side_value(const criterion *c, bool left);
double criterion_middle(const criterion *c);

static inline double criterion_weight_of(const criterion *c, uint32_t row)
{
    return c->spec.weights ? c->spec.weights[row] : 1.0;
}

#endif
