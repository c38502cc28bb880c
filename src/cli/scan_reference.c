/*
 * cli/scan_reference.c - references to images, as Docker writes them (distribution/reference), with the scheme that other tools put in front.
 *
 * A mistyped path must not become a question to the network: without a scheme, only a name with a host and a tag or digest is a reference.
 */
#include "scan_reference.h"

#include "base/limits.h"
#include "crypto/digest.h"

static const char *const image_schemes[] = {"docker://", "oci://"};

static str without_scheme(str text, bool *had_one)
{
    *had_one = false;
    for (size_t i = 0; i < COUNT_OF(image_schemes); i++) {
        str scheme = str_from_c(image_schemes[i]);
        if (!str_starts_with(text, scheme)) continue;
        *had_one = true;
        return str_skip(text, scheme.len);
    }
    return text;
}

static bool has_version(str rest)
{
    ptrdiff_t slash = str_find_last(rest, '/');
    str name = str_skip(rest, (size_t)(slash + 1));
    return str_find(name, ':') > 0 || str_find(name, '@') > 0;
}

bool scan_reference_is(str text)
{
    bool had_scheme;
    str rest = without_scheme(text, &had_scheme), host, name;
    if (had_scheme || str_starts_with(text, STR("assay://"))) return true;
    if (!str_cut(rest, '/', &host, &name) || host.len == 0 || host.data[0] == '.' ||
        str_contains(rest, STR("://")))
        return false;
    bool is_host = str_find(host, '.') > 0 || str_find(host, ':') > 0 || str_eq(host, STR("localhost"));
    return is_host && has_version(rest);
}

/* --- parts ----------------------------------------------------------------------------------------------------------------------- */

static bool only(str text, const char *allowed, size_t len_max)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_word && (c == '\0' || !strchr(allowed, c))) return false;
    }
    return text.len > 0 && text.len <= len_max;
}

static bool is_repository(str name)
{
    if (!only(name, "._-/", LIMIT_NAME_BYTES)) return false;
    for (str part; str_next(&name, '/', &part);)
        if (part.len == 0 || str_eq(part, STR(".")) || str_eq(part, STR(".."))) return false;
    return true;
}

static bool check(const scan_reference *r, str text, err *e)
{
    digest d;
    if (!only(r->host, ".-:[]", LIMIT_NAME_BYTES))
        return err_set(e, ERR_INVALID, "'%.*s' names no registry: write HOST/NAME:TAG", STR_ARG(text));
    if (!is_repository(r->repository))
        return err_set(e, ERR_INVALID, "'%.*s' is no name of an image", STR_ARG(r->repository));
    if (r->has_digest) return digest_parse(r->version, &d, e);
    if (only(r->version, "._-", LIMIT_NAME_BYTES)) return true;
    return err_set(e, ERR_INVALID, "'%.*s' is no tag", STR_ARG(r->version));
}

bool scan_reference_parse(arena *a, str text, scan_reference *out, err *e)
{
    bool had_scheme;
    scan_reference r = {.version = STR("latest")};
    str rest = without_scheme(text, &had_scheme), name, wanted;
    if (!str_cut(rest, '/', &r.host, &name))
        return err_set(e, ERR_INVALID, "'%.*s' names no registry: write HOST/NAME:TAG", STR_ARG(text));
    r.has_digest = str_cut(name, '@', &name, &wanted);
    ptrdiff_t colon = str_find_last(name, ':');
    r.repository = colon < 0 ? name : str_slice(name, 0, (size_t)colon);
    if (r.has_digest)
        r.version = wanted;
    else if (colon >= 0)
        r.version = str_skip(name, (size_t)colon + 1);
    /* Docker's own registry has another name in the world of HTTP, and short names for its own images. */
    if (str_eq(r.host, STR("docker.io"))) {
        r.host = STR("registry-1.docker.io");
        if (str_find(r.repository, '/') < 0)
            r.repository = arena_printf(a, "library/%.*s", STR_ARG(r.repository));
    }
    if (!check(&r, text, e)) return false;
    *out = r;
    return true;
}

bool scan_host_is_loopback(str host)
{
    if (str_starts_with(host, STR("[::1]"))) return host.len == 5 || host.data[5] == ':';
    str name, port;
    (void)str_cut(host, ':', &name, &port);
    if (str_eq(name, STR("localhost"))) return true;
    /* 127.x.y.z and nothing else: "127.example.org" is elsewhere. */
    for (size_t i = 0; i < name.len; i++)
        if (!strchr("0123456789.", name.data[i])) return false;
    return str_starts_with(name, STR("127."));
}
