/*
 * policy/watch.c - JSON of /xray/api/v2/watches, and the question whether an artifact is covered.
 *
 * Regular expressions are POSIX extended ones and must match the whole name; they are compiled when asked, on a bounded text.
 */
#include "watch.h"

#include "base/limits.h"

#include <regex.h>

/* --- patterns -------------------------------------------------------------------------------------------------------------- */

/* Within one folder's name. After a '*' failed, only the last one needs to try again with one character more. */
static bool segment_match(str pattern, str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, star_text = 0;
    while (t < text.len) {
        if (p < pattern.len && (pattern.data[p] == '?' || pattern.data[p] == text.data[t]) &&
            pattern.data[p] != '*') {
            p++;
            t++;
        } else if (p < pattern.len && pattern.data[p] == '*') {
            star = p++;
            star_text = t;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '*') p++;
    return p == pattern.len;
}

/* The same one level up: folders instead of characters, '**' instead of '*'. */
bool ant_match(str pattern, str path)
{
    str after_stars = STR_NONE, retry_path = STR_NONE;
    bool has_stars = false;
    for (;;) {
        str part, name, pattern_rest = pattern, path_rest = path;
        bool more_pattern = str_next(&pattern_rest, '/', &part), more_path = str_next(&path_rest, '/', &name);
        if (more_pattern && str_eq(part, STR("**"))) {
            has_stars = true;
            after_stars = pattern = pattern_rest;
            retry_path = path;
        } else if (more_pattern && more_path && segment_match(part, name)) {
            pattern = pattern_rest;
            path = path_rest;
        } else if (!more_pattern && !more_path) {
            return true;
        } else if (has_stars && retry_path.len) {
            if (after_stars.len == 0) return true;
            (void)str_next(&retry_path, '/', &name);
            path = retry_path;
            pattern = after_stars;
        } else {
            return false;
        }
    }
}

/* --- filters ----------------------------------------------------------------------------------------------------------------- */

static bool regex_match(str pattern, str text)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_HTTP_BODY_SMALL_BYTES);
    str whole = arena_printf(&a, "^(%.*s)$", STR_ARG(pattern));
    const char *expression, *subject;
    regex_t compiled;
    if (!str_to_c(&a, whole, &expression, NULL) || !str_to_c(&a, text, &subject, NULL)) return false;
    if (regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB) != 0) return false;
    bool matches = regexec(&compiled, subject, 0, NULL, 0) == 0;
    regfree(&compiled);
    return matches;
}

static bool any_matches(const json_t *patterns, str path)
{
    size_t i;
    json_t *pattern;
    json_array_foreach(patterns, i,
                       pattern) if (ant_match((str){json_string_value(pattern), json_string_length(pattern)},
                                              path)) return true;
    return false;
}

static bool patterns_match(const json_t *value, str path)
{
    const json_t *include = json_object_get(value, "IncludePatterns"),
                 *exclude = json_object_get(value, "ExcludePatterns");
    bool is_in = json_array_size(include) == 0 || any_matches(include, path);
    return is_in && !any_matches(exclude, path);
}

static str text_of(const json_t *text)
{
    return (str){json_string_value(text), json_string_length(text)};
}

static bool filter_matches(const json_t *filter, const watched_item *item)
{
    str type = json_text(filter, "type"), value = json_text(filter, "value");
    str name = str_skip(item->path, (size_t)(str_find_last(item->path, '/') + 1));
    if (str_eq(type, STR("regex"))) return regex_match(value, name);
    if (str_eq(type, STR("path-regex"))) return regex_match(value, item->path);
    if (str_eq(type, STR("mime-type"))) return str_eq_nocase(value, item->mime);
    return patterns_match(json_object_get(filter, "value"), item->path);
}

bool watch_covers(const watch *w, const watched_item *item)
{
    if (!w->is_active) return false;
    for (size_t i = 0; i < w->resource_count; i++) {
        const watch_resource *r = &w->resources[i];
        bool covers = r->repository.len == 0 || str_eq(r->repository, item->repository);
        size_t j;
        json_t *filter;
        json_array_foreach(r->filters, j, filter) covers = covers && filter_matches(filter, item);
        if (covers) return true;
    }
    return false;
}

/* --- reading ----------------------------------------------------------------------------------------------------------------- */

static bool is_pattern_filter(str type)
{
    return str_eq(type, STR("ant-patterns")) || str_eq(type, STR("path-ant-patterns"));
}

static bool check_regex(str pattern, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_HTTP_BODY_SMALL_BYTES);
    const char *expression;
    regex_t compiled;
    if (!str_to_c(&a, pattern, &expression, e)) return false;
    if (pattern.len > LIMIT_PATH_BYTES || regcomp(&compiled, expression, REG_EXTENDED | REG_NOSUB) != 0)
        return err_set(e, ERR_UNPROCESSABLE, "'%.*s' is no regular expression",
                       STR_ARG(str_slice(pattern, 0, 128)));
    regfree(&compiled);
    return true;
}

static bool check_filter(const json_t *filter, err *e)
{
    str type = json_text(filter, "type");
    const json_t *value = json_object_get(filter, "value");
    if (str_eq(type, STR("regex")) || str_eq(type, STR("path-regex")))
        return json_is_string(value) ? check_regex(text_of(value), e)
                                     : err_set(e, ERR_UNPROCESSABLE, "a filter's 'value' must be text");
    if (str_eq(type, STR("mime-type")))
        return json_is_string(value) || err_set(e, ERR_UNPROCESSABLE, "a filter's 'value' must be text");
    if (is_pattern_filter(type))
        return json_is_object(value) ||
               err_set(e, ERR_UNPROCESSABLE, "a filter's 'value' must hold pattern lists");
    return err_set(e, ERR_UNPROCESSABLE, "filters of type '%.*s' are not judged yet",
                   STR_ARG(str_slice(type, 0, 64)));
}

static bool read_resource(const json_t *json, watch_resource *r, err *e)
{
    str type;
    if (!json_member_str(json, "type", &type, e)) return false;
    if (str_eq(type, STR("repository"))) {
        if (!json_member_str(json, "name", &r->repository, e)) return false;
        if (r->repository.len == 0)
            return err_set(e, ERR_UNPROCESSABLE, "a watched repository needs its name");
    } else if (!str_eq(type, STR("all-repos"))) {
        return err_set(e, ERR_UNPROCESSABLE,
                       "resources of type '%.*s' are not judged yet, only repository and all-repos",
                       STR_ARG(str_slice(type, 0, 64)));
    }
    r->filters = json_object_get(json, "filters");
    size_t i;
    json_t *filter;
    json_array_foreach(r->filters, i, filter) if (!check_filter(filter, e)) return false;
    return true;
}

static bool read_resources(const json_t *json, arena *a, watch *w, err *e)
{
    json_t *project, *resources;
    if (!json_member_object(json, "project_resources", &project, e) ||
        !json_member_array(project, "resources", &resources, e))
        return false;
    w->resource_count = json_array_size(resources);
    w->resources = arena_alloc_array(a, w->resource_count, sizeof(*w->resources));
    if (!w->resources) return err_set(e, ERR_MEMORY, "no memory for a watch");
    for (size_t i = 0; i < w->resource_count; i++)
        if (!read_resource(json_array_get(resources, i), &w->resources[i], e))
            return err_wrap(e, "resource %zu", i + 1);
    return w->resource_count > 0 || err_set(e, ERR_UNPROCESSABLE, "a watch must name at least one resource");
}

static bool read_policies(const json_t *json, arena *a, watch *w, err *e)
{
    json_t *assigned;
    if (!json_member_array(json, "assigned_policies", &assigned, e)) return false;
    w->policy_count = json_array_size(assigned);
    w->policies = arena_alloc_array(a, w->policy_count, sizeof(*w->policies));
    if (!w->policies) return err_set(e, ERR_MEMORY, "no memory for a watch");
    for (size_t i = 0; i < w->policy_count; i++)
        if (!json_member_str(json_array_get(assigned, i), "name", &w->policies[i], e))
            return err_wrap(e, "assigned policy %zu", i + 1);
    return true;
}

bool watch_read(const json_t *json, arena *a, watch *out, err *e)
{
    watch w = {0};
    json_t *general;
    if (!json_is_object(json)) return err_set(e, ERR_UNPROCESSABLE, "a watch must be an object");
    if (!json_member_object(json, "general_data", &general, e) ||
        !json_member_str(general, "name", &w.name, e) ||
        !json_member_bool_or(general, "active", true, &w.is_active, e))
        return false;
    if (w.name.len == 0 || w.name.len > 255 || str_find(w.name, '/') >= 0)
        return err_set(e, ERR_UNPROCESSABLE, "'name' must be 1 to 255 characters without '/'");
    if (!read_resources(json, a, &w, e) || !read_policies(json, a, &w, e)) return false;
    *out = w;
    return true;
}

bool watch_normalise(json_t *json, err *e)
{
    size_t i, j;
    json_t *resource, *filter;
    bool fine = true;
    json_array_foreach(json_object_get(json_object_get(json, "project_resources"), "resources"), i, resource)
    {
        if (json_is_null(json_object_get(resource, "filters"))) (void)json_object_del(resource, "filters");
        json_array_foreach(json_object_get(resource, "filters"), j, filter)
        {
            json_t *value = json_object_get(filter, "value");
            if (!is_pattern_filter(json_text(filter, "type")) || !json_is_object(value)) continue;
            for (const char *const *key = (const char *const[]){"IncludePatterns", "ExcludePatterns", NULL};
                 *key; key++)
                if (!json_is_array(json_object_get(value, *key)))
                    fine = fine && json_object_set_new(value, *key, json_array()) == 0;
        }
    }
    return fine || err_set(e, ERR_MEMORY, "no memory for a watch");
}
