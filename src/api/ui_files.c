/*
 * api/ui_files.c - serves the embedded UI: /, /ui and everything below /ui/ that no table before this one claims.
 *
 * Files with a hash in their name never change, so browsers may keep them for good; the page itself is asked for again each time and
 * answered with 304. The headers forbid everything that the UI does not do: no foreign scripts, no inline code, no framing, no plug-ins.
 */
#include "api/routes.h"

#include "auth/auth.h"
#include "ui_assets.h"

static const struct {
    const char *name, *value;
} security_headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
     "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"},
};

static void set_headers(http_response *resp, const ui_asset *asset)
{
    for (size_t i = 0; i < COUNT_OF(security_headers); i++)
        http_header_set(resp, security_headers[i].name, str_from_c(security_headers[i].value));
    http_header_set(resp, "Cache-Control",
                    asset->immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
    http_header_set(resp, "Vary", STR("Accept-Encoding"));
    http_header_set(resp, "ETag", str_from_c(asset->etag));
}

/* RFC 9110, 13.1.2: a list of validators, weakly compared. */
static bool client_has(const http_request *req, const ui_asset *asset)
{
    str known, part;
    if (!http_header(req, "If-None-Match", &known)) return false;
    while (str_next(&known, ',', &part)) {
        part = str_trim(part);
        if (str_starts_with(part, STR("W/"))) part = str_skip(part, 2);
        if (str_eq(part, STR("*")) || str_eq(part, str_from_c(asset->etag))) return true;
    }
    return false;
}

static void reply_encoded(const http_request *req, http_response *resp, const ui_asset *asset)
{
    str accepted = STR_NONE;
    if (!http_header(req, "Accept-Encoding", &accepted)) accepted = STR_NONE;
    switch (ui_asset_encoding(asset, accepted)) {
    case UI_BROTLI:
        http_header_set(resp, "Content-Encoding", STR("br"));
        http_reply_static(resp, 200, asset->content_type, asset->brotli);
        return;
    case UI_GZIP:
        http_header_set(resp, "Content-Encoding", STR("gzip"));
        http_reply_static(resp, 200, asset->content_type, asset->gzip);
        return;
    case UI_PLAIN: http_reply_static(resp, 200, asset->content_type, asset->plain); return;
    }
}

static bool ui_file(http_request *req, http_response *resp, err *e)
{
    str path = http_param(req, "path");
    const ui_asset *asset = ui_asset_find(path);
    if (!asset) return err_set(e, ERR_NOT_FOUND, "the UI has no file '%.*s'", STR_ARG(path));

    set_headers(resp, asset);
    if (client_has(req, asset))
        http_reply_empty(resp, 304);
    else
        reply_encoded(req, resp, asset);
    return true;
}

static bool ui_redirect(http_request *req UNUSED, http_response *resp, err *e UNUSED)
{
    http_header_set(resp, "Location", STR("/ui/"));
    http_reply_empty(resp, 302);
    return true;
}

static const http_route rows[] = {
    {HTTP_GET, "/", AUTH_NOTHING, BODY_NONE, RUN_INLINE, NULL, ui_redirect, "to the web UI"},
    {HTTP_GET, "/ui", AUTH_NOTHING, BODY_NONE, RUN_INLINE, NULL, ui_redirect, "to the web UI"},
    {HTTP_GET, "/ui/{path...}", AUTH_NOTHING, BODY_NONE, RUN_INLINE, NULL, ui_file,
     "the web UI: its files, and its page for every view"},
};

const http_route_table api_ui_file_routes = {
    .name = "ui", .prefix = "/ui", .rows = rows, .count = COUNT_OF(rows)};
