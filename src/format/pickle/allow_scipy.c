/*
 * format/pickle/allow_scipy.c - scipy.
 */
#include "pickle/allow.h"

static const allow_row rows[] = {
    {"scipy.sparse._csr", "csr_array csr_matrix", &rule_class},
};
const allow_table allow_scipy = {"scipy", rows, COUNT_OF(rows)};
