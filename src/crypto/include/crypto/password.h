/*
 * crypto/password.h - Argon2id (RFC 9106) and unguessable bytes.
 *
 * Hashing takes some 20 ms and 19 MiB on purpose: never on an event thread, and the caller bounds how many run at once.
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/err.h"
#include "base/secret.h"
#include "base/str.h"

typedef struct password_text {
    char text[128]; /* "$argon2id$v=19$m=...": salt and parameters are in it */
} password_text;

bool password_hash(secret password, password_text *out, err *e) MUST_USE; /* ERR_TOO_LARGE, ERR_MEMORY */
/* ERR_UNAUTHENTICATED when it does not fit. */
bool password_verify(str hash, secret password, err *e) MUST_USE;

bool random_bytes(uint8_t *into, size_t count, err *e) MUST_USE;

#endif
