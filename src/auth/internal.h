/*
 * internal.h - what the files of auth share.
 */
#ifndef AUTH_INTERNAL_H
#define AUTH_INTERNAL_H

#include "auth/auth.h"
#include "crypto/digest.h"
#include "meta/users.h"

#include <pthread.h>
#include <semaphore.h>

enum { MEMORY_ROWS = 64, SALT_BYTES = 32, USER_NAME_BYTES = 64, SERVICE_ID_BYTES = 32 };

/* A Basic header that was right a moment ago. Only its salted hash is kept. */
typedef struct memory_row {
    digest key;
    int64_t until_us;
    char user[USER_NAME_BYTES + 1];
    bool is_admin;
} memory_row;

struct auth {
    meta *meta;
    bool anonymous_reads;
    char service_id[SERVICE_ID_BYTES + 1];
    sem_t hashing; /* how many Argon2 may run at once: each takes a core and 19 MiB */
    pthread_mutex_t lock;
    pthread_cond_t founded;
    bool is_being_founded; /* under lock: passwords are not checked before the first administrator is there */
    uint8_t salt[SALT_BYTES];
    memory_row memory[MEMORY_ROWS]; /* under lock */
    size_t memory_next;
    uint64_t memory_age; /* grows when passwords change: what was checked before is not remembered after */
};

/* memory.c */
bool memory_find(auth *au, digest key, arena *a, auth_identity *who);
uint64_t memory_now(auth *au);
void memory_keep(auth *au, uint64_t age, digest key, const auth_identity *who);
void memory_forget(auth *au);

bool hash_of_secret(secret text, digest *out, err *e) MUST_USE;
/* ERR_UNAUTHENTICATED when it is unknown or over. */
bool identity_of_token(auth *au, secret token, arena *a, auth_identity *who, err *e) MUST_USE;
/* first.c: while auth_first_hold holds. */
void first_await(auth *au);
bool password_is_long_enough(secret password, err *e) MUST_USE;
bool user_name_check(str name, err *e) MUST_USE; /* ERR_NAME_INVALID */

#endif
