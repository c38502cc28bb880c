/*
 * model/split.c - the split search of one node: which features are drawn, which thresholds are tried, how rows end up.
 *
 * The permutations of `features` and `samples` survive from node to node; scikit-learn's draws depend on them.
 */
#include "grow.h"
#include "quick.h"
#include "random.h"

#include <math.h>

/* --- one candidate ------------------------------------------------------------------------------------------------------- */

static bool keeps_order(const grower *g, const search *s)
{
    int sign = g->set->monotonic ? g->set->monotonic[s->feature] : 0;
    if (sign == 0) return true;
    double left = criterion_side_value(&g->crit, true), right = criterion_side_value(&g->crit, false);
    bool inside = left >= s->limits.lower && right >= s->limits.lower && left <= s->limits.upper &&
                  right <= s->limits.upper;
    return inside && (left - right) * sign <= 0;
}

/* The criterion must be reset for the side of the missing rows. */
void search_try(grower *g, search *s, const candidate *c)
{
    if (c->left_count < g->set->samples_leaf_min || c->right_count < g->set->samples_leaf_min) return;
    criterion_update(&g->crit, c->pos);
    search_weigh(g, s, c);
}

void search_weigh(grower *g, search *s, const candidate *c)
{
    if (!c->free_of_constraints && !keeps_order(g, s)) return;
    if (g->crit.weight_left < g->weight_leaf_min || g->crit.weight_right < g->weight_leaf_min) return;

    double proxy = criterion_proxy(&g->crit);
    if (!(proxy > s->best_proxy)) return;
    s->best_proxy = proxy;
    /* Without missing rows here, future ones follow the majority; early random splitters did not think of them. */
    bool unthought = g->set->random_splitter && !g->set->compat.random_majority;
    bool majority_left = !unthought && c->left_count > c->right_count;
    *s->best = (split){.found = true,
                       .missing_left = s->missing ? c->missing_left : majority_left,
                       .feature = s->feature,
                       .pos = c->pos,
                       .missing = s->missing,
                       .threshold = c->threshold};
}

double search_middle(const grower *g, float lower, float upper)
{
    double below = (double)lower, above = (double)upper;
    double middle = below / 2.0 + above / 2.0;
    if (isinf(middle) || (g->set->compat.midpoint_guard && middle == above)) return below;
    return middle;
}

double search_midpoint(const grower *g, size_t pos)
{
    return search_middle(g, g->values[pos - 1], g->values[pos]);
}

size_t search_next(const grower *g, size_t pos, size_t end)
{
    while (pos + 1 < end && search_near(g->values[pos + 1], g->values[pos], g->set->compat.feature_step))
        pos++;
    return pos + 1;
}

/* --- best splitter ------------------------------------------------------------------------------------------------------- */

/* The node's rows up to `end`, whose values were gathered, into their order. */
static void sort_values(grower *g, size_t start, size_t end)
{
    size_t count = end - start;
    uint64_t *pairs = g->ordered.exact;
    bool nan = false;
    for (size_t i = 0; i < count; i++) {
        nan |= isnan(g->values[start + i]);
        pairs[i] = pair_of(g->values[start + i], g->samples[start + i]);
    }
    const uint64_t *sorted = pairs;
    if (nan)
        pairsort_with_nan(pairs, count, g->set->compat.sort);
    else
        sorted = ordered_anew(&g->ordered, count, g->set->compat.sort);
    for (size_t i = 0; i < count; i++) {
        g->values[start + i] = pair_value(sorted[i]);
        g->samples[start + i] = pair_row(sorted[i]);
    }
}

static bool best_is_constant(grower *g, search *s)
{
    s->missing = 0;
    if (g->quick.kind != QUICK_NONE) return quick_is_constant(g, s);
    if (g->set->has_missing[s->feature]) {
        s->missing = missing_gather(g, s->feature, s->start, s->end);
    } else {
        for (size_t i = s->start; i < s->end; i++) g->values[i] = feature_value(g, s->feature, g->samples[i]);
    }
    size_t end = s->end - s->missing;
    sort_values(g, s->start, end);

    if (end == s->start) return true;
    bool flat = search_near(g->values[end - 1], g->values[s->start], g->set->compat.feature_step);
    return flat && (s->missing == 0 || g->set->compat.missing_constant);
}

static void best_search(grower *g, search *s)
{
    if (g->quick.kind != QUICK_NONE) {
        quick_search(g, s);
        return;
    }
    if (s->missing) {
        missing_search(g, s);
        return;
    }
    if (!g->set->compat.missing_sticks) criterion_set_missing(&g->crit, 0);
    g->crit.missing_left = false;
    criterion_reset(&g->crit);
    for (size_t pos = search_next(g, s->start, s->end); pos < s->end; pos = search_next(g, pos, s->end)) {
        candidate c = {.pos = pos,
                       .left_count = pos - s->start,
                       .right_count = s->end - pos,
                       .threshold = search_midpoint(g, pos)};
        search_try(g, s, &c);
    }
}

/* --- random splitter ----------------------------------------------------------------------------------------------------- */

/* The values of the node's rows and their extent; what the loop changes stays in registers. */
static void random_extent(grower *g, search *s)
{
    const uint32_t *restrict rows = g->samples + s->start;
    float *restrict values = g->values + s->start;
    const float *x = g->numbers.x + s->feature * g->numbers.feature_step;
    size_t step = g->numbers.row_step;
    float low = x[rows[0] * step], high = low;
    for (size_t i = 0; i < s->end - s->start; i++) {
        float value = x[rows[i] * step];
        values[i] = value;
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    s->low = low;
    s->high = high;
}

static bool random_is_constant(grower *g, search *s)
{
    s->missing = 0;
    if (g->set->has_missing[s->feature])
        missing_extent(g, s);
    else
        random_extent(g, s);
    if (s->missing == s->end - s->start) return true;
    bool flat = search_near(s->high, s->low, g->set->compat.feature_step);
    return flat && (s->missing == 0 || g->set->compat.missing_constant);
}

static size_t partition_values(grower *g, size_t start, size_t end, double threshold)
{
    const float *restrict values = g->values + start;
    uint8_t *restrict left = g->parting.left;
    for (size_t i = 0; i < end - start; i++) left[i] = (double)values[i] <= threshold;
    return start + parting_apply(&g->parting, g->samples + start, end - start);
}

static void random_search(grower *g, search *s)
{
    bool sums = s->missing && !g->set->compat.missing_rotates; /* NaN rows stay at the end */
    criterion_set_missing(&g->crit, sums ? s->missing : 0);
    double threshold = xorshift_uniform(&g->xorshift, (double)s->low, (double)s->high);
    bool missing_left = s->missing && xorshift_int(&g->xorshift, 0, 2);
    if (threshold == (double)s->high) threshold = (double)s->low;
    if (g->quick.kind == QUICK_COUNTS) {
        quick_count(g, s, threshold);
        return;
    }

    size_t end = s->end - (sums ? s->missing : 0);
    size_t pos = s->missing && !sums ? missing_partition_values(g, s, threshold, missing_left)
                                     : partition_values(g, s->start, end, threshold);
    g->crit.missing_left = missing_left;
    size_t left = pos - s->start + (sums && missing_left ? s->missing : 0);
    candidate c = {.pos = pos,
                   .left_count = left,
                   .right_count = s->end - s->start - left,
                   .threshold = threshold,
                   .missing_left = missing_left};
    /* Resetting is dear for absolute_error: not for what is refused anyway. */
    if (c.left_count < g->set->samples_leaf_min || c.right_count < g->set->samples_leaf_min) return;
    criterion_reset(&g->crit);
    search_try(g, s, &c);
}

/* --- the node ------------------------------------------------------------------------------------------------------------ */

static void swap_features(uint32_t *features, size_t i, size_t j)
{
    uint32_t kept = features[i];
    features[i] = features[j];
    features[j] = kept;
}

/* Draw features without replacement, constants aside, until max_features were seen and one of them was not constant. */
static void draw_features(grower *g, search *s, size_t *constant_count)
{
    uint32_t *features = g->features;
    size_t left = g->data->features, known = *constant_count, total = known;
    size_t visited = 0, found = 0, drawn = 0;
    bool random = g->set->random_splitter;

    while (left > total && (visited < g->set->features_max || visited <= found + drawn)) {
        visited++;
        size_t at = xorshift_int(&g->xorshift, (uint32_t)drawn, (uint32_t)(left - found));
        if (at < known) {
            swap_features(features, drawn++, at);
            continue;
        }
        at += found;
        s->feature = features[at];
        if (random ? random_is_constant(g, s) : best_is_constant(g, s)) {
            swap_features(features, at, total++);
            found++;
            continue;
        }
        swap_features(features, --left, at);
        if (random)
            random_search(g, s);
        else
            best_search(g, s);
    }
    memcpy(features, g->constants, known * sizeof *features);
    memcpy(g->constants + known, features + known, found * sizeof *features);
    *constant_count = total;
}

static void partition_samples(grower *g, const search *s)
{
    if (s->best->missing) {
        missing_partition(g, s);
        return;
    }
    for (size_t i = s->start; i < s->end; i++)
        g->parting.left[i - s->start] =
            (double)feature_value(g, s->best->feature, g->samples[i]) <= s->best->threshold;
    parting_apply(&g->parting, g->samples + s->start, s->end - s->start);
}

/* A cache line holds sixteen neighbours of a column, which are worth it only where most of them are wanted. */
static void choose_view(grower *g, size_t count)
{
    enum { LINE_VALUES = 16 };
    if (g->subtree.end)
        g->numbers = (numbers_view){g->subtree.x, 1, g->subtree.rows_max};
    else if (g->x_by_row && count < g->data->rows / LINE_VALUES * 4)
        g->numbers = (numbers_view){g->x_by_row, g->data->features, 1};
    else
        g->numbers = (numbers_view){g->data->x, 1, g->data->rows};
}

void split_node(grower *g, bounds limits, double impurity, size_t *constant_count, split *best)
{
    *best = (split){.found = false};
    search s = {.start = g->crit.start,
                .end = g->crit.end,
                .limits = limits,
                .best_proxy = -INFINITY,
                .best = best,
                .feature = UINT32_MAX};
    choose_view(g, s.end - s.start);
    quick_start(g);
    draw_features(g, &s, constant_count);
    quick_settle(g);
    if (!best->found) return;

    bool parted = g->set->random_splitter && g->quick.kind == QUICK_NONE && best->feature == s.feature;
    if (!parted) partition_samples(g, &s);
    if (best->missing || !g->set->compat.missing_sticks)
        criterion_set_missing(&g->crit, g->set->compat.missing_rotates ? 0 : best->missing);
    g->crit.missing_left = best->missing_left;
    criterion_reset(&g->crit);
    criterion_update(&g->crit, best->pos);
    criterion_children(&g->crit, &best->impurity_left, &best->impurity_right);
    best->improvement = criterion_improvement(&g->crit, impurity, best->impurity_left, best->impurity_right);
    if (best->missing) missing_settle(g, &s);
    quick_part(g, &s, g->set->leaves_max ? 0 : *constant_count);
}
