/*
 * model/quick.h - quick ways of both splitters, where they give the same bits: see quick.c and quick_sums.c.
 */
#ifndef MODEL_QUICK_H
#define MODEL_QUICK_H

#include "grow.h"

/* The way for a tree of these row weights (NULL: ones). */
quick_kind quick_kind_of(const train_data *data, const fit_settings *set, const double *weights);
bool quick_init(grower *g, quick_kind kind, err *e) MUST_USE; /* after the lists, if any, are kept */
void quick_done(quick *q);

void quick_start(grower *g); /* the node that criterion_start has seen */
/* Finds the feature's values; then quick_search looks for its best threshold. */
bool quick_is_constant(grower *g, const search *s);
void quick_search(grower *g, search *s);
/* The random splitter's one threshold of a feature whose values it gathered; samples stay where they are. */
void quick_count(grower *g, search *s, double threshold);
/* All features were tried: the samples are brought into the order of the last. */
void quick_settle(grower *g);
/* The samples were parted: so are the lists. `from`: the first of g->features that is worth it. */
void quick_part(grower *g, const search *s, size_t from);

/* The parts of QUICK_SUMS. */
bool sums_init(grower *g, err *e) MUST_USE;
bool sums_is_constant(grower *g, const search *s);
void sums_search(grower *g, search *s);

#endif
