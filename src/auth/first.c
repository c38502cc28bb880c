/*
 * first.c - the administrator of a new server. Its password's hash takes longer than all the rest of a first start, so it is made beside that.
 */
#include "internal.h"

#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/password.h"

enum { FIRST_PASSWORD_BYTES = 15 };

struct auth_first {
    pthread_t thread;
    secret password;
    password_text hash;
    bool is_hashed;
    err trouble;
};

static bool random_password(arena *a, secret *out, err *e)
{
    uint8_t random[FIRST_PASSWORD_BYTES];
    AUTO_BUF buf text;
    buf_init(&text, 64);
    if (!random_bytes(random, sizeof(random), e)) return false;
    base64url_encode((bytes){random, sizeof(random)}, &text);
    str copy = arena_copy(a, buf_str(&text));
    if (text.failed || !copy.data) return err_set(e, ERR_MEMORY, "no memory for a password");
    *out = secret_of(copy);
    return true;
}

static void *hash_beside(void *ctx)
{
    auth_first *first = ctx;
    first->is_hashed = password_hash(first->password, &first->hash, &first->trouble);
    return NULL;
}

bool auth_first_begin(secret wanted, arena *a, auth_first **out, err *e)
{
    auth_first *first = arena_alloc(a, sizeof *first);
    if (!first) return err_set(e, ERR_MEMORY, "no memory for the first administrator");
    *first = (auth_first){.password = wanted};
    if (secret_reveal(wanted).len == 0 && !random_password(a, &first->password, e)) return false;
    if (!password_is_long_enough(first->password, e)) return false;
    if (pthread_create(&first->thread, NULL, hash_beside, first) != 0)
        return err_set(e, ERR_MEMORY, "no thread for the first administrator's password");
    *out = first;
    return true;
}

void auth_first_wait(auth_first *first)
{
    pthread_join(first->thread, NULL);
}

void auth_first_hold(auth *au, bool holds)
{
    pthread_mutex_lock(&au->lock);
    au->is_being_founded = holds;
    pthread_cond_broadcast(&au->founded);
    pthread_mutex_unlock(&au->lock);
}

void first_await(auth *au)
{
    pthread_mutex_lock(&au->lock);
    while (au->is_being_founded) pthread_cond_wait(&au->founded, &au->lock);
    pthread_mutex_unlock(&au->lock);
}

bool auth_first_is_wanted(auth *au, bool *wanted, err *e)
{
    uint64_t users;
    if (!meta_user_count(au->meta, &users, e)) return false;
    *wanted = users == 0;
    return true;
}

bool auth_first_admin(auth *au, const auth_first *first, bool *created, secret *password, err *e)
{
    bool wanted;
    *created = false;
    if (!auth_first_is_wanted(au, &wanted, e)) return false;
    if (!wanted) return true;
    if (!first->is_hashed) return err_set(e, first->trouble.code, "%s", first->trouble.message);
    const meta_user row = {
        .name = STR("admin"), .password_hash = str_from_c(first->hash.text), .is_admin = true};
    if (!meta_user_create(au->meta, &row, e)) return err_wrap(e, "creating the first administrator");
    *password = first->password;
    *created = true;
    return true;
}
