/*
 * format/paddle/paddle.c - PaddlePaddle: a program (ProgramDesc of framework.proto), and its weights, one tensor after the other without names.
 *
 * A program is a list of operators. One of them calls a Python function of the loading process, some read and write files whose path stands in
 * the program; the rest computes.
 */
#include "paddle/paddle.h"

#include "format/protobuf.h"
#include "json_text.h"
#include "nested.h"

enum {
    PROGRAM_BLOCKS = 1,
    BLOCK_INDEX = 1,
    BLOCK_PARENT = 2,
    BLOCK_OPS = 4,
    OP_TYPE = 3,
    OP_ATTRIBUTES = 4,
    ATTRIBUTE_TEXT = 5,
    ATTRIBUTE_TEXTS = 8,
    NAME_BYTES_MAX = 128,
    SHOWN_MAX = 200,
    FINDINGS_MAX = 64,
    RANK_MAX = 32,
};

static const char advice[] = "Do not run this program; export it again from its source.";

typedef struct program {
    report *report;
    size_t findings;
    uint64_t operators;
} program;

static bool is_name(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        bool fine = c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                    (c >= 'A' && c <= 'Z');
        if (!fine) return false;
    }
    return s.len > 0 && s.len <= NAME_BYTES_MAX;
}

static bool unreadable(report *r, const char *title, err *e)
{
    remark m = {.code = "MDL-PDL-003", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    return nested_say(r, &m, str_from_c(title), e);
}

/* --- operators ------------------------------------------------------------------------------------------------------------------------ */

static bool touches_files(str type)
{
    static const char *const names[] = {"load",
                                        "save",
                                        "load_combine",
                                        "save_combine",
                                        "read_file",
                                        "sparse_tensor_load",
                                        "create_custom_reader",
                                        "open_files"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(type, str_from_c(names[i]))) return true;
    return false;
}

/* The text among the operator's attributes that leads out of the folder, else the first one. */
static str path_of(bytes op, bool *leads_out)
{
    reader r = reader_of(op);
    str found = STR_NONE;
    for (pb_field f; pb_next(&r, &f);) {
        if (f.number != OP_ATTRIBUTES || f.wire != 2) continue;
        reader attribute = reader_of(f.content);
        for (pb_field g; pb_next(&attribute, &g);) {
            if ((g.number != ATTRIBUTE_TEXT && g.number != ATTRIBUTE_TEXTS) || g.wire != 2 || !g.content.len)
                continue;
            str text = bytes_str(g.content);
            *leads_out = !path_stays_inside(text);
            if (*leads_out || !found.len) found = text;
            if (*leads_out) return found;
        }
    }
    return found;
}

static bool see_operator(program *p, bytes op, err *e)
{
    str type = pb_text(op, OP_TYPE);
    bool calls_python = str_eq(type, STR("py_func")), leads_out = false;
    p->operators++;
    if (!is_name(type)) return unreadable(p->report, "An operator of the program has no name", e);
    if (!calls_python && !touches_files(type)) return true;
    if (p->findings++ >= FINDINGS_MAX) return true;
    str path = path_of(op, &leads_out);
    bool is_shown = path.len && path.len <= SHOWN_MAX && str_is_utf8(path);
    str title = calls_python
                    ? STR("The program calls a Python function of the process that runs it (py_func)")
                    : arena_printf(p->report->arena, "The program reads or writes a file%s: %.*s(%.*s)",
                                   leads_out ? " outside of its folder" : "", STR_ARG(type),
                                   STR_ARG(is_shown ? path : STR_NONE));
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    remark m = {.code = calls_python ? "MDL-PDL-001" : "MDL-PDL-002",
                .severity = calls_python ? SEVERITY_CRITICAL
                            : leads_out  ? SEVERITY_HIGH
                                         : SEVERITY_MEDIUM,
                .advice = advice};
    return nested_say(p->report, &m, title, e);
}

static bool see_block(program *p, bytes block, err *e)
{
    reader r = reader_of(block);
    for (pb_field f; pb_next(&r, &f);)
        if (f.number == BLOCK_OPS && f.wire == 2 && !see_operator(p, f.content, e)) return false;
    return !r.failed || unreadable(p->report, "A block of the program is no whole message", e);
}

/* --- the program ------------------------------------------------------------------------------------------------------------------------ */

/* The first field is a block: its number and its parent's, then an operator with a name. */
static bool sniff(const format_input *in)
{
    pb_field f;
    reader r = reader_of(in->content);
    if (!pb_next(&r, &f) || f.number != PROGRAM_BLOCKS || f.wire != 2) return false;
    reader block = reader_of(f.content);
    if (!pb_next(&block, &f) || f.number != BLOCK_INDEX || f.wire != 0) return false;
    if (!pb_next(&block, &f) || f.number != BLOCK_PARENT || f.wire != 0) return false;
    while (pb_next(&block, &f))
        if (f.number == BLOCK_OPS && f.wire == 2) return is_name(pb_text(f.content, OP_TYPE));
    return false;
}

static bool read(const format_input *in, report *r, err *e)
{
    program p = {.report = r};
    reader all = reader_of(in->content);
    if (!nested_also_pickle(in, r, "MDL-PDL-003", e)) return false;
    for (pb_field f; pb_next(&all, &f);)
        if (f.number == PROGRAM_BLOCKS && f.wire == 2 && !see_block(&p, f.content, e)) return false;
    if (all.failed && !unreadable(r, "The program is no whole message", e)) return false;
    return report_fact(r, STR("framework"), STR("paddle"), e) &&
           nested_fact_number(r, STR("operators"), p.operators, e);
}

const model_format format_paddle = {
    .name = "paddle", .title = "PaddlePaddle program", .sniff = sniff, .read = read};

/* --- weights ------------------------------------------------------------------------------------------------------------------------------ */

/* By number of VarType.Type. */
static const char *dtype_of(uint64_t type)
{
    static const char *const names[] = {"bool", "int16", "int32", "int64", "float16", "float32", "float64"};
    if (type < COUNT_OF(names)) return names[type];
    switch (type) {
    case 20: return "uint8";
    case 21: return "int8";
    case 22: return "bfloat16";
    case 23: return "complex64";
    case 24: return "complex128";
    default: return NULL;
    }
}

/* A version of 0, levels of detail, another version of 0, the tensor's description with its length, its numbers. */
static bool take_tensor(reader *r, uint64_t *shape, tensor_fact *t)
{
    bool is_zero = reader_u32le(r) == 0;
    uint64_t levels = reader_u64le(r);
    for (uint64_t i = 0; i < levels && !r->failed; i++) (void)reader_skip(r, reader_u64le(r));
    is_zero = reader_u32le(r) == 0 && is_zero;
    bytes description = reader_take(r, reader_u32le(r));
    if (r->failed || !is_zero || !description.len) return false;
    reader d = reader_of(description);
    uint64_t type = UINT64_MAX, count = 1;
    t->rank = 0;
    for (pb_field f; pb_next(&d, &f);) {
        if (f.number == 1 && f.wire == 0) type = f.value;
        if (f.number != 2 || f.wire != 0) continue;
        if (t->rank == RANK_MAX || __builtin_mul_overflow(count, f.value, &count)) return false;
        shape[t->rank++] = f.value;
    }
    const char *dtype = dtype_of(type);
    if (d.failed || !dtype) return false;
    t->dtype = str_from_c(dtype);
    t->shape = shape;
    if (__builtin_mul_overflow(count, (uint64_t)tensor_item_bytes(t->dtype), &t->bytes)) return false;
    t->numbers = reader_take(r, t->bytes);
    return !r->failed;
}

static bool sniff_weights(const format_input *in)
{
    reader r = reader_of(in->content);
    uint64_t shape[RANK_MAX];
    tensor_fact t = {0};
    return take_tensor(&r, shape, &t);
}

static bool read_weights(const format_input *in, report *r, err *e)
{
    reader all = reader_of(in->content);
    uint64_t shape[RANK_MAX];
    if (!nested_also_pickle(in, r, "MDL-PDL-003", e)) return false;
    while (reader_left(&all)) {
        uint64_t at = all.at;
        tensor_fact t = {0};
        if (take_tensor(&all, shape, &t)) {
            if (!report_tensor(r, &t, e)) return false;
            continue;
        }
        if (!unreadable(r, "The weights end within a tensor, or something else follows them", e))
            return false;
        bytes rest = {in->content.data + at, in->content.len - (size_t)at};
        return nested_read(in, STR("(behind the weights)"), rest, r, e);
    }
    return report_fact(r, STR("framework"), STR("paddle"), e);
}

const model_format format_paddle_weights = {
    .name = "paddle_weights", .title = "PaddlePaddle weights", .sniff = sniff_weights, .read = read_weights};
