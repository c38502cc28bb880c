/*
 * model/booster/lightgbm.h - a LightGBM model as it was read: between its reader (lightgbm.c) and its form in ONNX (lightgbm_draw.c).
 */
#ifndef MODEL_BOOSTER_LIGHTGBM_H
#define MODEL_BOOSTER_LIGHTGBM_H

#include "booster/booster.h"
#include "engine/engine.h"
enum { IS_CATEGORY = 1, DEFAULT_LEFT = 2, MISSING_ZERO = 1, MISSING_NAN = 2 };
static const double zero_threshold = 1e-35;

typedef enum output_kind {
    GIVES_VALUE,
    GIVES_SQUARE,
    GIVES_EXP,
    GIVES_SIGMOID,
    GIVES_LOG1P,
    GIVES_TWO_CLASSES,
    GIVES_CLASSES,
    GIVES_ONE_VS_ALL
} output_kind;

typedef struct node {
    double threshold;    /* of a category node: which set */
    int32_t left, right; /* below 0: leaf ~value */
    uint32_t feature;
    uint8_t decision;
} node;

typedef struct grown {
    node *nodes; /* none: a lone leaf */
    size_t node_count;
    double *leaves;
    uint32_t *sets;       /* bits of all sets */
    uint32_t *boundaries; /* set i: words boundaries[i] .. boundaries[i + 1] */
    size_t set_count;
    size_t leaf_count, first_value; /* of its leaves, among those of all trees */
    /* Linear leaves: a constant, and coefficients starts[leaf] .. starts[leaf + 1]; NULL: none. */
    double *constants, *coefficients;
    uint32_t *starts, *columns;
} grown;

typedef struct booster {
    arena *memory;
    grown *trees;
    size_t tree_count, features, group_count;
    double divisor, sigmoid;
    output_kind gives;
    engine *engine; /* NULL: there are categories or zeros that are missing, and every row goes its own way */
    double *values; /* leaves of all trees */
} booster;

bool lightgbm_goes_left(const grown *t, const node *n, double x);
void lightgbm_draw(const void *self, onnx_build *o, const onnx_table *t, onnx_answers *out);

#endif
