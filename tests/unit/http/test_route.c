/*
 * Routes: which row answers, what its parameters are, who words an error.
 */
#include "tests/unit/test.h"

#include "route.h"

static void expect_match(const char *pattern, const char *path, const char *want)
{
    route_params params;
    bool found = route_pattern_match(pattern, str_from_c(path), &params);
    char got[256] = "-";
    size_t len = 0;
    if (found) got[0] = 0;
    for (size_t i = 0; found && i < params.count; i++)
        len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%.*s=%.*s", i ? " " : "",
                                STR_ARG(params.items[i].name), STR_ARG(params.items[i].value));
    if (strcmp(got, want) != 0) fail_msg("%s on %s: '%s', wanted '%s'", pattern, path, got, want);
}

static void route_patterns_match_by_segment(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *path, *want;
    } cases[] = {
        {"/", "/", ""},
        {"/", "/a", "-"},
        {"/healthz", "/healthz", ""},
        {"/healthz", "/healthz/", "-"},
        {"/healthz", "/healthzz", "-"},
        {"/v2/", "/v2/", ""},
        {"/v2/", "/v2", "-"},
        {"/api/{key}", "/api/x", "key=x"},
        {"/api/{key}", "/api/", "-"},
        {"/api/{key}", "/api", "-"},
        {"/api/{key}", "/api/x/y", "-"},
        {"/api/{key}/list", "/api/x/list", "key=x"},
        {"/{repo}/{path...}", "/r/a/b/c", "repo=r path=a/b/c"},
        {"/{repo}/{path...}", "/r/a/b/", "repo=r path=a/b/"},
        {"/{repo}/{path...}", "/r/", "repo=r path="},
        {"/{repo}/{path...}", "/r", "repo=r path="},
        {"/v2/{name...}/blobs/{digest}", "/v2/a/b/blobs/d", "digest=d name=a/b"},
        {"/v2/{name...}/blobs/{digest}", "/v2/blobs/blobs/d", "digest=d name=blobs"},
        {"/v2/{name...}/blobs/{digest}", "/v2/a/blobs/b/blobs/d", "digest=d name=a/blobs/b"},
        {"/v2/{name...}/blobs/{digest}", "/v2/blobs/d", "-"},
        {"/v2/{name...}/blobs/{digest}", "/v2/a/blobs/", "-"},
        {"/v2/{name...}/blobs/{digest}", "/v2", "-"},
        {"/v2/{name...}/blobs/uploads/", "/v2/a/blobs/uploads/", "name=a"},
        {"/v2/{name...}/blobs/uploads/", "/v2/a/blobs/uploads", "-"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) expect_match(cases[i].pattern, cases[i].path, cases[i].want);
}

static const http_route first_rows[] = {
    {.methods = HTTP_GET, .pattern = "/a/{x}", .help = "get"},
    {.methods = HTTP_PUT | HTTP_DELETE, .pattern = "/a/{x}", .help = "put"},
    {.methods = HTTP_HEAD, .pattern = "/a/b/c", .help = "head"},
    {.methods = HTTP_GET, .pattern = "/a/{x...}", .help = "rest"},
};
static const http_route_table first = {.name = "first", .prefix = "/a", .rows = first_rows, .count = 4};
static const http_route second_rows[] = {{.methods = HTTP_POST, .pattern = "/a/b/{y}", .help = "post"}};
static const http_route_table second = {.name = "second", .prefix = "/a/b", .rows = second_rows, .count = 1};
static const http_route_table root = {.name = "root", .prefix = "/"};
static const http_route_table *const tables[] = {&root, &first, &second};

static void expect_row(http_method method, const char *path, const char *row, const char *table,
                       unsigned allowed)
{
    route_found found;
    route_find(tables, COUNT_OF(tables), method, str_from_c(path), &found);
    assert_string_equal(found.row ? found.row->help : "-", row);
    assert_string_equal(found.table ? found.table->name : "-", table);
    if (!found.row) assert_int_equal(found.allowed, allowed);
}

static void route_find_chooses_the_first_fit(void **state)
{
    (void)state;
    expect_row(HTTP_GET, "/a/1", "get", "first", 0);
    expect_row(HTTP_HEAD, "/a/1", "get", "first", 0);
    expect_row(HTTP_DELETE, "/a/1", "put", "first", 0);
    expect_row(HTTP_HEAD, "/a/b/c", "head", "first", 0);
    expect_row(HTTP_GET, "/a/b/c", "rest", "first", 0);
    expect_row(HTTP_POST, "/a/b/c", "post", "second", 0);
}

static void route_find_names_the_table_for_errors(void **state)
{
    (void)state;
    expect_row(HTTP_PATCH, "/a/1", "-", "first", HTTP_GET | HTTP_HEAD | HTTP_PUT | HTTP_DELETE);
    expect_row(HTTP_PATCH, "/a/b/c", "-", "second", HTTP_GET | HTTP_HEAD | HTTP_POST);
    expect_row(HTTP_GET, "/ab", "-", "root", 0);
    expect_row(HTTP_GET, "/", "-", "root", 0);
    expect_row(HTTP_PUT, "/a", "-", "first", HTTP_GET | HTTP_HEAD);
    expect_row(0, "/a/b/x", "-", "second", HTTP_GET | HTTP_HEAD | HTTP_POST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(route_patterns_match_by_segment),
        cmocka_unit_test(route_find_chooses_the_first_fit),
        cmocka_unit_test(route_find_names_the_table_for_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
