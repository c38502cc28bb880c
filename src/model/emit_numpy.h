/*
 * model/emit_numpy.h - numpy arrays in a pickle, as numpy itself writes them under protocols 2 to 4.
 */
#ifndef MODEL_EMIT_NUMPY_H
#define MODEL_EMIT_NUMPY_H

#include "emit.h"
#include "model/forest.h"

void emit_array_counting(emitter *w, size_t count); /* 0., 1., 2. ... */
void emit_array_i8(emitter *w, const int64_t *items, size_t count);
void emit_labels(emitter *w, const label *labels, size_t count); /* all of one kind */
void emit_names(emitter *w, const str *names, size_t count);     /* object array of str */
void emit_nodes(emitter *w, const tree *t, bool with_missing);
void emit_values(emitter *w, const tree *t, const forest *f);
/* Doubles of that shape, in C order; at most three dimensions. */
void emit_array_f8(emitter *w, const double *items, const size_t *shape, size_t rank);

#endif
