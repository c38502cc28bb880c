/*
 * format/protobuf.c - the wire format (protobuf.dev, "Encoding"). Groups, which nobody writes any more, are passed over as readers do.
 */
#include "format/protobuf.h"

uint64_t pb_varint(reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(r);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return value;
    }
    r->failed = true;
    return 0;
}

enum { GROUP_BEGIN = 3, GROUP_END = 4 };

static void skip_value(reader *r, unsigned wire)
{
    switch (wire) {
    case 0: (void)pb_varint(r); break;
    case 1: (void)reader_skip(r, 8); break;
    case 2: (void)reader_skip(r, pb_varint(r)); break;
    case 5: (void)reader_skip(r, 4); break;
    default: r->failed = true;
    }
}

/* Up to the end of a group that has begun. Groups within it only have to be counted. */
static void skip_group(reader *r)
{
    for (uint64_t depth = 1; depth && !r->failed;) {
        unsigned wire = pb_varint(r) & 7;
        if (wire == GROUP_BEGIN)
            depth++;
        else if (wire == GROUP_END)
            depth--;
        else
            skip_value(r, wire);
    }
}

bool pb_next(reader *r, pb_field *f)
{
    if (r->failed || reader_left(r) == 0) return false;
    uint64_t tag = pb_varint(r);
    *f = (pb_field){.number = (uint32_t)(tag >> 3), .wire = tag & 7};
    switch (f->wire) {
    case 0: f->value = pb_varint(r); break;
    case 1: f->value = reader_u64le(r); break;
    case 2: f->content = reader_take(r, pb_varint(r)); break;
    case 5: f->value = reader_u32le(r); break;
    case GROUP_BEGIN: skip_group(r); break;
    default: r->failed = true;
    }
    if (tag >> 3 == 0 || tag >> 3 > UINT32_MAX) r->failed = true;
    return !r->failed;
}

bytes pb_bytes(bytes message, uint32_t number)
{
    reader r = reader_of(message);
    pb_field f;
    bytes found = BYTES_NONE;
    while (pb_next(&r, &f))
        if (f.number == number && f.wire == 2) found = f.content; /* the last one counts */
    return found;
}

str pb_text(bytes message, uint32_t number)
{
    return bytes_str(pb_bytes(message, number));
}

uint64_t pb_number(bytes message, uint32_t number)
{
    reader r = reader_of(message);
    pb_field f;
    uint64_t found = 0;
    while (pb_next(&r, &f))
        if (f.number == number && f.wire == 0) found = f.value;
    return found;
}
