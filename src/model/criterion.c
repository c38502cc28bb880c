/*
 * model/criterion.c - gini, entropy, squared_error, friedman_mse, poisson, absolute_error.
 *
 * Compiled without FMA contraction: a fused multiply-add would round once where scikit-learn rounds twice.
 */
#include "criterion.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double ln2 = 0.6931471805599453;
static const double poisson_epsilon = 10 * 2.220446049250313e-16;

static inline bool is_classification(const criterion *c)
{
    return c->y_class != NULL;
}

bool criterion_init(criterion *c, const criterion_spec *spec, err *e)
{
    *c = (criterion){.kind = spec->kind,
                     .square_by_pow = spec->square_by_pow,
                     .y_class = spec->y_class,
                     .y = spec->y,
                     .weights = spec->weights,
                     .samples = spec->samples,
                     .slots = spec->slots};
    c->total = calloc(4 * spec->slots, sizeof(double));
    if (!c->total) return err_set(e, ERR_MEMORY, "no memory for the sums of %zu classes", spec->slots);
    c->left = c->total + spec->slots;
    c->right = c->left + spec->slots;
    c->miss = c->right + spec->slots;
    if (spec->kind != CRITERION_ABSOLUTE) return true;
    return median_init(&c->median_left, spec->rows, e) && median_init(&c->median_right, spec->rows, e);
}

void criterion_done(criterion *c)
{
    free(c->total);
    c->total = NULL;
    median_done(&c->median_left);
    median_done(&c->median_right);
}

/* --- sums ---------------------------------------------------------------------------------------------------------------- */

static inline void add_row(const criterion *c, double *sums, uint32_t row, double weight)
{
    if (is_classification(c))
        sums[c->y_class[row]] += weight;
    else
        sums[0] += weight * c->y[row];
}

static inline void subtract_row(const criterion *c, double *sums, uint32_t row, double weight)
{
    if (is_classification(c))
        sums[c->y_class[row]] -= weight;
    else
        sums[0] -= weight * c->y[row];
}

static void median_fill(criterion *c)
{
    median_clear(&c->median_left);
    median_clear(&c->median_right);
    for (size_t p = c->start; p < c->end; p++) {
        uint32_t row = c->samples[p];
        median_push(&c->median_right, c->y[row], criterion_weight_of(c, row));
    }
    c->node_median = median_get(&c->median_right);
}

void criterion_start(criterion *c, size_t start, size_t end)
{
    c->start = start;
    c->end = end;
    c->weight = c->squares = 0;
    memset(c->total, 0, c->slots * sizeof(double));
    for (size_t p = start; p < end; p++) {
        uint32_t row = c->samples[p];
        double w = criterion_weight_of(c, row);
        if (is_classification(c)) {
            c->total[c->y_class[row]] += w;
        } else {
            double wy = w * c->y[row];
            c->total[0] += wy;
            c->squares += wy * c->y[row];
        }
        c->weight += w;
    }
    c->missing = 0;
    c->missing_left = false;
    if (c->kind == CRITERION_ABSOLUTE) median_fill(c);
    criterion_reset(c);
}

void criterion_set_missing(criterion *c, size_t missing)
{
    c->missing = missing;
    c->weight_missing = 0;
    memset(c->miss, 0, c->slots * sizeof(double));
    for (size_t p = c->end - missing; p < c->end; p++) {
        uint32_t row = c->samples[p];
        double w = criterion_weight_of(c, row);
        add_row(c, c->miss, row, w);
        c->weight_missing += w;
    }
}

static void median_move_all(median_heap *from, median_heap *to)
{
    median_item item;
    while (median_pop(from, &item)) median_push(to, item.value, item.weight);
}

void criterion_reset(criterion *c)
{
    bool missing = c->missing > 0 && c->missing_left;
    c->pos = c->start;
    c->weight_left = missing ? c->weight_missing : 0;
    c->weight_right = missing ? c->weight - c->weight_missing : c->weight;
    for (size_t i = 0; i < c->slots; i++) {
        c->left[i] = missing ? c->miss[i] : 0;
        c->right[i] = missing ? c->total[i] - c->miss[i] : c->total[i];
    }
    if (c->kind == CRITERION_ABSOLUTE) median_move_all(&c->median_left, &c->median_right);
}

static void reset_to_end(criterion *c)
{
    bool missing = c->missing > 0 && !c->missing_left;
    c->pos = c->end;
    c->weight_right = missing ? c->weight_missing : 0;
    c->weight_left = missing ? c->weight - c->weight_missing : c->weight;
    for (size_t i = 0; i < c->slots; i++) {
        c->right[i] = missing ? c->miss[i] : 0;
        c->left[i] = missing ? c->total[i] - c->miss[i] : c->total[i];
    }
    if (c->kind == CRITERION_ABSOLUTE) median_move_all(&c->median_right, &c->median_left);
}

static void move_left(criterion *c, uint32_t row)
{
    double w = criterion_weight_of(c, row);
    if (c->kind == CRITERION_ABSOLUTE) {
        median_remove(&c->median_right, c->y[row], w);
        median_push(&c->median_left, c->y[row], w);
    } else {
        add_row(c, c->left, row, w);
    }
    c->weight_left += w;
}

static void move_right(criterion *c, uint32_t row)
{
    double w = criterion_weight_of(c, row);
    if (c->kind == CRITERION_ABSOLUTE) {
        median_remove(&c->median_left, c->y[row], w);
        median_push(&c->median_right, c->y[row], w);
    } else {
        subtract_row(c, c->left, row, w);
    }
    c->weight_left -= w;
}

void criterion_update(criterion *c, size_t pos)
{
    size_t end = c->end - c->missing; /* rows with a missing value stay where reset put them */
    assert(c->pos <= pos && pos <= end);
    if (pos - c->pos <= end - pos) {
        for (size_t p = c->pos; p < pos; p++) move_left(c, c->samples[p]);
    } else {
        reset_to_end(c);
        for (size_t p = end; p-- > pos;) move_right(c, c->samples[p]);
    }
    c->weight_right = c->weight - c->weight_left;
    for (size_t i = 0; i < c->slots; i++) c->right[i] = c->total[i] - c->left[i];
    c->pos = pos;
}

/* --- impurities ---------------------------------------------------------------------------------------------------------- */

static double square(const criterion *c, double x)
{
    volatile double two = 2.0; /* keeps the compiler from folding the call away */
    return c->square_by_pow ? pow(x, two) : x * x;
}

static double gini(const double *counts, size_t slots, double weight)
{
    double squares = 0;
    for (size_t i = 0; i < slots; i++) squares += counts[i] * counts[i];
    return 1.0 - squares / (weight * weight);
}

static double entropy(const double *counts, size_t slots, double weight)
{
    double sum = 0;
    for (size_t i = 0; i < slots; i++) {
        if (counts[i] <= 0) continue;
        double share = counts[i] / weight;
        sum -= share * (log(share) / ln2);
    }
    return sum;
}

static double poisson(const criterion *c, size_t start, size_t end, double sum, double weight)
{
    if (sum <= poisson_epsilon) return INFINITY;
    double mean = sum / weight, loss = 0;
    for (size_t p = start; p < end; p++) {
        uint32_t row = c->samples[p];
        double y = c->y[row];
        loss += criterion_weight_of(c, row) * (y == 0 ? 0 : y * log(y / mean));
    }
    return loss / weight;
}

static double absolute(const criterion *c, size_t start, size_t end, double median, double weight)
{
    double sum = 0;
    for (size_t p = start; p < end; p++) {
        uint32_t row = c->samples[p];
        sum += fabs(c->y[row] - median) * criterion_weight_of(c, row);
    }
    return sum / weight;
}

double criterion_node_impurity(const criterion *c)
{
    switch (c->kind) {
    case CRITERION_GINI: return gini(c->total, c->slots, c->weight);
    case CRITERION_ENTROPY: return entropy(c->total, c->slots, c->weight);
    case CRITERION_POISSON: return poisson(c, c->start, c->end, c->total[0], c->weight);
    case CRITERION_ABSOLUTE: return absolute(c, c->start, c->end, c->node_median, c->weight);
    case CRITERION_SQUARED:
    case CRITERION_FRIEDMAN: break;
    }
    return c->squares / c->weight - square(c, c->total[0] / c->weight);
}

static double squares_between(const criterion *c, size_t from, size_t to, double sum)
{
    for (size_t p = from; p < to; p++) {
        uint32_t row = c->samples[p];
        sum += (criterion_weight_of(c, row) * c->y[row]) * c->y[row];
    }
    return sum;
}

static void squared_children(const criterion *c, double *left, double *right)
{
    double squares_left = squares_between(c, c->start, c->pos, 0);
    if (c->missing && c->missing_left)
        squares_left = squares_between(c, c->end - c->missing, c->end, squares_left);
    double squares_right = c->squares - squares_left;
    *left = squares_left / c->weight_left - square(c, c->left[0] / c->weight_left);
    *right = squares_right / c->weight_right - square(c, c->right[0] / c->weight_right);
}

void criterion_children(const criterion *c, double *left, double *right)
{
    switch (c->kind) {
    case CRITERION_GINI:
        *left = gini(c->left, c->slots, c->weight_left);
        *right = gini(c->right, c->slots, c->weight_right);
        return;
    case CRITERION_ENTROPY:
        *left = entropy(c->left, c->slots, c->weight_left);
        *right = entropy(c->right, c->slots, c->weight_right);
        return;
    case CRITERION_POISSON:
        *left = poisson(c, c->start, c->pos, c->left[0], c->weight_left);
        *right = poisson(c, c->pos, c->end, c->right[0], c->weight_right);
        return;
    case CRITERION_ABSOLUTE:
        *left = absolute(c, c->start, c->pos, median_get(&c->median_left), c->weight_left);
        *right = absolute(c, c->pos, c->end, median_get(&c->median_right), c->weight_right);
        return;
    case CRITERION_SQUARED:
    case CRITERION_FRIEDMAN: squared_children(c, left, right); return;
    }
}

static double poisson_proxy(const criterion *c)
{
    double l = c->left[0], r = c->right[0];
    if (l <= poisson_epsilon || r <= poisson_epsilon) return -INFINITY;
    double left = 0, right = 0;
    left -= l * (log(l / c->weight_left) / ln2);
    right -= r * (log(r / c->weight_right) / ln2);
    return -left - right;
}

double criterion_proxy(const criterion *c)
{
    if (c->kind == CRITERION_SQUARED)
        return c->left[0] * c->left[0] / c->weight_left + c->right[0] * c->right[0] / c->weight_right;
    if (c->kind == CRITERION_FRIEDMAN) {
        double d = c->weight_right * c->left[0] - c->weight_left * c->right[0];
        return d * d / (c->weight_left * c->weight_right);
    }
    if (c->kind == CRITERION_POISSON) return poisson_proxy(c);

    double left, right;
    criterion_children(c, &left, &right);
    return (-c->weight_right * right) - c->weight_left * left;
}

double criterion_improvement(const criterion *c, double parent, double left, double right)
{
    if (c->kind == CRITERION_FRIEDMAN) {
        double d = c->weight_right * c->left[0] - c->weight_left * c->right[0];
        return d * d / (c->weight_left * c->weight_right * c->weight);
    }
    return (c->weight / c->all_weight) *
           (parent - (c->weight_right / c->weight * right) - (c->weight_left / c->weight * left));
}

void criterion_value(const criterion *c, bool fractions, double *value)
{
    if (c->kind == CRITERION_ABSOLUTE)
        value[0] = c->node_median;
    else if (!is_classification(c))
        value[0] = c->total[0] / c->weight;
    else
        for (size_t i = 0; i < c->slots; i++) value[i] = fractions ? c->total[i] / c->weight : c->total[i];
}

double criterion_side_value(const criterion *c, bool left)
{
    return left ? c->left[0] / c->weight_left : c->right[0] / c->weight_right;
}

double criterion_middle(const criterion *c)
{
    return (c->left[0] / (2 * c->weight_left)) + (c->right[0] / (2 * c->weight_right));
}
