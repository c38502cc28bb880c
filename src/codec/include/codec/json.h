/*
 * codec/json.h - JSON by jansson, with the edges Assay wants: duplicate keys refused, depth and size limited, errors that say where.
 *
 * Values are jansson's json_t; owners use AUTO(json_release). Integers are 64-bit and stay exact.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

static inline void json_release(json_t *value)
{
    json_decref(value);
}
AUTO_FOR(json_t *, json_release)

/* `what` names the document for the message: "policy", "image manifest". Fails with ERR_INVALID (line and column), ERR_TOO_LARGE. */
bool json_decode(bytes text, const char *what, json_t **value, err *e) MUST_USE;
/* What to do about jansson's complaint, to be put behind it; "" when nobody knows. */
const char *json_remedy(const char *trouble);
/* For documents that Assay itself makes, and rows of numbers, which may be longer than 64 bits: up to `ceiling_bytes`, and text may hold NUL. */
bool json_decode_large(bytes text, size_t ceiling_bytes, const char *what, json_t **value, err *e) MUST_USE;
/* For model files, in the sandboxed child: up to LIMIT_MODEL_JSON_BYTES and LIMIT_MODEL_JSON_DEPTH. */
bool json_decode_model(bytes text, const char *what, json_t **value, err *e) MUST_USE;
/* Compact, keys in insertion order. */
bool json_encode(const json_t *value, buf *out, err *e) MUST_USE;
bool json_encode_pretty(const json_t *value, buf *out, err *e) MUST_USE;
/* Pretty, and numbers keep all bits of a double; the others write 15 digits, as people do. */
bool json_encode_exact(const json_t *value, buf *out, err *e) MUST_USE;

/* Borrowed views of members. A missing or wrongly typed member is an error naming it; the *_or forms give a default when it is missing or null,
 * and still refuse a wrong type. */
bool json_member_str(const json_t *object, const char *key, str *value, err *e) MUST_USE;
bool json_member_str_or(const json_t *object, const char *key, str fallback, str *value, err *e) MUST_USE;
bool json_member_i64_or(const json_t *object, const char *key, int64_t fallback, int64_t *value,
                        err *e) MUST_USE;
bool json_member_bool_or(const json_t *object, const char *key, bool fallback, bool *value, err *e) MUST_USE;
bool json_member_array(const json_t *object, const char *key, json_t **value, err *e) MUST_USE;
bool json_member_object(const json_t *object, const char *key, json_t **value, err *e) MUST_USE;

/* Plain lookups for documents that were checked already or are only read leniently: empty when absent or of another type. */
str json_text(const json_t *object, const char *key);
/* A JSON string of any bytes: what is not UTF-8 becomes U+FFFD. Never NULL but for exhausted memory. */
json_t *json_from_str(str text);
/* json_object_set_new with a str. False when memory is gone. */
bool json_set_str(json_t *object, const char *key, str text);

#endif
