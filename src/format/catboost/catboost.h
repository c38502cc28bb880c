/*
 * format/catboost/catboost.h - CatBoost's models: binary (.cbm), and as JSON.
 */
#ifndef FORMAT_CATBOOST_CATBOOST_H
#define FORMAT_CATBOOST_CATBOOST_H

#include "format/format.h"

/* The finding of a structure that does not hold together. */
bool catboost_broken(report *r, const char *what, err *e) MUST_USE;

extern const model_format format_catboost, format_catboost_json;

#endif
