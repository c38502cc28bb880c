/*
 * model/roc.c - receiver operating characteristic of each class against the others: roc_curve and roc_auc_score of scikit-learn.
 *
 * Rows of equal probability are one step of the curve; the area is counted in whole pairs of rows, so it is right to the last division.
 */
#include "roc.h"

#include <stdlib.h>

enum { POINTS_MOST = 200, ROC_CLASSES_MAX = 10 };

typedef struct scored {
    double score;
    bool is_it;
} scored;

static int by_score_falling(const void *a, const void *b)
{
    double x = ((const scored *)a)->score, y = ((const scored *)b)->score;
    return (x < y) - (x > y);
}

/* Points nearer than a two-hundredth to the one before are not seen in a drawing. */
static void keep_point(roc *r, roc_point p, bool is_last)
{
    const roc_point *before = &r->points[r->count - 1];
    double step = 1.0 / POINTS_MOST;
    bool is_far = p.false_share - before->false_share >= step || p.true_share - before->true_share >= step;
    if (is_far || is_last) r->points[r->count++] = p;
}

static bool draw_curve(arena *a, scored *rows, size_t count, roc *out, err *e)
{
    size_t all = 0;
    for (size_t i = 0; i < count; i++) all += rows[i].is_it;
    *out = (roc){0};
    if (all == 0 || all == count) return true; /* not defined */
    out->points = arena_alloc_array(a, 2 * POINTS_MOST + 4, sizeof *out->points);
    if (!out->points) return err_set(e, ERR_MEMORY, "no memory for a curve of %zu rows", count);
    out->count = 1; /* from (0, 0) on */
    qsort(rows, count, sizeof *rows, by_score_falling);
    double others = (double)(count - all), doubled = 0;
    size_t right = 0, wrong = 0;
    for (size_t i = 0; i < count;) {
        size_t right_before = right, wrong_before = wrong;
        double score = rows[i].score;
        for (; i < count && rows[i].score == score; i++) {
            right += rows[i].is_it;
            wrong += !rows[i].is_it;
        }
        doubled += (double)(wrong - wrong_before) * (double)(right + right_before);
        keep_point(out, (roc_point){(double)wrong / others, (double)right / (double)all}, i == count);
    }
    out->auc = doubled / 2 / ((double)all * others);
    return true;
}

bool roc_is_drawn(const train_data *d)
{
    return d->y_class && d->outputs == 1 && d->targets[0].classes >= 2 &&
           d->targets[0].classes <= ROC_CLASSES_MAX;
}

bool roc_draw(arena *a, const train_data *d, const double *probabilities, output_quality *o, err *e)
{
    size_t count = d->targets[0].classes, drawn = 0;
    double sum = 0;
    roc *curves = arena_alloc_array(a, count, sizeof *curves);
    scored *rows = arena_alloc_array(a, d->rows, sizeof *rows);
    if (!curves || !rows) return err_set(e, ERR_MEMORY, "no memory to evaluate a model");
    for (size_t c = 0; c < count; c++) {
        for (size_t i = 0; i < d->rows; i++)
            rows[i] = (scored){probabilities[i * count + c], d->y_class[i] == c};
        if (!draw_curve(a, rows, d->rows, &curves[c], e)) return false;
        drawn += curves[c].count > 0;
        sum += curves[c].auc;
    }
    o->curves = curves;
    o->has_auc = drawn == count;
    o->auc = count == 2 ? curves[1].auc : sum / (double)count;
    return true;
}
