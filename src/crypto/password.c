/*
 * password.c - Argon2id with the parameters that OWASP recommends for servers (19 MiB, two passes, one lane).
 *
 * The parameters are part of each hash, so changing them here leaves old passwords valid.
 */
#include "crypto/password.h"

#include "base/limits.h"

#include <argon2.h>
#include <errno.h>
#include <sys/random.h>

enum { PASSES = 2, MEMORY_KIB = 19 * 1024, LANES = 1, SALT_BYTES = 16, HASH_BYTES = 32 };

bool random_bytes(uint8_t *into, size_t count, err *e)
{
    while (count) {
        ssize_t got = getrandom(into, count, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return err_set_errno(e, ERR_INTERNAL, "the system has no random bytes");
        into += got;
        count -= (size_t)got;
    }
    return true;
}

bool password_hash(secret password, password_text *out, err *e)
{
    str text = secret_reveal(password);
    uint8_t salt[SALT_BYTES];
    if (text.len > LIMIT_PASSWORD_BYTES)
        return err_set(e, ERR_TOO_LARGE, "a password may have %d bytes (LIMIT_PASSWORD_BYTES)",
                       LIMIT_PASSWORD_BYTES);
    if (!random_bytes(salt, sizeof(salt), e)) return false;
    int code = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, text.data, text.len, salt, sizeof(salt),
                                     HASH_BYTES, out->text, sizeof(out->text));
    if (code == ARGON2_OK) return true;
    return err_set(e, code == ARGON2_MEMORY_ALLOCATION_ERROR ? ERR_MEMORY : ERR_INTERNAL, "argon2: %s",
                   argon2_error_message(code));
}

bool password_verify(str hash, secret password, err *e)
{
    str text = secret_reveal(password);
    char encoded[sizeof(((password_text *)0)->text)] = "";
    if (hash.len >= sizeof(encoded) || text.len > LIMIT_PASSWORD_BYTES)
        return err_set(e, ERR_UNAUTHENTICATED, "wrong user name or password");
    if (hash.len) memcpy(encoded, hash.data, hash.len);
    int code = argon2id_verify(encoded, text.data, text.len);
    if (code == ARGON2_OK) return true;
    if (code == ARGON2_MEMORY_ALLOCATION_ERROR)
        return err_set(e, ERR_MEMORY, "no memory to check a password");
    return err_set(e, ERR_UNAUTHENTICATED, "wrong user name or password");
}
