/*
 * model/quick.c - the split search when the order of rows cannot matter: gini or entropy of one output, whole weights, no missing values.
 *
 * All sums are then whole numbers below 2^53 and exact in any order, so neither the sort nor the order of samples shows in the result: samples are not
 * permuted, and squares of counts are kept up to date instead of added again.
 */
#include "quick.h"

#include <math.h>
#include <stdlib.h>

static const double ln2 = 0.6931471805599453;
static const double whole_weight_max = 9e7; /* its square is below 2^53 */

static bool weights_are_whole(const double *weights, size_t rows)
{
    double sum = 0;
    for (size_t row = 0; weights && row < rows; row++) {
        if (weights[row] != floor(weights[row])) return false;
        sum += weights[row];
    }
    return (weights ? sum : (double)rows) < whole_weight_max;
}

quick_kind quick_kind_of(const train_data *data, const fit_settings *set, const double *weights)
{
    if (data->outputs != 1 || set->monotonic) return QUICK_NONE;
    for (size_t f = 0; f < data->features; f++)
        if (set->has_missing[f]) return QUICK_NONE;
    switch (set->criterion) {
    case CRITERION_GINI:
    case CRITERION_ENTROPY: return weights_are_whole(weights, data->rows) ? QUICK_COUNTS : QUICK_NONE;
    case CRITERION_SQUARED:
    case CRITERION_FRIEDMAN:
    case CRITERION_POISSON: return set->random_splitter ? QUICK_NONE : QUICK_SUMS;
    case CRITERION_POISSON_MEANS:
    case CRITERION_ABSOLUTE:
    case CRITERION_ABSOLUTE_RANKED: break;
    }
    return QUICK_NONE;
}

static bool counts_init(grower *g, err *e)
{
    quick *q = &g->quick;
    size_t rows = g->data->rows, classes = g->set->slots;
    q->rows = rows;
    q->slots = classes;
    q->classes = calloc(rows + 1, sizeof *q->classes);
    q->numbers = calloc(rows + 2 * classes, sizeof *q->numbers);
    if (!q->classes || !q->numbers)
        return err_set(e, ERR_MEMORY, "no memory for the classes of %zu rows", rows);
    bool of_bytes = g->set->random_splitter && !g->crit.spec.weights && classes <= sizeof *q->ones;
    q->ones = of_bytes ? calloc(rows + 1, sizeof *q->ones) : NULL;
    if (of_bytes && !q->ones) return err_set(e, ERR_MEMORY, "no memory for the classes of %zu rows", rows);
    for (uint32_t row = 0; g->ordered.lists && row < rows; row++) {
        q->classes[row] = g->data->y_class[row];
        q->numbers[row] = criterion_weight_of(&g->crit, row);
    }
    return true;
}

bool quick_init(grower *g, quick_kind kind, err *e)
{
    g->quick = (quick){.kind = kind};
    if (kind == QUICK_COUNTS) return counts_init(g, e);
    return kind != QUICK_SUMS || sums_init(g, e);
}

void quick_done(quick *q)
{
    free(q->classes);
    free(q->numbers);
    free(q->ones);
    free(q->sums);
    *q = (quick){0};
}

/* --- a node -------------------------------------------------------------------------------------------------------------- */

void quick_start(grower *g)
{
    quick *q = &g->quick;
    if (q->kind != QUICK_COUNTS || g->ordered.lists) return;
    for (size_t i = g->crit.start; i < g->crit.end; i++) {
        uint32_t row = g->samples[i];
        if (q->ones) {
            q->ones[i - g->crit.start] = 1ull << (8 * g->crit.spec.y_class[row]);
            continue;
        }
        q->classes[i - g->crit.start] = g->crit.spec.y_class[row];
        q->numbers[i - g->crit.start] = criterion_weight_of(&g->crit, row);
    }
}

static bool counts_is_constant(grower *g, const search *s)
{
    size_t count = s->end - s->start;
    float low = feature_value(g, s->feature, g->samples[s->start]), high = low;
    for (size_t i = 0; i < count; i++) {
        float value = feature_value(g, s->feature, g->samples[s->start + i]);
        low = value < low ? value : low;
        high = value > high ? value : high;
        g->ordered.pairs[i] = pair_of(value, (uint32_t)i);
    }
    g->quick.sorted = NULL; /* it may be constant: sorted when it is searched */
    return search_near(high, low, g->set->compat.feature_step);
}

static bool listed_is_constant(grower *g, const search *s)
{
    const uint64_t *list = ordered_list(&g->ordered, s->feature, s->start);
    g->quick.sorted = list;
    return search_near(pair_value(list[s->end - s->start - 1]), pair_value(list[0]),
                       g->set->compat.feature_step);
}

bool quick_is_constant(grower *g, const search *s)
{
    if (g->quick.kind == QUICK_SUMS) return sums_is_constant(g, s);
    return g->ordered.lists ? listed_is_constant(g, s) : counts_is_constant(g, s);
}

void quick_settle(grower *g)
{
    const uint64_t *order = g->quick.pending;
    if (!order) return;
    for (size_t i = g->crit.start; i < g->crit.end; i++) g->samples[i] = pair_row(order[i - g->crit.start]);
    g->quick.pending = NULL;
}

void quick_part(grower *g, const search *s, size_t from)
{
    const fit_settings *set = g->set;
    if (!g->ordered.lists) return;
    size_t left = s->best->pos - s->start, right = s->end - s->best->pos;
    bool leaves = (left < set->samples_split_min || s->best->impurity_left <= 0) &&
                  (right < set->samples_split_min || s->best->impurity_right <= 0);
    if (leaves) return;
    for (size_t i = s->start; i < s->end; i++) g->ordered.goes_left[g->samples[i]] = i < s->best->pos;
    for (size_t i = from; i < g->data->features; i++)
        ordered_part(&g->ordered, g->features[i], s->start, s->end);
}

/* --- the search ---------------------------------------------------------------------------------------------------------- */

/* Weights and squares of both sides, exact. */
typedef struct sides {
    double *left, *right; /* by class */
    size_t classes;
    double weight_left, squares_left, squares_right;
} sides;

static sides all_right(const grower *g)
{
    const quick *q = &g->quick;
    sides s = {.left = q->numbers + q->rows, .classes = q->slots};
    s.right = s.left + q->slots;
    for (size_t c = 0; c < q->slots; c++) {
        s.left[c] = 0;
        s.right[c] = g->crit.total[c];
        s.squares_right += s.right[c] * s.right[c];
    }
    return s;
}

static inline void move_left(sides *s, uint32_t class, double weight)
{
    s->squares_left += weight * (2 * s->left[class] + weight);
    s->squares_right += weight * (weight - 2 * s->right[class]);
    s->left[class] += weight;
    s->right[class] -= weight;
    s->weight_left += weight;
}

static double entropy_of(const double *counts, size_t classes, double weight)
{
    double sum = 0;
    for (size_t c = 0; c < classes; c++) {
        if (counts[c] <= 0) continue;
        double share = counts[c] / weight;
        sum -= share * (log(share) / ln2);
    }
    return sum;
}

static inline double counts_proxy(criterion_kind kind, const sides *s, double wl, double wr)
{
    double left, right;
    if (kind == CRITERION_GINI) {
        left = 1.0 - s->squares_left / (wl * wl);
        right = 1.0 - s->squares_right / (wr * wr);
    } else {
        left = entropy_of(s->left, s->classes, wl);
        right = entropy_of(s->right, s->classes, wr);
    }
    return (-wr * right) - wl * left;
}

static inline void scan_counts(grower *g, search *s, criterion_kind kind)
{
    const quick *q = &g->quick;
    size_t count = s->end - s->start, leaf_min = g->set->samples_leaf_min;
    const uint64_t *pairs = q->sorted ? q->sorted : ordered_sort(&g->ordered, count);
    double weight = g->crit.weight;
    sides both = all_right(g);
    float value = pair_value(pairs[0]);
    for (size_t pos = 1; pos < count; pos++) {
        uint32_t at = pair_row(pairs[pos - 1]);
        move_left(&both, q->classes[at], q->numbers[at]);
        float below = value;
        value = pair_value(pairs[pos]);
        if (search_near(value, below, g->set->compat.feature_step)) continue;
        double wl = both.weight_left, wr = weight - wl;
        if (pos < leaf_min || count - pos < leaf_min || wl < g->weight_leaf_min || wr < g->weight_leaf_min)
            continue;
        double proxy = counts_proxy(kind, &both, wl, wr);
        if (!(proxy > s->best_proxy)) continue;
        s->best_proxy = proxy;
        *s->best = (split){.found = true,
                           .missing_left = pos > count - pos,
                           .feature = s->feature,
                           .pos = s->start + pos,
                           .threshold = search_middle(g, below, value)};
    }
}

/* Rows of each class that go left, a byte per class: 255 rows before a byte could overflow. */
static void count_ones(const grower *g, const search *s, double threshold)
{
    const uint64_t *ones = g->quick.ones;
    const float *values = g->values + s->start;
    size_t count = s->end - s->start;
    double *left = g->crit.left;
    for (size_t done = 0; done < count;) {
        size_t stop = count - done > UINT8_MAX ? done + UINT8_MAX : count;
        uint64_t sums = 0;
        for (; done < stop; done++) sums += ones[done] & -(uint64_t)((double)values[done] <= threshold);
        for (size_t c = 0; c < g->quick.slots; c++) left[c] += (double)(sums >> (8 * c) & UINT8_MAX);
    }
}

static size_t count_weights(const grower *g, const search *s, double threshold)
{
    const quick *q = &g->quick;
    const float *values = g->values + s->start;
    double *left = g->crit.left;
    size_t left_count = 0;
    for (size_t i = 0; i < s->end - s->start; i++) {
        bool goes_left = (double)values[i] <= threshold;
        left_count += goes_left;
        left[q->classes[i]] += goes_left ? q->numbers[i] : 0;
    }
    return left_count;
}

void quick_count(grower *g, search *s, double threshold)
{
    criterion *c = &g->crit;
    size_t leaf_min = g->set->samples_leaf_min;
    memset(c->left, 0, c->width * sizeof *c->left);
    size_t left_count = 0;
    if (g->quick.ones)
        count_ones(g, s, threshold);
    else
        left_count = count_weights(g, s, threshold);
    c->weight_left = 0;
    for (size_t i = 0; i < c->width; i++) {
        c->weight_left += c->left[i];
        c->right[i] = c->total[i] - c->left[i];
    }
    c->weight_right = c->weight - c->weight_left;
    if (g->quick.ones) left_count = (size_t)c->weight_left;
    c->pos = s->start + left_count;
    candidate tried = {
        .pos = c->pos, .left_count = left_count, .right_count = s->end - c->pos, .threshold = threshold};
    if (tried.left_count >= leaf_min && tried.right_count >= leaf_min) search_weigh(g, s, &tried);
}

void quick_search(grower *g, search *s)
{
    if (g->quick.kind == QUICK_SUMS)
        sums_search(g, s);
    else if (g->set->criterion == CRITERION_GINI)
        scan_counts(g, s, CRITERION_GINI);
    else
        scan_counts(g, s, CRITERION_ENTROPY);
}
