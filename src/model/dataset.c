/*
 * model/dataset.c - typed columns, sorted labels, and the split.
 */
#include "model/dataset.h"

#include "random.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static bool no_memory(size_t count, err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for a data set of %zu numbers", count);
}

/* --- labels -------------------------------------------------------------------------------------------------------------- */

static bool as_integer(str cell, label *l)
{
    *l = (label){.kind = LABEL_INT};
    return str_to_i64(cell, &l->integer);
}

static bool as_bool(str cell, label *l)
{
    *l = (label){.kind = LABEL_BOOL, .integer = str_eq_nocase(cell, STR("true"))};
    return l->integer || str_eq_nocase(cell, STR("false"));
}

static bool as_float(str cell, label *l)
{
    *l = (label){.kind = LABEL_FLOAT};
    return number_parse(cell, &l->number);
}

static bool as_text(str cell, label *l)
{
    *l = (label){.kind = LABEL_TEXT, .text = cell};
    return true;
}

int label_compare(const label *a, const label *b)
{
    if (a->kind == LABEL_TEXT) return str_compare(a->text, b->text);
    if (a->kind == LABEL_FLOAT) return (a->number > b->number) - (a->number < b->number);
    return (a->integer > b->integer) - (a->integer < b->integer);
}

static int compare_labels(const void *left, const void *right)
{
    return label_compare(left, right);
}

/* The first kind that every cell of the column is. */
static bool read_labels(const table *t, size_t target, label *out, err *e)
{
    static bool (*const kinds[])(str, label *) = {as_integer, as_bool, as_float, as_text};
    for (size_t row = 0; row < t->rows; row++)
        if (str_trim(table_cell(t, row, target)).len == 0)
            return err_set(e, ERR_INVALID, "line %zu: the target (column %zu) is empty", t->lines[row],
                           target + 1);
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        size_t row = 0;
        while (row < t->rows && kinds[k](str_trim(table_cell(t, row, target)), &out[row])) row++;
        if (row == t->rows) return true;
    }
    return false; /* not reached: any cell is text */
}

static bool labels_are_classes(const label *labels, size_t count, err *e)
{
    for (size_t i = 0; i < count; i++)
        if (labels[i].kind == LABEL_FLOAT && labels[i].number != floor(labels[i].number))
            return err_set(
                e, ERR_UNPROCESSABLE,
                "the target has values like %g: a classifier needs classes; take a regressor for numbers",
                labels[i].number);
    return true;
}

/* Index of every label of one output among the sorted distinct ones. */
static bool encode_labels(arena *a, const label *labels, size_t rows, train_target *target, uint32_t *indexes,
                          size_t stride, err *e)
{
    label *sorted = arena_alloc_array(a, rows, sizeof *sorted);
    if (!sorted) return no_memory(rows, e);
    memcpy(sorted, labels, rows * sizeof *sorted);
    qsort(sorted, rows, sizeof *sorted, compare_labels);
    size_t classes = 0;
    for (size_t i = 0; i < rows; i++)
        if (i == 0 || label_compare(&sorted[classes - 1], &sorted[i]) != 0) sorted[classes++] = sorted[i];
    for (size_t i = 0; i < rows; i++) {
        const label *found = bsearch(&labels[i], sorted, classes, sizeof *sorted, compare_labels);
        indexes[i * stride] = (uint32_t)(found - sorted);
    }
    *target = (train_target){.labels = sorted, .classes = classes};
    return true;
}

bool dataset_set_labels(arena *a, const label *labels, size_t outputs, train_data *d, err *e)
{
    uint32_t *indexes = arena_alloc_array(a, d->rows * outputs, sizeof *indexes);
    train_target *targets = arena_alloc_array(a, outputs, sizeof *targets);
    label *column = arena_alloc_array(a, d->rows, sizeof *column);
    if (!indexes || !targets || !column) return no_memory(d->rows, e);
    for (size_t k = 0; k < outputs; k++) {
        for (size_t row = 0; row < d->rows; row++) column[row] = labels[row * outputs + k];
        if (!labels_are_classes(column, d->rows, e) ||
            !encode_labels(a, column, d->rows, &targets[k], indexes + k, outputs, e))
            return false;
    }
    d->y_class = indexes;
    d->targets = targets;
    d->outputs = outputs;
    return true;
}

bool dataset_set_numbers(const double *numbers, size_t outputs, train_data *d, err *e)
{
    for (size_t i = 0; i < d->rows * outputs; i++)
        if (!isfinite(numbers[i]))
            return err_set(e, ERR_INVALID, "row %zu: the target is missing or infinite", i / outputs + 1);
    d->y_number = numbers;
    d->outputs = outputs;
    return true;
}

static bool target_classes(arena *a, const table *t, const dataset_columns *c, train_data *d, err *e)
{
    label *labels = arena_alloc_array(a, t->rows * c->target_count, sizeof *labels);
    label *column = arena_alloc_array(a, t->rows, sizeof *column);
    if (!labels || !column) return no_memory(t->rows, e);
    for (size_t k = 0; k < c->target_count; k++) {
        if (!read_labels(t, c->targets[k], column, e)) return false;
        for (size_t row = 0; row < t->rows; row++) labels[row * c->target_count + k] = column[row];
    }
    return dataset_set_labels(a, labels, c->target_count, d, e);
}

static bool read_number_cell(const table *t, size_t row, size_t column, const char *what, double *out, err *e)
{
    if (!table_number(t, row, column, out, e)) return false;
    return isfinite(*out) || err_set(e, ERR_INVALID, "line %zu: the %s (column %zu) is missing or infinite",
                                     t->lines[row], what, column + 1);
}

static bool target_numbers(arena *a, const table *t, const dataset_columns *c, train_data *d, err *e)
{
    double *y = arena_alloc_array(a, t->rows * c->target_count, sizeof *y);
    if (!y) return no_memory(t->rows, e);
    for (size_t row = 0; row < t->rows; row++)
        for (size_t k = 0; k < c->target_count; k++)
            if (!read_number_cell(t, row, c->targets[k], "target", &y[row * c->target_count + k], e))
                return false;
    return dataset_set_numbers(y, c->target_count, d, e);
}

/* --- features ------------------------------------------------------------------------------------------------------------ */

static bool is_feature(const dataset_columns *c, size_t column)
{
    for (size_t k = 0; k < c->target_count; k++)
        if (c->targets[k] == column) return false;
    return !(c->has_weight && c->weight == column);
}

static bool read_features(arena *a, const table *t, const dataset_columns *c, train_data *d, err *e)
{
    size_t count = t->rows * d->features;
    float *x = arena_alloc_array(a, count ? count : 1, sizeof *x);
    str *names = arena_alloc_array(a, d->features + 1, sizeof *names);
    if (!x || !names) return no_memory(count, e);
    size_t feature = 0;
    for (size_t column = 0; column < t->columns; column++) {
        if (!is_feature(c, column)) continue;
        if (t->names) names[feature] = t->names[column];
        for (size_t row = 0; row < t->rows; row++) {
            if (!table_single(t, row, column, &x[feature * t->rows + row], e)) return false;
        }
        feature++;
    }
    d->x = x;
    d->names = t->names ? names : NULL;
    return true;
}

static bool read_weights(arena *a, const table *t, const dataset_columns *c, train_data *d, err *e)
{
    if (!c->has_weight) return true;
    double *weights = arena_alloc_array(a, t->rows, sizeof *weights);
    if (!weights) return no_memory(t->rows, e);
    for (size_t row = 0; row < t->rows; row++)
        if (!read_number_cell(t, row, c->weight, "weight", &weights[row], e)) return false;
    d->weights = weights;
    return true;
}

static bool name_targets(arena *a, const table *t, const dataset_columns *c, train_data *d, err *e)
{
    if (!t->names) return true;
    str *names = arena_alloc_array(a, c->target_count, sizeof *names);
    if (!names) return no_memory(c->target_count, e);
    for (size_t k = 0; k < c->target_count; k++) names[k] = t->names[c->targets[k]];
    d->target_names = names;
    return true;
}

bool dataset_from_table(arena *a, const table *t, const dataset_columns *columns, bool classifies,
                        train_data *out, err *e)
{
    train_data d = {.rows = t->rows};
    for (size_t column = 0; column < t->columns; column++) d.features += is_feature(columns, column);
    if (d.features == 0)
        return err_set(e, ERR_UNPROCESSABLE,
                       "the table has %zu column%s; training needs features beside target and weight",
                       t->columns, t->columns == 1 ? "" : "s");
    if (!read_features(a, t, columns, &d, e) || !read_weights(a, t, columns, &d, e) ||
        !name_targets(a, t, columns, &d, e))
        return false;
    if (classifies ? !target_classes(a, t, columns, &d, e) : !target_numbers(a, t, columns, &d, e))
        return false;
    *out = d;
    return true;
}

/* --- the split ----------------------------------------------------------------------------------------------------------- */

bool dataset_take(arena *a, const train_data *all, const uint32_t *rows, size_t count, train_data *out,
                  err *e)
{
    *out = *all;
    out->rows = count;
    size_t outputs = all->outputs;
    float *x = arena_alloc_array(a, count * all->features, sizeof *x);
    uint32_t *y_class = arena_alloc_array(a, count * outputs, sizeof *y_class);
    double *y_number = arena_alloc_array(a, count * outputs, sizeof *y_number);
    double *weights = arena_alloc_array(a, count, sizeof *weights);
    if (!x || !y_class || !y_number || !weights) return no_memory(count * all->features, e);
    for (size_t i = 0; i < count; i++) {
        size_t row = rows[i];
        for (size_t f = 0; f < all->features; f++) x[f * count + i] = all->x[f * all->rows + row];
        for (size_t k = 0; k < outputs; k++) {
            if (all->y_class) y_class[i * outputs + k] = all->y_class[row * outputs + k];
            if (all->y_number) y_number[i * outputs + k] = all->y_number[row * outputs + k];
        }
        if (all->weights) weights[i] = all->weights[row];
    }
    out->x = x;
    if (all->y_class) out->y_class = y_class;
    if (all->y_number) out->y_number = y_number;
    if (all->weights) out->weights = weights;
    return true;
}

static bool every_class_is_in(arena *a, const train_data *d, err *e)
{
    for (size_t k = 0; d->y_class && k < d->outputs; k++) {
        bool *seen = arena_alloc_array(a, d->targets[k].classes + 1, sizeof *seen);
        if (!seen) return no_memory(d->targets[k].classes, e);
        for (size_t i = 0; i < d->rows; i++) seen[d->y_class[i * d->outputs + k]] = true;
        for (size_t c = 0; c < d->targets[k].classes; c++)
            if (!seen[c])
                return err_set(
                    e, ERR_UNPROCESSABLE,
                    "a class has no row in the training part: take a smaller test or another seed");
    }
    return true;
}

bool dataset_test_rows(str test_size, size_t rows, size_t *test_rows, err *e)
{
    uint64_t count;
    double share;
    bool is_count = str_to_u64(test_size, &count);
    if (is_count ? count == 0 : !number_parse(test_size, &share) || !(share > 0 && share < 1))
        return err_set(
            e, ERR_UNPROCESSABLE,
            "the size of the test must be a share between 0 and 1 (0.2) or a number of rows (30), not '%.*s'",
            STR_ARG(str_slice(test_size, 0, 40)));
    if (!is_count) count = (uint64_t)ceil(share * (double)rows);
    if (count >= rows)
        return err_set(e, ERR_UNPROCESSABLE, "a test of %.*s leaves nothing of %zu rows to train on",
                       STR_ARG(str_slice(test_size, 0, 40)), rows);
    *test_rows = (size_t)count;
    return true;
}

bool dataset_split(arena *a, const train_data *all, size_t test_rows, uint32_t seed, dataset_parts *out,
                   err *e)
{
    assert(test_rows > 0 && test_rows < all->rows);
    uint32_t *order = arena_alloc_array(a, all->rows, sizeof *order);
    if (!order) return no_memory(all->rows, e);
    for (uint32_t i = 0; i < all->rows; i++) order[i] = i;
    mt19937 g;
    mt19937_seed(&g, seed);
    mt19937_shuffle(&g, order, all->rows);
    return dataset_take(a, all, order, test_rows, &out->test, e) &&
           dataset_take(a, all, order + test_rows, all->rows - test_rows, &out->train, e) &&
           every_class_is_in(a, &out->train, e);
}
