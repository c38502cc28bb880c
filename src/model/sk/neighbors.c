/*
 * model/sk/neighbors.c - nearest neighbours by looking at all of them, and nearest centres.
 *
 * A file of a k-d tree or a ball tree keeps the points too (_fit_X), and the nearest are the same whichever way they are found. Of equally far ones
 * the first of the training rows come first; the library's choice depends on its tree.
 */
#include "sk/sk.h"

#include <math.h>
#include <stdlib.h>

typedef enum metric {
    METRIC_EUCLIDEAN,
    METRIC_MANHATTAN,
    METRIC_CHEBYSHEV,
    METRIC_MINKOWSKI,
    METRIC_COSINE
} metric;

typedef struct neighbors {
    matrix points;
    double *y; /* rows of `targets`: class indices or numbers */
    size_t k, targets;
    metric metric;
    double p;
    bool by_distance;
    const model_classes *classes; /* of each target, or NULL */
} neighbors;

typedef struct near {
    double distance;
    size_t row;
} near;

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

/* Without the root where it changes no order. */
static double distance_of(const neighbors *n, const double *x, const double *v)
{
    double sum = 0;
    size_t columns = n->points.columns;
    if (n->metric == METRIC_COSINE) return cosine(x, v, columns);
    for (size_t j = 0; j < columns; j++) {
        double d = fabs(x[j] - v[j]);
        switch (n->metric) {
        case METRIC_EUCLIDEAN: sum += d * d; break;
        case METRIC_MANHATTAN: sum += d; break;
        case METRIC_CHEBYSHEV: sum = fmax(sum, d); break;
        default: sum += pow(d, n->p); break;
        }
    }
    return sum;
}

static double rooted(const neighbors *n, double distance)
{
    if (n->metric == METRIC_EUCLIDEAN) return sqrt(distance);
    return n->metric == METRIC_MINKOWSKI ? pow(distance, 1 / n->p) : distance;
}

/* A sorted list of the k nearest; an equally far one goes behind those that are there. */
static void find_near(const neighbors *n, const double *x, near *found)
{
    size_t count = 0;
    for (size_t row = 0; row < n->points.rows; row++) {
        double d = distance_of(n, x, n->points.at + row * n->points.columns);
        if (count == n->k && !(d < found[count - 1].distance)) continue;
        size_t at = count < n->k ? count++ : count - 1;
        for (; at > 0 && d < found[at - 1].distance; at--) found[at] = found[at - 1];
        found[at] = (near){d, row};
    }
}

/* 1/d; where a distance is zero, those count alone. */
static void weigh(const neighbors *n, const near *found, double *weights)
{
    bool exact = false;
    for (size_t i = 0; i < n->k; i++) exact |= found[i].distance == 0;
    for (size_t i = 0; i < n->k; i++) {
        if (!n->by_distance)
            weights[i] = 1;
        else
            weights[i] = exact ? found[i].distance == 0 : 1 / rooted(n, found[i].distance);
    }
}

static double mean_of(const neighbors *n, const near *found, const double *weights, size_t target)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < n->k; i++) {
        sum += weights[i] * n->y[found[i].row * n->targets + target];
        total += weights[i];
    }
    return sum / total;
}

static void votes_of(const neighbors *n, const near *found, const double *weights, size_t target,
                     double *votes)
{
    memset(votes, 0, n->classes[target].count * sizeof *votes);
    for (size_t i = 0; i < n->k; i++) votes[(size_t)n->y[found[i].row * n->targets + target]] += weights[i];
}

static void give_row(const neighbors *n, model_output what, const near *found, const double *weights,
                     double *votes, double *out)
{
    for (size_t t = 0; t < n->targets; t++) {
        if (!n->classes) {
            *out++ = mean_of(n, found, weights, t);
            continue;
        }
        votes_of(n, found, weights, t, votes);
        if (what == OUTPUT_PREDICT) {
            *out++ = (double)first_largest(votes, n->classes[t].count);
            continue;
        }
        double sum = 0;
        for (size_t c = 0; c < n->classes[t].count; c++) sum += votes[c];
        for (size_t c = 0; c < n->classes[t].count; c++) *out++ = votes[c] / (sum == 0 ? 1 : sum);
    }
}

static bool neighbors_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                             model_answers *out, err *e)
{
    const neighbors *n = self;
    size_t most = 1;
    for (size_t t = 0; n->classes && t < n->targets; t++)
        most = n->classes[t].count > most ? n->classes[t].count : most;
    near *found = arena_alloc_array(a, n->k, sizeof *found);
    double *weights = work_array(a, n->k, 1, e), *votes = weights ? work_array(a, most, 1, e) : NULL;
    if (!found || !votes) return err_set(e, ERR_MEMORY, "no memory for %zu neighbours", n->k);
    for (size_t i = 0; i < rows->count; i++) {
        find_near(n, rows->numbers + i * rows->columns, found);
        weigh(n, found, weights);
        give_row(n, what, found, weights, votes, out->numbers + i * out->columns);
    }
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

/* Beyond so many features a step for each would make the graph larger than the points. */
enum { STEPS_MAX = 256 };

/* Feature by feature, as it is done here: then equal distances are equal there too. [N, points] */
static onnx_ref draw_distances(onnx_build *b, const neighbors *n, onnx_ref x)
{
    onnx_ref sum = 0;
    double *column = onnx_alloc(b, n->points.rows, sizeof *column);
    for (size_t j = 0; onnx_ok(b) && j < n->points.columns; j++) {
        for (size_t i = 0; i < n->points.rows; i++) column[i] = n->points.at[i * n->points.columns + j];
        onnx_ref own = onnx_gather(b, x, onnx_columns_of(b, &j, 1), 1);
        onnx_ref d = onnx_op2(b, "Sub", own, onnx_vector(b, column, n->points.rows));
        switch (n->metric) {
        case METRIC_EUCLIDEAN: d = onnx_op2(b, "Mul", d, d); break;
        case METRIC_MINKOWSKI: d = onnx_with(b, "Pow", onnx_op1(b, "Abs", d), n->p); break;
        default: d = onnx_op1(b, "Abs", d); break;
        }
        sum = sum ? onnx_op2(b, n->metric == METRIC_CHEBYSHEV ? "Max" : "Add", sum, d) : d;
    }
    return sum;
}

static onnx_ref draw_cosine(onnx_build *b, const neighbors *n, onnx_ref x)
{
    matrix v = n->points;
    double *unit = onnx_alloc(b, v.rows * v.columns, sizeof *unit);
    for (size_t i = 0; unit && i < v.rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < v.columns; j++) sum += v.at[i * v.columns + j] * v.at[i * v.columns + j];
        for (size_t j = 0; j < v.columns; j++)
            unit[i * v.columns + j] = v.at[i * v.columns + j] / (sum == 0 ? 1 : sqrt(sum));
    }
    if (!unit) return 0;
    onnx_ref size = onnx_op1(b, "Sqrt", onnx_sum(b, onnx_op2(b, "Mul", x, x), 1, true));
    size = onnx_op3(b, "Where", onnx_with(b, "Equal", size, 0), onnx_number(b, 1), size);
    onnx_ref dot =
        onnx_op2(b, "MatMul", onnx_op2(b, "Div", x, size), onnx_transposed(b, unit, v.rows, v.columns));
    return onnx_op3(b, "Clip", onnx_op2(b, "Sub", onnx_number(b, 1), dot), onnx_number(b, 0),
                    onnx_number(b, 2));
}

/* 1/d of the k nearest; where a distance is zero, those count alone. [N, k] */
static onnx_ref draw_weights(onnx_build *b, const neighbors *n, onnx_ref distances)
{
    onnx_ref d = distances;
    if (n->metric == METRIC_EUCLIDEAN) d = onnx_op1(b, "Sqrt", d);
    if (n->metric == METRIC_MINKOWSKI) d = onnx_with(b, "Pow", d, 1 / n->p);
    onnx_ref zero = onnx_with(b, "Equal", d, 0), zeros = onnx_cast(b, zero, ONNX_DOUBLE);
    onnx_ref one = onnx_number(b, 1);
    onnx_ref over = onnx_op2(b, "Div", one, onnx_op3(b, "Where", zero, one, d));
    onnx_ref exact = onnx_with(b, "Greater", onnx_largest_of(b, zeros, 1, true), 0);
    return onnx_op3(b, "Where", exact, zeros, over);
}

/* Each point's answers: a number, or a one in the column of its class. */
static onnx_ref draw_points(onnx_build *b, const neighbors *n, size_t target)
{
    size_t columns = n->classes ? n->classes[target].count : 1;
    double *all = onnx_alloc(b, n->points.rows * columns, sizeof *all);
    for (size_t i = 0; all && i < n->points.rows; i++) {
        double y = n->y[i * n->targets + target];
        if (n->classes)
            all[i * columns + (size_t)y] = 1;
        else
            all[i] = y;
    }
    return all ? onnx_rows(b, all, n->points.rows, columns) : 0;
}

static void neighbors_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const neighbors *n = self;
    onnx_ref x = onnx_matrix(b, t);
    if (n->metric != METRIC_COSINE && n->points.columns > STEPS_MAX)
        onnx_fail(b, ERR_UNSUPPORTED, "neighbours among more than %d features are not written as ONNX",
                  (int)STEPS_MAX);
    if (!onnx_ok(b)) return;
    onnx_ref all = n->metric == METRIC_COSINE ? draw_cosine(b, n, x) : draw_distances(b, n, x);
    onnx_set_int(b, "largest", 0);
    onnx_set_int(b, "axis", 1);
    onnx_take(b, all);
    onnx_take(b, onnx_integers(b, (int64_t[]){(int64_t)n->k}, 1));
    onnx_ref nearest = onnx_give(b, "TopK", NULL, 2), *labels = onnx_alloc(b, n->targets, sizeof *labels),
             *shares = onnx_alloc(b, n->targets, sizeof *shares);
    onnx_ref weights = n->by_distance ? draw_weights(b, n, nearest) : 0;
    onnx_ref total = weights ? onnx_sum(b, weights, 1, true) : 0;
    for (size_t k = 0; onnx_ok(b) && k < n->targets; k++) {
        onnx_ref got = onnx_gather(b, draw_points(b, n, k), nearest + 1, 0); /* [N, k, answers] */
        if (weights)
            got = onnx_op2(b, "Mul", got, onnx_shaped(b, weights, (int64_t[]){-1, (int64_t)n->k, 1}, 3));
        onnx_ref sums = onnx_sum(b, got, 1, false);
        shares[k] = weights ? onnx_op2(b, "Div", sums, total) : onnx_with(b, "Div", sums, (double)n->k);
        labels[k] = onnx_argmax(b, sums);
        if (n->targets > 1) labels[k] = onnx_upright(b, labels[k]);
    }
    if (!onnx_ok(b)) return;
    onnx_ref answers = onnx_concat(b, shares, n->targets, 1);
    out->at[n->classes ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT] = answers;
    if (n->classes) out->at[OUTPUT_PREDICT] = onnx_concat(b, labels, n->targets, 1);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

static neighbors *neighbors_new(sk *s)
{
    static const char *const metrics[] = {"euclidean", "l2",        "manhattan", "l1",
                                          "cityblock", "chebyshev", "minkowski", "cosine"};
    static const metric kinds[] = {METRIC_EUCLIDEAN, METRIC_EUCLIDEAN, METRIC_MANHATTAN, METRIC_MANHATTAN,
                                   METRIC_MANHATTAN, METRIC_CHEBYSHEV, METRIC_MINKOWSKI, METRIC_COSINE};
    static const char *const weights[] = {"uniform", "distance"};
    neighbors *n = sk_alloc(s, 1, sizeof *n);
    sk_get(s, "effective_metric_");
    unsigned word = sk_choice(s, "effective_metric_", metrics, COUNT_OF(metrics));
    unsigned weight = 0;
    if (sk_has(s, "weights")) weight = sk_choice(s, "weights", weights, COUNT_OF(weights));
    if (!n || !sk_ok(s)) return NULL;
    n->metric = kinds[word];
    n->by_distance = weight == 1;
    n->points = sk_matrix(s, "_fit_X", SK_ANY, SK_ANY);
    int64_t k = sk_integer(s, "n_neighbors");
    const pickle_value *params = pickle_get(s->v, "effective_metric_params_");
    if (n->metric == METRIC_MINKOWSKI) {
        const pickle_value *p = params ? pickle_get(params, "p") : NULL;
        n->p = p ? sk_number_of(s, p, "effective_metric_params_") : sk_number_or(s, "p", 2);
        if (params && pickle_get(params, "w") && pickle_get(params, "w")->kind != PICKLE_NONE)
            sk_fail(s, ERR_UNSUPPORTED, "its metric has weights (effective_metric_params_)");
        if (sk_ok(s) && !(n->p >= 1)) sk_fail(s, ERR_INVALID, "its p is %g", n->p);
    }
    if (sk_ok(s) && (k < 1 || (uint64_t)k > n->points.rows))
        sk_fail(s, ERR_INVALID, "it asks for %lld neighbours of %zu", (long long)k, n->points.rows);
    n->k = sk_ok(s) ? (size_t)k : 0;
    sk_features(s, n->points.columns);
    sk_answers(s, n, neighbors_answer);
    sk_draws(s, neighbors_draw, NULL);
    return sk_ok(s) ? n : NULL;
}

/* A vector, or a row of targets for each point. */
static void read_targets(sk *s, neighbors *n)
{
    size_t count = 0;
    matrix y = sk_matrix_of(s, sk_get(s, "_y"), "_y", false);
    count = y.rows * y.columns;
    n->targets =
        sk_ok(s) && y.rows == n->points.rows && y.columns != count ? y.columns : count / n->points.rows;
    if (sk_ok(s) && (n->targets == 0 || count != n->targets * n->points.rows))
        sk_fail(s, ERR_INVALID, "its _y has %zu answers for %zu points", count, n->points.rows);
    n->y = y.at;
}

static void read_regressor(sk *s)
{
    neighbors *n = neighbors_new(s);
    if (!n) return;
    read_targets(s, n);
    sk_gives(s, OUTPUT_PREDICT, n->targets);
}

static void read_classifier(sk *s)
{
    neighbors *n = neighbors_new(s);
    if (!n) return;
    read_targets(s, n);
    if (!sk_ok(s)) return;
    const pickle_value *v = sk_get(s, "classes_");
    model_classes *classes = sk_alloc(s, n->targets, sizeof *classes);
    bool is_list = v && v->kind == PICKLE_LIST;
    sk_list lists = is_list ? sk_items(s, v, "classes_", n->targets) : (sk_list){0};
    if (sk_ok(s) && !is_list && n->targets != 1) sk_fail(s, ERR_INVALID, "its classes_ is no list");
    size_t columns = 0;
    for (size_t t = 0; t < n->targets && sk_ok(s); t++) {
        classes[t] = sk_labels(s, is_list ? lists.items[t] : v, "classes_", false);
        columns += classes[t].count;
    }
    for (size_t i = 0; sk_ok(s) && i < n->points.rows * n->targets; i++) {
        size_t count = classes[i % n->targets].count;
        if (!(n->y[i] >= 0 && n->y[i] < (double)count && n->y[i] == floor(n->y[i])))
            sk_fail(s, ERR_INVALID, "its _y holds class %g of %zu", n->y[i], count);
    }
    n->classes = classes;
    s->m->info.classes = classes;
    sk_gives(s, OUTPUT_PREDICT, n->targets);
    sk_gives(s, OUTPUT_PREDICT_PROBA, columns);
}

/* --- centres ------------------------------------------------------------------------------------------------------------- */

typedef struct centres {
    matrix at;
    bool is_labels;
} centres;

static double squared(const double *x, const double *v, size_t columns)
{
    double sum = 0;
    for (size_t j = 0; j < columns; j++) sum += (x[j] - v[j]) * (x[j] - v[j]);
    return sum;
}

static bool centres_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                           model_answers *out, err *e)
{
    (void)a;
    (void)e;
    const centres *c = self;
    for (size_t i = 0; i < rows->count; i++) {
        const double *x = rows->numbers + i * rows->columns;
        double best = INFINITY;
        for (size_t k = 0; k < c->at.rows; k++) {
            double d = squared(x, c->at.at + k * c->at.columns, c->at.columns);
            if (what == OUTPUT_TRANSFORM) out->numbers[i * out->columns + k] = sqrt(d);
            if (what == OUTPUT_PREDICT && d < best) out->numbers[i] = (double)k;
            best = fmin(best, d);
        }
    }
    return true;
}

static void centres_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const centres *c = self;
    int64_t shape[] = {-1, 1, (int64_t)t->count};
    onnx_ref x = onnx_shaped(b, onnx_matrix(b, t), shape, 3);
    onnx_ref d = onnx_op2(b, "Sub", x, onnx_cube(b, c->at.at, 1, c->at.rows, c->at.columns));
    onnx_ref squares = onnx_sum(b, onnx_op2(b, "Mul", d, d), 2, false);
    onnx_set_int(b, "axis", 1);
    onnx_set_int(b, "keepdims", 0);
    out->at[OUTPUT_PREDICT] = onnx_op1(b, "ArgMin", squares);
    out->table = onnx_table_of(onnx_op1(b, "Sqrt", squares), c->at.rows);
}

static centres *centres_new(sk *s, const char *name)
{
    centres *c = sk_alloc(s, 1, sizeof *c);
    if (!c) return NULL;
    c->at = sk_matrix(s, name, SK_ANY, SK_ANY);
    sk_features(s, c->at.columns);
    sk_answers(s, c, centres_answer);
    sk_draws(s, centres_draw, NULL);
    sk_gives(s, OUTPUT_PREDICT, 1);
    return sk_ok(s) ? c : NULL;
}

static void read_kmeans(sk *s)
{
    centres *c = centres_new(s, "cluster_centers_");
    if (!c) return;
    sk_gives(s, OUTPUT_TRANSFORM, c->at.rows);
    s->m->info.gives_indices = true;
}

const sk_class sk_neighbors_classes[] = {
    {"KNeighborsClassifier", "neighbors._classification", "neighbors.classification", read_classifier},
    {"KNeighborsRegressor", "neighbors._regression", "neighbors.regression", read_regressor},
    {"KMeans", "cluster._kmeans", "cluster.k_means_", read_kmeans},
    {"MiniBatchKMeans", "cluster._kmeans", "cluster.k_means_", read_kmeans},
    {NULL, NULL, NULL, NULL},
};
