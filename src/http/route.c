/*
 * http/route.c - patterns against paths, segment by segment.
 *
 * A few hundred rows are compared one after the other: most differ in their first bytes, so a lookup costs about a
 * microsecond and the tables stay what they look like.
 */
#include "route.h"

#include <assert.h>

/* "/a/b/" is the segments "a", "b" and "". */
static bool take_first(str *path, str *segment)
{
    if (path->len == 0) return false;
    *path = str_skip(*path, 1);
    ptrdiff_t slash = str_find(*path, '/');
    size_t len = slash < 0 ? path->len : (size_t)slash;
    *segment = str_slice(*path, 0, len);
    *path = str_skip(*path, len);
    return true;
}

static bool take_last(str *path, str *segment)
{
    ptrdiff_t slash = str_find_last(*path, '/');
    if (slash < 0) return false;
    *segment = str_skip(*path, (size_t)slash + 1);
    *path = str_slice(*path, 0, (size_t)slash);
    return true;
}

static bool is_parameter(str segment)
{
    return segment.len > 2 && segment.data[0] == '{';
}

static bool is_rest(str segment)
{
    return is_parameter(segment) && str_ends_with(segment, STR("...}"));
}

static void keep(route_params *out, str name, str value)
{
    assert(out->count < ROUTE_PARAMS_MAX);
    out->items[out->count++] = (route_param){name, value};
}

static bool match_segment(str pattern, str segment, route_params *out)
{
    if (!is_parameter(pattern)) return str_eq(pattern, segment);
    if (segment.len == 0) return false;
    keep(out, str_slice(pattern, 1, pattern.len - 2), segment);
    return true;
}

/* What stands behind "{x...}" is read from the right end: repository names may contain the words of the pattern. */
static bool match_rest(str name, str pattern_tail, str path, route_params *out)
{
    bool has_tail = pattern_tail.len > 0;
    str wanted, segment;
    while (take_last(&pattern_tail, &wanted))
        if (!take_last(&path, &segment) || !match_segment(wanted, segment, out)) return false;

    str rest = str_skip(path, 1);
    if (has_tail && rest.len == 0) return false;
    keep(out, str_slice(name, 1, name.len - 5), rest);
    return true;
}

bool route_pattern_match(const char *pattern, str path, route_params *out)
{
    out->count = 0;
    str left = str_from_c(pattern), wanted, segment;
    while (take_first(&left, &wanted)) {
        if (is_rest(wanted)) return match_rest(wanted, left, path, out);
        if (!take_first(&path, &segment) || !match_segment(wanted, segment, out)) return false;
    }
    return path.len == 0;
}

static bool prefix_covers(str prefix, str path)
{
    if (str_eq(prefix, STR("/"))) return true;
    return str_starts_with(path, prefix) && (path.len == prefix.len || path.data[prefix.len] == '/');
}

const http_route_table *route_table_of(const http_route_table *const *tables, size_t count, str path)
{
    const http_route_table *best = NULL;
    size_t best_len = 0;
    for (size_t i = 0; i < count; i++) {
        str prefix = str_from_c(tables[i]->prefix);
        if (prefix.len <= best_len || !prefix_covers(prefix, path)) continue;
        best = tables[i];
        best_len = prefix.len;
    }
    return best;
}

/* GET rows answer HEAD too. */
static unsigned answered_methods(const http_route *row)
{
    return row->methods & HTTP_GET ? row->methods | HTTP_HEAD : row->methods;
}

void route_find(const http_route_table *const *tables, size_t count, http_method method, str path,
                route_found *out)
{
    out->row = NULL;
    out->allowed = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < tables[i]->count; j++) {
            const http_route *row = &tables[i]->rows[j];
            if (!route_pattern_match(row->pattern, path, &out->params)) continue;
            out->allowed |= answered_methods(row);
            if (!(answered_methods(row) & method)) continue;
            out->table = tables[i];
            out->row = row;
            return;
        }
    }
    out->params.count = 0;
    out->table = route_table_of(tables, count, path);
}
