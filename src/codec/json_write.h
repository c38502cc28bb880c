/*
 * codec/json_write.h - a JSON document as text. Private to codec.
 */
#ifndef CODEC_JSON_WRITE_H
#define CODEC_JSON_WRITE_H

#include "codec/json.h"

typedef struct json_layout {
    bool is_pretty; /* two columns a level; else without a space */
    int real_digits;
} json_layout;
/* Failure sticks to `out`, as that of any add. */
void json_write(const json_t *value, const json_layout *layout, buf *out);

#endif
