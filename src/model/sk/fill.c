/*
 * model/sk/fill.c - missing values out of neighbours, and out of models of the other features.
 */
#include "sk/parts.h"

#include <math.h>
#include <stdlib.h>

/* What both add behind their columns: marks of what was missing. */
static const model *read_marks(sk *s, size_t features)
{
    if (!sk_has(s, "indicator_")) return NULL;
    const model *marks = sk_part(s, sk_get(s, "indicator_"), "indicator_");
    if (marks && sk_ok(s) && marks->info.feature_count != features)
        sk_fail(s, ERR_INVALID, "its indicator_ takes %zu features", marks->info.feature_count);
    return marks;
}

static bool add_marks(const model *marks, size_t from, const model_rows *rows, arena *a, model_answers *out,
                      err *e)
{
    if (!marks) return true;
    const double *got = sk_ask(marks, OUTPUT_TRANSFORM, rows, a, e);
    size_t width = marks->info.columns[OUTPUT_TRANSFORM];
    for (size_t i = 0; got && i < rows->count; i++)
        memcpy(out->numbers + i * out->columns + from, got + i * width, width * sizeof *got);
    return got != NULL;
}

static double read_mark(sk *s)
{
    const pickle_value *v = pickle_get(s->v, "missing_values");
    bool is_nan =
        !v || v->kind == PICKLE_NONE || (v->kind == PICKLE_FLOAT && isnan(v->number)) || sk_text_of(v, "NaN");
    return is_nan ? NAN : sk_number(s, "missing_values");
}

static bool is_mark(double mark, double x)
{
    return isnan(mark) ? isnan(x) : x == mark;
}

static onnx_ref draw_mark(onnx_build *b, double mark, onnx_ref x)
{
    return isnan(mark) ? onnx_op1(b, "IsNaN", x) : onnx_with(b, "Equal", x, mark);
}

/* The columns, and the marks behind them. */
static void draw_marked(onnx_build *b, const onnx_ref *cells, size_t count, const model *marks,
                        const onnx_table *t, onnx_answers *out)
{
    if (!onnx_ok(b)) return;
    out->table = onnx_table_of(onnx_concat(b, cells, count, 1), count);
    if (!marks) return;
    onnx_answers marked;
    onnx_draw(b, marks, t, &marked);
    if (onnx_ok(b)) out->table = onnx_table_join(b, (onnx_table[]){out->table, marked.table}, 2);
}

/* --- neighbours ---------------------------------------------------------------------------------------------------------- */

typedef struct donor {
    double distance;
    size_t row;
} donor;

typedef struct neighbor_filler {
    matrix points; /* missing ones are NaN */
    double *means; /* of each feature; NaN: nobody has it */
    size_t k, kept;
    double mark;
    bool by_distance, keeps_empty;
    const model *marks;
} neighbor_filler;

/* Over what both have, scaled up to all features; infinite when they have nothing in common. */
static double distance_to(const neighbor_filler *f, const double *x, const double *point)
{
    double sum = 0;
    size_t common = 0, columns = f->points.columns;
    for (size_t j = 0; j < columns; j++) {
        if (is_mark(f->mark, x[j]) || isnan(point[j])) continue;
        sum += (x[j] - point[j]) * (x[j] - point[j]);
        common++;
    }
    return common ? sqrt(sum * ((double)columns / (double)common)) : INFINITY;
}

static size_t nearest_donors(const neighbor_filler *f, const double *distances, size_t column, donor *found)
{
    size_t count = 0;
    for (size_t row = 0; row < f->points.rows; row++) {
        double d = distances[row];
        if (isnan(f->points.at[row * f->points.columns + column]) || isinf(d)) continue;
        if (count == f->k && !(d < found[count - 1].distance)) continue;
        size_t at = count < f->k ? count++ : count - 1;
        for (; at > 0 && d < found[at - 1].distance; at--) found[at] = found[at - 1];
        found[at] = (donor){d, row};
    }
    return count;
}

static double donate(const neighbor_filler *f, const donor *found, size_t count, size_t column)
{
    double sum = 0, total = 0;
    bool touches = count > 0 && found[0].distance == 0;
    for (size_t i = 0; i < count; i++) {
        double weight = !f->by_distance ? 1 : touches ? found[i].distance == 0 : 1 / found[i].distance;
        sum += weight * f->points.at[found[i].row * f->points.columns + column];
        total += weight;
    }
    return count ? sum / total : f->means[column];
}

static void fill_row(const neighbor_filler *f, const double *x, double *distances, donor *found, double *out)
{
    bool is_known = false; /* the distances */
    for (size_t j = 0, to = 0; j < f->points.columns; j++) {
        bool is_empty = isnan(f->means[j]);
        if (is_empty && !f->keeps_empty) continue;
        double *cell = &out[to++];
        *cell = x[j];
        if (!is_mark(f->mark, x[j])) continue;
        for (size_t row = 0; !is_known && row < f->points.rows; row++)
            distances[row] = distance_to(f, x, f->points.at + row * f->points.columns);
        is_known = true;
        *cell = is_empty ? 0 : donate(f, found, nearest_donors(f, distances, j, found), j);
    }
}

static bool neighbor_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                            model_answers *out, err *e)
{
    (void)what;
    const neighbor_filler *f = self;
    double *distances = work_array(a, f->points.rows, 1, e);
    donor *found = arena_alloc_array(a, f->k, sizeof *found);
    if (!distances || !found) return err_set(e, ERR_MEMORY, "no memory for %zu neighbours", f->k);
    for (size_t i = 0; i < rows->count; i++)
        fill_row(f, rows->numbers + i * rows->columns, distances, found, out->numbers + i * out->columns);
    return add_marks(f->marks, f->kept, rows, a, out, e);
}

/* [N, points]: over what both have, scaled up to all features; infinite when they have nothing in common. */
static onnx_ref draw_common_distances(onnx_build *b, const neighbor_filler *f, onnx_ref x)
{
    size_t n = f->points.rows, columns = f->points.columns;
    double *value = onnx_alloc(b, n, sizeof *value), *is_there = onnx_alloc(b, n, sizeof *is_there);
    onnx_ref sum = 0, common = 0;
    for (size_t j = 0; onnx_ok(b) && j < columns; j++) {
        for (size_t i = 0; i < n; i++) {
            double p = f->points.at[i * columns + j];
            is_there[i] = !isnan(p);
            value[i] = isnan(p) ? 0 : p;
        }
        onnx_ref own = onnx_pick(b, x, j), missing = draw_mark(b, f->mark, own);
        onnx_ref here = onnx_op3(b, "Where", missing, onnx_number(b, 0), onnx_vector(b, is_there, n));
        onnx_ref known = onnx_op3(b, "Where", missing, onnx_number(b, 0), own);
        onnx_ref d = onnx_op2(b, "Sub", known, onnx_vector(b, value, n));
        d = onnx_op2(b, "Mul", onnx_op2(b, "Mul", d, d), here);
        sum = sum ? onnx_op2(b, "Add", sum, d) : d;
        common = common ? onnx_op2(b, "Add", common, here) : here;
    }
    onnx_ref none = onnx_with(b, "Equal", common, 0);
    onnx_ref over = onnx_op3(b, "Where", none, onnx_number(b, 1), common);
    onnx_ref scale = onnx_op2(b, "Div", onnx_number(b, (double)columns), over);
    onnx_ref d = onnx_op1(b, "Sqrt", onnx_op2(b, "Mul", sum, scale));
    return onnx_op3(b, "Where", none, onnx_number(b, INFINITY), d);
}

/* What the nearest points that have this feature give on average; its mean when there are none. [N, 1] */
static onnx_ref draw_donation(onnx_build *b, const neighbor_filler *f, size_t column, onnx_ref distances)
{
    size_t n = f->points.rows;
    double *value = onnx_alloc(b, n, sizeof *value), *lack = onnx_alloc(b, n, sizeof *lack);
    for (size_t i = 0; onnx_ok(b) && i < n; i++) {
        double p = f->points.at[i * f->points.columns + column];
        lack[i] = isnan(p) ? INFINITY : 0;
        value[i] = isnan(p) ? 0 : p;
    }
    if (!onnx_ok(b)) return 0;
    onnx_ref nearest = onnx_smallest(b, onnx_op2(b, "Add", distances, onnx_vector(b, lack, n)), f->k);
    if (!onnx_ok(b)) return 0;
    onnx_ref values = onnx_gather(b, onnx_vector(b, value, n), nearest + 1, 0), one = onnx_number(b, 1);
    onnx_ref gives = onnx_cast(b, onnx_with(b, "Less", nearest, INFINITY), ONNX_DOUBLE), weights = gives;
    if (f->by_distance) {
        onnx_ref zero = onnx_with(b, "Equal", nearest, 0), zeros = onnx_cast(b, zero, ONNX_DOUBLE);
        onnx_ref touches = onnx_with(b, "Greater", onnx_largest_of(b, zeros, 1, true), 0);
        weights = onnx_op3(b, "Where", touches, zeros,
                           onnx_op2(b, "Div", gives, onnx_op3(b, "Where", zero, one, nearest)));
    }
    onnx_ref total = onnx_sum(b, weights, 1, true), none = onnx_with(b, "Equal", total, 0);
    onnx_ref mean = onnx_op2(b, "Div", onnx_sum(b, onnx_op2(b, "Mul", weights, values), 1, true),
                             onnx_op3(b, "Where", none, one, total));
    return onnx_op3(b, "Where", none, onnx_number(b, f->means[column]), mean);
}

static void neighbor_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const neighbor_filler *f = self;
    onnx_ref x = onnx_matrix(b, t), distances = draw_common_distances(b, f, x);
    onnx_ref *cells = onnx_alloc(b, f->kept, sizeof *cells);
    size_t at = 0;
    for (size_t j = 0; onnx_ok(b) && j < f->points.columns; j++) {
        bool is_empty = isnan(f->means[j]);
        if (is_empty && !f->keeps_empty) continue;
        onnx_ref own = onnx_pick(b, x, j);
        onnx_ref given = is_empty ? onnx_number(b, 0) : draw_donation(b, f, j, distances);
        cells[at++] = onnx_op3(b, "Where", draw_mark(b, f->mark, own), given, own);
    }
    draw_marked(b, cells, f->kept, f->marks, t, out);
}

static void settle_means(sk *s, neighbor_filler *f)
{
    f->means = sk_alloc(s, f->points.columns, sizeof *f->means);
    for (size_t j = 0; sk_ok(s) && j < f->points.columns; j++) {
        double sum = 0;
        size_t count = 0;
        for (size_t i = 0; i < f->points.rows; i++) {
            double *x = &f->points.at[i * f->points.columns + j];
            if (is_mark(f->mark, *x)) *x = NAN;
            if (isnan(*x)) continue;
            sum += *x;
            count++;
        }
        f->means[j] = count ? sum / (double)count : NAN;
        f->kept += count || f->keeps_empty;
    }
}

static void read_neighbor_filler(sk *s)
{
    static const char *const weights[] = {"uniform", "distance"}, *const metrics[] = {"nan_euclidean"};
    neighbor_filler *f = sk_alloc(s, 1, sizeof *f);
    if (!f) return;
    f->by_distance = sk_choice(s, "weights", weights, COUNT_OF(weights)) == 1;
    sk_choice(s, "metric", metrics, COUNT_OF(metrics));
    f->mark = read_mark(s);
    f->points = sk_matrix_of(s, sk_get(s, "_fit_X"), "_fit_X", true);
    f->keeps_empty = sk_flag(s, "keep_empty_features", false);
    int64_t k = sk_integer(s, "n_neighbors");
    if (sk_ok(s) && (k < 1 || f->points.rows < 1))
        sk_fail(s, ERR_INVALID, "it asks for %lld neighbours of %zu", (long long)k, f->points.rows);
    sk_features(s, f->points.columns);
    if (!sk_ok(s)) return;
    f->k = (size_t)k < f->points.rows ? (size_t)k : f->points.rows;
    settle_means(s, f);
    f->marks = read_marks(s, f->points.columns);
    if (!sk_ok(s)) return;
    sk_transforms(s, f->kept + (f->marks ? f->marks->info.columns[OUTPUT_TRANSFORM] : 0));
    sk_answers(s, f, neighbor_answer);
    sk_draws(s, neighbor_draw, NULL);
}

/* --- in turns ------------------------------------------------------------------------------------------------------------ */

typedef struct turn {
    size_t feature, *others, count;
    const model *part;
} turn;

typedef struct turns {
    const model *first; /* fills what is missing for a start */
    turn *at;
    size_t count, features;
    double *least, *most, mark;
    const model *marks;
} turns;

static bool take_turn(const turns *t, const turn *now, const model_rows *rows, double *filled, arena *a,
                      err *e)
{
    size_t missing = 0, width = t->features;
    for (size_t i = 0; i < rows->count; i++)
        missing += is_mark(t->mark, rows->numbers[i * width + now->feature]);
    if (missing == 0) return true;
    double *seen = work_array(a, missing, now->count, e);
    for (size_t i = 0, at = 0; seen && i < rows->count; i++) {
        if (!is_mark(t->mark, rows->numbers[i * width + now->feature])) continue;
        for (size_t j = 0; j < now->count; j++)
            seen[at * now->count + j] = filled[i * width + now->others[j]];
        at++;
    }
    model_rows inner = {missing, now->count, seen, NULL, {.is_computed = true}};
    const double *got = seen ? sk_ask(now->part, OUTPUT_PREDICT, &inner, a, e) : NULL;
    for (size_t i = 0, at = 0; got && i < rows->count; i++)
        if (is_mark(t->mark, rows->numbers[i * width + now->feature]))
            filled[i * width + now->feature] =
                fmin(fmax(got[at++], t->least[now->feature]), t->most[now->feature]);
    return got != NULL;
}

static bool turns_answer(const void *self, model_output what, const model_rows *rows, arena *a,
                         model_answers *out, err *e)
{
    (void)what;
    const turns *t = self;
    double *filled = sk_ask(t->first, OUTPUT_TRANSFORM, rows, a, e);
    if (!filled) return false;
    for (size_t k = 0; k < t->count; k++) {
        AUTO_ARENA arena work;
        arena_init(&work, a->ceiling_bytes);
        if (!take_turn(t, &t->at[k], rows, filled, &work, e)) return false;
    }
    for (size_t i = 0; i < rows->count; i++)
        memcpy(out->numbers + i * out->columns, filled + i * t->features, t->features * sizeof *filled);
    return add_marks(t->marks, t->features, rows, a, out, e);
}

static void turns_draw(const void *self, onnx_build *b, const onnx_table *t, onnx_answers *out)
{
    const turns *f = self;
    onnx_ref x = onnx_matrix(b, t), first = onnx_ask(b, f->first, t, OUTPUT_TRANSFORM);
    onnx_ref *cells = onnx_alloc(b, f->features, sizeof *cells),
             *seen = onnx_alloc(b, f->features, sizeof *seen);
    for (size_t j = 0; onnx_ok(b) && j < f->features; j++) cells[j] = onnx_pick(b, first, j);
    for (size_t k = 0; onnx_ok(b) && k < f->count; k++) {
        const turn *now = &f->at[k];
        for (size_t j = 0; j < now->count; j++) seen[j] = cells[now->others[j]];
        onnx_table others = onnx_table_of(onnx_concat(b, seen, now->count, 1), now->count);
        onnx_ref got = onnx_ask(b, now->part, &others, OUTPUT_PREDICT);
        got = onnx_with(b, "Min", onnx_with(b, "Max", got, f->least[now->feature]), f->most[now->feature]);
        onnx_ref missing = draw_mark(b, f->mark, onnx_pick(b, x, now->feature));
        cells[now->feature] = onnx_op3(b, "Where", missing, got, cells[now->feature]);
    }
    draw_marked(b, cells, f->features, f->marks, t, out);
}

static size_t feature_of(sk *s, double number, size_t features)
{
    if (sk_ok(s) && !(number >= 0 && number < (double)features && number == floor(number)))
        sk_fail(s, ERR_INVALID, "its imputation_sequence_ names feature %g of %zu", number, features);
    return sk_ok(s) ? (size_t)number : 0;
}

/* A named tuple: the feature, the others, their estimator. */
static void read_turn(sk *s, const pickle_value *v, size_t features, turn *out)
{
    const pickle_value *parts = v && v->kind == PICKLE_CALL ? v->call.args : v;
    if (sk_ok(s) && sk_count(parts) != 3)
        sk_fail(s, ERR_INVALID, "its imputation_sequence_ holds something else than triples");
    if (!sk_ok(s)) return;
    out->feature = feature_of(s, sk_number_of(s, sk_item(parts, 0), "imputation_sequence_"), features);
    matrix others = sk_matrix_of(s, sk_item(parts, 1), "imputation_sequence_", false);
    out->count = others.columns;
    out->others = sk_alloc(s, others.columns, sizeof *out->others);
    for (size_t j = 0; sk_ok(s) && j < others.columns; j++)
        out->others[j] = feature_of(s, others.at[j], features);
    out->part = sk_part(s, sk_item(parts, 2), "imputation_sequence_");
    if (!sk_ok(s)) return;
    const model_info *part = &out->part->info;
    if (!part->gives[OUTPUT_PREDICT] || part->classes || part->target_count != 1 ||
        part->feature_count != out->count)
        sk_fail(s, ERR_UNSUPPORTED, "its part %.*s does not make one feature of %zu", STR_ARG(part->name),
                out->count);
}

/* A bound for each feature, most often infinite. */
static double *read_bounds(sk *s, const char *name, const char *older, size_t features)
{
    s->takes_infinite = true;
    double *bounds = sk_spread(s, sk_has(s, name) ? name : older, features);
    s->takes_infinite = false;
    return bounds;
}

static void read_turns(sk *s)
{
    turns *t = sk_alloc(s, 1, sizeof *t);
    if (!t) return;
    if (sk_flag(s, "sample_posterior", false))
        sk_fail(s, ERR_UNSUPPORTED, "it draws at random (sample_posterior)");
    t->first = sk_part(s, sk_get(s, "initial_imputer_"), "initial_imputer_");
    if (!sk_ok(s)) return;
    t->features = t->first->info.feature_count;
    if (t->first->info.columns[OUTPUT_TRANSFORM] != t->features)
        sk_fail(s, ERR_UNSUPPORTED, "its initial_imputer_ makes %zu features of %zu",
                t->first->info.columns[OUTPUT_TRANSFORM], t->features);
    sk_features(s, t->features);
    t->mark = read_mark(s);
    t->least = read_bounds(s, "_min_value", "min_value", t->features);
    t->most = read_bounds(s, "_max_value", "max_value", t->features);
    bool runs = sk_integer(s, "n_iter_") > 0;
    sk_list list = sk_items(s, sk_get(s, "imputation_sequence_"), "imputation_sequence_", SK_ANY);
    t->at = sk_alloc(s, list.count, sizeof *t->at);
    for (size_t k = 0; runs && k < list.count && sk_ok(s); k++)
        read_turn(s, list.items[k], t->features, &t->at[t->count++]);
    t->marks = read_marks(s, t->features);
    if (!sk_ok(s)) return;
    sk_transforms(s, t->features + (t->marks ? t->marks->info.columns[OUTPUT_TRANSFORM] : 0));
    sk_answers(s, t, turns_answer);
    sk_draws(s, turns_draw, NULL);
}

const sk_class sk_fill_classes[] = {
    {"KNNImputer", "impute._knn", NULL, read_neighbor_filler},
    {"IterativeImputer", "impute._iterative", NULL, read_turns},
    {NULL, NULL, NULL, NULL},
};
