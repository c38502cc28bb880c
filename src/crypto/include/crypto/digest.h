/*
 * crypto/digest.h - digests by value, and running hashes.
 *
 * A digest is printed as "sha256:<hex>" (digest_text) or bare hex (digest_hex), always lower case.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "base/err.h"
#include "base/str.h"

typedef enum digest_kind { DIGEST_NONE, DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA512 } digest_kind;

typedef struct digest {
    digest_kind kind;
    uint8_t value[64];
} digest;

typedef struct digest_string {
    char text[160];
} digest_string;

size_t digest_size_bytes(digest_kind kind);
digest_string digest_hex(digest d);
digest_string digest_text(digest d); /* "sha256:..." */
bool digest_equal(digest a, digest b);
/* "sha256:<64 hex>" or "sha512:<128 hex>", lower case only. ERR_DIGEST_INVALID. */
bool digest_parse(str text, digest *d, err *e) MUST_USE;
bool digest_parse_hex(digest_kind kind, str hex, digest *d, err *e) MUST_USE; /* either case */
bool digest_of(digest_kind kind, bytes data, digest *d, err *e) MUST_USE;

typedef struct hasher hasher;
bool hasher_new(digest_kind kind, hasher **h, err *e) MUST_USE;
bool hasher_add(hasher *h, bytes data, err *e) MUST_USE;
bool hasher_finish(hasher *h, digest *d, err *e) MUST_USE; /* once */
void hasher_free(hasher *h);
AUTO_FOR(hasher *, hasher_free)

#endif
