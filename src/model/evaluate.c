/*
 * model/evaluate.c - predictions of the rows, block by block, compared with what is known; and folds.
 */
#include "model/evaluate.h"

#include "base/limits.h"
#include "model/dataset.h"
#include "r2.h"
#include "roc.h"
#include "settings.h"

#include <math.h>

enum { BLOCK_ROWS = 1024, PAIRS_MOST = 500 };

/* --- predictions --------------------------------------------------------------------------------------------------------- */

/* Per row and output the index of a class, or a number; `probabilities`, if not NULL, of all rows. */
static bool predict_all(arena *a, const predictor *p, const train_data *d, double **out,
                        double **probabilities, err *e)
{
    size_t width = predictor_outputs(p);
    float *rows = arena_alloc_array(a, BLOCK_ROWS * d->features, sizeof *rows);
    double *all = arena_alloc_array(a, (probabilities ? d->rows : BLOCK_ROWS) * width, sizeof *all);
    double *predicted = arena_alloc_array(a, d->rows * d->outputs, sizeof *predicted);
    if (!rows || !all || !predicted) return err_set(e, ERR_MEMORY, "no memory to evaluate a model");
    for (size_t done = 0; done < d->rows; done += BLOCK_ROWS) {
        double *numbers = probabilities ? all + done * width : all;
        size_t part = d->rows - done < BLOCK_ROWS ? d->rows - done : BLOCK_ROWS;
        for (size_t i = 0; i < part; i++)
            for (size_t f = 0; f < d->features; f++) rows[i * d->features + f] = d->x[f * d->rows + done + i];
        if (!predictor_run(p, rows, part, numbers, e)) return false;
        for (size_t i = 0; i < part; i++)
            for (size_t k = 0; k < d->outputs; k++)
                predicted[(done + i) * d->outputs + k] =
                    d->y_class ? (double)predictor_argmax_of(p, k, numbers + i * width)
                               : numbers[i * width + k];
    }
    *out = predicted;
    if (probabilities) *probabilities = all;
    return true;
}

/* --- regressors ---------------------------------------------------------------------------------------------------------- */

double r2_score(const r2_column *c, double *scratch)
{
    double *missed = scratch, *spread = scratch + c->rows;
    for (size_t row = 0; row < c->rows; row++) missed[row] = c->y[row * c->outputs + c->output];
    double mean = column_sum(missed, c->rows, c->outputs) / (double)c->rows;
    for (size_t row = 0; row < c->rows; row++) {
        double miss = missed[row] - c->predicted[row * c->outputs + c->output], off = missed[row] - mean;
        missed[row] = miss * miss;
        spread[row] = off * off;
    }
    double numerator = column_sum(missed, c->rows, c->outputs),
           denominator = column_sum(spread, c->rows, c->outputs);
    if (c->rows < 2) return NAN;
    if (denominator != 0) return 1 - numerator / denominator;
    return numerator == 0 ? 1 : 0;
}

/* Of many rows some, evenly spread: rows that were held back are in random order. */
static bool keep_pairs(arena *a, const train_data *d, const double *predicted, quality *q, err *e)
{
    size_t count = d->rows < PAIRS_MOST ? d->rows : PAIRS_MOST;
    for (size_t k = 0; k < d->outputs; k++) {
        curve_point *pairs = arena_alloc_array(a, count, sizeof *pairs);
        if (!pairs) return err_set(e, ERR_MEMORY, "no memory for %zu points", count);
        for (size_t i = 0; i < count; i++) {
            size_t at = i * d->rows / count * d->outputs + k;
            pairs[i] = (curve_point){d->y_number[at], predicted[at]};
        }
        q->outputs[k].pairs = pairs;
        q->outputs[k].pair_count = count;
    }
    return true;
}

static bool judge_numbers(arena *a, const train_data *d, const double *predicted, quality *q, err *e)
{
    double *scratch = arena_alloc_array(a, 2 * d->rows + d->outputs, sizeof *scratch);
    if (!scratch) return err_set(e, ERR_MEMORY, "no memory to evaluate %zu rows", d->rows);
    double *scores = scratch + 2 * d->rows;
    for (size_t k = 0; k < d->outputs; k++) {
        output_quality *o = &q->outputs[k];
        double absolute = 0, squares = 0;
        for (size_t row = 0; row < d->rows; row++) {
            double miss = d->y_number[row * d->outputs + k] - predicted[row * d->outputs + k];
            absolute += fabs(miss);
            squares += miss * miss;
        }
        r2_column column = {
            .y = d->y_number, .predicted = predicted, .rows = d->rows, .outputs = d->outputs, .output = k};
        o->r2 = scores[k] = r2_score(&column, scratch);
        o->mae = absolute / (double)d->rows;
        o->rmse = sqrt(squares / (double)d->rows);
    }
    q->score = pairwise_sum(scores, d->outputs) / (double)d->outputs;
    return true;
}

/* --- classifiers --------------------------------------------------------------------------------------------------------- */

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static bool judge_output(arena *a, const train_data *d, size_t k, const double *predicted, output_quality *o,
                         err *e)
{
    size_t count = d->targets[k].classes;
    o->class_count = count;
    o->confusion = arena_alloc_array(a, count * count, sizeof *o->confusion);
    o->classes = arena_alloc_array(a, count, sizeof *o->classes);
    if (!o->confusion || !o->classes)
        return err_set(e, ERR_MEMORY, "no memory for a confusion matrix of %zu", count);
    size_t right = 0;
    for (size_t row = 0; row < d->rows; row++) {
        size_t is = d->y_class[row * d->outputs + k], said = (size_t)predicted[row * d->outputs + k];
        o->confusion[is * count + said]++;
        o->classes[is].support++;
        o->classes[said].predicted++;
        o->classes[is].right += is == said;
        right += is == said;
    }
    o->accuracy = share((double)right, (double)d->rows);
    for (size_t c = 0; c < count; c++) {
        class_quality *q = &o->classes[c];
        q->precision = share((double)q->right, (double)q->predicted);
        q->recall = share((double)q->right, (double)q->support);
        q->f1 = share(2 * (double)q->right, (double)(q->support + q->predicted));
    }
    return true;
}

/* Rows of which every output is right. */
static double exact_share(const train_data *d, const double *predicted)
{
    size_t right = 0;
    for (size_t row = 0; row < d->rows; row++) {
        bool all = true;
        for (size_t k = 0; k < d->outputs; k++)
            all = all && predicted[row * d->outputs + k] == (double)d->y_class[row * d->outputs + k];
        right += all;
    }
    return share((double)right, (double)d->rows);
}

bool model_evaluate(arena *a, const predictor *p, const train_data *d, bool with_curves, quality *out, err *e)
{
    double *predicted, *probabilities = NULL;
    bool draws = with_curves && roc_is_drawn(d);
    quality q = {.rows = d->rows, .output_count = d->outputs};
    q.outputs = arena_alloc_array(a, d->outputs, sizeof *q.outputs);
    if (!q.outputs) return err_set(e, ERR_MEMORY, "no memory to evaluate %zu outputs", d->outputs);
    if (!predict_all(a, p, d, &predicted, draws ? &probabilities : NULL, e)) return false;
    if (!d->y_class) {
        if (!judge_numbers(a, d, predicted, &q, e)) return false;
        if (with_curves && !keep_pairs(a, d, predicted, &q, e)) return false;
    } else {
        for (size_t k = 0; k < d->outputs; k++)
            if (!judge_output(a, d, k, predicted, &q.outputs[k], e)) return false;
        q.score = exact_share(d, predicted);
    }
    *out = q;
    return !draws || roc_draw(a, d, probabilities, &q.outputs[0], e);
}

/* --- folds --------------------------------------------------------------------------------------------------------------- */

/* KFold: consecutive rows, the first folds one longer. */
static void plain_folds(const train_data *d, size_t folds, uint32_t *fold_of)
{
    size_t row = 0;
    for (size_t f = 0; f < folds; f++) {
        size_t count = d->rows / folds + (f < d->rows % folds);
        for (size_t i = 0; i < count; i++) fold_of[row++] = (uint32_t)f;
    }
}

/* StratifiedKFold: rows sorted by class, classes by first appearance; of these every folds-th row counts for fold f. Each class then gives its rows to the folds in
 * blocks as large as was counted. */
static bool stratified_folds(arena *a, const train_data *d, size_t folds, uint32_t *fold_of, err *e)
{
    size_t classes = d->targets[0].classes, largest = 0, next = 0, at = 0;
    size_t *counts = arena_alloc_array(a, classes, sizeof *counts),
           *order = arena_alloc_array(a, classes, sizeof *order);
    size_t *shares = arena_alloc_array(a, classes * folds, sizeof *shares);
    if (!counts || !order || !shares) return err_set(e, ERR_MEMORY, "no memory for %zu folds", folds);
    for (size_t row = 0; row < d->rows; row++)
        if (counts[d->y_class[row]]++ == 0) order[next++] = d->y_class[row];
    for (size_t c = 0; c < classes; c++) largest = counts[c] > largest ? counts[c] : largest;
    if (folds > largest) return err_set(e, ERR_UNPROCESSABLE, "--cv %zu: no class has that many rows", folds);
    for (size_t k = 0; k < next; k++)
        for (size_t i = 0; i < counts[order[k]]; i++) shares[order[k] * folds + at++ % folds]++;
    memset(order, 0, classes * sizeof *order); /* from here on: the fold that a class gives to */
    for (size_t row = 0; row < d->rows; row++) {
        size_t c = d->y_class[row];
        while (shares[c * folds + order[c]] == 0) order[c]++;
        shares[c * folds + order[c]]--;
        fold_of[row] = (uint32_t)order[c];
    }
    return true;
}

/* Classes without a row are forgotten, as an estimator that never saw them does. */
static bool forget_absent(arena *a, train_data *d, err *e)
{
    train_target *targets = arena_alloc_array(a, d->outputs, sizeof *targets);
    uint32_t *y = arena_alloc_array(a, d->rows * d->outputs, sizeof *y);
    if (!targets || !y) return err_set(e, ERR_MEMORY, "no memory for the classes of a fold");
    for (size_t k = 0; k < d->outputs; k++) {
        size_t count = d->targets[k].classes, kept = 0;
        uint32_t *renamed = arena_alloc_array(a, count, sizeof *renamed);
        label *labels = arena_alloc_array(a, count, sizeof *labels);
        if (!renamed || !labels) return err_set(e, ERR_MEMORY, "no memory for the classes of a fold");
        for (size_t row = 0; row < d->rows; row++) renamed[d->y_class[row * d->outputs + k]] = 1;
        for (size_t c = 0; c < count; c++) {
            if (!renamed[c]) continue;
            labels[kept] = d->targets[k].labels[c];
            renamed[c] = (uint32_t)kept++;
        }
        for (size_t row = 0; row < d->rows; row++)
            y[row * d->outputs + k] = renamed[d->y_class[row * d->outputs + k]];
        targets[k] = (train_target){.labels = labels, .classes = kept};
    }
    d->y_class = y;
    d->targets = targets;
    return true;
}

/* Indexes of the forest's classes become those of the whole data: labels are both's, in the same order. */
static double fold_accuracy(const train_data *test, const train_data *train, const double *predicted)
{
    size_t right = 0;
    for (size_t row = 0; row < test->rows; row++) {
        bool all = true;
        for (size_t k = 0; k < test->outputs; k++) {
            size_t at = row * test->outputs + k;
            const label *said = &train->targets[k].labels[(size_t)predicted[at]];
            const label *is = &test->targets[k].labels[test->y_class[at]];
            all = all && label_compare(said, is) == 0;
        }
        right += all;
    }
    return share((double)right, (double)test->rows);
}

static bool run_fold(const train_params *params, const train_data *data, const train_options *options,
                     const uint32_t *fold_of, size_t fold, double *score, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_TRAIN_ARENA_BYTES);
    uint32_t *train_rows = arena_alloc_array(&a, data->rows, sizeof *train_rows),
             *test_rows = arena_alloc_array(&a, data->rows, sizeof *test_rows);
    if (!train_rows || !test_rows)
        return err_set(e, ERR_MEMORY, "no memory for a fold of %zu rows", data->rows);
    size_t train_count = 0, test_count = 0;
    for (uint32_t row = 0; row < data->rows; row++) {
        if (fold_of[row] == fold)
            test_rows[test_count++] = row;
        else
            train_rows[train_count++] = row;
    }
    train_data train, test;
    AUTO(forest_free) forest *f = NULL;
    AUTO(predictor_free) predictor *p = NULL;
    double *predicted;
    if (!dataset_take(&a, data, train_rows, train_count, &train, e) ||
        !dataset_take(&a, data, test_rows, test_count, &test, e) ||
        (data->y_class && !forget_absent(&a, &train, e)) || !forest_fit(params, &train, options, &f, e) ||
        !predictor_new(f, &p, e) || !predict_all(&a, p, &test, &predicted, NULL, e))
        return false;
    quality q = {.rows = test.rows, .output_count = test.outputs};
    q.outputs = arena_alloc_array(&a, test.outputs, sizeof *q.outputs);
    if (!q.outputs) return err_set(e, ERR_MEMORY, "no memory for the score of a fold");
    if (data->y_class)
        q.score = fold_accuracy(&test, &train, predicted);
    else if (!judge_numbers(&a, &test, predicted, &q, e))
        return false;
    *score = q.score;
    return true;
}

bool model_cross_validate(const train_params *params, const train_data *data, const train_options *options,
                          const cross_validation *cv, double *scores, err *e)
{
    if (cv->folds < 2 || cv->folds > data->rows)
        return err_set(e, ERR_UNPROCESSABLE, "--cv must be 2 to the number of rows (%zu), not %zu",
                       data->rows, cv->folds);
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_TRAIN_ARENA_BYTES);
    uint32_t *fold_of = arena_alloc_array(&a, data->rows, sizeof *fold_of);
    if (!fold_of) return err_set(e, ERR_MEMORY, "no memory for the folds of %zu rows", data->rows);
    if (!data->y_class || data->outputs > 1)
        plain_folds(data, cv->folds, fold_of);
    else if (!stratified_folds(&a, data, cv->folds, fold_of, e))
        return false;
    train_options quiet = *options;
    quiet.progress = NULL;
    quiet.warm = NULL;
    for (size_t fold = 0; fold < cv->folds; fold++) {
        if (!run_fold(params, data, &quiet, fold_of, fold, &scores[fold], e))
            return err_wrap(e, "fold %zu", fold + 1);
        if (cv->progress) cv->progress(cv->progress_arg, fold + 1, cv->folds);
    }
    return true;
}
