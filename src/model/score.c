/*
 * model/score.c - predictions of the rows, block by block, compared with what is known.
 */
#include "model/score.h"

#include <math.h>
#include <stdlib.h>

enum { SCORE_ROWS = 1024 };

typedef struct tally {
    size_t right;
    double squares; /* of the errors */
} tally;

static void count_row(const predictor *p, const train_data *data, size_t row, const double *out, tally *t)
{
    if (data->y_class) {
        t->right += predictor_argmax(p, out) == data->y_class[row];
        return;
    }
    double miss = data->y_number[row] - out[0];
    t->squares += miss * miss;
}

static double finish(const train_data *data, const tally *t)
{
    if (data->y_class) return (double)t->right / (double)data->rows;
    double mean = 0, spread = 0;
    for (size_t i = 0; i < data->rows; i++) mean += data->y_number[i] / (double)data->rows;
    for (size_t i = 0; i < data->rows; i++) spread += (data->y_number[i] - mean) * (data->y_number[i] - mean);
    return spread > 0 ? 1 - t->squares / spread : NAN;
}

bool model_score(const predictor *p, const train_data *data, double *score, err *e)
{
    size_t outputs = predictor_outputs(p);
    float *rows = calloc(SCORE_ROWS * data->features, sizeof *rows);
    double *out = calloc(SCORE_ROWS * outputs, sizeof *out);
    bool ok = rows && out ? true : err_set(e, ERR_MEMORY, "no memory to score a model");
    tally t = {0};
    for (size_t done = 0; ok && done < data->rows; done += SCORE_ROWS) {
        size_t part = data->rows - done < SCORE_ROWS ? data->rows - done : SCORE_ROWS;
        for (size_t i = 0; i < part; i++)
            for (size_t f = 0; f < data->features; f++)
                rows[i * data->features + f] = data->x[f * data->rows + done + i];
        ok = predictor_run(p, rows, part, out, e);
        for (size_t i = 0; ok && i < part; i++) count_row(p, data, done + i, out + i * outputs, &t);
    }
    free(rows);
    free(out);
    if (ok) *score = finish(data, &t);
    return ok;
}
