/*
 * properties.c - one pass over the raw text, a unit (a byte, or an escape of three) at a time.
 */
#include "properties.h"

#include "base/buf.h"
#include "base/limits.h"

typedef struct unit {
    char c;
    bool is_encoded;
} unit;

typedef struct scanner {
    str raw;
    size_t at;
    properties_place place;
} scanner;

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool next_unit(scanner *s, unit *out, err *e)
{
    str left = str_skip(s->raw, s->at);
    if (left.data[0] != '%') {
        *out = (unit){left.data[0] == '+' ? ' ' : left.data[0], false};
        s->at++;
        return true;
    }
    int high = left.len >= 3 ? hex_value(left.data[1]) : -1,
        low = left.len >= 3 ? hex_value(left.data[2]) : -1;
    if (high < 0 || low < 0) return err_set(e, ERR_INVALID, "properties: a '%%' without two hex digits");
    *out = (unit){(char)(high * 16 + low), true};
    s->at += 3;
    return true;
}

static bool ends_pair(const scanner *s, unit u)
{
    if (u.c == ';') return !u.is_encoded;
    return u.c == '|' && s->place == PROPERTIES_QUERY;
}

static bool is_escapable(char c)
{
    return c == ',' || c == ';' || c == '|' || c == '=' || c == '\\';
}

typedef enum part_end { END_OF_TEXT, END_OF_PAIR, END_OF_NAME, END_OF_VALUE } part_end;

/* Collect decoded bytes up to what ends the part; in a name '=' does, in a value ','. */
static bool scan_part(scanner *s, bool is_name, buf *text, part_end *end, err *e)
{
    unit u = {0};
    while (s->at < s->raw.len) {
        if (!next_unit(s, &u, e)) return false;
        if (u.c == '\\' && s->at < s->raw.len) {
            scanner ahead = *s;
            unit escaped = {0};
            if (!next_unit(&ahead, &escaped, e)) return false;
            if (is_escapable(escaped.c)) {
                *s = ahead;
                buf_add_byte(text, (uint8_t)escaped.c);
                continue;
            }
        }
        *end = ends_pair(s, u)          ? END_OF_PAIR
               : is_name && u.c == '='  ? END_OF_NAME
               : !is_name && u.c == ',' ? END_OF_VALUE
                                        : END_OF_TEXT;
        if (*end != END_OF_TEXT) return true;
        buf_add_byte(text, (uint8_t)u.c);
    }
    *end = END_OF_TEXT;
    return true;
}

static bool copy_part(buf *text, arena *a, str *out, err *e)
{
    if (!buf_ok(text, "a property", e)) return false;
    str found = buf_str(text);
    if (!str_is_utf8(found)) return err_set(e, ERR_INVALID, "properties: text that is not UTF-8");
    for (size_t i = 0; i < found.len; i++)
        if ((unsigned char)found.data[i] < 0x20 || found.data[i] == 0x7f)
            return err_set(e, ERR_INVALID, "properties: text with the control byte 0x%02x",
                           (unsigned char)found.data[i]);
    *out = arena_copy(a, found);
    return out->data || err_set(e, ERR_MEMORY, "no memory for properties");
}

static const char forbidden[] = ")(}{][*+^$\\/~`!@#%&<>;=,";

static bool check_name(str name, err *e)
{
    if (name.len == 0) return err_set(e, ERR_INVALID, "properties: a value without a name");
    if (name.len > LIMIT_NAME_BYTES)
        return err_set(e, ERR_INVALID, "properties: a name has %zu bytes; LIMIT_NAME_BYTES is %d", name.len,
                       LIMIT_NAME_BYTES);
    for (size_t i = 0; i < name.len; i++)
        if (memchr(forbidden, name.data[i], sizeof(forbidden) - 1))
            return err_set(e, ERR_INVALID, "properties: the name '%.*s' has the character '%c'",
                           STR_ARG(name), name.data[i]);
    return true;
}

typedef struct found_list {
    meta_property items[LIMIT_PROPERTIES];
    size_t count;
} found_list;

static bool add_found(found_list *list, meta_property p, err *e)
{
    if (list->count == LIMIT_PROPERTIES)
        return err_set(e, ERR_TOO_LARGE, "an artifact may have %d properties (LIMIT_PROPERTIES)",
                       LIMIT_PROPERTIES);
    list->items[list->count++] = p;
    return true;
}

static bool scan_values(scanner *s, str name, buf *text, arena *a, found_list *list, err *e)
{
    part_end end;
    do {
        meta_property p = {.name = name};
        buf_reset(text);
        if (!scan_part(s, false, text, &end, e) || !copy_part(text, a, &p.value, e) || !add_found(list, p, e))
            return false;
    } while (end == END_OF_VALUE);
    return true;
}

static bool scan_pair(scanner *s, buf *text, arena *a, found_list *list, err *e)
{
    part_end end;
    str name;
    buf_reset(text);
    if (!scan_part(s, true, text, &end, e)) return false;
    if (text->len == 0 && !text->failed && end != END_OF_NAME) return true; /* ";;" and a last ';' */
    if (!copy_part(text, a, &name, e) || !check_name(name, e)) return false;
    if (end == END_OF_NAME) return scan_values(s, name, text, a, list, e);
    return add_found(list, (meta_property){.name = name, .value = STR("")}, e);
}

bool properties_parse(str raw, properties_place place, arena *a, meta_property **out, size_t *count, err *e)
{
    scanner s = {raw, 0, place};
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_PROPERTY_BYTES + LIMIT_NAME_BYTES);
    found_list *list = arena_alloc(a, sizeof(*list));
    if (!list) return err_set(e, ERR_MEMORY, "no memory for properties");
    while (s.at < raw.len)
        if (!scan_pair(&s, &text, a, list, e)) return false;
    *out = list->items;
    *count = list->count;
    return true;
}

bool properties_parse_names(str raw, arena *a, str **out, size_t *count, err *e)
{
    /* The grammar of values, under a name that is not used. */
    scanner s = {raw, 0, PROPERTIES_MATRIX};
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_PROPERTY_BYTES);
    found_list *list = arena_alloc(a, sizeof(*list));
    str *names = arena_alloc_array(a, LIMIT_PROPERTIES, sizeof(str));
    if (!list || !names) return err_set(e, ERR_MEMORY, "no memory for properties");
    if (raw.len && !scan_values(&s, STR("names"), &text, a, list, e)) return false;
    for (size_t i = 0; i < list->count; i++) {
        if (!check_name(list->items[i].value, e)) return false;
        names[i] = list->items[i].value;
    }
    *out = names;
    *count = list->count;
    return true;
}
