/*
 * model/sk/compose.h - estimators that stand for what is in them.
 */
#ifndef MODEL_SK_COMPOSE_H
#define MODEL_SK_COMPOSE_H

#include "sk/sk.h"

/* The part answers for the whole, in everything. */
void sk_stands_for(sk *s, const model *part);
/* Marks the columns that it must be given as text when it is written as ONNX. */
void sk_texts_of(const model *m, bool *is_text);
/* A FunctionTransformer without a function: what goes in comes out. */
bool sk_hands_on(const model *m);
/* Columns of a ColumnTransformer: their names (none before 1.0 without a table), how many there are, and those that one part gets. */
typedef struct chosen_columns {
    size_t *at;
    size_t count;
} chosen_columns;
model_classes sk_column_names(sk *s);
size_t sk_column_total(sk *s);
chosen_columns sk_columns_of(sk *s, const pickle_value *v, const model_classes *names, size_t total);
/* A transformer that keeps some of the features; `keep` has a flag for each. */
void sk_selects(sk *s, const bool *keep, size_t features);
/* What a FunctionTransformer does to a number: nothing for None, a function of numpy; NULL: code. */
typedef double (*cell_function)(double x);
cell_function sk_cell_function(const pickle_value *v);
onnx_ref sk_cell_draw(onnx_build *b, cell_function apply, onnx_ref x);
/* None or 'passthrough': a step that is none. */
bool sk_passes_through(const pickle_value *v);

#endif
