/*
 * model/oob.h - bootstraps, what the rows left out by them say of a forest, and the trees that a warm start begins with.
 */
#ifndef MODEL_OOB_H
#define MODEL_OOB_H

#include "model/train.h"

typedef struct bootstrap_plan {
    size_t rows, draws; /* draws 0: every tree sees every row */
    const double *cdf;  /* weighted draws: cumulated shares; NULL: all rows alike */
} bootstrap_plan;

/* How often each row was drawn for the tree with that seed. */
void bootstrap_draw(const bootstrap_plan *b, uint32_t seed, double *counts);

/* oob_score_ and oob_decision_function_ or oob_prediction_, into f->oob. */
bool oob_compute(const bootstrap_plan *b, const train_data *data, forest *f, err *e) MUST_USE;

/* Trees of a fitted forest become the first of `f`; *taken of them. Refuses what scikit-learn's second fit with warm_start=True could not go on from. */
bool warm_take_trees(const train_params *p, const forest *from, forest *f, size_t *taken, err *e) MUST_USE;

#endif
