/*
 * model/served.c - a request body in, an answer out: pure, and the same for every transport.
 *
 * pydantic 1 is followed where it is generous: "5.1" and true are numbers to it.
 */
#include "model/serve.h"

#include "answer.h"
#include "base/limits.h"
#include "model/table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct served {
    const forest *forest;
    predictor *predictor;
    arena memory;
    str *labels; /* as JSON */
};

static bool make_labels(served *s, err *e)
{
    s->labels = arena_alloc_array(&s->memory, s->forest->class_count + 1, sizeof *s->labels);
    if (!s->labels) return err_set(e, ERR_MEMORY, "no memory for the labels of a model");
    for (size_t i = 0; i < s->forest->class_count; i++) {
        AUTO_BUF buf text;
        buf_init(&text, LIMIT_JSON_DOC_BYTES);
        if (!label_json(&s->forest->classes[i], &text, e)) return false;
        s->labels[i] = arena_copy(&s->memory, buf_str(&text));
        if (!s->labels[i].data) return err_set(e, ERR_MEMORY, "no memory for the labels of a model");
    }
    return true;
}

bool served_new(const forest *f, served **out, err *e)
{
    AUTO(served_free) served *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "no memory to serve a model");
    arena_init(&s->memory, LIMIT_SCAN_ARENA_BYTES);
    s->forest = f;
    if (f->output_count > 1)
        return err_set(e, ERR_UNSUPPORTED, "the model predicts %zu outputs at once; this answers for one",
                       f->output_count);
    if (!predictor_new(f, &s->predictor, e) || !make_labels(s, e)) return false;
    *out = TAKE(s);
    return true;
}

void served_free(served *s)
{
    if (!s) return;
    predictor_free(s->predictor);
    arena_done(&s->memory);
    free(s);
}

bool served_classifies(const served *s)
{
    return s->forest->class_count > 0;
}

/* --- the question -------------------------------------------------------------------------------------------------------- */

typedef struct question {
    float *rows;
    size_t count;
    complaint wrong; /* msg NULL: nothing */
} question;

static bool wrong(question *q, complaint c)
{
    q->wrong = c;
    return false;
}

static bool read_number(const json_t *item, double *number)
{
    if (json_is_number(item)) {
        *number = json_number_value(item);
        return true;
    }
    if (json_is_boolean(item)) {
        *number = json_is_true(item) ? 1 : 0;
        return true;
    }
    if (!json_is_string(item)) return false;
    str text = {json_string_value(item), json_string_length(item)};
    return number_parse(str_trim(text), number);
}

/* One list of features. `at` is where it stands, for complaints: its index is LOC_NONE when it is the only row. */
static bool read_row(const served *s, arena *a, const json_t *list, int64_t index, float *row, question *q)
{
    size_t wanted = predictor_features(s->predictor), given = json_array_size(list);
    complaint at = {.in_features = true, .index = index, .item = LOC_NONE};
    for (size_t i = 0; i < given; i++) {
        double number = 0;
        const json_t *item = json_array_get(list, i);
        bool ok = read_number(item, &number);
        if (ok && i < wanted) row[i] = (float)number;
        if (ok && !(i < wanted && isinf(row[i]))) continue;
        complaint c = at;
        *(index == LOC_NONE ? &c.index : &c.item) = (int64_t)i;
        if (ok) {
            c.msg = "value is too large for a 32-bit float";
            c.type = "value_error.number.not_finite";
        } else {
            c.msg = json_is_null(item) ? "none is not an allowed value" : "value is not a valid float";
            c.type = json_is_null(item) ? "type_error.none.not_allowed" : "type_error.float";
        }
        return wrong(q, c);
    }
    if (given == wanted) return true;
    at.msg = arena_printf(a, "the model takes %zu features, %zu %s given", wanted, given,
                          given == 1 ? "was" : "were")
                 .data;
    if (!at.msg) at.msg = "wrong number of features";
    at.type = "value_error.list.feature_count";
    return wrong(q, at);
}

static bool read_rows(const served *s, arena *a, const json_t *list, question *q)
{
    bool many = json_is_array(json_array_get(list, 0));
    q->count = many ? json_array_size(list) : 1;
    complaint at = {.in_features = true, .index = LOC_NONE, .item = LOC_NONE};
    if (q->count > LIMIT_PREDICT_ROWS) {
        at.msg = "more rows than LIMIT_PREDICT_ROWS allows";
        at.type = "value_error.list.max_items";
        return wrong(q, at);
    }
    q->rows = arena_alloc_array(a, q->count * predictor_features(s->predictor), sizeof *q->rows);
    if (!q->rows) {
        at.msg = "more rows than the memory of one request holds";
        at.type = "value_error.list.max_items";
        return wrong(q, at);
    }
    if (!many) return read_row(s, a, list, LOC_NONE, q->rows, q);
    for (size_t i = 0; i < q->count; i++) {
        const json_t *row = json_array_get(list, i);
        at.index = (int64_t)i;
        at.msg = "value is not a valid list";
        at.type = "type_error.list";
        if (!json_is_array(row)) return wrong(q, at);
        if (!read_row(s, a, row, (int64_t)i, q->rows + i * predictor_features(s->predictor), q)) return false;
    }
    return true;
}

static bool read_question(const served *s, arena *a, const json_t *body, question *q)
{
    complaint at = {.index = LOC_NONE, .item = LOC_NONE};
    if (!json_is_object(body)) {
        at.msg = "value is not a valid dict";
        at.type = "type_error.dict";
        return wrong(q, at);
    }
    const json_t *features = json_object_get(body, "features");
    at.in_features = true;
    if (!features) {
        at.msg = "field required";
        at.type = "value_error.missing";
    } else if (json_is_null(features)) {
        at.msg = "none is not an allowed value";
        at.type = "type_error.none.not_allowed";
    } else if (!json_is_array(features)) {
        at.msg = "value is not a valid list";
        at.type = "type_error.list";
    }
    return at.msg ? wrong(q, at) : read_rows(s, a, features, q);
}

/* --- the answer ---------------------------------------------------------------------------------------------------------- */

static void add_row(const served *s, answer_kind kind, const double *outputs, buf *out)
{
    size_t count = predictor_outputs(s->predictor);
    if (!served_classifies(s)) {
        buf_add_str(out, str_from_c(number_repr(outputs[0]).text));
        return;
    }
    if (kind == ANSWER_CLASSES) {
        buf_add_str(out, s->labels[predictor_argmax(s->predictor, outputs)]);
        return;
    }
    for (size_t c = 0; c < count; c++) {
        buf_add_byte(out, c ? ',' : '[');
        buf_add_str(out, str_from_c(number_repr(outputs[c]).text));
    }
    buf_add_byte(out, ']');
}

static bool predict(const served *s, answer_kind kind, arena *a, const question *q, buf *out, err *e)
{
    size_t outputs = predictor_outputs(s->predictor);
    double *numbers = arena_alloc_array(a, q->count * outputs, sizeof *numbers);
    if (!numbers) return err_set(e, ERR_MEMORY, "no memory for the predictions of %zu rows", q->count);
    if (!predictor_run(s->predictor, q->rows, q->count, numbers, e)) return false;
    buf_add_str(out, kind == ANSWER_CLASSES ? STR("{\"prediction\":[") : STR("{\"probabilities\":["));
    for (size_t i = 0; i < q->count; i++) {
        if (i) buf_add_byte(out, ',');
        add_row(s, kind, numbers + i * outputs, out);
    }
    buf_add_str(out, STR("]}"));
    return buf_ok(out, "an answer", e);
}

static bool empty_body(buf *out, err *e)
{
    complaint c = {
        .index = LOC_NONE, .item = LOC_NONE, .msg = "field required", .type = "value_error.missing"};
    return answer_complain(&c, out, e);
}

bool served_answer(const served *s, answer_kind kind, arena *a, bytes body, buf *out, unsigned *status,
                   size_t *rows, err *e)
{
    assert(kind == ANSWER_CLASSES || served_classifies(s));
    *status = 422;
    *rows = 0;
    if (body.len == 0) return empty_body(out, e);
    AUTO(json_release) json_t *json = NULL;
    err limits = {0};
    if (!json_decode(body, "the body", &json, &limits)) {
        /* Once more for the place, which a sentence does not have. Depth and size were judged first. */
        json_error_t trouble = {.line = 1, .column = 1};
        json_t *again = limits.code == ERR_INVALID && !strstr(limits.message, "LIMIT_")
                            ? json_loadb((const char *)body.data, body.len,
                                         JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &trouble)
                            : NULL;
        json_decref(again);
        if (!trouble.text[0])
            snprintf(trouble.text, sizeof trouble.text, "%.*s", JSON_ERROR_TEXT_LENGTH - 1, limits.message);
        return answer_bad_json(body, &trouble, out, e);
    }
    question q = {0};
    if (!read_question(s, a, json, &q)) return answer_complain(&q.wrong, out, e);
    *status = 200;
    *rows = q.count;
    return predict(s, kind, a, &q, out, e);
}
