/*
 * base/buf.h - a growing byte buffer, created with its ceiling.
 *
 * Failure (ceiling reached, no memory) sticks: later adds do nothing, and the caller asks once at the end with buf_ok.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/str.h"

typedef struct buf {
    uint8_t *data;
    size_t len, capacity, ceiling_bytes;
    bool failed;
} buf;

void buf_init(buf *b, size_t ceiling_bytes);
void buf_done(buf *b);
static inline void buf_done_p(buf *b)
{
    buf_done(b);
}
#define AUTO_BUF __attribute__((cleanup(buf_done_p)))

void buf_reset(buf *b); /* empties it, keeps the memory */
void buf_add(buf *b, bytes more);
void buf_add_str(buf *b, str more);
void buf_add_byte_slowly(buf *b, uint8_t byte);
static inline void buf_add_byte(buf *b, uint8_t byte)
{
    if (!b->failed && b->len < b->capacity)
        b->data[b->len++] = byte;
    else
        buf_add_byte_slowly(b, byte);
}
void buf_add_i64(buf *b, int64_t number); /* in decimal */
void buf_printf(buf *b, const char *format, ...) PRINTF(2, 3);
/* Room for `count` more bytes at the end, to be filled by the caller and counted with buf_advance; NULL on failure. */
uint8_t *buf_reserve(buf *b, size_t count) MUST_USE;
void buf_advance(buf *b, size_t count);

static inline bytes buf_bytes(const buf *b)
{
    return (bytes){b->data, b->len};
}
static inline str buf_str(const buf *b)
{
    return (str){(const char *)b->data, b->len};
}
/* False with ERR_TOO_LARGE or ERR_MEMORY when an add failed. `what` names the thing for the message. */
bool buf_ok(const buf *b, const char *what, err *e) MUST_USE;

#endif
