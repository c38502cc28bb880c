/*
 * serve/mlflow.c - POST /invocations, as MLflow's scoring server and SageMaker have it.
 *
 * All its forms come down to three: rows that are lists, rows that are objects, and columns. Columns are found by name where both sides have names, by place otherwise.
 */
#include "served.h"

#include "base/limits.h"
#include "model/table.h"

#include <math.h>

typedef struct invocation {
    const served *served;
    arena *memory;
    cells cells;
    model_output what;
} invocation;

/* --- columns ----------------------------------------------------------------------------------------------------------------- */

/* Which given column holds each feature. names NULL: by place. */
static bool map_columns(invocation *in, const str *names, size_t count, size_t *columns, err *e)
{
    const model_info *about = in->served->about;
    bool by_name = names && about->feature_names;
    if (!by_name && count != about->feature_count)
        return err_set(e, ERR_UNPROCESSABLE, "%zu columns were given, the model takes %zu features", count,
                       about->feature_count);
    for (size_t i = 0; i < about->feature_count; i++) {
        columns[i] = i;
        if (!by_name) continue;
        size_t k = 0;
        while (k < count && !str_eq(names[k], about->feature_names[i])) k++;
        if (k == count)
            return err_set(e, ERR_UNPROCESSABLE, "there is no column '%.*s', which the model was trained on",
                           STR_ARG(str_slice(about->feature_names[i], 0, 80)));
        columns[i] = k;
    }
    return true;
}

static size_t *new_columns(invocation *in, err *e)
{
    size_t *columns = arena_alloc_array(in->memory, in->served->about->feature_count + 1, sizeof *columns);
    if (!columns) err_set(e, ERR_MEMORY, "no memory for the columns of a request");
    return columns;
}

/* --- the three forms --------------------------------------------------------------------------------------------------------- */

static bool read_lists(invocation *in, const str *names, size_t name_count, const json_t *data, err *e)
{
    size_t *columns = new_columns(in, e);
    if (!columns || !map_columns(in, names, name_count, columns, e) ||
        !cells_new(in->served, in->memory, json_array_size(data), &in->cells, e))
        return false;
    for (size_t i = 0; i < in->cells.count; i++) {
        const json_t *row = json_array_get(data, i);
        if (json_array_size(row) != name_count)
            return err_set(e, ERR_UNPROCESSABLE, "row %zu has %zu values, there are %zu columns", i + 1,
                           json_array_size(row), name_count);
        for (size_t k = 0; k < in->cells.columns; k++)
            if (!cells_put_json(&in->cells, i, k, json_array_get(row, columns[k]), e)) return false;
    }
    return true;
}

/* A column is a list of values, or of lists of one value. */
static bool read_column_lists(invocation *in, const json_t *columns, err *e)
{
    const json_t *only = json_object_iter_value(json_object_iter((json_t *)(uintptr_t)columns));
    bool is_matrix = json_object_size(columns) == 1 && in->served->about->feature_count > 1 &&
                     json_is_array(json_array_get(only, 0));
    if (is_matrix) return cells_from_lists(in->served, in->memory, only, &in->cells, e);
    if (!in->served->about->feature_names && json_object_size(columns) != in->served->about->feature_count)
        return err_set(e, ERR_UNPROCESSABLE, "%zu columns were given, the model takes %zu features",
                       json_object_size(columns), in->served->about->feature_count);
    for (size_t k = 0; k < in->served->about->feature_count; k++) {
        const json_t *column = cells_member(in->served, columns, k);
        if (!column)
            return err_set(e, ERR_UNPROCESSABLE, "the request has no %.*s",
                           STR_ARG(cells_feature(in->served, in->memory, k)));
        bool is_list = json_is_array(column);
        size_t count = is_list ? json_array_size(column) : 1;
        if (k == 0 && !cells_new(in->served, in->memory, count, &in->cells, e)) return false;
        if (count != in->cells.count)
            return err_set(e, ERR_UNPROCESSABLE, "column %zu has %zu values, the first has %zu", k + 1, count,
                           in->cells.count);
        for (size_t i = 0; i < count; i++) {
            const json_t *value = is_list ? json_array_get(column, i) : column;
            if (json_is_array(value) && json_array_size(value) == 1) value = json_array_get(value, 0);
            if (!cells_put_json(&in->cells, i, k, value, e)) return false;
        }
    }
    return true;
}

static bool read_any(invocation *in, const json_t *data, const char *key, err *e)
{
    if (json_is_object(data)) return read_column_lists(in, data, e);
    if (!json_is_array(data)) return err_set(e, ERR_INVALID, "\"%s\" must be a list or an object", key);
    return cells_from_lists(in->served, in->memory, data, &in->cells, e);
}

static bool read_split(invocation *in, const json_t *split, err *e)
{
    const json_t *names = json_object_get(split, "columns"), *data = json_object_get(split, "data");
    if (!json_is_array(data))
        return err_set(
            e, ERR_INVALID,
            "\"dataframe_split\" needs \"data\", a list of rows, and takes \"columns\" and \"index\"");
    size_t count = json_array_size(names);
    if (!json_is_array(names)) return cells_from_lists(in->served, in->memory, data, &in->cells, e);
    str *texts = arena_alloc_array(in->memory, count + 1, sizeof *texts);
    if (!texts) return err_set(e, ERR_MEMORY, "no memory for the columns of a request");
    for (size_t i = 0; i < count; i++) {
        const json_t *name = json_array_get(names, i);
        texts[i] = (str){json_string_value(name), json_string_length(name)}; /* numbers stay empty: no name */
    }
    return read_lists(in, texts, count, data, e);
}

/* --- bodies ------------------------------------------------------------------------------------------------------------------ */

static bool read_params(invocation *in, const json_t *root, err *e)
{
    const json_t *params = json_object_get(root, "params");
    if (!params || json_is_null(params)) return true;
    if (!json_is_object(params)) return err_set(e, ERR_INVALID, "\"params\" must be an object");
    const json_t *method = json_object_get(params, "predict_method");
    str name = json_text(params, "predict_method");
    if (!method) return true;
    if (!model_output_parse(name, &in->what) || !in->served->about->gives[in->what])
        return err_set(e, ERR_UNPROCESSABLE, "params.predict_method: the model has no '%.*s'",
                       STR_ARG(str_slice(name, 0, 80)));
    return true;
}

static bool read_json(invocation *in, bytes body, err *e)
{
    static const char *const keys[] = {"dataframe_split", "dataframe_records", "instances", "inputs"};
    AUTO(json_release) json_t *root = NULL;
    if (!json_decode_large(body, LIMIT_JSON_DOC_BYTES, "the body", &root, e)) return false;
    const json_t *data = NULL;
    const char *key = NULL;
    size_t given = 0;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const json_t *found = json_object_get(root, keys[i]);
        if (!found) continue;
        given++;
        key = keys[i];
        data = found;
    }
    if (given != 1)
        return err_set(e, ERR_INVALID,
                       "the body must be an object with exactly one of dataframe_split, dataframe_records, "
                       "instances and inputs");
    if (!read_params(in, root, e)) return false;
    if (str_eq(str_from_c(key), STR("dataframe_split"))) return read_split(in, data, e);
    return read_any(in, data, key, e);
}

static bool read_csv(invocation *in, bytes body, err *e)
{
    table t;
    if (!table_read_csv(in->memory, body, true, &t, e)) return false;
    size_t *columns = new_columns(in, e);
    if (!columns || !map_columns(in, t.names, t.columns, columns, e) ||
        !cells_new(in->served, in->memory, t.rows, &in->cells, e))
        return false;
    for (size_t i = 0; i < t.rows; i++)
        for (size_t k = 0; k < in->cells.columns; k++) {
            double number;
            size_t at = i * in->cells.columns + k;
            str cell = table_cell(&t, i, columns[k]);
            bool is_text = in->served->about->takes_text && cell.len;
            if (is_text ? !cells_put_text(&in->cells, at, cell, e)
                        : !table_number(&t, i, columns[k], &number, e))
                return false;
            if (!is_text) cells_put(&in->cells, at, number);
        }
    return true;
}

static bool is_type(str content_type, str wanted)
{
    str type, parameters;
    str_cut(content_type, ';', &type, &parameters);
    return str_eq_nocase(str_trim(type), wanted);
}

static bool read_body(invocation *in, str type, bytes body, err *e)
{
    if (is_type(type, STR("text/csv"))) return read_csv(in, body, e);
    if (type.len == 0 || is_type(type, STR("application/json"))) return read_json(in, body, e);
    return err_set(e, ERR_MEDIA_TYPE, "the content type must be application/json or text/csv, not '%.*s'",
                   STR_ARG(str_slice(type, 0, 80)));
}

bool answer_invocation(const served *s, arena *a, str content_type, bytes body, reply *r, err *e)
{
    invocation in = {.served = s, .memory = a, .what = served_main_output(s)};
    model_answers answers;
    if (!read_body(&in, content_type, body, e)) return false;
    model_rows rows = cells_rows(&in.cells);
    if (!model_answer(s->model, in.what, &rows, a, &answers, e)) return false;
    r->rows = rows;
    buf_add_str(&r->body, STR("{\"predictions\":"));
    if (!write_answers(s, in.what, &answers, &r->body, e)) return false;
    buf_add_byte(&r->body, '}');
    return buf_ok(&r->body, "an answer", e);
}
