/*
 * model/booster/booster.h - what the readers of boosted ensembles share.
 */
#ifndef MODEL_BOOSTER_BOOSTER_H
#define MODEL_BOOSTER_BOOSTER_H

#include "kind.h"

bool xgboost_model_read(bytes file, model **out, err *e) MUST_USE;
bool lightgbm_model_read(bytes file, model **out, err *e) MUST_USE;

/* Labels 0 .. classes-1, as both libraries number them; `classes` 0: a regressor of `targets` numbers. Fills classes, targets and the outputs it gives. */
bool booster_describe(model *m, size_t classes, size_t targets, err *e) MUST_USE;

#endif
