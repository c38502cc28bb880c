/*
 * serve/tutorial.c - POST /predict of the tutorial: {"features":[5.1,3.5,1.4,0.2]} to {"prediction":[0]}.
 *
 * pydantic 1 is followed where it is generous ("5.1" and true are numbers to it) and in how it complains. A flat list of numbers, which is nearly every request there
 * ever was, is read in one pass without a tree of JSON values: that is a third of the time of a request. Whatever is not exactly that shape goes the long way.
 */
#include "complaint.h"
#include "served.h"

#include "base/limits.h"
#include "model/table.h"

#include <math.h>

/* --- the short way ----------------------------------------------------------------------------------------------------------- */

static void skip_blanks(str *at)
{
    while (at->len &&
           (at->data[0] == ' ' || at->data[0] == '\n' || at->data[0] == '\r' || at->data[0] == '\t'))
        *at = str_skip(*at, 1);
}

static bool take(str *at, str token)
{
    skip_blanks(at);
    if (!str_starts_with(*at, token)) return false;
    *at = str_skip(*at, token.len);
    return true;
}

/* A number as JSON has it, and nothing that only strtod would take. */
static bool take_number(str *at, double *number)
{
    skip_blanks(at);
    size_t len = 0;
    while (len < at->len && len < 40 && memchr("+-.0123456789eE", at->data[len], 15)) len++;
    str text = str_slice(*at, 0, len);
    *at = str_skip(*at, len);
    size_t digits = text.len && text.data[0] == '-' ? 1 : 0;
    bool is_json = text.len > digits && text.data[digits] >= '0' && text.data[digits] <= '9' &&
                   text.data[text.len - 1] != '.' && !str_contains(text, STR(".e")) &&
                   !str_contains(text, STR(".E")) &&
                   !(text.data[digits] == '0' && text.len > digits + 1 && text.data[digits + 1] >= '0' &&
                     text.data[digits + 1] <= '9');
    return is_json && number_parse(text, number);
}

static bool read_flat(str body, cells *c)
{
    if (!take(&body, STR("{")) || !take(&body, STR("\"features\"")) || !take(&body, STR(":")) ||
        !take(&body, STR("[")))
        return false;
    for (size_t i = 0; i < c->columns; i++) {
        double number;
        if (!take_number(&body, &number) || !isfinite(number)) return false;
        cells_put(c, i, number);
        if (!take(&body, i + 1 < c->columns ? STR(",") : STR("]"))) return false;
    }
    if (!take(&body, STR("}"))) return false;
    skip_blanks(&body);
    return body.len == 0;
}

/* --- the long way ------------------------------------------------------------------------------------------------------------ */

typedef struct question {
    const served *served;
    arena *memory;
    cells cells;
    bool is_instances;
    complaint wrong; /* msg NULL: nothing */
} question;

static bool wrong(question *q, complaint c)
{
    q->wrong = c;
    return false;
}

static bool read_cell(question *q, const json_t *item, size_t at)
{
    double number;
    if (json_is_number(item)) {
        number = json_number_value(item);
    } else if (json_is_boolean(item)) {
        number = json_is_true(item) ? 1 : 0;
    } else if (json_is_string(item)) {
        str text = {json_string_value(item), json_string_length(item)};
        if (q->served->about->takes_text) return cells_put_text(&q->cells, at, text, NULL);
        if (!number_parse(str_trim(text), &number)) return false;
    } else {
        return false;
    }
    cells_put(&q->cells, at, number);
    return true;
}

/* One list of features. `index` says which of several rows, for complaints: LOC_NONE when it is the only one. */
static bool read_row(question *q, const json_t *list, int64_t index)
{
    size_t wanted = q->cells.columns, given = json_array_size(list);
    size_t first = index == LOC_NONE ? 0 : (size_t)index * wanted;
    complaint at = {.list = q->is_instances ? "instances" : "features", .index = index, .item = LOC_NONE};
    for (size_t i = 0; i < given; i++) {
        const json_t *item = json_array_get(list, i);
        if (i >= wanted || read_cell(q, item, first + i)) continue;
        *(index == LOC_NONE ? &at.index : &at.item) = (int64_t)i;
        at.msg = json_is_null(item) ? "none is not an allowed value" : "value is not a valid float";
        at.type = json_is_null(item) ? "type_error.none.not_allowed" : "type_error.float";
        return wrong(q, at);
    }
    if (given == wanted) return true;
    at.msg = arena_printf(q->memory, "the model takes %zu features, %zu %s given", wanted, given,
                          given == 1 ? "was" : "were")
                 .data;
    if (!at.msg) at.msg = "wrong number of features";
    at.type = "value_error.list.feature_count";
    return wrong(q, at);
}

/* Only in "instances": "features" are the tutorial's, and a list there. */
static bool read_object(question *q, const json_t *object, size_t row)
{
    err e = {0};
    if (cells_put_object(&q->cells, row, object, &e)) return true;
    complaint at = {.list = "instances", .index = (int64_t)row, .item = LOC_NONE, .type = "value_error"};
    at.msg = arena_printf(q->memory, "%s", e.message).data;
    if (!at.msg) at.msg = "its features cannot be read";
    return wrong(q, at);
}

static bool read_rows(question *q, const json_t *list)
{
    bool many = q->is_instances || json_is_array(json_array_get(list, 0));
    size_t count = many ? json_array_size(list) : 1;
    complaint at = {.list = q->is_instances ? "instances" : "features", .index = LOC_NONE, .item = LOC_NONE};
    err e = {0};
    if (!cells_new(q->served, q->memory, count, &q->cells, &e)) {
        at.msg = arena_printf(q->memory, "%s", e.message).data;
        if (!at.msg) at.msg = "too many rows";
        at.type = "value_error.list.max_items";
        return wrong(q, at);
    }
    if (!many) return read_row(q, list, LOC_NONE);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);
        at.index = (int64_t)i;
        at.msg = "value is not a valid list";
        at.type = "type_error.list";
        if (q->is_instances && json_is_object(row)) {
            if (!read_object(q, row, i)) return false;
            continue;
        }
        if (q->cells.columns == 1 && !json_is_array(row) && read_cell(q, row, i)) continue;
        if (!json_is_array(row)) return wrong(q, at);
        if (!read_row(q, row, (int64_t)i)) return false;
    }
    return true;
}

static bool read_question(question *q, const json_t *body)
{
    complaint at = {.index = LOC_NONE, .item = LOC_NONE};
    if (!json_is_object(body)) {
        at.msg = "value is not a valid dict";
        at.type = "type_error.dict";
        return wrong(q, at);
    }
    const json_t *list = json_object_get(body, "features");
    if (!list && json_object_get(body, "instances")) {
        q->is_instances = true;
        list = json_object_get(body, "instances");
    }
    at.list = q->is_instances ? "instances" : "features";
    if (!list) {
        at.msg = "field required";
        at.type = "value_error.missing";
    } else if (json_is_null(list)) {
        at.msg = "none is not an allowed value";
        at.type = "type_error.none.not_allowed";
    } else if (!json_is_array(list)) {
        at.msg = "value is not a valid list";
        at.type = "type_error.list";
    }
    return at.msg ? wrong(q, at) : read_rows(q, list);
}

/* --- the answer -------------------------------------------------------------------------------------------------------------- */

static str answer_key(const question *q, model_output what)
{
    if (q->is_instances) return STR("{\"predictions\":");
    switch (what) {
    case OUTPUT_PREDICT_PROBA: return STR("{\"probabilities\":");
    case OUTPUT_DECISION_FUNCTION: return STR("{\"decisions\":");
    case OUTPUT_TRANSFORM: return STR("{\"transformed\":");
    default: return STR("{\"prediction\":");
    }
}

static bool complain(reply *r, const complaint *c, err *e)
{
    r->status = 422;
    return complaint_write(c, &r->body, e);
}

static bool answer(const question *q, model_output what, reply *r, err *e)
{
    model_answers answers;
    model_rows rows = cells_rows(&q->cells);
    err refused = {0};
    if (!model_answer(q->served->model, what, &rows, q->memory, &answers, &refused)) {
        if (refused.code != ERR_UNPROCESSABLE) return err_set(e, refused.code, "%s", refused.message);
        complaint c = {.list = q->is_instances ? "instances" : "features",
                       .index = LOC_NONE,
                       .item = LOC_NONE,
                       .msg = refused.message,
                       .type = "value_error"};
        return complain(r, &c, e);
    }
    r->rows = rows;
    buf_add_str(&r->body, answer_key(q, what));
    if (!write_answers(q->served, what, &answers, &r->body, e)) return false;
    buf_add_byte(&r->body, '}');
    return buf_ok(&r->body, "an answer", e);
}

/* Once more for the place, which a sentence does not have. Depth and size were judged first. */
static bool complain_of_json(reply *r, bytes body, const err *why, err *e)
{
    json_error_t trouble = {.line = 1, .column = 1};
    bool is_syntax = why->code == ERR_INVALID && !strstr(why->message, "LIMIT_");
    json_t *again = is_syntax ? json_loadb((const char *)body.data, body.len,
                                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &trouble)
                              : NULL;
    json_decref(again);
    if (!trouble.text[0])
        snprintf(trouble.text, sizeof trouble.text, "%.*s", JSON_ERROR_TEXT_LENGTH - 1, why->message);
    r->status = 422;
    return complaint_bad_json(body, &trouble, &r->body, e);
}

bool answer_features(const served *s, model_output what, arena *a, bytes body, reply *r, err *e)
{
    question q = {.served = s, .memory = a};
    if (!cells_new(s, a, 1, &q.cells, e)) return false;
    if (read_flat(bytes_str(body), &q.cells)) return answer(&q, what, r, e);
    if (body.len == 0) {
        const complaint c = {
            .index = LOC_NONE, .item = LOC_NONE, .msg = "field required", .type = "value_error.missing"};
        return complain(r, &c, e);
    }
    AUTO(json_release) json_t *json = NULL;
    err why = {0};
    if (!json_decode_large(body, LIMIT_JSON_DOC_BYTES, "the body", &json, &why))
        return complain_of_json(r, body, &why, e);
    return read_question(&q, json) ? answer(&q, what, r, e) : complain(r, &q.wrong, e);
}

bool answer_v1(const served *s, arena *a, bytes body, reply *r, err *e)
{
    AUTO(json_release) json_t *json = NULL;
    if (!json_decode_large(body, LIMIT_JSON_DOC_BYTES, "the body", &json, e)) return false;
    const json_t *list = json_object_get(json, "instances");
    if (!list) list = json_object_get(json, "inputs");
    if (!json_is_array(list))
        return err_set(e, ERR_INVALID, "\"instances\" is missing: it must be a list of rows");
    question q = {.served = s, .memory = a, .is_instances = true};
    model_answers answers;
    if (!cells_from_lists(s, a, list, &q.cells, e)) return false;
    r->rows = cells_rows(&q.cells);
    if (!model_answer(s->model, served_main_output(s), &r->rows, a, &answers, e)) return false;
    buf_add_str(&r->body, STR("{\"predictions\":"));
    if (!write_answers(s, served_main_output(s), &answers, &r->body, e)) return false;
    buf_add_byte(&r->body, '}');
    return buf_ok(&r->body, "an answer", e);
}
