/*
 * model/quick.h - the quick way of the best splitter, where it gives the same bits. See quick.c.
 */
#ifndef MODEL_QUICK_H
#define MODEL_QUICK_H

#include "grow.h"

/* Would every sum of this tree be a whole number that a double holds exactly? */
bool quick_fits(const train_data *data, const fit_settings *set, const double *weights);
bool quick_init(quick *q, size_t rows, size_t classes, err *e) MUST_USE;
void quick_done(quick *q);

/* Sorts g->values and g->samples from `start` on, if that has one result only. */
bool quick_sort_distinct(grower *g, size_t start, size_t count) MUST_USE;

void quick_start(grower *g); /* the node that criterion_start has seen */
/* Gathers the feature's values; then quick_search looks for its best threshold. */
bool quick_is_constant(grower *g, const search *s);
void quick_search(grower *g, search *s);

#endif
