/*
 * codec/json_read.h - text as a JSON document, where it is plain. Private to codec.
 */
#ifndef CODEC_JSON_READ_H
#define CODEC_JSON_READ_H

#include "codec/json.h"

/* The value that jansson would make of it with JSON_REJECT_DUPLICATES and JSON_DECODE_ANY, or NULL: what is wrong, unusual, deeper than LIMIT_JSON_DEPTH or too much for
 * the memory is jansson's to read, or to refuse in its words. */
json_t *json_read_plain(bytes text) MUST_USE;

#endif
