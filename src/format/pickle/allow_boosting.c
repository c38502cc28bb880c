/*
 * format/pickle/allow_boosting.c - boosting.
 */
#include "pickle/allow.h"

static const allow_row rows[] = {
    {"xgboost.core", "Booster", &rule_class},
};
const allow_table allow_boosting = {"boosting", rows, COUNT_OF(rows)};
