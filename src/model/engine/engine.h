/*
 * model/engine/engine.h - rows through trees of comparisons, many at a time: what forests and boosted ensembles are answered by.
 *
 * A source tells its trees node by node; the engine makes its own compact forms of them. Numbers of rows become whole-number keys once, so that trees only
 * compare whole numbers, and a column that sends missing values left is another column than one that sends them right. Two ways lead to the leaves: *masks*
 * for small trees (every node of a tree, sixteen rows an instruction, without a branch), and a *walk* for the others (eight rows abreast). The cheaper one is
 * chosen when the engine is made, by a count of the work; docs/decisions/0008-prediction-engine.md has the figures. Every way reaches the same leaves, and every
 * row adds its trees in order, so the bits are those of the plain walk.
 *
 * Threads: constant after it was made, shared freely. Memory: running takes a megabyte or less, and gives it back.
 */
#ifndef MODEL_ENGINE_ENGINE_H
#define MODEL_ENGINE_ENGINE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

typedef struct engine engine;

/* A row goes left where x <= threshold, and where x is missing (NaN) and missing_left says so. */
typedef struct engine_node {
    double threshold;     /* not NaN */
    uint32_t left, right; /* numbers of nodes in the tree; left 0: a leaf */
    uint32_t feature;
    uint32_t value; /* of a leaf: which row of values it adds */
    float weight;   /* how often rows come here, in any unit; 0 where nobody knows */
    bool missing_left;
} engine_node;

typedef enum engine_way {
    ENGINE_CHOOSE,
    ENGINE_WALK,
    ENGINE_MASKS,         /* as far as the trees can be: otherwise the walk */
    ENGINE_MASKS_PORTABLE /* without the instructions that not every processor has */
} engine_way;

typedef struct engine_source {
    const void *self;
    size_t tree_count, node_count_max; /* nodes of the largest tree */
    size_t features;
    bool is_narrow; /* rows and thresholds are float32 */
    engine_way way;
    /* Writes the nodes of a tree, the root first, and tells how many. Called several times for every tree, with the same result. */
    size_t (*read)(const void *self, size_t tree, engine_node *out);
} engine_source;

/* Fails with ERR_INVALID (nodes that make no tree), ERR_MEMORY, ERR_TOO_LARGE. The source is not needed afterwards. */
bool engine_new(const engine_source *source, engine **out, err *e) MUST_USE;
void engine_free(engine *g);
AUTO_FOR(engine *, engine_free)
engine_way engine_way_of(const engine *g);

/* Rows, one after the other, in one of the two; a narrow engine makes float32 of doubles. */
typedef struct engine_rows {
    const float *narrow;
    const double *wide;
    size_t count;
} engine_rows;

/* Where the leaves' values go. Columns 0: a leaf has `width` of them, for all columns of its row. Otherwise it has one, and tree t belongs to column t % columns. */
typedef struct engine_sums {
    const double *values;
    size_t width, columns;
    bool is_single; /* every sum is rounded to float32 */
    double *out;    /* row after row; leaves are added to what is there */
} engine_sums;
bool engine_add(const engine *g, const engine_rows *rows, const engine_sums *to, err *e) MUST_USE;

#endif
