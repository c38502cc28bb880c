/*
 * model/compat.h - what changed between scikit-learn versions and changes a fit or a file.
 */
#ifndef MODEL_COMPAT_H
#define MODEL_COMPAT_H

#include "model/forest.h"
#include "pairsort.h"

typedef struct compat {
    float feature_step; /* values closer than this are one value: 1e-7, but by accident 0 in 1.6 and 1.7 */
    bool std_heap;      /* 1.0: the best-first frontier is a C++ heap */
    sort_kind sort;     /* differed in 1.1.0, 1.6.0 and from 1.9 on */
    bool weighted_bootstrap;       /* 1.9: weights act on the draw, the tree sees counts */
    bool max_samples_at_least_one; /* 1.3 */
    bool max_samples_truncated;    /* 1.9 */
    bool midpoint_guard;      /* up to 1.8: a threshold equal to the upper value falls back to the lower */
    bool friedman_is_squared; /* 1.9 */
    bool node_has_missing;    /* 1.3: missing_go_to_left is stored */
    bool value_fractions;     /* 1.4 */
    bool random_majority;     /* 1.6: the random splitter knows of missing values */
    bool poisson_of_means;    /* up to 1.0: a split's poisson gain forgets how much the sides weigh */
    bool poisson_unchecked;   /* up to 0.24: forests take targets below zero for poisson too */
    bool oob_by_output;       /* up to 0.24: out-of-bag estimates of several outputs one by one */
    bool absolute_ranked;     /* 1.8: absolute_error by ranks */
    bool missing_rotates;     /* 1.9: NaN rows are tried in front and behind */
    bool missing_constant;    /* up to 1.7: constant but for NaN counts as constant */
    bool
        missing_sticks; /* 1.3: sums of NaN rows are kept until another feature has some, beyond the node even */
    bool missing_squares;         /* 1.4: squares of NaN rows count on the side that these go to */
    bool missing_partition_fixed; /* 1.8 */
} compat;

compat compat_of(sk_version v);

#endif
