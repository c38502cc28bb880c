/*
 * model/sk/distance.h - how far two points are from each other, and which points are nearest.
 */
#ifndef MODEL_SK_DISTANCE_H
#define MODEL_SK_DISTANCE_H

#include "sk/sk.h"

typedef enum metric {
    METRIC_EUCLIDEAN,
    METRIC_MANHATTAN,
    METRIC_CHEBYSHEV,
    METRIC_MINKOWSKI,
    METRIC_COSINE,
    METRIC_HAMMING,    /* share of the features that differ */
    METRIC_CANBERRA,   /* differences over sizes */
    METRIC_BRAY,       /* all differences over all sizes */
    METRIC_SCALED,     /* euclidean, each square over a variance */
    METRIC_MAHALANOBIS /* euclidean, by the inverse of a covariance */
} metric;

typedef struct distance {
    metric metric;
    double p;
    matrix by; /* the variances, or the inverse */
} distance;

/* Without the root where that changes no order: "reduced". */
double distance_reduced(const distance *d, const double *x, const double *v, size_t columns);
double distance_rooted(const distance *d, double reduced);
double distance_squared(const double *x, const double *v, size_t columns);

/* How far each point is: reduced, [N, points]; its root. */
onnx_ref distance_draw(onnx_build *b, const distance *d, const matrix *points, onnx_ref x);
onnx_ref distance_draw_rooted(onnx_build *b, const distance *d, onnx_ref reduced);

/* The estimator's effective_metric_ and its parameters. */
void distance_read(sk *s, distance *out);

typedef struct near {
    double distance; /* reduced */
    size_t row;
} near;

/* A tree of points, as KDTree and BallTree keep it: of equally far points it decides who is found. */
typedef struct near_tree near_tree;
/* NULL without failure: the estimator has none (brute force). */
near_tree *near_tree_read(sk *s, const matrix *points);
/* The k <= points.rows nearest, as a heap; by a tree when there is one, else by looking at all. */
void near_find(const near_tree *by, const matrix *points, const distance *d, const double *x, near *found,
               size_t k);

#endif
