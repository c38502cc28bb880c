/*
 * model/sk/parts.h - what estimators around other estimators ask of them.
 */
#ifndef MODEL_SK_PARTS_H
#define MODEL_SK_PARTS_H

#include "sk/sk.h"

/* A label that is a number, or a truth value. */
bool label_as_number(const label *l, double *out);
bool labels_equal(const label *a, const label *b);
/* Which of the classes it is, or SK_ANY. */
size_t label_find(const model_classes *classes, const label *l);

/* What it predicts, as numbers: of a classifier its labels, which must be numbers. Rows of its targets. NULL on failure. */
double *part_values(const model *part, const model_rows *rows, arena *a, err *e);
/* At reading: the labels of all its targets are numbers. */
void part_must_give_numbers(sk *s, const model *part);
/* The classes of a classifier with one target; NULL and failure otherwise. */
const model_classes *part_classes(sk *s, const model *part);

/* One score per row of a classifier of two classes: its decision, or its probability of the second class. */
typedef enum score_kind { SCORE_DECISION, SCORE_PROBABILITY, SCORE_NUMBER } score_kind;
score_kind part_score_kind(const model *part, bool probability_first);
double *part_scores(const model *part, score_kind kind, const model_rows *rows, arena *a, err *e);

/* The same as ONNX, out of what the part drew: [N, targets], and [N, 1]. A part is drawn once, or parts within parts would be drawn ever so often. */
onnx_ref part_drawn(onnx_build *b, const model *part, const onnx_answers *got, model_output what);
onnx_ref part_drawn_values(onnx_build *b, const model *part, const onnx_answers *got);
onnx_ref part_drawn_scores(onnx_build *b, const model *part, score_kind kind, const onnx_answers *got);

/* Features of the whole are those of the part, unless it says itself. */
void parts_features(sk *s, const model *part);
/* What the part takes, the whole takes; the part looks at the cells. */
void parts_take(sk *s, const model *part);

#endif
