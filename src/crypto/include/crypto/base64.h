/*
 * crypto/base64.h - RFC 4648.
 */
#ifndef CRYPTO_BASE64_H
#define CRYPTO_BASE64_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* The standard alphabet; padding may be absent, nothing else may be wrong. Appends to `out`. ERR_INVALID. */
bool base64_decode(str text, buf *out, err *e) MUST_USE;
/* The URL-safe alphabet without padding. Appends. */
void base64url_encode(bytes data, buf *out);

#endif
