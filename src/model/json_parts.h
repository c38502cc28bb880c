/*
 * model/json_parts.h - between the writers of estimators (json_write.c) and of boosters (json_booster.c) as JSON.
 */
#ifndef MODEL_JSON_PARTS_H
#define MODEL_JSON_PARTS_H

#include "model/model.h"

#include "base/buf.h"

enum { JSON_DEPTH = 48 };

/* XGBoost's document (JSON, UBJSON, binary), or LightGBM's text. */
bool booster_json(bytes file, buf *out, err *e) MUST_USE;

#endif
