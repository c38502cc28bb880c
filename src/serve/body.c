/*
 * serve/body.c - the body of a request as its protocol means it: what was compressed for the way is unpacked, within the limit of all bodies.
 */
#include "server.h"

#include "base/limits.h"
#include "codec/unpack.h"

static bool coding_of(str name, packing *out)
{
    static const struct {
        const char *name;
        packing packing;
    } codings[] = {{"identity", PACKING_NONE},
                   {"gzip", PACKING_GZIP},
                   {"x-gzip", PACKING_GZIP},
                   {"deflate", PACKING_ZLIB},
                   {"zstd", PACKING_ZSTD}};
    for (size_t i = 0; i < COUNT_OF(codings); i++)
        if (str_eq_nocase(name, str_from_c(codings[i].name))) {
            *out = codings[i].packing;
            return true;
        }
    return false;
}

/* RFC 9110, 8.4.1.2: "deflate" is zlib data; so many clients send it without zlib's head that servers take both. */
static packing sniff_deflate(packing p, bytes packed)
{
    return p == PACKING_ZLIB && packing_sniff(packed) != PACKING_ZLIB ? PACKING_DEFLATE : p;
}

static bool unpack_body(packing p, str name, bytes packed, buf *out, err *e)
{
    unpack_budget budget = unpack_budget_new(packed.len);
    budget.bytes_left = LIMIT_HTTP_BODY_SMALL_BYTES;
    size_t used;
    err why = {0};
    bool fine = unpack_all(p, packed, &budget, out, &used, &why);
    if (fine && used == packed.len) return true;
    if (!fine && (why.code == ERR_TOO_LARGE || out->failed))
        return err_set(e, ERR_TOO_LARGE,
                       "the body unpacks to more than LIMIT_HTTP_BODY_SMALL_BYTES (%zu): ask in parts",
                       (size_t)LIMIT_HTTP_BODY_SMALL_BYTES);
    return err_set(e, ERR_INVALID, "the body is no %.*s, as its Content-Encoding says: %s",
                   STR_ARG(str_slice(name, 0, 40)), fine ? "other bytes follow it" : why.message);
}

bool request_body(http_request *req, buf *unpacked, bytes *body, err *e)
{
    str name;
    packing p;
    *body = http_request_body(req);
    if (!http_header(req, "Content-Encoding", &name)) return true;
    name = str_trim(name);
    if (!coding_of(name, &p))
        return err_set(
            e, ERR_MEDIA_TYPE,
            "the body has the Content-Encoding '%.*s'; send it as it is, or as gzip, deflate or zstd",
            STR_ARG(str_slice(name, 0, 40)));
    if (p == PACKING_NONE) return true;
    buf_init(unpacked,
             LIMIT_HTTP_BODY_SMALL_BYTES * 2); /* the budget ends it; this is room for the last piece */
    if (!unpack_body(sniff_deflate(p, *body), name, *body, unpacked, e)) return false;
    *body = buf_bytes(unpacked);
    return true;
}
