/*
 * model/settings.h - parameters and data turned into the numbers a fit runs on.
 */
#ifndef MODEL_SETTINGS_H
#define MODEL_SETTINGS_H

#include "grow.h"

/* Memory of the arrays inside is the arena's. Refuses what scikit-learn refuses (ERR_UNPROCESSABLE) and what is not reproduced (ERR_UNSUPPORTED). */
bool settings_make(arena *a, const train_params *p, const train_data *data, fit_settings *out,
                   err *e) MUST_USE;

/* Weights of the rows before any tree: sample_weight times class_weight; *weights NULL when there are none. */
bool settings_weights(arena *a, const train_params *p, const train_data *data, const double **weights,
                      err *e) MUST_USE;
bool settings_balanced_subsample(const train_params *p);
/* How many rows a bootstrap draws. `weights` as the fit has them. */
bool settings_bootstrap_count(const train_params *p, const compat *c, size_t rows, const double *weights,
                              size_t *count, err *e) MUST_USE;
bool settings_wants_oob(const train_params *p);
double pairwise_sum(const double *x, size_t count); /* numpy's order of addition */
/* sum(axis=0) of one of `columns` columns: numpy adds several of them row by row, a single one as above. */
double column_sum(const double *x, size_t count, size_t columns);

#endif
