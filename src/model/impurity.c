/*
 * model/impurity.c - gini, entropy, squared_error, friedman_mse, poisson, absolute_error of a node and of its two sides.
 *
 * With several outputs one accumulator runs over all of them and is divided by their number at the end.
 */
#include "criterion.h"

#include <math.h>

static const double ln2 = 0.6931471805599453;
static const double poisson_epsilon = 10 * 2.220446049250313e-16;

/* One side, or the whole node. */
typedef struct side {
    const double *sums;
    double weight;
    size_t start, end; /* of the samples */
} side;

static double squared(const criterion *c, double x)
{
    volatile double two = 2.0; /* keeps the compiler from folding the call away */
    return c->spec.square_by_pow ? pow(x, two) : x * x;
}

static double gini(const criterion *c, const side *s)
{
    double sum = 0;
    for (size_t k = 0; k < c->spec.outputs; k++) {
        const double *counts = s->sums + k * c->spec.slots;
        double squares = 0;
        for (size_t i = 0; i < c->spec.class_counts[k]; i++) squares += counts[i] * counts[i];
        sum += 1.0 - squares / (s->weight * s->weight);
    }
    return sum / (double)c->spec.outputs;
}

static double entropy(const criterion *c, const side *s)
{
    double sum = 0;
    for (size_t k = 0; k < c->spec.outputs; k++) {
        const double *counts = s->sums + k * c->spec.slots;
        for (size_t i = 0; i < c->spec.class_counts[k]; i++) {
            if (counts[i] <= 0) continue;
            double share = counts[i] / s->weight;
            sum -= share * (log(share) / ln2);
        }
    }
    return sum / (double)c->spec.outputs;
}

/* x log(x / mean). Forests of before 1.0 take numbers below zero: the logarithm that the wheels of then are linked to answers a NaN without a sign. */
static double x_log_share(double x, double mean)
{
    if (x == 0) return 0;
    double share = x / mean;
    return x * (share < 0 ? (double)NAN : log(share));
}

static double poisson(const criterion *c, const side *s)
{
    double loss = 0;
    for (size_t k = 0; k < c->spec.outputs; k++) {
        if (s->sums[k] <= poisson_epsilon) return INFINITY;
        double mean = s->sums[k] / s->weight;
        for (size_t p = s->start; p < s->end; p++) {
            uint32_t row = c->spec.samples[p];
            double y = c->spec.y[(size_t)row * c->spec.outputs + k];
            loss += criterion_weight_of(c, row) * x_log_share(y, mean);
        }
    }
    return loss / (s->weight * (double)c->spec.outputs);
}

/* `medians`: one per output; the heaps of a side, or NULL for the node. */
static double absolute(const criterion *c, const side *s, const median_heap *medians)
{
    double sum = 0;
    for (size_t k = 0; k < c->spec.outputs; k++) {
        double median = medians ? median_get(&medians[k]) : c->node_medians[k];
        for (size_t p = s->start; p < s->end; p++) {
            uint32_t row = c->spec.samples[p];
            sum += fabs(c->spec.y[(size_t)row * c->spec.outputs + k] - median) * criterion_weight_of(c, row);
        }
    }
    return sum / (s->weight * (double)c->spec.outputs);
}

static double mean_squares(const criterion *c, const side *s, double squares)
{
    double impurity = squares / s->weight;
    for (size_t k = 0; k < c->spec.outputs; k++) impurity -= squared(c, s->sums[k] / s->weight);
    return impurity / (double)c->spec.outputs;
}

double criterion_node_impurity(const criterion *c)
{
    side node = {.sums = c->total, .weight = c->weight, .start = c->start, .end = c->end};
    switch (c->spec.kind) {
    case CRITERION_GINI: return gini(c, &node);
    case CRITERION_ENTROPY: return entropy(c, &node);
    case CRITERION_POISSON:
    case CRITERION_POISSON_MEANS: return poisson(c, &node);
    case CRITERION_ABSOLUTE: return absolute(c, &node, NULL);
    case CRITERION_ABSOLUTE_RANKED:
        return c->ranked.right_errors[c->start] / (c->weight * (double)c->spec.outputs);
    case CRITERION_SQUARED:
    case CRITERION_FRIEDMAN: break;
    }
    return mean_squares(c, &node, c->squares);
}

static double squares_between(const criterion *c, size_t from, size_t to, double sum)
{
    size_t outputs = c->spec.outputs;
    for (size_t p = from; p < to; p++) {
        uint32_t row = c->spec.samples[p];
        double w = criterion_weight_of(c, row);
        for (size_t k = 0; k < outputs; k++) {
            double y = c->spec.y[(size_t)row * outputs + k];
            sum += (w * y) * y;
        }
    }
    return sum;
}

static void squared_children(const criterion *c, const side *l, const side *r, double *left, double *right)
{
    double squares_left = squares_between(c, c->start, c->pos, 0);
    if (c->missing && c->missing_left && c->spec.missing_squares)
        squares_left = squares_between(c, c->end - c->missing, c->end, squares_left);
    *left = mean_squares(c, l, squares_left);
    *right = mean_squares(c, r, c->squares - squares_left);
}

void criterion_children(const criterion *c, double *left, double *right)
{
    side l = {.sums = c->left, .weight = c->weight_left, .start = c->start, .end = c->pos};
    side r = {.sums = c->right, .weight = c->weight_right, .start = c->pos, .end = c->end};
    double outputs = (double)c->spec.outputs;
    switch (c->spec.kind) {
    case CRITERION_GINI:
        *left = gini(c, &l);
        *right = gini(c, &r);
        return;
    case CRITERION_ENTROPY:
        *left = entropy(c, &l);
        *right = entropy(c, &r);
        return;
    case CRITERION_POISSON:
    case CRITERION_POISSON_MEANS:
        *left = poisson(c, &l);
        *right = poisson(c, &r);
        return;
    case CRITERION_ABSOLUTE:
        *left = absolute(c, &l, c->medians_left);
        *right = absolute(c, &r, c->medians_right);
        return;
    case CRITERION_ABSOLUTE_RANKED:
        *left = (c->pos > c->start ? c->ranked.left_errors[c->pos - 1] : 0) / (l.weight * outputs);
        *right = (c->pos < c->end ? c->ranked.right_errors[c->pos] : 0) / (r.weight * outputs);
        return;
    case CRITERION_SQUARED:
    case CRITERION_FRIEDMAN: squared_children(c, &l, &r, left, right); return;
    }
}

/* --- how good a split is ------------------------------------------------------------------------------------------------- */

static double poisson_proxy(const criterion *c)
{
    bool of_means = c->spec.kind == CRITERION_POISSON_MEANS;
    double left = 0, right = 0;
    for (size_t k = 0; k < c->spec.outputs; k++) {
        double l = c->left[k], r = c->right[k];
        if (l <= poisson_epsilon || r <= poisson_epsilon) return -INFINITY;
        double mean_left = l / c->weight_left, mean_right = r / c->weight_right;
        left -= (of_means ? mean_left : l) * (log(mean_left) / ln2);
        right -= (of_means ? mean_right : r) * (log(mean_right) / ln2);
    }
    return -left - right;
}

static double squared_proxy(const criterion *c)
{
    double left = 0, right = 0;
    for (size_t k = 0; k < c->spec.outputs; k++) {
        left += c->left[k] * c->left[k];
        right += c->right[k] * c->right[k];
    }
    return left / c->weight_left + right / c->weight_right;
}

static double friedman_difference(const criterion *c)
{
    double left = 0, right = 0;
    for (size_t k = 0; k < c->spec.outputs; k++) {
        left += c->left[k];
        right += c->right[k];
    }
    return c->weight_right * left - c->weight_left * right;
}

double criterion_proxy(const criterion *c)
{
    if (c->spec.kind == CRITERION_SQUARED) return squared_proxy(c);
    if (c->spec.kind == CRITERION_FRIEDMAN) {
        double d = friedman_difference(c);
        return d * d / (c->weight_left * c->weight_right);
    }
    if (c->spec.kind == CRITERION_POISSON || c->spec.kind == CRITERION_POISSON_MEANS) return poisson_proxy(c);

    double left, right;
    criterion_children(c, &left, &right);
    return (-c->weight_right * right) - c->weight_left * left;
}

double criterion_improvement(const criterion *c, double parent, double left, double right)
{
    if (c->spec.kind == CRITERION_FRIEDMAN) {
        double d = friedman_difference(c) / (double)c->spec.outputs;
        return d * d / (c->weight_left * c->weight_right * c->weight);
    }
    return (c->weight / c->all_weight) *
           (parent - (c->weight_right / c->weight * right) - (c->weight_left / c->weight * left));
}
