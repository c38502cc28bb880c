/*
 * model/onnx/proto.h - protocol buffers, written: the other half of format/protobuf.h.
 */
#ifndef MODEL_ONNX_PROTO_H
#define MODEL_ONNX_PROTO_H

#include "base/buf.h"

static inline void proto_varint(buf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7) buf_add_byte(out, (uint8_t)(number | 0x80));
    buf_add_byte(out, (uint8_t)number);
}

static inline void proto_int(buf *out, unsigned field, int64_t number)
{
    proto_varint(out, field << 3);
    proto_varint(out, (uint64_t)number);
}

static inline void proto_bytes(buf *out, unsigned field, bytes data)
{
    proto_varint(out, field << 3 | 2);
    proto_varint(out, data.len);
    buf_add(out, data);
}

static inline void proto_text(buf *out, unsigned field, const char *text)
{
    proto_bytes(out, field, str_bytes(str_from_c(text)));
}

/* A message that was gathered in `inner`, which is emptied for the next. */
static inline void proto_message(buf *out, unsigned field, buf *inner)
{
    if (inner->failed) out->failed = true;
    proto_bytes(out, field, buf_bytes(inner));
    buf_reset(inner);
}

#endif
