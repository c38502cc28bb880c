/*
 * model/parting.h - rows to the left and to the right of a threshold, in the order that scikit-learn's two pointers leave them in.
 */
#ifndef MODEL_PARTING_H
#define MODEL_PARTING_H

#include "base/err.h"

typedef struct parting {
    uint8_t *left; /* by place in the node: does the row go left? To be filled before parting_apply. */
    uint32_t *places, *right; /* places: of the rows in front that go right */
} parting;

bool parting_init(parting *p, size_t rows, err *e) MUST_USE;
void parting_done(parting *p);
/* Gives how many went left. */
size_t parting_apply(parting *p, uint32_t *rows, size_t count);

#endif
