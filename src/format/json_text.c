/*
 * format/json_text.c - a look at a document without parsing it, and at the paths that documents name.
 */
#include "json_text.h"

#include <stdio.h>

static size_t skip_space(bytes content, size_t at)
{
    while (at < content.len && content.data[at] && strchr(" \t\r\n", content.data[at])) at++;
    return at;
}

bool json_text_is_object(bytes content)
{
    size_t at = str_starts_with(bytes_str(content), STR("\xef\xbb\xbf")) ? 3 : 0;
    at = skip_space(content, at);
    if (at >= content.len || content.data[at] != '{') return false;
    at = skip_space(content, at + 1);
    return at < content.len && (content.data[at] == '"' || content.data[at] == '}');
}

bool json_text_has(bytes content, const char *name)
{
    char quoted[64];
    int len = snprintf(quoted, sizeof(quoted), "\"%s\"", name);
    return content.len && memmem(content.data, content.len, quoted, (size_t)len) != NULL;
}

bool path_stays_inside(str path)
{
    if (path.len == 0 || path.data[0] == '/' || path.data[0] == '\\' || path.data[0] == '~') return false;
    if (path.len > 1 && path.data[1] == ':') return false;
    if (str_contains(path, STR("://")) || memchr(path.data, 0, path.len)) return false;
    for (size_t from = 0; from <= path.len;) {
        size_t to = from;
        while (to < path.len && path.data[to] != '/' && path.data[to] != '\\') to++;
        if (str_eq(str_slice(path, from, to - from), STR(".."))) return false;
        from = to + 1;
    }
    return true;
}

bool path_is_plain_sibling(str path)
{
    return path_stays_inside(path) && str_find(path, '/') < 0 && str_find(path, '\\') < 0;
}
