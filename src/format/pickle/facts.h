/*
 * format/pickle/facts.h - what the object of a pickle is, as facts of the report.
 */
#ifndef FORMAT_PICKLE_FACTS_H
#define FORMAT_PICKLE_FACTS_H

#include "format/pickle.h"

/* `v` is the result of a stream, or NULL. */
bool pickle_facts(arena *a, const pickle_value *v, report *r, err *e) MUST_USE;

#endif
