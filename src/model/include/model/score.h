/*
 * model/score.h - how well a model predicts rows whose answer is known: accuracy, or R2 for regressors.
 */
#ifndef MODEL_SCORE_H
#define MODEL_SCORE_H

#include "model/predict.h"
#include "model/train.h"

/* estimator.score(X, y) of scikit-learn: accuracy of a classifier, R2 of a regressor (not a number when the targets do not vary). */
bool model_score(const predictor *p, const train_data *data, double *score, err *e) MUST_USE;

#endif
