/*
 * model/read_parts.h - the pieces of forest_read.
 */
#ifndef MODEL_READ_PARTS_H
#define MODEL_READ_PARTS_H

#include "format/pickle.h"
#include "model/forest.h"

/* An integer, plain or a numpy scalar. `name` for the message. */
bool read_integer(arena *a, const pickle_value *object, const char *name, int64_t *out, err *e) MUST_USE;
/* One item of an array as a number, at a byte offset of its data. Integer kinds up to 8 bytes; 'f' of 4 or 8. */
int64_t array_integer(const pickle_ndarray *array, uint64_t offset, size_t item_bytes, char type);
double array_float(const pickle_ndarray *array, uint64_t offset, size_t item_bytes);

/* classes_ and feature_names_in_ */
bool read_labels(arena *scratch, const pickle_value *v, forest *f, err *e) MUST_USE;
bool read_names(arena *scratch, const pickle_value *v, forest *f, err *e) MUST_USE;

/* A `Tree` object. *nodes_left is lowered by what was read. */
bool read_tree(arena *scratch, const pickle_value *v, const forest *f, tree *out, uint64_t *nodes_left,
               err *e) MUST_USE;

#endif
