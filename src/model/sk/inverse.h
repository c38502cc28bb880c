/*
 * model/sk/inverse.h - a transformer of single numbers, backwards.
 */
#ifndef MODEL_SK_INVERSE_H
#define MODEL_SK_INVERSE_H

#include "sk/compose.h"

typedef enum inverse_kind { INVERSE_FUNCTION, INVERSE_LINE, INVERSE_POWER, INVERSE_QUANTILE } inverse_kind;

typedef struct inverse {
    inverse_kind kind;
    cell_function apply;
    double *times, *plus, *minus, *over; /* x * times + plus; (x - minus) / over; NULL: neither */
    double *lambdas;
    bool is_box_cox, is_normal;
    matrix quantiles; /* quantile x column */
    double *references;
} inverse;

/* Of a transformer of `columns` numbers; what has no inverse here is refused by name. */
void inverse_read(sk *s, const pickle_value *v, size_t columns, inverse *out);
double inverse_of(const inverse *f, size_t column, double x);
onnx_ref inverse_draw(onnx_build *b, const inverse *f, onnx_ref x, size_t columns);

#endif
