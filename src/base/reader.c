/*
 * base/reader.c - bounds are checked by reader_take of the header and nowhere else.
 */
#include "base/reader.h"

bool reader_skip(reader *r, uint64_t count)
{
    (void)reader_take(r, count);
    return !r->failed;
}

bool reader_seek(reader *r, uint64_t at)
{
    if (at > r->all.len) r->failed = true;
    if (!r->failed) r->at = (size_t)at;
    return !r->failed;
}

static uint64_t take_le(reader *r, size_t width)
{
    bytes b = reader_take(r, width);
    uint64_t value = 0;
    for (size_t i = 0; i < b.len; i++) value |= (uint64_t)b.data[i] << (8 * i);
    return value;
}

static uint64_t take_be(reader *r, size_t width)
{
    bytes b = reader_take(r, width);
    uint64_t value = 0;
    for (size_t i = 0; i < b.len; i++) value = value << 8 | b.data[i];
    return value;
}

uint16_t reader_u16le(reader *r)
{
    return (uint16_t)take_le(r, 2);
}
uint32_t reader_u32le(reader *r)
{
    return (uint32_t)take_le(r, 4);
}
uint64_t reader_u64le(reader *r)
{
    return take_le(r, 8);
}
uint16_t reader_u16be(reader *r)
{
    return (uint16_t)take_be(r, 2);
}
uint32_t reader_u32be(reader *r)
{
    return (uint32_t)take_be(r, 4);
}
uint64_t reader_u64be(reader *r)
{
    return take_be(r, 8);
}

str reader_line(reader *r)
{
    str rest = {(const char *)r->all.data + r->at, reader_left(r)};
    ptrdiff_t end = r->failed ? -1 : str_find(rest, '\n');
    if (end < 0) {
        r->failed = true;
        return STR_NONE;
    }
    r->at += (size_t)end + 1;
    return str_slice(rest, 0, (size_t)end);
}
