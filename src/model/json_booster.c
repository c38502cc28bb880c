/*
 * model/json_booster.c - boosters as JSON: XGBoost's own document whatever form it came in, and LightGBM's lines as names and lists.
 */
#include "json_parts.h"

#include "base/limits.h"
#include "format/lightgbm.h"
#include "format/xgboost.h"
#include "model/number_text.h"
#include "model/table.h"

#include <math.h>

static bool put_text(buf *out, str text, err *e)
{
    label l = {.kind = LABEL_TEXT, .text = text};
    return label_json(&l, out, e);
}

static void put_number(buf *out, double number)
{
    if (isnan(number))
        buf_add_str(out, STR("\"NaN\""));
    else if (isinf(number))
        buf_add_str(out, number > 0 ? STR("\"Infinity\"") : STR("\"-Infinity\""));
    else
        buf_add_str(out, str_from_c(number_repr(number).text));
}

static bool put_head(buf *out, const char *library, str version, const char *class, err *e)
{
    buf_printf(out, "{\"schema\":\"assay.estimator/1\",\"library\":\"%s\",\"version\":", library);
    if (!put_text(out, version, e)) return false;
    buf_printf(out, ",\"estimator\":{\"class\":\"%s\",\"attributes\":", class);
    return true;
}

/* --- XGBoost ---------------------------------------------------------------------------------------------------------------- */

static bool put_value(buf *out, const ubjson_value *v, unsigned depth, err *e);

static void put_numbers(buf *out, const ubjson_value *v)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < v->numbers.count; i++) {
        int64_t whole = 0;
        double number = NAN;
        bool is_real = v->numbers.type == 'd' || v->numbers.type == 'D';
        if (i) buf_add_byte(out, ',');
        if (is_real ? ubjson_real_at(v, i, &number) : ubjson_integer_at(v, i, &whole)) {
            if (is_real)
                put_number(out, number);
            else
                buf_printf(out, "%lld", (long long)whole);
        } else {
            put_number(out, NAN);
        }
    }
    buf_add_byte(out, ']');
}

static bool put_members(buf *out, const ubjson_value *v, unsigned depth, err *e)
{
    buf_add_byte(out, '{');
    for (size_t i = 0; i < v->object.count; i++) {
        if (i) buf_add_byte(out, ',');
        if (!put_text(out, v->object.members[i].name, e)) return false;
        buf_add_byte(out, ':');
        if (!put_value(out, &v->object.members[i].value, depth, e)) return false;
    }
    buf_add_byte(out, '}');
    return true;
}

static bool put_items(buf *out, const ubjson_value *v, unsigned depth, err *e)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < v->list.count; i++) {
        if (i) buf_add_byte(out, ',');
        if (!put_value(out, &v->list.items[i], depth, e)) return false;
    }
    buf_add_byte(out, ']');
    return true;
}

/* A document was as deep as its decoder allows; its numbers that are none became null. */
static bool put_value(buf *out, const ubjson_value *v, unsigned depth, err *e)
{
    if (depth > JSON_DEPTH)
        return err_set(e, ERR_TOO_LARGE, "the model is nested more than %d deep", (int)JSON_DEPTH);
    if (out->failed) return buf_ok(out, "the JSON of the model", e);
    switch (v->kind) {
    case UBJSON_NULL: buf_add_str(out, STR("null")); return true;
    case UBJSON_BOOL: buf_add_str(out, v->boolean ? STR("true") : STR("false")); return true;
    case UBJSON_INTEGER: buf_printf(out, "%lld", (long long)v->integer); return true;
    case UBJSON_REAL: put_number(out, v->real); return true;
    case UBJSON_TEXT: return put_text(out, v->text, e);
    case UBJSON_LIST: return put_items(out, v, depth + 1, e);
    case UBJSON_NUMBERS: put_numbers(out, v); return true;
    case UBJSON_OBJECT: return put_members(out, v, depth + 1, e);
    default: return err_set(e, ERR_INVALID, "the model holds a value that has no JSON");
    }
}

static bool xgboost_json(arena *a, bytes file, str version, buf *out, err *e)
{
    xgboost_document doc;
    return xgboost_document_read(a, file, &doc, e) &&
           put_head(out, "xgboost", version, "xgboost.core.Booster", e) && put_value(out, &doc.root, 0, e);
}

/* --- LightGBM ---------------------------------------------------------------------------------------------------------------- */

/* Numbers stay as they are written: they are read back as themselves. */
static bool put_list(buf *out, str value, err *e)
{
    str item;
    bool is_first = true;
    buf_add_byte(out, '[');
    while (str_next(&value, ' ', &item)) {
        double number;
        if (item.len == 0) continue;
        if (!is_first) buf_add_byte(out, ',');
        is_first = false;
        if (number_parse(item, &number))
            put_number(out, number);
        else if (!put_text(out, item, e))
            return false;
    }
    buf_add_byte(out, ']');
    return true;
}

static bool put_part(buf *out, const lightgbm_part *part, bool are_lists, err *e)
{
    buf_add_byte(out, '{');
    for (size_t i = 0; i < part->count; i++) {
        if (i) buf_add_byte(out, ',');
        if (!put_text(out, part->pairs[i].name, e)) return false;
        buf_add_byte(out, ':');
        if (are_lists ? !put_list(out, part->pairs[i].value, e) : !put_text(out, part->pairs[i].value, e))
            return false;
    }
    buf_add_byte(out, '}');
    return true;
}

static bool lightgbm_json(arena *a, bytes file, str version, buf *out, err *e)
{
    lightgbm_model l;
    if (!lightgbm_read(a, file, &l, e) || !put_head(out, "lightgbm", version, "lightgbm.basic.Booster", e))
        return false;
    buf_add_str(out, STR("{\"head\":"));
    if (!put_part(out, &l.head, false, e)) return false;
    buf_add_str(out, STR(",\"trees\":["));
    for (size_t i = 0; i < l.tree_count; i++) {
        if (i) buf_add_byte(out, ',');
        if (!put_part(out, &l.trees[i], true, e)) return false;
    }
    buf_add_str(out, STR("]}"));
    return true;
}

bool booster_json(bytes file, buf *out, err *e)
{
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_SCAN_ARENA_BYTES);
    AUTO(model_free) model *understood = NULL;
    if (!model_read(file, &understood, e)) return false;
    str version = model_about(understood)->version;
    bool made = lightgbm_is(file) ? lightgbm_json(&scratch, file, version, out, e)
                                  : xgboost_json(&scratch, file, version, out, e);
    buf_add_str(out, STR("}}\n"));
    return made && buf_ok(out, "the JSON of the model", e);
}
