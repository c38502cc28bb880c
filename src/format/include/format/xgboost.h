/*
 * format/xgboost.h - the documents that XGBoost writes (1.0 and later): {"learner": {...}, "version": [...]}, as JSON or as UBJSON.
 *
 * What xgboost_document_read hands out was held against the format: each tree's lists are of one length, its links make a tree, its features
 * and categories exist. Numbers within texts ("num_nodes": "9") are XGBoost's own habit.
 */
#ifndef FORMAT_XGBOOST_H
#define FORMAT_XGBOOST_H

#include "codec/ubjson.h"

typedef enum xgboost_booster { XGBOOST_TREES, XGBOOST_DART, XGBOOST_LINEAR } xgboost_booster;

typedef struct xgboost_document {
    ubjson_value root;
    const ubjson_value *learner, *params; /* learner_model_param */
    xgboost_booster booster;
    const ubjson_value *model;       /* of the booster: "trees" and "tree_info", or "weights" */
    const ubjson_value *weight_drop; /* of dart, else NULL */
    size_t trees;                    /* of XGBOOST_TREES and XGBOOST_DART */
    uint64_t features,
        classes; /* as the model's parameters say; classes is 0 for regression and two classes */
} xgboost_document;

bool xgboost_is_document(bytes content);
/* The binary form of before 2.1, which is read as a document too; a start that is a sum already is `base_margin`. */
bool xgboost_is_binary_file(bytes content);
/* Fails with ERR_INVALID or ERR_TRUNCATED when it is no model that XGBoost would take, ERR_TOO_LARGE, ERR_MEMORY. */
bool xgboost_document_read(arena *a, bytes content, xgboost_document *out, err *e) MUST_USE;
/* A whole number, given as such or as text. */
bool xgboost_number(const ubjson_value *object, const char *name, int64_t *number);

#endif
