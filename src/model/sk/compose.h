/*
 * model/sk/compose.h - estimators that stand for what is in them.
 */
#ifndef MODEL_SK_COMPOSE_H
#define MODEL_SK_COMPOSE_H

#include "sk/sk.h"

/* The part answers for the whole, in everything. */
void sk_stands_for(sk *s, const model *part);
/* None or 'passthrough': a step that is none. */
bool sk_passes_through(const pickle_value *v);

#endif
