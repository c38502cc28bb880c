/*
 * format/hdf5/walk.c - every object once: its attributes, then what it is, then what it links to. A list of open ends, no recursion.
 */
#include "hdf5/parts.h"

#include "base/limits.h"

#include <stdlib.h>

enum {
    LAYOUT_COMPACT = 0,
    LAYOUT_CONTIGUOUS = 1,
    LAYOUT_VIRTUAL = 3,
    LINK_HARD = 0,
    LINK_SOFT = 1,
    LINK_EXTERNAL = 64,
    FILTERS_MAX = 32
};

typedef struct place {
    str path;
    uint64_t address;
} place;

typedef struct walk {
    hdf5 *h;
    const hdf5_visitor *visitor;
    place *open; /* found; from `next` on not yet looked at */
    size_t next, open_count, open_capacity;
    uint64_t *seen; /* hash table of addresses + 1 */
    size_t seen_count, seen_capacity;
    bool is_stopped; /* the visitor or memory said so: that ends everything */
    str path;        /* of the object being read */
    struct {
        bool has_type, has_space, has_layout, is_outside;
        bytes numbers;
        hdf5_type type;
        hdf5_space space;
        uint64_t symbol_tree, symbol_heap, link_heap, link_tree, attribute_heap, attribute_tree;
    } now;
} walk;

/* --- bookkeeping ------------------------------------------------------------------------------------------------------------------------ */

static bool out_of_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the objects of a file");
}

static bool insert(uint64_t *table, size_t capacity, uint64_t key)
{
    size_t at = (size_t)(key * 0x9e3779b97f4a7c15ull >> 20) & (capacity - 1);
    while (table[at]) {
        if (table[at] == key) return false;
        at = (at + 1) & (capacity - 1);
    }
    table[at] = key;
    return true;
}

static bool grow_seen(walk *w, err *e)
{
    if (w->seen_count * 2 < w->seen_capacity) return true;
    size_t capacity = w->seen_capacity ? w->seen_capacity * 2 : 256;
    uint64_t *larger = arena_alloc_array(w->h->arena, capacity, sizeof *larger);
    if (!larger) return out_of_memory(e);
    for (size_t i = 0; i < w->seen_capacity; i++)
        if (w->seen[i]) (void)insert(larger, capacity, w->seen[i]);
    w->seen = larger;
    w->seen_capacity = capacity;
    return true;
}

static bool push(walk *w, str path, uint64_t address, err *e)
{
    if (!grow_seen(w, e)) return false;
    if (!insert(w->seen, w->seen_capacity, address + 1)) return true; /* a second link to it */
    w->seen_count++;
    if (w->open_count == w->open_capacity) {
        size_t capacity = w->open_capacity ? w->open_capacity * 2 : 64;
        place *larger = arena_alloc_array(w->h->arena, capacity, sizeof *larger);
        if (!larger) return out_of_memory(e);
        if (w->open_count) memcpy(larger, w->open, w->open_count * sizeof *larger);
        w->open = larger;
        w->open_capacity = capacity;
    }
    w->open[w->open_count++] = (place){path, address};
    return true;
}

/* What ends the walk is kept apart from what is wrong with one object. */
static bool stopped(walk *w, bool fine)
{
    w->is_stopped = w->is_stopped || !fine;
    return fine;
}

/* --- parts of an object ------------------------------------------------------------------------------------------------------------------- */

static bool odd(walk *w, hdf5_oddity kind, str what, err *e)
{
    return stopped(w, w->visitor->odd(w->visitor->ctx, kind, w->path, what, e));
}

static bool see_attribute(walk *w, bytes m, err *e)
{
    hdf5_attribute a;
    if (!hdf5_read_attribute(w->h, m, &a, e)) return false;
    a.owner = w->path;
    return stopped(w, w->visitor->attribute(w->visitor->ctx, &a, e));
}

static bool see_layout(walk *w, bytes m, err *e)
{
    reader r = reader_of(m);
    unsigned version = reader_u8(&r), class = reader_u8(&r);
    if (version < 3) class = reader_u8(&r); /* the second byte is the rank */
    if (r.failed) return hdf5_ends_early("a layout", e);
    w->now.has_layout = true;
    if (class == LAYOUT_VIRTUAL) return odd(w, HDF5_OUTSIDE, STR("a virtual data set"), e);
    if (class == LAYOUT_COMPACT && version >= 3) {
        w->now.numbers = reader_take(&r, reader_u16le(&r));
        return !r.failed || hdf5_ends_early("a layout", e);
    }
    if (class != LAYOUT_CONTIGUOUS || version < 3) return true;
    uint64_t address = hdf5_offset(w->h, &r), count = hdf5_length(w->h, &r);
    return hdf5_is_nowhere(w->h, address) || hdf5_slice(w->h, address, count, &w->now.numbers, e);
}

static bool see_external(walk *w, bytes m, err *e)
{
    reader r = reader_of(m);
    (void)reader_skip(&r, 4);
    (void)reader_u16le(&r);
    unsigned used = reader_u16le(&r);
    uint64_t heap_at = hdf5_offset(w->h, &r), name_at = hdf5_length(w->h, &r);
    bytes heap;
    str name = STR("a file without a name");
    err ignored;
    if (used && !r.failed && hdf5_local_heap(w->h, heap_at, &heap, &ignored) &&
        !hdf5_heap_name(heap, name_at, &name, &ignored))
        name = STR("a file without a name");
    return odd(w, HDF5_OUTSIDE, name, e);
}

/* Filters that come with the library (1 to 6) or are widely used; others are code that a reader looks for in its folder of plugins. */
static bool is_usual_filter(unsigned id)
{
    return (id >= 1 && id <= 6) || id == 32000 || id == 32001 || id == 32004 || id == 32013 || id == 32015;
}

static bool see_filters(walk *w, bytes m, err *e)
{
    reader r = reader_of(m);
    unsigned version = reader_u8(&r), count = reader_u8(&r);
    if (version == 1) (void)reader_skip(&r, 6);
    for (unsigned i = 0; i < count && i < FILTERS_MAX; i++) {
        unsigned id = reader_u16le(&r), name_bytes = version == 1 || id >= 256 ? reader_u16le(&r) : 0;
        (void)reader_u16le(&r);
        unsigned values = reader_u16le(&r);
        (void)reader_skip(&r, version == 1 ? (name_bytes + 7u) / 8u * 8u : name_bytes);
        (void)reader_skip(&r, 4u * (values + (version == 1 ? values % 2 : 0)));
        if (r.failed) return hdf5_ends_early("a list of filters", e);
        str name = arena_printf(w->h->arena, "filter %u", id);
        if (!is_usual_filter(id) && !odd(w, HDF5_FILTER, name, e)) return false;
    }
    return true;
}

static bool see_link_info(walk *w, bytes m, err *e)
{
    reader r = reader_of(m);
    (void)reader_u8(&r);
    if (reader_u8(&r) & 1) (void)reader_skip(&r, 8);
    w->now.link_heap = hdf5_offset(w->h, &r);
    w->now.link_tree = hdf5_offset(w->h, &r);
    return !r.failed || hdf5_ends_early("a link info message", e);
}

static bool see_attribute_info(walk *w, bytes m, err *e)
{
    reader r = reader_of(m);
    (void)reader_u8(&r);
    if (reader_u8(&r) & 1) (void)reader_skip(&r, 2);
    w->now.attribute_heap = hdf5_offset(w->h, &r);
    w->now.attribute_tree = hdf5_offset(w->h, &r);
    return !r.failed || hdf5_ends_early("an attribute info message", e);
}

static bool see_symbols(walk *w, bytes m, err *e)
{
    reader r = reader_of(m);
    w->now.symbol_tree = hdf5_offset(w->h, &r);
    w->now.symbol_heap = hdf5_offset(w->h, &r);
    return !r.failed || hdf5_ends_early("a symbol table message", e);
}

static bool leads_out(str target)
{
    str rest = target, part;
    while (str_next(&rest, '/', &part))
        if (str_eq(part, STR(".."))) return true;
    return str_contains(target, STR("://")) || str_find(target, '\\') >= 0;
}

static bool see_link(void *ctx, const hdf5_link *l, err *e)
{
    walk *w = ctx;
    const char *between = w->path.len == 1 ? "" : "/";
    str path = arena_printf(w->h->arena, "%.*s%s%.*s", STR_ARG(w->path), between, STR_ARG(l->name));
    if (!path.data) return stopped(w, out_of_memory(e));
    if (path.len > LIMIT_PATH_BYTES * 4)
        return err_set(e, ERR_TOO_LARGE, "a path of the file is longer than four LIMIT_PATH_BYTES");
    if (l->kind == LINK_HARD) return stopped(w, push(w, path, l->address, e));
    str target = bytes_str(l->target);
    if (l->kind == LINK_SOFT && !leads_out(target)) return true;
    /* External links hold a byte of flags, the file's name and a path in it. */
    if (l->kind == LINK_EXTERNAL) target = str_skip(target, 1);
    ptrdiff_t end = str_find(target, '\0');
    if (end >= 0) target.len = (size_t)end;
    return odd(w, HDF5_OUTSIDE, target.len ? target : STR("a link of an unknown kind"), e);
}

/* --- messages ------------------------------------------------------------------------------------------------------------------------------- */

static bool see_message(void *ctx, const hdf5_message *shown, err *e)
{
    walk *w = ctx;
    bytes m = shown->content;
    bool is_wanted = shown->type == HDF5_MSG_TYPE || shown->type == HDF5_MSG_SPACE ||
                     shown->type == HDF5_MSG_ATTRIBUTE || shown->type == HDF5_MSG_FILTERS;
    if (shown->is_shared && is_wanted && !hdf5_shared_message(w->h, shown->type, m, &m, e)) return false;
    switch (shown->type) {
    case HDF5_MSG_TYPE: w->now.has_type = true; return hdf5_read_type(m, &w->now.type, e);
    case HDF5_MSG_SPACE: w->now.has_space = true; return hdf5_read_space(w->h, m, &w->now.space, e);
    case HDF5_MSG_ATTRIBUTE: return see_attribute(w, m, e);
    case HDF5_MSG_LAYOUT: return see_layout(w, m, e);
    case HDF5_MSG_EXTERNAL: return see_external(w, m, e);
    case HDF5_MSG_FILTERS: return see_filters(w, m, e);
    case HDF5_MSG_LINK_INFO: return see_link_info(w, m, e);
    case HDF5_MSG_ATTRIBUTE_INFO: return see_attribute_info(w, m, e);
    case HDF5_MSG_SYMBOLS: return see_symbols(w, m, e);
    case HDF5_MSG_LINK: {
        hdf5_link l;
        return hdf5_read_link(w->h, m, &l, e) && see_link(w, &l, e);
    }
    default: return true;
    }
}

enum { LINK_BY_NAME = 5, ATTRIBUTE_BY_NAME = 8, HASH_BYTES = 4, LINK_ID_BYTES = 7, ATTRIBUTE_ID_BYTES = 8 };

static bool see_dense_attribute(void *ctx, unsigned type, bytes record, err *e)
{
    walk *w = ctx;
    if (type != ATTRIBUTE_BY_NAME)
        return err_set(e, ERR_INVALID, "attributes are listed in tree type %u", type);
    reader r = reader_of(record);
    bytes id = reader_take(&r, ATTRIBUTE_ID_BYTES), m;
    bool is_shared = reader_u8(&r) & 2;
    if (r.failed) return hdf5_ends_early("a record of an attribute", e);
    uint64_t heap = w->now.attribute_heap;
    if (is_shared) {
        /* The identifier is one of the heap of shared messages. */
        uint8_t reference[2 + ATTRIBUTE_ID_BYTES] = {3, 1};
        memcpy(reference + 2, id.data, ATTRIBUTE_ID_BYTES);
        if (!hdf5_shared_message(w->h, HDF5_MSG_ATTRIBUTE, (bytes){reference, sizeof reference}, &m, e))
            return false;
    } else if (!hdf5_fractal_object(w->h, heap, id, &m, e)) {
        return false;
    }
    return see_attribute(w, m, e);
}

static bool see_dense_link(void *ctx, unsigned type, bytes record, err *e)
{
    walk *w = ctx;
    if (type != LINK_BY_NAME) return err_set(e, ERR_INVALID, "links are listed in tree type %u", type);
    reader r = reader_of(record);
    (void)reader_skip(&r, HASH_BYTES);
    bytes id = reader_take(&r, LINK_ID_BYTES), m;
    hdf5_link l;
    if (r.failed) return hdf5_ends_early("a record of a link", e);
    return hdf5_fractal_object(w->h, w->now.link_heap, id, &m, e) && hdf5_read_link(w->h, m, &l, e) &&
           see_link(w, &l, e);
}

static bool see_dense(walk *w, err *e)
{
    hdf5 *h = w->h;
    bool has_attributes = !hdf5_is_nowhere(h, w->now.attribute_heap);
    if (has_attributes && !hdf5_tree2(h, w->now.attribute_tree, see_dense_attribute, w, e)) return false;
    if (!hdf5_is_nowhere(h, w->now.symbol_tree) &&
        !hdf5_symbols(h, w->now.symbol_tree, w->now.symbol_heap, see_link, w, e))
        return false;
    return hdf5_is_nowhere(h, w->now.link_heap) || hdf5_tree2(h, w->now.link_tree, see_dense_link, w, e);
}

/* --- objects -------------------------------------------------------------------------------------------------------------------------------- */

static bool see_dataset(walk *w, err *e)
{
    if (!w->now.has_layout) return true;
    if (!w->now.has_type || !w->now.has_space)
        return err_set(e, ERR_INVALID, "the data set has no type or no shape");
    hdf5_dataset d = {.path = w->path, .type = w->now.type, .space = w->now.space};
    if (!w->now.is_outside) d.numbers = w->now.numbers;
    return stopped(w, w->visitor->dataset(w->visitor->ctx, &d, e));
}

static bool see_object(walk *w, const place *p, err *e)
{
    uint64_t nowhere = w->h->offset_bytes == 8 ? UINT64_MAX : (1ull << (8 * w->h->offset_bytes)) - 1;
    memset(&w->now, 0, sizeof w->now);
    w->now.symbol_tree = w->now.link_heap = w->now.attribute_heap = nowhere;
    w->path = p->path;
    return hdf5_messages(w->h, p->address, see_message, w, e) && see_dataset(w, e) && see_dense(w, e);
}

bool hdf5_walk(hdf5 *h, const hdf5_visitor *visitor, err *e)
{
    walk w = {.h = h, .visitor = visitor};
    if (!push(&w, STR("/"), h->root, e)) return false;
    while (w.next < w.open_count) {
        place p = w.open[w.next++];
        err why = {0};
        if (see_object(&w, &p, &why)) continue;
        if (w.is_stopped || why.code == ERR_MEMORY) return err_set(e, why.code, "%s", why.message);
        if (!visitor->trouble(visitor->ctx, p.path, &why, e)) return false;
        if (why.code == ERR_TOO_LARGE) return true; /* no further step is left */
    }
    return true;
}
