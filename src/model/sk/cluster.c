/*
 * model/sk/cluster.c - which centre a row is nearest to: k-means and its like, and columns that were found alike.
 */
#include "sk/distance.h"

#include "base/limits.h"

#include <math.h>

/* --- centres ------------------------------------------------------------------------------------------------------------- */

typedef struct centres {
    matrix at;
    double *labels; /* of each; NULL: its number */
} centres;

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
            double d = distance_squared(x, c->at.at + k * c->at.columns, c->at.columns);
            if (what == OUTPUT_TRANSFORM) out->numbers[i * out->columns + k] = sqrt(d);
            if (what == OUTPUT_PREDICT && d < best) out->numbers[i] = c->labels ? c->labels[k] : (double)k;
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
    onnx_ref nearest = onnx_argmin(b, squares);
    out->at[OUTPUT_PREDICT] =
        c->labels
            ? onnx_cast(b, onnx_gather(b, onnx_vector(b, c->labels, c->at.rows), nearest, 0), ONNX_INT64)
            : nearest;
    out->table = onnx_table_of(onnx_op1(b, "Sqrt", squares), c->at.rows);
}

static centres *centres_new(sk *s, const char *name)
{
    centres *c = sk_alloc(s, 1, sizeof *c);
    if (!c) return NULL;
    c->at = sk_matrix(s, name, SK_ANY, SK_ANY);
    if (sk_ok(s) && c->at.rows == 0) sk_fail(s, ERR_UNSUPPORTED, "it found no centres");
    sk_features(s, c->at.columns);
    sk_answers(s, c, centres_answer);
    sk_draws(s, centres_draw, NULL);
    sk_gives(s, OUTPUT_PREDICT, 1);
    s->m->info.gives_indices = true;
    return sk_ok(s) ? c : NULL;
}

static void read_kmeans(sk *s)
{
    centres *c = centres_new(s, "cluster_centers_");
    if (c) sk_gives(s, OUTPUT_TRANSFORM, c->at.rows);
}

static void read_centres(sk *s)
{
    centres_new(s, "cluster_centers_");
}

/* Birch: centres of small clusters, each part of a larger one. */
static void read_birch(sk *s)
{
    centres *c = centres_new(s, "subcluster_centers_");
    if (!c) return;
    c->labels = sk_vector(s, "subcluster_labels_", c->at.rows, NULL);
    for (size_t k = 0; sk_ok(s) && k < c->at.rows; k++)
        if (!(c->labels[k] >= 0 && c->labels[k] < (double)c->at.rows))
            sk_fail(s, ERR_INVALID, "its subcluster_labels_ holds %g", c->labels[k]);
    sk_gives(s, OUTPUT_TRANSFORM, c->at.rows);
}

/* --- halves of halves ---------------------------------------------------------------------------------------------------- */

typedef struct half {
    const double *centre;
    size_t left, right; /* 0: a cluster */
    double label;
} half;

typedef struct halves {
    centres whole; /* for transform */
    half *at;      /* the first is the root, children lie behind their parents */
    size_t count;
} halves;

static bool halves_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                          model_answers *out, err *e)
{
    const halves *h = self;
    if (what == OUTPUT_TRANSFORM) return centres_answer(&h->whole, what, rows, a, out, e);
    for (size_t i = 0; i < rows->count; i++) {
        const double *x = rows->numbers + i * rows->columns;
        size_t at = 0;
        while (h->at[at].left) {
            const half *left = &h->at[h->at[at].left], *right = &h->at[h->at[at].right];
            bool goes_right = distance_squared(x, right->centre, rows->columns) <
                              distance_squared(x, left->centre, rows->columns);
            at = goes_right ? h->at[at].right : h->at[at].left;
        }
        out->numbers[i] = h->at[at].label;
    }
    return true;
}

static onnx_ref draw_square(onnx_build *b, const halves *h, size_t at, onnx_ref x)
{
    onnx_ref off = onnx_op2(b, "Sub", x, onnx_vector(b, h->at[at].centre, h->whole.at.columns));
    return onnx_sum(b, onnx_op2(b, "Mul", off, off), 1, true);
}

/* From the leaves up: the label that a row gets if it comes by. */
static void halves_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const halves *h = self;
    onnx_ref x = onnx_matrix(b, t), *said = onnx_alloc(b, h->count, sizeof *said);
    centres_draw(&h->whole, b, t, out);
    for (size_t i = h->count; onnx_ok(b) && i-- > 0;) {
        const half *node = &h->at[i];
        said[i] = onnx_number(b, node->label);
        if (!node->left) continue;
        onnx_ref goes_right =
            onnx_op2(b, "Less", draw_square(b, h, node->right, x), draw_square(b, h, node->left, x));
        said[i] = onnx_op3(b, "Where", goes_right, said[node->right], said[node->left]);
    }
    if (!onnx_ok(b)) return;
    onnx_ref first = h->at[0].left ? said[0] : onnx_filled(b, x, &h->at[0].label, 1);
    out->at[OUTPUT_PREDICT] = onnx_flat(b, onnx_cast(b, first, ONNX_INT64));
}

/* Centres of the tree are those of centred data, where there was a mean to take off. */
static const double *read_centre(sk *s, const pickle_value *v, const double *mean, size_t columns)
{
    matrix m = sk_matrix_of(s, pickle_get(v, "center"), "center", false);
    if (sk_ok(s) && (m.rows != 1 || m.columns != columns))
        sk_fail(s, ERR_INVALID, "a center of its _bisecting_tree has %zu numbers, not %zu",
                m.rows * m.columns, columns);
    for (size_t j = 0; sk_ok(s) && mean && j < columns; j++) m.at[j] += mean[j];
    return m.at;
}

typedef struct half_place {
    const pickle_value *v;
    const double *mean;
    size_t at, most;
} half_place;

/* One node; its children, if it has some, get the next places. */
static void read_half(sk *s, halves *h, half_place place, const pickle_value **waiting)
{
    half *node = &h->at[place.at];
    const pickle_value *left = pickle_get(place.v, "left"), *right = pickle_get(place.v, "right");
    bool is_leaf = !left || left->kind == PICKLE_NONE;
    if (place.at > 0) node->centre = read_centre(s, place.v, place.mean, h->whole.at.columns);
    if (is_leaf) {
        const pickle_value *number = pickle_get(place.v, "label");
        if (!number) sk_fail(s, ERR_INVALID, "a cluster of its _bisecting_tree has no label");
        if (sk_ok(s)) node->label = sk_number_of(s, number, "label");
        if (sk_ok(s) && !(node->label >= 0 && node->label < (double)h->whole.at.rows))
            sk_fail(s, ERR_INVALID, "a label of its _bisecting_tree is %g", node->label);
        return;
    }
    if (!right || h->count + 2 > place.most) {
        sk_fail(s, ERR_INVALID, "its _bisecting_tree is none of %zu clusters", h->whole.at.rows);
        return;
    }
    node->left = h->count;
    node->right = h->count + 1;
    waiting[h->count++] = left;
    waiting[h->count++] = right;
}

static void read_bisecting(sk *s)
{
    halves *h = sk_alloc(s, 1, sizeof *h);
    if (!h) return;
    h->whole.at = sk_matrix(s, "cluster_centers_", SK_ANY, SK_ANY);
    sk_features(s, h->whole.at.columns);
    const pickle_value *root = sk_get(s, "_bisecting_tree");
    if (!sk_ok(s) || h->whole.at.rows == 0 || h->whole.at.columns == 0) {
        sk_fail(s, ERR_INVALID, "it has no centres");
        return;
    }
    size_t most = 2 * h->whole.at.rows;
    const double *mean = sk_has(s, "_X_mean") ? sk_vector(s, "_X_mean", h->whole.at.columns, NULL) : NULL;
    const pickle_value **waiting = sk_alloc(s, most, sizeof *waiting);
    h->at = sk_alloc(s, most, sizeof *h->at);
    if (!sk_ok(s)) return;
    waiting[0] = root;
    h->count = 1;
    for (size_t i = 0; i < h->count && sk_ok(s); i++)
        read_half(s, h, (half_place){.v = waiting[i], .mean = mean, .at = i, .most = most}, waiting);
    sk_answers(s, h, halves_answer);
    sk_draws(s, halves_draw, NULL);
    sk_gives(s, OUTPUT_PREDICT, 1);
    sk_gives(s, OUTPUT_TRANSFORM, h->whole.at.rows);
    s->m->info.gives_indices = true;
}

/* --- columns that are alike ---------------------------------------------------------------------------------------------- */

typedef enum pooling { POOL_MEAN, POOL_MAX, POOL_MIN } pooling;

typedef struct pools {
    size_t *of; /* of each column */
    size_t columns, count;
    double *sizes;
    pooling how;
} pools;

static void pool_row(const pools *p, const double *x, double *out)
{
    for (size_t k = 0; k < p->count; k++)
        out[k] = p->how == POOL_MAX ? -INFINITY : p->how == POOL_MIN ? INFINITY : 0;
    for (size_t j = 0; j < p->columns; j++) {
        double *to = &out[p->of[j]];
        *to = p->how == POOL_MAX ? fmax(*to, x[j]) : p->how == POOL_MIN ? fmin(*to, x[j]) : *to + x[j];
    }
    for (size_t k = 0; p->how == POOL_MEAN && k < p->count; k++) out[k] /= p->sizes[k];
}

static bool pools_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    (void)what;
    (void)a;
    (void)e;
    const pools *p = self;
    for (size_t i = 0; i < rows->count; i++)
        pool_row(p, rows->numbers + i * rows->columns, out->numbers + i * out->columns);
    return true;
}

static onnx_ref draw_pool(onnx_build *b, const pools *p, size_t pool, const onnx_table *t)
{
    size_t *columns = onnx_alloc(b, p->columns, sizeof *columns), count = 0;
    for (size_t j = 0; columns && j < p->columns; j++)
        if (p->of[j] == pool) columns[count++] = j;
    if (!columns) return 0;
    onnx_table own = onnx_table_pick(b, t, columns, count);
    onnx_ref x = onnx_matrix(b, &own);
    if (p->how == POOL_MEAN) return onnx_with(b, "Div", onnx_sum(b, x, 1, true), p->sizes[pool]);
    if (p->how == POOL_MAX) return onnx_largest_of(b, x, 1, true);
    return onnx_op1(b, "Neg", onnx_largest_of(b, onnx_op1(b, "Neg", x), 1, true));
}

static void pools_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const pools *p = self;
    onnx_ref *parts = onnx_alloc(b, p->count, sizeof *parts);
    for (size_t k = 0; onnx_ok(b) && k < p->count; k++) parts[k] = draw_pool(b, p, k, t);
    if (onnx_ok(b)) out->table = onnx_table_of(onnx_concat(b, parts, p->count, 1), p->count);
}

/* A function of numpy's, named by the file; another one is code, which nothing here runs. */
static pooling read_pooling(sk *s)
{
    static const struct {
        const char *name;
        pooling how;
    } known[] = {
        {"mean", POOL_MEAN}, {"max", POOL_MAX}, {"amax", POOL_MAX}, {"min", POOL_MIN}, {"amin", POOL_MIN}};
    const pickle_value *v = sk_get(s, "pooling_func");
    if (!sk_ok(s)) return POOL_MEAN;
    for (size_t i = 0; v->kind == PICKLE_GLOBAL && i < COUNT_OF(known); i++)
        if (str_starts_with(v->global.module, STR("numpy")) &&
            str_eq(v->global.name, str_from_c(known[i].name)))
            return known[i].how;
    sk_fail(s, ERR_UNSUPPORTED, "its pooling_func is not understood: mean, max and min of numpy are");
    return POOL_MEAN;
}

static void read_pools(sk *s)
{
    pools *p = sk_alloc(s, 1, sizeof *p);
    if (!p) return;
    double *labels = sk_vector(s, "labels_", SK_ANY, &p->columns);
    p->of = sk_alloc(s, p->columns, sizeof *p->of);
    p->sizes = sk_alloc(s, p->columns, sizeof *p->sizes);
    p->how = read_pooling(s);
    sk_features(s, p->columns);
    for (size_t j = 0; sk_ok(s) && j < p->columns; j++) {
        if (!(labels[j] >= 0 && labels[j] < (double)p->columns)) {
            sk_fail(s, ERR_INVALID, "its labels_ holds %g", labels[j]);
            return;
        }
        p->of[j] = (size_t)labels[j];
        p->sizes[p->of[j]]++;
        if (p->of[j] + 1 > p->count) p->count = p->of[j] + 1;
    }
    for (size_t k = 0; sk_ok(s) && k < p->count; k++)
        if (p->sizes[k] == 0) sk_fail(s, ERR_INVALID, "no column of its labels_ is %zu", k);
    sk_gives(s, OUTPUT_TRANSFORM, p->count);
    sk_answers(s, p, pools_answer);
    sk_draws(s, pools_draw, NULL);
}

const sk_class sk_cluster_classes[] = {
    {"KMeans", "cluster._kmeans", "cluster.k_means_", read_kmeans},
    {"MiniBatchKMeans", "cluster._kmeans", "cluster.k_means_", read_kmeans},
    {"BisectingKMeans", "cluster._bisect_k_means", NULL, read_bisecting},
    {"MeanShift", "cluster._mean_shift", "cluster.mean_shift_", read_centres},
    {"AffinityPropagation", "cluster._affinity_propagation", "cluster.affinity_propagation_", read_centres},
    {"Birch", "cluster._birch", "cluster.birch", read_birch},
    {"FeatureAgglomeration", "cluster._agglomerative", "cluster.hierarchical", read_pools},
    {NULL, NULL, NULL, NULL},
};
