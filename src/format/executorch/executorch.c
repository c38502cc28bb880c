/*
 * format/executorch/executorch.c - an ExecuTorch program: a flatbuffer of plans, and segments of data behind it.
 *
 * The runtime maps the file and trusts it; what lies outside of the file is a memory error in waiting. Parts for other processors (delegates)
 * are opaque to everybody but their backend, and operators beyond PyTorch's own have to be linked into the program that runs the file.
 */
#include "executorch/executorch.h"

#include "flatbuffer.h"
#include "nested.h"

enum {
    IDENTIFIER_AT = 4,
    /* "eh00", its length, then bytes of the program, where the segments begin, and their bytes. */
    HEADER_AT = 8,
    SHOWN_MAX = 160,
    FINDINGS_MAX = 64,
    /* Fields of Program, ExecutionPlan, Operator, BackendDelegate, DataSegment, Buffer (program.fbs). */
    PROGRAM_VERSION = 0,
    PROGRAM_PLANS = 1,
    PROGRAM_BUFFERS = 2,
    PROGRAM_SEGMENTS = 4,
    PLAN_NAME = 0,
    PLAN_OPERATORS = 6,
    PLAN_DELEGATES = 7,
    OPERATOR_NAME = 0,
    DELEGATE_ID = 0,
    SEGMENT_OFFSET = 0,
    SEGMENT_BYTES = 1,
    BUFFER_STORAGE = 0,
};

static const char advice[] = "Do not run this program; export it again from its source.";

typedef struct program {
    report *report;
    bytes file;
    uint64_t operators, segments_at;
    size_t findings;
} program;

static bool beyond(program *p, const char *title, err *e)
{
    report_worsen(p->report, VERDICT_UNPARSEABLE);
    remark m = {.code = "MDL-ETP-001", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    return nested_say(p->report, &m, str_from_c(title), e);
}

/* A name within a sentence, once for each. */
static bool say(program *p, const remark *m, const char *what, str name, err *e)
{
    if (p->findings++ >= FINDINGS_MAX) return true;
    bool is_shown = name.len && name.len <= SHOWN_MAX && str_is_utf8(name);
    str title = arena_printf(p->report->arena, "%s: %.*s", what, STR_ARG(is_shown ? name : STR("(no text)")));
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return nested_say(p->report, m, title, e);
}

static bool is_known_operator(str name)
{
    static const char *const known[] = {
        "aten",          "prim",    "prims",       "executorch_prim", "quantized", "quantized_decomposed",
        "dim_order_ops", "et_copy", "higher_order"};
    str space, rest;
    if (!str_cut(name, ':', &space, &rest)) return false;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_eq(space, str_from_c(known[i]))) return true;
    return false;
}

static bool see_plan(program *p, const flat_table *plan, err *e)
{
    bool fits = true;
    str name = flat_text(plan, PLAN_NAME, &fits);
    if (fits && name.len && name.len <= SHOWN_MAX && str_is_utf8(name) &&
        !report_fact(p->report, STR("method"), name, e))
        return false;
    flat_vector operators = flat_vector_of(plan, PLAN_OPERATORS, 4, &fits);
    p->operators += operators.count;
    for (uint64_t i = 0; fits && i < operators.count; i++) {
        flat_table op = flat_item(&operators, i, &fits);
        str called = flat_text(&op, OPERATOR_NAME, &fits);
        if (!fits || is_known_operator(called)) continue;
        remark m = {.code = "MDL-ETP-002",
                    .severity = SEVERITY_MEDIUM,
                    .offset = op.at,
                    .has_offset = true,
                    .advice = "Run this program only with a library of operators that you know and want."};
        if (!say(p, &m, "The program needs an operator that is not PyTorch's own", called, e)) return false;
    }
    flat_vector delegates = flat_vector_of(plan, PLAN_DELEGATES, 4, &fits);
    for (uint64_t i = 0; fits && i < delegates.count; i++) {
        flat_table delegate = flat_item(&delegates, i, &fits);
        str backend = flat_text(&delegate, DELEGATE_ID, &fits);
        remark m = {.code = "MDL-ETP-003",
                    .severity = SEVERITY_INFO,
                    .offset = delegate.at,
                    .has_offset = true,
                    .advice = "Only the backend itself can read this part; know where the file is from."};
        if (fits && !say(p, &m, "A part of the program is for a backend of its own", backend, e))
            return false;
    }
    return fits || beyond(p, "A plan of the program leads outside of the file", e);
}

static bool see_plans(program *p, const flat_table *root, err *e)
{
    bool fits = true;
    flat_vector plans = flat_vector_of(root, PROGRAM_PLANS, 4, &fits);
    for (uint64_t i = 0; fits && i < plans.count; i++) {
        flat_table plan = flat_item(&plans, i, &fits);
        if (fits && !see_plan(p, &plan, e)) return false;
    }
    if (!fits) return beyond(p, "The list of plans leads outside of the file", e);
    return plans.count || beyond(p, "The program has no plan", e);
}

static bool see_buffers(program *p, const flat_table *root, err *e)
{
    bool fits = true;
    flat_vector buffers = flat_vector_of(root, PROGRAM_BUFFERS, 4, &fits);
    for (uint64_t i = 0; fits && i < buffers.count; i++) {
        flat_table buffer = flat_item(&buffers, i, &fits);
        (void)flat_vector_of(&buffer, BUFFER_STORAGE, 1, &fits);
    }
    return fits || beyond(p, "A constant of the program lies outside of the file", e);
}

/* Segments lie behind the flatbuffer, from where the header says. */
static bool see_segments(program *p, const flat_table *root, err *e)
{
    bool fits = true;
    flat_vector segments = flat_vector_of(root, PROGRAM_SEGMENTS, 4, &fits);
    for (uint64_t i = 0; fits && i < segments.count; i++) {
        flat_table segment = flat_item(&segments, i, &fits);
        uint64_t from = flat_scalar(&segment, SEGMENT_OFFSET, 8, &fits),
                 size_bytes = flat_scalar(&segment, SEGMENT_BYTES, 8, &fits);
        bool is_inside = p->segments_at <= p->file.len && from <= p->file.len - p->segments_at &&
                         size_bytes <= p->file.len - p->segments_at - from;
        if (fits && !is_inside) fits = false;
    }
    return fits || beyond(p, "A segment of the program lies outside of the file", e);
}

static bool read_header(program *p, err *e)
{
    static const uint64_t header_bytes = 24;
    bool fits = true;
    if (p->file.len < HEADER_AT + 4 || memcmp(p->file.data + HEADER_AT, "eh00", 4) != 0) return true;
    uint64_t len = flat_number(p->file, HEADER_AT + 4, 4, &fits),
             program_bytes = flat_number(p->file, HEADER_AT + 8, 8, &fits);
    p->segments_at = flat_number(p->file, HEADER_AT + 16, 8, &fits);
    if (fits && len >= header_bytes && program_bytes <= p->file.len && p->segments_at <= p->file.len)
        return true;
    p->segments_at = 0;
    return beyond(p, "The header tells of more bytes than the file has", e);
}

static bool sniff(const format_input *in)
{
    return in->content.len >= HEADER_AT && memcmp(in->content.data + IDENTIFIER_AT, "ET12", 4) == 0;
}

static bool read(const format_input *in, report *r, err *e)
{
    program p = {.report = r, .file = in->content};
    if (!nested_also_pickle(in, r, "MDL-ETP-001", e) || !read_header(&p, e)) return false;
    bool fits = true;
    flat_table root = flat_root(p.file, &fits);
    if (!fits) return beyond(&p, "The program's first table lies outside of the file", e);
    uint64_t version = flat_scalar(&root, PROGRAM_VERSION, 4, &fits);
    return see_plans(&p, &root, e) && see_buffers(&p, &root, e) && see_segments(&p, &root, e) &&
           report_fact(r, STR("framework"), STR("executorch"), e) &&
           nested_fact_number(r, STR("schema_version"), version, e) &&
           nested_fact_number(r, STR("operators"), p.operators, e);
}

const model_format format_executorch = {
    .name = "executorch", .title = "ExecuTorch program", .sniff = sniff, .read = read};
