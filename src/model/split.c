/*
 * model/split.c - the split search of one node: which features are drawn, which thresholds are tried, how rows end up.
 *
 * The permutations of `features` and `samples` survive from node to node; scikit-learn's draws depend on them.
 */
#include "grow.h"
#include "pairsort.h"
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

static bool best_is_constant(grower *g, search *s)
{
    s->missing = 0;
    if (g->quick.on) return quick_is_constant(g, s);
    if (g->set->has_missing[s->feature]) {
        s->missing = missing_gather(g, s->feature, s->start, s->end);
    } else {
        for (size_t i = s->start; i < s->end; i++) g->values[i] = feature_value(g, s->feature, g->samples[i]);
    }
    size_t end = s->end - s->missing;
    if (!quick_sort_distinct(g, s->start, end - s->start))
        pairsort(g->values + s->start, g->samples + s->start, end - s->start, g->set->compat.sort);

    if (end == s->start) return true;
    bool flat = search_near(g->values[end - 1], g->values[s->start], g->set->compat.feature_step);
    return flat && (s->missing == 0 || g->set->compat.missing_constant);
}

static void best_search(grower *g, search *s)
{
    if (g->quick.on) {
        quick_search(g, s);
        return;
    }
    if (s->missing) {
        missing_search(g, s);
        return;
    }
    criterion_set_missing(&g->crit, 0);
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

static bool random_is_constant(grower *g, search *s)
{
    s->missing = 0;
    if (g->set->has_missing[s->feature]) {
        missing_extent(g, s);
    } else {
        s->low = s->high = feature_value(g, s->feature, g->samples[s->start]);
        for (size_t i = s->start; i < s->end; i++) {
            float value = feature_value(g, s->feature, g->samples[i]);
            g->values[i] = value;
            if (value < s->low) s->low = value;
            if (value > s->high) s->high = value;
        }
    }
    if (s->missing == s->end - s->start) return true;
    bool flat = search_near(s->high, s->low, g->set->compat.feature_step);
    return flat && (s->missing == 0 || g->set->compat.missing_constant);
}

static size_t partition_values(grower *g, size_t start, size_t end, double threshold)
{
    while (start < end) {
        if ((double)g->values[start] <= threshold) {
            start++;
            continue;
        }
        end--;
        float value = g->values[start];
        g->values[start] = g->values[end];
        g->values[end] = value;
        swap_rows(g->samples, start, end);
    }
    return end;
}

static void random_search(grower *g, search *s)
{
    bool sums = s->missing && !g->set->compat.missing_rotates; /* NaN rows stay at the end */
    criterion_set_missing(&g->crit, sums ? s->missing : 0);
    double threshold = xorshift_uniform(&g->xorshift, (double)s->low, (double)s->high);
    bool missing_left = s->missing && xorshift_int(&g->xorshift, 0, 2);
    if (threshold == (double)s->high) threshold = (double)s->low;

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
    size_t start = s->start, end = s->end;
    while (start < end) {
        if ((double)feature_value(g, s->best->feature, g->samples[start]) <= s->best->threshold)
            start++;
        else
            swap_rows(g->samples, start, --end);
    }
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
    if (g->quick.on) quick_start(g);
    draw_features(g, &s, constant_count);
    if (!best->found) return;

    if (!g->set->random_splitter || best->feature != s.feature) partition_samples(g, &s);
    criterion_set_missing(&g->crit, g->set->compat.missing_rotates ? 0 : best->missing);
    g->crit.missing_left = best->missing_left;
    criterion_reset(&g->crit);
    criterion_update(&g->crit, best->pos);
    criterion_children(&g->crit, &best->impurity_left, &best->impurity_right);
    best->improvement = criterion_improvement(&g->crit, impurity, best->impurity_left, best->impurity_right);
    if (best->missing) missing_settle(g, &s);
}
