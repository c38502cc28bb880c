/*
 * model/ranked.c - a forward and a backward pass over a node's rows with weighted medians from a Fenwick tree.
 *
 * With y the targets and m the median, the error is (sum of w*y above m - m * weight above) + (m * weight below - sum of w*y below).
 */
#include "ranked.h"

#include <stdlib.h>

bool ranked_init(ranked_errors *r, size_t rows, err *e)
{
    double *numbers = calloc(5 * rows + 2 * (rows + 1), sizeof *numbers);
    uint32_t *ranks = calloc(rows, sizeof *ranks);
    number_pair *order = calloc(rows, sizeof *order);
    *r = (ranked_errors){.left_errors = numbers, .order = order, .ranks = ranks};
    if (!numbers || !ranks || !order)
        return err_set(e, ERR_MEMORY, "no memory for the errors of %zu rows", rows);
    r->right_errors = numbers + rows;
    r->left_medians = numbers + 2 * rows;
    r->right_medians = numbers + 3 * rows;
    r->sorted = numbers + 4 * rows;
    r->tree.weights = numbers + 5 * rows;
    r->tree.sums = r->tree.weights + rows + 1;
    return true;
}

void ranked_done(ranked_errors *r)
{
    free(r->left_errors);
    free(r->order);
    free(r->ranks);
    *r = (ranked_errors){0};
}

/* --- the tree ------------------------------------------------------------------------------------------------------------ */

static void fenwick_reset(fenwick *t, size_t size)
{
    t->size = size;
    memset(t->weights, 0, (size + 1) * sizeof *t->weights);
    memset(t->sums, 0, (size + 1) * sizeof *t->sums);
    t->weight = t->sum = 0;
    t->top = 1;
    while (t->top * 2 <= size) t->top *= 2;
}

static void fenwick_add(fenwick *t, size_t rank, double y, double weight)
{
    double weighted = weight * y;
    for (size_t i = rank + 1; i <= t->size; i += i & (~i + 1)) {
        t->weights[i] += weight;
        t->sums[i] += weighted;
    }
    t->weight += weight;
    t->sum += weighted;
}

/* Where the cumulated weight reaches a target: `rank` is the first rank above it, `before` differs when it is met exactly between the two. */
typedef struct fenwick_place {
    size_t rank, before;
    double weight, sum; /* of the ranks below `rank` */
} fenwick_place;

static void step_over(const fenwick *t, size_t next, double *target, fenwick_place *place)
{
    *target -= t->weights[next];
    place->rank = next;
    place->weight += t->weights[next];
    place->sum += t->sums[next];
}

static fenwick_place fenwick_search(const fenwick *t, double target)
{
    fenwick_place place = {0};
    size_t bit = t->top;
    for (; bit; bit >>= 1) {
        size_t next = place.rank + bit;
        if (next > t->size) continue;
        if (target == t->weights[next]) break;
        if (target > t->weights[next]) step_over(t, next, &target, &place);
    }
    place.before = place.rank;
    if (bit == 0) return place;

    /* Met exactly: the last rank whose cumulated weight is less, then the first whose is more. */
    double below = target;
    for (size_t step = bit; step; step >>= 1) {
        size_t next = place.before + step;
        if (next > t->size || !(below > t->weights[next])) continue;
        below -= t->weights[next];
        place.before = next;
    }
    for (; bit; bit >>= 1) {
        size_t next = place.rank + bit;
        if (next <= t->size && target >= t->weights[next]) step_over(t, next, &target, &place);
    }
    return place;
}

/* --- the passes ---------------------------------------------------------------------------------------------------------- */

static void rank_targets(ranked_errors *r, const ranked_node *node, size_t output)
{
    size_t count = node->end - node->start;
    for (size_t i = 0; i < count; i++) {
        double y = node->y[(size_t)node->samples[node->start + i] * node->outputs + output];
        r->order[i] = (number_pair){y, (uint32_t)i};
    }
    pairsort_numbers(r->order, count, node->sort);
    for (size_t i = 0; i < count; i++) {
        r->sorted[i] = r->order[i].value;
        r->ranks[node->start + r->order[i].row] = (uint32_t)i;
    }
}

/* One more row at position p: the error of all rows added so far, and their median. */
static void add_position(ranked_errors *r, const ranked_node *node, size_t p, double *error, double *median)
{
    fenwick *t = &r->tree;
    size_t rank = r->ranks[p];
    double weight = node->weights ? node->weights[node->samples[p]] : 1.0;
    fenwick_add(t, rank, r->sorted[rank], weight);
    fenwick_place place = fenwick_search(t, 0.5 * t->weight);

    size_t last = t->size - 1; /* sums of fractional weights may end just below the target */
    size_t at = place.rank < last ? place.rank : last;
    *median = place.rank != place.before ? (r->sorted[place.before] + r->sorted[at]) / 2 : r->sorted[at];
    double weight_above = t->weight - place.weight, sum_above = t->sum - place.sum;
    *error += (sum_above - *median * weight_above) + (*median * place.weight - place.sum);
}

void ranked_compute(ranked_errors *r, const ranked_node *node, double *node_medians)
{
    size_t count = node->end - node->start;
    memset(r->left_errors + node->start, 0, count * sizeof *r->left_errors);
    memset(r->right_errors + node->start, 0, count * sizeof *r->right_errors);
    for (size_t k = 0; k < node->outputs; k++) {
        rank_targets(r, node, k);
        fenwick_reset(&r->tree, count);
        for (size_t p = node->start; p < node->end; p++)
            add_position(r, node, p, &r->left_errors[p], &r->left_medians[p]);
        fenwick_reset(&r->tree, count);
        for (size_t p = node->end; p-- > node->start;)
            add_position(r, node, p, &r->right_errors[p], &r->right_medians[p]);
        node_medians[k] = r->right_medians[node->start];
    }
}
