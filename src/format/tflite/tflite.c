/*
 * format/tflite/tflite.c - which operators an interpreter has to find, and whether every table, vector and buffer lies within the file.
 *
 * A flatbuffer is tables that point forwards; each offset is checked where it is followed. Interpreters map the file and trust it, so an offset
 * that leads out of it is a memory error in waiting.
 */
#include "tflite/tflite.h"

#include "flatbuffer.h"
#include "nested.h"
#include "tensorflow/tensorflow.h"

enum {
    CUSTOM = 32,
    IDENTIFIER_AT = 4,
    NAME_BYTES_MAX = 256,
    OPTION_NAME_MAX = 64,
    CODES_MAX = 4096,
    SHAPE_MAX = 32,
    /* Fields of Model, OperatorCode, SubGraph, Tensor, Operator, Buffer (schema.fbs). */
    MODEL_VERSION = 0,
    MODEL_CODES = 1,
    MODEL_SUBGRAPHS = 2,
    MODEL_DESCRIPTION = 3,
    MODEL_BUFFERS = 4,
    CODE_OLD = 0,
    CODE_CUSTOM = 1,
    CODE_BUILTIN = 3,
    GRAPH_TENSORS = 0,
    GRAPH_OPERATORS = 3,
    TENSOR_SHAPE = 0,
    TENSOR_TYPE = 1,
    TENSOR_BUFFER = 2,
    TENSOR_NAME = 3,
    OPERATOR_CODE = 0,
    OPERATOR_OPTIONS = 5,
    BUFFER_DATA = 0,
    BUFFER_OFFSET = 1,
    BUFFER_SIZE = 2,
};

static const char advice[] = "Do not run this model; convert it again from its source.";

typedef struct tflite {
    const format_input *in;
    report *report;
    bytes file;
    bool is_broken;
    uint64_t codes, buffers, operators;
    uint64_t uses[CODES_MAX];
    bytes *contents; /* of buffers */
} tflite;

/* --- findings -------------------------------------------------------------------------------------------------------------------------------- */

static bool broken(tflite *t, const char *title, err *e)
{
    if (t->is_broken) return true;
    t->is_broken = true;
    remark m = {.code = "MDL-TFL-001", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    return nested_say(t->report, &m, str_from_c(title), e);
}

/* Where a reader that trusts the file reads beyond it. */
static bool beyond(tflite *t, const char *title, err *e)
{
    if (t->is_broken) return true;
    t->is_broken = true;
    report_worsen(t->report, VERDICT_UNPARSEABLE);
    remark m = {.code = "MDL-TFL-002", .severity = SEVERITY_HIGH, .advice = advice};
    return nested_say(t->report, &m, str_from_c(title), e);
}

/* --- operators ------------------------------------------------------------------------------------------------------------------------------ */

static bool see_code(tflite *t, const flat_table *code, err *e)
{
    bool fits = true;
    uint64_t old = flat_scalar(code, CODE_OLD, 1, &fits), builtin = flat_scalar(code, CODE_BUILTIN, 4, &fits);
    str custom = flat_text(code, CODE_CUSTOM, &fits);
    if (!fits) return beyond(t, "An operator's name lies outside of the file", e);
    if (builtin < old && old < 128) builtin = old;
    if (builtin != CUSTOM && custom.len == 0) return true;
    if (str_starts_with(custom, STR("Flex")))
        return tensorflow_see_op(t->report, STR_NONE, str_skip(custom, 4), code->at, STR_NONE, e);
    /* What MediaPipe and the converter add is still code that the interpreter has to be given. */
    remark m = {.code = "MDL-TF-003",
                .severity = SEVERITY_MEDIUM,
                .offset = code->at,
                .has_offset = true,
                .advice = "Run this model only with a library of operators that you know and want."};
    str shown = custom.len <= NAME_BYTES_MAX && str_is_utf8(custom) ? custom : STR("(no text)");
    str title =
        arena_printf(t->report->arena, "The model needs an operator of its own: '%.*s'", STR_ARG(shown));
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return nested_say(t->report, &m, title, e);
}

static bool see_codes(tflite *t, const flat_table *model, err *e)
{
    bool fits = true;
    flat_vector codes = flat_vector_of(model, MODEL_CODES, 4, &fits);
    t->codes = codes.count;
    for (uint64_t i = 0; fits && i < codes.count; i++) {
        flat_table code = flat_item(&codes, i, &fits);
        if (fits && !see_code(t, &code, e)) return false;
    }
    return fits || beyond(t, "The list of operators leads outside of the file", e);
}

/* --- buffers -------------------------------------------------------------------------------------------------------------------------------- */

/* Buffers of more than 2 GB lie behind the flatbuffer, by offset and size. */
static bool see_buffer(tflite *t, const flat_table *buffer, bytes *content, err *e)
{
    bool fits = true;
    flat_vector data = flat_vector_of(buffer, BUFFER_DATA, 1, &fits);
    uint64_t offset = flat_scalar(buffer, BUFFER_OFFSET, 8, &fits),
             count = flat_scalar(buffer, BUFFER_SIZE, 8, &fits);
    bool is_far = offset > 1;
    uint64_t at = is_far ? offset : data.at, size_bytes = is_far ? count : data.count;
    if (fits && at <= t->file.len && size_bytes <= t->file.len - at) {
        *content = (bytes){t->file.data + at, (size_t)size_bytes};
        return true;
    }
    return beyond(t, "A buffer lies outside of the file", e);
}

static bool see_buffers(tflite *t, const flat_table *model, err *e)
{
    bool fits = true;
    flat_vector buffers = flat_vector_of(model, MODEL_BUFFERS, 4, &fits);
    t->contents = arena_alloc_array(t->report->arena, (size_t)buffers.count + 1, sizeof *t->contents);
    if (!t->contents)
        return err_set(e, ERR_MEMORY, "no memory for %llu buffers", (unsigned long long)buffers.count);
    t->buffers = buffers.count;
    for (uint64_t i = 0; fits && i < buffers.count; i++) {
        flat_table buffer = flat_item(&buffers, i, &fits);
        if (fits && !see_buffer(t, &buffer, &t->contents[i], e)) return false;
    }
    return fits || beyond(t, "The list of buffers leads outside of the file", e);
}

/* --- graphs ----------------------------------------------------------------------------------------------------------------------------------- */

static const char *const types[] = {"float32",  "float16",  "int32",     "uint8",  "int64",   "text",
                                    "bool",     "int16",    "complex64", "int8",   "float64", "complex128",
                                    "uint64",   "resource", "variant",   "uint32", "uint16",  "int4",
                                    "bfloat16", "int2",     "uint4"};

static bool tell_tensor(tflite *t, const flat_table *tensor, uint64_t type, uint64_t buffer, err *e)
{
    bool fits = true;
    flat_vector shape = flat_vector_of(tensor, TENSOR_SHAPE, 4, &fits);
    str name = flat_text(tensor, TENSOR_NAME, &fits);
    if (!fits) return beyond(t, "A tensor's shape or name lies outside of the file", e);
    uint64_t dims[SHAPE_MAX];
    size_t rank = shape.count < SHAPE_MAX ? (size_t)shape.count : SHAPE_MAX;
    for (size_t i = 0; i < rank; i++) dims[i] = flat_number(t->file, shape.at + 4 * i, 4, &fits);
    if (t->contents[buffer].len == 0) return true; /* computed at run time */
    const char *dtype = type < COUNT_OF(types) ? types[type] : "other";
    tensor_fact told = {.name = str_is_utf8(name) ? name : STR("(no text)"),
                        .dtype = str_from_c(dtype),
                        .shape = dims,
                        .rank = rank,
                        .bytes = t->contents[buffer].len,
                        .numbers = t->contents[buffer]};
    return report_tensor(t->report, &told, e);
}

static bool is_identifier(str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];
        bool fine = c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!fine) return false;
    }
    return s.len > 0;
}

/* A Flex operator's options hold a whole node of a graph, and it is that node which runs, whatever the operator is called. Its field 2 is the
 * name of what runs; it is looked for without trusting what is around it. */
static bool see_options(tflite *t, const flat_table *op, err *e)
{
    bool fits = true;
    flat_vector options = flat_vector_of(op, OPERATOR_OPTIONS, 1, &fits);
    if (!fits) return beyond(t, "The options of an operator lie outside of the file", e);
    str all = options.is_there ? str_slice(bytes_str(t->file), (size_t)options.at, (size_t)options.count)
                               : STR_NONE;
    for (size_t at = 0; at + 2 < all.len; at++) {
        size_t len = (uint8_t)all.data[at + 1];
        if (all.data[at] != 0x12 || len > OPTION_NAME_MAX || len > all.len - at - 2) continue;
        str name = str_slice(all, at + 2, len);
        const tensorflow_danger *d = is_identifier(name) ? tensorflow_danger_of(name) : NULL;
        if (!d || d->only_outside) continue;
        if (!tensorflow_see_op(t->report, STR_NONE, name, options.at + at, STR_NONE, e)) return false;
    }
    return true;
}

static bool see_graph(tflite *t, const flat_table *graph, err *e)
{
    bool fits = true;
    flat_vector tensors = flat_vector_of(graph, GRAPH_TENSORS, 4, &fits);
    for (uint64_t i = 0; fits && i < tensors.count; i++) {
        flat_table tensor = flat_item(&tensors, i, &fits);
        uint64_t type = flat_scalar(&tensor, TENSOR_TYPE, 1, &fits),
                 buffer = flat_scalar(&tensor, TENSOR_BUFFER, 4, &fits);
        if (fits && buffer >= t->buffers && (buffer || t->buffers))
            return beyond(t, "A tensor has no buffer", e);
        if (fits && t->buffers && !tell_tensor(t, &tensor, type, buffer, e)) return false;
    }
    flat_vector operators = flat_vector_of(graph, GRAPH_OPERATORS, 4, &fits);
    for (uint64_t i = 0; fits && i < operators.count; i++) {
        flat_table op = flat_item(&operators, i, &fits);
        uint64_t code = flat_scalar(&op, OPERATOR_CODE, 4, &fits);
        if (fits && code >= t->codes)
            return beyond(t, "A graph uses an operator that the model does not list", e);
        if (fits && !see_options(t, &op, e)) return false;
        t->operators++;
        if (fits && code < CODES_MAX) t->uses[code]++;
    }
    return fits || beyond(t, "A graph leads outside of the file", e);
}

static bool see_graphs(tflite *t, const flat_table *model, err *e)
{
    bool fits = true;
    flat_vector graphs = flat_vector_of(model, MODEL_SUBGRAPHS, 4, &fits);
    for (uint64_t i = 0; fits && i < graphs.count; i++) {
        flat_table graph = flat_item(&graphs, i, &fits);
        if (fits && !see_graph(t, &graph, e)) return false;
    }
    if (!fits) return beyond(t, "The list of graphs leads outside of the file", e);
    return graphs.count || broken(t, "The model holds no graph", e);
}

/* --- facts ---------------------------------------------------------------------------------------------------------------------------------------- */

static bool tell_uses(tflite *t, const flat_table *model, err *e)
{
    bool fits = true;
    flat_vector codes = flat_vector_of(model, MODEL_CODES, 4, &fits);
    for (uint64_t i = 0; fits && i < codes.count && i < CODES_MAX; i++) {
        flat_table code = flat_item(&codes, i, &fits);
        uint64_t old = flat_scalar(&code, CODE_OLD, 1, &fits),
                 builtin = flat_scalar(&code, CODE_BUILTIN, 4, &fits);
        const char *name = tflite_operator_name(builtin > old ? builtin : old);
        if (!fits || !name || !t->uses[i]) continue;
        str value = arena_printf(t->report->arena, "%s (%llu)", name, (unsigned long long)t->uses[i]);
        if (!value.data || !report_fact(t->report, STR("operator"), value, e)) return false;
    }
    return true;
}

static bool tell_facts(tflite *t, const flat_table *model, err *e)
{
    bool fits = true;
    uint64_t version = flat_scalar(model, MODEL_VERSION, 4, &fits);
    str description = flat_text(model, MODEL_DESCRIPTION, &fits);
    bool is_shown = fits && description.len && description.len <= NAME_BYTES_MAX && str_is_utf8(description);
    return report_fact(t->report, STR("framework"), STR("tflite"), e) &&
           nested_fact_number(t->report, STR("schema_version"), version, e) &&
           nested_fact_number(t->report, STR("operators"), t->operators, e) &&
           (!is_shown || report_fact(t->report, STR("description"), description, e)) &&
           (t->is_broken || tell_uses(t, model, e));
}

/* --- the file --------------------------------------------------------------------------------------------------------------------------------- */

/* Labels and vocabularies are packed into an archive behind the model, as TensorFlow Lite's metadata do. */
static bool see_archive(tflite *t, err *e)
{
    const format_input *in = t->in;
    zip_directory zip;
    if (!zip_is(in->content)) return true;
    if (!zip_read(t->report->arena, in->content, in->budget, &zip, NULL)) return true;
    for (size_t i = 0; i < zip.count; i++) {
        const zip_member *m = &zip.members[i];
        AUTO_BUF buf content;
        buf_init(&content, in->content.len * 64 + NAME_BYTES_MAX);
        if (!nested_zip_headers(m, t->report, e) || !nested_zip_bytes(in, m, t->report, &content, e))
            return false;
        if (content.len && !nested_member(in, m->path, buf_bytes(&content), t->report, e)) return false;
    }
    return true;
}

static bool sniff(const format_input *in)
{
    return in->content.len >= 8 && memcmp(in->content.data + IDENTIFIER_AT, "TFL3", 4) == 0;
}

static bool read(const format_input *in, report *r, err *e)
{
    tflite *t = arena_alloc(r->arena, sizeof *t);
    if (!t) return err_set(e, ERR_MEMORY, "no memory for a model");
    *t = (tflite){.in = in, .report = r, .file = in->content};
    if (!nested_also_pickle(in, r, "MDL-TFL-001", e)) return false;
    bool fits = true;
    flat_table model = flat_root(t->file, &fits);
    if (!fits) return beyond(t, "The model's first table lies outside of the file", e);
    return see_codes(t, &model, e) && see_buffers(t, &model, e) && see_graphs(t, &model, e) &&
           tell_facts(t, &model, e) && see_archive(t, e);
}

const model_format format_tflite = {
    .name = "tflite", .title = "TensorFlow Lite model", .sniff = sniff, .read = read};
