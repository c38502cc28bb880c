/*
 * serve/cells.c - what a request asks about, as rows of numbers and text.
 */
#include "served.h"

#include "base/limits.h"
#include "model/table.h"

#include <math.h>

bool cells_new(const served *s, arena *a, uint64_t count, cells *out, err *e)
{
    if (count > LIMIT_PREDICT_ROWS)
        return err_set(e, ERR_TOO_LARGE, "%llu rows were given, LIMIT_PREDICT_ROWS allows %llu: ask in parts",
                       (unsigned long long)count, (unsigned long long)LIMIT_PREDICT_ROWS);
    size_t total;
    if (__builtin_mul_overflow((size_t)count, s->about->feature_count, &total)) total = SIZE_MAX - 1;
    *out = (cells){.served = s, .memory = a, .count = (size_t)count, .columns = s->about->feature_count};
    out->numbers = arena_alloc_array(a, total + 1, sizeof *out->numbers);
    if (out->numbers) return true;
    return err_set(e, ERR_TOO_LARGE, "%llu rows are more than LIMIT_REQUEST_ARENA_BYTES holds: ask in parts",
                   (unsigned long long)count);
}

bool cells_put_text(cells *c, size_t at, str text, err *e)
{
    if (!c->texts) c->texts = arena_alloc_array(c->memory, c->count * c->columns + 1, sizeof *c->texts);
    if (!c->texts) return err_set(e, ERR_MEMORY, "no memory for the text of %zu rows", c->count);
    /* The document may be gone when the model is asked, and is when the request is logged. */
    c->texts[at] = text.len ? arena_copy(c->memory, text) : STR("");
    if (!c->texts[at].data)
        return err_set(e, ERR_TOO_LARGE,
                       "the text of %zu rows is more than LIMIT_REQUEST_ARENA_BYTES holds: ask in parts",
                       c->count);
    if (!number_parse(str_trim(text), &c->numbers[at])) c->numbers[at] = NAN;
    return true;
}

model_rows cells_rows(const cells *c)
{
    return (model_rows){.count = c->count, .columns = c->columns, .numbers = c->numbers, .texts = c->texts};
}

str cells_feature(const served *s, arena *a, size_t feature)
{
    const str *names = s->about->feature_names;
    return names
               ? arena_printf(a, "feature %zu (%.*s)", feature + 1, STR_ARG(str_slice(names[feature], 0, 60)))
               : arena_printf(a, "feature %zu", feature + 1);
}

static bool wrong_cell(const cells *c, size_t row, size_t feature, const char *what, err *e)
{
    return err_set(e, ERR_UNPROCESSABLE, "row %zu, %.*s %s", row + 1,
                   STR_ARG(cells_feature(c->served, c->memory, feature)), what);
}

bool cells_put_json(cells *c, size_t row, size_t feature, const json_t *value, err *e)
{
    size_t at = row * c->columns + feature;
    double number = NAN;
    if (json_is_string(value)) {
        str text = {json_string_value(value), json_string_length(value)};
        if (c->served->about->takes_text) return cells_put_text(c, at, text, e);
        if (!number_parse(str_trim(text), &number))
            return wrong_cell(c, row, feature, "is text, and this model takes numbers", e);
    } else if (json_is_number(value)) {
        number = json_number_value(value);
    } else if (json_is_boolean(value)) {
        number = json_is_true(value) ? 1 : 0;
    } else if (!json_is_null(value)) {
        return wrong_cell(c, row, feature, "is a list or object; it must be a number", e);
    }
    cells_put(c, at, number);
    return true;
}

const json_t *cells_member(const served *s, const json_t *object, size_t feature)
{
    const str *names = s->about->feature_names;
    if (names) return json_object_getn(object, names[feature].data, names[feature].len);
    void *at = json_object_iter((json_t *)(uintptr_t)object);
    for (size_t i = 0; at && i < feature; i++) at = json_object_iter_next((json_t *)(uintptr_t)object, at);
    return at ? json_object_iter_value(at) : NULL;
}

bool cells_put_object(cells *c, size_t row, const json_t *object, err *e)
{
    if (!c->served->about->feature_names && json_object_size(object) != c->columns)
        return err_set(e, ERR_UNPROCESSABLE, "row %zu has %zu values, the model takes %zu features", row + 1,
                       json_object_size(object), c->columns);
    for (size_t k = 0; k < c->columns; k++) {
        const json_t *value = cells_member(c->served, object, k);
        if (!value)
            return err_set(e, ERR_UNPROCESSABLE, "row %zu has no %.*s", row + 1,
                           STR_ARG(cells_feature(c->served, c->memory, k)));
        if (!cells_put_json(c, row, k, value, e)) return false;
    }
    return true;
}

static bool put_list(cells *c, size_t row, const json_t *list, err *e)
{
    if (c->columns == 1 && !json_is_array(list))
        return cells_put_json(c, row, 0, list, e); /* a text, most often */
    if (!json_is_array(list))
        return err_set(e, ERR_UNPROCESSABLE, "row %zu is no list: rows are lists of %zu features", row + 1,
                       c->columns);
    if (json_array_size(list) != c->columns)
        return err_set(e, ERR_UNPROCESSABLE, "row %zu has %zu features, the model takes %zu", row + 1,
                       json_array_size(list), c->columns);
    for (size_t k = 0; k < c->columns; k++)
        if (!cells_put_json(c, row, k, json_array_get(list, k), e)) return false;
    return true;
}

bool cells_from_lists(const served *s, arena *a, const json_t *list, cells *out, err *e)
{
    size_t count = json_array_size(list);
    if (!cells_new(s, a, count, out, e)) return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);
        if (json_is_object(row) ? !cells_put_object(out, i, row, e) : !put_list(out, i, row, e)) return false;
    }
    return true;
}
