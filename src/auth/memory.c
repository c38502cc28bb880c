/*
 * memory.c - the short memory of Basic headers that were right, so that a client with a password pays Argon2 once a minute.
 */
#include "internal.h"

#include "base/clock.h"

enum { REMEMBER_US = 60 * 1000 * 1000 };

bool memory_find(auth *au, digest key, arena *a, auth_identity *who)
{
    memory_row found = {0};
    int64_t now = clock_mono_us();
    pthread_mutex_lock(&au->lock);
    for (size_t i = 0; i < MEMORY_ROWS; i++)
        if (au->memory[i].until_us > now && digest_equal(au->memory[i].key, key)) found = au->memory[i];
    pthread_mutex_unlock(&au->lock);
    if (found.until_us == 0) return false;
    str name = arena_copy(a, str_from_c(found.user));
    if (!name.data) return false;
    *who = (auth_identity){.name = name, .is_admin = found.is_admin};
    return true;
}

uint64_t memory_now(auth *au)
{
    pthread_mutex_lock(&au->lock);
    uint64_t age = au->memory_age;
    pthread_mutex_unlock(&au->lock);
    return age;
}

void memory_keep(auth *au, uint64_t age, digest key, const auth_identity *who)
{
    if (who->name.len > USER_NAME_BYTES) return;
    memory_row row = {.key = key, .until_us = clock_mono_us() + REMEMBER_US, .is_admin = who->is_admin};
    memcpy(row.user, who->name.data, who->name.len);
    pthread_mutex_lock(&au->lock);
    if (age == au->memory_age) au->memory[au->memory_next++ % MEMORY_ROWS] = row;
    pthread_mutex_unlock(&au->lock);
}

void memory_forget(auth *au)
{
    pthread_mutex_lock(&au->lock);
    memset(au->memory, 0, sizeof(au->memory));
    au->memory_age++;
    pthread_mutex_unlock(&au->lock);
}
