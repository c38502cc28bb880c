/*
 * format/hdf5/heap.c - the two simple heaps (names of old groups; items of variable length), and the symbol nodes of old groups.
 */
#include "hdf5/parts.h"

enum { TREE_LEVELS_MAX = 32, SCRATCH_BYTES = 16, CACHED_SOFT_LINK = 2 };

/* --- local heap --------------------------------------------------------------------------------------------------------------------------- */

bool hdf5_local_heap(const hdf5 *h, uint64_t address, bytes *data, err *e)
{
    reader r;
    if (!hdf5_at(h, address, "HEAP", &r, e)) return false;
    (void)reader_skip(&r, 4);
    uint64_t count = hdf5_length(h, &r);
    (void)hdf5_length(h, &r);
    uint64_t where = hdf5_offset(h, &r);
    if (r.failed) return hdf5_ends_early("a local heap", e);
    return hdf5_slice(h, where, count, data, e);
}

bool hdf5_heap_name(bytes heap, uint64_t at, str *name, err *e)
{
    str rest = at <= heap.len ? str_skip(bytes_str(heap), (size_t)at) : STR_NONE;
    ptrdiff_t end = str_find(rest, '\0');
    if (end < 0) return err_set(e, ERR_INVALID, "a name lies outside of its heap");
    *name = str_slice(rest, 0, (size_t)end);
    return true;
}

/* --- global heap ---------------------------------------------------------------------------------------------------------------------------- */

bool hdf5_global_object(hdf5 *h, uint64_t collection, uint32_t index, bytes *object, err *e)
{
    reader r;
    if (!hdf5_at(h, collection, "GCOL", &r, e)) return false;
    (void)reader_skip(&r, 4);
    uint64_t count = hdf5_length(h, &r), head = 8u + h->length_bytes;
    bytes all;
    if (r.failed || count < head || !hdf5_slice(h, collection, count, &all, e))
        return err_set(e, ERR_TRUNCATED, "a global heap reaches beyond the end of the file");
    r = reader_of(all);
    (void)reader_skip(&r, head);
    while (reader_left(&r) >= 8u + h->length_bytes) {
        if (!hdf5_step(h, e)) return false;
        unsigned found = reader_u16le(&r);
        (void)reader_skip(&r, 6);
        uint64_t size_bytes = hdf5_length(h, &r);
        if (found == 0) break; /* the free rest */
        bytes content = reader_take(&r, size_bytes);
        (void)reader_skip(&r, (8 - size_bytes % 8) % 8);
        if (!content.data && r.failed) break;
        if (found == index) {
            *object = content;
            return true;
        }
    }
    return err_set(e, ERR_INVALID, "the global heap has no object %u", (unsigned)index);
}

typedef struct heap_walk {
    hdf5 *h;
    bool (*see)(void *ctx, bytes object, err *e);
    void *ctx;
    uint64_t bytes_left; /* heaps that lie in one another show the same bytes again and again */
} heap_walk;

static bool each_of(heap_walk *w, bytes collection, err *e)
{
    reader r = reader_of(collection);
    unsigned head = 8u + w->h->length_bytes;
    (void)reader_skip(&r, head);
    while (reader_left(&r) >= head) {
        if (!hdf5_step(w->h, e)) return false;
        unsigned index = reader_u16le(&r);
        (void)reader_skip(&r, 6);
        uint64_t size_bytes = hdf5_length(w->h, &r);
        if (index == 0) break; /* the free rest */
        bytes content = reader_take(&r, size_bytes);
        (void)reader_skip(&r, (8 - size_bytes % 8) % 8);
        if (r.failed) break;
        if (content.len > w->bytes_left) return err_set(e, ERR_INVALID, "global heaps lie in one another");
        w->bytes_left -= content.len;
        if (!w->see(w->ctx, content, e)) return false;
    }
    return true;
}

bool hdf5_global_each(hdf5 *h, bool (*see)(void *ctx, bytes object, err *e), void *ctx, err *e)
{
    static const char signature[] = {'G', 'C', 'O', 'L', 1, 0, 0, 0};
    heap_walk w = {h, see, ctx, 2 * h->file.len};
    for (size_t at = 0; at < h->file.len;) {
        const uint8_t *found = memmem(h->file.data + at, h->file.len - at, signature, sizeof(signature));
        if (!found) return true;
        size_t place = (size_t)(found - h->file.data);
        reader r = reader_of(h->file);
        (void)reader_seek(&r, place + sizeof(signature));
        uint64_t count = hdf5_length(h, &r), there = h->file.len - place;
        if (!each_of(&w, (bytes){found, (size_t)(count < there ? count : there)}, e)) return false;
        at = place + sizeof(signature);
    }
    return true;
}

/* --- old groups ------------------------------------------------------------------------------------------------------------------------------ */

typedef struct symbols {
    hdf5 *h;
    bytes names;
    hdf5_link_fn each;
    void *ctx;
} symbols;

static bool read_symbol(symbols *s, reader *r, err *e)
{
    if (!hdf5_step(s->h, e)) return false;
    hdf5_link l = {0};
    uint64_t name_at = hdf5_offset(s->h, r);
    l.address = hdf5_offset(s->h, r);
    uint32_t cached = reader_u32le(r);
    (void)reader_skip(r, 4);
    reader scratch = reader_of(reader_take(r, SCRATCH_BYTES));
    if (r->failed) return hdf5_ends_early("a symbol table", e);
    if (!hdf5_heap_name(s->names, name_at, &l.name, e)) return false;
    if (cached == CACHED_SOFT_LINK) {
        str target;
        if (!hdf5_heap_name(s->names, reader_u32le(&scratch), &target, e)) return false;
        l.kind = 1;
        l.target = str_bytes(target);
    }
    return s->each(s->ctx, &l, e);
}

static bool read_symbol_node(symbols *s, uint64_t address, err *e)
{
    reader r;
    if (!hdf5_at(s->h, address, "SNOD", &r, e)) return false;
    (void)reader_skip(&r, 2);
    uint16_t count = reader_u16le(&r);
    for (unsigned i = 0; i < count; i++)
        if (!read_symbol(s, &r, e)) return false;
    return !r.failed || hdf5_ends_early("a symbol table", e);
}

/* Levels grow upwards and must fall by one towards the leaves, so that a tree that bites its tail comes to an end. */
static bool read_tree(symbols *s, uint64_t address, unsigned level_max, err *e)
{
    reader r;
    if (!hdf5_step(s->h, e) || !hdf5_at(s->h, address, "TREE", &r, e)) return false;
    unsigned kind = reader_u8(&r), level = reader_u8(&r);
    uint16_t count = reader_u16le(&r);
    (void)hdf5_offset(s->h, &r);
    (void)hdf5_offset(s->h, &r);
    if (r.failed) return hdf5_ends_early("a tree of names", e);
    if (kind != 0 || level > level_max) return err_set(e, ERR_INVALID, "a tree of names has a wrong node");
    for (unsigned i = 0; i < count; i++) {
        (void)hdf5_length(s->h, &r); /* the first name of the child */
        uint64_t child = hdf5_offset(s->h, &r);
        if (r.failed) return hdf5_ends_early("a tree of names", e);
        if (level == 0 ? !read_symbol_node(s, child, e) : !read_tree(s, child, level - 1, e)) return false;
    }
    return true;
}

bool hdf5_symbols(hdf5 *h, uint64_t tree, uint64_t heap, hdf5_link_fn each, void *ctx, err *e)
{
    symbols s = {.h = h, .each = each, .ctx = ctx};
    return hdf5_local_heap(h, heap, &s.names, e) && read_tree(&s, tree, TREE_LEVELS_MAX, e);
}
