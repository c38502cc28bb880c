/*
 * serve/store.c - a model out of an Assay server: its storage API says what is there and which digest it has, then the bytes are fetched.
 *
 * A source that names a folder means the newest version in it: of the folders whose names begin with a digit the greatest in version order, and the model file in that.
 */
#include "source.h"

#include "base/limits.h"
#include "codec/json.h"
#include "http/fetch.h"
#include "os/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { URL_BYTES = 8192, FOLDERS_MAX = 3, INFO_SECONDS_MAX = 60 };

static void add_encoded(buf *url, str path)
{
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-._~/", c));
        if (plain)
            buf_add_byte(url, c);
        else
            buf_printf(url, "%%%02X", c);
    }
}

static bool fetch(const preparing *p, const char *prefix, str path, const char *to, uint64_t most, err *e)
{
    AUTO_BUF buf url;
    buf_init(&url, URL_BYTES);
    buf_printf(&url, "%s%s", p->source->server, prefix);
    add_encoded(&url, path);
    buf_add_byte(&url, 0);
    if (!buf_ok(&url, "the address of a model", e)) return false;
    http_fetched got;
    const http_fetch what = {
        .url = (const char *)url.data, .path = to, .bearer = p->store_token, .size_bytes_max = most};
    return http_fetch_file(&what, &got, e);
}

static bool fetch_info(const preparing *p, str path, const char *folder, json_t **info, err *e)
{
    char to[1100];
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    snprintf(to, sizeof to, "%s/info", folder);
    return fetch(p, "/artifactory/api/storage/", path, to, LIMIT_JSON_DOC_BYTES, e) &&
           file_read_all(to, &text, e) && json_decode(buf_bytes(&text), "the store's answer", info, e);
}

/* "1.10.0" is greater than "1.9.2": runs of digits are numbers. */
static int compare_versions(str a, str b)
{
    while (a.len && b.len) {
        size_t digits_a = 0, digits_b = 0;
        while (digits_a < a.len && a.data[digits_a] >= '0' && a.data[digits_a] <= '9') digits_a++;
        while (digits_b < b.len && b.data[digits_b] >= '0' && b.data[digits_b] <= '9') digits_b++;
        uint64_t x = 0, y = 0;
        if (digits_a && digits_b && str_to_u64(str_slice(a, 0, digits_a), &x) &&
            str_to_u64(str_slice(b, 0, digits_b), &y)) {
            if (x != y) return x < y ? -1 : 1;
            a = str_skip(a, digits_a);
            b = str_skip(b, digits_b);
            continue;
        }
        if (a.data[0] != b.data[0]) return a.data[0] < b.data[0] ? -1 : 1;
        a = str_skip(a, 1);
        b = str_skip(b, 1);
    }
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* The child of a folder that is meant: its newest version, or else its only model. */
static bool choose_child(const json_t *children, str path, str *child, bool *is_folder, err *e)
{
    str version = STR_NONE, file = STR_NONE;
    size_t i, files = 0;
    json_t *item;
    json_array_foreach(children, i, item)
    {
        str uri = json_text(item, "uri");
        if (str_starts_with(uri, STR("/"))) uri = str_skip(uri, 1);
        if (uri.len == 0 || str_ends_with(uri, STR(".card.json"))) continue;
        if (!json_is_true(json_object_get(item, "folder"))) {
            files++;
            file = uri;
        } else if (uri.data[0] >= '0' && uri.data[0] <= '9' &&
                   (!version.len || compare_versions(uri, version) > 0)) {
            version = uri;
        }
    }
    *is_folder = version.len > 0;
    *child = *is_folder ? version : file;
    if (*is_folder || files == 1) return true;
    return err_set(e, ERR_NOT_FOUND,
                   "the folder '%.*s' of the store holds neither versions nor one model: name a file",
                   STR_ARG(path));
}

static bool find_file(const preparing *p, const char *folder, arena *a, str *path, prepared *out, err *e)
{
    *path = str_from_c(p->source->path);
    for (int depth = 0; depth < FOLDERS_MAX; depth++) {
        AUTO(json_release) json_t *info = NULL;
        if (!fetch_info(p, *path, folder, &info, e)) return false;
        const json_t *children = json_object_get(info, "children");
        if (!json_is_array(children)) {
            str hex = json_text(json_object_get(info, "checksums"), "sha256");
            if (hex.len != HEX_BYTES - 1)
                return err_set(e, ERR_UPSTREAM, "the store does not tell the sha256 of '%.*s'",
                               STR_ARG(*path));
            memcpy(out->sha256, hex.data, hex.len);
            return true;
        }
        str child;
        bool is_folder;
        if (!choose_child(children, *path, &child, &is_folder, e)) return false;
        if (is_folder) snprintf(out->version, sizeof out->version, "%.*s", STR_ARG(child));
        *path = arena_printf(a, "%.*s/%.*s", STR_ARG(*path), STR_ARG(child));
        if (!path->data) return err_set(e, ERR_MEMORY, "no memory for an address");
    }
    return err_set(e, ERR_NOT_FOUND, "'%s' is nested too deep: name a file", p->source->path);
}

bool store_fetch(const preparing *p, const char *folder, prepared *out, bool *unchanged, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    str path;
    char to[1100];
    if (!find_file(p, folder, &a, &path, out, e)) return false;
    *unchanged = strcmp(out->sha256, p->known_sha256) == 0;
    if (*unchanged) return true;
    snprintf(to, sizeof to, "%s/model", folder);
    if (!fetch(p, "/artifactory/", path, to, LIMIT_MODEL_BYTES, e)) return false;
    snprintf(to, sizeof to, "%s/card", folder);
    str card = arena_printf(&a, "%.*s.card.json", STR_ARG(path));
    err missing = {0};
    if (fetch(p, "/artifactory/", card, to, LIMIT_JSON_DOC_BYTES, &missing) || missing.code == ERR_NOT_FOUND)
        return true;
    return err_set(e, missing.code, "%s", missing.message);
}
