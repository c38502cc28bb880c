/*
 * codec/ubjson.c - one pass, in big endian; counts are held against the bytes that are left before anything is allocated for them.
 *
 * XGBoost writes lists of numbers with type and count in front, everything else with a length or an end mark; other writers mix. Values that
 * take no bytes (a typed list of nulls) could be claimed by the billion and are refused.
 */
#include "codec/ubjson.h"

#include "base/limits.h"
#include "base/reader.h"

#include <math.h>

typedef struct decoder {
    reader in;
    arena *arena;
    const char *what;
} decoder;

static bool refuse(decoder *d, const char *why, err *e)
{
    if (d->in.failed)
        return err_set(e, ERR_TRUNCATED, "%s ends early, after %zu bytes", d->what, d->in.all.len);
    return err_set(e, ERR_INVALID, "%s is not valid UBJSON at offset %zu: %s", d->what, d->in.at, why);
}

static bool no_memory(const decoder *d, err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for %s", d->what);
}

/* --- numbers ------------------------------------------------------------------------------------------------------------------- */

static size_t width_of(char type)
{
    switch (type) {
    case 'i':
    case 'U': return 1;
    case 'I': return 2;
    case 'l':
    case 'd': return 4;
    case 'L':
    case 'D': return 8;
    default: return 0;
    }
}

static double real_of(uint64_t bits, char type)
{
    if (type == 'D') {
        double number;
        memcpy(&number, &bits, sizeof(number));
        return number;
    }
    uint32_t half = (uint32_t)bits;
    float number;
    memcpy(&number, &half, sizeof(number));
    return (double)number;
}

static int64_t integer_of(uint64_t bits, char type)
{
    switch (type) {
    case 'i': return (int8_t)bits;
    case 'U': return (int64_t)bits;
    case 'I': return (int16_t)bits;
    case 'l': return (int32_t)bits;
    default: return (int64_t)bits;
    }
}

static uint64_t take_bits(reader *r, char type)
{
    switch (width_of(type)) {
    case 1: return reader_u8(r);
    case 2: return reader_u16be(r);
    case 4: return reader_u32be(r);
    default: return reader_u64be(r);
    }
}

static ubjson_value number_of(uint64_t bits, char type)
{
    if (type == 'd' || type == 'D') return (ubjson_value){.kind = UBJSON_REAL, .real = real_of(bits, type)};
    return (ubjson_value){.kind = UBJSON_INTEGER, .integer = integer_of(bits, type)};
}

/* A length or a count: an integer of any width, never negative. */
static bool take_length(decoder *d, uint64_t *length, err *e)
{
    char type = (char)reader_u8(&d->in);
    if (width_of(type) == 0 || type == 'd' || type == 'D') return refuse(d, "a length is no integer", e);
    int64_t number = integer_of(take_bits(&d->in, type), type);
    if (d->in.failed || number < 0) return refuse(d, "a length is negative", e);
    *length = (uint64_t)number;
    return true;
}

/* --- values -------------------------------------------------------------------------------------------------------------------- */

static bool take_value(decoder *d, char type, unsigned depth_left, ubjson_value *out, err *e);

static bool take_text(decoder *d, str *text, err *e)
{
    uint64_t length = 0;
    if (!take_length(d, &length, e)) return false;
    *text = bytes_str(reader_take(&d->in, length));
    return !d->in.failed || refuse(d, "", e);
}

/* What stands in front of the items: "$" and their type, "#" and their number. */
typedef struct outline {
    char type; /* 0: each item tells its own */
    bool has_count;
    uint64_t count;
} outline;

static bool take_outline(decoder *d, outline *o, err *e)
{
    *o = (outline){0};
    if (reader_peek(&d->in) == '$') {
        (void)reader_u8(&d->in);
        o->type = (char)reader_u8(&d->in);
        if (d->in.failed || reader_peek(&d->in) != '#') return refuse(d, "a type without a count", e);
        if (strchr("ZNTF", o->type)) return refuse(d, "a list of items without bytes", e);
    }
    if (reader_peek(&d->in) != '#') return true;
    (void)reader_u8(&d->in);
    o->has_count = true;
    if (!take_length(d, &o->count, e)) return false;
    return o->count <= reader_left(&d->in) || refuse(d, "a count is larger than what follows", e);
}

/* Is there another item? Without a count, the end mark tells. */
static bool has_next(decoder *d, const outline *o, size_t taken, char end)
{
    if (o->has_count) return taken < o->count;
    while (reader_peek(&d->in) == 'N') (void)reader_u8(&d->in);
    if (reader_peek(&d->in) != (unsigned char)end) return true;
    (void)reader_u8(&d->in);
    return false;
}

/* Room for one more in a list that doubles; the old block is left to the arena. */
static bool make_room(decoder *d, void **items, size_t *capacity, size_t count, size_t item_bytes, err *e)
{
    if (count < *capacity) return true;
    size_t wanted = *capacity ? *capacity * 2 : 4;
    void *larger = arena_alloc_array(d->arena, wanted, item_bytes);
    if (!larger) return no_memory(d, e);
    if (count) memcpy(larger, *items, count * item_bytes);
    *items = larger;
    *capacity = wanted;
    return true;
}

static bool take_numbers(decoder *d, const outline *o, ubjson_value *out, err *e)
{
    *out = (ubjson_value){.kind = UBJSON_NUMBERS};
    out->numbers.type = o->type;
    out->numbers.count = (size_t)o->count;
    /* No overflow: the count is at most the bytes that are left. */
    out->numbers.data = reader_take(&d->in, o->count * width_of(o->type));
    return !d->in.failed || refuse(d, "", e);
}

static bool take_list(decoder *d, unsigned depth_left, ubjson_value *out, err *e)
{
    outline o;
    if (!take_outline(d, &o, e)) return false;
    if (width_of(o.type)) return take_numbers(d, &o, out, e);
    size_t count = 0, capacity = 0;
    void *items = NULL;
    for (; has_next(d, &o, count, ']'); count++) {
        if (!make_room(d, &items, &capacity, count, sizeof(ubjson_value), e)) return false;
        char type = o.type ? o.type : (char)reader_u8(&d->in);
        if (!take_value(d, type, depth_left, (ubjson_value *)items + count, e)) return false;
    }
    *out = (ubjson_value){.kind = UBJSON_LIST, .list = {.items = items, .count = count}};
    return true;
}

static bool take_object(decoder *d, unsigned depth_left, ubjson_value *out, err *e)
{
    outline o;
    if (!take_outline(d, &o, e)) return false;
    size_t count = 0, capacity = 0;
    void *members = NULL;
    *out = (ubjson_value){.kind = UBJSON_OBJECT};
    for (; has_next(d, &o, count, '}'); count++) {
        if (!make_room(d, &members, &capacity, count, sizeof(ubjson_member), e)) return false;
        out->object.members = members;
        ubjson_member *m = &out->object.members[count];
        if (count >= LIMIT_UBJSON_MEMBERS) return refuse(d, "an object has too many members", e);
        if (!take_text(d, &m->name, e)) return false;
        for (size_t i = 0; i < count; i++)
            if (str_eq(out->object.members[i].name, m->name)) return refuse(d, "a name stands twice", e);
        char type = o.type ? o.type : (char)reader_u8(&d->in);
        if (!take_value(d, type, depth_left, &m->value, e)) return false;
    }
    out->object.count = count;
    return true;
}

static bool take_value(decoder *d, char type, unsigned depth_left, ubjson_value *out, err *e)
{
    if (d->in.failed) return refuse(d, "", e);
    if (depth_left == 0)
        return err_set(e, ERR_INVALID, "%s is nested deeper than LIMIT_MODEL_JSON_DEPTH (%d)", d->what,
                       (int)LIMIT_MODEL_JSON_DEPTH);
    switch (type) {
    case 'Z': *out = (ubjson_value){.kind = UBJSON_NULL}; return true;
    case 'T':
    case 'F': *out = (ubjson_value){.kind = UBJSON_BOOL, .boolean = type == 'T'}; return true;
    case 'C':
        *out = (ubjson_value){.kind = UBJSON_TEXT, .text = bytes_str(reader_take(&d->in, 1))};
        return !d->in.failed || refuse(d, "", e);
    case 'S':
    case 'H': *out = (ubjson_value){.kind = UBJSON_TEXT}; return take_text(d, &out->text, e);
    case '[': return take_list(d, depth_left - 1, out, e);
    case '{': return take_object(d, depth_left - 1, out, e);
    default: break;
    }
    if (width_of(type) == 0) return refuse(d, "no such type of value", e);
    *out = number_of(take_bits(&d->in, type), type);
    return !d->in.failed || refuse(d, "", e);
}

bool ubjson_decode(arena *a, bytes text, const char *what, ubjson_value *value, err *e)
{
    decoder d = {.in = reader_of(text), .arena = a, .what = what};
    ubjson_value read;
    if (!take_value(&d, (char)reader_u8(&d.in), LIMIT_MODEL_JSON_DEPTH, &read, e)) return false;
    if (reader_left(&d.in)) return refuse(&d, "more bytes follow the document", e);
    *value = read;
    return true;
}

/* --- from JSON ------------------------------------------------------------------------------------------------------------------- */

static bool list_from_json(arena *a, const json_t *json, ubjson_value *value, err *e)
{
    size_t count = json_array_size(json);
    *value = (ubjson_value){.kind = UBJSON_LIST, .list = {.count = count}};
    value->list.items = arena_alloc_array(a, count + 1, sizeof(ubjson_value));
    if (!value->list.items) return err_set(e, ERR_MEMORY, "no memory for a list of %zu values", count);
    for (size_t i = 0; i < count; i++)
        if (!ubjson_from_json(a, json_array_get(json, i), &value->list.items[i], e)) return false;
    return true;
}

static bool object_from_json(arena *a, const json_t *json, ubjson_value *value, err *e)
{
    size_t count = json_object_size(json), at = 0;
    *value = (ubjson_value){.kind = UBJSON_OBJECT, .object = {.count = count}};
    value->object.members = arena_alloc_array(a, count + 1, sizeof(ubjson_member));
    if (!value->object.members) return err_set(e, ERR_MEMORY, "no memory for an object of %zu", count);
    void *each = json_object_iter((json_t *)(uintptr_t)json);
    for (; each; each = json_object_iter_next((json_t *)(uintptr_t)json, each)) {
        ubjson_member *m = &value->object.members[at++];
        m->name = arena_copy(a, str_from_c(json_object_iter_key(each)));
        if (!m->name.data) return err_set(e, ERR_MEMORY, "no memory for a name");
        if (!ubjson_from_json(a, json_object_iter_value(each), &m->value, e)) return false;
    }
    return true;
}

static bool text_from_json(arena *a, const json_t *json, ubjson_value *value, err *e)
{
    str copy = arena_copy(a, (str){json_string_value(json), json_string_length(json)});
    if (!copy.data) return err_set(e, ERR_MEMORY, "no memory for a text");
    *value = (ubjson_value){.kind = UBJSON_TEXT, .text = copy};
    return true;
}

/* Depth is bounded: json_decode_model refuses what is deeper than LIMIT_MODEL_JSON_DEPTH. */
bool ubjson_from_json(arena *a, const json_t *json, ubjson_value *value, err *e)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT: return object_from_json(a, json, value, e);
    case JSON_ARRAY: return list_from_json(a, json, value, e);
    case JSON_STRING: return text_from_json(a, json, value, e);
    case JSON_INTEGER:
        *value = (ubjson_value){.kind = UBJSON_INTEGER, .integer = json_integer_value(json)};
        return true;
    case JSON_REAL: *value = (ubjson_value){.kind = UBJSON_REAL, .real = json_real_value(json)}; return true;
    case JSON_TRUE:
    case JSON_FALSE: *value = (ubjson_value){.kind = UBJSON_BOOL, .boolean = json_is_true(json)}; return true;
    case JSON_NULL: break;
    }
    *value = (ubjson_value){.kind = UBJSON_NULL};
    return true;
}

/* --- looking ----------------------------------------------------------------------------------------------------------------------- */

const ubjson_value *ubjson_get(const ubjson_value *object, const char *name)
{
    if (!object || object->kind != UBJSON_OBJECT) return NULL;
    for (size_t i = 0; i < object->object.count; i++)
        if (str_eq(object->object.members[i].name, str_from_c(name))) return &object->object.members[i].value;
    return NULL;
}

size_t ubjson_count(const ubjson_value *list)
{
    if (!list) return 0;
    if (list->kind == UBJSON_NUMBERS) return list->numbers.count;
    return list->kind == UBJSON_LIST ? list->list.count : 0;
}

static ubjson_value item_of(const ubjson_value *list, size_t index)
{
    if (index >= ubjson_count(list)) return (ubjson_value){.kind = UBJSON_NULL};
    if (list->kind == UBJSON_LIST) return list->list.items[index];
    reader r = reader_of(list->numbers.data);
    (void)reader_skip(&r, (uint64_t)index * width_of(list->numbers.type));
    return number_of(take_bits(&r, list->numbers.type), list->numbers.type);
}

bool ubjson_as_integer(const ubjson_value *value, int64_t *number)
{
    if (!value) return false;
    if (value->kind == UBJSON_BOOL) {
        *number = value->boolean;
        return true;
    }
    if (value->kind == UBJSON_INTEGER) {
        *number = value->integer;
        return true;
    }
    bool is_whole =
        value->kind == UBJSON_REAL && fabs(value->real) < 9e15 && floor(value->real) == value->real;
    if (is_whole) *number = (int64_t)value->real;
    return is_whole;
}

bool ubjson_integer_at(const ubjson_value *list, size_t index, int64_t *number)
{
    ubjson_value item = item_of(list, index);
    return ubjson_as_integer(&item, number);
}

bool ubjson_real_at(const ubjson_value *list, size_t index, double *number)
{
    ubjson_value item = item_of(list, index);
    if (item.kind == UBJSON_REAL)
        *number = item.real;
    else if (item.kind == UBJSON_INTEGER)
        *number = (double)item.integer;
    else if (item.kind == UBJSON_NULL && index < ubjson_count(list))
        *number = (double)NAN;
    else
        return false;
    return true;
}

str ubjson_text(const ubjson_value *value)
{
    return value && value->kind == UBJSON_TEXT ? value->text : STR_NONE;
}
