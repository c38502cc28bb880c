/*
 * codec/json_write.c - JSON as jansson writes it, several times faster.
 *
 * Jansson hands out a document in pieces of a few bytes, each through a call, decodes each character, and keeps a table of all parents against loops.
 * Reports are trees that Assay made, so a depth is enough here, and text is copied in runs. The bytes are the same: tests/unit/codec/test_json.c holds
 * one against the other.
 */
#include "json_write.h"
#include "json_run.h"

enum { DEPTH_MAX = 2048, INDENT_BYTES = 2, REAL_BYTES_MAX = 64 };

typedef struct writer {
    buf *out;
    const json_layout *layout;
} writer;

static void write_value(const writer *w, const json_t *value, unsigned depth);

/* --- text ---------------------------------------------------------------------------------------------------------------------- */

static void write_escape(buf *out, uint8_t c)
{
    static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt", digits[] = "0123456789ABCDEF";
    const char *place = c ? strchr(named, c) : NULL;
    buf_add_byte(out, '\\');
    if (place) {
        buf_add_byte(out, (uint8_t)letters[place - named]);
        return;
    }
    buf_add_str(out, STR("u00"));
    buf_add_byte(out, (uint8_t)digits[c >> 4]);
    buf_add_byte(out, (uint8_t)digits[c & 15]);
}

static void write_text(buf *out, str text)
{
    const uint8_t *p = (const uint8_t *)text.data;
    buf_add_byte(out, '"');
    for (size_t at = 0; at < text.len;) {
        size_t end = at + json_run((bytes){p + at, text.len - at});
        buf_add(out, (bytes){p + at, end - at});
        if (end < text.len) write_escape(out, p[end++]);
        at = end;
    }
    buf_add_byte(out, '"');
}

/* --- containers ------------------------------------------------------------------------------------------------------------------ */

static void write_line_end(const writer *w, unsigned depth)
{
    if (!w->layout->is_pretty) return;
    buf_add_byte(w->out, '\n');
    for (unsigned i = 0; i < depth * INDENT_BYTES; i++) buf_add_byte(w->out, ' ');
}

/* Before each item: a comma but for the first, and where it stands. */
static void write_start_of_item(const writer *w, bool is_first, unsigned depth)
{
    if (!is_first) buf_add_byte(w->out, ',');
    write_line_end(w, depth + 1);
}

static void write_object(const writer *w, const json_t *object, unsigned depth)
{
    json_t *walked = (json_t *)(uintptr_t)object; /* jansson iterates over what it might change */
    bool is_first = true;
    buf_add_byte(w->out, '{');
    for (void *i = json_object_iter(walked); i; i = json_object_iter_next(walked, i)) {
        write_start_of_item(w, is_first, depth);
        write_text(w->out, (str){json_object_iter_key(i), json_object_iter_key_len(i)});
        buf_add_str(w->out, w->layout->is_pretty ? STR(": ") : STR(":"));
        write_value(w, json_object_iter_value(i), depth + 1);
        is_first = false;
    }
    if (!is_first) write_line_end(w, depth);
    buf_add_byte(w->out, '}');
}

static void write_array(const writer *w, const json_t *array, unsigned depth)
{
    size_t count = json_array_size(array);
    buf_add_byte(w->out, '[');
    for (size_t i = 0; i < count; i++) {
        write_start_of_item(w, i == 0, depth);
        write_value(w, json_array_get(array, i), depth + 1);
    }
    if (count) write_line_end(w, depth);
    buf_add_byte(w->out, ']');
}

/* --- values ---------------------------------------------------------------------------------------------------------------------- */

/* Jansson knows how a real number looks in JSON. */
static void write_real(const writer *w, const json_t *real)
{
    char text[REAL_BYTES_MAX];
    size_t len = json_dumpb(real, text, sizeof(text),
                            JSON_ENCODE_ANY | JSON_REAL_PRECISION((size_t)w->layout->real_digits));
    if (len == 0 || len > sizeof(text))
        w->out->failed = true;
    else
        buf_add_str(w->out, (str){text, len});
}

static void write_value(const writer *w, const json_t *value, unsigned depth)
{
    if (w->out->failed) return;
    if (!value || depth > DEPTH_MAX) {
        w->out->failed = true;
        return;
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT: write_object(w, value, depth); break;
    case JSON_ARRAY: write_array(w, value, depth); break;
    case JSON_STRING: write_text(w->out, (str){json_string_value(value), json_string_length(value)}); break;
    case JSON_INTEGER: buf_add_i64(w->out, json_integer_value(value)); break;
    case JSON_REAL: write_real(w, value); break;
    case JSON_TRUE: buf_add_str(w->out, STR("true")); break;
    case JSON_FALSE: buf_add_str(w->out, STR("false")); break;
    case JSON_NULL: buf_add_str(w->out, STR("null")); break;
    }
}

void json_write(const json_t *value, const json_layout *layout, buf *out)
{
    writer w = {out, layout};
    write_value(&w, value, 0);
}
