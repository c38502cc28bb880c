/*
 * meta/users.h - rows of users, tokens and settings. What they mean is auth's business.
 */
#ifndef META_USERS_H
#define META_USERS_H

#include "meta/meta.h"

typedef struct meta_user {
    int64_t id;
    str name, password_hash; /* Argon2id in its usual text form */
    bool is_admin;
    int64_t created_ms;
} meta_user;

bool meta_user_create(meta *m, const meta_user *u, err *e) MUST_USE;               /* ERR_CONFLICT */
bool meta_user_find(meta *m, str name, arena *a, meta_user *out, err *e) MUST_USE; /* ERR_NOT_FOUND */
bool meta_user_count(meta *m, uint64_t *count, err *e) MUST_USE;
bool meta_user_set_password(meta *m, str name, str password_hash, err *e) MUST_USE; /* ERR_NOT_FOUND */
bool meta_user_delete(meta *m, str name, err *e) MUST_USE; /* with their tokens; ERR_NOT_FOUND */

typedef struct meta_token {
    int64_t id;
    str user, scope, description;
    bool is_admin; /* the user is */
    bool is_refreshable;
    int64_t created_ms, expires_ms; /* expires_ms 0: does not end */
} meta_token;

/* The hashes are SHA-256 of the secret texts; refresh_hash may be DIGEST_NONE. ERR_NOT_FOUND: no such user. */
bool meta_token_create(meta *m, const meta_token *t, digest hash, digest refresh_hash, int64_t *id,
                       err *e) MUST_USE;
bool meta_token_find(meta *m, digest hash, arena *a, meta_token *out,
                     err *e) MUST_USE; /* ERR_NOT_FOUND; expired ones are found */
bool meta_token_find_by_refresh(meta *m, digest refresh_hash, arena *a, meta_token *out, err *e) MUST_USE;
bool meta_token_get(meta *m, int64_t id, arena *a, meta_token *out, err *e) MUST_USE;
bool meta_token_list(meta *m, int64_t after, size_t limit, arena *a, meta_token **out, size_t *count,
                     err *e) MUST_USE;
bool meta_token_delete(meta *m, int64_t id, err *e) MUST_USE; /* ERR_NOT_FOUND */
bool meta_token_delete_expired(meta *m, int64_t before_ms, err *e) MUST_USE;

bool meta_setting_find(meta *m, str name, arena *a, str *value, err *e) MUST_USE; /* ERR_NOT_FOUND */
bool meta_setting_put(meta *m, str name, str value, err *e) MUST_USE;

#endif
