/*
 * model/roc.h - the curves of a classifier; private to the model module.
 */
#ifndef MODEL_ROC_H
#define MODEL_ROC_H

#include "model/evaluate.h"

/* Of one target with two to ten classes. */
bool roc_is_drawn(const train_data *d);
/* `probabilities`: of each row one for each class. Memory is the arena's. */
bool roc_draw(arena *a, const train_data *d, const double *probabilities, output_quality *o, err *e) MUST_USE;

#endif
