/*
 * api/ui_assets.h - the web UI inside the binary: a table that scripts/embed.py writes at build time.
 *
 * Constant data; freely shared by all threads.
 */
#ifndef API_UI_ASSETS_H
#define API_UI_ASSETS_H

#include "base/str.h"

typedef struct ui_asset {
    const char *path; /* below /ui/: "index.html", "assets/app-<hash>.js" */
    const char *content_type;
    const char *etag;
    bool immutable;            /* its name holds its hash */
    bytes plain, gzip, brotli; /* an encoding that was not made is empty */
} ui_asset;

extern const ui_asset ui_assets[];
extern const size_t ui_asset_count;

/* The asset at this path below /ui/. An address of a view ("vulnerabilities", "artifacts/ml-models/a.pkl") is answered by the page, which
 * draws it; NULL for what can only be a mistake: an unknown file of assets/, or an unknown address of the UI's API. */
const ui_asset *ui_asset_find(str path);

typedef enum ui_encoding { UI_PLAIN, UI_GZIP, UI_BROTLI } ui_encoding;

/* The best encoding that the client takes (RFC 9110, 12.5.3) and the asset has. `*` counts for none: such clients get it plain. */
ui_encoding ui_asset_encoding(const ui_asset *asset, str accept_encoding);

#endif
