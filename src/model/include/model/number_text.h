/*
 * model/number_text.h - numbers and labels as JSON, in Python's notation.
 */
#ifndef MODEL_NUMBER_TEXT_H
#define MODEL_NUMBER_TEXT_H

#include "codec/json.h"
#include "model/forest.h"

/* A double as Python's repr writes it: "0.1", "1e-05", "3.0". Finite ones only: JSON has no others. */
typedef struct number_text {
    char text[40];
} number_text;
number_text number_repr(double number);
/* A label as JSON. */
bool label_json(const label *l, buf *out, err *e) MUST_USE;

#endif
