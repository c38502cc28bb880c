/*
 * model/sk/distance.c - distances, and the nearest points by scikit-learn's own walk through its trees.
 *
 * The nearest k are the same whichever way they are found, but for points that are equally far: then it matters in which order they are seen, and which of
 * several farthest ones leaves the heap. So the walk and the heap are the library's (neighbors/_binary_tree.pxi.tp), down to the comparisons. Its brute force
 * has no such order: it computes distances by matrix products, whose last bits depend on the machine.
 */
#include "sk/distance.h"

#include <math.h>

static double cosine(const double *x, const double *v, size_t columns)
{
    double dot = 0, xx = 0, vv = 0;
    for (size_t j = 0; j < columns; j++) {
        dot += x[j] * v[j];
        xx += x[j] * x[j];
        vv += v[j] * v[j];
    }
    double norm = (xx == 0 ? 1 : sqrt(xx)) * (vv == 0 ? 1 : sqrt(vv));
    return fmin(fmax(1 - dot / norm, 0), 2);
}

double distance_squared(const double *x, const double *v, size_t columns)
{
    double sum = 0;
    for (size_t j = 0; j < columns; j++) sum += (x[j] - v[j]) * (x[j] - v[j]);
    return sum;
}

static double mahalanobis(const matrix *inverse, const double *x, const double *v, size_t columns)
{
    double sum = 0;
    for (size_t i = 0; i < columns; i++) {
        double part = 0;
        for (size_t j = 0; j < columns; j++) part += inverse->at[i * columns + j] * (x[j] - v[j]);
        sum += part * (x[i] - v[i]);
    }
    return sum;
}

static double scaled(const matrix *variances, const double *x, const double *v, size_t columns)
{
    double sum = 0;
    for (size_t j = 0; j < columns; j++) sum += (x[j] - v[j]) * (x[j] - v[j]) / variances->at[j];
    return sum;
}

static double hamming(const double *x, const double *v, size_t columns)
{
    size_t differ = 0;
    for (size_t j = 0; j < columns; j++) differ += x[j] != v[j];
    return (double)differ / (double)columns;
}

static double canberra(const double *x, const double *v, size_t columns)
{
    double sum = 0;
    for (size_t j = 0; j < columns; j++) {
        double size = fabs(x[j]) + fabs(v[j]);
        if (size > 0) sum += fabs(x[j] - v[j]) / size;
    }
    return sum;
}

static double bray(const double *x, const double *v, size_t columns)
{
    double differences = 0, sizes = 0;
    for (size_t j = 0; j < columns; j++) {
        differences += fabs(x[j] - v[j]);
        sizes += fabs(x[j]) + fabs(v[j]);
    }
    return sizes > 0 ? differences / sizes : 0;
}

double distance_reduced(const distance *d, const double *x, const double *v, size_t columns)
{
    double sum = 0;
    switch (d->metric) {
    case METRIC_EUCLIDEAN: return distance_squared(x, v, columns);
    case METRIC_COSINE: return cosine(x, v, columns);
    case METRIC_HAMMING: return hamming(x, v, columns);
    case METRIC_CANBERRA: return canberra(x, v, columns);
    case METRIC_BRAY: return bray(x, v, columns);
    case METRIC_SCALED: return scaled(&d->by, x, v, columns);
    case METRIC_MAHALANOBIS: return mahalanobis(&d->by, x, v, columns);
    default: break;
    }
    for (size_t j = 0; j < columns; j++) {
        double by = fabs(x[j] - v[j]);
        if (d->metric == METRIC_MANHATTAN)
            sum += by;
        else if (d->metric == METRIC_CHEBYSHEV)
            sum = fmax(sum, by);
        else
            sum += pow(by, d->p);
    }
    return sum;
}

static bool is_square(const distance *d)
{
    return d->metric == METRIC_EUCLIDEAN || d->metric == METRIC_SCALED || d->metric == METRIC_MAHALANOBIS;
}

double distance_rooted(const distance *d, double reduced)
{
    if (is_square(d)) return sqrt(reduced);
    return d->metric == METRIC_MINKOWSKI ? pow(reduced, 1 / d->p) : reduced;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

/* Beyond so many features a step for each would make the graph larger than the points. */
enum { STEPS_MAX = 256 };

/* Feature by feature, as it is done here: then equal distances are equal there too. */
static onnx_ref draw_sums(onnx_build *b, const distance *by, const matrix *points, onnx_ref x)
{
    onnx_ref sum = 0;
    double *column = onnx_alloc(b, points->rows, sizeof *column);
    for (size_t j = 0; onnx_ok(b) && j < points->columns; j++) {
        for (size_t i = 0; i < points->rows; i++) column[i] = points->at[i * points->columns + j];
        onnx_ref d = onnx_op2(b, "Sub", onnx_pick(b, x, j), onnx_vector(b, column, points->rows));
        switch (by->metric) {
        case METRIC_EUCLIDEAN: d = onnx_op2(b, "Mul", d, d); break;
        case METRIC_MINKOWSKI: d = onnx_with(b, "Pow", onnx_op1(b, "Abs", d), by->p); break;
        default: d = onnx_op1(b, "Abs", d); break;
        }
        sum = sum ? onnx_op2(b, by->metric == METRIC_CHEBYSHEV ? "Max" : "Add", sum, d) : d;
    }
    return sum;
}

static onnx_ref draw_cosine(onnx_build *b, const matrix *points, onnx_ref x)
{
    size_t columns = points->columns;
    double *unit = onnx_alloc(b, points->rows * columns, sizeof *unit);
    for (size_t i = 0; unit && i < points->rows; i++) {
        const double *v = points->at + i * columns;
        double sum = 0;
        for (size_t j = 0; j < columns; j++) sum += v[j] * v[j];
        for (size_t j = 0; j < columns; j++) unit[i * columns + j] = v[j] / (sum == 0 ? 1 : sqrt(sum));
    }
    if (!unit) return 0;
    onnx_ref size = onnx_op1(b, "Sqrt", onnx_sum(b, onnx_op2(b, "Mul", x, x), 1, true));
    size = onnx_op3(b, "Where", onnx_with(b, "Equal", size, 0), onnx_number(b, 1), size);
    onnx_ref dot =
        onnx_op2(b, "MatMul", onnx_op2(b, "Div", x, size), onnx_transposed(b, unit, points->rows, columns));
    return onnx_op3(b, "Clip", onnx_op2(b, "Sub", onnx_number(b, 1), dot), onnx_number(b, 0),
                    onnx_number(b, 2));
}

/* The others: every feature of every pair at once, [N, points, features]. */
static onnx_ref draw_cube(onnx_build *b, const distance *by, const matrix *points, onnx_ref x)
{
    size_t columns = points->columns;
    int64_t shape[] = {-1, 1, (int64_t)columns};
    onnx_ref all = onnx_shaped(b, x, shape, 3), v = onnx_cube(b, points->at, 1, points->rows, columns);
    onnx_ref d = onnx_op2(b, "Sub", all, v), far = onnx_op1(b, "Abs", d);
    onnx_ref size = onnx_op2(b, "Add", onnx_op1(b, "Abs", all), onnx_op1(b, "Abs", v)), sum;
    switch (by->metric) {
    case METRIC_HAMMING:
        sum = onnx_sum(b, onnx_cast(b, onnx_with(b, "Greater", far, 0), ONNX_DOUBLE), 2, false);
        return onnx_with(b, "Div", sum, (double)columns);
    case METRIC_SCALED:
        return onnx_sum(b, onnx_op2(b, "Div", onnx_op2(b, "Mul", d, d), onnx_vector(b, by->by.at, columns)),
                        2, false);
    case METRIC_MAHALANOBIS:
        sum = onnx_op2(b, "MatMul", d, onnx_transposed(b, by->by.at, columns, columns));
        return onnx_sum(b, onnx_op2(b, "Mul", sum, d), 2, false);
    case METRIC_BRAY:
        far = onnx_sum(b, far, 2, false);
        size = onnx_sum(b, size, 2, false);
        break;
    default: break;
    }
    onnx_ref none = onnx_with(b, "Equal", size, 0);
    size = onnx_op3(b, "Where", none, onnx_number(b, 1), size); /* there nothing differs either */
    onnx_ref shares = onnx_op2(b, "Div", far, size);
    return by->metric == METRIC_BRAY ? shares : onnx_sum(b, shares, 2, false);
}

onnx_ref distance_draw(onnx_build *b, const distance *d, const matrix *points, onnx_ref x)
{
    if (d->metric == METRIC_COSINE) return draw_cosine(b, points, x);
    if (d->metric > METRIC_COSINE) return draw_cube(b, d, points, x);
    if (points->columns > STEPS_MAX)
        onnx_fail(b, ERR_UNSUPPORTED, "distances over more than %d features are not written as ONNX",
                  (int)STEPS_MAX);
    return draw_sums(b, d, points, x);
}

onnx_ref distance_draw_rooted(onnx_build *b, const distance *d, onnx_ref reduced)
{
    if (is_square(d)) return onnx_op1(b, "Sqrt", reduced);
    return d->metric == METRIC_MINKOWSKI ? onnx_with(b, "Pow", reduced, 1 / d->p) : reduced;
}

/* Without it the library takes it from the rows that are asked about. */
static void read_scales(sk *s, const pickle_value *params, distance *out)
{
    bool is_scaled = out->metric == METRIC_SCALED;
    const char *name = is_scaled ? "V" : "VI";
    const pickle_value *v = params ? pickle_get(params, name) : NULL;
    size_t columns = s->m->info.feature_count;
    if (!v || v->kind == PICKLE_NONE) {
        sk_fail(s, ERR_UNSUPPORTED, "its metric has no %s (metric_params)", name);
        return;
    }
    out->by = sk_matrix_of(s, v, name, false);
    if (!sk_ok(s)) return;
    if (out->by.columns != columns || out->by.rows != (is_scaled ? 1 : columns))
        sk_fail(s, ERR_INVALID, "the %s of its metric has %zu x %zu numbers for %zu features", name,
                out->by.rows, out->by.columns, columns);
    for (size_t j = 0; sk_ok(s) && is_scaled && j < columns; j++)
        if (!(out->by.at[j] > 0)) sk_fail(s, ERR_INVALID, "the V of its metric holds %g", out->by.at[j]);
}

void distance_read(sk *s, distance *out)
{
    static const char *const metrics[] = {"euclidean",  "l2",         "manhattan",  "l1",      "cityblock",
                                          "chebyshev",  "minkowski",  "cosine",     "hamming", "canberra",
                                          "braycurtis", "seuclidean", "mahalanobis"};
    static const metric kinds[] = {METRIC_EUCLIDEAN,  METRIC_EUCLIDEAN, METRIC_MANHATTAN, METRIC_MANHATTAN,
                                   METRIC_MANHATTAN,  METRIC_CHEBYSHEV, METRIC_MINKOWSKI, METRIC_COSINE,
                                   METRIC_HAMMING,    METRIC_CANBERRA,  METRIC_BRAY,      METRIC_SCALED,
                                   METRIC_MAHALANOBIS};
    sk_get(s, "effective_metric_");
    out->metric = kinds[sk_choice(s, "effective_metric_", metrics, COUNT_OF(metrics))];
    const pickle_value *params = pickle_get(s->v, "effective_metric_params_");
    if (sk_ok(s) && (out->metric == METRIC_SCALED || out->metric == METRIC_MAHALANOBIS))
        read_scales(s, params, out);
    if (out->metric != METRIC_MINKOWSKI || !sk_ok(s)) return;
    const pickle_value *p = params ? pickle_get(params, "p") : NULL;
    out->p = p ? sk_number_of(s, p, "effective_metric_params_") : sk_number_or(s, "p", 2);
    if (params && pickle_get(params, "w") && pickle_get(params, "w")->kind != PICKLE_NONE)
        sk_fail(s, ERR_UNSUPPORTED, "its metric has weights (effective_metric_params_)");
    if (sk_ok(s) && !(out->p >= 1)) sk_fail(s, ERR_INVALID, "its p is %g", out->p);
}

/* --- a heap of the nearest, the farthest on top ----------------------------------------------------------------------------- */

static void heap_push(near *heap, size_t size, near new)
{
    size_t i = 0;
    if (!(new.distance < heap[0].distance)) return;
    for (;;) {
        size_t left = 2 * i + 1, right = left + 1, down;
        if (left >= size) break;
        if (right >= size || heap[left].distance >= heap[right].distance)
            down = left;
        else
            down = right;
        if (!(new.distance < heap[down].distance)) break;
        heap[i] = heap[down];
        i = down;
    }
    heap[i] = new;
}

/* --- trees --------------------------------------------------------------------------------------------------------------- */

typedef struct point_node {
    size_t first, end; /* of the order */
    bool is_leaf;
    double radius;
} point_node;

struct near_tree {
    bool is_ball;
    size_t columns, *order, node_count;
    point_node *nodes;
    matrix bounds; /* k-d: lows of all nodes, then highs; ball: centres */
};

typedef struct walk {
    const near_tree *tree;
    const matrix *points;
    const distance *d;
    const double *x;
    near *heap;
    size_t k;
} walk;

static double least_of_box(const walk *w, size_t node)
{
    const near_tree *t = w->tree;
    const double *low = t->bounds.at + node * t->columns, *high = low + t->node_count * t->columns;
    double sum = 0;
    for (size_t j = 0; j < t->columns; j++) {
        double below = low[j] - w->x[j], above = w->x[j] - high[j];
        double twice = (below + fabs(below)) + (above + fabs(above));
        if (w->d->metric == METRIC_CHEBYSHEV)
            sum = fmax(sum, 0.5 * twice);
        else if (w->d->metric == METRIC_EUCLIDEAN)
            sum += (0.5 * twice) * (0.5 * twice);
        else
            sum += w->d->metric == METRIC_MANHATTAN ? 0.5 * twice : pow(0.5 * twice, w->d->p);
    }
    return sum;
}

static double least_of_ball(const walk *w, size_t node)
{
    const near_tree *t = w->tree;
    double to_centre =
        distance_rooted(w->d, distance_reduced(w->d, w->x, t->bounds.at + node * t->columns, t->columns));
    double least = fmax(0, to_centre - t->nodes[node].radius);
    if (is_square(w->d)) return least * least;
    return w->d->metric == METRIC_MINKOWSKI ? pow(least, w->d->p) : least;
}

static double least_of(const walk *w, size_t node)
{
    return w->tree->is_ball ? least_of_ball(w, node) : least_of_box(w, node);
}

/* As deep as the tree, whose nodes are numbered like a heap's. */
static void walk_node(const walk *w, size_t node, double least)
{
    const point_node *n = &w->tree->nodes[node];
    if (least > w->heap[0].distance) return;
    if (n->is_leaf) {
        for (size_t i = n->first; i < n->end; i++) {
            size_t row = w->tree->order[i];
            double d =
                distance_reduced(w->d, w->x, w->points->at + row * w->points->columns, w->points->columns);
            heap_push(w->heap, w->k, (near){d, row});
        }
        return;
    }
    size_t left = 2 * node + 1, right = left + 1;
    double to_left = least_of(w, left), to_right = least_of(w, right);
    bool left_first = to_left <= to_right;
    walk_node(w, left_first ? left : right, left_first ? to_left : to_right);
    walk_node(w, left_first ? right : left, left_first ? to_right : to_left);
}

void near_find(const near_tree *by, const matrix *points, const distance *d, const double *x, near *found,
               size_t k)
{
    for (size_t i = 0; i < k; i++) found[i] = (near){INFINITY, i};
    walk w = {by, points, d, x, found, k};
    if (by) {
        walk_node(&w, 0, least_of(&w, 0));
        return;
    }
    for (size_t row = 0; row < points->rows; row++)
        heap_push(found, k,
                  (near){distance_reduced(d, x, points->at + row * points->columns, points->columns), row});
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

/* Records of three integers and a radius. */
static void read_nodes(sk *s, const pickle_value *v, near_tree *t, size_t points)
{
    pickle_ndarray array;
    err why = {0};
    if (!sk_ok(s)) return;
    if (!pickle_as_ndarray(s->file->scratch, v, &array, &why) || array.type != 'V' ||
        array.item_bytes != 32 || array.big_endian) {
        sk_fail(s, ERR_UNSUPPORTED, "the nodes of its _tree are not understood");
        return;
    }
    t->node_count = (size_t)array.count;
    t->nodes = sk_alloc(s, t->node_count, sizeof *t->nodes);
    for (size_t i = 0; sk_ok(s) && i < t->node_count; i++) {
        int64_t parts[3];
        double radius;
        memcpy(parts, array.data.data + i * 32, sizeof parts);
        memcpy(&radius, array.data.data + i * 32 + sizeof parts, sizeof radius);
        bool fits = parts[0] >= 0 && parts[0] <= parts[1] && parts[1] <= (int64_t)points && !isnan(radius);
        bool is_leaf = parts[2] != 0;
        if (!fits || (!is_leaf && 2 * i + 2 >= t->node_count))
            sk_fail(s, ERR_INVALID, "node %zu of its _tree does not fit", i);
        if (sk_ok(s)) t->nodes[i] = (point_node){(size_t)parts[0], (size_t)parts[1], is_leaf, radius};
    }
}

static void read_order(sk *s, const pickle_value *v, near_tree *t, size_t points)
{
    matrix order = sk_matrix_of(s, v, "_tree", false);
    if (sk_ok(s) && order.columns != points)
        sk_fail(s, ERR_INVALID, "its _tree has %zu points of %zu", order.columns, points);
    t->order = sk_alloc(s, points, sizeof *t->order);
    for (size_t i = 0; sk_ok(s) && i < points; i++) {
        if (!(order.at[i] >= 0 && order.at[i] < (double)points))
            sk_fail(s, ERR_INVALID, "its _tree has no point %g", order.at[i]);
        t->order[i] = sk_ok(s) ? (size_t)order.at[i] : 0;
    }
}

static const pickle_value *state_of(const pickle_value *v)
{
    bool is_object = v && v->kind == PICKLE_CALL && v->call.state_count > 0;
    const pickle_value *state = is_object ? v->call.states[v->call.state_count - 1] : NULL;
    return sk_count(state) >= 4 ? state : NULL;
}

near_tree *near_tree_read(sk *s, const matrix *points)
{
    const pickle_value *v = pickle_get(s->v, "_tree"), *state = state_of(v);
    if (!sk_ok(s) || !v || v->kind == PICKLE_NONE) return NULL;
    near_tree *t = sk_alloc(s, 1, sizeof *t);
    const pickle_value *class = sk_item(v->kind == PICKLE_CALL ? v->call.args : NULL, 0);
    bool is_class = class && class->kind == PICKLE_GLOBAL;
    if (!state || !is_class) sk_fail(s, ERR_UNSUPPORTED, "its _tree is not understood");
    if (!sk_ok(s)) return NULL;
    t->is_ball = str_starts_with(class->global.name, STR("BallTree"));
    t->columns = points->columns;
    read_order(s, sk_item(state, 1), t, points->rows);
    read_nodes(s, sk_item(state, 2), t, points->rows);
    s->takes_cubes = s->takes_infinite = true;
    t->bounds = sk_matrix_of(s, sk_item(state, 3), "_tree", false);
    s->takes_cubes = s->takes_infinite = false;
    if (sk_ok(s) && (t->node_count == 0 || t->bounds.columns != t->columns ||
                     t->bounds.rows != t->node_count * (t->is_ball ? 1 : 2)))
        sk_fail(s, ERR_INVALID, "the bounds of its _tree do not fit %zu nodes", t->node_count);
    return sk_ok(s) ? t : NULL;
}
