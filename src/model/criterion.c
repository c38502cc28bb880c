/*
 * model/criterion.c - sums of a node's sides, and what the criteria make of them. Impurities are in impurity.c.
 *
 * Compiled without FMA contraction: a fused multiply-add would round once where scikit-learn rounds twice.
 */
#include "criterion.h"

#include <assert.h>
#include <stdlib.h>

static bool medians_init(criterion *c, err *e)
{
    size_t outputs = c->spec.outputs;
    c->medians_left = calloc(2 * outputs, sizeof *c->medians_left);
    if (!c->medians_left) return err_set(e, ERR_MEMORY, "no memory for the medians of %zu outputs", outputs);
    c->medians_right = c->medians_left + outputs;
    for (size_t k = 0; k < 2 * outputs; k++)
        if (!median_init(&c->medians_left[k], c->spec.rows, e)) return false;
    return true;
}

bool criterion_init(criterion *c, const criterion_spec *spec, err *e)
{
    *c = (criterion){.spec = *spec, .width = spec->outputs * spec->slots};
    c->total = calloc(4 * c->width + spec->outputs, sizeof(double));
    if (!c->total) return err_set(e, ERR_MEMORY, "no memory for the sums of %zu classes", spec->slots);
    c->left = c->total + c->width;
    c->right = c->left + c->width;
    c->miss = c->right + c->width;
    c->node_medians = c->miss + c->width;
    if (spec->kind == CRITERION_ABSOLUTE) return medians_init(c, e);
    return spec->kind != CRITERION_ABSOLUTE_RANKED || ranked_init(&c->ranked, spec->rows, e);
}

void criterion_done(criterion *c)
{
    free(c->total);
    c->total = NULL;
    for (size_t k = 0; c->medians_left && k < 2 * c->spec.outputs; k++) median_done(&c->medians_left[k]);
    free(c->medians_left);
    c->medians_left = NULL;
    ranked_done(&c->ranked);
}

static inline bool is_classification(const criterion *c)
{
    return c->spec.y_class != NULL;
}

static inline bool is_absolute(const criterion *c)
{
    return c->spec.kind == CRITERION_ABSOLUTE || c->spec.kind == CRITERION_ABSOLUTE_RANKED;
}

/* --- sums ---------------------------------------------------------------------------------------------------------------- */

/* Samples of [from, to) added to `sums`; returns their weight added to `weight`. One output is by far the most frequent. */
static double add_classes(const criterion *c, double *sums, size_t from, size_t to, double weight)
{
    const criterion_spec *s = &c->spec;
    if (s->outputs == 1) {
        for (size_t p = from; p < to; p++) {
            double w = criterion_weight_of(c, s->samples[p]);
            sums[s->y_class[s->samples[p]]] += w;
            weight += w;
        }
        return weight;
    }
    for (size_t p = from; p < to; p++) {
        double w = criterion_weight_of(c, s->samples[p]);
        const uint32_t *y = s->y_class + (size_t)s->samples[p] * s->outputs;
        for (size_t k = 0; k < s->outputs; k++) sums[k * s->slots + y[k]] += w;
        weight += w;
    }
    return weight;
}

static double add_numbers(const criterion *c, double *sums, size_t from, size_t to, double weight)
{
    const criterion_spec *s = &c->spec;
    if (s->outputs == 1) {
        double sum = sums[0];
        for (size_t p = from; p < to; p++) {
            double w = criterion_weight_of(c, s->samples[p]);
            sum += w * s->y[s->samples[p]];
            weight += w;
        }
        sums[0] = sum;
        return weight;
    }
    for (size_t p = from; p < to; p++) {
        double w = criterion_weight_of(c, s->samples[p]);
        const double *y = s->y + (size_t)s->samples[p] * s->outputs;
        for (size_t k = 0; k < s->outputs; k++) sums[k] += w * y[k];
        weight += w;
    }
    return weight;
}

static double add_rows(const criterion *c, double *sums, size_t from, size_t to, double weight)
{
    return is_classification(c) ? add_classes(c, sums, from, to, weight)
                                : add_numbers(c, sums, from, to, weight);
}

/* From the end down, as scikit-learn goes. */
static double subtract_rows(const criterion *c, double *sums, size_t from, size_t to, double weight)
{
    const criterion_spec *s = &c->spec;
    if (s->outputs == 1 && !is_classification(c)) {
        double sum = sums[0];
        for (size_t p = to; p-- > from;) {
            double w = criterion_weight_of(c, s->samples[p]);
            sum -= w * s->y[s->samples[p]];
            weight -= w;
        }
        sums[0] = sum;
        return weight;
    }
    for (size_t p = to; p-- > from;) {
        uint32_t row = s->samples[p];
        double w = criterion_weight_of(c, row);
        for (size_t k = 0; k < s->outputs; k++) {
            if (is_classification(c))
                sums[k * s->slots + s->y_class[(size_t)row * s->outputs + k]] -= w;
            else
                sums[k] -= w * s->y[(size_t)row * s->outputs + k];
        }
        weight -= w;
    }
    return weight;
}

/* --- absolute_error up to 1.7 -------------------------------------------------------------------------------------------- */

static void medians_fill(criterion *c)
{
    const criterion_spec *s = &c->spec;
    for (size_t k = 0; k < 2 * s->outputs; k++) median_clear(&c->medians_left[k]);
    for (size_t p = c->start; p < c->end; p++)
        for (size_t k = 0; k < s->outputs; k++)
            median_push(&c->medians_right[k], s->y[(size_t)s->samples[p] * s->outputs + k],
                        criterion_weight_of(c, s->samples[p]));
    for (size_t k = 0; k < s->outputs; k++) c->node_medians[k] = median_get(&c->medians_right[k]);
}

static void medians_move_all(const criterion *c, median_heap *from, median_heap *to)
{
    median_item item;
    for (size_t k = 0; k < c->spec.outputs; k++)
        while (median_pop(&from[k], &item)) median_push(&to[k], item.value, item.weight);
}

static double medians_move(const criterion *c, median_heap *from, median_heap *to, size_t p)
{
    const criterion_spec *s = &c->spec;
    double w = criterion_weight_of(c, s->samples[p]);
    for (size_t k = 0; k < s->outputs; k++) {
        double y = s->y[(size_t)s->samples[p] * s->outputs + k];
        median_remove(&from[k], y, w);
        median_push(&to[k], y, w);
    }
    return w;
}

/* --- a node -------------------------------------------------------------------------------------------------------------- */

static void start_numbers(criterion *c)
{
    const criterion_spec *s = &c->spec;
    for (size_t p = c->start; p < c->end; p++) {
        double w = criterion_weight_of(c, s->samples[p]);
        const double *y = s->y + (size_t)s->samples[p] * s->outputs;
        for (size_t k = 0; k < s->outputs; k++) {
            double wy = w * y[k];
            c->total[k] += wy;
            c->squares += wy * y[k];
        }
        c->weight += w;
    }
}

void criterion_start(criterion *c, size_t start, size_t end)
{
    c->start = start;
    c->end = end;
    c->weight = c->squares = 0;
    memset(c->total, 0, c->width * sizeof(double));
    if (is_classification(c))
        c->weight = add_classes(c, c->total, start, end, 0);
    else
        start_numbers(c);
    if (!c->spec.missing_sticks) criterion_set_missing(c, 0);
    if (!c->spec.missing_sticks) c->missing_left = false;
    if (c->spec.kind == CRITERION_ABSOLUTE) medians_fill(c);
    criterion_reset(c);
}

void criterion_set_missing(criterion *c, size_t missing)
{
    c->missing = missing;
    c->weight_missing = 0;
    if (missing == 0) return;
    memset(c->miss, 0, c->width * sizeof(double));
    c->weight_missing = add_rows(c, c->miss, c->end - missing, c->end, 0);
}

/* All rows on one side: `full` (from the front: the right one). Missing rows may be told to stand on the other. */
static void put_all(criterion *c, double *empty, double *full, bool missing_apart)
{
    if (!missing_apart) {
        memset(empty, 0, c->width * sizeof *empty);
        memcpy(full, c->total, c->width * sizeof *full);
        return;
    }
    for (size_t i = 0; i < c->width; i++) {
        empty[i] = c->miss[i];
        full[i] = c->total[i] - c->miss[i];
    }
}

void criterion_reset(criterion *c)
{
    bool apart = c->missing > 0 && c->missing_left;
    c->pos = c->start;
    c->weight_left = apart ? c->weight_missing : 0;
    c->weight_right = apart ? c->weight - c->weight_missing : c->weight;
    if (!is_absolute(c)) put_all(c, c->left, c->right, apart);
    if (c->spec.kind == CRITERION_ABSOLUTE) medians_move_all(c, c->medians_left, c->medians_right);
    if (c->spec.kind == CRITERION_ABSOLUTE_RANKED) {
        ranked_node node = {.samples = c->spec.samples,
                            .y = c->spec.y,
                            .weights = c->spec.weights,
                            .start = c->start,
                            .end = c->end,
                            .outputs = c->spec.outputs,
                            .sort = c->spec.sort};
        ranked_compute(&c->ranked, &node, c->node_medians);
    }
}

static void reset_to_end(criterion *c)
{
    bool apart = c->missing > 0 && !c->missing_left;
    c->pos = c->end;
    c->weight_right = apart ? c->weight_missing : 0;
    c->weight_left = apart ? c->weight - c->weight_missing : c->weight;
    if (!is_absolute(c)) put_all(c, c->right, c->left, apart);
    if (c->spec.kind == CRITERION_ABSOLUTE) medians_move_all(c, c->medians_right, c->medians_left);
}

static void update_absolute(criterion *c, size_t pos)
{
    bool ranked = c->spec.kind == CRITERION_ABSOLUTE_RANKED; /* only weights change, always forwards */
    if (ranked || pos - c->pos <= c->end - pos) {
        for (size_t p = c->pos; p < pos; p++)
            c->weight_left += ranked ? criterion_weight_of(c, c->spec.samples[p])
                                     : medians_move(c, c->medians_right, c->medians_left, p);
        return;
    }
    reset_to_end(c);
    for (size_t p = c->end; p-- > pos;)
        c->weight_left -= medians_move(c, c->medians_left, c->medians_right, p);
}

void criterion_update(criterion *c, size_t pos)
{
    size_t end = c->end - c->missing; /* rows with a missing value stay where reset put them */
    assert(c->pos <= pos && (pos <= end || c->spec.missing_sticks));
    if (is_absolute(c)) {
        update_absolute(c, pos);
    } else if ((ptrdiff_t)(pos - c->pos) <= (ptrdiff_t)(end - pos)) { /* sums that stuck may end before pos */
        c->weight_left = add_rows(c, c->left, c->pos, pos, c->weight_left);
    } else {
        reset_to_end(c);
        if ((ptrdiff_t)end > (ptrdiff_t)pos)
            c->weight_left = subtract_rows(c, c->left, pos, end, c->weight_left);
    }
    c->weight_right = c->weight - c->weight_left;
    for (size_t i = 0; i < c->width; i++) c->right[i] = c->total[i] - c->left[i];
    c->pos = pos;
}

/* --- values -------------------------------------------------------------------------------------------------------------- */

void criterion_value(const criterion *c, bool fractions, double *value)
{
    const criterion_spec *s = &c->spec;
    if (is_absolute(c)) {
        memcpy(value, c->node_medians, s->outputs * sizeof *value);
    } else if (!is_classification(c)) {
        for (size_t k = 0; k < s->outputs; k++) value[k] = c->total[k] / c->weight;
    } else {
        for (size_t i = 0; i < c->width; i++) value[i] = fractions ? c->total[i] / c->weight : c->total[i];
    }
}

double criterion_side_value(const criterion *c, bool left)
{
    if (c->spec.kind == CRITERION_ABSOLUTE)
        return median_get(left ? &c->medians_left[0] : &c->medians_right[0]);
    if (c->spec.kind == CRITERION_ABSOLUTE_RANKED)
        return left ? c->ranked.left_medians[c->pos - 1] : c->ranked.right_medians[c->pos];
    return left ? c->left[0] / c->weight_left : c->right[0] / c->weight_right;
}

double criterion_middle(const criterion *c)
{
    if (is_absolute(c)) return (criterion_side_value(c, true) + criterion_side_value(c, false)) / 2;
    return (c->left[0] / (2 * c->weight_left)) + (c->right[0] / (2 * c->weight_right));
}
