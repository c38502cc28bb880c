/*
 * scan/part_check.c - a child's report, read as hostile bytes.
 *
 * The child may have been taken over by what it read. So nothing of its JSON is passed on: a new object is built from the members that are known,
 * each with its own type and bound. Text that is too long is cut, since honest files have long names too; a wrong type, an unknown word,
 * too many items, or a verdict that its own findings contradict make the whole report a lie.
 */
#include "part.h"

#include "base/limits.h"
#include "eco/eco.h"
#include "format/report.h"

enum {
    WORD_BYTES = 64,
    NAME_BYTES = 1024,
    TEXT_BYTES = 4096,
    LONG_TEXT_BYTES = 16384,
    FACTS_MAX = 10000,
    IMAGES_MAX = 64,
    LAYERS_MAX = 1024,
};

typedef bool (*item_check)(const json_t *from, json_t *to, err *e);

static bool lie(err *e, const char *what)
{
    return err_set(e, ERR_CHILD, "the scan child's report is not one: %s", what);
}
static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for a scan report");
}

/* --- members --------------------------------------------------------------------------------------------------------------- */

/* Cut at a character's start, so that the rest stays UTF-8. NULs, which databases and C do not like, become question marks.
 * Text that is fine is shared with what was decoded. */
static json_t *clean_text(const json_t *text, size_t bytes_max)
{
    str s = {json_string_value(text), json_string_length(text)};
    if (s.len <= bytes_max && str_find(s, '\0') < 0) return json_incref((json_t *)(uintptr_t)text);
    if (s.len > bytes_max) {
        s.len = bytes_max;
        while (s.len && ((unsigned char)s.data[s.len] & 0xc0) == 0x80) s.len--;
    }
    if (str_find(s, '\0') < 0) return json_from_str(s);
    AUTO_BUF buf copy;
    buf_init(&copy, bytes_max + 1);
    buf_add_str(&copy, s);
    if (copy.failed) return NULL;
    for (size_t i = 0; i < copy.len; i++)
        if (copy.data[i] == '\0') copy.data[i] = '?';
    return json_from_str(buf_str(&copy));
}

typedef enum text_need { OPTIONAL, REQUIRED } text_need;

static bool take_text(const json_t *from, json_t *to, const char *key, size_t bytes_max, text_need need,
                      err *e)
{
    const json_t *value = json_object_get(from, key);
    if (!value && need == OPTIONAL) return true;
    if (!json_is_string(value)) return lie(e, key);
    return json_object_set_new(to, key, clean_text(value, bytes_max)) == 0 || no_memory(e);
}

static bool take_count(const json_t *from, json_t *to, const char *key, err *e)
{
    const json_t *value = json_object_get(from, key);
    if (!value) return true;
    if (!json_is_integer(value) || json_integer_value(value) < 0) return lie(e, key);
    return json_object_set_new(to, key, json_integer(json_integer_value(value))) == 0 || no_memory(e);
}

static bool take_bool(const json_t *from, json_t *to, const char *key, err *e)
{
    const json_t *value = json_object_get(from, key);
    if (!value) return true;
    if (!json_is_boolean(value)) return lie(e, key);
    return json_object_set_new(to, key, json_boolean(json_is_true(value))) == 0 || no_memory(e);
}

static bool take_objects(const json_t *from, json_t *to, const char *key, size_t count_max, item_check check,
                         err *e)
{
    const json_t *items = json_object_get(from, key);
    if (!items) return true;
    if (!json_is_array(items) || json_array_size(items) > count_max) return lie(e, key);
    json_t *list = json_array();
    if (json_object_set_new(to, key, list) != 0) return no_memory(e);
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        json_t *copy = json_object();
        if (json_array_append_new(list, copy) != 0) return no_memory(e);
        if (!json_is_object(item)) return lie(e, key);
        if (!check(item, copy, e)) return false;
    }
    return true;
}

static bool take_texts(const json_t *from, json_t *to, const char *key, size_t count_max, size_t bytes_max,
                       err *e)
{
    const json_t *items = json_object_get(from, key);
    if (!items) return true;
    if (!json_is_array(items) || json_array_size(items) > count_max) return lie(e, key);
    json_t *list = json_array(), *item;
    if (json_object_set_new(to, key, list) != 0) return no_memory(e);
    size_t i;
    json_array_foreach(items, i, item)
    {
        if (!json_is_string(item)) return lie(e, key);
        if (json_array_append_new(list, clean_text(item, bytes_max)) != 0) return no_memory(e);
    }
    return true;
}

/* --- items ----------------------------------------------------------------------------------------------------------------- */

static bool check_verdict(const json_t *from, json_t *to, err *e)
{
    verdict v;
    if (!verdict_parse(json_text(from, "verdict"), &v)) return lie(e, "verdict");
    return take_text(from, to, "verdict", WORD_BYTES, REQUIRED, e);
}

static bool check_fact(const json_t *from, json_t *to, err *e)
{
    return take_text(from, to, "name", NAME_BYTES, REQUIRED, e) &&
           take_text(from, to, "value", LONG_TEXT_BYTES, REQUIRED, e);
}

static bool check_tensor(const json_t *from, json_t *to, err *e)
{
    const json_t *shape = json_object_get(from, "shape");
    json_t *copy = json_array();
    if (json_object_set_new(to, "shape", copy) != 0) return no_memory(e);
    if (!json_is_array(shape) || json_array_size(shape) > LIMIT_TENSOR_RANK) return lie(e, "shape");
    for (size_t i = 0; i < json_array_size(shape); i++) {
        const json_t *length = json_array_get(shape, i);
        if (!json_is_integer(length) || json_integer_value(length) < 0) return lie(e, "shape");
        if (json_array_append_new(copy, json_integer(json_integer_value(length))) != 0) return no_memory(e);
    }
    return take_text(from, to, "name", NAME_BYTES, REQUIRED, e) &&
           take_text(from, to, "dtype", WORD_BYTES, REQUIRED, e) && take_count(from, to, "bytes", e);
}

static bool check_tensors(const json_t *from, json_t *to, err *e)
{
    return take_objects(from, to, "tensors", LIMIT_TENSORS_SHOWN, check_tensor, e) &&
           take_count(from, to, "tensor_count", e) && take_count(from, to, "parameter_count", e) &&
           take_count(from, to, "tensor_bytes", e);
}

static bool check_model(const json_t *from, json_t *to, err *e)
{
    return take_text(from, to, "path", TEXT_BYTES, REQUIRED, e) &&
           take_text(from, to, "format", WORD_BYTES, REQUIRED, e) && check_verdict(from, to, e);
}

/* Vulnerabilities are for the parent to find: a child does not even have the advisories. */
static bool is_childs_kind(str kind)
{
    return str_eq(kind, STR("model_threat")) || str_eq(kind, STR("license")) || str_eq(kind, STR("secret")) ||
           str_eq(kind, STR("misconfiguration"));
}

static bool is_code(str code)
{
    for (size_t i = 0; i < code.len; i++) {
        char c = code.data[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                    c == '_';
        if (!fine) return false;
    }
    return code.len > 0 && code.len <= WORD_BYTES;
}

static bool check_where(const json_t *from, json_t *to, err *e)
{
    const json_t *where = json_object_get(from, "where");
    json_t *copy = json_object();
    if (json_object_set_new(to, "where", copy) != 0) return no_memory(e);
    if (!json_is_object(where)) return lie(e, "where");
    return take_text(where, copy, "member", TEXT_BYTES, REQUIRED, e) &&
           take_count(where, copy, "offset", e) && take_count(where, copy, "line", e);
}

static bool check_finding(const json_t *from, json_t *to, err *e)
{
    severity s;
    if (!is_code(json_text(from, "code"))) return lie(e, "code");
    if (!is_childs_kind(json_text(from, "kind"))) return lie(e, "kind");
    if (!severity_parse(json_text(from, "severity"), &s)) return lie(e, "severity");
    return take_text(from, to, "code", WORD_BYTES, REQUIRED, e) &&
           take_text(from, to, "kind", WORD_BYTES, REQUIRED, e) &&
           take_text(from, to, "severity", WORD_BYTES, REQUIRED, e) &&
           take_text(from, to, "title", TEXT_BYTES, REQUIRED, e) && check_where(from, to, e) &&
           take_text(from, to, "call", TEXT_BYTES, OPTIONAL, e) &&
           take_text(from, to, "advice", TEXT_BYTES, OPTIONAL, e);
}

static bool check_component(const json_t *from, json_t *to, err *e)
{
    if (!ecosystem_find(json_text(from, "eco"))) return lie(e, "eco");
    if (json_text(from, "name").len == 0) return lie(e, "name");
    return take_text(from, to, "eco", WORD_BYTES, REQUIRED, e) &&
           take_text(from, to, "name", NAME_BYTES, REQUIRED, e) &&
           take_text(from, to, "version", NAME_BYTES, REQUIRED, e) &&
           take_bool(from, to, "version_is_known", e) &&
           take_text(from, to, "path", TEXT_BYTES, REQUIRED, e) &&
           take_text(from, to, "source_name", NAME_BYTES, OPTIONAL, e) &&
           take_text(from, to, "source_version", NAME_BYTES, OPTIONAL, e) &&
           take_text(from, to, "licenses", TEXT_BYTES, OPTIONAL, e) &&
           take_bool(from, to, "is_declared_only", e);
}

static bool check_os(const json_t *from, json_t *to, err *e)
{
    const json_t *os = json_object_get(from, "os");
    if (!os) return true;
    json_t *copy = json_object();
    if (json_object_set_new(to, "os", copy) != 0) return no_memory(e);
    if (!json_is_object(os)) return lie(e, "os");
    return take_text(os, copy, "id", WORD_BYTES, REQUIRED, e) &&
           take_text(os, copy, "version_id", WORD_BYTES, REQUIRED, e) &&
           take_text(os, copy, "namespace", WORD_BYTES * 2, REQUIRED, e);
}

/* --- parts ----------------------------------------------------------------------------------------------------------------- */

/* A child that found a call and still says "clean" is not to be believed. */
static bool check_consistent(const json_t *part, err *e)
{
    verdict v;
    if (!verdict_parse(json_text(part, "verdict"), &v)) return lie(e, "verdict");
    if (v != VERDICT_CLEAN && v != VERDICT_NOT_A_MODEL) return true;
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(part, "findings"), i, f)
    {
        severity s;
        bool is_threat = str_eq(json_text(f, "kind"), STR("model_threat"));
        if (is_threat && severity_parse(json_text(f, "severity"), &s) && s >= SEVERITY_HIGH)
            return lie(e, "the verdict contradicts the findings");
    }
    return true;
}

static bool check_part(const json_t *from, json_t *to, err *e)
{
    return take_text(from, to, "path", TEXT_BYTES, OPTIONAL, e) &&
           take_text(from, to, "format", WORD_BYTES, OPTIONAL, e) && check_verdict(from, to, e) &&
           take_objects(from, to, "facts", FACTS_MAX, check_fact, e) && check_tensors(from, to, e) &&
           take_texts(from, to, "call_lines", LIMIT_PICKLE_CALLS_SHOWN + 1, TEXT_BYTES, e) &&
           take_objects(from, to, "findings", LIMIT_SCAN_FINDINGS, check_finding, e) &&
           take_count(from, to, "findings_dropped", e) &&
           take_objects(from, to, "components", LIMIT_SCAN_COMPONENTS, check_component, e) &&
           take_count(from, to, "components_dropped", e) &&
           take_texts(from, to, "manifests", LIMIT_SCAN_COMPONENTS, TEXT_BYTES, e) &&
           take_objects(from, to, "models", LIMIT_SCAN_COMPONENTS, check_model, e) &&
           take_texts(from, to, "deleted", LIMIT_ARCHIVE_MEMBERS, TEXT_BYTES, e) &&
           take_texts(from, to, "opaque", LIMIT_ARCHIVE_MEMBERS, TEXT_BYTES, e) && check_os(from, to, e) &&
           check_consistent(to, e);
}

/* check_part itself takes no images, so layers cannot nest. */
static bool check_image(const json_t *from, json_t *to, err *e)
{
    return take_text(from, to, "name", NAME_BYTES, REQUIRED, e) &&
           take_objects(from, to, "layers", LAYERS_MAX, check_part, e);
}

bool part_check(bytes reply, json_t **part, err *e)
{
    AUTO(json_release) json_t *raw = NULL;
    err why = {0};
    if (!json_decode_large(reply, LIMIT_SCAN_REPORT_BYTES, "the report", &raw, &why))
        return lie(e, why.message);
    if (!json_is_object(raw)) return lie(e, "no object");
    AUTO(json_release) json_t *checked = json_object();
    if (!checked) return no_memory(e);
    if (!check_part(raw, checked, e) || !take_objects(raw, checked, "images", IMAGES_MAX, check_image, e))
        return false;
    *part = TAKE(checked);
    return true;
}

bool finding_incomplete(const char *why, json_t **made, err *e)
{
    json_t *f = json_pack(
        "{s:s, s:s, s:s, s:o, s:{s:s}, s:s}", "code", "scan_incomplete", "kind", "model_threat", "severity",
        "high", "title", json_from_str(str_from_c(why)), "where", "member", "", "advice",
        "What was not read cannot be called safe. Scan it again; if that fails too, report the file.");
    if (!f) return no_memory(e);
    *made = f;
    return true;
}

bool part_incomplete(const char *why, json_t **part, err *e)
{
    json_t *only = NULL;
    AUTO_BUF buf title;
    buf_init(&title, TEXT_BYTES);
    buf_printf(&title, "Not fully analysed: %s", why);
    buf_add_byte(&title, 0);
    if (!buf_ok(&title, "a finding", e) || !finding_incomplete((const char *)title.data, &only, e))
        return false;
    json_t *made = json_pack("{s:s, s:[o]}", "verdict", "unparseable", "findings", only);
    if (!made) return no_memory(e);
    *part = made;
    return true;
}
