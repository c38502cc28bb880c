/*
 * mime.c - content types by extension, for artifacts whose client did not say.
 */
#include "registry/registry.h"

static const struct {
    const char *extension, *mime;
} table[] = {
    {".csv", "text/csv"},
    {".deb", "application/vnd.debian.binary-package"},
    {".gz", "application/gzip"},
    {".htm", "text/html"},
    {".html", "text/html"},
    {".ipynb", "application/x-ipynb+json"},
    {".jar", "application/java-archive"},
    {".json", "application/json"},
    {".md", "text/markdown"},
    {".onnx", "application/octet-stream"},
    {".parquet", "application/vnd.apache.parquet"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".tar", "application/x-tar"},
    {".tgz", "application/gzip"},
    {".toml", "application/toml"},
    {".txt", "text/plain"},
    {".whl", "application/zip"},
    {".xml", "application/xml"},
    {".yaml", "application/yaml"},
    {".yml", "application/yaml"},
    {".zip", "application/zip"},
};

str registry_mime_of(str path)
{
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        str extension = str_from_c(table[i].extension);
        if (path.len > extension.len && str_eq_nocase(str_skip(path, path.len - extension.len), extension))
            return str_from_c(table[i].mime);
    }
    return STR("application/octet-stream");
}
