/*
 * model/train.h - fitting forests with the bits scikit-learn would give.
 *
 * Every draw, comparison and sum follows the order that scikit-learn of the chosen version has, so that structure, thresholds, impurities and values are
 * equal bit for bit. The number of threads never changes the result.
 */
#ifndef MODEL_TRAIN_H
#define MODEL_TRAIN_H

#include "model/params.h"

typedef struct train_data {
    const float *
        x; /* column after column: x[feature * rows + row]; NaN is a missing value, infinities were refused */
    size_t rows, features;
    const uint32_t *y_class; /* classifiers: index into the sorted labels */
    size_t classes;
    const label *labels;    /* the sorted labels, `classes` of them */
    const double *y_number; /* regressors */
    const double *weights;  /* sample_weight, or NULL */
    const str *names;       /* of the features, or NULL */
} train_data;

typedef struct train_options {
    unsigned threads;    /* 0: one per core */
    uint32_t drawn_seed; /* stands for random_state=None */
    bool
        square_by_pow; /* square means through libm's pow, as some builds of 1.9 do: last bits of regression impurities */
} train_options;

/* Fails with ERR_UNPROCESSABLE for parameters or data that scikit-learn refuses too, ERR_UNSUPPORTED for what only Assay cannot do, ERR_MEMORY. */
bool forest_fit(const train_params *params, const train_data *data, const train_options *options,
                forest **out, err *e) MUST_USE;

#endif
