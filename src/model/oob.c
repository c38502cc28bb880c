/*
 * model/oob.c - out-of-bag estimates, and warm starts.
 *
 * A tree's left-out rows are found by drawing its bootstrap again from its seed. Trees are added in order, as scikit-learn adds them.
 */
#include "oob.h"

#include "r2.h"
#include "settings.h"

#include <math.h>
#include <stdlib.h>

/* --- one tree ------------------------------------------------------------------------------------------------------------ */

static const double *leaf_of(const forest *f, const tree *t, const train_data *d, size_t row)
{
    size_t at = 0;
    while (t->nodes[at].left >= 0) {
        const tree_node *n = &t->nodes[at];
        float x = d->x[(size_t)n->feature * d->rows + row];
        bool left = isnan(x) ? n->missing_left : (double)x <= n->threshold;
        at = (size_t)(left ? n->left : n->right);
    }
    return t->values + at * f->value_count;
}

/* predict_proba of one tree, or its value, added. */
static void add_leaf(const forest *f, const double *leaf, double *sums)
{
    for (size_t k = 0; k < f->output_count; k++) {
        size_t count = f->outputs[k].class_count, first = k * f->slot_count;
        if (count == 0) {
            sums[first] += leaf[first];
            continue;
        }
        double total = f->values_are_counts ? pairwise_sum(leaf + first, count) : 1;
        if (total == 0) total = 1;
        for (size_t c = 0; c < count; c++) sums[first + c] += leaf[first + c] / total;
    }
}

/* --- scores -------------------------------------------------------------------------------------------------------------- */

static size_t largest(const double *numbers, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (numbers[i] > numbers[best]) best = i;
    return best;
}

static size_t said(const forest *f, size_t row, size_t output)
{
    const double *values = f->oob.values + row * f->value_count + output * f->slot_count;
    return largest(values, f->outputs[output].class_count);
}

/* Before 1.0: the mean over the outputs. */
static double accuracy_by_output(const forest *f, const train_data *d)
{
    double sum = 0;
    for (size_t k = 0; k < d->outputs; k++) {
        size_t right = 0;
        for (size_t row = 0; row < d->rows; row++)
            right += said(f, row, k) == d->y_class[row * d->outputs + k];
        sum += (double)right / (double)d->rows;
    }
    return sum / (double)d->outputs;
}

/* Rows of which every output is right. */
static double accuracy(const forest *f, const train_data *d)
{
    size_t right = 0;
    for (size_t row = 0; row < d->rows; row++) {
        bool all = true;
        for (size_t k = 0; all && k < d->outputs; k++)
            all = said(f, row, k) == d->y_class[row * d->outputs + k];
        right += all;
    }
    return (double)right / (double)d->rows;
}

/* R2, the mean over the outputs. Before 1.0 every output was scored as a column of its own, which adds in another order. */
static bool r2(const forest *f, const train_data *d, double *score, err *e)
{
    bool by_output = compat_of(f->version).oob_by_output;
    double *scratch = calloc(4 * d->rows + d->outputs, sizeof *scratch);
    if (!scratch) return err_set(e, ERR_MEMORY, "no memory for the score of %zu rows", d->rows);
    double *own = scratch + 2 * d->rows, *told = own + d->rows, *scores = told + d->rows, sum = 0;
    for (size_t k = 0; k < d->outputs; k++) {
        r2_column column = {.y = d->y_number,
                            .predicted = f->oob.values,
                            .rows = d->rows,
                            .outputs = d->outputs,
                            .output = k};
        for (size_t row = 0; row < d->rows; row++) {
            own[row] = d->y_number[row * d->outputs + k];
            told[row] = f->oob.values[row * d->outputs + k];
        }
        r2_column alone = {.y = own, .predicted = told, .rows = d->rows, .outputs = 1};
        scores[k] = r2_score(by_output ? &alone : &column, scratch);
        sum += scores[k];
    }
    *score = (by_output ? sum : pairwise_sum(scores, d->outputs)) / (double)d->outputs;
    free(scratch);
    return true;
}

/* --- the estimate -------------------------------------------------------------------------------------------------------- */

/* Before 1.0 the sums were divided by their own sum: not a number for a row that every tree saw. */
static void divide_by_sums(const forest *f, size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        for (size_t k = 0; k < f->output_count; k++) {
            double *values = f->oob.values + row * f->value_count + k * f->slot_count;
            size_t classes = f->outputs[k].class_count;
            double sum = pairwise_sum(values, classes);
            for (size_t c = 0; c < classes; c++) values[c] /= sum;
        }
    }
}

static bool refuse_outputs(const char *why, err *e)
{
    return err_set(e, ERR_UNPROCESSABLE, "oob_score with several outputs: %s", why);
}

/* What type_of_target() calls multilabel or continuous; before 1.4 whole numbers were refused for regressors too. */
static bool outputs_allow(const forest *f, const train_data *d, err *e)
{
    if (f->output_count == 1 || compat_of(f->version).oob_by_output) return true;
    if (!forest_classifies(f)) {
        bool whole = !sk_version_at_least(f->version, 1, 4), two_values = true;
        double low = d->y_number[0], high = low;
        for (size_t i = 0; i < d->rows * d->outputs; i++) {
            whole = whole && d->y_number[i] == trunc(d->y_number[i]);
            low = fmin(low, d->y_number[i]);
            high = fmax(high, d->y_number[i]);
        }
        for (size_t i = 0; i < d->rows * d->outputs; i++)
            two_values = two_values && (d->y_number[i] == low || d->y_number[i] == high);
        return !whole || two_values || refuse_outputs("this version takes whole numbers for classes", e);
    }
    for (size_t k = 0; k < f->output_count; k++)
        if (f->outputs[k].class_count > 2 || f->outputs[k].class_count != f->outputs[0].class_count)
            return refuse_outputs("each must have two classes", e);
    return true;
}

static bool sum_trees(const bootstrap_plan *b, const train_data *d, forest *f, err *e)
{
    double *counts = calloc(b->rows, sizeof *counts);
    uint32_t *voters = calloc(b->rows, sizeof *voters);
    bool ok = counts && voters ? true : err_set(e, ERR_MEMORY, "no memory for %zu rows out of bags", b->rows);
    for (size_t t = 0; ok && t < f->tree_count; t++) {
        bootstrap_draw(b, f->trees[t].seed, counts);
        for (size_t row = 0; row < b->rows; row++) {
            if (counts[row] > 0) continue;
            voters[row]++;
            add_leaf(f, leaf_of(f, &f->trees[t], d, row), f->oob.values + row * f->value_count);
        }
    }
    bool by_sums = forest_classifies(f) && compat_of(f->version).oob_by_output;
    for (size_t row = 0; ok && !by_sums && row < b->rows; row++)
        for (size_t i = 0; i < f->value_count; i++)
            f->oob.values[row * f->value_count + i] /= voters[row] ? (double)voters[row] : 1;
    if (ok && by_sums) divide_by_sums(f, b->rows);
    free(counts);
    free(voters);
    return ok;
}

bool oob_compute(const bootstrap_plan *b, const train_data *data, forest *f, err *e)
{
    if (!outputs_allow(f, data, e)) return false;
    f->oob.values = arena_alloc_array(&f->memory, data->rows * f->value_count, sizeof *f->oob.values);
    if (!f->oob.values) return err_set(e, ERR_MEMORY, "no memory for %zu rows out of bags", data->rows);
    if (!sum_trees(b, data, f, e)) return false;
    if (!forest_classifies(f)) return r2(f, data, &f->oob.score, e);
    f->oob.score = compat_of(f->version).oob_by_output ? accuracy_by_output(f, data) : accuracy(f, data);
    return true;
}

/* --- warm start ---------------------------------------------------------------------------------------------------------- */

static bool same_labels(const forest_output *a, const forest_output *b)
{
    bool same = a->class_count == b->class_count;
    for (size_t i = 0; same && i < a->class_count; i++) {
        const label *x = &a->classes[i], *y = &b->classes[i];
        same = x->kind == y->kind && x->integer == y->integer &&
               (x->kind != LABEL_FLOAT || x->number == y->number) &&
               (x->kind != LABEL_TEXT || str_eq(x->text, y->text));
    }
    return same;
}

static const char *why_not_warm(const forest *from, const forest *f)
{
    if (!estimator_of(f->kind)->is_ensemble) return "a single tree has no warm start";
    if (from->kind != f->kind) return "it is another estimator";
    if (from->feature_count != f->feature_count) return "it has another number of features";
    if (from->output_count != f->output_count) return "it has another number of outputs";
    if (from->values_are_counts != f->values_are_counts)
        return "its version stores counts where the other stores shares";
    for (size_t k = 0; k < f->output_count; k++)
        if (!same_labels(&from->outputs[k], &f->outputs[k])) return "it has other classes";
    return NULL;
}

static bool copy_tree(const tree *from, size_t value_count, tree *to, err *e)
{
    *to = *from;
    to->nodes = calloc(from->node_count, sizeof *to->nodes);
    to->values = calloc(from->node_count * value_count, sizeof *to->values);
    if (!to->nodes || !to->values)
        return err_set(e, ERR_MEMORY, "no memory for a tree of %zu nodes", from->node_count);
    memcpy(to->nodes, from->nodes, from->node_count * sizeof *to->nodes);
    memcpy(to->values, from->values, from->node_count * value_count * sizeof *to->values);
    return true;
}

bool warm_take_trees(const train_params *p, const forest *from, forest *f, size_t *taken, err *e)
{
    const char *why = why_not_warm(from, f);
    if (why) return err_set(e, ERR_UNPROCESSABLE, "cannot continue the fitted model: %s", why);
    if (from->tree_count > f->tree_count)
        return err_set(e, ERR_UNPROCESSABLE,
                       "n_estimators%s must be at least the %zu trees that the model to continue has",
                       param_show(&p->values[PARAM_N_ESTIMATORS]).text, from->tree_count);
    for (size_t i = 0; i < from->tree_count; i++)
        if (!copy_tree(&from->trees[i], f->value_count, &f->trees[i], e)) return false;
    *taken = from->tree_count;
    return true;
}
