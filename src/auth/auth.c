/*
 * auth.c - opening, users and passwords.
 */
#include "internal.h"

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/password.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { HASHES_AT_ONCE = 2, PASSWORD_BYTES_MIN = 8 };

AUTO_FOR(auth *, auth_close)

/* --- opening ------------------------------------------------------------------------------------------------------------- */

/* The name of this server in tokens: made once, kept in the settings. */
static bool service_id_load(auth *au, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * KIB);
    str known;
    err why;
    uint8_t random[SERVICE_ID_BYTES / 2];
    if (meta_setting_find(au->meta, STR("service_id"), &a, &known, &why)) {
        snprintf(au->service_id, sizeof(au->service_id), "%.*s", STR_ARG(known));
        return true;
    }
    if (why.code != ERR_NOT_FOUND) {
        if (e) *e = why;
        return false;
    }
    if (!random_bytes(random, sizeof(random), e)) return false;
    for (size_t i = 0; i < sizeof(random); i++) snprintf(au->service_id + 2 * i, 3, "%02x", random[i]);
    return meta_setting_put(au->meta, STR("service_id"), str_from_c(au->service_id), e);
}

bool auth_open(meta *m, auth **out, err *e)
{
    AUTO(auth_close) auth *au = calloc(1, sizeof(*au));
    if (!au) return err_set(e, ERR_MEMORY, "no memory for auth");
    au->meta = m;
    pthread_mutex_init(&au->lock, NULL);
    pthread_cond_init(&au->founded, NULL);
    sem_init(&au->hashing, 0, HASHES_AT_ONCE);
    if (!random_bytes(au->salt, sizeof(au->salt), e)) return false;
    if (!service_id_load(au, e)) return false;
    if (!meta_token_delete_expired(m, clock_wall_ms(), e)) return false;
    *out = TAKE(au);
    return true;
}

void auth_close(auth *au)
{
    if (!au) return;
    pthread_cond_destroy(&au->founded);
    pthread_mutex_destroy(&au->lock);
    sem_destroy(&au->hashing);
    free(au);
}

void auth_let_anonymous_read(auth *au)
{
    au->anonymous_reads = true;
}

str auth_service_id(const auth *au)
{
    return str_from_c(au->service_id);
}

/* --- users --------------------------------------------------------------------------------------------------------------- */

bool user_name_check(str name, err *e)
{
    if (name.len == 0 || name.len > USER_NAME_BYTES)
        return err_set(e, ERR_NAME_INVALID, "a user name has 1 to %d characters", USER_NAME_BYTES);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && !memchr("._-@+", c, 5))
            return err_set(e, ERR_NAME_INVALID, "a user name has letters, digits and . _ - @ + only");
    }
    return !str_eq(name, STR("anonymous")) || err_set(e, ERR_NAME_INVALID, "'anonymous' is nobody's name");
}

bool password_is_long_enough(secret password, err *e)
{
    return secret_reveal(password).len >= PASSWORD_BYTES_MIN ||
           err_set(e, ERR_UNPROCESSABLE, "a password has at least %d characters", PASSWORD_BYTES_MIN);
}

static bool new_password_hash(auth *au, secret password, password_text *out, err *e)
{
    if (!password_is_long_enough(password, e)) return false;
    while (sem_wait(&au->hashing) != 0 && errno == EINTR) continue;
    bool done = password_hash(password, out, e);
    sem_post(&au->hashing);
    return done;
}

bool auth_user_create(auth *au, str user, secret password, bool is_admin, err *e)
{
    password_text hash;
    if (!user_name_check(user, e) || !new_password_hash(au, password, &hash, e)) return false;
    const meta_user row = {.name = user, .password_hash = str_from_c(hash.text), .is_admin = is_admin};
    return meta_user_create(au->meta, &row, e);
}

bool auth_password_change(auth *au, str user, secret password, err *e)
{
    password_text hash;
    if (!new_password_hash(au, password, &hash, e)) return false;
    if (!meta_user_set_password(au->meta, user, str_from_c(hash.text), e)) return false;
    memory_forget(au);
    return true;
}
