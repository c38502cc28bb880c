/*
 * crypto/digest.c - digests by OpenSSL's libcrypto (which uses the CPU's SHA instructions where they are).
 *
 * The library is loaded when the first hash is made: a scan child never makes one, and to load and relocate its five megabytes takes longer than to scan a
 * small model. Who will be in a sandbox by then hashes something before.
 */
#include "crypto/digest.h"

#include <assert.h>
#include <dlfcn.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

static const struct digest_row {
    const char *name;
    size_t size_bytes;
    const char *algorithm; /* of libcrypto */
} digest_rows[] = {
    [DIGEST_NONE] = {"none", 0, NULL},
    [DIGEST_MD5] = {"md5", 16, "EVP_md5"},
    [DIGEST_SHA1] = {"sha1", 20, "EVP_sha1"},
    [DIGEST_SHA256] = {"sha256", 32, "EVP_sha256"},
    [DIGEST_SHA512] = {"sha512", 64, "EVP_sha512"},
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

/* --- the library --------------------------------------------------------------------------------------------------------------- */

typedef const EVP_MD *(*digest_algorithm)(void);

/* A global, as the functions of a linked library are: filled once, the same for the life of the process. */
static struct libcrypto {
    __typeof__(EVP_MD_CTX_new) *context_new;
    __typeof__(EVP_MD_CTX_free) *context_free;
    __typeof__(EVP_DigestInit_ex) *begin;
    __typeof__(EVP_DigestUpdate) *add;
    __typeof__(EVP_DigestFinal_ex) *finish;
    digest_algorithm algorithms[COUNT_OF(digest_rows)];
    err trouble;
} libcrypto;
static pthread_once_t libcrypto_once = PTHREAD_ONCE_INIT;

static bool find_function(void *handle, const char *name, void *place)
{
    void *symbol = dlsym(handle, name);
    if (!symbol) return err_set(&libcrypto.trouble, ERR_UNSUPPORTED, "libcrypto has no '%s'", name);
    memcpy(place, &symbol, sizeof(symbol));
    return true;
}

static void load_libcrypto(void)
{
    /* Never unloaded: it has exit handlers of its own. */
    void *handle = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        err_set(&libcrypto.trouble, ERR_UNSUPPORTED, "hashing needs libcrypto (Debian package libssl3): %s",
                dlerror());
        return;
    }
    bool found = find_function(handle, "EVP_MD_CTX_new", &libcrypto.context_new) &&
                 find_function(handle, "EVP_MD_CTX_free", &libcrypto.context_free) &&
                 find_function(handle, "EVP_DigestInit_ex", &libcrypto.begin) &&
                 find_function(handle, "EVP_DigestUpdate", &libcrypto.add) &&
                 find_function(handle, "EVP_DigestFinal_ex", &libcrypto.finish);
    for (size_t i = DIGEST_NONE + 1; i < COUNT_OF(digest_rows); i++)
        found = found && find_function(handle, digest_rows[i].algorithm, &libcrypto.algorithms[i]);
}

static bool need_libcrypto(err *e)
{
    pthread_once(&libcrypto_once, load_libcrypto);
    return !libcrypto.trouble.code || err_set(e, libcrypto.trouble.code, "%s", libcrypto.trouble.message);
}

/* --- hashing ------------------------------------------------------------------------------------------------------------------- */

struct hasher {
    EVP_MD_CTX *context;
    digest_kind kind;
};

bool hasher_new(digest_kind kind, hasher **h, err *e)
{
    assert(kind != DIGEST_NONE);
    AUTO(hasher_free) hasher *made = calloc(1, sizeof(*made));
    if (!made) return err_set(e, ERR_MEMORY, "no memory for a hash");
    if (!need_libcrypto(e)) return false;
    made->kind = kind;
    made->context = libcrypto.context_new();
    if (!made->context || libcrypto.begin(made->context, libcrypto.algorithms[kind](), NULL) != 1)
        return err_set(e, ERR_MEMORY, "cannot start a %s hash", digest_rows[kind].name);
    *h = TAKE(made);
    return true;
}

bool hasher_add(hasher *h, bytes data, err *e)
{
    if (libcrypto.add(h->context, data.data, data.len) == 1) return true;
    return err_set(e, ERR_INTERNAL, "hashing failed");
}

bool hasher_finish(hasher *h, digest *d, err *e)
{
    digest made = {.kind = h->kind};
    if (libcrypto.finish(h->context, made.value, NULL) != 1)
        return err_set(e, ERR_INTERNAL, "hashing failed");
    *d = made;
    return true;
}

void hasher_free(hasher *h)
{
    if (!h) return;
    if (h->context) libcrypto.context_free(h->context);
    free(h);
}

bool digest_of(digest_kind kind, bytes data, digest *d, err *e)
{
    AUTO(hasher_free) hasher *h = NULL;
    return hasher_new(kind, &h, e) && hasher_add(h, data, e) && hasher_finish(h, d, e);
}
