/*
 * format/hdf5/shared.c - messages that lie elsewhere: a type that was given a name of its own, or anything in the file's heap of messages that
 * occur more than once.
 */
#include "hdf5/parts.h"

enum { IN_HEAP = 1, IN_OBJECT = 2, HEAP_ID_BYTES = 8 };

/* --- another object's message ------------------------------------------------------------------------------------------------------------- */

typedef struct wanted {
    unsigned type;
    bytes content;
    bool is_found;
} wanted;

static bool match_type(void *ctx, const hdf5_message *m, err *e)
{
    (void)e;
    wanted *w = ctx;
    if (m->type != w->type || m->is_shared || w->is_found) return true;
    w->content = m->content;
    w->is_found = true;
    return true;
}

static bool of_object(hdf5 *h, unsigned type, uint64_t address, bytes *content, err *e)
{
    wanted w = {.type = type};
    if (!hdf5_messages(h, address, match_type, &w, e)) return false;
    if (!w.is_found) return err_set(e, ERR_INVALID, "a shared message is not where it should be");
    *content = w.content;
    return true;
}

/* --- the heap of shared messages ------------------------------------------------------------------------------------------------------------ */

/* Bit n of the types is message type n: what the library writes, whatever the specification's list of bits says. */
static bool read_row(hdf5 *h, reader *r)
{
    (void)reader_skip(r, 2);
    unsigned types = reader_u16le(r);
    (void)reader_skip(r, 10);
    (void)hdf5_offset(h, r);
    h->shared.types[h->shared.count] = types;
    h->shared.heap[h->shared.count++] = hdf5_offset(h, r);
    return !r->failed;
}

static bool read_table(hdf5 *h, bytes m, err *e)
{
    reader r = reader_of(m);
    (void)reader_u8(&r);
    uint64_t address = hdf5_offset(h, &r);
    unsigned rows = reader_u8(&r);
    if (r.failed || rows > COUNT_OF(h->shared.heap) || !hdf5_at(h, address, "SMTB", &r, e))
        return err_set(e, ERR_INVALID, "the table of shared messages is not usable");
    for (unsigned i = 0; i < rows; i++)
        if (!read_row(h, &r)) return hdf5_ends_early("the table of shared messages", e);
    h->shared.is_known = true;
    return true;
}

static bool find_table(hdf5 *h, err *e)
{
    if (h->shared.is_known) return true;
    if (h->extension == UINT64_MAX || hdf5_is_nowhere(h, h->extension))
        return err_set(e, ERR_INVALID, "the file has no table of shared messages");
    bytes content = BYTES_NONE;
    return of_object(h, HDF5_MSG_SHARED_TABLE, h->extension, &content, e) && read_table(h, content, e);
}

static bool of_heap(hdf5 *h, unsigned type, bytes id, bytes *content, err *e)
{
    if (!find_table(h, e)) return false;
    for (unsigned i = 0; i < h->shared.count; i++)
        if (h->shared.types[i] & 1u << type) return hdf5_fractal_object(h, h->shared.heap[i], id, content, e);
    return err_set(e, ERR_INVALID, "there is no heap of shared messages of type %u", type);
}

bool hdf5_shared_message(hdf5 *h, unsigned type, bytes reference, bytes *content, err *e)
{
    if (!hdf5_step(h, e)) return false;
    reader r = reader_of(reference);
    unsigned version = reader_u8(&r), where = reader_u8(&r);
    if (version < 1 || version > 3)
        return err_set(e, ERR_UNSUPPORTED, "shared message version %u is not known", version);
    if (version == 3 && where == IN_HEAP) return of_heap(h, type, reader_take(&r, HEAP_ID_BYTES), content, e);
    if (version == 3 && where != IN_OBJECT)
        return err_set(e, ERR_UNSUPPORTED, "a shared message lies at a place of kind %u", where);
    if (version == 1) (void)reader_skip(&r, 6);
    uint64_t address = hdf5_offset(h, &r);
    return r.failed ? hdf5_ends_early("a shared message", e) : of_object(h, type, address, content, e);
}
