/*
 * model/predict.h - predictions of a forest, with the bits scikit-learn gives (trees added in order).
 *
 * A predictor is a compact copy: 8 bytes a node, thresholds rounded down to float32 (which decides the same for every float32 input), equal leaves
 * stored once; src/model/engine/engine.h runs it. Threads: constant after it was made, shared freely.
 */
#ifndef MODEL_PREDICT_H
#define MODEL_PREDICT_H

#include "model/forest.h"

typedef struct predictor predictor;

bool predictor_new(const forest *f, predictor **out,
                   err *e) MUST_USE; /* f is not needed afterwards, except for its labels */
void predictor_free(predictor *p);
AUTO_FOR(predictor *, predictor_free)

size_t predictor_features(const predictor *p);
size_t predictor_outputs(const predictor *p); /* numbers per row: forest.value_count */
bool predictor_takes_missing(const predictor *p);
size_t predictor_node_count(const predictor *p);

/* Rows of predictor_features() float32 numbers, one row after the other; rows of predictor_outputs() numbers come out: predict_proba, or the value.
 * Fails with ERR_UNPROCESSABLE on a number that is infinite, or missing where the model does not take missing values. */
bool predictor_run(const predictor *p, const float *rows, size_t count, double *out, err *e) MUST_USE;

/* Trees of one number each that are summed: tree t belongs to column t % columns. predictor_add adds them, in order, to what is in `out`. */
bool predictor_new_boosted(const forest *f, size_t columns, predictor **out, err *e) MUST_USE;
bool predictor_add(const predictor *p, const float *rows, size_t count, double *out, err *e) MUST_USE;

/* The class of one row of outputs: the first of the largest. */
size_t predictor_argmax(const predictor *p, const double *outputs);
/* The same of one of several outputs. */
size_t predictor_argmax_of(const predictor *p, size_t output, const double *outputs);

#endif
