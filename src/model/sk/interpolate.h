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

#endif
