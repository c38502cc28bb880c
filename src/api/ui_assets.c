/*
 * api/ui_assets.c - which embedded file answers an address, and in which encoding.
 *
 * Every address that is not a file is a view, drawn by the one page: deep links and reloads work without the server knowing the views.
 */
#include "ui_assets.h"

static const ui_asset *asset_named(str path)
{
    for (size_t i = 0; i < ui_asset_count; i++)
        if (str_eq(path, str_from_c(ui_assets[i].path))) return &ui_assets[i];
    return NULL;
}

const ui_asset *ui_asset_find(str path)
{
    const ui_asset *asset = asset_named(path);
    if (asset) return asset;

    /* A page in place of a missing script would be parsed as a script; a page in place of JSON hides a mistake. */
    bool is_file = str_starts_with(path, STR("assets/"));
    bool is_api = str_eq(path, STR("api")) || str_starts_with(path, STR("api/"));
    return is_file || is_api ? NULL : asset_named(STR("index.html"));
}

/* "q=0", "q=0.0", "q=0.000": the client refuses this encoding. */
static bool weight_is_zero(str parameters)
{
    str parameter;
    while (str_next(&parameters, ';', &parameter)) {
        str name, value;
        if (!str_cut(str_trim(parameter), '=', &name, &value) || !str_eq_nocase(str_trim(name), STR("q")))
            continue;
        value = str_trim(value);
        for (size_t i = 0; i < value.len; i++)
            if (value.data[i] != '0' && value.data[i] != '.') return false;
        return value.len > 0;
    }
    return false;
}

static bool encoding_is_taken(str accept_encoding, str wanted)
{
    str part;
    while (str_next(&accept_encoding, ',', &part)) {
        str name, parameters;
        str_cut(part, ';', &name, &parameters);
        if (str_eq_nocase(str_trim(name), wanted)) return !weight_is_zero(parameters);
    }
    return false;
}

ui_encoding ui_asset_encoding(const ui_asset *asset, str accept_encoding)
{
    if (asset->brotli.len > 0 && encoding_is_taken(accept_encoding, STR("br"))) return UI_BROTLI;
    if (asset->gzip.len > 0 && encoding_is_taken(accept_encoding, STR("gzip"))) return UI_GZIP;
    return UI_PLAIN;
}
