/*
 * The gate and the route patterns on any bytes: the first line is the target, the others are header lines.
 *
 * What passes must keep its promises: a decoded path has no NUL, no dots and no encoded slash, and lengths leave no doubt.
 */
#include "src/http/gate.h"
#include "src/http/route.h"

#include <assert.h>

enum { FIELDS_MAX = 64 };

static size_t split_fields(str text, http_field *fields)
{
    size_t count = 0;
    str line;
    while (count < FIELDS_MAX && str_next(&text, '\n', &line)) {
        str_cut(line, ':', &fields[count].name, &fields[count].value);
        fields[count].value = str_trim(fields[count].value);
        count++;
    }
    return count;
}

static void check_target(str target)
{
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    http_target t;
    if (!http_target_parse(target, &a, &t, NULL)) return;
    assert(t.path.len > 0 && t.path.data[0] == '/' && str_is_utf8(t.path));
    assert(str_find(t.path, 0) < 0 && !str_contains(t.path, STR("/../")) &&
           !str_ends_with(t.path, STR("/..")));

    static const char *const patterns[] = {"/{repo}/{path...}", "/v2/{name...}/blobs/{digest}",
                                           "/api/{key}/list"};
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        route_params params;
        if (!route_pattern_match(patterns[i], t.path, &params)) continue;
        for (size_t j = 0; j < params.count; j++) assert(params.items[j].value.len <= t.path.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str target, rest;
    str_cut((str){(const char *)data, size}, '\n', &target, &rest);
    check_target(target);

    http_field fields[FIELDS_MAX];
    const http_head head = {.target = target,
                            .version = STR("HTTP/1.1"),
                            .fields = fields,
                            .field_count = split_fields(rest, fields),
                            .head_bytes = size};
    http_framing framing;
    if (http_gate_check(&head, &framing, NULL)) assert(!(framing.is_chunked && framing.has_length));
    return 0;
}
