/*
 * format/pickle/allow_pandas.c - pandas.
 */
#include "pickle/allow.h"

static const allow_row rows[] = {
    {"pandas.core.indexes.base", "Index", &rule_data},
};
const allow_table allow_pandas = {"pandas", rows, COUNT_OF(rows)};
