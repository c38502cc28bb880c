/*
 * model/random.c - MT19937 (Matsumoto and Nishimura 1998) seeded and drawn from as numpy's legacy RandomState does.
 */
#include "random.h"

#include <assert.h>

void mt19937_seed(mt19937 *g, uint32_t seed)
{
    g->key[0] = seed;
    for (uint32_t i = 1; i < 624; i++) g->key[i] = 1812433253u * (g->key[i - 1] ^ (g->key[i - 1] >> 30)) + i;
    g->at = 624;
}

static void regenerate(mt19937 *g)
{
    for (unsigned i = 0; i < 624; i++) {
        uint32_t mixed = (g->key[i] & 0x80000000u) | (g->key[(i + 1) % 624] & 0x7fffffffu);
        g->key[i] = g->key[(i + 397) % 624] ^ (mixed >> 1) ^ (mixed & 1 ? 0x9908b0dfu : 0);
    }
    g->at = 0;
}

uint32_t mt19937_next(mt19937 *g)
{
    if (g->at >= 624) regenerate(g);
    uint32_t y = g->key[g->at++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

double mt19937_double(mt19937 *g)
{
    uint32_t a = mt19937_next(g) >> 5;
    uint32_t b = mt19937_next(g) >> 6;
    return ((double)a * 67108864.0 + (double)b) / 9007199254740992.0;
}

uint32_t mt19937_below(mt19937 *g, uint32_t below)
{
    assert(below >= 1);
    uint32_t range = below - 1;
    if (range == 0) return 0;
    uint32_t mask = UINT32_MAX >> __builtin_clz(range);
    for (;;) { /* each turn ends with a chance of at least one half */
        uint32_t drawn = mt19937_next(g) & mask;
        if (drawn <= range) return drawn;
    }
}

void mt19937_shuffle(mt19937 *g, uint32_t *items, size_t count)
{
    for (size_t i = count; i-- > 1;) {
        uint32_t j = mt19937_below(g, (uint32_t)i + 1);
        uint32_t kept = items[i];
        items[i] = items[j];
        items[j] = kept;
    }
}

uint32_t xorshift_next(uint32_t *state)
{
    uint32_t s = *state ? *state : 1;
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    *state = s;
    return s & 0x7fffffffu;
}
