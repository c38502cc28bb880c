/*
 * base/reader.h - the only way hostile bytes are read: every take checks what is left, failure sticks.
 *
 * A failed take returns zero or an empty view and sets `failed`; the caller tests once per record.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/str.h"

typedef struct reader {
    bytes all;
    size_t at;
    bool failed;
} reader;

static inline reader reader_of(bytes all)
{
    return (reader){.all = all};
}
static inline size_t reader_left(const reader *r)
{
    return r->all.len - r->at;
}

static inline uint8_t reader_u8(reader *r)
{
    if (!r->failed && r->at < r->all.len) return r->all.data[r->at++];
    r->failed = true;
    return 0;
}
uint16_t reader_u16le(reader *r);
uint32_t reader_u32le(reader *r);
uint64_t reader_u64le(reader *r);
uint16_t reader_u16be(reader *r);
uint32_t reader_u32be(reader *r);
uint64_t reader_u64be(reader *r);

static inline bytes reader_take(reader *r, uint64_t count)
{
    if (r->failed || count > reader_left(r)) {
        r->failed = true;
        return BYTES_NONE;
    }
    bytes taken = {r->all.data + r->at, (size_t)count};
    r->at += (size_t)count;
    return taken;
}
bool reader_skip(reader *r, uint64_t count);
bool reader_seek(reader *r, uint64_t at);
/* The bytes before the next '\n', which is consumed; failure when there is none. */
str reader_line(reader *r);
/* The next byte without taking it, or -1 at the end. */
static inline int reader_peek(const reader *r)
{
    return r->failed || r->at >= r->all.len ? -1 : r->all.data[r->at];
}

#endif
