/*
 * format/xgboost/xgboost.h - XGBoost's own files: JSON, UBJSON, and the binary form of before 2.1.
 */
#ifndef FORMAT_XGBOOST_XGBOOST_H
#define FORMAT_XGBOOST_XGBOOST_H

#include "codec/ubjson.h"
#include "format/format.h"

extern const model_format format_xgboost;

/* What a file of either kind tells of itself. */
typedef struct xgboost_facts {
    str version, objective, booster;
    uint64_t trees, features, classes;
} xgboost_facts;

bool xgboost_is_binary(bytes content);
/* ERR_INVALID or ERR_TRUNCATED when it is damaged. */
bool xgboost_binary_read(arena *a, bytes content, xgboost_facts *facts, err *e) MUST_USE;
/* What a prediction needs of it, in the shape of a document; it is read by the above first. */
bool xgboost_binary_document(arena *a, bytes content, ubjson_value *out, err *e) MUST_USE;

#endif
