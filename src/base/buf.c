/*
 * base/buf.c - doubling growth under a ceiling.
 */
#include "base/buf.h"

#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(buf *b, size_t ceiling_bytes)
{
    *b = (buf){.ceiling_bytes = ceiling_bytes};
}

void buf_done(buf *b)
{
    free(b->data);
    *b = (buf){.ceiling_bytes = b->ceiling_bytes};
}

void buf_reset(buf *b)
{
    b->len = 0;
    b->failed = false;
}

uint8_t *buf_reserve(buf *b, size_t count)
{
    if (b->failed || count > b->ceiling_bytes - b->len) {
        b->failed = true;
        return NULL;
    }
    if (count <= b->capacity - b->len) return b->data + b->len;

    size_t capacity = b->capacity ? b->capacity : b->ceiling_bytes < 256 ? b->ceiling_bytes : 256;
    while (capacity - b->len < count && capacity < b->ceiling_bytes / 2) capacity *= 2;
    if (capacity - b->len < count) capacity = b->ceiling_bytes;

    uint8_t *grown = fault_hit(FAULT_MEMORY) ? NULL : realloc(b->data, capacity);
    if (!grown) {
        b->failed = true;
        return NULL;
    }
    b->data = grown;
    b->capacity = capacity;
    return b->data + b->len;
}

void buf_advance(buf *b, size_t count)
{
    if (!b->failed) b->len += count;
}

void buf_add(buf *b, bytes more)
{
    if (more.len == 0) return;
    uint8_t *room = buf_reserve(b, more.len);
    if (!room) return;
    memcpy(room, more.data, more.len);
    b->len += more.len;
}

void buf_add_str(buf *b, str more)
{
    buf_add(b, str_bytes(more));
}

void buf_add_byte_slowly(buf *b, uint8_t byte)
{
    buf_add(b, (bytes){&byte, 1});
}

void buf_add_i64(buf *b, int64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do digits[--at] = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0) digits[--at] = '-';
    buf_add_str(b, (str){digits + at, sizeof(digits) - at});
}

void buf_printf(buf *b, const char *format, ...)
{
    if (b->failed) return;
    /* Mostly it fits where there is room already, and is formatted once. */
    size_t spare = b->capacity - b->len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(spare ? (char *)b->data + b->len : NULL, spare, format, args);
    va_end(args);
    if (len >= 0 && (size_t)len < spare) {
        b->len += (size_t)len;
        return;
    }
    uint8_t *room = len < 0 ? NULL : buf_reserve(b, (size_t)len + 1);
    if (!room) return;
    va_start(args, format);
    vsnprintf((char *)room, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

bool buf_ok(const buf *b, const char *what, err *e)
{
    if (!b->failed) return true;
    if (b->len >= b->ceiling_bytes / 2)
        return err_set(e, ERR_TOO_LARGE, "%s would be larger than %zu bytes", what, b->ceiling_bytes);
    return err_set(e, ERR_MEMORY, "no memory for %s", what);
}
