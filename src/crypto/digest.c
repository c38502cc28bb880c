/*
 * crypto/digest.c - digests by OpenSSL's libcrypto (which uses the CPU's SHA instructions where they are).
 *
 * By the functions of each algorithm rather than by EVP: those are 70 kilobytes of the library, which become part of the binary, and they read no configuration.
 * To load the whole, five megabytes with their providers, takes longer than to scan a small model. Their headers call them deprecated since 3.0, hence the level.
 */
#define OPENSSL_API_COMPAT 10100

#include "crypto/digest.h"

#include <assert.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stdlib.h>

static const struct digest_row {
    const char *name;
    size_t size_bytes;
} digest_rows[] = {
    [DIGEST_NONE] = {"none", 0},      [DIGEST_MD5] = {"md5", 16},       [DIGEST_SHA1] = {"sha1", 20},
    [DIGEST_SHA256] = {"sha256", 32}, [DIGEST_SHA512] = {"sha512", 64},
};

size_t digest_size_bytes(digest_kind kind)
{
    assert(kind < COUNT_OF(digest_rows));
    return digest_rows[kind].size_bytes;
}

digest_string digest_hex(digest d)
{
    digest_string out = {""};
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < digest_size_bytes(d.kind); i++) {
        out.text[2 * i] = digits[d.value[i] >> 4];
        out.text[2 * i + 1] = digits[d.value[i] & 15];
    }
    return out;
}

digest_string digest_text(digest d)
{
    digest_string hex = digest_hex(d), out = {""};
    size_t name_len = strlen(digest_rows[d.kind].name);
    memcpy(out.text, digest_rows[d.kind].name, name_len);
    out.text[name_len] = ':';
    memcpy(out.text + name_len + 1, hex.text, 2 * digest_size_bytes(d.kind) + 1);
    return out;
}

bool digest_equal(digest a, digest b)
{
    return a.kind == b.kind && memcmp(a.value, b.value, digest_size_bytes(a.kind)) == 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool digest_parse_hex(digest_kind kind, str hex, digest *d, err *e)
{
    digest parsed = {.kind = kind};
    size_t size_bytes = digest_size_bytes(kind);
    if (hex.len != 2 * size_bytes)
        return err_set(e, ERR_DIGEST_INVALID, "a %s digest has %zu hexadecimal digits, '%.*s' has %zu",
                       digest_rows[kind].name, 2 * size_bytes, (int)(hex.len > 160 ? 160 : hex.len),
                       hex.data ? hex.data : "", hex.len);
    for (size_t i = 0; i < size_bytes; i++) {
        int high = hex_value(hex.data[2 * i]), low = hex_value(hex.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return err_set(e, ERR_DIGEST_INVALID, "'%.*s' is not hexadecimal", STR_ARG(hex));
        parsed.value[i] = (uint8_t)(high << 4 | low);
    }
    *d = parsed;
    return true;
}

bool digest_parse(str text, digest *d, err *e)
{
    str name, hex;
    if (!str_cut(text, ':', &name, &hex))
        return err_set(e, ERR_DIGEST_INVALID,
                       "'%.*s' is not a digest: it needs the form sha256:<64 hexadecimal digits>",
                       STR_ARG(str_slice(text, 0, 160)));
    digest_kind kind = str_eq(name, STR("sha256"))   ? DIGEST_SHA256
                       : str_eq(name, STR("sha512")) ? DIGEST_SHA512
                                                     : DIGEST_NONE;
    if (kind == DIGEST_NONE)
        return err_set(e, ERR_DIGEST_INVALID, "digest algorithm '%.*s' is not known: use sha256 or sha512",
                       STR_ARG(str_slice(name, 0, 64)));
    for (size_t i = 0; i < hex.len; i++)
        if (hex.data[i] >= 'A' && hex.data[i] <= 'F')
            return err_set(e, ERR_DIGEST_INVALID, "a digest is written in lower case: '%.*s'",
                           STR_ARG(str_slice(text, 0, 160)));
    return digest_parse_hex(kind, hex, d, e);
}

/* --- hashing ------------------------------------------------------------------------------------------------------------------- */

typedef union context {
    MD5_CTX md5;
    SHA_CTX sha1;
    SHA256_CTX sha256;
    SHA512_CTX sha512;
} context;

static bool md5_begin(context *c)
{
    return MD5_Init(&c->md5) == 1;
}
static bool md5_add(context *c, bytes data)
{
    return MD5_Update(&c->md5, data.data, data.len) == 1;
}
static bool md5_finish(context *c, uint8_t *value)
{
    return MD5_Final(value, &c->md5) == 1;
}

static bool sha1_begin(context *c)
{
    return SHA1_Init(&c->sha1) == 1;
}
static bool sha1_add(context *c, bytes data)
{
    return SHA1_Update(&c->sha1, data.data, data.len) == 1;
}
static bool sha1_finish(context *c, uint8_t *value)
{
    return SHA1_Final(value, &c->sha1) == 1;
}

static bool sha256_begin(context *c)
{
    return SHA256_Init(&c->sha256) == 1;
}
static bool sha256_add(context *c, bytes data)
{
    return SHA256_Update(&c->sha256, data.data, data.len) == 1;
}
static bool sha256_finish(context *c, uint8_t *value)
{
    return SHA256_Final(value, &c->sha256) == 1;
}

static bool sha512_begin(context *c)
{
    return SHA512_Init(&c->sha512) == 1;
}
static bool sha512_add(context *c, bytes data)
{
    return SHA512_Update(&c->sha512, data.data, data.len) == 1;
}
static bool sha512_finish(context *c, uint8_t *value)
{
    return SHA512_Final(value, &c->sha512) == 1;
}

static const struct algorithm {
    bool (*begin)(context *c);
    bool (*add)(context *c, bytes data);
    bool (*finish)(context *c, uint8_t *value);
} algorithms[] = {
    [DIGEST_MD5] = {md5_begin, md5_add, md5_finish},
    [DIGEST_SHA1] = {sha1_begin, sha1_add, sha1_finish},
    [DIGEST_SHA256] = {sha256_begin, sha256_add, sha256_finish},
    [DIGEST_SHA512] = {sha512_begin, sha512_add, sha512_finish},
};

struct hasher {
    digest_kind kind;
    context context;
};

bool hasher_new(digest_kind kind, hasher **h, err *e)
{
    assert(kind != DIGEST_NONE && kind < COUNT_OF(algorithms));
    AUTO(hasher_free) hasher *made = calloc(1, sizeof(*made));
    if (!made) return err_set(e, ERR_MEMORY, "no memory for a hash");
    made->kind = kind;
    if (!algorithms[kind].begin(&made->context))
        return err_set(e, ERR_INTERNAL, "cannot start a %s hash", digest_rows[kind].name);
    *h = TAKE(made);
    return true;
}

bool hasher_add(hasher *h, bytes data, err *e)
{
    if (data.len == 0 || algorithms[h->kind].add(&h->context, data)) return true;
    return err_set(e, ERR_INTERNAL, "hashing failed");
}

bool hasher_finish(hasher *h, digest *d, err *e)
{
    digest made = {.kind = h->kind};
    if (!algorithms[h->kind].finish(&h->context, made.value))
        return err_set(e, ERR_INTERNAL, "hashing failed");
    *d = made;
    return true;
}

void hasher_free(hasher *h)
{
    if (!h) return;
    free(h);
}

bool digest_of(digest_kind kind, bytes data, digest *d, err *e)
{
    AUTO(hasher_free) hasher *h = NULL;
    return hasher_new(kind, &h, e) && hasher_add(h, data, e) && hasher_finish(h, d, e);
}
