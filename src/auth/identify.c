/*
 * identify.c - from credentials to a user.
 *
 * A token is found by its SHA-256: it has 256 random bits, so a fast hash is enough. A password is checked with Argon2id, and as long for a name that does
 * not exist, so that the time tells nothing.
 */
#include "internal.h"

#include "base/clock.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/password.h"

#include <errno.h>

enum { TOKEN_BYTES_MIN = 40 }; /* shorter texts are passwords */

/* --- pieces -------------------------------------------------------------------------------------------------------------- */

bool hash_of_secret(secret text, digest *out, err *e)
{
    return digest_of(DIGEST_SHA256, str_bytes(secret_reveal(text)), out, e);
}

static bool refuse(err *e)
{
    return err_set(e, ERR_UNAUTHENTICATED, "wrong user name, password or token");
}

bool identity_of_token(auth *au, secret token, arena *a, auth_identity *who, err *e)
{
    digest hash;
    meta_token row;
    err why;
    if (!hash_of_secret(token, &hash, e)) return false;
    if (!meta_token_find(au->meta, hash, a, &row, &why)) {
        if (why.code == ERR_NOT_FOUND) return refuse(e);
        if (e) *e = why;
        return false;
    }
    if (row.expires_ms > 0 && row.expires_ms <= clock_wall_ms())
        return err_set(e, ERR_UNAUTHENTICATED, "the token ended at %s", clock_iso8601(row.expires_ms).text);
    *who =
        (auth_identity){.name = row.user, .is_admin = row.is_admin, .scope = row.scope, .token_id = row.id};
    return true;
}

/* Any hash: what a wrong name is checked against. Its password is not known to anybody. */
static const char nobodys_hash[] =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static bool verify_in_turn(auth *au, str hash, secret password, err *e)
{
    while (sem_wait(&au->hashing) != 0 && errno == EINTR) continue;
    bool fits = password_verify(hash, password, e);
    sem_post(&au->hashing);
    return fits;
}

bool auth_password_check(auth *au, str user, secret password, arena *a, auth_identity *who, err *e)
{
    meta_user row;
    err why;
    first_await(au);
    bool is_known = meta_user_find(au->meta, user, a, &row, &why);
    if (!is_known && why.code != ERR_NOT_FOUND) {
        if (e) *e = why;
        return false;
    }
    if (!verify_in_turn(au, is_known ? row.password_hash : str_from_c(nobodys_hash), password, &why)) {
        if (why.code == ERR_UNAUTHENTICATED) return refuse(e);
        if (e) *e = why;
        return false;
    }
    if (!is_known) return refuse(e);
    *who = (auth_identity){.name = row.name, .is_admin = row.is_admin};
    return true;
}

/* --- the forms of credentials -------------------------------------------------------------------------------------------- */

typedef struct basic {
    str user;
    secret password;
} basic;

static bool basic_parse(str encoded, arena *a, basic *out, err *e)
{
    AUTO_BUF buf plain;
    buf_init(&plain, USER_NAME_BYTES + 1 + LIMIT_HTTP_HEAD_BYTES);
    if (!base64_decode(str_trim(encoded), &plain, e)) return false;
    str text = arena_copy(a, buf_str(&plain)), user, password;
    if (!text.data) return err_set(e, ERR_MEMORY, "no memory for credentials");
    if (!str_cut(text, ':', &user, &password))
        return err_set(e, ERR_INVALID, "Basic credentials without a colon");
    *out = (basic){user, secret_of(password)};
    return true;
}

/* A token shows who it is itself. A name beside it that is another user's is a mistake better told than ignored. */
static bool basic_name_fits(auth *au, str user, const auth_identity *who, arena *a, err *e)
{
    meta_user other;
    if (user.len == 0 || str_eq(user, who->name)) return true;
    if (!meta_user_find(au->meta, user, a, &other, NULL)) return true;
    return err_set(e, ERR_UNAUTHENTICATED, "the token is not one of user '%.*s'", STR_ARG(user));
}

static bool memory_key(const auth *au, const basic *b, digest *key, err *e)
{
    AUTO(hasher_free) hasher *h = NULL;
    return hasher_new(DIGEST_SHA256, &h, e) && hasher_add(h, (bytes){au->salt, sizeof(au->salt)}, e) &&
           hasher_add(h, str_bytes(b->user), e) && hasher_add(h, str_bytes(STR(":")), e) &&
           hasher_add(h, str_bytes(secret_reveal(b->password)), e) && hasher_finish(h, key, e);
}

static bool basic_password(auth *au, const basic *b, arena *a, auth_identity *who, bool *must_wait, err *e)
{
    digest key;
    if (!memory_key(au, b, &key, e)) return false;
    if (memory_find(au, key, a, who)) return true;
    if (must_wait) {
        *must_wait = true;
        return true;
    }
    uint64_t age = memory_now(au);
    if (!auth_password_check(au, b->user, b->password, a, who, e)) return false;
    memory_keep(au, age, key, who);
    return true;
}

static bool identify_basic(auth *au, str encoded, arena *a, auth_identity *who, bool *must_wait, err *e)
{
    basic b;
    if (!basic_parse(encoded, a, &b, e)) {
        if (e && e->code == ERR_INVALID) e->code = ERR_UNAUTHENTICATED;
        return false;
    }
    auth_identity by_token;
    err why;
    if (secret_reveal(b.password).len < TOKEN_BYTES_MIN) return basic_password(au, &b, a, who, must_wait, e);
    if (!identity_of_token(au, b.password, a, &by_token, &why)) {
        if (why.code == ERR_UNAUTHENTICATED) return basic_password(au, &b, a, who, must_wait, e);
        if (e) *e = why;
        return false;
    }
    if (!basic_name_fits(au, b.user, &by_token, a, e)) return false;
    *who = by_token;
    return true;
}

static bool identify_header(auth *au, str header, arena *a, auth_identity *who, bool *must_wait, err *e)
{
    str scheme, rest;
    str_cut(str_trim(header), ' ', &scheme, &rest);
    if (str_eq_nocase(scheme, STR("Basic"))) return identify_basic(au, rest, a, who, must_wait, e);
    if (str_eq_nocase(scheme, STR("Bearer")))
        return identity_of_token(au, secret_of(str_trim(rest)), a, who, e);
    return err_set(e, ERR_UNAUTHENTICATED, "only Basic and Bearer credentials are understood");
}

static bool identify(auth *au, const auth_credentials *c, arena *a, auth_identity *who, bool *must_wait,
                     err *e)
{
    err own;
    if (!e) e = &own;
    if (c->authorization.len) return identify_header(au, c->authorization, a, who, must_wait, e);
    if (c->api_key.len) return identity_of_token(au, secret_of(c->api_key), a, who, e);
    if (c->session.len) return identity_of_token(au, secret_of(c->session), a, who, e);
    *who = (auth_identity){.name = STR("anonymous"), .is_anonymous = true};
    return true;
}

bool auth_identify(auth *au, const auth_credentials *c, arena *a, auth_identity *who, err *e)
{
    return identify(au, c, a, who, NULL, e);
}

bool auth_identify_now(auth *au, const auth_credentials *c, arena *a, auth_identity *who, bool *must_wait,
                       err *e)
{
    *must_wait = false;
    return identify(au, c, a, who, must_wait, e);
}
