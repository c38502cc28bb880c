/*
 * codec/json.c - jansson with our edges.
 *
 * Jansson's own depth limit (2048) is far above what a document needs, so nesting is measured before parsing, on the text.
 */
#include "codec/json.h"
#include "json_read.h"
#include "json_write.h"

#include "base/limits.h"

/* Depth of brackets outside strings; cheap, and right for every text that the parser will accept. */
static unsigned json_depth(bytes text)
{
    unsigned depth = 0, deepest = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
            continue;
        }
        if (c == '"') in_string = true;
        if ((c == '[' || c == '{') && ++depth > deepest) deepest = depth;
        if ((c == ']' || c == '}') && depth) depth--;
    }
    return deepest;
}

const char *json_remedy(const char *trouble)
{
    bool is_none =
        strstr(trouble, "near 'NaN") || strstr(trouble, "near 'Infinity") || strstr(trouble, "near '-'");
    return is_none ? "; JSON has no NaN and no Infinity" : "";
}

static bool parse(bytes text, const char *what, size_t flags, json_t **value, err *e)
{
    json_error_t trouble;
    const char *start = text.len ? (const char *)text.data : "";
    flags |= JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_t *parsed = json_loadb(start, text.len, flags, &trouble);

    /* Python writes integers of any length: every tokenizer without a limit has a model_max_length of 10^30. */
    bool is_long_integer =
        !parsed && flags & JSON_ALLOW_NUL && json_error_code(&trouble) == json_error_numeric_overflow;
    if (is_long_integer) parsed = json_loadb(start, text.len, flags | JSON_DECODE_INT_AS_REAL, &trouble);
    if (!parsed)
        return err_set(e, ERR_INVALID, "%s is not valid JSON at line %d, column %d: %s%s", what, trouble.line,
                       trouble.column, trouble.text, json_remedy(trouble.text));
    *value = parsed;
    return true;
}

static bool decode(bytes text, const char *what, size_t flags, json_t **value, err *e)
{
    json_t *plain = json_read_plain(text);
    if (plain) {
        *value = plain;
        return true;
    }
    if (json_depth(text) > LIMIT_JSON_DEPTH)
        return err_set(e, ERR_INVALID, "%s is nested deeper than LIMIT_JSON_DEPTH (%d)", what,
                       (int)LIMIT_JSON_DEPTH);
    return parse(text, what, flags, value, e);
}

bool json_decode_model(bytes text, const char *what, json_t **value, err *e)
{
    if (text.len > LIMIT_MODEL_JSON_BYTES)
        return err_set(e, ERR_TOO_LARGE, "%s has %zu bytes, LIMIT_MODEL_JSON_BYTES allows %llu", what,
                       text.len, (unsigned long long)LIMIT_MODEL_JSON_BYTES);
    if (json_depth(text) > LIMIT_MODEL_JSON_DEPTH)
        return err_set(e, ERR_INVALID, "%s is nested deeper than LIMIT_MODEL_JSON_DEPTH (%d)", what,
                       (int)LIMIT_MODEL_JSON_DEPTH);
    return parse(text, what, JSON_ALLOW_NUL, value, e);
}

bool json_decode(bytes text, const char *what, json_t **value, err *e)
{
    if (text.len > LIMIT_JSON_DOC_BYTES)
        return err_set(e, ERR_TOO_LARGE, "%s has %zu bytes, LIMIT_JSON_DOC_BYTES allows %llu", what, text.len,
                       (unsigned long long)LIMIT_JSON_DOC_BYTES);
    return decode(text, what, 0, value, e);
}

bool json_decode_large(bytes text, size_t ceiling_bytes, const char *what, json_t **value, err *e)
{
    if (text.len > ceiling_bytes)
        return err_set(e, ERR_TOO_LARGE, "%s has %zu bytes, %zu are allowed", what, text.len, ceiling_bytes);
    return decode(text, what, JSON_ALLOW_NUL, value, e);
}

/* A decimal number of up to 15 digits, such as a CVSS score, comes out as it is written: 9.3, not 9.3000000000000007. All bits of a double need 17. */
enum { DIGITS_AS_WRITTEN = 15, DIGITS_EXACT = 17 };

bool json_encode(const json_t *value, buf *out, err *e)
{
    json_write(value, &(json_layout){.real_digits = DIGITS_AS_WRITTEN}, out);
    return buf_ok(out, "a JSON document", e);
}

static bool encode_pretty(const json_t *value, int real_digits, buf *out, err *e)
{
    json_write(value, &(json_layout){.is_pretty = true, .real_digits = real_digits}, out);
    buf_add_byte(out, '\n');
    return buf_ok(out, "a JSON document", e);
}

bool json_encode_pretty(const json_t *value, buf *out, err *e)
{
    return encode_pretty(value, DIGITS_AS_WRITTEN, out, e);
}

bool json_encode_exact(const json_t *value, buf *out, err *e)
{
    return encode_pretty(value, DIGITS_EXACT, out, e);
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return "text";
    case JSON_INTEGER: return "an integer";
    case JSON_REAL: return "a number";
    case JSON_TRUE:
    case JSON_FALSE: return "true or false";
    case JSON_NULL: break;
    }
    return "null";
}

static bool is_absent(const json_t *member)
{
    return !member || json_is_null(member);
}

static bool wrong_type(const char *key, const char *wanted, const json_t *member, err *e)
{
    return err_set(e, ERR_UNPROCESSABLE, "'%s' must be %s, not %s", key, wanted, type_name(member));
}

static bool missing(const char *key, err *e)
{
    return err_set(e, ERR_UNPROCESSABLE, "'%s' is missing", key);
}

bool json_member_str_or(const json_t *object, const char *key, str fallback, str *value, err *e)
{
    const json_t *member = json_object_get(object, key);
    if (!is_absent(member) && !json_is_string(member)) return wrong_type(key, "text", member, e);
    *value = is_absent(member) ? fallback : (str){json_string_value(member), json_string_length(member)};
    return true;
}

bool json_member_str(const json_t *object, const char *key, str *value, err *e)
{
    if (is_absent(json_object_get(object, key))) return missing(key, e);
    return json_member_str_or(object, key, STR_NONE, value, e);
}

bool json_member_i64_or(const json_t *object, const char *key, int64_t fallback, int64_t *value, err *e)
{
    const json_t *member = json_object_get(object, key);
    if (!is_absent(member) && !json_is_integer(member)) return wrong_type(key, "an integer", member, e);
    *value = is_absent(member) ? fallback : json_integer_value(member);
    return true;
}

bool json_member_bool_or(const json_t *object, const char *key, bool fallback, bool *value, err *e)
{
    const json_t *member = json_object_get(object, key);
    if (!is_absent(member) && !json_is_boolean(member)) return wrong_type(key, "true or false", member, e);
    *value = is_absent(member) ? fallback : json_is_true(member);
    return true;
}

bool json_member_array(const json_t *object, const char *key, json_t **value, err *e)
{
    json_t *member = json_object_get(object, key);
    if (is_absent(member)) return missing(key, e);
    if (!json_is_array(member)) return wrong_type(key, "a list", member, e);
    *value = member;
    return true;
}

bool json_member_object(const json_t *object, const char *key, json_t **value, err *e)
{
    json_t *member = json_object_get(object, key);
    if (is_absent(member)) return missing(key, e);
    if (!json_is_object(member)) return wrong_type(key, "an object", member, e);
    *value = member;
    return true;
}

str json_text(const json_t *object, const char *key)
{
    const json_t *member = json_object_get(object, key);
    return json_is_string(member) ? (str){json_string_value(member), json_string_length(member)} : STR_NONE;
}

json_t *json_from_str(str text)
{
    if (str_is_utf8(text)) return json_stringn_nocheck(text.data ? text.data : "", text.len);

    /* Replace byte by byte: exact enough for a display of what was never text. */
    AUTO_BUF buf repaired;
    buf_init(&repaired, 3 * text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.data[i] < 0x80)
            buf_add_byte(&repaired, (uint8_t)text.data[i]);
        else
            buf_add_str(&repaired, STR("\xef\xbf\xbd"));
    }
    return repaired.failed ? NULL : json_stringn((const char *)repaired.data, repaired.len);
}

bool json_set_str(json_t *object, const char *key, str text)
{
    json_t *value = json_from_str(text);
    return value && json_object_set_new(object, key, value) == 0;
}
