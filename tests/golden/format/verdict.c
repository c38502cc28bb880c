/*
 * Reads files and prints one line of JSON for each: path, format, verdict, findings and call lines. What the golden tests compare.
 *
 *   format_verdict FILE...
 */
#include "codec/json.h"
#include "format/format.h"
#include "os/file.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *finding_json(const finding *f)
{
    json_t *o = json_object();
    (void)json_set_str(o, "code", str_from_c(f->code));
    (void)json_set_str(o, "severity", str_from_c(severity_name(f->severity)));
    (void)json_set_str(o, "title", f->title);
    if (f->member.len) (void)json_set_str(o, "member", f->member);
    if (f->has_offset) (void)json_object_set_new(o, "offset", json_integer((json_int_t)f->offset));
    if (f->call.len) (void)json_set_str(o, "call", f->call);
    return o;
}

static json_t *report_json(const char *path, const report *r)
{
    json_t *o = json_object(), *findings = json_array(), *calls = json_array();
    (void)json_set_str(o, "path", str_from_c(path));
    if (r->format) (void)json_set_str(o, "format", str_from_c(r->format));
    (void)json_set_str(o, "verdict", str_from_c(verdict_name(r->verdict)));
    for (size_t i = 0; i < r->finding_count; i++)
        json_array_append_new(findings, finding_json(&r->findings[i]));
    for (size_t i = 0; i < r->call_line_count; i++)
        json_array_append_new(calls, json_from_str(r->call_lines[i]));
    json_object_set_new(o, "findings", findings);
    json_object_set_new(o, "calls", calls);
    return o;
}

static bool print_file(const char *path, err *e)
{
    AUTO(fd_close) int fd = -1;
    bytes content;
    if (!file_open_read(path, &fd, e) || !file_map(fd, &content, e)) return false;
    AUTO_ARENA arena a;
    arena_init(&a, 1024ull << 20);
    report r;
    report_init(&r, &a);
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {.path = str_from_c(path), .content = content, .budget = &budget};
    bool ok = format_read(&in, &r, e);
    if (ok) {
        AUTO(json_release) json_t *o = report_json(path, &r);
        char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII);
        puts(text ? text : "{}");
        free(text);
    }
    file_unmap(content);
    return ok;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        err e = {0};
        if (print_file(argv[i], &e)) continue;
        fprintf(stderr, "%s: %s\n", argv[i], e.message);
        return 3;
    }
    return 0;
}
