/*
 * model/booster/booster.h - what the readers of boosted ensembles share.
 */
#ifndef MODEL_BOOSTER_BOOSTER_H
#define MODEL_BOOSTER_BOOSTER_H

#include "kind.h"
#include "onnx/build.h"

bool xgboost_model_read(bytes file, model **out, err *e) MUST_USE;
bool lightgbm_model_read(bytes file, model **out, err *e) MUST_USE;
/* Of so many iterations; 0: all. */
bool lightgbm_model_read_first(bytes file, size_t iterations, model **out, err *e) MUST_USE;

/* The reader of a class in a pickle (model/sk/sk.h), or NULL. */
struct sk_class;
const struct sk_class *booster_class_find(str module, str name);

/* The answers of a booster as ONNX, from its sums. */
typedef enum booster_link {
    BOOSTER_VALUE,
    BOOSTER_SIGMOID,
    BOOSTER_EXP,
    BOOSTER_HINGE,
    BOOSTER_TWO_CLASSES,
    BOOSTER_CLASSES
} booster_link;
void booster_draw(onnx_build *b, onnx_ref raw, booster_link link, onnx_answers *out);

/* Labels 0 .. classes-1, as both libraries number them; `classes` 0: a regressor of `targets` numbers. Fills classes, targets and the outputs it gives. */
bool booster_describe(model *m, size_t classes, size_t targets, err *e) MUST_USE;

#endif
