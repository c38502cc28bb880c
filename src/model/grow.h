/*
 * model/grow.h - growing one tree: its state, the split search, and the two orders of growth.
 */
#ifndef MODEL_GROW_H
#define MODEL_GROW_H

#include "compat.h"
#include "criterion.h"
#include "model/train.h"

/* The parameters of a fit as numbers, the same for all trees. */
typedef struct fit_settings {
    compat compat;
    criterion_kind criterion;
    bool random_splitter, square_by_pow;
    uint64_t depth_max, samples_split_min, samples_leaf_min, features_max,
        leaves_max; /* leaves_max 0: depth first */
    double weight_fraction_min, impurity_decrease_min, ccp_alpha;
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

/* Buffers of the quick way (quick.h). */
typedef struct quick {
    bool on;
    uint64_t *pairs;   /* (key of the value, place in the node), twice the rows */
    uint32_t *classes; /* by place in the node; or rows, while they are sorted */
    double *numbers;   /* weights by place, then counts of both sides */
    size_t rows, slots;
} quick;

typedef struct grower {
    const train_data *data;
    const fit_settings *set;
    criterion crit;
    uint32_t *samples, *features, *constants, *rotated;
    float *values; /* of the feature at hand, in the order of samples */
    quick quick;   /* on: the search goes the quick way */
    size_t sample_count;
    double weight_leaf_min;
    uint32_t xorshift;
    /* the tree so far */
    tree_node *nodes;
    double *node_values;
    size_t node_count, node_capacity, depth;
} grower;

/* `weights` by row (NULL: ones); rows of weight 0 take no part. */
bool grower_init(grower *g, const train_data *data, const fit_settings *set, const double *weights,
                 uint32_t xorshift, err *e) MUST_USE;
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
    return g->data->x[(size_t)feature * g->data->rows + row];
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
