/*
 * model/booster/xgboost.h - an XGBoost model as it was read: between its reader (xgboost.c) and its form in ONNX (xgboost_draw.c).
 */
#ifndef MODEL_BOOSTER_XGBOOST_H
#define MODEL_BOOSTER_XGBOOST_H

#include "booster/booster.h"
#include "engine/engine.h"
typedef enum output_kind {
    GIVES_VALUE,
    GIVES_SIGMOID,
    GIVES_EXP,
    GIVES_HINGE,
    GIVES_TWO_CLASSES,
    GIVES_CLASSES
} output_kind;

typedef struct node {
    float split; /* of a leaf: its value */
    int32_t left, right;
    uint32_t feature;
    bool default_left, is_category; /* of a leaf of vectors `right` is its row in vectors */
    uint32_t set_begin, set_count;  /* in categories, in rising order */
} node;

typedef struct booster {
    arena *memory;
    node *nodes;
    uint32_t *roots, *groups;
    float *drop; /* a weight for each tree, dart only */
    size_t tree_count, group_count, features, node_count, nodes_room;
    int32_t *categories;
    size_t category_count, categories_room;
    float *vectors; /* leaves of group_count numbers each; NULL: leaves are numbers */
    size_t vector_count;
    float *base;          /* margin each group starts at */
    const double *linear; /* (features + 1) * groups, gblinear only */
    output_kind gives;
    engine *engine;  /* NULL: there are categories or odd numbers, and every row goes its own way */
    uint32_t *order; /* trees as the engine takes them: group after group, again and again */
    double *values;  /* of all nodes */
} booster;

bool xgboost_goes_left(const booster *b, const node *n, float x);
void xgboost_draw(const void *self, onnx_build *o, const onnx_table *t, onnx_answers *out);

#endif
