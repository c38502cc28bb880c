/*
 * format/mxnet/mxnet.c - MXNet: a graph of operators (-symbol.json), and weights (.params): arrays, then their names.
 *
 * Operators compute, but for three that call back into the process: Custom runs a registered Python class, and _Native and _NDArray jump to an
 * address that stands in the file.
 */
#include "mxnet/mxnet.h"

#include "base/reader.h"
#include "codec/json.h"
#include "json_text.h"
#include "nested.h"

enum { FINDINGS_MAX = 64, SHOWN_MAX = 120, RANK_MAX = 32, NAME_BYTES_MAX = 1024, AUX_MAX = 2 };

static const char advice[] = "Do not load this model; export it again from its source.";

static bool unreadable(report *r, str title, err *e)
{
    remark m = {.code = "MDL-MXN-002", .severity = SEVERITY_MEDIUM, .advice = advice, .is_unreadable = true};
    return nested_say(r, &m, title, e);
}

/* --- graphs ------------------------------------------------------------------------------------------------------------------------------ */

static bool see_node(report *r, const json_t *node, err *e)
{
    static const struct {
        const char *op, *title;
        severity severity;
    } calls[] = {{"Custom", "The graph needs an operator that the loading program registers in Python",
                  SEVERITY_MEDIUM},
                 {"_CustomFunction", "The graph calls a function of the process that made it", SEVERITY_HIGH},
                 {"_Native", "The graph jumps to an address that stands in the file", SEVERITY_CRITICAL},
                 {"_NDArray", "The graph jumps to an address that stands in the file", SEVERITY_CRITICAL}};
    str op = json_text(node, "op"), name = json_text(node, "name");
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        if (!str_eq(op, str_from_c(calls[i].op))) continue;
        remark m = {.code = "MDL-MXN-001", .severity = calls[i].severity, .advice = advice};
        bool is_shown = name.len <= SHOWN_MAX && str_is_utf8(name);
        str title = arena_printf(r->arena, "%s (%s, node '%.*s')", calls[i].title, calls[i].op,
                                 STR_ARG(is_shown ? name : STR_NONE));
        if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
        return nested_say(r, &m, title, e);
    }
    return true;
}

static bool sniff(const format_input *in)
{
    return json_text_is_object(in->content) && json_text_has(in->content, "nodes") &&
           json_text_has(in->content, "arg_nodes") && json_text_has(in->content, "heads") &&
           json_text_has(in->content, "op");
}

/* Graphs within graphs (loops) stand in a node's "subgraphs". */
static bool see_graph(report *r, const json_t *graph, unsigned depth_left, uint64_t *operators,
                      size_t *findings, err *e)
{
    size_t i, k;
    json_t *node, *inner;
    json_array_foreach(json_object_get(graph, "nodes"), i, node)
    {
        size_t before = r->finding_count;
        if (!str_eq(json_text(node, "op"), STR("null"))) ++*operators;
        if (*findings < FINDINGS_MAX && !see_node(r, node, e)) return false;
        *findings += r->finding_count - before;
        if (!depth_left) continue;
        json_array_foreach(json_object_get(node, "subgraphs"), k, inner)
        {
            if (!see_graph(r, inner, depth_left - 1, operators, findings, e)) return false;
        }
    }
    return true;
}

static bool read(const format_input *in, report *r, err *e)
{
    enum { GRAPHS_DEEP = 16 };
    AUTO(json_release) json_t *root = NULL;
    err why = {0};
    uint64_t operators = 0;
    size_t findings = 0;
    if (!json_decode_model(in->content, "the graph", &root, &why))
        return why.code == ERR_MEMORY ? err_set(e, ERR_MEMORY, "%s", why.message)
                                      : unreadable(r, str_from_c(why.message), e);
    if (!json_is_array(json_object_get(root, "nodes")) || !json_is_array(json_object_get(root, "heads")))
        return unreadable(r, STR("The graph has no list of nodes or heads"), e);
    return see_graph(r, root, GRAPHS_DEEP, &operators, &findings, e) &&
           report_fact(r, STR("framework"), STR("mxnet"), e) &&
           nested_fact_number(r, STR("operators"), operators, e);
}

const model_format format_mxnet = {.name = "mxnet", .title = "MXNet graph", .sniff = sniff, .read = read};

/* --- weights ------------------------------------------------------------------------------------------------------------------------------ */

enum { LIST_MAGIC = 0x112, HEAD_BYTES = 24 };
static const uint32_t magic_1 = 0xF993fac8, magic_2 = 0xF993fac9, magic_3 = 0xF993faca;

typedef struct shape {
    uint64_t dims[RANK_MAX], count;
    uint32_t rank;
} shape;

static bool take_dims(reader *r, shape *s, unsigned width)
{
    s->count = 1;
    if (s->rank > RANK_MAX) r->failed = true;
    for (uint32_t i = 0; i < s->rank && !r->failed; i++) {
        s->dims[i] = width == 4 ? reader_u32le(r) : reader_u64le(r);
        if (__builtin_mul_overflow(s->count, s->dims[i], &s->count)) r->failed = true;
    }
    return !r->failed;
}

static bool take_shape(reader *r, shape *s)
{
    s->rank = reader_u32le(r);
    return take_dims(r, s, 8);
}

static const char *dtype_of(uint32_t flag)
{
    static const char *const names[] = {"float32", "float64", "float16", "uint8", "int32",
                                        "int8",    "int64",   "bool",    "int16"};
    if (flag == 12) return "bfloat16";
    return flag < COUNT_OF(names) ? names[flag] : NULL;
}

static bytes take_numbers(reader *r, uint64_t count, const char *dtype)
{
    uint64_t wanted = 0;
    if (!dtype || __builtin_mul_overflow(count, (uint64_t)tensor_item_bytes(str_from_c(dtype)), &wanted))
        r->failed = true;
    return r->failed ? BYTES_NONE : reader_take(r, wanted);
}

/* The indexes of a sparse array: by rows, or by rows and columns. */
static bool take_indexes(reader *r, uint32_t kind, const uint32_t *types, const shape *shapes)
{
    for (uint32_t i = 0; i < kind && !r->failed; i++)
        (void)take_numbers(r, shapes[i].count, dtype_of(types[i]));
    return !r->failed;
}

/* NDArray::Save of three versions, and the one before them, which begins with the rank: kind of storage, shapes, device, type. */
static bool take_array(reader *r, shape *s, tensor_fact *t)
{
    uint32_t magic = reader_u32le(r), kind = 0, types[AUX_MAX];
    shape stored, aux[AUX_MAX];
    bool is_old = magic <= RANK_MAX;
    *s = (shape){.rank = magic};
    if (magic == magic_2 || magic == magic_3) kind = reader_u32le(r);
    if ((!is_old && magic != magic_1 && magic != magic_2 && magic != magic_3) || kind > AUX_MAX)
        r->failed = true;
    if (r->failed || (kind && !take_shape(r, &stored))) return false;
    if (!(is_old ? take_dims(r, s, 4) : take_shape(r, s))) return false;
    *t = (tensor_fact){.shape = s->dims, .rank = s->rank};
    if (s->rank == 0 && magic != magic_3) return true; /* nothing */
    (void)reader_skip(r, 8);
    const char *dtype = dtype_of(reader_u32le(r));
    for (uint32_t i = 0; i < kind; i++) {
        types[i] = reader_u32le(r);
        if (!take_shape(r, &aux[i])) return false;
    }
    bytes numbers = take_numbers(r, kind ? stored.count : s->count, dtype);
    if (!take_indexes(r, kind, types, aux)) return false;
    t->dtype = str_from_c(dtype);
    t->bytes = numbers.len;
    if (!kind) t->numbers = numbers;
    return true;
}

static str take_name(reader *r)
{
    uint64_t len = reader_u64le(r);
    if (len > NAME_BYTES_MAX) r->failed = true;
    return r->failed ? STR_NONE : bytes_str(reader_take(r, len));
}

static bool sniff_weights(const format_input *in)
{
    reader r = reader_of(in->content);
    uint64_t magic = reader_u64le(&r), reserved = reader_u64le(&r);
    return !r.failed && magic == LIST_MAGIC && reserved == 0;
}

/* The names stand behind all arrays, so these are read twice. */
static bool tell_arrays(reader arrays, reader names, uint64_t count, uint64_t named, report *r, err *e)
{
    for (uint64_t i = 0; i < count; i++) {
        shape s;
        tensor_fact t;
        if (!take_array(&arrays, &s, &t)) return true;
        str name = i < named ? take_name(&names) : STR_NONE;
        t.name = str_is_utf8(name) ? name : STR("(no text)");
        if (t.dtype.len && !report_tensor(r, &t, e)) return false;
    }
    return true;
}

static bool read_weights(const format_input *in, report *r, err *e)
{
    reader all = reader_of(in->content);
    if (!nested_also_pickle(in, r, "MDL-MXN-002", e)) return false;
    (void)reader_skip(&all, 16);
    uint64_t count = reader_u64le(&all);
    reader arrays = all;
    for (uint64_t i = 0; i < count && !all.failed; i++) {
        shape s;
        tensor_fact t;
        if (!take_array(&all, &s, &t)) all.failed = true;
    }
    uint64_t named = reader_u64le(&all);
    reader names = all;
    for (uint64_t i = 0; i < named && !all.failed; i++) (void)take_name(&all);
    if (all.failed)
        return unreadable(r, STR("The weights end within an array, or hold one of an unknown kind"), e);
    if (named && named != count && !unreadable(r, STR("There are not as many names as arrays"), e))
        return false;
    bytes rest = {in->content.data + all.at, reader_left(&all)};
    if (rest.len && (!unreadable(r, STR("Bytes follow the weights"), e) ||
                     !nested_read(in, STR("(behind the weights)"), rest, r, e)))
        return false;
    return tell_arrays(arrays, names, count, named, r, e) &&
           report_fact(r, STR("framework"), STR("mxnet"), e);
}

const model_format format_mxnet_weights = {
    .name = "mxnet_weights", .title = "MXNet weights", .sniff = sniff_weights, .read = read_weights};
