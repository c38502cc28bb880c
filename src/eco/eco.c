/*
 * eco/eco.c - what all ecosystems share: finding one, package URLs, os-release.
 */
#include "eco/eco.h"

#include "base/buf.h"
#include "base/limits.h"

const ecosystem *ecosystem_find(str name)
{
    for (size_t i = 0; ecosystems[i]; i++)
        if (str_eq(str_from_c(ecosystems[i]->name), name)) return ecosystems[i];
    return NULL;
}

const ecosystem *ecosystem_find_osv(str osv_name)
{
    str base, release;
    str_cut(osv_name, ':', &base, &release);
    for (size_t i = 0; ecosystems[i]; i++) {
        if (str_eq(str_from_c(ecosystems[i]->osv_name), base)) return ecosystems[i];
        if (ecosystems[i]->osv_name_also && str_eq(str_from_c(ecosystems[i]->osv_name_also), base))
            return ecosystems[i];
    }
    return NULL;
}

/* --- package URLs ---------------------------------------------------------------------------------------------------------- */

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~:", c));
}

static void add_encoded(buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_unreserved(text.data[i]))
            buf_add_byte(out, (uint8_t)text.data[i]);
        else
            buf_printf(out, "%%%02X", (unsigned char)text.data[i]);
    }
}

str component_purl(arena *a, const component *c)
{
    AUTO_BUF buf out;
    buf_init(&out, 64 * KIB);
    buf_printf(&out, "pkg:%s/", c->eco->name);
    str vendor, release;
    bool has_release = str_cut(c->namespace, ':', &vendor, &release);
    if (vendor.len) {
        add_encoded(&out, vendor);
        buf_add_byte(&out, '/');
    }
    add_encoded(&out, c->name);
    if (c->version_is_known && c->version.len) {
        buf_add_byte(&out, '@');
        add_encoded(&out, c->version);
    }
    if (has_release) {
        buf_add_str(&out, STR("?distro="));
        add_encoded(&out, vendor);
        buf_add_byte(&out, '-');
        add_encoded(&out, release);
    }
    return out.failed ? STR_NONE : arena_copy(a, buf_str(&out));
}

/* --- os-release(5) --------------------------------------------------------------------------------------------------------- */

/* The value of a shell-like assignment: quotes are taken off, a backslash inside double quotes protects the next byte. */
static str unquote(arena *a, str value)
{
    if (value.len < 2 || (value.data[0] != '"' && value.data[0] != '\'')) return arena_copy(a, value);
    char quote = value.data[0];
    char *plain = arena_alloc(a, value.len);
    size_t len = 0;
    for (size_t i = 1; plain && i < value.len && value.data[i] != quote; i++) {
        if (value.data[i] == '\\' && quote == '"' && i + 1 < value.len) i++;
        plain[len++] = value.data[i];
    }
    return (str){plain, len};
}

bool os_release_read(arena *a, bytes file, str *id, str *version_id)
{
    str found_id = STR_NONE, found_version = STR_NONE, codename = STR_NONE;
    str rest = bytes_str(file), line;
    while (str_next(&rest, '\n', &line)) {
        str key, value;
        if (!str_cut(str_trim(line), '=', &key, &value)) continue;
        if (str_eq(key, STR("ID"))) found_id = unquote(a, value);
        if (str_eq(key, STR("VERSION_ID"))) found_version = unquote(a, value);
        if (str_eq(key, STR("VERSION_CODENAME"))) codename = unquote(a, value);
    }
    if (found_id.len == 0) return false;
    /* Debian's testing and unstable have no number. */
    *id = found_id;
    *version_id = found_version.len ? found_version : codename;
    return true;
}

str os_release_namespace(arena *a, str id, str version_id)
{
    if (version_id.len == 0) return arena_copy(a, id);
    /* Not with printf: a NUL in a hostile file would end the name early, and make it another's. */
    char *name = arena_alloc(a, id.len + 1 + version_id.len);
    if (!name) return STR_NONE;
    memcpy(name, id.data, id.len);
    name[id.len] = ':';
    memcpy(name + id.len + 1, version_id.data, version_id.len);
    return (str){name, id.len + 1 + version_id.len};
}
