/*
 * model/coupling.h - probabilities of a support vector machine with several classes, from the decisions of its pairs, after libsvm.
 */
#ifndef MODEL_COUPLING_H
#define MODEL_COUPLING_H

#include <stddef.h>

/* pairs: a decision for each pair of n classes, (0,1) (0,2) ... (1,2) ...; a, b: the sigmoid of each. At most so many rounds. work: 2 n n + n numbers; out: n. */
void coupled_probabilities(size_t n, size_t rounds, const double *pairs, const double *a, const double *b,
                           double *work, double *out);

#endif
