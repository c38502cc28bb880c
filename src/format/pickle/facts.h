/*
 * format/pickle/facts.h - what the object of a pickle is, as facts of the report.
 */
#ifndef FORMAT_PICKLE_FACTS_H
#define FORMAT_PICKLE_FACTS_H

#include "format/pickle.h"

/* `v` is the result of a stream, or NULL. */
bool pickle_facts(arena *a, pickle_value *v, report *r, err *e) MUST_USE;

/* Every array below `v`, named by the way to it ("state.encoder.0.weight"). For converters. */
bool pickle_numbers(arena *a, pickle_value *v, report *r, err *e) MUST_USE;
/* The same with tensors of a library: `tell` is asked first about each value. False from it stops. */
typedef bool (*pickle_tell_tensor)(void *ctx, str name, const pickle_value *v, bool *was_tensor, err *e);
bool pickle_tensors(arena *a, pickle_value *v, pickle_tell_tensor tell, void *ctx, report *r,
                    err *e) MUST_USE;
/* True in *was_array when it is an array of at least one dimension: then it was told. */
bool pickle_tell_array(arena *a, str name, const pickle_value *v, report *r, bool *was_array,
                       err *e) MUST_USE;

#endif
