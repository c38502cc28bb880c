/*
 * format/hdf5/tree2.c - trees of version 2: every record, in order. The widths of the counts in a node follow from how many records fit.
 */
#include "hdf5/parts.h"

enum { NODE_OVERHEAD = 10, DEPTH_MAX = 16 };

typedef struct tree2 {
    hdf5 *h;
    hdf5_record_fn each;
    void *ctx;
    unsigned type, record_bytes, count_bytes; /* count_bytes: of the number of records in a child */
    uint64_t node_bytes;
    unsigned total_bytes[DEPTH_MAX + 1]; /* per depth: of the number of records below; 0 for leaves */
} tree2;

/* Bytes that a number up to `most` needs. */
static unsigned width_of(uint64_t most)
{
    unsigned width = 1;
    while (width < 8 && most >> (8 * width)) width++;
    return width;
}

static bool measure(tree2 *t, unsigned depth, err *e)
{
    if (depth > DEPTH_MAX || t->record_bytes == 0 || t->node_bytes < NODE_OVERHEAD + t->record_bytes)
        return err_set(e, ERR_INVALID, "a tree of records has impossible nodes");
    uint64_t most = (t->node_bytes - NODE_OVERHEAD) / t->record_bytes, below = most;
    t->count_bytes = width_of(most);
    t->total_bytes[0] = 0;
    for (unsigned d = 1; d <= depth; d++) {
        uint64_t pointer = t->h->offset_bytes + t->count_bytes + t->total_bytes[d - 1];
        if (t->node_bytes < NODE_OVERHEAD + pointer)
            return err_set(e, ERR_INVALID, "a tree of records has impossible nodes");
        most = (t->node_bytes - NODE_OVERHEAD - pointer) / (t->record_bytes + pointer);
        if (__builtin_mul_overflow(most + 1, below, &below) || __builtin_add_overflow(below, most, &below))
            below = UINT64_MAX;
        t->total_bytes[d] = width_of(below);
    }
    return true;
}

static bool read_node(tree2 *t, uint64_t address, uint64_t count, unsigned depth, err *e)
{
    reader r;
    if (!hdf5_step(t->h, e) || !hdf5_at(t->h, address, depth ? "BTIN" : "BTLF", &r, e)) return false;
    (void)reader_skip(&r, 2);
    for (uint64_t i = 0; i < count; i++) {
        bytes record = reader_take(&r, t->record_bytes);
        if (r.failed) return hdf5_ends_early("a tree of records", e);
        if (!hdf5_step(t->h, e) || !t->each(t->ctx, t->type, record, e)) return false;
    }
    for (uint64_t i = 0; depth && i <= count; i++) {
        uint64_t child = hdf5_offset(t->h, &r), below = hdf5_number(&r, t->count_bytes);
        (void)reader_skip(&r, t->total_bytes[depth - 1]);
        if (r.failed) return hdf5_ends_early("a tree of records", e);
        if (!read_node(t, child, below, depth - 1, e)) return false;
    }
    return true;
}

bool hdf5_tree2(hdf5 *h, uint64_t address, hdf5_record_fn each, void *ctx, err *e)
{
    reader r;
    if (!hdf5_at(h, address, "BTHD", &r, e)) return false;
    (void)reader_u8(&r);
    tree2 t = {.h = h, .each = each, .ctx = ctx, .type = reader_u8(&r)};
    t.node_bytes = reader_u32le(&r);
    t.record_bytes = reader_u16le(&r);
    unsigned depth = reader_u16le(&r);
    (void)reader_skip(&r, 2);
    uint64_t root = hdf5_offset(h, &r), count = reader_u16le(&r);
    if (r.failed) return hdf5_ends_early("a tree of records", e);
    if (count == 0 || hdf5_is_nowhere(h, root)) return true;
    return measure(&t, depth, e) && read_node(&t, root, count, depth, e);
}
