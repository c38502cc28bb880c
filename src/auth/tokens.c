/*
 * tokens.c - making, renewing and ending tokens.
 *
 * Form: base64url(header).base64url(claims).base64url(32 random bytes). Clients read name and times from the claims; the server never does. One client
 * decodes the claims with the standard alphabet, so they must not encode to '-' or '_': in ASCII text only '>', '?', '~' and DEL at every third
 * place do that, and those are written as escapes.
 */
#include "internal.h"

#include "base/clock.h"
#include "base/limits.h"
#include "codec/json.h"
#include "crypto/base64.h"
#include "crypto/password.h"

#include <stdio.h>

enum { RANDOM_BYTES = 32, SCOPE_BYTES = 8192, CLAIMS_BYTES = 64 * 1024, SWEEP_EVERY = 64 };

/* --- the text ------------------------------------------------------------------------------------------------------------ */

static bool add_random(buf *out, err *e)
{
    uint8_t random[RANDOM_BYTES];
    if (!random_bytes(random, sizeof(random), e)) return false;
    base64url_encode((bytes){random, sizeof(random)}, out);
    return true;
}

static bool claims_json(const auth *au, const auth_token_order *order, int64_t now_s, json_t **out, err *e)
{
    AUTO(json_release) json_t *claims = json_object();
    char subject[SERVICE_ID_BYTES + USER_NAME_BYTES + 16], issuer[SERVICE_ID_BYTES + 8];
    snprintf(subject, sizeof(subject), "jfac@%s/users/%.*s", au->service_id, STR_ARG(order->user));
    snprintf(issuer, sizeof(issuer), "jfac@%s", au->service_id);
    bool built = json_set_str(claims, "sub", str_from_c(subject)) &&
                 json_set_str(claims, "scp", order->scope) && json_set_str(claims, "aud", STR("*@*")) &&
                 json_set_str(claims, "iss", str_from_c(issuer)) &&
                 json_object_set_new(claims, "iat", json_integer(now_s)) == 0;
    if (built && order->lifetime_s > 0)
        built = json_object_set_new(claims, "exp", json_integer(now_s + order->lifetime_s)) == 0;
    if (!built) return err_set(e, ERR_MEMORY, "no memory for a token");
    *out = TAKE(claims);
    return true;
}

static void add_claims(const buf *json, buf *out)
{
    AUTO_BUF buf escaped;
    buf_init(&escaped, CLAIMS_BYTES);
    for (size_t i = 0; i < json->len; i++) {
        uint8_t c = json->data[i];
        if (c == '>' || c == '?' || c == '~' || c == 0x7f)
            buf_printf(&escaped, "\\u%04x", c);
        else
            buf_add_byte(&escaped, c);
    }
    base64url_encode(buf_bytes(&escaped), out);
    out->failed = out->failed || escaped.failed;
}

static bool token_text(const auth *au, const auth_token_order *order, int64_t now_s, arena *a, secret *out,
                       err *e)
{
    AUTO(json_release) json_t *claims = NULL;
    AUTO_BUF buf json, text;
    buf_init(&json, CLAIMS_BYTES);
    buf_init(&text, 2 * CLAIMS_BYTES);
    if (!claims_json(au, order, now_s, &claims, e) || !json_encode(claims, &json, e)) return false;
    base64url_encode(str_bytes(STR("{\"typ\":\"JWT\",\"alg\":\"opaque\"}")), &text);
    buf_add_byte(&text, '.');
    add_claims(&json, &text);
    buf_add_byte(&text, '.');
    if (!add_random(&text, e) || !buf_ok(&text, "a token", e)) return false;
    str copy = arena_copy(a, buf_str(&text));
    if (!copy.data) return err_set(e, ERR_MEMORY, "no memory for a token");
    *out = secret_of(copy);
    return true;
}

static bool refresh_text(arena *a, secret *out, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, 4 * RANDOM_BYTES);
    if (!add_random(&text, e) || !buf_ok(&text, "a refresh token", e)) return false;
    str copy = arena_copy(a, buf_str(&text));
    if (!copy.data) return err_set(e, ERR_MEMORY, "no memory for a token");
    *out = secret_of(copy);
    return true;
}

/* --- making -------------------------------------------------------------------------------------------------------------- */

static bool order_check(const auth_token_order *order, err *e)
{
    if (!user_name_check(order->user, e)) return false;
    if (order->lifetime_s < 0 || order->lifetime_s > (int64_t)LIMIT_TOKEN_DAYS * 86400)
        return err_set(e, ERR_INVALID, "a token lives at most %d days (LIMIT_TOKEN_DAYS), or 0 for ever",
                       LIMIT_TOKEN_DAYS);
    if (order->scope.len > SCOPE_BYTES)
        return err_set(e, ERR_INVALID, "the scope is longer than %d bytes", SCOPE_BYTES);
    for (size_t i = 0; i < order->scope.len; i++)
        if (order->scope.data[i] < 0x20 || order->scope.data[i] > 0x7e)
            return err_set(e, ERR_INVALID, "the scope has a character that is not printable ASCII");
    if (order->description.len > LIMIT_PROPERTY_BYTES || !str_is_utf8(order->description))
        return err_set(e, ERR_INVALID, "the description of a token is too long, or not UTF-8");
    return true;
}

/* Tokens that ended are of no use to anybody; those of Docker clients come by the hour. */
static bool sweep(auth *au, int64_t id, err *e)
{
    return id % SWEEP_EVERY != 0 || meta_token_delete_expired(au->meta, clock_wall_ms(), e);
}

bool auth_token_make(auth *au, const auth_token_order *order, arena *a, auth_token_made *made, err *e)
{
    if (!order_check(order, e)) return false;
    int64_t now_ms = clock_wall_ms();
    auth_token_made m = {.lifetime_s = order->lifetime_s, .user = order->user, .scope = order->scope};
    digest hash, refresh_hash = {.kind = DIGEST_NONE};
    if (!token_text(au, order, now_ms / 1000, a, &m.token, e) || !hash_of_secret(m.token, &hash, e))
        return false;
    if (order->is_refreshable &&
        (!refresh_text(a, &m.refresh, e) || !hash_of_secret(m.refresh, &refresh_hash, e)))
        return false;

    const meta_token row = {.user = order->user,
                            .scope = order->scope,
                            .description = order->description,
                            .created_ms = now_ms,
                            .expires_ms = order->lifetime_s ? now_ms + order->lifetime_s * 1000 : 0};
    if (!meta_token_create(au->meta, &row, hash, refresh_hash, &m.id, e)) return false;
    if (!sweep(au, m.id, e)) return false;
    *made = m;
    return true;
}

bool auth_token_create(auth *au, str user, str scope, str description, int64_t lifetime_s, arena *a,
                       secret *token, int64_t *id, err *e)
{
    const auth_token_order order = {user, scope, description, lifetime_s, false};
    auth_token_made made;
    if (!auth_token_make(au, &order, a, &made, e)) return false;
    *token = made.token;
    if (id) *id = made.id;
    return true;
}

bool auth_token_refresh(auth *au, secret refresh, arena *a, auth_token_made *made, err *e)
{
    digest hash;
    meta_token old;
    err why;
    if (!hash_of_secret(refresh, &hash, e)) return false;
    if (!meta_token_find_by_refresh(au->meta, hash, a, &old, &why)) {
        if (why.code == ERR_NOT_FOUND)
            return err_set(e, ERR_UNAUTHENTICATED, "the refresh token is not known");
        if (e) *e = why;
        return false;
    }
    /* The old one goes first: of two that refresh at once only one gets a new token. */
    if (!meta_token_delete(au->meta, old.id, &why))
        return err_set(e, ERR_UNAUTHENTICATED, "the refresh token was just used");
    const auth_token_order order = {.user = old.user,
                                    .scope = old.scope,
                                    .description = old.description,
                                    .lifetime_s =
                                        old.expires_ms ? (old.expires_ms - old.created_ms) / 1000 : 0,
                                    .is_refreshable = true};
    return auth_token_make(au, &order, a, made, e);
}

bool auth_token_revoke(auth *au, int64_t id, err *e)
{
    return meta_token_delete(au->meta, id, e);
}

bool auth_token_id(auth *au, secret token, int64_t *id, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * KIB);
    digest hash;
    meta_token row;
    if (!hash_of_secret(token, &hash, e)) return false;
    if (!meta_token_find(au->meta, hash, &a, &row, NULL) &&
        !meta_token_find_by_refresh(au->meta, hash, &a, &row, e))
        return false;
    *id = row.id;
    return true;
}
