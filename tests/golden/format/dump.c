/*
 * Prints what the pickle machine made of each file: the opcodes with their offsets, and the value as JSON. check_values.py compares both
 * with Python's own reading.
 */
#include "codec/json.h"
#include "os/file.h"
#include "pickle/machine.h"

#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 40 };

static void note_opcode(void *ctx, uint64_t at, const char *opcode)
{
    json_t *row = json_array();
    json_array_append_new(row, json_integer((json_int_t)at));
    json_array_append_new(row, json_string(opcode));
    json_array_append_new(ctx, row);
}

/* ["kind", text]: numbers as text, so that nothing is lost on the way. */
static json_t *tagged(const char *kind, json_t *value)
{
    json_t *row = json_array();
    json_array_append_new(row, json_string(kind));
    json_array_append_new(row, value);
    return row;
}

static json_t *hex(bytes raw)
{
    char *text = malloc(2 * raw.len + 1);
    for (size_t i = 0; i < raw.len; i++) snprintf(text + 2 * i, 3, "%02x", raw.data[i]);
    text[2 * raw.len] = '\0';
    json_t *value = json_string(text);
    free(text);
    return value;
}

static json_t *value_json(const pickle_value *v, unsigned depth);

static json_t *items_json(const pickle_value *v, unsigned depth)
{
    json_t *items = json_array();
    for (size_t i = 0; i < v->list.count; i++)
        json_array_append_new(items, value_json(v->list.items[i], depth + 1));
    return items;
}

/* One line per kind. */
static json_t *value_json(const pickle_value *v, unsigned depth)
{
    char text[64];
    if (depth > DEPTH_MAX) return tagged("deep", json_null());
    switch (v->kind) {
    case PICKLE_NONE: return tagged("none", json_null());
    case PICKLE_BOOL: return tagged("bool", json_boolean(v->boolean));
    case PICKLE_INT:
        snprintf(text, sizeof(text), "%lld", (long long)v->integer);
        return tagged("int", json_string(text));
    case PICKLE_BIGINT: return tagged("big", hex(v->raw));
    case PICKLE_FLOAT:
        snprintf(text, sizeof(text), "%a", v->number);
        return tagged("float", json_string(text));
    case PICKLE_STR: return tagged("str", hex(str_bytes(v->text)));
    case PICKLE_BYTES: return tagged("bytes", hex(v->raw));
    case PICKLE_TUPLE: return tagged("tuple", items_json(v, depth));
    case PICKLE_LIST: return tagged("list", items_json(v, depth));
    case PICKLE_DICT: return tagged("dict", items_json(v, depth));
    case PICKLE_SET: return tagged("set", items_json(v, depth));
    case PICKLE_FROZENSET: return tagged("frozenset", items_json(v, depth));
    default: return tagged("other", json_null());
    }
}

static bool dump_file(const char *path, err *e)
{
    AUTO(fd_close) int fd = -1;
    bytes content;
    if (!file_open_read(path, &fd, e) || !file_map(fd, &content, e)) return false;
    AUTO_ARENA arena a;
    arena_init(&a, 512ull << 20);
    report r;
    report_init(&r, &a);
    AUTO(json_release) json_t *out = json_object();
    json_t *opcodes = json_array();
    json_object_set_new(out, "opcodes", opcodes);
    pickle_options options = {.trace = note_opcode, .trace_ctx = opcodes};
    pickle_stream stream;
    pickle_summary summary;
    bool ok = pickle_run(&a, content, 0, &options, &r, &stream, &summary, e);
    if (ok) {
        if (stream.result) json_object_set_new(out, "value", value_json(stream.result, 0));
        json_object_set_new(out, "end", json_integer((json_int_t)stream.end));
        char *text = json_dumps(out, JSON_COMPACT);
        puts(text ? text : "{}");
        free(text);
    }
    file_unmap(content);
    return ok;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        err e = {0};
        if (dump_file(argv[i], &e)) continue;
        fprintf(stderr, "%s: %s\n", argv[i], e.message);
        return 3;
    }
    return 0;
}
