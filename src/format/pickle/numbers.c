/*
 * format/pickle/numbers.c - the arrays of a pickle, with their numbers: what a converter takes out of it, and nothing else.
 */
#include "pickle/facts.h"

#include "base/buf.h"
#include "base/limits.h"
#include "format/pickle.h"

enum { NUMBERS_DEPTH_MAX = 64, NAME_PART_BYTES = 512 };

static void add_codepoint(buf *out, uint32_t point)
{
    bool is_character = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    if (!is_character || point < 0x20) point = '?';
    if (point < 0x80) {
        buf_add_byte(out, (uint8_t)point);
        return;
    }
    unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint8_t heads[] = {0, 0xc0, 0xe0, 0xf0};
    buf_add_byte(out, (uint8_t)(heads[more] | point >> (6 * more)));
    while (more-- > 0) buf_add_byte(out, (uint8_t)(0x80 | (point >> (6 * more) & 0x3f)));
}

void pickle_ndarray_text(const pickle_ndarray *array, uint64_t index, buf *out)
{
    const uint8_t *at = array->data.data + index * array->item_bytes;
    size_t points = array->item_bytes / 4, length = 0;
    uint32_t point;
    for (size_t i = 0; i < points; i++) {
        memcpy(&point, at + 4 * i, sizeof point);
        if (point) length = i + 1; /* padded with zeros */
    }
    for (size_t i = 0; i < length; i++) {
        memcpy(&point, at + 4 * i, sizeof point);
        add_codepoint(out, array->big_endian ? __builtin_bswap32(point) : point);
    }
}

/* True when it was an array: then it is told. */
bool pickle_tell_array(arena *a, str name, const pickle_value *v, report *r, bool *was_array, err *e)
{
    pickle_ndarray array;
    uint64_t strides[COUNT_OF(array.shape)], step = 1;
    *was_array = (v->kind == PICKLE_ARRAY || v->kind == PICKLE_CALL) &&
                 pickle_as_ndarray(a, v, &array, NULL) && array.rank > 0;
    if (!*was_array) return true;
    dtype_word dtype = pickle_dtype_word(array.type, array.item_bytes);
    for (unsigned i = 0; i < array.rank; i++) {
        strides[i] = step;
        step *= array.shape[i] ? array.shape[i] : 1; /* the product was checked when it was read */
    }
    tensor_fact told = {.name = name,
                        .dtype = str_from_c(dtype.text),
                        .shape = array.shape,
                        .rank = array.rank,
                        .bytes = array.type == 'O' ? 0 : array.data.len,
                        .numbers = array.data,
                        .strides = array.fortran_order ? strides : NULL,
                        .is_big_endian = array.big_endian};
    return report_tensor(r, &told, e);
}

/* --- the way to them -------------------------------------------------------------------------------------------------------------- */

typedef struct search {
    arena *a;
    report *report;
    pickle_tell_tensor tell; /* NULL: numpy's arrays only */
    void *tell_ctx;
} search;

static bool look_at(search *s, str name, pickle_value *v, unsigned depth, err *e);

/* Where torch.nn.Module keeps its parts: in no name that its users know. */
static bool is_drawer(str key)
{
    return str_eq(key, STR("_modules")) || str_eq(key, STR("_parameters")) || str_eq(key, STR("_buffers"));
}

static bool name_part(search *s, str name, const pickle_value *key, str *out, err *e)
{
    if (key->kind == PICKLE_STR && is_drawer(key->text)) {
        *out = name.data ? name : STR("");
        return true;
    }
    const char *dot = name.len ? "." : "";
    if (key->kind == PICKLE_STR && key->text.len <= NAME_PART_BYTES && str_is_utf8(key->text))
        *out = arena_printf(s->a, "%.*s%s%.*s", STR_ARG(name), dot, STR_ARG(key->text));
    else if (key->kind == PICKLE_INT)
        *out = arena_printf(s->a, "%.*s%s%lld", STR_ARG(name), dot, (long long)key->integer);
    else
        *out = STR_NONE;
    return !(key->kind == PICKLE_STR || key->kind == PICKLE_INT) || out->data ||
           err_set(e, ERR_MEMORY, "no memory for the name of a tensor");
}

static bool look_at_pairs(search *s, str name, pickle_value *const *items, size_t count, unsigned depth,
                          err *e)
{
    for (size_t i = 0; i + 1 < count; i += 2) {
        str part;
        if (!name_part(s, name, items[i], &part, e)) return false;
        if (part.data && !look_at(s, part, items[i + 1], depth, e)) return false;
    }
    return true;
}

static bool look_at_items(search *s, str name, pickle_value *const *items, size_t count, unsigned depth,
                          err *e)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i]->kind < PICKLE_TUPLE)
            continue; /* plain values hold nothing, and lists of them are long */
        str part = arena_printf(s->a, "%.*s%s%zu", STR_ARG(name), name.len ? "." : "", i);
        if (!part.data) return err_set(e, ERR_MEMORY, "no memory for the name of a tensor");
        if (!look_at(s, part, items[i], depth, e)) return false;
    }
    return true;
}

/* An object: what was set in it, and its attributes under the name of the object itself. */
static bool look_at_object(search *s, str name, pickle_value *v, unsigned depth, err *e)
{
    if (!look_at_pairs(s, name, v->call.items, v->call.item_count, depth, e)) return false;
    for (size_t i = 0; i < v->call.state_count; i++)
        if (!look_at(s, name, v->call.states[i], depth, e)) return false;
    return true;
}

/* Each value once: a shared array belongs to the first who has it, and rings end. */
static bool look_at(search *s, str name, pickle_value *v, unsigned depth, err *e)
{
    bool was_array;
    if (v->visited || depth > NUMBERS_DEPTH_MAX) return true;
    v->visited = 1;
    if (s->tell) {
        bool was_tensor;
        if (!s->tell(s->tell_ctx, name.len ? name : STR("tensor"), v, &was_tensor, e)) return false;
        if (was_tensor) return true;
    }
    if (!pickle_tell_array(s->a, name.len ? name : STR("array"), v, s->report, &was_array, e)) return false;
    if (was_array) return true;
    switch (v->kind) {
    case PICKLE_DICT: return look_at_pairs(s, name, v->list.items, v->list.count, depth + 1, e);
    case PICKLE_LIST:
    case PICKLE_TUPLE: return look_at_items(s, name, v->list.items, v->list.count, depth + 1, e);
    case PICKLE_CALL: return look_at_object(s, name, v, depth + 1, e);
    default: return true;
    }
}

bool pickle_tensors(arena *a, pickle_value *v, pickle_tell_tensor tell, void *ctx, report *r, err *e)
{
    search s = {.a = a, .report = r, .tell = tell, .tell_ctx = ctx};
    return look_at(&s, STR_NONE, v, 0, e);
}

bool pickle_numbers(arena *a, pickle_value *v, report *r, err *e)
{
    return pickle_tensors(a, v, NULL, NULL, r, e);
}
