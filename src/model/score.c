/*
 * model/score.c - predictions of the rows, block by block, compared with what is known.
 */
#include "model/score.h"

#include <math.h>
#include <stdlib.h>

enum { SCORE_ROWS = 1024 };

/* What was predicted: an index per output, or a number. */
static void keep_row(const predictor *p, const train_data *data, size_t row, const double *out,
                     double *predicted)
{
    for (size_t k = 0; k < data->outputs; k++)
        predicted[row * data->outputs + k] = data->y_class ? (double)predictor_argmax_of(p, k, out) : out[k];
}

static double accuracy(const train_data *data, const double *predicted)
{
    size_t right = 0;
    for (size_t row = 0; row < data->rows; row++) {
        bool all = true;
        for (size_t k = 0; k < data->outputs; k++) {
            size_t at = row * data->outputs + k;
            all = all && predicted[at] == (double)data->y_class[at];
        }
        right += all;
    }
    return (double)right / (double)data->rows;
}

static double r2(const train_data *data, const double *predicted)
{
    double sum = 0;
    for (size_t k = 0; k < data->outputs; k++) {
        double mean = 0, missed = 0, spread = 0;
        for (size_t i = k; i < data->rows * data->outputs; i += data->outputs)
            mean += data->y_number[i] / (double)data->rows;
        for (size_t i = k; i < data->rows * data->outputs; i += data->outputs) {
            missed += (data->y_number[i] - predicted[i]) * (data->y_number[i] - predicted[i]);
            spread += (data->y_number[i] - mean) * (data->y_number[i] - mean);
        }
        sum += spread > 0 ? 1 - missed / spread : NAN;
    }
    return sum / (double)data->outputs;
}

bool model_score(const predictor *p, const train_data *data, double *score, err *e)
{
    size_t outputs = predictor_outputs(p);
    float *rows = calloc(SCORE_ROWS * data->features, sizeof *rows);
    double *out = calloc(SCORE_ROWS * outputs, sizeof *out);
    double *predicted = calloc(data->rows * data->outputs, sizeof *predicted);
    bool ok = rows && out && predicted ? true : err_set(e, ERR_MEMORY, "no memory to score a model");
    for (size_t done = 0; ok && done < data->rows; done += SCORE_ROWS) {
        size_t part = data->rows - done < SCORE_ROWS ? data->rows - done : SCORE_ROWS;
        for (size_t i = 0; i < part; i++)
            for (size_t f = 0; f < data->features; f++)
                rows[i * data->features + f] = data->x[f * data->rows + done + i];
        ok = predictor_run(p, rows, part, out, e);
        for (size_t i = 0; ok && i < part; i++) keep_row(p, data, done + i, out + i * outputs, predicted);
    }
    free(rows);
    free(out);
    if (ok) *score = data->y_class ? accuracy(data, predicted) : r2(data, predicted);
    free(predicted);
    return ok;
}
