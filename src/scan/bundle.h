/*
 * scan/bundle.h - the bytes that go from scan_bundle to its child: files one after the other. Private to scan.
 *
 * A record is the length of the name and of the content (u32 little endian each), the name, the content. The child answers with one record for each,
 * in their order: the length of a part (u32) and the part as JSON.
 */
#ifndef SCAN_BUNDLE_H
#define SCAN_BUNDLE_H

#include "base/buf.h"

static inline void bundle_add_u32(buf *out, uint32_t number)
{
    const uint8_t raw[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 24)};
    buf_add(out, (bytes){raw, sizeof(raw)});
}

/* One that was added before. */
static inline void bundle_set_u32(buf *out, size_t at, uint32_t number)
{
    if (out->failed || out->len - at < 4) return;
    for (unsigned i = 0; i < 4; i++) out->data[at + i] = (uint8_t)(number >> (8 * i));
}

#endif
