/*
 * format/hdf5/fractal.c - fractal heaps, where links and attributes go when there are many of them or they are large.
 *
 * An identifier tells one of three places: within itself (tiny), a run of the file that a tree points to (huge), or an offset in the heap
 * (managed), which is a table of blocks whose rows double in size.
 */
#include "hdf5/parts.h"

enum {
    ID_KIND_SHIFT = 4,
    MANAGED = 0,
    HUGE_OBJECT = 1,
    TINY = 2,
    TINY_SHORT_MAX = 16,
    HUGE_PLAIN_RECORD = 1,
    BLOCK_HEAD = 5,
};

typedef struct fractal {
    hdf5 *h;
    unsigned id_bytes, filter_bytes, heap_bits, rows, width, first_rows;
    uint64_t managed_max, huge_tree, start_bytes, direct_max, root;
} fractal;

static unsigned log2_of(uint64_t n)
{
    return n ? 63u - (unsigned)__builtin_clzll(n) : 0;
}

static unsigned bytes_of_bits(unsigned bits)
{
    return (bits + 7) / 8;
}

static bool is_power(uint64_t n)
{
    return n && (n & (n - 1)) == 0;
}

static bool open_heap(hdf5 *h, uint64_t address, fractal *f, err *e)
{
    reader r;
    if (!hdf5_at(h, address, "FRHP", &r, e)) return false;
    (void)reader_u8(&r);
    *f = (fractal){.h = h, .id_bytes = reader_u16le(&r)};
    f->filter_bytes = reader_u16le(&r);
    (void)reader_u8(&r);
    f->managed_max = reader_u32le(&r);
    (void)hdf5_length(h, &r);
    f->huge_tree = hdf5_offset(h, &r);
    (void)hdf5_length(h, &r);
    (void)hdf5_offset(h, &r);
    for (unsigned i = 0; i < 8; i++) (void)hdf5_length(h, &r);
    f->width = reader_u16le(&r);
    f->start_bytes = hdf5_length(h, &r);
    f->direct_max = hdf5_length(h, &r);
    f->heap_bits = reader_u16le(&r);
    f->first_rows = reader_u16le(&r);
    f->root = hdf5_offset(h, &r);
    f->rows = reader_u16le(&r);
    if (r.failed) return hdf5_ends_early("a fractal heap", e);
    bool is_possible = is_power(f->width) && is_power(f->start_bytes) && is_power(f->direct_max) &&
                       f->direct_max >= f->start_bytes && f->heap_bits >= 1 && f->heap_bits <= 64;
    if (!is_possible) return err_set(e, ERR_INVALID, "a fractal heap has impossible measures");
    return f->filter_bytes == 0 ||
           err_set(e, ERR_UNSUPPORTED, "links or attributes are packed with a filter");
}

/* --- managed ---------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t row_bytes(const fractal *f, unsigned row)
{
    return row == 0 ? f->start_bytes : f->start_bytes << (row - 1);
}

static uint64_t row_begin(const fractal *f, unsigned row)
{
    return row == 0 ? 0 : (uint64_t)f->width * (f->start_bytes << (row - 1));
}

/* The row of a table in which an offset lies. */
static unsigned row_of(const fractal *f, uint64_t at)
{
    uint64_t first = (uint64_t)f->width * f->start_bytes;
    return at < first ? 0 : log2_of(at) - log2_of(first) + 1;
}

static unsigned direct_rows(const fractal *f)
{
    return log2_of(f->direct_max) - log2_of(f->start_bytes) + 2;
}

/* The address of the block that holds *at, which becomes an offset within that block. */
static bool find_child(const fractal *f, uint64_t table, unsigned rows, uint64_t *at, unsigned *row,
                       uint64_t *child, err *e)
{
    reader r;
    if (!hdf5_step(f->h, e) || !hdf5_at(f->h, table, "FHIB", &r, e)) return false;
    (void)reader_u8(&r);
    (void)reader_skip(&r, f->h->offset_bytes + bytes_of_bits(f->heap_bits));
    *row = row_of(f, *at);
    if (*row >= rows || *row > 60 || row_bytes(f, *row) == 0)
        return err_set(e, ERR_INVALID, "an offset lies outside of its heap");
    uint64_t within = *at - row_begin(f, *row), column = within / row_bytes(f, *row);
    (void)reader_skip(&r, (*row * (uint64_t)f->width + column) * f->h->offset_bytes);
    *child = hdf5_offset(f->h, &r);
    *at = within % row_bytes(f, *row);
    return !r.failed || hdf5_ends_early("a fractal heap", e);
}

static bool managed_object(const fractal *f, uint64_t at, uint64_t count, bytes *object, err *e)
{
    uint64_t block = f->root, block_bytes = f->start_bytes;
    unsigned rows = f->rows;
    while (rows) {
        unsigned row;
        if (!find_child(f, block, rows, &at, &row, &block, e)) return false;
        block_bytes = row_bytes(f, row);
        rows = row < direct_rows(f) ? 0
                                    : log2_of(block_bytes) - log2_of(f->start_bytes * (uint64_t)f->width) + 1;
    }
    bytes all;
    reader r;
    if (!hdf5_at(f->h, block, "FHDB", &r, e) || !hdf5_slice(f->h, block, block_bytes, &all, e)) return false;
    r = reader_of(all);
    (void)reader_skip(&r, at);
    *object = reader_take(&r, count);
    if (at < BLOCK_HEAD || r.failed) return err_set(e, ERR_INVALID, "an object lies outside of its heap");
    return true;
}

/* --- huge ------------------------------------------------------------------------------------------------------------------------------------- */

typedef struct wanted {
    hdf5 *h;
    uint64_t id, address, count;
    bool is_found;
} wanted;

static bool match_huge(void *ctx, unsigned type, bytes record, err *e)
{
    wanted *w = ctx;
    if (type != HUGE_PLAIN_RECORD)
        return err_set(e, ERR_UNSUPPORTED, "large objects of a heap are listed in tree type %u", type);
    reader r = reader_of(record);
    uint64_t address = hdf5_offset(w->h, &r), count = hdf5_length(w->h, &r), id = hdf5_length(w->h, &r);
    if (r.failed) return hdf5_ends_early("a record of a large object", e);
    if (id != w->id || w->is_found) return true;
    w->address = address;
    w->count = count;
    w->is_found = true;
    return true;
}

static bool huge_object(const fractal *f, reader *id, bytes *object, err *e)
{
    hdf5 *h = f->h;
    if (h->offset_bytes + h->length_bytes <= f->id_bytes - 1) {
        uint64_t address = hdf5_offset(h, id), count = hdf5_length(h, id);
        return hdf5_slice(h, address, count, object, e);
    }
    wanted w = {.h = h, .id = hdf5_number(id, f->id_bytes - 1 < 8 ? f->id_bytes - 1 : 8)};
    if (id->failed) return hdf5_ends_early("an identifier", e);
    if (!hdf5_tree2(h, f->huge_tree, match_huge, &w, e)) return false;
    if (!w.is_found) return err_set(e, ERR_INVALID, "a large object is not in its heap");
    return hdf5_slice(h, w.address, w.count, object, e);
}

/* --- identifiers -------------------------------------------------------------------------------------------------------------------------------- */

static unsigned managed_length_bytes(const fractal *f)
{
    unsigned by_block = bytes_of_bits(log2_of(f->direct_max)), by_limit = log2_of(f->managed_max) / 8 + 1;
    return by_block < by_limit ? by_block : by_limit;
}

static bool tiny_object(const fractal *f, unsigned first, reader *id, bytes *object, err *e)
{
    uint64_t count = first & 0xf;
    if (f->id_bytes - 1 > TINY_SHORT_MAX) count = count << 8 | reader_u8(id);
    *object = reader_take(id, count + 1);
    return !id->failed || hdf5_ends_early("an identifier", e);
}

bool hdf5_fractal_object(hdf5 *h, uint64_t heap, bytes id, bytes *object, err *e)
{
    fractal f;
    if (!open_heap(h, heap, &f, e)) return false;
    if (f.id_bytes < 2 || id.len < f.id_bytes) return hdf5_ends_early("an identifier", e);
    reader r = reader_of((bytes){id.data, f.id_bytes});
    unsigned first = reader_u8(&r), kind = first >> ID_KIND_SHIFT & 3;
    if (first >> 6) return err_set(e, ERR_UNSUPPORTED, "an identifier has version %u", first >> 6);
    if (kind == TINY) return tiny_object(&f, first, &r, object, e);
    if (kind == HUGE_OBJECT) return huge_object(&f, &r, object, e);
    if (kind != MANAGED) return err_set(e, ERR_INVALID, "an identifier is of no known kind");
    uint64_t at = hdf5_number(&r, bytes_of_bits(f.heap_bits));
    uint64_t count = hdf5_number(&r, managed_length_bytes(&f));
    if (r.failed) return hdf5_ends_early("an identifier", e);
    return managed_object(&f, at, count, object, e);
}
