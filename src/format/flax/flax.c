/*
 * format/flax/flax.c - MessagePack as Flax writes it: nested maps of names, and arrays as extension 1 (shape, name of the type, bytes).
 *
 * Unpacking makes plain values only; extensions other than Flax's three need a program that knows what to do with them. Values are passed over
 * in one loop with a stack of how many are to come, so depth costs nothing but that stack.
 */
#include "flax/flax.h"

#include "base/limits.h"
#include "base/reader.h"
#include "nested.h"

enum {
    DEPTH_MAX = 512,
    NAME_BYTES_MAX = 512,
    EXT_ARRAY = 1,
    EXT_COMPLEX = 2,
    EXT_SCALAR = 3,
    FINDINGS_MAX = 16,
    RANK_MAX = 32
};

static const char advice[] = "Get the file again from its source, or save the weights as safetensors.";

typedef enum what { NIL, NUMBER, TEXT, BINARY, ARRAY, MAP, EXTENSION } what;

typedef struct item {
    what is;
    uint64_t count; /* of an array or a map; the value of a whole number */
    unsigned type;  /* of an extension; from 128 on MessagePack's own */
    bytes content;  /* of text, binary, extension */
    uint64_t at;
} item;

/* --- one item ------------------------------------------------------------------------------------------------------------------------ */

static uint64_t big_endian(reader *r, unsigned width)
{
    switch (width) {
    case 1: return reader_u8(r);
    case 2: return reader_u16be(r);
    case 4: return reader_u32be(r);
    default: return reader_u64be(r);
    }
}

static void take_sized(reader *r, what is, uint64_t size_bytes, item *i)
{
    i->is = is;
    if (is == EXTENSION) i->type = reader_u8(r);
    i->content = reader_take(r, size_bytes);
}

/* From 0xc0 on, the second table of the specification, row by row. */
static void take_long(reader *r, uint8_t tag, item *i)
{
    switch (tag) {
    case 0xc0:
    case 0xc2:
    case 0xc3: i->is = NIL; break;
    case 0xc4:
    case 0xc5:
    case 0xc6: take_sized(r, BINARY, big_endian(r, 1u << (tag - 0xc4)), i); break;
    case 0xc7:
    case 0xc8:
    case 0xc9: take_sized(r, EXTENSION, big_endian(r, 1u << (tag - 0xc7)), i); break;
    case 0xca:
    case 0xcb: (void)reader_skip(r, tag == 0xca ? 4 : 8); break;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf: i->count = big_endian(r, 1u << (tag - 0xcc)); break;
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: (void)reader_skip(r, 1u << (tag - 0xd0)); break;
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8: take_sized(r, EXTENSION, 1u << (tag - 0xd4), i); break;
    case 0xd9:
    case 0xda:
    case 0xdb: take_sized(r, TEXT, big_endian(r, 1u << (tag - 0xd9)), i); break;
    case 0xdc:
    case 0xdd:
        i->is = ARRAY;
        i->count = big_endian(r, tag == 0xdc ? 2 : 4);
        break;
    case 0xde:
    case 0xdf:
        i->is = MAP;
        i->count = big_endian(r, tag == 0xde ? 2 : 4);
        break;
    default: r->failed = true; /* 0xc1 is never used */
    }
}

static bool take_item(reader *r, item *i)
{
    *i = (item){.is = NUMBER, .at = r->at};
    uint8_t tag = reader_u8(r);
    if (tag <= 0x7f)
        i->count = tag;
    else if (tag <= 0x8f)
        *i = (item){.is = MAP, .count = tag & 0x0f, .at = i->at};
    else if (tag <= 0x9f)
        *i = (item){.is = ARRAY, .count = tag & 0x0f, .at = i->at};
    else if (tag <= 0xbf)
        take_sized(r, TEXT, tag & 0x1f, i);
    else if (tag < 0xe0)
        take_long(r, tag, i);
    return !r->failed;
}

/* --- arrays -------------------------------------------------------------------------------------------------------------------------- */

/* (shape, type, bytes), packed. */
static bool read_array(bytes packed, uint64_t *shape, tensor_fact *t)
{
    reader r = reader_of(packed);
    item i;
    if (!take_item(&r, &i) || i.is != ARRAY || i.count != 3) return false;
    if (!take_item(&r, &i) || i.is != ARRAY || i.count > RANK_MAX) return false;
    t->rank = (size_t)i.count;
    t->shape = shape;
    uint64_t count = 1;
    for (size_t k = 0; k < t->rank; k++) {
        if (!take_item(&r, &i) || i.is != NUMBER) return false;
        shape[k] = i.count;
        if (__builtin_mul_overflow(count, i.count, &count)) return false;
    }
    if (!take_item(&r, &i) || (i.is != TEXT && i.is != BINARY) || i.content.len > NAME_BYTES_MAX)
        return false;
    t->dtype = bytes_str(i.content);
    if (!take_item(&r, &i) || (i.is != BINARY && i.is != TEXT) || reader_left(&r)) return false;
    t->numbers = i.content;
    t->bytes = i.content.len;
    uint64_t item_bytes = tensor_item_bytes(t->dtype), wanted;
    bool is_checked = item_bytes && !__builtin_mul_overflow(count, item_bytes, &wanted);
    return str_is_utf8(t->dtype) && (item_bytes == 0 || (is_checked && wanted == t->bytes));
}

/* --- the walk ------------------------------------------------------------------------------------------------------------------------ */

typedef struct level {
    uint64_t left; /* values, and names of a map */
    bool is_map;
    size_t name_bytes; /* of the path up to here */
} level;

typedef struct walk {
    report *report;
    reader in;
    level levels[DEPTH_MAX];
    size_t depth, findings, arrays;
    char path[LIMIT_PATH_BYTES]; /* "params/dense/kernel" */
    size_t path_bytes;
    const char *trouble;
} walk;

static bool say(walk *w, const remark *m, const char *title, err *e)
{
    return w->findings++ >= FINDINGS_MAX || nested_say(w->report, m, str_from_c(title), e);
}

static bool see_extension(walk *w, const item *i, err *e)
{
    uint64_t shape[RANK_MAX];
    tensor_fact t = {0};
    if (i->type == EXT_COMPLEX) return true;
    if (i->type != EXT_ARRAY && i->type != EXT_SCALAR) {
        remark m = {.code = "MDL-FLX-001",
                    .severity = SEVERITY_MEDIUM,
                    .offset = i->at,
                    .has_offset = true,
                    .advice = advice};
        return say(w, &m, "A value is of a kind that Flax does not write, so another program has to make it",
                   e);
    }
    if (!read_array(i->content, shape, &t)) {
        remark m = {.code = "MDL-FLX-002",
                    .severity = SEVERITY_MEDIUM,
                    .offset = i->at,
                    .has_offset = true,
                    .advice = advice,
                    .is_unreadable = true};
        return say(w, &m, "An array is not as long as its shape and type say, or is none", e);
    }
    w->arrays++;
    t.name = (str){w->path, w->path_bytes};
    if (!str_is_utf8(t.name)) t.name = STR("(no text)");
    return report_tensor(w->report, &t, e);
}

/* A name of a map: the path ends in it until the next one. */
static void see_name(walk *w, const item *i)
{
    level *l = &w->levels[w->depth - 1];
    w->path_bytes = l->name_bytes;
    if (i->is != TEXT || i->content.len >= LIMIT_PATH_BYTES - w->path_bytes) return;
    if (w->path_bytes) w->path[w->path_bytes++] = '/';
    size_t room = LIMIT_PATH_BYTES - w->path_bytes, more = i->content.len < room ? i->content.len : room;
    if (more) memcpy(w->path + w->path_bytes, i->content.data, more);
    w->path_bytes += more;
}

static bool enter(walk *w, const item *i)
{
    uint64_t left = i->is == MAP ? 2 * i->count : i->count;
    if (left > reader_left(&w->in)) w->trouble = "A list tells of more values than the file has";
    if (w->depth == DEPTH_MAX) w->trouble = "Values are nested deeper than any model is";
    if (w->trouble) return false;
    w->levels[w->depth++] = (level){left, i->is == MAP, w->path_bytes};
    return true;
}

static bool walk_all(walk *w, err *e)
{
    do {
        item i;
        level *l = w->depth ? &w->levels[w->depth - 1] : NULL;
        bool is_name = l && l->is_map && l->left % 2 == 0;
        if (l) l->left--;
        if (!take_item(&w->in, &i)) {
            w->trouble = "The file ends within a value, or holds a mark that MessagePack does not have";
            return true;
        }
        if (is_name) see_name(w, &i);
        if (i.is == EXTENSION && !see_extension(w, &i, e)) return false;
        if ((i.is == ARRAY || i.is == MAP) && !enter(w, &i)) return true;
        while (w->depth && w->levels[w->depth - 1].left == 0) w->depth--;
    } while (w->depth);
    return true;
}

/* --- the file ------------------------------------------------------------------------------------------------------------------------ */

/* A map whose first name is a text, of weights: an array of Flax's is in it, or the file is called so. */
static bool sniff(const format_input *in)
{
    reader r = reader_of(in->content);
    item map, name;
    if (!take_item(&r, &map) || map.is != MAP || map.count == 0) return false;
    if (!take_item(&r, &name) || name.is != TEXT || name.content.len == 0 ||
        !str_is_utf8(bytes_str(name.content)))
        return false;
    if (str_ends_with(in->path, STR(".msgpack"))) return true;
    for (uint64_t names = 1; names < 4096; names++) { /* down the first branch */
        item i;
        if (!take_item(&r, &i)) return false;
        uint64_t shape[RANK_MAX];
        tensor_fact t = {0};
        if (i.is == EXTENSION) return i.type == EXT_ARRAY && read_array(i.content, shape, &t);
    }
    return false;
}

static bool finish(walk *w, const format_input *in, err *e)
{
    remark m = {.code = "MDL-FLX-002",
                .severity = SEVERITY_MEDIUM,
                .offset = w->in.at,
                .has_offset = true,
                .advice = advice,
                .is_unreadable = true};
    if (w->trouble) return say(w, &m, w->trouble, e);
    uint64_t left = reader_left(&w->in);
    if (!left) return true;
    bytes rest = {in->content.data + w->in.at, (size_t)left};
    return say(w, &m, "Bytes follow the weights, which readers of MessagePack refuse", e) &&
           nested_read(in, STR("(behind the weights)"), rest, w->report, e);
}

static bool read(const format_input *in, report *r, err *e)
{
    walk *w = arena_alloc(r->arena, sizeof *w);
    if (!w) return err_set(e, ERR_MEMORY, "no memory for a model");
    *w = (walk){.report = r, .in = reader_of(in->content)};
    return nested_also_pickle(in, r, "MDL-FLX-002", e) && walk_all(w, e) && finish(w, in, e) &&
           report_fact(r, STR("framework"), STR("flax"), e);
}

const model_format format_flax = {
    .name = "flax", .title = "Flax weights (MessagePack)", .sniff = sniff, .read = read};
