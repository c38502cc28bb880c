/*
 * model/quick_sums.c - the split search of a regression with one target and no missing values: squared_error, friedman_mse, poisson.
 *
 * Sums of targets show in which order they were added, so rows are taken exactly as scikit-learn's sort leaves them. What makes it quick: targets and weights
 * lie beside each other, one pass adds and judges, and the sort is made only where values are equal (ordered.h).
 */
#include "quick.h"

#include <math.h>
#include <stdlib.h>

static const double ln2 = 0.6931471805599453;
static const double poisson_epsilon = 10 * 2.220446049250313e-16;

bool sums_init(grower *g, err *e)
{
    size_t rows = g->data->rows;
    row_sum *sums = g->quick.sums = calloc(rows + 1, sizeof *sums);
    if (!sums) return err_set(e, ERR_MEMORY, "no memory for the targets of %zu rows", rows);
    for (uint32_t row = 0; row < rows; row++) {
        double weight = criterion_weight_of(&g->crit, row);
        sums[row] = (row_sum){weight * g->data->y_number[row], weight};
    }
    return true;
}

/* --- the rows in order --------------------------------------------------------------------------------------------------- */

/* The feature's pairs in the order that the samples have. */
static void gather(grower *g, const search *s)
{
    for (size_t i = s->start; i < s->end; i++)
        g->ordered.exact[i - s->start] = pair_of(feature_value(g, s->feature, g->samples[i]), g->samples[i]);
}

static void put_in_order(grower *g, const search *s, const uint64_t *pairs)
{
    for (size_t i = s->start; i < s->end; i++) g->samples[i] = pair_row(pairs[i - s->start]);
    g->quick.sorted = pairs;
}

/* Do rows of one value only stay as they are? */
static bool leaves_equals(sort_kind kind)
{
    return kind == SORT_INTRO || kind == SORT_INTRO_INSERTION;
}

static void order_listed(grower *g, const search *s)
{
    const uint64_t *list = ordered_list(&g->ordered, s->feature, s->start);
    size_t count = s->end - s->start;
    g->quick.sorted = list;
    if (pair_key(list[0]) == pair_key(list[count - 1]) && leaves_equals(g->set->compat.sort)) return;
    if (!ordered_has_ties(list, count)) {
        g->quick.pending = list;
        return;
    }
    quick_settle(g);
    gather(g, s);
    put_in_order(g, s, ordered_as_sklearn(&g->ordered, list, count, g->set->compat.sort));
}

static void order_anew(grower *g, const search *s)
{
    size_t count = s->end - s->start;
    gather(g, s);
    put_in_order(g, s, ordered_anew(&g->ordered, count, g->set->compat.sort));
}

bool sums_is_constant(grower *g, const search *s)
{
    if (g->ordered.lists)
        order_listed(g, s);
    else
        order_anew(g, s);
    const uint64_t *pairs = g->quick.sorted;
    return search_near(pair_value(pairs[s->end - s->start - 1]), pair_value(pairs[0]),
                       g->set->compat.feature_step);
}

/* --- the search ---------------------------------------------------------------------------------------------------------- */

static inline double proxy_of(criterion_kind kind, row_sum left, row_sum right)
{
    if (kind == CRITERION_SQUARED)
        return left.sum * left.sum / left.weight + right.sum * right.sum / right.weight;
    if (kind == CRITERION_FRIEDMAN) {
        double d = right.weight * left.sum - left.weight * right.sum;
        return d * d / (left.weight * right.weight);
    }
    if (left.sum <= poisson_epsilon || right.sum <= poisson_epsilon) return -INFINITY;
    double l = 0 - left.sum * (log(left.sum / left.weight) / ln2);
    double r = 0 - right.sum * (log(right.sum / right.weight) / ln2);
    return -l - r;
}

/* scikit-learn comes from the end when that is nearer, and takes away. */
static row_sum from_end(const grower *g, const uint64_t *pairs, size_t pos, size_t count)
{
    row_sum left = {g->crit.total[0], g->crit.weight};
    for (size_t i = count; i-- > pos;) {
        row_sum row = g->quick.sums[pair_row(pairs[i])];
        left.sum -= row.sum;
        left.weight -= row.weight;
    }
    return left;
}

static inline void scan(grower *g, search *s, criterion_kind kind)
{
    const uint64_t *pairs = g->quick.sorted;
    const row_sum *sums = g->quick.sums;
    const float step = g->set->compat.feature_step;
    const double weight_min = g->weight_leaf_min;
    const row_sum total = {g->crit.total[0], g->crit.weight};
    size_t count = s->end - s->start, leaf_min = g->set->samples_leaf_min, best = 0, judged = 0;
    double best_proxy = s->best_proxy;
    row_sum left = {0, 0};
    float value = pair_value(pairs[0]);
    for (size_t pos = 1; pos < count; pos++) {
        row_sum row = sums[pair_row(pairs[pos - 1])];
        left.sum += row.sum;
        left.weight += row.weight;
        float below = value;
        value = pair_value(pairs[pos]);
        if (search_near(value, below, step) || pos < leaf_min || count - pos < leaf_min) continue;
        if (pos - judged > count - pos) left = from_end(g, pairs, pos, count);
        judged = pos;
        row_sum right = {total.sum - left.sum, total.weight - left.weight};
        if (left.weight < weight_min || right.weight < weight_min) continue;
        double proxy = proxy_of(kind, left, right);
        if (!(proxy > best_proxy)) continue;
        best_proxy = proxy;
        best = pos;
    }
    if (best == 0) return;
    s->best_proxy = best_proxy;
    *s->best = (split){.found = true,
                       .missing_left = best > count - best,
                       .feature = s->feature,
                       .pos = s->start + best,
                       .threshold = search_middle(g, pair_value(pairs[best - 1]), pair_value(pairs[best]))};
}

void sums_search(grower *g, search *s)
{
    switch (g->set->criterion) {
    case CRITERION_SQUARED: scan(g, s, CRITERION_SQUARED); return;
    case CRITERION_FRIEDMAN: scan(g, s, CRITERION_FRIEDMAN); return;
    default: scan(g, s, CRITERION_POISSON); return;
    }
}
