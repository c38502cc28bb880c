/*
 * format/hdf5/header.c - object headers: a row of messages, in chunks that point to one another, in two versions.
 */
#include "hdf5/parts.h"

enum { V1_PREFIX = 8, CHUNKS_MAX = 1024, CHECKSUM_BYTES = 4, SHARED_IN_HEAP = 1, SHARED_FLAG = 2 };

typedef struct header {
    hdf5 *h;
    hdf5_message_fn each;
    void *ctx;
    unsigned version;
    bool has_order; /* version 2: each message carries the order of its making */
    struct {
        uint64_t address, count;
    } chunks[CHUNKS_MAX]; /* known so far */
    size_t chunk_count;
} header;

static bool add_chunk(header *o, uint64_t address, uint64_t count, err *e)
{
    if (o->chunk_count == CHUNKS_MAX)
        return err_set(e, ERR_TOO_LARGE, "an object header has more than %d chunks", CHUNKS_MAX);
    o->chunks[o->chunk_count].address = address;
    o->chunks[o->chunk_count++].count = count;
    return true;
}

static bool continue_at(header *o, bytes m, err *e)
{
    reader r = reader_of(m);
    uint64_t address = hdf5_offset(o->h, &r), count = hdf5_length(o->h, &r);
    if (r.failed) return hdf5_ends_early("a continuation message", e);
    return add_chunk(o, address, count, e);
}

static bool next_message(header *o, reader *r, err *e)
{
    if (!hdf5_step(o->h, e)) return false;
    hdf5_message m;
    m.type = o->version == 1 ? reader_u16le(r) : reader_u8(r);
    uint16_t count = reader_u16le(r);
    m.is_shared = (reader_u8(r) & SHARED_FLAG) != 0;
    (void)reader_skip(r, o->version == 1 ? 3 : o->has_order ? 2 : 0);
    m.content = reader_take(r, count);
    if (r->failed) return hdf5_ends_early("an object header message", e);
    if (m.type == HDF5_MSG_CONTINUATION) return continue_at(o, m.content, e);
    return o->each(o->ctx, &m, e);
}

static bool read_chunk(header *o, bytes chunk, err *e)
{
    reader r = reader_of(chunk);
    size_t prefix = o->version == 1 ? V1_PREFIX : o->has_order ? 6 : 4;
    /* Fewer bytes than a message needs are a gap. */
    while (reader_left(&r) >= prefix)
        if (!next_message(o, &r, e)) return false;
    return true;
}

/* Chunks of version 2 have a signature in front and a checksum behind. */
static bool read_continuation(header *o, size_t index, err *e)
{
    bytes chunk;
    if (!hdf5_slice(o->h, o->chunks[index].address, o->chunks[index].count, &chunk, e)) return false;
    if (o->version == 1) return read_chunk(o, chunk, e);
    reader r = reader_of(chunk);
    bytes signature = reader_take(&r, 4);
    if (r.failed || memcmp(signature.data, "OCHK", 4) != 0 || reader_left(&r) < CHECKSUM_BYTES)
        return err_set(e, ERR_INVALID, "an object header continues where no chunk is");
    return read_chunk(o, reader_take(&r, reader_left(&r) - CHECKSUM_BYTES), e);
}

static bool open_version1(header *o, reader *r, bytes *chunk, err *e)
{
    (void)reader_skip(r, 8);
    uint32_t count = reader_u32le(r);
    (void)reader_skip(r, 4);
    *chunk = reader_take(r, count);
    o->version = 1;
    return !r->failed || hdf5_ends_early("an object header", e);
}

static bool open_version2(header *o, reader *r, bytes *chunk, err *e)
{
    (void)reader_skip(r, 4);
    unsigned version = reader_u8(r), flags = reader_u8(r);
    (void)reader_skip(r, (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0));
    *chunk = reader_take(r, hdf5_number(r, 1u << (flags & 3)));
    o->version = 2;
    o->has_order = (flags & 4) != 0;
    if (version != 2) return err_set(e, ERR_UNSUPPORTED, "object header version %u is not known", version);
    return !r->failed || hdf5_ends_early("an object header", e);
}

bool hdf5_messages(hdf5 *h, uint64_t address, hdf5_message_fn each, void *ctx, err *e)
{
    header here, *o = &here;
    o->h = h;
    o->each = each;
    o->ctx = ctx;
    o->has_order = false;
    o->chunk_count = 0;
    reader r;
    if (!hdf5_at(h, address, NULL, &r, e)) return false;
    bytes chunk;
    int first = reader_peek(&r);
    if (first != 1 && first != 'O')
        return err_set(e, ERR_INVALID, "there is no object header at address %llu",
                       (unsigned long long)address);
    if (first == 'O' && !hdf5_at(h, address, "OHDR", &r, e)) return false;
    (void)reader_seek(&r, address);
    if (first == 1 ? !open_version1(o, &r, &chunk, e) : !open_version2(o, &r, &chunk, e)) return false;
    if (!read_chunk(o, chunk, e)) return false;
    for (size_t i = 0; i < o->chunk_count; i++)
        if (!read_continuation(o, i, e)) return false;
    return true;
}
