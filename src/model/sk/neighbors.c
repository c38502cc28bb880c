/*
 * model/sk/neighbors.c - answers of the nearest rows, and outliers by their density.
 *
 * A file of a k-d tree or a ball tree keeps the points too (_fit_X); the tree decides which of equally far ones count.
 */
#include "sk/distance.h"
#include "sk/parts.h"

#include <math.h>
#include <stdlib.h>

typedef struct neighbors {
    matrix points;
    double *y; /* rows of `targets`: class indices or numbers */
    size_t k, targets;
    distance distance;
    const near_tree *tree; /* NULL: all are looked at */
    double radius;
    double outlier; /* the class of a row with no neighbour, or -1 */
    bool by_distance;
    const model_classes *classes; /* of each target, or NULL */
} neighbors;

/* All that are no farther than the radius. */
static size_t find_within(const neighbors *n, const double *x, near *found)
{
    size_t count = 0;
    for (size_t row = 0; row < n->points.rows; row++) {
        double d =
            distance_reduced(&n->distance, x, n->points.at + row * n->points.columns, n->points.columns);
        if (distance_rooted(&n->distance, d) <= n->radius) found[count++] = (near){d, row};
    }
    return count;
}

/* 1/d; where a distance is zero, those count alone. */
static void weigh(const neighbors *n, const near *found, size_t count, double *weights)
{
    bool exact = false;
    for (size_t i = 0; i < count; i++) exact |= found[i].distance == 0;
    for (size_t i = 0; i < count; i++) {
        if (!n->by_distance)
            weights[i] = 1;
        else
            weights[i] =
                exact ? found[i].distance == 0 : 1 / distance_rooted(&n->distance, found[i].distance);
    }
}

static double mean_of(const neighbors *n, const near *found, size_t count, const double *weights,
                      size_t target)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        sum += weights[i] * n->y[found[i].row * n->targets + target];
        total += weights[i];
    }
    return sum / total;
}

static void votes_of(const neighbors *n, const near *found, size_t count, const double *weights,
                     size_t target, double *votes)
{
    memset(votes, 0, n->classes[target].count * sizeof *votes);
    for (size_t i = 0; i < count; i++) votes[(size_t)n->y[found[i].row * n->targets + target]] += weights[i];
}

static void give_row(const neighbors *n, model_output what, const near *found, size_t count,
                     const double *weights, double *votes, double *out)
{
    for (size_t t = 0; t < n->targets; t++) {
        if (!n->classes) {
            *out++ = mean_of(n, found, count, weights, t);
            continue;
        }
        votes_of(n, found, count, weights, t, votes);
        if (what == OUTPUT_PREDICT) {
            *out++ = count ? (double)first_largest(votes, n->classes[t].count) : n->outlier;
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
    size_t room = n->k ? n->k : n->points.rows;
    near *found = arena_alloc_array(a, room, sizeof *found);
    double *weights = work_array(a, room, 1, e), *votes = weights ? work_array(a, most, 1, e) : NULL;
    if (!found || !votes) return err_set(e, ERR_MEMORY, "no memory for %zu neighbours", room);
    for (size_t i = 0; i < rows->count; i++) {
        const double *x = rows->numbers + i * rows->columns;
        size_t count = n->k ? n->k : find_within(n, x, found);
        if (n->k) near_find(n->tree, &n->points, &n->distance, x, found, n->k);
        if (count == 0 && n->classes && what == OUTPUT_PREDICT && n->outlier < 0)
            return model_refuse_row(rows, i, e, " has no neighbour within %g, and the model no outlier_label",
                                    n->radius);
        weigh(n, found, count, weights);
        give_row(n, what, found, count, weights, votes, out->numbers + i * out->columns);
    }
    return true;
}

/* --- as ONNX --------------------------------------------------------------------------------------------------------------- */

/* Reduced distances of the k nearest; the next value says which they are. [N, k] */
static onnx_ref draw_nearest(onnx_build *b, const neighbors *n, onnx_ref x)
{
    return onnx_smallest(b, distance_draw(b, &n->distance, &n->points, x), n->k);
}

/* 1/d of the k nearest; where a distance is zero, those count alone. [N, k] */
static onnx_ref draw_weights(onnx_build *b, const neighbors *n, onnx_ref distances)
{
    onnx_ref d = distance_draw_rooted(b, &n->distance, distances);
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

/* Every point has a weight, which is 0 beyond the radius. A row without a neighbour is of the class that outliers are given, or the first; as a number it is none. */
static void draw_within(const neighbors *n, onnx_build *b, onnx_ref x, onnx_answers *out)
{
    onnx_ref all = distance_draw(b, &n->distance, &n->points, x);
    onnx_ref inside = onnx_with(b, "LessOrEqual", distance_draw_rooted(b, &n->distance, all), n->radius);
    onnx_ref weights = onnx_cast(b, inside, ONNX_DOUBLE);
    if (n->by_distance) {
        onnx_ref far = onnx_op3(b, "Where", inside, all, onnx_number(b, INFINITY));
        weights = draw_weights(b, n, far);
    }
    onnx_ref *labels = onnx_alloc(b, n->targets, sizeof *labels),
             *shares = onnx_alloc(b, n->targets, sizeof *shares);
    onnx_ref total = onnx_sum(b, weights, 1, true), none = onnx_with(b, "Equal", total, 0);
    onnx_ref over = n->classes ? onnx_op3(b, "Where", none, onnx_number(b, 1), total) : total;
    for (size_t k = 0; onnx_ok(b) && k < n->targets; k++) {
        onnx_ref sums = onnx_op2(b, "MatMul", weights, draw_points(b, n, k));
        shares[k] = onnx_op2(b, "Div", sums, over);
        onnx_ref outlier = onnx_integers(b, (int64_t[]){n->outlier < 0 ? 0 : (int64_t)n->outlier}, 1);
        labels[k] = onnx_op3(b, "Where", none, outlier, onnx_upright(b, onnx_argmax(b, sums)));
        if (n->targets == 1) labels[k] = onnx_flat(b, labels[k]);
    }
    if (!onnx_ok(b)) return;
    out->at[n->classes ? OUTPUT_PREDICT_PROBA : OUTPUT_PREDICT] = onnx_concat(b, shares, n->targets, 1);
    if (n->classes) out->at[OUTPUT_PREDICT] = onnx_concat(b, labels, n->targets, 1);
}

static void neighbors_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const neighbors *n = self;
    if (n->k == 0) {
        draw_within(n, b, onnx_matrix(b, t), out);
        return;
    }
    onnx_ref nearest = draw_nearest(b, n, onnx_matrix(b, t)),
             *labels = onnx_alloc(b, n->targets, sizeof *labels),
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

static neighbors *points_new(sk *s)
{
    static const char *const weights[] = {"uniform", "distance"};
    neighbors *n = sk_alloc(s, 1, sizeof *n);
    if (!n) return NULL;
    n->by_distance = sk_has(s, "weights") && sk_choice(s, "weights", weights, COUNT_OF(weights)) == 1;
    n->points = sk_matrix(s, "_fit_X", SK_ANY, SK_ANY);
    if (sk_ok(s) && n->points.rows == 0) sk_fail(s, ERR_INVALID, "it has no points");
    n->outlier = -1;
    sk_features(s, n->points.columns);
    distance_read(s, &n->distance);
    sk_answers(s, n, neighbors_answer);
    sk_draws(s, neighbors_draw, NULL);
    return sk_ok(s) ? n : NULL;
}

static neighbors *neighbors_new(sk *s, const char *count_name)
{
    neighbors *n = points_new(s);
    if (!n) return NULL;
    int64_t k = sk_integer(s, count_name);
    if (sk_ok(s) && (k < 1 || (uint64_t)k > n->points.rows))
        sk_fail(s, ERR_INVALID, "it asks for %lld neighbours of %zu", (long long)k, n->points.rows);
    n->tree = near_tree_read(s, &n->points);
    n->k = sk_ok(s) ? (size_t)k : 0;
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

static void give_numbers(sk *s, neighbors *n)
{
    if (!n) return;
    read_targets(s, n);
    sk_gives(s, OUTPUT_PREDICT, n->targets);
}

static void read_regressor(sk *s)
{
    give_numbers(s, neighbors_new(s, "n_neighbors"));
}

static neighbors *within_radius(sk *s)
{
    neighbors *n = points_new(s);
    if (n) n->radius = sk_number(s, "radius");
    return sk_ok(s) ? n : NULL;
}

static void read_radius_regressor(sk *s)
{
    give_numbers(s, within_radius(s));
}

static void give_classes(sk *s, neighbors *n)
{
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

static void read_classifier(sk *s)
{
    give_classes(s, neighbors_new(s, "n_neighbors"));
}

/* Its outlier label has to be one of its classes here; the library allows others. */
static void read_radius_classifier(sk *s)
{
    neighbors *n = within_radius(s);
    give_classes(s, n);
    if (!sk_ok(s) || !sk_has(s, "outlier_label_")) return;
    if (n->targets > 1) {
        sk_fail(s, ERR_UNSUPPORTED, "it has an outlier_label_ and several targets");
        return;
    }
    const pickle_value *v = pickle_get(s->v, "outlier_label_");
    if (sk_count(v) == 1) v = sk_item(v, 0);
    label wanted = {.kind = v->kind == PICKLE_STR ? LABEL_TEXT : LABEL_FLOAT};
    if (v->kind == PICKLE_STR)
        wanted.text = v->text;
    else
        wanted.number = sk_number_of(s, v, "outlier_label_");
    size_t at = sk_ok(s) ? label_find(n->classes, &wanted) : SK_ANY;
    if (sk_ok(s) && at == SK_ANY) sk_fail(s, ERR_UNSUPPORTED, "its outlier_label_ is none of its classes");
    n->outlier = sk_ok(s) ? (double)at : -1;
}

/* --- outliers ------------------------------------------------------------------------------------------------------------- */

/* How much thinner the training rows lie around a row than around its neighbours. */
typedef struct outliers {
    neighbors *n;
    double *density; /* of each training row */
    double *reach;   /* ... and how far its last neighbour is */
    double offset;
} outliers;

static double outlier_score(const outliers *o, const double *x, near *found)
{
    const neighbors *n = o->n;
    double reach = 0, density = 0;
    near_find(n->tree, &n->points, &n->distance, x, found, n->k);
    for (size_t i = 0; i < n->k; i++) {
        reach += fmax(distance_rooted(&n->distance, found[i].distance), o->reach[found[i].row]);
        density += o->density[found[i].row];
    }
    double own = 1 / (reach / (double)n->k + 1e-10);
    return -(density / own / (double)n->k) - o->offset;
}

static bool outliers_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                            model_answers *out, err *e)
{
    const outliers *o = self;
    near *found = arena_alloc_array(a, o->n->k, sizeof *found);
    if (!found) return err_set(e, ERR_MEMORY, "no memory for %zu neighbours", o->n->k);
    for (size_t i = 0; i < rows->count; i++) {
        double score = outlier_score(o, rows->numbers + i * rows->columns, found);
        out->numbers[i] = what == OUTPUT_PREDICT ? (score < 0 ? -1 : 1) : score;
    }
    return true;
}

static void outliers_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const outliers *o = self;
    const neighbors *n = o->n;
    onnx_ref nearest = draw_nearest(b, n, onnx_matrix(b, t));
    if (!onnx_ok(b)) return;
    onnx_ref reached = onnx_gather(b, onnx_vector(b, o->reach, n->points.rows), nearest + 1, 0);
    onnx_ref far = onnx_op2(b, "Max", distance_draw_rooted(b, &n->distance, nearest), reached);
    onnx_ref density = onnx_gather(b, onnx_vector(b, o->density, n->points.rows), nearest + 1, 0);
    onnx_ref thin = onnx_with(b, "Add", onnx_with(b, "Div", onnx_sum(b, far, 1, true), (double)n->k), 1e-10);
    onnx_ref mean = onnx_with(b, "Div", onnx_sum(b, density, 1, true), (double)n->k);
    onnx_ref score = onnx_op1(b, "Neg", onnx_op2(b, "Mul", mean, thin));
    sk_draw_outliers(b, onnx_with(b, "Sub", score, o->offset), 0, out);
}

static void read_outliers(sk *s)
{
    outliers *o = sk_alloc(s, 1, sizeof *o);
    if (!o) return;
    if (!sk_flag(s, "novelty", false))
        sk_fail(s, ERR_UNSUPPORTED, "it was fitted without novelty=True, and predicts nothing");
    o->n = neighbors_new(s, "n_neighbors_");
    if (!o->n) return;
    o->density = sk_vector(s, "_lrd", o->n->points.rows, NULL);
    matrix far = sk_matrix(s, "_distances_fit_X_", o->n->points.rows, SK_ANY);
    if (sk_ok(s) && far.columns < o->n->k)
        sk_fail(s, ERR_INVALID, "its _distances_fit_X_ has %zu columns", far.columns);
    o->reach = sk_alloc(s, far.rows, sizeof *o->reach);
    for (size_t i = 0; sk_ok(s) && i < far.rows; i++) o->reach[i] = far.at[i * far.columns + o->n->k - 1];
    o->offset = sk_number(s, "offset_");
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_DECISION_FUNCTION, 1);
    s->m->info.gives_indices = true;
    sk_answers(s, o, outliers_answer);
    sk_draws(s, outliers_draw, NULL);
}

const sk_class sk_neighbors_classes[] = {
    {"RadiusNeighborsClassifier", "neighbors._classification", "neighbors.classification",
     read_radius_classifier},
    {"RadiusNeighborsRegressor", "neighbors._regression", "neighbors.regression", read_radius_regressor},
    {"LocalOutlierFactor", "neighbors._lof", "neighbors.lof", read_outliers},
    {"KNeighborsClassifier", "neighbors._classification", "neighbors.classification", read_classifier},
    {"KNeighborsRegressor", "neighbors._regression", "neighbors.regression", read_regressor},
    {NULL, NULL, NULL, NULL},
};
