/*
 * format/pickle/render.c - calls as a reader would write them in Python, however hostile the values.
 *
 * Bounded by depth, by items per container and by bytes per constant, so a line stays a line.
 */
#include "pickle/judge.h"

enum { RENDER_DEPTH = 3, RENDER_ITEMS = 6, RENDER_CONSTANT = 80, RENDER_TOTAL = 400 };

static void render(const pickle_value *v, buf *out, unsigned depth);

static void render_escape(uint8_t c, buf *out)
{
    static const char digits[] = "0123456789abcdef";
    buf_add_str(out, STR("\\x"));
    buf_add_byte(out, (uint8_t)digits[c >> 4]);
    buf_add_byte(out, (uint8_t)digits[c & 15]);
}

static void render_text(bytes text, const char *prefix, buf *out)
{
    buf_add_str(out, str_from_c(prefix));
    buf_add_byte(out, '\'');
    size_t shown = text.len < RENDER_CONSTANT ? text.len : RENDER_CONSTANT;
    /* Cut between characters; and look at no more than is shown, for the constant may be huge. */
    for (unsigned back = 0; back < 3 && shown < text.len && shown > 0 && (text.data[shown] & 0xc0) == 0x80;
         back++)
        shown--;
    bool is_utf8 = *prefix == '\0' && str_is_utf8(bytes_str((bytes){text.data, shown}));
    for (size_t i = 0; i < shown; i++) {
        uint8_t c = text.data[i];
        if (c == '\'' || c == '\\') {
            buf_add_byte(out, '\\');
            buf_add_byte(out, c);
        } else if (c == '\n') {
            buf_add_str(out, STR("\\n"));
        } else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8)) {
            render_escape(c, out);
        } else {
            buf_add_byte(out, c);
        }
    }
    buf_add_str(out, STR("'"));
    if (shown < text.len) buf_printf(out, "...(%zu bytes)", text.len);
}

/* Names come from the file too: what is not printable is shown as an escape. */
static void render_name(str name, buf *out)
{
    size_t shown = name.len < 2 * RENDER_CONSTANT ? name.len : 2 * RENDER_CONSTANT;
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)name.data[i];
        if (c < 0x20 || c >= 0x7f)
            render_escape(c, out);
        else
            buf_add_byte(out, c);
    }
    if (shown < name.len) buf_add_str(out, STR("..."));
}

static void render_items(pickle_value *const *items, size_t count, bool pairs, buf *out, unsigned depth)
{
    for (size_t i = 0; i < count; i++) {
        if (i >= RENDER_ITEMS || out->len > RENDER_TOTAL) {
            buf_add_str(out, STR(", ..."));
            return;
        }
        if (i > 0) buf_add_str(out, pairs && i % 2 ? STR(": ") : STR(", "));
        render(items[i], out, depth);
    }
}

static void render_container(const pickle_value *v, const char *brackets, buf *out, unsigned depth)
{
    buf_add_byte(out, (uint8_t)brackets[0]);
    if (depth >= RENDER_DEPTH && v->list.count)
        buf_add_str(out, STR("..."));
    else
        render_items(v->list.items, v->list.count, v->kind == PICKLE_DICT, out, depth + 1);
    if (v->kind == PICKLE_TUPLE && v->list.count == 1) buf_add_byte(out, ',');
    buf_add_byte(out, (uint8_t)brackets[1]);
}

static void render_call(const pickle_value *v, buf *out, unsigned depth)
{
    const pickle_value *args = v->call.args;
    bool computed = v->call.callable->kind != PICKLE_GLOBAL;
    if (computed) buf_add_byte(out, '(');
    render(v->call.callable, out, depth + 1);
    if (computed) buf_add_byte(out, ')');
    buf_add_byte(out, '(');
    if (depth >= RENDER_DEPTH) {
        buf_add_str(out, STR("..."));
    } else if (args && args->kind == PICKLE_TUPLE) {
        render_items(args->list.items, args->list.count, false, out, depth + 1);
    } else if (args) {
        buf_add_byte(out, '*');
        render(args, out, depth + 1);
    }
    if (v->call.kwargs && depth < RENDER_DEPTH) {
        buf_add_str(out, STR(", **"));
        render(v->call.kwargs, out, depth + 1);
    }
    buf_add_byte(out, ')');
}

/* The switch has one line per kind. */
static void render(const pickle_value *v, buf *out, unsigned depth)
{
    if (out->len > RENDER_TOTAL || depth > RENDER_DEPTH + 1) {
        buf_add_str(out, STR("..."));
        return;
    }
    switch (v->kind) {
    case PICKLE_NONE: buf_add_str(out, STR("None")); break;
    case PICKLE_BOOL: buf_add_str(out, v->boolean ? STR("True") : STR("False")); break;
    case PICKLE_INT: buf_add_i64(out, v->integer); break;
    case PICKLE_BIGINT: buf_printf(out, "<integer of %zu bytes>", v->raw.len); break;
    case PICKLE_FLOAT: buf_printf(out, "%.17g", v->number); break;
    case PICKLE_STR: render_text(str_bytes(v->text), "", out); break;
    case PICKLE_BYTES: render_text(v->raw, "b", out); break;
    case PICKLE_TUPLE: render_container(v, "()", out, depth); break;
    case PICKLE_LIST: render_container(v, "[]", out, depth); break;
    case PICKLE_DICT:
    case PICKLE_SET:
    case PICKLE_FROZENSET: render_container(v, "{}", out, depth); break;
    case PICKLE_GLOBAL:
        render_name(v->global.module, out);
        buf_add_byte(out, '.');
        render_name(v->global.name, out);
        break;
    case PICKLE_CALL: render_call(v, out, depth); break;
    case PICKLE_ARRAY: buf_printf(out, "<array of %zu bytes>", v->array.data.len); break;
    case PICKLE_PERSID:
        buf_add_str(out, STR("persistent_load("));
        render(v->persid, out, depth + 1);
        buf_add_byte(out, ')');
        break;
    case PICKLE_UNKNOWN: buf_add_str(out, STR("<unknown>")); break;
    }
}

void pickle_render_call(const pickle_value *call, buf *out)
{
    render(call, out, 0);
}

void pickle_render_value(const pickle_value *v, buf *out)
{
    render(v, out, 0);
}
