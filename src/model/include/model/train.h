/*
 * model/train.h - fitting forests with the bits scikit-learn would give.
 *
 * Every draw, comparison and sum follows the order that scikit-learn of the chosen version has, so that structure, thresholds, impurities and values are
 * equal bit for bit. The number of threads never changes the result.
 */
#ifndef MODEL_TRAIN_H
#define MODEL_TRAIN_H

#include "model/params.h"

/* One output of a classifier. */
typedef struct train_target {
    const label *labels; /* sorted */
    size_t classes;
} train_target;

typedef struct train_data {
    const float *
        x; /* column after column: x[feature * rows + row]; NaN is a missing value, infinities were refused */
    size_t rows, features;
    size_t outputs; /* what a row is asked for: one, or several */
    const uint32_t
        *y_class; /* classifiers: y_class[row * outputs + output] is an index into that output's labels */
    const train_target *targets; /* classifiers: by output */
    const double *y_number;      /* regressors: y_number[row * outputs + output] */
    const double *weights;       /* sample_weight, or NULL */
    const str *names;            /* of the features, or NULL */
    const str *known_names;      /* what people call them, which the model does not carry; or NULL */
    const str *target_names;     /* of the outputs, or NULL */
} train_data;

typedef struct train_options {
    unsigned threads;    /* 0: one per core */
    uint32_t drawn_seed; /* stands for random_state=None */
    bool
        square_by_pow; /* square means through libm's pow, as some builds of 1.9 do: last bits of regression impurities */
    const forest *warm; /* continue this one, as a second fit with warm_start=True does; NULL: from nothing */
    /* NULL, or called after every tree, by any of the threads but by one at a time. */
    void (*progress)(void *arg, size_t done, size_t total);
    void *progress_arg;
} train_options;

/* Fails with ERR_UNPROCESSABLE for parameters or data that scikit-learn refuses too, ERR_UNSUPPORTED for what only Assay cannot do, ERR_MEMORY. */
bool forest_fit(const train_params *params, const train_data *data, const train_options *options,
                forest **out, err *e) MUST_USE;

#endif
