/*
 * model/json_write.c - from the value graph of a pickle to JSON text.
 *
 * The graph may share values and be cyclic; what is shared is written at each place, down to a depth that no estimator reaches, within the ceiling of the
 * output.
 */
#include "model/json_write.h"

#include "base/limits.h"
#include "codec/json.h"
#include "crypto/base64.h"
#include "format/lightgbm.h"
#include "format/xgboost.h"
#include "model/model.h"
#include "model/number_text.h"
#include "json_parts.h"
#include "kind.h"
#include "read_parts.h"

#include <math.h>

typedef struct writer {
    arena *a;
    buf *out;
} writer;

static bool write_value(writer *w, const pickle_value *v, unsigned depth, err *e);

static bool write_text(writer *w, str text, err *e)
{
    AUTO(json_release) json_t *value = json_from_str(text);
    if (!value) return err_set(e, ERR_MEMORY, "no memory for a text");
    return json_encode(value, w->out, e);
}

static void write_number(writer *w, double number)
{
    if (isnan(number))
        buf_add_str(w->out, STR("\"NaN\""));
    else if (isinf(number))
        buf_add_str(w->out, number > 0 ? STR("\"Infinity\"") : STR("\"-Infinity\""));
    else
        buf_add_str(w->out, str_from_c(number_repr(number).text));
}

/* --- arrays --------------------------------------------------------------------------------------------------------------- */

/* Where row-after-row number `i` lies in an array that is stored column after column. */
static uint64_t place_of(const pickle_ndarray *array, uint64_t i)
{
    if (!array->fortran_order) return i;
    uint64_t place = 0, rest = i, stride = array->count;
    for (unsigned d = array->rank; d-- > 0;) {
        stride /= array->shape[d];
        place += rest % array->shape[d] * stride;
        rest /= array->shape[d];
    }
    return place;
}

static bool is_number(char type, size_t item_bytes)
{
    if (type == 'f') return item_bytes == 4 || item_bytes == 8;
    return (type == 'i' || type == 'u') && item_bytes <= 8;
}

static bool write_item(writer *w, const pickle_ndarray *array, uint64_t place, unsigned depth, err *e)
{
    if (array->type == 'O') return write_value(w, array->objects[place], depth, e);
    uint64_t offset = place * array->item_bytes;
    if (array->type == 'f') {
        write_number(w, array_float(array, offset, array->item_bytes));
        return true;
    }
    if (array->type == 'b') {
        buf_add_str(w->out, array->data.data[offset] ? STR("true") : STR("false"));
        return true;
    }
    buf_printf(w->out, "%lld", (long long)array_integer(array, offset, array->item_bytes, array->type));
    return true;
}

static bool write_unicode(writer *w, const pickle_ndarray *array, uint64_t place, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    pickle_ndarray_text(array, place, &text);
    return buf_ok(&text, "a text of the model", e) && write_text(w, buf_str(&text), e);
}

static const pickle_value *tuple_item(const pickle_value *v, size_t i)
{
    return v && v->kind == PICKLE_TUPLE && i < v->list.count ? v->list.items[i] : NULL;
}

/* One field of all records. `entry` is (dtype, offset) out of the state of the record's dtype. */
static bool write_field(writer *w, const pickle_ndarray *records, str name, const pickle_value *entry, err *e)
{
    pickle_dtype dtype;
    const pickle_value *offset = tuple_item(entry, 1);
    if (!pickle_as_dtype(tuple_item(entry, 0), &dtype, e)) return false;
    bool fits = offset && offset->kind == PICKLE_INT && offset->integer >= 0 &&
                (uint64_t)offset->integer <= records->item_bytes &&
                dtype.item_bytes <= records->item_bytes - (uint64_t)offset->integer;
    if (!fits || !is_number(dtype.type, dtype.item_bytes))
        return err_set(e, ERR_UNSUPPORTED, "the field '%.*s' of an array is not written as JSON",
                       STR_ARG(str_slice(name, 0, 60)));
    pickle_ndarray one = *records;
    one.big_endian = dtype.big_endian;
    if (!write_text(w, name, e)) return false;
    buf_add_str(w->out, STR(":["));
    for (uint64_t i = 0; i < records->count && !w->out->failed; i++) {
        uint64_t at = place_of(records, i) * records->item_bytes + (uint64_t)offset->integer;
        if (i) buf_add_byte(w->out, ',');
        if (dtype.type == 'f')
            write_number(w, array_float(&one, at, dtype.item_bytes));
        else
            buf_printf(w->out, "%lld", (long long)array_integer(&one, at, dtype.item_bytes, dtype.type));
    }
    buf_add_byte(w->out, ']');
    return true;
}

/* State of the dtype: (3, '|', None, names, {name: (dtype, offset)}, ...). */
static bool write_records(writer *w, const pickle_ndarray *array, err *e)
{
    const pickle_value *dtype = array->dtype;
    bool has_state = dtype && dtype->kind == PICKLE_CALL && dtype->call.state_count > 0;
    const pickle_value *fields =
        tuple_item(has_state ? dtype->call.states[dtype->call.state_count - 1] : NULL, 4);
    if (!fields || fields->kind != PICKLE_DICT || fields->list.count > 128)
        return err_set(e, ERR_INVALID, "the records of an array have no fields");
    buf_add_byte(w->out, '{');
    for (size_t i = 0; i + 1 < fields->list.count; i += 2) {
        const pickle_value *name = fields->list.items[i];
        if (name->kind != PICKLE_STR) return err_set(e, ERR_INVALID, "a field of an array has no name");
        if (i) buf_add_byte(w->out, ',');
        if (!write_field(w, array, name->text, fields->list.items[i + 1], e)) return false;
    }
    buf_add_byte(w->out, '}');
    return true;
}

static bool write_array(writer *w, const pickle_ndarray *array, unsigned depth, err *e)
{
    bool is_plain = is_number(array->type, array->item_bytes) || array->type == 'b' || array->type == 'O';
    if (!is_plain && array->type != 'V' && array->type != 'U')
        return err_set(e, ERR_UNSUPPORTED, "an array of numpy's kind '%c' is not written as JSON",
                       array->type);
    dtype_word word = pickle_dtype_word(array->type, array->item_bytes);
    buf_printf(w->out, "{\"dtype\":\"%s\",\"shape\":[", word.text);
    for (unsigned i = 0; i < array->rank; i++)
        buf_printf(w->out, "%s%llu", i ? "," : "", (unsigned long long)array->shape[i]);
    buf_add_str(w->out, STR("],\"data\":"));
    if (array->type == 'V') {
        if (!write_records(w, array, e)) return false;
    } else {
        buf_add_byte(w->out, '[');
        for (uint64_t i = 0; i < array->count && !w->out->failed; i++) {
            if (i) buf_add_byte(w->out, ',');
            bool ok = array->type == 'U' ? write_unicode(w, array, place_of(array, i), e)
                                         : write_item(w, array, place_of(array, i), depth + 1, e);
            if (!ok) return false;
        }
        buf_add_byte(w->out, ']');
    }
    buf_add_byte(w->out, '}');
    return true;
}

/* --- values --------------------------------------------------------------------------------------------------------------- */

static bool write_list(writer *w, pickle_value *const *items, size_t count, unsigned depth, err *e)
{
    buf_add_byte(w->out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i) buf_add_byte(w->out, ',');
        if (!write_value(w, items[i], depth, e)) return false;
    }
    buf_add_byte(w->out, ']');
    return true;
}

/* A label of numpy's: an array of no dimension. */
static str number_key(writer *w, const pickle_value *key)
{
    pickle_ndarray array;
    err why = {0};
    if (key->kind != PICKLE_CALL || !pickle_as_ndarray(w->a, key, &array, &why) || array.rank > 0 ||
        array.count != 1)
        return STR_NONE;
    if (array.type == 'b') return array.data.data[0] ? STR("true") : STR("false");
    if (!is_number(array.type, array.item_bytes)) return STR_NONE;
    if (array.type == 'f')
        return arena_printf(w->a, "%s", number_repr(array_float(&array, 0, array.item_bytes)).text);
    return arena_printf(w->a, "%lld", (long long)array_integer(&array, 0, array.item_bytes, array.type));
}

/* Keys that are no text, such as class labels, are written as Python's json does. */
static bool write_key(writer *w, const pickle_value *key, err *e)
{
    str text = key->kind == PICKLE_STR     ? key->text
               : key->kind == PICKLE_INT   ? arena_printf(w->a, "%lld", (long long)key->integer)
               : key->kind == PICKLE_FLOAT ? arena_printf(w->a, "%s", number_repr(key->number).text)
               : key->kind == PICKLE_BOOL  ? (key->boolean ? STR("true") : STR("false"))
               : key->kind == PICKLE_NONE  ? STR("null")
                                           : number_key(w, key);
    if (!text.data)
        return err_set(e, ERR_UNSUPPORTED, "a dict of the model has keys that are neither text nor numbers");
    return write_text(w, text, e);
}

static bool write_pairs(writer *w, pickle_value *const *items, size_t count, unsigned depth, err *e)
{
    buf_add_byte(w->out, '{');
    for (size_t i = 0; i + 1 < count; i += 2) {
        if (i) buf_add_byte(w->out, ',');
        if (!write_key(w, items[i], e)) return false;
        buf_add_byte(w->out, ':');
        if (!write_value(w, items[i + 1], depth, e)) return false;
    }
    buf_add_byte(w->out, '}');
    return true;
}

static bool write_name(writer *w, const pickle_value *class, err *e)
{
    str name = arena_printf(w->a, "%.*s.%.*s", STR_ARG(class->global.module), STR_ARG(class->global.name));
    if (!name.data) return err_set(e, ERR_MEMORY, "no memory for a name");
    return write_text(w, name, e);
}

/* An object: its class, what it was made of, and its attributes. */
static bool write_object(writer *w, const pickle_value *v, unsigned depth, err *e)
{
    const pickle_value *class = pickle_class_of(v), *args = v->call.args;
    if (!class) return err_set(e, ERR_UNSUPPORTED, "the model holds an object whose class is computed");
    buf_add_str(w->out, STR("{\"class\":"));
    if (!write_name(w, class, e)) return false;
    bool is_new = v->call.callable != class || strcmp(v->call.how, "REDUCE") != 0;
    if (!is_new && args && args->kind == PICKLE_TUPLE && args->list.count) {
        buf_add_str(w->out, STR(",\"arguments\":"));
        if (!write_value(w, args, depth, e)) return false;
    }
    if (v->call.item_count) {
        buf_add_str(w->out, STR(",\"items\":"));
        if (!write_list(w, v->call.items, v->call.item_count, depth, e)) return false;
    }
    if (v->call.state_count) {
        buf_add_str(w->out, STR(",\"attributes\":"));
        if (!write_value(w, v->call.states[v->call.state_count - 1], depth, e)) return false;
    }
    buf_add_byte(w->out, '}');
    return true;
}

static bool write_call(writer *w, const pickle_value *v, unsigned depth, err *e)
{
    pickle_ndarray array;
    err why = {0};
    if (!pickle_as_ndarray(w->a, v, &array, &why)) return write_object(w, v, depth, e);
    return array.rank || array.type == 'O' ? write_array(w, &array, depth, e)
                                           : write_item(w, &array, 0, depth, e);
}

static bool write_bytes(writer *w, bytes raw, err *e)
{
    buf_add_str(w->out, STR("{\"base64\":\""));
    base64url_encode(raw, w->out);
    buf_add_str(w->out, STR("\"}"));
    return buf_ok(w->out, "the JSON of the model", e);
}

enum { LONG_INTEGER_BYTES = 256 };

/* Digits of two's complement, such as the 128 bits of a random generator's state: divided by ten until nothing is left. */
static bool write_long_integer(writer *w, bytes raw, err *e)
{
    uint8_t left[LONG_INTEGER_BYTES];
    char digits[LONG_INTEGER_BYTES * 3];
    size_t count = 0;
    if (raw.len == 0 || raw.len > sizeof left)
        return err_set(e, ERR_UNSUPPORTED, "the model holds an integer of %zu bytes", raw.len);
    bool is_negative = raw.data[raw.len - 1] & 0x80;
    unsigned carry = 1;
    for (size_t i = 0; i < raw.len; i++) {
        unsigned byte = is_negative ? (uint8_t)~raw.data[i] + carry : raw.data[i];
        left[i] = (uint8_t)byte;
        carry = byte >> 8;
    }
    for (bool is_zero = false; !is_zero;) {
        unsigned rest = 0;
        is_zero = true;
        for (size_t i = raw.len; i-- > 0;) {
            unsigned part = rest << 8 | left[i];
            left[i] = (uint8_t)(part / 10);
            rest = part % 10;
            is_zero = is_zero && left[i] == 0;
        }
        digits[count++] = (char)('0' + rest);
    }
    if (is_negative) buf_add_byte(w->out, '-');
    while (count > 0) buf_add_byte(w->out, (uint8_t)digits[--count]);
    return buf_ok(w->out, "the JSON of the model", e);
}

static bool write_plain(writer *w, const pickle_value *v, err *e)
{
    switch (v->kind) {
    case PICKLE_NONE: buf_add_str(w->out, STR("null")); return true;
    case PICKLE_BOOL: buf_add_str(w->out, v->boolean ? STR("true") : STR("false")); return true;
    case PICKLE_INT: buf_printf(w->out, "%lld", (long long)v->integer); return true;
    case PICKLE_BIGINT: return write_long_integer(w, v->raw, e);
    case PICKLE_FLOAT: write_number(w, v->number); return true;
    case PICKLE_STR: return write_text(w, v->text, e);
    case PICKLE_BYTES: return write_bytes(w, v->raw, e);
    default: return err_set(e, ERR_UNSUPPORTED, "the model holds a value that has no JSON");
    }
}

static bool write_value(writer *w, const pickle_value *v, unsigned depth, err *e)
{
    if (depth > JSON_DEPTH)
        return err_set(e, ERR_TOO_LARGE, "the model is nested more than %d deep", (int)JSON_DEPTH);
    if (w->out->failed) return buf_ok(w->out, "the JSON of the model", e);
    switch (v->kind) {
    case PICKLE_TUPLE:
    case PICKLE_LIST:
    case PICKLE_SET:
    case PICKLE_FROZENSET: return write_list(w, v->list.items, v->list.count, depth + 1, e);
    case PICKLE_DICT: return write_pairs(w, v->list.items, v->list.count, depth + 1, e);
    case PICKLE_GLOBAL: return write_name(w, v, e);
    case PICKLE_ARRAY:
    case PICKLE_CALL: return write_call(w, v, depth + 1, e);
    default: return write_plain(w, v, e);
    }
}

/* --- the file ------------------------------------------------------------------------------------------------------------- */

bool estimator_json(bytes file, buf *out, err *e)
{
    if (lightgbm_is(file) || xgboost_is_document(file) || xgboost_is_binary_file(file))
        return booster_json(file, out, e);
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_SCAN_ARENA_BYTES);
    AUTO_BUF buf unpacked;
    buf_init(&unpacked, LIMIT_MODEL_BYTES);
    const pickle_value *v = NULL;
    AUTO(model_free) model *understood = NULL;
    if (!read_pickled(&scratch, file, &unpacked, &v, e) || !sk_model_read(&scratch, v, &understood, e))
        return false;
    writer w = {.a = &scratch, .out = out};
    buf_add_str(out, STR("{\"schema\":\"assay.estimator/1\",\"library\":"));
    const model_info *info = model_about(understood);
    if (!write_text(&w, info->library, e)) return false;
    buf_add_str(out, STR(",\"version\":"));
    if (!write_text(&w, info->version, e)) return false;
    buf_add_str(out, STR(",\"estimator\":"));
    if (!write_value(&w, v, 0, e)) return false;
    buf_add_str(out, STR("}\n"));
    return buf_ok(out, "the JSON of the model", e);
}
