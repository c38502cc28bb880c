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
} auth_identity;

bool auth_open(meta *m, auth **out, err *e) MUST_USE;
void auth_close(auth *au);

/* Create `admin` when there is no user yet, with the given password or a random one. *created tells; the text is printed once by the caller. */
bool auth_first_admin(auth *au, secret wanted, arena *a, bool *created, secret *password, err *e) MUST_USE;

typedef struct auth_credentials {
    str authorization; /* the header, or empty */
    str api_key;       /* X-JFrog-Art-Api, or empty */
    str session;       /* the cookie's value, or empty */
} auth_credentials;
/* ERR_UNAUTHENTICATED for wrong ones; none at all give the anonymous identity. */
bool auth_identify(auth *au, const auth_credentials *c, arena *a, auth_identity *who, err *e) MUST_USE;
/* ERR_UNAUTHENTICATED (anonymous) or ERR_DENIED, saying what is missing. */
bool auth_allow(auth *au, const auth_identity *who, auth_action action, str repository, err *e) MUST_USE;

bool auth_password_check(auth *au, str user, secret password, arena *a, auth_identity *who, err *e) MUST_USE;
bool auth_password_change(auth *au, str user, secret password, err *e) MUST_USE;
bool auth_user_create(auth *au, str user, secret password, bool is_admin, err *e) MUST_USE;
/* A token: shown once, stored hashed. lifetime_s 0: does not end. */
bool auth_token_create(auth *au, str user, str scope, str description, int64_t lifetime_s, arena *a,
                       secret *token, int64_t *id, err *e) MUST_USE;
bool auth_token_revoke(auth *au, int64_t id, err *e) MUST_USE;

#endif
