/*
 * model/grow.h - growing one tree: its state, the split search, and the two orders of growth.
 */
#ifndef MODEL_GROW_H
#define MODEL_GROW_H

#include "compat.h"
#include "criterion.h"
#include "ordered.h"
#include "parting.h"
#include "subtree.h"
#include "model/train.h"

/* The parameters of a fit as numbers, the same for all trees. */
typedef struct fit_settings {
    compat compat;
    criterion_kind criterion;
    bool random_splitter, square_by_pow;
    uint64_t depth_max, samples_split_min, samples_leaf_min, features_max,
        leaves_max; /* leaves_max 0: depth first */
    double weight_fraction_min, impurity_decrease_min, impurity_leaf_max, ccp_alpha;
    const int8_t *monotonic;    /* by feature, sign as the splitter wants it; NULL: none */
    const bool *has_missing;    /* by feature: a NaN anywhere in the training data */
    size_t slots, value_count;  /* numbers of one output, and of one node */
    const size_t *class_counts; /* classifiers: by output */
} fit_settings;

typedef struct bounds {
    double lower, upper; /* of node values, by monotonic constraints */
} bounds;

typedef struct split {
    bool found, missing_left;
    uint32_t feature;
    size_t pos, missing;
    double threshold, improvement, impurity_left, impurity_right;
} split;

/* One row of a regression, or a running sum of them. */
typedef struct row_sum {
    double sum, weight; /* weight * target, weight */
} row_sum;

typedef enum quick_kind {
    QUICK_NONE,
    QUICK_COUNTS, /* whole numbers of classes: no order matters (quick.c) */
    QUICK_SUMS    /* one target of a regression: sums in scikit-learn's order (quick_sums.c) */
} quick_kind;

/* Buffers of the quick ways (quick.h). */
typedef struct quick {
    quick_kind kind;
    /* counts; by row when lists are kept, by place in the node otherwise */
    uint32_t *classes;
    double *numbers; /* weights, then counts of both sides */
    uint64_t *ones;  /* by place: a one in the byte of its class; NULL: weights, or too many classes */
    size_t rows, slots;
    row_sum *sums;           /* by row */
    const uint64_t *sorted;  /* the feature at hand */
    const uint64_t *pending; /* a list whose order the samples are still to be brought into, or NULL */
} quick;

/* The features as they are reached fastest: column after column for the many rows of a large node, row after row for the few of a small one. */
typedef struct numbers_view {
    const float *x;
    size_t row_step, feature_step;
} numbers_view;

typedef struct grower {
    const train_data *data;
    const fit_settings *set;
    const float *x_by_row; /* x[row * features + feature], or NULL */
    numbers_view numbers;
    criterion crit;
    uint32_t *samples, *features, *constants, *rotated;
    float *values; /* of the feature at hand, in the order of samples */
    ordered ordered;
    parting parting;
    quick quick;
    subtree subtree;
    size_t sample_count;
    double weight_leaf_min;
    uint32_t xorshift;
    /* the tree so far */
    tree_node *nodes;
    double *node_values;
    size_t node_count, node_capacity, depth;
} grower;

/* What a tree is grown from. `weights` by row (NULL: ones); rows of weight 0 take no part. `presorted` may have no lists. */
typedef struct growth_plan {
    const train_data *data;
    const fit_settings *set;
    const double *weights;
    const presorted *presorted;
    const float *x_by_row; /* the same numbers, row after row, or NULL */
    uint32_t xorshift;
} growth_plan;
bool grower_init(grower *g, const growth_plan *plan, err *e) MUST_USE;
void grower_done(grower *g);
bool grower_grow(grower *g, tree *out, err *e) MUST_USE; /* out owns the nodes */

/* Minimal cost-complexity pruning (ccp_alpha), after the tree was grown; nodes are numbered anew. */
bool tree_prune(tree *t, size_t value_count, double alpha, err *e) MUST_USE;

/* The best split of samples[start, end), which criterion_start has seen. *constant_count: features known to be constant, in and out. */
void split_node(grower *g, bounds limits, double impurity, size_t *constant_count, split *best);

/* The search over one feature's thresholds; private to the split search. */
typedef struct search {
    size_t start, end;
    bounds limits;
    uint32_t feature;
    size_t missing;
    float low, high; /* random splitter */
    double best_proxy;
    split *best;
} search;
static inline float feature_value(const grower *g, uint32_t feature, uint32_t row)
{
    return g->numbers.x[row * g->numbers.row_step + feature * g->numbers.feature_step];
}
static inline void swap_rows(uint32_t *rows, size_t i, size_t j)
{
    uint32_t row = rows[i];
    rows[i] = rows[j];
    rows[j] = row;
}
typedef struct candidate {
    size_t pos, left_count, right_count;
    double threshold;
    bool missing_left, free_of_constraints;
} candidate;
void search_try(grower *g, search *s, const candidate *c);
void search_weigh(grower *g, search *s, const candidate *c); /* its sides are in the criterion already */
double search_midpoint(const grower *g, size_t pos);
double search_middle(const grower *g, float lower, float upper);
/* The sum is rounded to float32 before it is compared. */
static inline bool search_near(float above, float below, float step)
{
    float reach = below + step;
    return above <= reach;
}
size_t search_next(const grower *g, size_t pos, size_t end); /* past the group of near-equal values */

/* Features with missing values (model/missing.c). */
size_t missing_gather(grower *g, uint32_t feature, size_t start, size_t end);
/* Random splitter: the values of the node's rows, their extent and how many are missing. */
void missing_extent(grower *g, search *s);
size_t missing_partition_values(grower *g, const search *s, double threshold, bool missing_left);
void missing_search(grower *g, search *s);
void missing_partition(grower *g, const search *s);
void missing_settle(grower *g,
                    const search *s); /* NaN rows that go left change sides, after the sums were taken */

#endif
