/*
 * model/missing.c - splits of features with missing values (NaN), as 1.3 to 1.8 and as 1.9 search them.
 *
 * Up to 1.8 NaN rows stay at the end of the node, their sums are put on either side. From 1.9 on the rows themselves are tried behind
 * and in front of the others.
 */
#include "grow.h"

#include <math.h>

/* NaN rows go to the end; the values of the others are gathered. How many are missing? */
size_t missing_gather(grower *g, uint32_t feature, size_t start, size_t end)
{
    size_t missing = 0;
    size_t i = start, stop = end; /* rows from stop on are NaN */
    while (i < stop) {
        if (isnan(feature_value(g, feature, g->samples[stop - 1]))) {
            missing++;
            stop--;
            continue;
        }
        if (isnan(feature_value(g, feature, g->samples[i]))) {
            missing++;
            swap_rows(g->samples, i, --stop);
        }
        g->values[i] = feature_value(g, feature, g->samples[i]);
        i++;
    }
    return missing;
}

/* --- random splitter ----------------------------------------------------------------------------------------------------- */

/* Up to 1.8 NaN rows go to the end as above, and a new smallest value is not thought of as the largest too: a mistake that draws depend on. */
static void extent_with_sums(grower *g, search *s)
{
    s->missing = missing_gather(g, s->feature, s->start, s->end);
    s->low = INFINITY;
    s->high = -INFINITY;
    for (size_t i = s->start; i < s->end - s->missing; i++) {
        float value = g->values[i];
        if (value < s->low)
            s->low = value;
        else if (value > s->high)
            s->high = value;
    }
}

void missing_extent(grower *g, search *s)
{
    if (!g->set->compat.missing_rotates) {
        extent_with_sums(g, s);
        return;
    }
    s->low = INFINITY;
    s->high = -INFINITY;
    for (size_t i = s->start; i < s->end; i++) {
        float value = feature_value(g, s->feature, g->samples[i]);
        g->values[i] = value;
        if (isnan(value)) s->missing++;
        if (value < s->low) s->low = value;
        if (value > s->high) s->high = value;
    }
}

/* From 1.9 on NaN rows are sorted to their side like the others. */
size_t missing_partition_values(grower *g, const search *s, double threshold, bool missing_left)
{
    for (size_t i = s->start; i < s->end; i++) {
        float value = g->values[i];
        g->parting.left[i - s->start] = isnan(value) ? missing_left : (double)value <= threshold;
    }
    return s->start + parting_apply(&g->parting, g->samples + s->start, s->end - s->start);
}

/* --- 1.3 to 1.8 ---------------------------------------------------------------------------------------------------------- */

static void scan_with_sums(grower *g, search *s, bool missing_left)
{
    size_t end = s->end - s->missing;
    g->crit.missing_left = missing_left;
    criterion_reset(&g->crit);
    for (size_t pos = search_next(g, s->start, end); pos < end; pos = search_next(g, pos, end)) {
        candidate c = {.pos = pos,
                       .left_count = pos - s->start + (missing_left ? s->missing : 0),
                       .right_count = end - pos + (missing_left ? 0 : s->missing),
                       .threshold = search_midpoint(g, pos),
                       .missing_left = missing_left};
        search_try(g, s, &c);
    }
}

static void search_with_sums(grower *g, search *s)
{
    criterion_set_missing(&g->crit, s->missing);
    scan_with_sums(g, s, false);
    scan_with_sums(g, s, true);

    /* All that is known left, all that is missing right. Taken from wherever the last scan stopped. */
    g->crit.missing_left = false;
    size_t end = s->end - s->missing;
    candidate c = {.pos = end,
                   .left_count = end - s->start,
                   .right_count = s->missing,
                   .threshold = INFINITY,
                   .free_of_constraints = true};
    search_try(g, s, &c);
}

/* Up to 1.7 the strict loop condition leaves the last row where it is: a mistake that trees depend on. */
static void partition_with_sums(grower *g, const search *s)
{
    ptrdiff_t p = (ptrdiff_t)s->start, end = (ptrdiff_t)s->end - 1;
    ptrdiff_t known_end = end - (ptrdiff_t)s->best->missing;
    uint32_t feature = s->best->feature;
    bool fixed = g->set->compat.missing_partition_fixed;
    while (p < known_end || (fixed && p == known_end)) {
        if (isnan(feature_value(g, feature, g->samples[end]))) {
            end--;
            continue;
        }
        float value = feature_value(g, feature, g->samples[p]);
        if (isnan(value)) {
            swap_rows(g->samples, (size_t)p, (size_t)end--);
            value = feature_value(g, feature, g->samples[p]);
        }
        if ((double)value <= s->best->threshold)
            p++;
        else
            swap_rows(g->samples, (size_t)p, (size_t)known_end--);
    }
}

/* --- 1.9 ----------------------------------------------------------------------------------------------------------------- */

/* NaN rows to the front, both parts keeping their order. */
static void rotate(grower *g, const search *s)
{
    size_t known = s->end - s->start - s->missing;
    memcpy(g->rotated, g->samples + s->start + known, s->missing * sizeof *g->rotated);
    memmove(g->samples + s->start + s->missing, g->samples + s->start, known * sizeof *g->samples);
    memcpy(g->samples + s->start, g->rotated, s->missing * sizeof *g->samples);
    memmove(g->values + s->start + s->missing, g->values + s->start, known * sizeof *g->values);
}

static void search_by_rotation(grower *g, search *s)
{
    criterion_set_missing(&g->crit, 0);
    size_t known_end = s->end - s->missing;
    criterion_reset(&g->crit);
    for (size_t pos = s->start; pos < known_end;) {
        pos = search_next(g, pos, known_end);
        candidate c = {.pos = pos,
                       .left_count = pos - s->start,
                       .right_count = s->end - pos,
                       .threshold = pos == known_end ? INFINITY : search_midpoint(g, pos)};
        search_try(g, s, &c);
    }

    rotate(g, s);
    criterion_reset(&g->crit);
    size_t first = s->start + s->missing;
    for (size_t pos = search_next(g, first, s->end); pos < s->end; pos = search_next(g, pos, s->end)) {
        candidate c = {.pos = pos,
                       .left_count = pos - s->start,
                       .right_count = s->end - pos,
                       .threshold = search_midpoint(g, pos),
                       .missing_left = true};
        search_try(g, s, &c);
    }
}

static void partition_by_side(grower *g, const search *s)
{
    for (size_t i = s->start; i < s->end; i++) {
        float value = feature_value(g, s->best->feature, g->samples[i]);
        g->parting.left[i - s->start] =
            isnan(value) ? s->best->missing_left : (double)value <= s->best->threshold;
    }
    parting_apply(&g->parting, g->samples + s->start, s->end - s->start);
}

/* --- by version ---------------------------------------------------------------------------------------------------------- */

void missing_search(grower *g, search *s)
{
    if (g->set->compat.missing_rotates)
        search_by_rotation(g, s);
    else
        search_with_sums(g, s);
}

void missing_partition(grower *g, const search *s)
{
    if (g->set->compat.missing_rotates)
        partition_by_side(g, s);
    else
        partition_with_sums(g, s);
}

void missing_settle(grower *g, const search *s)
{
    if (g->set->compat.missing_rotates || !s->best->missing_left) return;
    for (size_t i = 0; i < s->best->missing; i++) swap_rows(g->samples, s->best->pos + i, s->end - 1 - i);
    s->best->pos += s->best->missing;
}
