/*
 * format/catboost/catboost.h - CatBoost's binary models (.cbm).
 */
#ifndef FORMAT_CATBOOST_CATBOOST_H
#define FORMAT_CATBOOST_CATBOOST_H

#include "format/format.h"

extern const model_format format_catboost, format_catboost_json;

#endif
