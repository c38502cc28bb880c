/*
 * cli/predict_text.c - numbers as the shortest decimals that read back, labels as themselves.
 */
#include "predict_text.h"

#include "base/limits.h"
#include "codec/json.h"
#include "model/number_text.h"

#include <math.h>
#include <stdlib.h>

/* --- JSON ---------------------------------------------------------------------------------------------------------------- */

static bool text_json(str text, buf *out, err *e)
{
    label l = {.kind = LABEL_TEXT, .text = text};
    return label_json(&l, out, e);
}

/* JSON has no word for what is not a number. */
static void number_json(double number, buf *out)
{
    buf_add_str(out, isfinite(number) ? str_from_c(number_repr(number).text) : STR("null"));
}

static bool cell_json(const model_info *about, model_output what, const model_answers *answers, size_t at,
                      buf *out, err *e)
{
    double number = answers->numbers[at];
    if (isnan(number) && answers->texts && answers->texts[at].data)
        return text_json(answers->texts[at], out, e);
    const model_classes *classes = about->classes ? &about->classes[at % answers->columns] : NULL;
    if (what == OUTPUT_PREDICT && classes && classes->count)
        return label_json(&classes->labels[(size_t)number], out, e);
    bool is_index = what == OUTPUT_PREDICT && about->gives_indices && isfinite(number);
    if (is_index)
        buf_printf(out, "%.0f", number);
    else
        number_json(number, out);
    return true;
}

/* scikit-learn's shapes: one target and one score have no dimension of their own. */
static bool is_flat(model_output what, size_t columns)
{
    return columns == 1 && (what == OUTPUT_PREDICT || what == OUTPUT_DECISION_FUNCTION);
}

bool predict_json_rows(const model_info *about, model_output what, const model_answers *answers, buf *out,
                       err *e)
{
    bool flat = is_flat(what, answers->columns);
    for (size_t i = 0, at = 0; i < answers->count; i++) {
        if (i) buf_add_byte(out, ',');
        if (!flat) buf_add_byte(out, '[');
        for (size_t k = 0; k < answers->columns; k++, at++) {
            if (k) buf_add_byte(out, ',');
            if (!cell_json(about, what, answers, at, out, e)) return false;
        }
        if (!flat) buf_add_byte(out, ']');
    }
    return buf_ok(out, "the predictions", e);
}

/* --- CSV ----------------------------------------------------------------------------------------------------------------- */

/* Quoted when it must be. */
static void add_field(str field, buf *text)
{
    bool quoted = false;
    for (size_t i = 0; i < field.len; i++) quoted |= strchr(",\"\n\r", field.data[i]) != NULL;
    if (quoted) buf_add_byte(text, '"');
    for (size_t i = 0; i < field.len; i++) {
        if (field.data[i] == '"') buf_add_byte(text, '"');
        buf_add_byte(text, (uint8_t)field.data[i]);
    }
    if (quoted) buf_add_byte(text, '"');
}

static bool label_field(const label *l, const char *prefix, buf *text, err *e)
{
    AUTO_BUF buf field;
    buf_init(&field, LIMIT_JSON_DOC_BYTES);
    buf_add_str(&field, str_from_c(prefix));
    if (l->kind == LABEL_TEXT)
        buf_add_str(&field, l->text);
    else if (!label_json(l, &field, e))
        return false;
    add_field(buf_str(&field), text);
    return buf_ok(&field, "a label", e);
}

static bool cell_csv(const model_info *about, model_output what, const model_answers *answers, size_t at,
                     buf *out, err *e)
{
    double number = answers->numbers[at];
    if (isnan(number) && answers->texts && answers->texts[at].data) {
        add_field(answers->texts[at], out);
        return true;
    }
    const model_classes *classes = about->classes ? &about->classes[at % answers->columns] : NULL;
    if (what == OUTPUT_PREDICT && classes && classes->count)
        return label_field(&classes->labels[(size_t)number], "", out, e);
    if (isnan(number)) return true; /* an empty field is missing */
    if (isinf(number))
        buf_add_str(out, number > 0 ? STR("inf") : STR("-inf"));
    else if (what == OUTPUT_PREDICT && about->gives_indices)
        buf_printf(out, "%.0f", number);
    else
        buf_add_str(out, str_from_c(number_repr(number).text));
    return true;
}

static bool head_of_proba(const model_info *about, buf *out, err *e)
{
    bool comma = false;
    for (size_t t = 0; t < about->target_count; t++)
        for (size_t c = 0; c < about->classes[t].count; c++) {
            char prefix[40] = "proba_";
            if (about->target_count > 1) snprintf(prefix, sizeof prefix, "proba_%zu_", t + 1);
            if (comma) buf_add_byte(out, ',');
            comma = true;
            if (!label_field(&about->classes[t].labels[c], prefix, out, e)) return false;
        }
    return true;
}

static bool head_of(const model_info *about, model_output what, size_t columns, buf *out, err *e)
{
    if (what == OUTPUT_PREDICT_PROBA && about->classes) return head_of_proba(about, out, e);
    const char *name = what == OUTPUT_PREDICT ? "prediction" : model_output_name(what);
    bool by_label = what == OUTPUT_DECISION_FUNCTION && about->classes && columns > 1 &&
                    about->classes[0].count == columns;
    for (size_t k = 0; k < columns; k++) {
        if (k) buf_add_byte(out, ',');
        if (by_label) {
            if (!label_field(&about->classes[0].labels[k], "decision_function_", out, e)) return false;
        } else {
            buf_add_str(out, str_from_c(name));
            if (columns > 1 || what == OUTPUT_TRANSFORM) buf_printf(out, "_%zu", k + 1);
        }
    }
    return true;
}

bool predict_csv_head(const model_info *about, const asked *all, size_t columns, buf *out, err *e)
{
    for (size_t o = 0; o < all->count; o++) {
        model_output what = all->outputs[o];
        if (o) buf_add_byte(out, ',');
        size_t width = about->columns[what] ? about->columns[what] : columns;
        if (!head_of(about, what, width, out, e)) return false;
    }
    buf_add_byte(out, '\n');
    return buf_ok(out, "the predictions", e);
}

bool predict_csv_rows(const model_info *about, const asked *all, const model_answers *answers, buf *out,
                      err *e)
{
    for (size_t i = 0; i < answers[0].count; i++) {
        for (size_t o = 0; o < all->count; o++)
            for (size_t k = 0; k < answers[o].columns; k++) {
                if (o || k) buf_add_byte(out, ',');
                if (!cell_csv(about, all->outputs[o], &answers[o], i * answers[o].columns + k, out, e))
                    return false;
            }
        buf_add_byte(out, '\n');
    }
    return buf_ok(out, "the predictions", e);
}
