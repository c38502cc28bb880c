/*
 * model/read_parts.h - the pieces of forest_read.
 */
#ifndef MODEL_READ_PARTS_H
#define MODEL_READ_PARTS_H

#include "base/buf.h"
#include "format/pickle.h"
#include "model/model.h"

/* The value of a pickle or joblib file that would execute nothing; refused otherwise. It lives in the arena, in `unpacked` and in `file`. */
bool read_pickled(arena *a, bytes file, buf *unpacked, const pickle_value **out, err *e) MUST_USE;

/* A forest or tree out of its value. */
bool forest_of_value(arena *scratch, const pickle_value *v, forest **out, err *e) MUST_USE;
/* Assay's own form; the file stays mapped as long as the model lives. */
bool native_model_read(bytes file, model **out, err *e) MUST_USE;
bool forest_model_read(arena *scratch, const pickle_value *v, model **out, err *e) MUST_USE;

/* An integer, plain or a numpy scalar. `name` for the message. */
bool read_integer(arena *a, const pickle_value *object, const char *name, int64_t *out, err *e) MUST_USE;
/* One item of an array as a number, at a byte offset of its data. Integer kinds up to 8 bytes; 'f' of 4 or 8. */
int64_t array_integer(const pickle_ndarray *array, uint64_t offset, size_t item_bytes, char type);
double array_float(const pickle_ndarray *array, uint64_t offset, size_t item_bytes);

/* classes_ of one output, and feature_names_in_ */
bool read_labels(arena *scratch, const pickle_value *v, forest *f, forest_output *out, err *e) MUST_USE;
/* Labels of any array, into `memory`. Missing ones (None, NaN) are LABEL_FLOAT NaN, where they may be. */
bool read_label_array(arena *scratch, arena *memory, const pickle_value *v, bool takes_missing, label **out,
                      size_t *count, err *e) MUST_USE;
bool read_names(arena *scratch, const pickle_value *v, forest *f, err *e) MUST_USE;

/* A `Tree` object. *nodes_left is lowered by what was read. */
bool read_tree(arena *scratch, const pickle_value *v, const forest *f, tree *out, uint64_t *nodes_left,
               err *e) MUST_USE;

#endif
