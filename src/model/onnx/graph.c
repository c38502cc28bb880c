/*
 * model/onnx/graph.c - the graph of an ONNX model: names become numbers of values, and a few rows of zeros show what comes out and in which shape.
 */
#include "onnx/graph.h"

#include "base/limits.h"
#include "format/protobuf.h"

#include <math.h>

enum { IR_VERSION_MAX = 64, NODE_ENDS_MAX = 100000, GRAPH_DEPTH_MAX = 4 };

/* --- running --------------------------------------------------------------------------------------------------------------- */

/* What an operator made, and not what it handed on: that belongs to others too. */
static void round_values(const onnx_run *run, const onnx_node *n)
{
    for (size_t k = 0; k < n->out_count && n->in_count; k++) {
        if (n->out[k] == ONNX_ABSENT) continue;
        onnx_value *v = &run->values[n->out[k]];
        bool is_shared = v->type != ONNX_FLOAT || !v->numbers;
        for (size_t i = 0; i < n->in_count; i++)
            is_shared |= n->in[i] != ONNX_ABSENT && run->values[n->in[i]].numbers == v->numbers;
        for (size_t i = 0; !is_shared && i < v->count; i++) v->numbers[i] = (double)(float)v->numbers[i];
    }
}

static double as_type(onnx_type type, double x)
{
    if (type == ONNX_FLOAT) return (double)(float)x;
    if (type == ONNX_BOOL) return x != 0;
    return type == ONNX_INT64 || type == ONNX_INT32 ? trunc(x) : x;
}

static bool fill_input(const onnx_graph_input *in, const model_rows *rows, onnx_run *run)
{
    size_t cells = rows->count * in->columns;
    onnx_value v = {
        .type = in->type, .rank = in->is_vector ? 1 : 2, .dims = {rows->count, in->columns}, .count = cells};
    if (in->type == ONNX_STRING)
        v.texts = arena_alloc_array(run->memory, cells + 1, sizeof *v.texts);
    else
        v.numbers = arena_alloc_array(run->memory, cells + 1, sizeof *v.numbers);
    if (!v.texts && !v.numbers) return err_set(run->e, ERR_MEMORY, "no memory for %zu rows", rows->count);
    for (size_t i = 0; i < cells; i++) {
        size_t from = i / in->columns * rows->columns + in->first + i % in->columns;
        if (v.numbers) {
            v.numbers[i] = as_type(in->type, rows->numbers[from]);
            continue;
        }
        v.texts[i] = rows->texts && rows->texts[from].data ? rows->texts[from] : STR("");
        if (!v.texts[i].len && !isnan(rows->numbers[from]))
            return model_refuse(rows, i / in->columns, in->first + i % in->columns, run->e,
                                " is a number: this model takes text there");
    }
    run->values[in->value] = v;
    return true;
}

bool onnx_graph_run_nodes(const onnx_graph *g, onnx_run *run)
{
    for (size_t i = 0; i < g->node_count; i++) {
        const onnx_node *n = &g->nodes[i];
        for (size_t k = 0; k < n->in_count; k++)
            if (n->in[k] != ONNX_ABSENT && run->values[n->in[k]].type == ONNX_NONE)
                return onnx_misfit(run, n);
        if (!n->op->run(run, n)) return false;
        round_values(run, n);
    }
    return true;
}

bool onnx_graph_run(const onnx_graph *g, const model_rows *rows, bool is_trial, arena *a, onnx_value **values,
                    err *e)
{
    static const uint64_t steps_least = UINT64_C(1) << 28, steps_a_row = UINT64_C(1) << 28;
    *values = arena_alloc_array(a, g->value_count, sizeof **values);
    if (!*values) return err_set(e, ERR_MEMORY, "no memory for %zu rows", rows->count);
    memcpy(*values, g->values, g->value_count * sizeof **values);
    onnx_run run = {.memory = a, .values = *values, .e = e, .is_trial = is_trial};
    if (__builtin_mul_overflow(steps_a_row, (uint64_t)rows->count, &run.steps_left))
        run.steps_left = UINT64_MAX / 2;
    run.steps_left += steps_least;
    for (size_t i = 0; i < g->input_count; i++)
        if (!fill_input(&g->inputs[i], rows, &run)) return false;
    return onnx_graph_run_nodes(g, &run);
}

/* --- names ----------------------------------------------------------------------------------------------------------------- */

static size_t place_of(const onnx_graph *g, str name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < name.len; i++) hash = (hash ^ (uint8_t)name.data[i]) * 0x100000001b3u;
    size_t at = (size_t)hash & (g->slot_count - 1);
    while (g->slots[at] && !str_eq(g->names[g->slots[at] - 1], name)) at = (at + 1) & (g->slot_count - 1);
    return at;
}

size_t onnx_graph_find(const onnx_graph *g, str name)
{
    uint32_t slot = g->slots[place_of(g, name)];
    return slot ? slot - 1 : ONNX_ABSENT;
}

/* A name that is given again is the newer value's. */
static bool add_value(onnx_graph *g, str name, onnx_value v, err *e)
{
    if (g->value_count == g->value_room)
        return err_set(e, ERR_INVALID, "the ONNX model has more values than it may");
    g->names[g->value_count] = name;
    g->values[g->value_count++] = v;
    g->slots[place_of(g, name)] = (uint32_t)g->value_count;
    return true;
}

/* --- reading --------------------------------------------------------------------------------------------------------------- */

static bool is_input_type(uint64_t type)
{
    return type == ONNX_FLOAT || type == ONNX_DOUBLE || type == ONNX_INT64 || type == ONNX_INT32 ||
           type == ONNX_STRING || type == ONNX_BOOL;
}

/* ValueInfoProto: type.tensor_type {elem_type, shape {dim {value}}}. The first dimension is the row. */
static bool read_input(onnx_graph *g, bytes info, err *e)
{
    str name = pb_text(info, 1);
    if (onnx_graph_find(g, name) != ONNX_ABSENT) return true; /* an initializer, listed again */
    bytes tensor = pb_bytes(pb_bytes(info, 2), 1);
    uint64_t type = pb_number(tensor, 1), columns = 1;
    if (!is_input_type(type))
        return err_set(e, ERR_UNSUPPORTED,
                       "the input '%.*s' of the ONNX model has the type %llu, which is not understood",
                       STR_ARG(str_slice(name, 0, 60)), (unsigned long long)type);
    size_t rank = 0;
    reader r = reader_of(pb_bytes(tensor, 2));
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != 1 || f.wire != 2) continue;
        if (rank++ == 1) columns = pb_number(f.content, 1);
    }
    if (rank == 0 || rank > 2)
        return err_set(e, ERR_UNSUPPORTED,
                       "the input '%.*s' of the ONNX model has %zu dimensions: it is no table",
                       STR_ARG(str_slice(name, 0, 60)), rank);
    if (columns == 0 || columns > LIMIT_TABLE_COLUMNS || g->features > LIMIT_TABLE_COLUMNS)
        return err_set(e, ERR_UNSUPPORTED, "the ONNX model does not say how many features '%.*s' has",
                       STR_ARG(str_slice(name, 0, 60)));
    g->inputs[g->input_count++] = (onnx_graph_input){.value = g->value_count,
                                                     .type = (onnx_type)type,
                                                     .first = g->features,
                                                     .columns = (size_t)columns,
                                                     .is_vector = rank == 1};
    g->features += (size_t)columns;
    return add_value(g, name, (onnx_value){0}, e);
}

static void count_ends(bytes node, size_t *in, size_t *out)
{
    reader r = reader_of(node);
    pb_field f;
    while (pb_next(&r, &f)) {
        *in += f.wire == 2 && f.number == 1;
        *out += f.wire == 2 && f.number == 2;
    }
}

static bool read_ends(arena *memory, onnx_graph *g, onnx_node *n, bytes node, err *e)
{
    reader r = reader_of(node);
    pb_field f;
    size_t in = 0, out = 0;
    count_ends(node, &in, &out);
    if (in > NODE_ENDS_MAX || out > NODE_ENDS_MAX)
        return err_set(e, ERR_INVALID, "'%s' of the ONNX model takes too much", n->op->name);
    n->in = arena_alloc_array(memory, in + 1, sizeof *n->in);
    n->out = arena_alloc_array(memory, out + 1, sizeof *n->out);
    if (!n->in || !n->out) return err_set(e, ERR_MEMORY, "no memory for an ONNX model");
    while (pb_next(&r, &f)) {
        if (f.wire != 2 || f.number != 1) continue;
        str name = bytes_str(f.content);
        size_t from = name.len ? onnx_graph_find(g, name) : ONNX_ABSENT;
        if (name.len && from == ONNX_ABSENT)
            return err_set(e, ERR_INVALID, "'%s' of the ONNX model takes '%.*s', which nothing made",
                           n->op->name, STR_ARG(str_slice(name, 0, 60)));
        n->in[n->in_count++] = from;
    }
    r = reader_of(node);
    while (pb_next(&r, &f)) {
        if (f.wire != 2 || f.number != 2) continue;
        str name = bytes_str(f.content);
        if (name.len && !add_value(g, name, (onnx_value){0}, e)) return false;
        n->out[n->out_count++] = name.len ? g->value_count - 1 : ONNX_ABSENT;
    }
    bool enough = n->in_count >= n->op->least_inputs && n->out_count;
    for (size_t k = 0; enough && k < n->op->least_inputs; k++) enough = n->in[k] != ONNX_ABSENT;
    return enough || err_set(e, ERR_INVALID, "'%s' of the ONNX model lacks an input or output", n->op->name);
}

static bool read_node(arena *memory, onnx_graph *g, bytes node, unsigned depth, err *e)
{
    str name = pb_text(node, 4), domain = pb_text(node, 7);
    onnx_node *n = &g->nodes[g->node_count++];
    bool known = domain.len == 0 || str_eq(domain, STR("ai.onnx")) || str_eq(domain, STR("ai.onnx.ml")) ||
                 (str_eq(domain, STR("com.microsoft")) && str_eq(name, STR("CDist")));
    n->op = known ? onnx_op_find(name) : NULL;
    if (!n->op)
        return err_set(e, ERR_UNSUPPORTED, "the operator '%.*s' of the ONNX model is not understood",
                       STR_ARG(str_slice(name, 0, 60)));
    onnx_source s = {memory, node, depth};
    return read_ends(memory, g, n, node, e) && (!n->op->read || n->op->read(&s, &n->state, e));
}

/* Within another graph an input has a name and nothing that is asked for. */
static bool read_inner_input(onnx_graph *g, bytes info, err *e)
{
    if (onnx_graph_find(g, pb_text(info, 1)) != ONNX_ABSENT) return true;
    g->inputs[g->input_count++] = (onnx_graph_input){.value = g->value_count};
    return add_value(g, pb_text(info, 1), (onnx_value){0}, e);
}

static bool read_part(const onnx_source *s, onnx_graph *g, bytes content, uint32_t field, err *e)
{
    reader r = reader_of(content);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != field || f.wire != 2) continue;
        onnx_value v = {0};
        bool ok = field == 5
                      ? onnx_tensor(s->memory, f.content, &v, e) && add_value(g, pb_text(f.content, 8), v, e)
                  : field == 11 && s->depth ? read_inner_input(g, f.content, e)
                  : field == 11             ? read_input(g, f.content, e)
                                            : read_node(s->memory, g, f.content, s->depth, e);
        if (!ok) return false;
    }
    return !r.failed || err_set(e, ERR_INVALID, "the graph of the ONNX model is damaged");
}

/* Room for all that the graph names. */
static bool make_room(onnx_graph *g, arena *memory, arena *names, bytes content, err *e)
{
    size_t values = 1, nodes = 0, inputs = 0, ignored = 0;
    reader r = reader_of(content);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.wire != 2) continue;
        values += f.number == 5 || f.number == 11;
        inputs += f.number == 11;
        nodes += f.number == 1;
        if (f.number == 1) count_ends(f.content, &ignored, &values);
    }
    if (values > UINT32_MAX / 4) return err_set(e, ERR_TOO_LARGE, "an ONNX model of %zu values", values);
    for (g->slot_count = 64; g->slot_count < 2 * values;) g->slot_count *= 2;
    g->value_room = values;
    g->values = arena_alloc_array(memory, values, sizeof *g->values);
    g->nodes = arena_alloc_array(memory, nodes + 1, sizeof *g->nodes);
    g->inputs = arena_alloc_array(memory, inputs + 1, sizeof *g->inputs);
    g->names = arena_alloc_array(names, values, sizeof *g->names);
    g->slots = arena_alloc_array(names, g->slot_count, sizeof *g->slots);
    return (g->values && g->nodes && g->inputs && g->names && g->slots) ||
           err_set(e, ERR_MEMORY, "no memory for an ONNX model");
}

bool onnx_graph_read_within(const onnx_source *s, bytes content, onnx_graph *g, err *e)
{
    onnx_source within = {.memory = s->memory, .depth = s->depth + 1};
    if (within.depth > GRAPH_DEPTH_MAX)
        return err_set(e, ERR_TOO_LARGE, "graphs of the ONNX model lie deeper than %d in each other",
                       (int)GRAPH_DEPTH_MAX);
    return make_room(g, s->memory, s->memory, content, e) && read_part(&within, g, content, 5, e) &&
           read_part(&within, g, content, 11, e) && read_part(&within, g, content, 1, e);
}

bool onnx_is(bytes file)
{
    if (file.len < 16 || file.data[0] != 0x08) return false;
    uint64_t version = pb_number(file, 1);
    return version > 0 && version <= IR_VERSION_MAX && pb_bytes(file, 7).len && pb_bytes(file, 8).len;
}

bool onnx_model_read(bytes file, model **out, err *e)
{
    AUTO(model_free) model *m = NULL;
    AUTO_ARENA arena names;
    arena_init(&names, LIMIT_SCAN_ARENA_BYTES);
    if (!model_new(&onnx_graph_kind, &m, e)) return false;
    bytes content = pb_bytes(file, 7);
    onnx_graph *g = arena_alloc(&m->memory, sizeof *g);
    if (!g) return err_set(e, ERR_MEMORY, "no memory for a model");
    onnx_source s = {.memory = &m->memory};
    if (!make_room(g, &m->memory, &names, content, e) || !read_part(&s, g, content, 5, e) ||
        !read_part(&s, g, content, 11, e))
        return false;
    if (g->input_count == 0) return err_set(e, ERR_INVALID, "the ONNX model has no input");
    m->self = g;
    if (!read_part(&s, g, content, 1, e) || !onnx_graph_describe(m, g, content, e)) return false;
    g->names = NULL;
    g->slots = NULL;
    *out = TAKE(m);
    return true;
}
