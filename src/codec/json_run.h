/*
 * codec/json_run.h - text that stands in JSON as it is. Private to codec.
 */
#ifndef CODEC_JSON_RUN_H
#define CODEC_JSON_RUN_H

#include "base/str.h"

static inline bool json_is_plain(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* How many bytes from the start need no escape. A block at a time, which compilers turn into a few instructions. */
static inline size_t json_run(bytes text)
{
    enum { BLOCK_BYTES = 16 };
    size_t at = 0;
    while (text.len - at >= BLOCK_BYTES) {
        const uint8_t *block = text.data + at;
        uint8_t odd = 0;
        for (size_t i = 0; i < BLOCK_BYTES; i++)
            odd |= (uint8_t)((block[i] < 0x20) | (block[i] == '"') | (block[i] == '\\'));
        if (odd) break;
        at += BLOCK_BYTES;
    }
    while (at < text.len && json_is_plain(text.data[at])) at++;
    return at;
}

#endif
