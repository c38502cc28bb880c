/*
 * model/onnx/graph.c - the graph of an ONNX model: names become numbers of values, and a first row shows what comes out and in which shape.
 */
#include "onnx/onnx.h"

#include "base/limits.h"
#include "format/protobuf.h"

/* Names are looked up one by one. */
enum { VALUES_MAX = 4096, IR_VERSION_MAX = 64, TYPE_FLOAT = 1, TYPE_DOUBLE = 11, NOWHERE = VALUES_MAX };

typedef struct graph {
    onnx_value *values; /* constants are filled */
    str *names;         /* only while it is read */
    size_t value_count;
    onnx_node *nodes;
    size_t node_count, input, features, chosen, scores;
    bool is_float;
} graph;

/* --- running --------------------------------------------------------------------------------------------------------------- */

static void round_values(const graph *g, const onnx_run *run, const onnx_node *n)
{
    for (size_t k = 0; k < n->out_count && g->is_float; k++) {
        onnx_value *v = &run->values[n->out[k]];
        for (size_t i = 0; i < v->rows * v->columns && !v->is_constant && !v->labels; i++)
            v->numbers[i] = (double)(float)v->numbers[i];
    }
}

static bool run_graph(const graph *g, const model_rows *rows, arena *a, onnx_value **values, err *e)
{
    *values = arena_alloc_array(a, g->value_count, sizeof **values);
    double *x = arena_alloc_array(a, rows->count * g->features + 1, sizeof *x);
    if (!*values || !x) return err_set(e, ERR_MEMORY, "no memory for %zu rows", rows->count);
    memcpy(*values, g->values, g->value_count * sizeof **values);
    for (size_t i = 0; i < rows->count * g->features; i++)
        x[i] = g->is_float ? (double)(float)rows->numbers[i] : rows->numbers[i];
    (*values)[g->input] = (onnx_value){.rows = rows->count, .columns = g->features, .numbers = x};
    onnx_run run = {a, *values};
    for (size_t i = 0; i < g->node_count; i++) {
        const onnx_node *n = &g->nodes[i];
        if (!n->op->run(&run, n, e)) return false;
        round_values(g, &run, n);
    }
    return true;
}

static bool answer(const void *self, model_output what, const model_rows *rows, arena *a, model_answers *out,
                   err *e)
{
    const graph *g = self;
    onnx_value *values;
    if (!run_graph(g, rows, a, &values, e)) return false;
    const onnx_value *v = &values[what == OUTPUT_PREDICT && g->chosen != NOWHERE ? g->chosen : g->scores];
    if (v->rows != out->count || v->columns != out->columns)
        return err_set(e, ERR_INVALID, "the ONNX model answers in another shape than for its first row");
    memcpy(out->numbers, v->numbers, v->rows * v->columns * sizeof *out->numbers);
    return true;
}

static const model_kind onnx_kind = {.answer = answer};

/* --- reading --------------------------------------------------------------------------------------------------------------- */

static size_t value_of(const graph *g, str name)
{
    for (size_t i = g->value_count; i-- > 0;)
        if (str_eq(g->names[i], name)) return i;
    return NOWHERE;
}

static bool add_value(graph *g, str name, onnx_value v, err *e)
{
    if (g->value_count == VALUES_MAX)
        return err_set(e, ERR_TOO_LARGE, "an ONNX model of more than %d values is not served", VALUES_MAX);
    g->names[g->value_count] = name;
    g->values[g->value_count++] = v;
    return true;
}

/* ValueInfoProto: type.tensor_type {elem_type, shape {dim {value}}} */
static bool read_input(graph *g, bytes info, err *e)
{
    if (value_of(g, pb_text(info, 1)) != NOWHERE) return true; /* an initializer, listed again */
    if (g->input != NOWHERE)
        return err_set(e, ERR_UNSUPPORTED, "ONNX models of several inputs are not served");
    bytes tensor = pb_bytes(pb_bytes(info, 2), 1);
    uint64_t type = pb_number(tensor, 1), columns = pb_number(pb_bytes(pb_bytes(tensor, 2), 1), 1);
    if (type != TYPE_FLOAT && type != TYPE_DOUBLE)
        return err_set(e, ERR_UNSUPPORTED, "an input of type %llu of an ONNX model is not understood",
                       (unsigned long long)type);
    if (columns == 0 || columns > LIMIT_TABLE_COLUMNS)
        return err_set(e, ERR_UNSUPPORTED, "the ONNX model does not say how many features it takes");
    g->is_float = type == TYPE_FLOAT;
    g->features = (size_t)columns;
    g->input = g->value_count;
    return add_value(g, pb_text(info, 1), (onnx_value){0}, e);
}

static bool read_ends(arena *memory, graph *g, onnx_node *n, bytes node, err *e)
{
    reader r = reader_of(node);
    pb_field f;
    n->in = arena_alloc_array(memory, 4, sizeof *n->in);
    n->out = arena_alloc_array(memory, 4, sizeof *n->out);
    if (!n->in || !n->out) return err_set(e, ERR_MEMORY, "no memory for an ONNX model");
    while (pb_next(&r, &f)) {
        if (f.wire != 2 || (f.number != 1 && f.number != 2)) continue;
        str name = bytes_str(f.content);
        if (f.number == 1) {
            size_t from = value_of(g, name);
            if (n->in_count == 4 || from == NOWHERE)
                return err_set(e, ERR_INVALID, "'%s' of the ONNX model takes '%.*s', which nothing made",
                               n->op->name, STR_ARG(str_slice(name, 0, 60)));
            n->in[n->in_count++] = from;
        } else {
            if (n->out_count == 2 || !add_value(g, name, (onnx_value){0}, e))
                return err_set(e, ERR_INVALID, "'%s' of the ONNX model gives too much", n->op->name);
            n->out[n->out_count++] = g->value_count - 1;
        }
    }
    bool enough = n->in_count >= n->op->least_inputs && n->out_count;
    return enough || err_set(e, ERR_INVALID, "'%s' of the ONNX model lacks an input or output", n->op->name);
}

static bool read_node(arena *memory, graph *g, bytes node, err *e)
{
    if (g->node_count == VALUES_MAX) return err_set(e, ERR_TOO_LARGE, "too many nodes in the ONNX model");
    str name = pb_text(node, 4), domain = pb_text(node, 7);
    onnx_node *n = &g->nodes[g->node_count++];
    bool known = domain.len == 0 || str_eq(domain, STR("ai.onnx")) || str_eq(domain, STR("ai.onnx.ml"));
    n->op = known ? onnx_op_find(name) : NULL;
    if (!n->op)
        return err_set(e, ERR_UNSUPPORTED, "the operator '%.*s' of the ONNX model is not understood",
                       STR_ARG(str_slice(name, 0, 60)));
    onnx_source s = {memory, node};
    return read_ends(memory, g, n, node, e) && (!n->op->read || n->op->read(&s, &n->state, e));
}

static bool read_part(arena *memory, graph *g, bytes content, uint32_t field, err *e)
{
    reader r = reader_of(content);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != field || f.wire != 2) continue;
        onnx_value v = {0};
        bool ok = field == 5
                      ? onnx_tensor(memory, f.content, &v, e) && add_value(g, pb_text(f.content, 8), v, e)
                  : field == 11 ? read_input(g, f.content, e)
                                : read_node(memory, g, f.content, e);
        if (!ok) return false;
    }
    return !r.failed || err_set(e, ERR_INVALID, "the graph of the ONNX model is damaged");
}

/* --- what comes out ---------------------------------------------------------------------------------------------------------- */

static bool find_outputs(graph *g, bytes content, const onnx_value *values, err *e)
{
    reader r = reader_of(content);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != 12 || f.wire != 2) continue;
        size_t k = value_of(g, pb_text(f.content, 1));
        if (k == NOWHERE || values[k].is_constant || !values[k].columns)
            return err_set(e, ERR_INVALID, "an output of the ONNX model is made by nothing");
        size_t *place = values[k].labels ? &g->chosen : &g->scores;
        if (*place != NOWHERE)
            return err_set(e, ERR_UNSUPPORTED, "ONNX models of several targets are not served");
        *place = k;
    }
    if (g->chosen == NOWHERE && g->scores == NOWHERE)
        return err_set(e, ERR_INVALID, "the ONNX model has no output");
    return true;
}

static bool describe(model *m, const graph *g, const onnx_value *values, err *e)
{
    model_info *info = &m->info;
    bool classifies = g->chosen != NOWHERE;
    *info = (model_info){.library = STR("onnx"), .version = STR(""), .feature_count = g->features};
    info->name = classifies ? STR("ONNXClassifier") : STR("ONNXRegressor");
    info->takes_missing = true;
    info->summary = arena_printf(&m->memory, "%zu operators, %zu features", g->node_count, g->features);
    m->takes_infinite = true;
    info->gives[OUTPUT_PREDICT] = true;
    info->target_count = info->columns[OUTPUT_PREDICT] = classifies ? 1 : values[g->scores].columns;
    model_classes *classes = arena_alloc(&m->memory, sizeof *classes);
    if (!classes || !info->summary.data) return err_set(e, ERR_MEMORY, "no memory for a model");
    if (!classifies) return true;
    *classes = (model_classes){values[g->chosen].labels, values[g->chosen].label_count};
    info->classes = classes;
    if (values[g->chosen].columns != 1) return err_set(e, ERR_UNSUPPORTED, "labels in several columns");
    if (g->scores == NOWHERE || values[g->scores].columns != classes->count) return true;
    info->gives[OUTPUT_PREDICT_PROBA] = true;
    info->columns[OUTPUT_PREDICT_PROBA] = classes->count;
    return true;
}

static bool try_a_row(model *m, graph *g, bytes content, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    double *row = arena_alloc_array(&a, g->features, sizeof *row);
    onnx_value *values;
    if (!row) return err_set(e, ERR_MEMORY, "no memory for a row");
    model_rows rows = {1, g->features, row, NULL};
    return run_graph(g, &rows, &a, &values, e) && find_outputs(g, content, values, e) &&
           describe(m, g, values, e);
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
    if (!model_new(&onnx_kind, &m, e)) return false;
    bytes content = pb_bytes(file, 7);
    graph *g = arena_alloc(&m->memory, sizeof *g);
    if (!g) return err_set(e, ERR_MEMORY, "no memory for a model");
    *g = (graph){.input = NOWHERE, .chosen = NOWHERE, .scores = NOWHERE};
    g->values = arena_alloc_array(&m->memory, VALUES_MAX, sizeof *g->values);
    g->nodes = arena_alloc_array(&m->memory, VALUES_MAX, sizeof *g->nodes);
    g->names = arena_alloc_array(&names, VALUES_MAX, sizeof *g->names);
    if (!g->values || !g->nodes || !g->names) return err_set(e, ERR_MEMORY, "no memory for a model");
    if (!read_part(&m->memory, g, content, 5, e) || !read_part(&m->memory, g, content, 11, e)) return false;
    if (g->input == NOWHERE) return err_set(e, ERR_INVALID, "the ONNX model has no input");
    if (!read_part(&m->memory, g, content, 1, e) || !try_a_row(m, g, content, e)) return false;
    g->names = NULL;
    m->self = g;
    *out = TAKE(m);
    return true;
}
