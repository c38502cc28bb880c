/*
 * cli/scan_explain.c - `--explain`: the calls that loading a model would make, as Python would write them, each with its place.
 *
 * A line of the document is "member:0x2d  posix.system('id')" (format/report.h). Where a finding stands at the same place, the line is marked. A forest
 * makes the same call for each tree: one line with its count says as much.
 */
#include "scan.h"

#include "base/limits.h"
#include "format/report.h"

#include <stdlib.h>

enum { CALL_SHOWN_BYTES = 400, PLACE_CELLS = 10 };

typedef struct call {
    str place, text;       /* place: "data.pkl:0x2d"; empty in results of older versions */
    const json_t *finding; /* about this call, or NULL */
    size_t times;          /* 0: said before */
} call;

typedef struct explanation {
    arena *arena;
    const json_t *target;
    call *calls;
    size_t count;
    buf *out;
    const scan_view *view;
} explanation;

/* --- what belongs together --------------------------------------------------------------------------------------------------------- */

/* The offset is hex digits between "0x" and two spaces; a member may have anything in its name. */
static call call_of_line(str line)
{
    call whole = {.text = line, .times = 1};
    for (size_t at = 0; at + 3 < line.len; at++) {
        if (line.data[at] != '0' || line.data[at + 1] != 'x') continue;
        size_t end = at + 2;
        while (end < line.len && strchr("0123456789abcdef", line.data[end]) && line.data[end]) end++;
        if (end == at + 2 || !str_starts_with(str_skip(line, end), STR("  "))) continue;
        return (call){.place = str_slice(line, 0, end), .text = str_skip(line, end + 2), .times = 1};
    }
    return whole;
}

static str place_of(arena *a, const json_t *f)
{
    const json_t *where = json_object_get(f, "where"), *offset = json_object_get(where, "offset");
    str member = json_text(where, "member");
    if (!offset) return member;
    AUTO_BUF buf text;
    buf_init(&text, member.len + LIMIT_NAME_BYTES);
    report_call_place(&text, member, (uint64_t)json_integer_value(offset));
    return str_trim(arena_copy(a, buf_str(&text)));
}

static bool is_threat(const json_t *f)
{
    severity s;
    return str_eq(json_text(f, "kind"), STR("model_threat")) &&
           severity_parse(json_text(f, "severity"), &s) && s >= SEVERITY_MEDIUM;
}

static void mark(explanation *x, const json_t *f, bool *is_marked)
{
    str place = place_of(x->arena, f);
    for (size_t i = 0; i < x->count; i++) {
        if (x->calls[i].place.len == 0 || !str_eq(x->calls[i].place, place)) continue;
        if (!x->calls[i].finding) x->calls[i].finding = f;
        *is_marked = true;
    }
}

/* The first of equal lines stands for all; a marked one only for those that are marked, too. */
static void fold(explanation *x)
{
    for (size_t i = 0; i < x->count; i++) {
        for (size_t j = i + 1; x->calls[i].times && j < x->count; j++) {
            bool is_same = x->calls[j].times && str_eq(x->calls[i].text, x->calls[j].text) &&
                           !x->calls[i].finding == !x->calls[j].finding;
            if (!is_same) continue;
            x->calls[i].times += x->calls[j].times;
            x->calls[j].times = 0;
        }
    }
}

/* --- telling ------------------------------------------------------------------------------------------------------------------------ */

static void add_line(explanation *x, str place, str text, const json_t *f, size_t times)
{
    buf_add_str(x->out, STR("    "));
    size_t before = x->out->len;
    scan_text_add(x->out, place, CALL_SHOWN_BYTES);
    for (size_t width = x->out->len - before; width < PLACE_CELLS; width++) buf_add_byte(x->out, ' ');
    buf_add_str(x->out, !f ? STR("    ") : x->view->coloured ? STR(" \033[1;31m>>\033[0m ") : STR(" >> "));
    scan_text_add(x->out, text, CALL_SHOWN_BYTES);
    if (f) {
        buf_add_str(x->out, STR("   # "));
        scan_text_add(x->out, json_text(f, "code"), CALL_SHOWN_BYTES);
        buf_add_str(x->out, STR(" "));
        scan_text_add(x->out, json_text(f, "severity"), CALL_SHOWN_BYTES);
    }
    if (times > 1) buf_printf(x->out, "  (%zu times)", times);
    buf_add_byte(x->out, '\n');
}

/* What is no call, and yet speaks against loading: an import, a state that is planted, a template. */
static void add_other_deeds(explanation *x)
{
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(x->target, "findings"), i, f)
    {
        bool is_marked = false;
        if (!is_threat(f)) continue;
        mark(x, f, &is_marked);
        str text = json_text(f, "call").len ? json_text(f, "call") : json_text(f, "title");
        if (!is_marked) add_line(x, place_of(x->arena, f), text, f, 1);
    }
}

static uint64_t call_count(const json_t *target)
{
    size_t i;
    const json_t *known;
    uint64_t count = 0;
    json_array_foreach(json_object_get(target, "facts"), i, known)
    {
        if (str_eq(json_text(known, "name"), STR("calls")) && !str_to_u64(json_text(known, "value"), &count))
            return 0;
    }
    return count;
}

static void explain(explanation *x)
{
    size_t i;
    json_t *f;
    bool ignored = false;
    json_array_foreach(json_object_get(x->target, "findings"), i, f) if (is_threat(f)) mark(x, f, &ignored);
    fold(x);
    buf_add_str(x->out, STR("  what loading it does, in order; >> is not allowed:\n"));
    for (i = 0; i < x->count; i++)
        if (x->calls[i].times)
            add_line(x, x->calls[i].place, x->calls[i].text, x->calls[i].finding, x->calls[i].times);
    uint64_t total = call_count(x->target);
    if (total > x->count)
        buf_printf(x->out, "    and %llu more calls, judged like these but not kept in the list\n",
                   (unsigned long long)(total - x->count));
    add_other_deeds(x);
}

static bool is_silent(const json_t *target)
{
    size_t i;
    json_t *f;
    if (json_array_size(json_object_get(target, "call_lines")) > 0) return false;
    json_array_foreach(json_object_get(target, "findings"), i, f) if (is_threat(f)) return false;
    return true;
}

void scan_explain(const json_t *target, const scan_view *view, buf *out)
{
    if (str_eq(json_text(target, "verdict"), STR("not_a_model"))) return;
    if (is_silent(target)) {
        buf_add_str(out, STR("  loading it calls nothing\n"));
        return;
    }
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    const json_t *lines = json_object_get(target, "call_lines");
    explanation x = {.arena = &a, .target = target, .out = out, .view = view};
    x.calls = arena_alloc_array(&a, json_array_size(lines) + 1, sizeof(*x.calls));
    if (!x.calls) {
        out->failed = true;
        return;
    }
    size_t i;
    const json_t *line;
    json_array_foreach(lines, i, line)
    {
        x.calls[x.count++] = call_of_line((str){json_string_value(line), json_string_length(line)});
    }
    explain(&x);
}
