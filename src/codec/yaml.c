/*
 * codec/yaml.c - libyaml's events into JSON, with a stack of our own.
 *
 * What makes YAML dangerous to read is what is left out: tags build nothing, aliases are links to one value, and their size when written out is
 * counted as the document grows, so that a few lines cannot stand for a billion.
 */
#include "codec/yaml.h"

#include "base/limits.h"

#include <yaml.h>

enum { DEPTH_MAX = 128, ANCHORS_MAX = 1000 };

typedef struct frame {
    json_t *value; /* being filled */
    char *key;     /* of a mapping, when its value is awaited */
    uint64_t nodes;
    size_t anchor; /* 1 + its place, or 0 */
    json_t *
        merged; /* of a mapping: what stands under "<<", mappings whose members count where it has none of that name */
} frame;

typedef struct anchor {
    char *name;
    json_t *value;
    uint64_t nodes;
    bool is_done;
} anchor;

typedef struct builder {
    arena *arena;
    const char *what;
    frame frames[DEPTH_MAX];
    size_t depth;
    anchor anchors[ANCHORS_MAX];
    size_t anchor_count;
    json_t *root;
    yaml_tags *tags;
    err *e;
} builder;

static void free_keys(builder *b)
{
    for (size_t i = 0; i < b->depth; i++) free(b->frames[i].key);
    for (size_t i = 0; i < b->depth; i++) json_decref(b->frames[i].value);
    for (size_t i = 0; i < b->depth; i++) json_decref(b->frames[i].merged);
    b->depth = 0;
    for (size_t i = 0; i < b->anchor_count; i++) {
        free(b->anchors[i].name);
        json_decref(b->anchors[i].value);
    }
    b->anchor_count = 0;
}

static bool no_memory(const builder *b)
{
    return err_set(b->e, ERR_MEMORY, "no memory for %s", b->what);
}

static bool refuse(const builder *b, const yaml_event_t *event, const char *why)
{
    return err_set(b->e, ERR_INVALID, "%s is not usable YAML at line %zu: %s", b->what,
                   event->start_mark.line + 1, why);
}

/* --- anchors and tags ------------------------------------------------------------------------------------------------------------------ */

static anchor *find_anchor(builder *b, const char *name)
{
    for (size_t i = b->anchor_count; i > 0; i--)
        if (strcmp(b->anchors[i - 1].name, name) == 0) return &b->anchors[i - 1];
    return NULL;
}

static bool set_anchor(builder *b, const yaml_char_t *name, json_t *value, bool is_done, size_t *place)
{
    *place = 0;
    if (!name) return true;
    if (b->anchor_count == ANCHORS_MAX)
        return err_set(b->e, ERR_TOO_LARGE, "%s has more than %d anchors", b->what, ANCHORS_MAX);
    char *copy = strdup((const char *)name);
    if (!copy) return no_memory(b);
    b->anchors[b->anchor_count++] =
        (anchor){.name = copy, .value = json_incref(value), .nodes = 1, .is_done = is_done};
    *place = b->anchor_count;
    return true;
}

static bool note_tag(builder *b, const yaml_char_t *tag, const yaml_event_t *event)
{
    if (!tag || !b->tags || b->tags->count >= LIMIT_YAML_TAGS) return true;
    str text = str_from_c((const char *)tag);
    bool is_core = str_starts_with(text, STR("tag:yaml.org,2002:")) && !str_contains(text, STR("python"));
    if (is_core) return true;
    str shown;
    if (str_starts_with(text, STR("tag:yaml.org,2002:")))
        shown = arena_printf(b->arena, "!!%s", text.data + STR("tag:yaml.org,2002:").len);
    else
        shown = arena_copy(b->arena, text);
    if (!b->tags->items) b->tags->items = arena_alloc_array(b->arena, LIMIT_YAML_TAGS, sizeof(yaml_tag));
    if (!shown.data || !b->tags->items) return no_memory(b);
    b->tags->items[b->tags->count++] = (yaml_tag){shown, (uint32_t)event->start_mark.line + 1};
    return true;
}

/* --- building -------------------------------------------------------------------------------------------------------------------------- */

/* Puts the value where it belongs; takes it. */
static bool put(builder *b, const yaml_event_t *event, json_t *value, uint64_t nodes)
{
    if (b->depth == 0) {
        if (b->root)
            json_decref(value);
        else
            b->root = value;
        return true;
    }
    frame *top = &b->frames[b->depth - 1];
    top->nodes += nodes;
    if (top->nodes > LIMIT_YAML_NODES) {
        json_decref(value);
        return err_set(b->e, ERR_TOO_LARGE, "%s has more than LIMIT_YAML_NODES values when it is written out",
                       b->what);
    }
    if (json_is_array(top->value)) return json_array_append_new(top->value, value) == 0 || no_memory(b);
    if (!top->key) {
        if (!json_is_string(value)) {
            json_decref(value);
            return refuse(b, event, "a name is no text");
        }
        top->key = strdup(json_string_value(value));
        json_decref(value);
        return top->key || no_memory(b);
    }
    bool is_merge = strcmp(top->key, "<<") == 0 && (json_is_object(value) || json_is_array(value));
    if (is_merge && !top->merged) {
        top->merged = value;
        free(top->key);
        top->key = NULL;
        return true;
    }
    if (json_object_get(top->value, top->key)) {
        json_decref(value);
        return refuse(b, event, "a name stands twice");
    }
    bool is_set = json_object_set_new(top->value, top->key, value) == 0;
    free(top->key);
    top->key = NULL;
    return is_set || refuse(b, event, "a name is no UTF-8");
}

static bool is_null(const yaml_event_t *event)
{
    str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    bool is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return is_plain && (text.len == 0 || str_eq(text, STR("~")) || str_eq_nocase(text, STR("null")));
}

static bool scalar(builder *b, const yaml_event_t *event)
{
    bool is_key = b->depth && json_is_object(b->frames[b->depth - 1].value) && !b->frames[b->depth - 1].key;
    str text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    json_t *value = is_null(event) && !is_key ? json_null() : json_from_str(text);
    size_t unused;
    if (!value) return no_memory(b);
    if (!note_tag(b, event->data.scalar.tag, event) ||
        !set_anchor(b, event->data.scalar.anchor, value, true, &unused)) {
        json_decref(value);
        return false;
    }
    return put(b, event, value, 1);
}

static bool open_frame(builder *b, const yaml_event_t *event, json_t *value, const yaml_char_t *name,
                       const yaml_char_t *tag)
{
    if (!value) return no_memory(b);
    if (b->depth == DEPTH_MAX) {
        json_decref(value);
        return refuse(b, event, "it is nested too deeply");
    }
    b->frames[b->depth++] = (frame){.value = value, .nodes = 1};
    return note_tag(b, tag, event) && set_anchor(b, name, value, false, &b->frames[b->depth - 1].anchor);
}

/* "<<: *a" or "<<: [*a, *b]", of which the first counts. */
static bool merge(json_t *into, json_t *merged)
{
    size_t i;
    json_t *each;
    if (json_is_object(merged)) return json_object_update_missing(into, merged) == 0;
    json_array_foreach(merged, i, each) if (json_is_object(each) &&
                                            json_object_update_missing(into, each) != 0) return false;
    return true;
}

static bool close_frame(builder *b, const yaml_event_t *event)
{
    frame done = b->frames[--b->depth];
    free(done.key);
    bool is_merged = !done.merged || merge(done.value, done.merged);
    json_decref(done.merged);
    if (!is_merged) {
        json_decref(done.value);
        return no_memory(b);
    }
    if (done.anchor) {
        b->anchors[done.anchor - 1].is_done = true;
        b->anchors[done.anchor - 1].nodes = done.nodes;
    }
    return put(b, event, done.value, done.nodes);
}

static bool alias(builder *b, const yaml_event_t *event)
{
    anchor *found = find_anchor(b, (const char *)event->data.alias.anchor);
    if (!found) return refuse(b, event, "an alias of nothing");
    if (!found->is_done) return refuse(b, event, "a value that contains itself");
    return put(b, event, json_incref(found->value), found->nodes);
}

static bool take(builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT: return scalar(b, event);
    case YAML_ALIAS_EVENT: return alias(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_frame(b, event, json_array(), event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_frame(b, event, json_object(), event->data.mapping_start.anchor,
                          event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return close_frame(b, event);
    default: return true;
    }
}

static bool run(builder *b, yaml_parser_t *parser)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            if (parser->error == YAML_MEMORY_ERROR) return no_memory(b);
            return err_set(b->e, ERR_INVALID, "%s is not valid YAML at line %zu, column %zu: %s", b->what,
                           parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                           parser->problem ? parser->problem : "unreadable");
        }
        bool is_end = event.type == YAML_STREAM_END_EVENT, ok = take(b, &event);
        yaml_event_delete(&event);
        if (!ok) return false;
        if (is_end) return b->root || err_set(b->e, ERR_INVALID, "%s is empty", b->what);
    }
}

bool yaml_decode(arena *a, bytes text, const char *what, json_t **value, yaml_tags *tags, err *e)
{
    if (text.len > LIMIT_JSON_DOC_BYTES)
        return err_set(e, ERR_TOO_LARGE, "%s has %zu bytes, LIMIT_JSON_DOC_BYTES allows %llu", what, text.len,
                       (unsigned long long)LIMIT_JSON_DOC_BYTES);
    builder *b = arena_alloc(a, sizeof *b);
    yaml_parser_t parser;
    if (!b || !yaml_parser_initialize(&parser)) return err_set(e, ERR_MEMORY, "no memory for %s", what);
    *b = (builder){.arena = a, .what = what, .tags = tags, .e = e};
    yaml_parser_set_input_string(&parser, text.len ? text.data : (const unsigned char *)"", text.len);
    bool ok = run(b, &parser);
    yaml_parser_delete(&parser);
    free_keys(b);
    if (ok)
        *value = b->root;
    else
        json_decref(b->root);
    return ok;
}
