/*
 * auth/auth.h - who is it, and may they?
 *
 * Credentials: Basic (name and password, or name and token), Bearer token, X-JFrog-Art-Api token, the UI's session cookie (which holds a token).
 * Passwords are Argon2id; because that is slow on purpose, a verified Basic header is remembered (hash only) for a minute.
 * Threads: an auth is shared by all threads.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "meta/meta.h"

typedef struct auth auth;

/* What a route asks for; the repository is a parameter of the check. */
typedef enum auth_action {
    AUTH_NOTHING,   /* anybody, also anonymous: health, sign-in, the UI's files */
    AUTH_LOGGED_IN, /* any known user */
    AUTH_READ,
    AUTH_WRITE,
    AUTH_DELETE,
    AUTH_MANAGE, /* on a repository */
    AUTH_ADMIN,
} auth_action;

typedef struct auth_identity {
    str name; /* "anonymous" when nobody signed in */
    bool is_anonymous, is_admin;
    str scope;        /* of the token used; empty: everything the user may */
    int64_t token_id; /* 0: password */
    bool
        was_refused; /* anonymous because the credentials shown were not accepted: only where anybody may come in */
} auth_identity;

bool auth_open(meta *m, auth **out, err *e) MUST_USE;
void auth_close(auth *au);
/* Off unless this was called, before the server starts: who does not sign in may read. */
void auth_let_anonymous_read(auth *au);
str auth_service_id(const auth *au); /* names this server in tokens; never changes */

/* The administrator of a new server. begin: hash the given password, or a random one, on a thread of its own, while the store is being opened. wait: until that is
 * done; once, before the arena goes. admin: create `admin` when there is no user yet; *created tells, and the caller prints the text once. */
typedef struct auth_first auth_first;
bool auth_first_begin(secret wanted, arena *a, auth_first **out, err *e) MUST_USE;
void auth_first_wait(auth_first *first);
bool auth_first_admin(auth *au, const auth_first *first, bool *created, secret *password, err *e) MUST_USE;
/* While it holds, whoever shows a password waits: the server may answer before its first administrator is there. */
void auth_first_hold(auth *au, bool holds);
bool auth_first_is_wanted(auth *au, bool *wanted, err *e) MUST_USE; /* there is no user yet */

typedef struct auth_credentials {
    str authorization; /* the header, or empty */
    str api_key;       /* X-JFrog-Art-Api, or empty */
    str session;       /* the cookie's value, or empty */
} auth_credentials;
/* ERR_UNAUTHENTICATED for wrong ones; none at all give the anonymous identity. Authorization counts before the key, the key before the session. A token may
 * stand in for the password of Basic; the name is then free, unless it is somebody else's. May take as long as Argon2 does. */
bool auth_identify(auth *au, const auth_credentials *c, arena *a, auth_identity *who, err *e) MUST_USE;
/* The same for an event thread: *must_wait when only a slow check can tell (true is returned, *who is untouched). */
bool auth_identify_now(auth *au, const auth_credentials *c, arena *a, auth_identity *who, bool *must_wait,
                       err *e) MUST_USE;
/* ERR_UNAUTHENTICATED (anonymous, or a registry token that lacks the grant) or ERR_DENIED, saying what is missing.
 *
 * Administrators may everything. Other users may read, deploy and delete artifacts in every repository; managing and administration are denied.
 * The scope of a token can only take away. Its words: "applied-permissions/user", "applied-permissions/admin", "member-of-groups:*": all that the user
 * may; "assay:read": reading only; "oci repository:<image>:pull,push": a Docker client's token, for those repositories. Any other scope lets its
 * bearer prove who they are, and nothing else. */
bool auth_allow(auth *au, const auth_identity *who, auth_action action, str repository, err *e) MUST_USE;

bool auth_password_check(auth *au, str user, secret password, arena *a, auth_identity *who, err *e) MUST_USE;
bool auth_password_change(auth *au, str user, secret password, err *e) MUST_USE;
bool auth_user_create(auth *au, str user, secret password, bool is_admin, err *e) MUST_USE;
/* A token: shown once, stored hashed. lifetime_s 0: does not end. */
bool auth_token_create(auth *au, str user, str scope, str description, int64_t lifetime_s, arena *a,
                       secret *token, int64_t *id, err *e) MUST_USE;
bool auth_token_revoke(auth *au, int64_t id, err *e) MUST_USE;

/* The whole of it. Lives longer than LIMIT_TOKEN_DAYS are ERR_INVALID. The token has the form of a JWT, because clients look into it; Assay itself
 * looks it up by its hash and believes nothing that it says. */
typedef struct auth_token_order {
    str user, scope, description;
    int64_t lifetime_s; /* 0: does not end */
    bool is_refreshable;
} auth_token_order;
typedef struct auth_token_made {
    secret token, refresh; /* refresh is empty unless ordered */
    int64_t id, lifetime_s;
    str user, scope;
} auth_token_made;
bool auth_token_make(auth *au, const auth_token_order *order, arena *a, auth_token_made *made,
                     err *e) MUST_USE;
/* A new token for the same user, scope and life; the old one and its refresh secret end. ERR_UNAUTHENTICATED. */
bool auth_token_refresh(auth *au, secret refresh, arena *a, auth_token_made *made, err *e) MUST_USE;
/* The id of a token, or of the one that a refresh secret belongs to. ERR_NOT_FOUND. */
bool auth_token_id(auth *au, secret token, int64_t *id, err *e) MUST_USE;

#endif
