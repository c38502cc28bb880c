/*
 * model/r2.h - scikit-learn's r2_score of one output, with its order of additions.
 */
#ifndef MODEL_R2_H
#define MODEL_R2_H

#include <stddef.h>

/* Column `output` of rows with `outputs` numbers each. `scratch` has room for two numbers per row. */
typedef struct r2_column {
    const double *y, *predicted;
    size_t rows, outputs, output;
} r2_column;
double r2_score(const r2_column *column, double *scratch);

#endif
