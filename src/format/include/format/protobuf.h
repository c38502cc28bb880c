/*
 * format/protobuf.h - protocol buffers, field by field: enough to walk a message whose fields are known by number.
 */
#ifndef FORMAT_PROTOBUF_H
#define FORMAT_PROTOBUF_H

#include "base/reader.h"

typedef struct pb_field {
    uint32_t number;
    unsigned wire; /* 0 number, 1 eight bytes, 2 bytes, 3 a group that was passed over, 5 four bytes */
    uint64_t value;
    bytes content;
} pb_field;

uint64_t pb_varint(reader *r);
/* The next field. False at the end, or when it is no protobuf: r->failed tells. */
bool pb_next(reader *r, pb_field *f);
/* The last field of that number, as readers take it; empty or 0 when there is none. */
bytes pb_bytes(bytes message, uint32_t number);
str pb_text(bytes message, uint32_t number);
uint64_t pb_number(bytes message, uint32_t number);

#endif
