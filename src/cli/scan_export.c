/*
 * cli/scan_export.c - what SARIF and CycloneDX share.
 */
#include "scan_export.h"

#include "base/limits.h"
#include "crypto/digest.h"

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~/", c);
}

str scan_uri_of(arena *a, str path)
{
    enum { TIMES_LONGER = 3, ROOM = 16 };
    AUTO_BUF buf out;
    buf_init(&out, path.len * TIMES_LONGER + ROOM);
    if (str_eq(path, STR("-"))) return STR("stdin");
    while (str_starts_with(path, STR("./")) && path.len > 2) path = str_skip(path, 2);
    if (str_starts_with(path, STR("/"))) buf_add_str(&out, STR("file://"));
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.data[i];
        if (c && is_unreserved(c))
            buf_add_byte(&out, c);
        else
            buf_printf(&out, "%%%02X", c);
    }
    return out.failed ? STR_NONE : arena_copy(a, buf_str(&out));
}

bool scan_fingerprint(const json_t *finding, unsigned ordinal, buf *hex, err *e)
{
    static const char *const members[] = {"code", "call", "eco", "component", "version", "advisory", NULL};
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    for (const char *const *m = members; *m; m++) {
        buf_add_str(&text, json_text(finding, *m));
        buf_add_byte(&text, 0);
    }
    buf_add_str(&text, json_text(json_object_get(finding, "where"), "member"));
    buf_printf(&text, "%c%u", 0, ordinal);
    digest d;
    if (!buf_ok(&text, "a fingerprint", e) || !digest_of(DIGEST_SHA256, buf_bytes(&text), &d, e))
        return false;
    buf_reset(hex);
    buf_add_str(hex, str_from_c(digest_hex(d).text));
    return buf_ok(hex, "a fingerprint", e);
}
