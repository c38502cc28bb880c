/*
 * serve/write.c - a served model, and its answers as JSON text.
 */
#include "served.h"

#include "base/limits.h"
#include "model/number_text.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* --- the model that is served ------------------------------------------------------------------------------------------------ */

static bool make_labels(served *s, err *e)
{
    const model_info *about = s->about;
    s->labels = arena_alloc_array(&s->memory, about->target_count + 1, sizeof *s->labels);
    for (size_t t = 0; s->labels && about->classes && t < about->target_count; t++) {
        const model_classes *classes = &about->classes[t];
        s->labels[t] = arena_alloc_array(&s->memory, classes->count + 1, sizeof **s->labels);
        for (size_t i = 0; s->labels[t] && i < classes->count; i++) {
            AUTO_BUF buf text;
            buf_init(&text, LIMIT_JSON_DOC_BYTES);
            if (!label_json(&classes->labels[i], &text, e)) return false;
            s->labels[t][i] = arena_copy(&s->memory, buf_str(&text));
            if (!s->labels[t][i].data) return err_set(e, ERR_MEMORY, "no memory for the labels of a model");
        }
        if (!s->labels[t]) return err_set(e, ERR_MEMORY, "no memory for the labels of a model");
    }
    return s->labels || err_set(e, ERR_MEMORY, "no memory for the labels of a model");
}

static bool copy_names(served *s, const served_as *as, err *e)
{
    s->as = (served_as){arena_copy(&s->memory, as->name), arena_copy(&s->memory, as->version),
                        arena_copy(&s->memory, as->sha256), arena_copy(&s->memory, as->source)};
    return (s->as.name.data && s->as.version.data) || err_set(e, ERR_MEMORY, "no memory to serve a model");
}

bool served_new(model *taken, const served_as *as, served **out, err *e)
{
    AUTO(model_free) model *m = taken;
    AUTO(served_free) served *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "no memory to serve a model");
    arena_init(&s->memory, LIMIT_SCAN_ARENA_BYTES);
    s->about = model_about(m);
    s->model = TAKE(m);
    if (!copy_names(s, as, e) || !make_labels(s, e)) return false;
    *out = TAKE(s);
    return true;
}

bool served_add_card(served *s, bytes card, err *e)
{
    return drift_new(s->about, s->as.sha256, card, &s->drift, e);
}

void served_count(const served *s, const model_rows *rows)
{
    drift_count(s->drift, rows);
}

void served_free(served *s)
{
    if (!s) return;
    drift_free(s->drift);
    model_free(s->model);
    arena_done(&s->memory);
    free(s);
}

const model_info *served_about(const served *s)
{
    return s->about;
}

const served_as *served_named(const served *s)
{
    return &s->as;
}

model_output served_main_output(const served *s)
{
    return s->about->gives[OUTPUT_PREDICT] ? OUTPUT_PREDICT : OUTPUT_TRANSFORM;
}

void reply_init(reply *r)
{
    *r = (reply){.status = 200};
    buf_init(&r->body, LIMIT_PREDICT_ANSWER_BYTES);
}

/* --- JSON text --------------------------------------------------------------------------------------------------------------- */

void write_number(double number, buf *out)
{
    buf_add_str(out, isfinite(number) ? str_from_c(number_repr(number).text) : STR("null"));
}

bool write_text(str text, buf *out, err *e)
{
    const label as_label = {.kind = LABEL_TEXT, .text = text};
    return label_json(&as_label, out, e);
}

static bool write_cell(const model_answers *answers, size_t at, buf *out, err *e)
{
    if (answers->texts && answers->texts[at].data) return write_text(answers->texts[at], out, e);
    write_number(answers->numbers[at], out);
    return true;
}

/* One prediction of one target: the label that its number names. */
static void write_label(const served *s, size_t target, double number, buf *out)
{
    if (!s->about->classes || s->about->classes[target].count == 0) {
        if (s->about->gives_indices)
            buf_printf(out, "%.0f", number);
        else
            write_number(number, out);
        return;
    }
    size_t index = (size_t)number;
    assert(number >= 0 && index < s->about->classes[target].count);
    buf_add_str(out, s->labels[target][index]);
}

bool write_answers(const served *s, model_output what, const model_answers *answers, buf *out, err *e)
{
    bool lists = what == OUTPUT_PREDICT ? answers->columns > 1
                                        : what != OUTPUT_DECISION_FUNCTION || answers->columns > 1;
    buf_add_byte(out, '[');
    for (size_t i = 0; i < answers->count; i++) {
        if (i) buf_add_byte(out, ',');
        if (lists) buf_add_byte(out, '[');
        for (size_t k = 0; k < answers->columns; k++) {
            size_t at = i * answers->columns + k;
            if (k) buf_add_byte(out, ',');
            if (what == OUTPUT_PREDICT)
                write_label(s, k, answers->numbers[at], out);
            else if (!write_cell(answers, at, out, e))
                return false;
        }
        if (lists) buf_add_byte(out, ']');
    }
    buf_add_byte(out, ']');
    return buf_ok(out, "an answer", e);
}
