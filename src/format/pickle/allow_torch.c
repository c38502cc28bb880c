/*
 * format/pickle/allow_torch.c - torch.
 */
#include "pickle/allow.h"

static const allow_row rows[] = {
    {"torch", "FloatStorage", &rule_data},
};
const allow_table allow_torch = {"torch", rows, COUNT_OF(rows)};
