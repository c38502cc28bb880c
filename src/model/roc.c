/*
 * model/roc.c - curves of each class against the others: roc_curve and roc_auc_score, precision_recall_curve and average_precision_score of scikit-learn.
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
static void keep_point(curve_point *points, size_t *count, curve_point p, bool is_last)
{
    double step = 1.0 / POINTS_MOST;
    const curve_point *before = &points[*count - 1];
    bool is_far = p.x - before->x >= step || p.y - before->y >= step;
    if (is_far || is_last) points[(*count)++] = p;
}

/* Precision goes up and down: of the steps within a two-hundredth of recall the last is kept. */
static void keep_precision(class_curves *c, curve_point p)
{
    size_t n = c->precision_count;
    if (n > 0 && p.x - c->precision[n - 1].x < 1.0 / POINTS_MOST &&
        (n == 1 || p.x - c->precision[n - 2].x < 1.0 / POINTS_MOST))
        c->precision[n - 1] = p;
    else
        c->precision[c->precision_count++] = p;
}

static bool draw_curve(arena *a, scored *rows, size_t count, class_curves *out, err *e)
{
    size_t all = 0;
    for (size_t i = 0; i < count; i++) all += rows[i].is_it;
    *out = (class_curves){0};
    if (all == 0 || all == count) return true; /* not defined */
    out->roc = arena_alloc_array(a, 2 * POINTS_MOST + 4, sizeof *out->roc);
    out->precision = arena_alloc_array(a, 2 * POINTS_MOST + 4, sizeof *out->precision);
    if (!out->roc || !out->precision)
        return err_set(e, ERR_MEMORY, "no memory for a curve of %zu rows", count);
    out->roc_count = 1; /* from (0, 0) on */
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
        double recall = (double)right / (double)all, precision = (double)right / (double)(right + wrong);
        out->average_precision += (double)(right - right_before) / (double)all * precision;
        keep_point(out->roc, &out->roc_count, (curve_point){(double)wrong / others, recall}, i == count);
        if (right > right_before || out->precision_count == 0)
            keep_precision(out, (curve_point){recall, precision});
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
    double sum = 0, precision = 0;
    class_curves *curves = arena_alloc_array(a, count, sizeof *curves);
    scored *rows = arena_alloc_array(a, d->rows, sizeof *rows);
    if (!curves || !rows) return err_set(e, ERR_MEMORY, "no memory to evaluate a model");
    for (size_t c = 0; c < count; c++) {
        for (size_t i = 0; i < d->rows; i++)
            rows[i] = (scored){probabilities[i * count + c], d->y_class[i] == c};
        if (!draw_curve(a, rows, d->rows, &curves[c], e)) return false;
        drawn += curves[c].roc_count > 0;
        sum += curves[c].auc;
        precision += curves[c].average_precision;
    }
    o->curves = curves;
    o->has_auc = drawn == count;
    o->auc = count == 2 ? curves[1].auc : sum / (double)count;
    o->average_precision = count == 2 ? curves[1].average_precision : precision / (double)count;
    return true;
}
