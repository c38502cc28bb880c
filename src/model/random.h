/*
 * model/random.h - the two generators behind a fit: numpy's MT19937 and the splitter's xorshift.
 */
#ifndef MODEL_RANDOM_H
#define MODEL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct mt19937 {
    uint32_t key[624];
    unsigned at;
} mt19937;

void mt19937_seed(mt19937 *g, uint32_t seed); /* numpy.random.RandomState(int) */
uint32_t mt19937_next(mt19937 *g);
double mt19937_double(mt19937 *g); /* [0, 1) with 53 bits */
/* RandomState.randint(0, below): masked rejection, no draw at all for below == 1. below >= 1. */
uint32_t mt19937_below(mt19937 *g, uint32_t below);
/* RandomState.shuffle of indices: Fisher-Yates from the end. */
void mt19937_shuffle(mt19937 *g, uint32_t *items, size_t count);

uint32_t xorshift_next(uint32_t *state); /* 31 bits */
static inline uint32_t xorshift_int(uint32_t *state, uint32_t low, uint32_t high)
{
    return low + xorshift_next(state) % (high - low);
}
/* Multiply, then divide, then add: the order is part of the result. */
static inline double xorshift_uniform(uint32_t *state, double low, double high)
{
    return ((high - low) * (double)xorshift_next(state) / 2147483647.0) + low;
}

enum { SEED_RANGE = 2147483647 }; /* seeds of trees and splitters are drawn below this */

#endif
