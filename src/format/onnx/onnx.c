/*
 * format/onnx/onnx.c - what a runtime would open or run for this graph: files that tensors lie in, and operators that are not ONNX's own.
 *
 * Which message holds which is a table; the walk visits every graph (also those of attributes, functions and training) and every tensor.
 */
#include "onnx/onnx.h"

#include "base/limits.h"
#include "base/str.h"
#include "nested.h"
#include "format/protobuf.h"

#include <stdio.h>

enum { DEPTH_MAX = 64, SEEN_MAX = 1024, FACT_BYTES_MAX = 256, TITLE_BYTES = 512, SHOWN_BYTES = 120 };

static const char advice[] =
    "Load this model only where the files and operators that it asks for are known and wanted.";

/* --- messages (onnx.proto) ------------------------------------------------------------------------------------------------------------ */

typedef enum message {
    NONE,
    MODEL,
    GRAPH,
    NODE,
    ATTRIBUTE,
    TENSOR,
    SPARSE,
    TRAINING,
    FUNCTION,
    OPSET,
    PAIR
} message;

static const struct {
    uint8_t parent, field, child;
} holds[] = {{MODEL, 7, GRAPH},       {MODEL, 8, OPSET},         {MODEL, 20, TRAINING},
             {MODEL, 25, FUNCTION},   {GRAPH, 1, NODE},          {GRAPH, 5, TENSOR},
             {GRAPH, 15, SPARSE},     {NODE, 5, ATTRIBUTE},      {ATTRIBUTE, 5, TENSOR},
             {ATTRIBUTE, 6, GRAPH},   {ATTRIBUTE, 10, TENSOR},   {ATTRIBUTE, 11, GRAPH},
             {ATTRIBUTE, 22, SPARSE}, {ATTRIBUTE, 23, SPARSE},   {SPARSE, 1, TENSOR},
             {SPARSE, 2, TENSOR},     {TRAINING, 1, GRAPH},      {TRAINING, 2, GRAPH},
             {FUNCTION, 7, NODE},     {FUNCTION, 11, ATTRIBUTE}, {TENSOR, 13, PAIR}};

enum { REACHES_KEPT = 64 };

typedef struct onnx {
    const format_input *in;
    report *report;
    bytes model;
    bool is_broken;
    str locations[SEEN_MAX], operators[SEEN_MAX]; /* told already */
    size_t location_count, operator_count;
    uint64_t nodes, tensors, parameters;
    struct {
        str location;
        uint64_t end;
    } reaches[REACHES_KEPT]; /* of the files beside the model */
} onnx;

static message child_of(message parent, const pb_field *f)
{
    for (size_t i = 0; i < COUNT_OF(holds); i++)
        if (holds[i].parent == parent && holds[i].field == f->number)
            return f->wire == 2 ? (message)holds[i].child : NONE;
    return NONE;
}

/* --- findings -------------------------------------------------------------------------------------------------------------------------- */

static bool say(onnx *o, const char *code, severity s, const char *what, str name, err *e)
{
    char title[TITLE_BYTES];
    str shown = str_slice(name, 0, SHOWN_BYTES);
    if (!str_is_utf8(shown)) shown = STR("(no text)");
    int len = snprintf(title, sizeof(title), "%s: '%.*s'", what, STR_ARG(shown));
    remark m = {.code = code, .severity = s, .advice = advice};
    return nested_say(o->report, &m, (str){title, (size_t)len}, e);
}

static bool broken(onnx *o, const char *title, err *e)
{
    if (o->is_broken) return true;
    o->is_broken = true;
    remark m = {.code = "MDL-ONX-004",
                .severity = SEVERITY_MEDIUM,
                .advice = "Get the file again from its source.",
                .is_unreadable = true};
    return nested_say(o->report, &m, str_from_c(title), e);
}

/* Told once each; beyond what is remembered, every time: better twice than never. Functions of torch's exporter are some hundreds. */
static bool is_new(str *seen, size_t *count, str name)
{
    for (size_t i = 0; i < *count; i++)
        if (str_eq(seen[i], name)) return false;
    if (*count < SEEN_MAX) seen[(*count)++] = name;
    return true;
}

/* --- operators -------------------------------------------------------------------------------------------------------------------------- */

static bool is_known_domain(str domain)
{
    static const char *const known[] = {"",
                                        "ai.onnx",
                                        "ai.onnx.ml",
                                        "ai.onnx.training",
                                        "ai.onnx.preview",
                                        "ai.onnx.preview.training",
                                        "com.microsoft",
                                        "org.pytorch.aten"};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_eq(domain, str_from_c(known[i]))) return true;
    return str_starts_with(domain, STR("com.microsoft."));
}

/* A function that the file itself defines is made of nodes that are looked at as well. */
static bool is_local_function(const onnx *o, str domain, str name)
{
    reader r = reader_of(o->model);
    pb_field f;
    while (pb_next(&r, &f))
        if (child_of(MODEL, &f) == FUNCTION && str_eq(pb_text(f.content, 1), name) &&
            str_eq(pb_text(f.content, 10), domain))
            return true;
    return false;
}

static bool see_node(onnx *o, bytes m, err *e)
{
    str op = pb_text(m, 4), domain = pb_text(m, 7);
    o->nodes++;
    if (is_known_domain(domain)) return true;
    str name = arena_printf(o->report->arena, "%.*s.%.*s", STR_ARG(domain), STR_ARG(op));
    if (!name.data) return err_set(e, ERR_MEMORY, "no memory for a name");
    if (!is_new(o->operators, &o->operator_count, name)) return true;
    /* Beyond what is remembered nothing is looked up, or a file of nothing but functions and calls would take time squared. */
    if (o->operator_count < SEEN_MAX && is_local_function(o, domain, op)) return true;
    bool is_python = str_eq(domain, STR("ai.onnx.contrib")) && str_starts_with(op, STR("Py"));
    if (is_python)
        return say(o, "MDL-ONX-002", SEVERITY_CRITICAL,
                   "The graph calls Python code that the program registered", name, e);
    return say(o, "MDL-ONX-003", SEVERITY_MEDIUM, "The graph needs an operator from a library of its own",
               name, e);
}

/* --- tensors ----------------------------------------------------------------------------------------------------------------------------- */

/* Bits of an element by TensorProto.DataType; 0: text or unknown. */
/* TensorProto.DataType in numpy's words. */
static const char *const type_words[] = {"undefined",
                                         "float32",
                                         "uint8",
                                         "int8",
                                         "uint16",
                                         "int16",
                                         "int32",
                                         "int64",
                                         "str",
                                         "bool",
                                         "float16",
                                         "float64",
                                         "uint32",
                                         "uint64",
                                         "complex64",
                                         "complex128",
                                         "bfloat16",
                                         "float8_e4m3fn",
                                         "float8_e4m3fnuz",
                                         "float8_e5m2",
                                         "float8_e5m2fnuz",
                                         "uint4",
                                         "int4",
                                         "float4_e2m1"};
static const uint8_t type_bits[] = {0,  32,  8,  8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64,
                                    64, 128, 16, 8, 8,  8,  8,  4,  4, 4, 8,  2,  2};

static bool leads_out(str path)
{
    if (path.len == 0 || path.data[0] == '/' || path.data[0] == '~' || str_find(path, '\\') >= 0 ||
        str_find(path, '\0') >= 0)
        return true;
    if (str_contains(path, STR("://")) || (path.len >= 2 && path.data[1] == ':')) return true;
    str rest = path, part;
    while (str_next(&rest, '/', &part))
        if (str_eq(part, STR(".."))) return true;
    return false;
}

static bool see_external(onnx *o, bytes pair, err *e)
{
    static const char *const plain[] = {"offset", "length", "checksum"};
    str key = pb_text(pair, 1), value = pb_text(pair, 2);
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (str_eq(key, str_from_c(plain[i]))) return true;
    bool is_location = str_eq(key, STR("location"));
    if (!is_location && !str_eq(key, STR("basepath")))
        return say(o, "MDL-ONX-001", SEVERITY_MEDIUM,
                   "A tensor sets something of its reader that is no place of data", key, e);
    if (!is_new(o->locations, &o->location_count, value)) return true;
    if (leads_out(value))
        return say(o, "MDL-ONX-001", SEVERITY_HIGH,
                   "A tensor is read from a file outside of the model's folder", value, e);
    bool is_shown = value.len <= FACT_BYTES_MAX && str_is_utf8(value);
    return !is_location || !is_shown || report_fact(o->report, STR("external_file"), value, e);
}

/* How far into its file a tensor reaches: the most of all tensors counts. */
static void note_reach(onnx *o, bytes tensor)
{
    reader r = reader_of(tensor);
    pb_field f;
    str location = STR_NONE;
    uint64_t offset = 0, length = 0, end;
    while (pb_next(&r, &f)) {
        if (f.number != 13 || f.wire != 2) continue;
        str key = pb_text(f.content, 1), value = pb_text(f.content, 2);
        if (str_eq(key, STR("location"))) location = value;
        if (str_eq(key, STR("offset")) && !str_to_u64(value, &offset)) offset = UINT64_MAX;
        if (str_eq(key, STR("length")) && !str_to_u64(value, &length)) length = UINT64_MAX;
    }
    if (__builtin_add_overflow(offset, length, &end)) end = UINT64_MAX;
    for (size_t i = 0; location.len && i < REACHES_KEPT; i++) {
        if (o->reaches[i].location.len && !str_eq(o->reaches[i].location, location)) continue;
        o->reaches[i].location = location;
        if (end > o->reaches[i].end) o->reaches[i].end = end;
        return;
    }
}

static bool tell_reaches(onnx *o, err *e)
{
    for (size_t i = 0; i < REACHES_KEPT && o->reaches[i].location.len; i++) {
        str location = o->reaches[i].location;
        if (o->reaches[i].end == 0 || location.len > FACT_BYTES_MAX || !str_is_utf8(location)) continue;
        str value = arena_printf(o->report->arena, "%llu %.*s", (unsigned long long)o->reaches[i].end,
                                 STR_ARG(location));
        if (!value.data) return err_set(e, ERR_MEMORY, "no memory for a fact");
        if (!report_fact(o->report, STR("external_bytes"), value, e)) return false;
    }
    return true;
}

static bool times(uint64_t *product, uint64_t n)
{
    return !__builtin_mul_overflow(*product, n, product) && *product <= INT64_MAX;
}

typedef struct dimensions {
    uint64_t elements, lengths[LIMIT_TENSOR_RANK];
    size_t rank;
} dimensions;

static bool add_dimension(dimensions *d, uint64_t length)
{
    if (d->rank < LIMIT_TENSOR_RANK) d->lengths[d->rank++] = length;
    return times(&d->elements, length);
}

/* One by one or packed. False when their product overflows. */
static bool read_dims(bytes m, dimensions *d)
{
    reader r = reader_of(m);
    pb_field f;
    *d = (dimensions){.elements = 1};
    while (pb_next(&r, &f)) {
        if (f.number != 1) continue;
        if (f.wire == 0 && !add_dimension(d, f.value)) return false;
        reader packed = reader_of(f.content);
        while (f.wire == 2 && reader_left(&packed) && !packed.failed)
            if (!add_dimension(d, pb_varint(&packed))) return false;
    }
    return true;
}

/* Tensors within attributes (constants of a node) have no name and are no weights. */
static bool tell_tensor(onnx *o, bytes m, uint64_t type, const dimensions *d, err *e)
{
    uint64_t bits = type < COUNT_OF(type_bits) ? type_bits[type] : 0, total;
    str name = pb_text(m, 8), raw = pb_text(m, 9);
    if (!name.len || !str_is_utf8(name)) return true;
    /* Floats and doubles may lie packed in fields of their own, which are the same bytes. */
    if (raw.len == 0 && (type == 1 || type == 11)) raw = pb_text(m, type == 1 ? 4 : 10);
    if (__builtin_mul_overflow(d->elements, bits, &total)) total = 0;
    tensor_fact told = {.name = name,
                        .dtype = str_from_c(type < COUNT_OF(type_words) ? type_words[type] : "unknown"),
                        .shape = d->lengths,
                        .rank = d->rank,
                        .bytes = total / 8,
                        .numbers = str_bytes(raw)};
    return report_tensor(o->report, &told, e);
}

static bool see_tensor(onnx *o, bytes m, err *e)
{
    uint64_t bits, type = pb_number(m, 2), total;
    dimensions d;
    o->tensors++;
    note_reach(o, m);
    str name = pb_text(m, 8), raw = pb_text(m, 9);
    if (!read_dims(m, &d) || __builtin_add_overflow(o->parameters, d.elements, &total))
        return say(o, "MDL-ONX-004", SEVERITY_MEDIUM, "The size of a tensor overflows", name, e);
    o->parameters = total;
    if (!tell_tensor(o, m, type, &d, e)) return false;
    bool is_raw = raw.len > 0 && pb_number(m, 14) != 1 && type < COUNT_OF(type_bits) && type_bits[type] > 0;
    if (!is_raw) return true;
    bool fits = !__builtin_mul_overflow(d.elements, (uint64_t)type_bits[type], &bits) &&
                bits / 8 + (bits % 8 != 0) == raw.len;
    return fits || say(o, "MDL-ONX-004", SEVERITY_MEDIUM,
                       "A tensor has more or fewer bytes than its shape says", name, e);
}

/* --- the walk ------------------------------------------------------------------------------------------------------------------------------ */

static bool see(onnx *o, message kind, bytes m, err *e)
{
    if (kind == NODE) return see_node(o, m, e);
    if (kind == TENSOR) return see_tensor(o, m, e);
    if (kind == PAIR) return see_external(o, m, e);
    return true;
}

static bool walk(onnx *o, message kind, bytes m, unsigned depth, err *e)
{
    if (depth > DEPTH_MAX) return broken(o, "The graphs of the model are nested more than 64 deep", e);
    reader r = reader_of(m);
    pb_field f;
    while (pb_next(&r, &f)) {
        message child = child_of(kind, &f);
        if (child != NONE && (!see(o, child, f.content, e) || !walk(o, child, f.content, depth + 1, e)))
            return false;
    }
    return !r.failed || broken(o, "The file is no whole protobuf message", e);
}

/* --- facts ------------------------------------------------------------------------------------------------------------------------------ */

static bool fact_text(onnx *o, str name, str value, err *e)
{
    bool is_shown = value.len && value.len <= FACT_BYTES_MAX && str_is_utf8(value);
    return !is_shown || report_fact(o->report, name, value, e);
}

static bool tell_opsets(onnx *o, err *e)
{
    reader r = reader_of(o->model);
    pb_field f;
    for (size_t told = 0; told < SEEN_MAX && pb_next(&r, &f);) {
        if (child_of(MODEL, &f) != OPSET) continue;
        str domain = pb_text(f.content, 1);
        str text = arena_printf(o->report->arena, "%.*s %llu", STR_ARG(domain.len ? domain : STR("ai.onnx")),
                                (unsigned long long)pb_number(f.content, 2));
        if (!text.data) return err_set(e, ERR_MEMORY, "no memory for a fact");
        if (!fact_text(o, STR("opset"), text, e)) return false;
        told++;
    }
    return true;
}

/* ValueInfo: "float32 [N, 4]". Maps and sequences are told as such. */
static void add_type(bytes info, buf *out)
{
    bytes type = str_bytes(pb_text(info, 2)), tensor = str_bytes(pb_text(type, 1));
    uint64_t element = pb_number(tensor, 1);
    if (tensor.len == 0) {
        buf_add_str(out, STR("map or sequence"));
        return;
    }
    buf_printf(out, "%s [", element < COUNT_OF(type_words) ? type_words[element] : "?");
    bytes shape = str_bytes(pb_text(tensor, 2));
    reader r = reader_of(shape);
    pb_field f;
    for (bool first = true; pb_next(&r, &f) && out->len < FACT_BYTES_MAX; first = false) {
        if (f.number != 1 || f.wire != 2) continue;
        str symbol = pb_text(f.content, 2);
        if (!first) buf_add_str(out, STR(", "));
        if (symbol.len)
            buf_add_str(out, str_slice(symbol, 0, 40));
        else
            buf_printf(out, "%llu", (unsigned long long)pb_number(f.content, 1));
    }
    buf_add_byte(out, ']');
}

/* Inputs (11) and outputs (12) of the main graph. */
static bool tell_ends(onnx *o, err *e)
{
    bytes graph = str_bytes(pb_text(o->model, 7));
    reader r = reader_of(graph);
    pb_field f;
    for (size_t told = 0; told < SEEN_MAX && pb_next(&r, &f);) {
        if (f.wire != 2 || (f.number != 11 && f.number != 12)) continue;
        AUTO_BUF buf type;
        buf_init(&type, 2 * FACT_BYTES_MAX);
        add_type(f.content, &type);
        str name = pb_text(f.content, 1);
        str key = arena_printf(o->report->arena, "%s.%.*s", f.number == 11 ? "input" : "output",
                               STR_ARG(str_slice(name, 0, 100)));
        if (!key.data) return err_set(e, ERR_MEMORY, "no memory for a fact");
        if (!type.failed && str_is_utf8(key) && !fact_text(o, key, buf_str(&type), e)) return false;
        told++;
    }
    return true;
}

/* metadata_props: what the writer noted, licence and author among it. */
static bool tell_notes(onnx *o, err *e)
{
    reader r = reader_of(o->model);
    pb_field f;
    for (size_t told = 0; told < SEEN_MAX && pb_next(&r, &f);) {
        if (f.number != 14 || f.wire != 2) continue;
        str key = pb_text(f.content, 1);
        if (key.len && key.len <= 100 && str_is_utf8(key) && !fact_text(o, key, pb_text(f.content, 2), e))
            return false;
        told++;
    }
    return true;
}

/* A model has a graph, and says which operators its names mean; one that was cut between two fields lacks the later of them. */
static bool check_whole(onnx *o, err *e)
{
    enum { IR_WITH_OPSETS = 3 };
    reader r = reader_of(o->model);
    pb_field f;
    bool has_graph = false, has_opsets = pb_number(o->model, 1) < IR_WITH_OPSETS;
    while (pb_next(&r, &f)) {
        has_graph |= child_of(MODEL, &f) == GRAPH;
        has_opsets |= child_of(MODEL, &f) == OPSET;
    }
    if (!has_graph) return broken(o, "The model has no graph", e);
    return has_opsets || broken(o, "The model names no set of operators", e);
}

static bool tell_facts(onnx *o, err *e)
{
    return nested_fact_number(o->report, STR("ir_version"), pb_number(o->model, 1), e) &&
           fact_text(o, STR("producer"), pb_text(o->model, 2), e) &&
           fact_text(o, STR("producer_version"), pb_text(o->model, 3), e) && tell_opsets(o, e) &&
           fact_text(o, STR("domain"), pb_text(o->model, 4), e) && tell_ends(o, e) && tell_notes(o, e) &&
           nested_fact_number(o->report, STR("operators"), o->nodes, e) &&
           nested_fact_number(o->report, STR("tensors"), o->tensors, e) &&
           nested_fact_number(o->report, STR("parameters"), o->parameters, e);
}

/* --- the file ------------------------------------------------------------------------------------------------------------------------------ */

/* Fields of ModelProto with their wire types. */
static bool is_of_model(const pb_field *f)
{
    bool is_number = f->number == 1 || f->number == 5;
    bool is_bytes = (f->number >= 2 && f->number <= 8 && f->number != 5) || f->number == 14 ||
                    f->number == 20 || f->number == 25 || f->number == 26;
    return (is_number && f->wire == 0) || (is_bytes && f->wire == 2);
}

/* There is no magic: a message of which every field is one of a model's, with a version and a graph. Under the name of one, the first field
 * has to do, so that a cut file is not taken for nothing. */
static bool sniff(const format_input *in)
{
    reader r = reader_of(in->content);
    pb_field f;
    bool has_version = false, has_graph = false, is_first = true;
    while (pb_next(&r, &f)) {
        if (!is_of_model(&f)) return false;
        if (is_first && f.number == 1 && f.value < 64 && str_ends_with(in->path, STR(".onnx"))) return true;
        is_first = false;
        has_version |= f.number == 1;
        has_graph |= f.number == 7;
    }
    return !r.failed && has_version && has_graph;
}

static bool read(const format_input *in, report *r, err *e)
{
    onnx o = {.in = in, .report = r, .model = in->content};
    if (!nested_also_pickle(in, r, "MDL-ONX-004", e)) return false;
    return walk(&o, MODEL, in->content, 0, e) && check_whole(&o, e) && tell_facts(&o, e) &&
           tell_reaches(&o, e);
}

const model_format format_onnx = {.name = "onnx", .title = "ONNX", .sniff = sniff, .read = read};
