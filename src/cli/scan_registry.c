/*
 * cli/scan_registry.c - a GET of the registry API, with the token dance of Docker's registries.
 *
 * A registry that wants a token says where to get it: WWW-Authenticate: Bearer realm="...",service="...",scope="...". The password goes to that realm and
 * nowhere else, so the realm must speak TLS; a registry on this machine may have one on this machine.
 */
#include "scan_reference.h"
#include "scan_remote.h"

#include "base/limits.h"
#include "http/fetch.h"
#include "os/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct challenge {
    str realm, service, scope;
    bool is_bearer;
} challenge;

/* Bearer realm="https://auth.example.org/token",service="registry",scope="repository:a/b:pull" */
static challenge read_challenge(str text)
{
    challenge c = {0};
    str scheme, rest;
    if (!str_cut(text, ' ', &scheme, &rest)) return c;
    c.is_bearer = str_eq_nocase(scheme, STR("bearer"));
    while (rest.len) {
        str name, value;
        if (!str_cut(rest, '=', &name, &rest)) break;
        name = str_trim(name);
        bool is_quoted = rest.len && rest.data[0] == '"';
        if (is_quoted) rest = str_skip(rest, 1);
        (void)str_cut(rest, is_quoted ? '"' : ',', &value, &rest);
        if (is_quoted && rest.len && rest.data[0] == ',') rest = str_skip(rest, 1);
        if (str_eq_nocase(name, STR("realm"))) c.realm = value;
        if (str_eq_nocase(name, STR("service"))) c.service = value;
        if (str_eq_nocase(name, STR("scope"))) c.scope = value;
    }
    return c;
}

static bool may_be_asked(const registry_session *r, str realm)
{
    if (str_starts_with(realm, STR("https://"))) return true;
    str host, path;
    if (!r->is_loopback || !str_starts_with(realm, STR("http://"))) return false;
    (void)str_cut(str_skip(realm, strlen("http://")), '/', &host, &path);
    return scan_host_is_loopback(host);
}

static void add_query(buf *url, const char *name, str value)
{
    if (value.len == 0) return;
    buf_printf(url, "%s%s=", str_find(buf_str(url), '?') < 0 ? "?" : "&", name);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                        c == '-' || c == '_' || c == '.' || c == '/';
        if (is_plain)
            buf_add_byte(url, c);
        else
            buf_printf(url, "%%%02X", c);
    }
}

static bool read_token(registry_session *r, const char *path, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    AUTO(json_release) json_t *answer = NULL;
    if (!file_read_all(path, &text, e) || !json_decode(buf_bytes(&text), "the token", &answer, e))
        return false;
    str token = json_text(answer, "token");
    if (token.len == 0) token = json_text(answer, "access_token");
    if (token.len == 0) return err_set(e, ERR_UPSTREAM, "the registry's token service gave no token");
    return str_to_c(r->arena, token, &r->bearer, e);
}

static bool get_token(registry_session *r, str header, const char *into, err *e)
{
    challenge c = read_challenge(header);
    if (!may_be_asked(r, c.realm))
        return err_set(
            e, ERR_UPSTREAM,
            "the registry sends for its token to '%.*s', which is not asked: it does not speak TLS",
            STR_ARG(c.realm));
    AUTO_BUF buf url;
    buf_init(&url, LIMIT_HTTP_HEAD_BYTES);
    buf_add_str(&url, c.realm);
    add_query(&url, "service", c.service);
    add_query(&url, "scope", c.scope);
    const char *address;
    if (!buf_ok(&url, "an address", e) || !str_to_c(r->arena, buf_str(&url), &address, e)) return false;
    http_fetch what = {.url = address,
                       .path = into,
                       .user_password = r->user_password,
                       .is_direct = r->is_loopback,
                       .size_bytes_max = LIMIT_JSON_DOC_BYTES};
    http_fetched got;
    bool fine = http_fetch_file(&what, &got, e) && read_token(r, into, e);
    unlink(into);
    return fine || err_wrap(e, "asking for a token");
}

typedef struct watched {
    const scan_remote_options *options;
    uint64_t told;
} watched;

static void on_bytes(void *ctx, uint64_t done, uint64_t total)
{
    watched *w = ctx;
    (void)total;
    if (w->options->done_bytes && done > w->told) atomic_fetch_add(w->options->done_bytes, done - w->told);
    if (done > w->told) w->told = done;
}

bool registry_get(registry_session *r, const char *path, const char *accept, const char *into,
                  uint64_t size_bytes_max, err *e)
{
    char header[HTTP_CHALLENGE_BYTES] = "";
    watched progress = {.options = r->options};
    str url = arena_printf(r->arena, "%s%s", r->base, path);
    if (!url.data) return err_set(e, ERR_MEMORY, "no memory for an address");
    http_fetch what = {.url = url.data,
                       .path = into,
                       .accept = accept,
                       .bearer = r->bearer,
                       .user_password = r->is_basic ? r->user_password : NULL,
                       .is_direct = r->is_loopback,
                       .size_bytes_max = size_bytes_max,
                       .challenge = header,
                       .progress = on_bytes,
                       .progress_ctx = &progress};
    http_fetched got;
    err why = {0};
    if (http_fetch_file(&what, &got, &why)) return true;
    if (why.code != ERR_UNAUTHENTICATED) return err_set(e, why.code, "%s", why.message);
    bool wants_token = read_challenge(str_from_c(header)).is_bearer;
    if (wants_token && !get_token(r, str_from_c(header), into, e)) return false;
    if (!wants_token && !r->user_password)
        return err_set(e, why.code, "%s: give --user, or log in with docker", why.message);
    r->is_basic = !wants_token;
    what.bearer = wants_token ? r->bearer : NULL;
    what.user_password = wants_token ? NULL : r->user_password;
    return http_fetch_file(&what, &got, e);
}
