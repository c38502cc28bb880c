/*
 * model/engine/sums.c - adding leaves: every row adds its trees in order, in double, which is what keeps the bits.
 *
 * The sums of a row stay in registers while a group of trees is added to them.
 */
#include "engine/parts.h"

/* Trees of a group that belong to the same columns. */
typedef struct group {
    const double *values;
    size_t width; /* of a row of values */
    const uint32_t *leaves;
    size_t pitch, trees; /* from one tree to the next; how many */
    double *out;
    size_t stride, rows;
} group;

static inline __attribute__((always_inline)) void add_columns(const group *g, size_t trees, size_t from,
                                                              size_t columns)
{
    for (size_t r = 0; r < g->rows; r++) {
        double *out = g->out + r * g->stride + from, sum[4];
        for (size_t i = 0; i < columns; i++) sum[i] = out[i];
#pragma GCC unroll 8
        for (size_t t = 0; t < trees; t++) {
            const double *value = g->values + (size_t)g->leaves[t * g->pitch + r] * g->width + from;
            for (size_t i = 0; i < columns; i++) sum[i] += value[i];
        }
        for (size_t i = 0; i < columns; i++) out[i] = sum[i];
    }
}

/* The counts are constants in each of these, so that the loops above are unrolled. */
static inline __attribute__((always_inline)) void add_some(const group *g, size_t from, size_t columns)
{
    if (g->trees == TREES_ABREAST)
        add_columns(g, TREES_ABREAST, from, columns);
    else
        add_columns(g, g->trees, from, columns);
}

static void add_group(const group *g, size_t columns)
{
    size_t from = 0;
    for (; from + 4 <= columns; from += 4) add_some(g, from, 4);
    switch (columns - from) {
    case 3: add_some(g, from, 3); break;
    case 2: add_some(g, from, 2); break;
    case 1: add_some(g, from, 1); break;
    default: break;
    }
}

/* The same in float32. (Rounding sums of doubles would give the same, but gcc 12 forgets to, where it makes vectors of two.) */
static void add_singles(const group *g)
{
    for (size_t r = 0; r < g->rows; r++) {
        double *out = g->out + r * g->stride;
        for (size_t i = 0; i < g->width; i++) {
            float sum = (float)out[i];
            for (size_t t = 0; t < g->trees; t++)
                sum += (float)g->values[(size_t)g->leaves[t * g->pitch + r] * g->width + i];
            out[i] = (double)sum;
        }
    }
}

void sums_add(const engine_sums *to, size_t first_row, size_t rows, const engine_leaves *leaves, size_t first,
              size_t trees)
{
    size_t columns = to->columns ? to->columns : 1, stride = to->columns ? to->columns : to->width;
    double *out = to->out + first_row * stride;
    for (size_t k = 0; k < columns && k < trees; k++) {
        size_t of_column = (trees - k + columns - 1) / columns;
        group g = {.values = to->values,
                   .width = to->columns ? 1 : to->width,
                   .leaves = leaves->at + k * leaves->pitch,
                   .pitch = columns * leaves->pitch,
                   .trees = of_column,
                   .out = out + (to->columns ? (first + k) % columns : 0),
                   .stride = stride,
                   .rows = rows};
        if (to->is_single)
            add_singles(&g);
        else
            add_group(&g, g.width);
    }
}
