/*
 * model/json_write.h - an estimator as JSON: everything its pickle holds, readable by any program and by people.
 *
 * {"schema":"assay.estimator/1","library","version","estimator":{"class":"sklearn.linear_model._logistic.LogisticRegression","attributes":{...}}}. Objects inside are the same
 * again, with "arguments" or "items" where they were made of some; arrays {"dtype","shape","data"} with the numbers row after row, or, for records, one list per field; numbers are the shortest that read back as themselves,
 * those that JSON has no word for are "NaN", "Infinity", "-Infinity"; bytes are {"base64"} with the letters of URLs; integers have all their digits, be they longer than 64 bits; keys of dicts that are numbers are their text.
 *
 * Of a booster's file the attributes are XGBoost's own document ("xgboost.core.Booster"), or LightGBM's lines ("lightgbm.basic.Booster"): "head" with a text for each name, "trees" with a list of
 * numbers for each name.
 */
#ifndef MODEL_JSON_WRITE_H
#define MODEL_JSON_WRITE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* A pickle or joblib file of an estimator that model_read understands, or a booster's own file. Hostile bytes: in a sandboxed process only. */
bool estimator_json(bytes file, buf *out, err *e) MUST_USE;

#endif
