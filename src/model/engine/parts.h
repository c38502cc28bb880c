/*
 * model/engine/parts.h - what the parts of the engine know of each other.
 */
#ifndef MODEL_ENGINE_PARTS_H
#define MODEL_ENGINE_PARTS_H

#include "engine/engine.h"

enum {
    TREES_ABREAST = 8, /* trees whose leaves are kept until they are added together */
    WALK_LANES = 8,    /* rows that walk together */
    MASK_ROWS = 64     /* rows that a tree's masks are applied to together */
};

/* --- keys ------------------------------------------------------------------------------------------------------------------ */

/* A feature as one kind of node sees it. */
typedef struct engine_column {
    uint32_t feature;
    bool missing_left;
    const double *cuts; /* the different thresholds, ascending; none (NULL) where keys are those of float32 */
    uint32_t cut_count;
} engine_column;

typedef struct engine_columns {
    engine_column *all;
    uint32_t count;
    uint32_t *numbers; /* the column of feature f is numbers[2 * f + missing_left] */
    double *cuts;
    size_t feature_count;
    bool walk_ranks; /* the walk's keys are ranks too, not those of float32 */
} engine_columns;

static inline uint32_t column_of(const engine_columns *c, const engine_node *n)
{
    return c->numbers[2 * (size_t)n->feature + n->missing_left];
}

/* float32 as whole numbers of the same order; both zeros are one. */
static inline uint32_t key_of_float(float x)
{
    union {
        float number;
        uint32_t bits;
    } as = {.number = x + 0.0f};
    return as.bits >> 31 ? ~as.bits : as.bits | 0x80000000u;
}

/* Above every threshold's key: a missing value that goes right, and leaves, which hold the number of a row of values. */
#define KEY_MISSING_RIGHT 0xff800001u
#define KEY_LEAF 0xff800002u
#define KEY_LEAF_VALUES (UINT32_MAX - KEY_LEAF)

/* How many cuts are below each of the numbers; what a missing one goes by. */
void engine_ranks(const engine_column *c, const double x[8], uint32_t out[8]);

/* --- shape ----------------------------------------------------------------------------------------------------------------- */

/* Of the nodes of one tree, leaves being numbered from left to right. */
typedef struct engine_shape {
    uint32_t *first_leaf; /* below the node */
    uint32_t *right_leaf; /* the first one below its right child */
    uint32_t *stack;      /* room for the nodes */
    uint32_t leaf_count;
    double depth; /* what a row walks, on average */
} engine_shape;

/* --- ways ------------------------------------------------------------------------------------------------------------------ */

typedef struct engine_walk engine_walk;
typedef struct engine_masks engine_masks;

struct engine {
    engine_columns columns;
    size_t tree_count;
    engine_walk *walk;
    engine_masks *masks; /* NULL: the walk is better */
};

/* What is known of all trees before they are placed. */
typedef struct engine_counts {
    size_t trees, nodes, nodes_max; /* nodes_max: of the largest tree */
    size_t leaves, leaves_max, value_max, mask_words, mask_ops;
    double steps; /* of one row through all trees */
} engine_counts;

/* Leaves of a group of trees: the row of values that tree k gives row r is at[k * pitch + r]. */
typedef struct engine_leaves {
    uint32_t *at;
    size_t pitch;
} engine_leaves;

bool walk_new(const engine_counts *counts, const engine_columns *columns, engine_walk **out, err *e) MUST_USE;
void walk_free(engine_walk *w);
void walk_place(engine_walk *w, const engine_columns *columns, const engine_node *nodes, size_t count,
                const engine_shape *shape);
size_t walk_block_rows(const engine_walk *w);
/* Keys of a block: of eight rows and one column eight words, then the next column, then the next eight rows. */
void walk_trees(const engine_walk *w, size_t first, size_t trees, const uint32_t *keys, size_t rows,
                const engine_leaves *leaves);

/* Has the processor the wide instructions? */
bool masks_are_wide(void);
bool masks_fit(const engine_counts *counts, const engine_columns *columns);
bool masks_new(const engine_counts *counts, bool portable, engine_masks **out, err *e) MUST_USE;
void masks_free(engine_masks *m);
void masks_place(engine_masks *m, const engine_columns *columns, const engine_node *nodes, size_t count,
                 const engine_shape *shape);
/* Nodes times the words of leaves that they clear; and the words. */
size_t masks_ops_of(const engine_node *nodes, size_t count, const engine_shape *shape);
/* Ranks of a block: of 64 rows and one column 64 numbers, then the next column, then the next 64 rows. */
void masks_tree(const engine_masks *m, size_t tree, const int16_t *ranks, size_t columns, size_t rows,
                uint32_t *leaves);

/* Adds the leaves of `trees` trees, of which the first is number `first`, in order. */
void sums_add(const engine_sums *to, size_t first_row, size_t rows, const engine_leaves *leaves, size_t first,
              size_t trees);

#endif
