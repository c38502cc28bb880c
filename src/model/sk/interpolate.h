/*
 * model/sk/interpolate.h - lines between points, as isotonic regression has them.
 */
#ifndef MODEL_SK_INTERPOLATE_H
#define MODEL_SK_INTERPOLATE_H

#include "sk/sk.h"

typedef struct isotonic {
    double *x, *y;
    size_t count;
    double least, most;
    bool clips, refuses; /* what is outside; else that gives no number */
} isotonic;

/* Out of an IsotonicRegression. */
void isotonic_read(sk *s, const pickle_value *v, isotonic *out);
double isotonic_at(const isotonic *f, double x);
onnx_ref isotonic_draw(onnx_build *b, const isotonic *f, onnx_ref x); /* x: [N, 1] */
/* numpy.interp of a column: `n` points, xp in order. [N, 1] */
onnx_ref interpolation_draw(onnx_build *b, onnx_ref x, const double *xp, const double *fp, size_t n);

#endif
