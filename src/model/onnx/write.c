/*
 * model/onnx/write.c - from a drawn graph to a file: inputs, the nodes that the outputs need, and their names.
 *
 * Names follow skl2onnx: input "X", or one input for each column when some are text; "label" and "probabilities" of a classifier ("scores" when it has no
 * probabilities), "variable" of a regressor or transformer, "label" and "scores" of a cluster or outlier.
 */
#include "model/onnx_write.h"

#include "base/limits.h"
#include "kind.h"
#include "onnx/build.h"
#include "onnx/proto.h"

#include <stdio.h>

enum { IR_VERSION = 8, OPSET = 13, OPSET_ML = 3 };

typedef struct graph_output {
    str name;
    onnx_ref at;
    onnx_type type;
    size_t columns; /* 0: [N] */
} graph_output;

typedef struct sheet {
    onnx_build b;
    const model_info *info;
    onnx_ref *inputs;
    graph_output *outputs;
    size_t input_count, output_count;
    buf graph, node, part, more;
} sheet;

/* --- parts ---------------------------------------------------------------------------------------------------------------- */

void onnx_draw(onnx_build *b, const model *m, const onnx_table *x, onnx_answers *out)
{
    *out = (onnx_answers){0};
    if (!onnx_ok(b)) return;
    if (m->kind->draw)
        m->kind->draw(m->self, b, x, out);
    else
        onnx_fail(b, ERR_UNSUPPORTED, "a %.*s is not written as ONNX", STR_ARG(m->info.name));
}

onnx_ref onnx_ask(onnx_build *b, const model *m, const onnx_table *x, model_output what)
{
    onnx_answers answers;
    onnx_draw(b, m, x, &answers);
    onnx_ref at = answers.at[what];
    if (what == OUTPUT_TRANSFORM && onnx_ok(b)) at = onnx_matrix(b, &answers.table);
    if (!at)
        onnx_fail(b, ERR_UNSUPPORTED, "the %s of a %.*s is not written as ONNX", model_output_name(what),
                  STR_ARG(m->info.name));
    return at;
}

/* --- inputs ----------------------------------------------------------------------------------------------------------------- */

static onnx_ref new_input(sheet *s, str name, onnx_type type, size_t columns)
{
    onnx_ref at = onnx_number(&s->b, 0); /* a value, which becomes an input */
    if (!onnx_ok(&s->b)) return 0;
    s->b.values[at] = (onnx_drawn_value){.name = name, .type = type, .columns = columns};
    s->inputs[s->input_count++] = at;
    return at;
}

static bool is_reserved(str name)
{
    static const char *const own[] = {"label", "probabilities", "scores", "variable"};
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (str_starts_with(name, str_from_c(own[i]))) return true;
    return name.len == 0 || name.data[0] == '/'; /* the names of values within */
}

/* The feature's name where it is one that only this input has. */
static str input_name(sheet *s, size_t column)
{
    const str *names = s->info->feature_names;
    bool is_own = names && !is_reserved(names[column]);
    for (size_t i = 0; is_own && i < s->info->feature_count; i++)
        is_own = i == column || !str_eq(names[i], names[column]);
    if (is_own) return names[column];
    str name = arena_printf(s->b.memory, "X%zu", column);
    if (!name.data) onnx_fail(&s->b, ERR_MEMORY, "no memory for an ONNX graph");
    return name;
}

static onnx_table draw_inputs(sheet *s, const bool *is_text)
{
    size_t count = s->info->feature_count;
    onnx_type type = s->b.is_double ? ONNX_DOUBLE : ONNX_FLOAT;
    bool has_text = false;
    for (size_t j = 0; j < count; j++) has_text |= is_text[j];
    s->inputs = onnx_alloc(&s->b, has_text ? count : 1, sizeof *s->inputs);
    if (!s->inputs) return (onnx_table){0};
    if (!has_text) {
        onnx_ref x = new_input(s, STR("X"), type, count);
        return onnx_table_of(s->b.is_double || !x ? x : onnx_cast(&s->b, x, ONNX_DOUBLE), count);
    }
    onnx_table t = {.count = count, .columns = onnx_alloc(&s->b, count, sizeof *t.columns)};
    for (size_t j = 0; onnx_ok(&s->b) && j < count; j++) {
        onnx_ref x = new_input(s, input_name(s, j), is_text[j] ? ONNX_STRING : type, 1);
        bool casts = x && !is_text[j] && !s->b.is_double;
        t.columns[j] =
            (onnx_column){.at = casts ? onnx_cast(&s->b, x, ONNX_DOUBLE) : x, .is_text = is_text[j]};
    }
    return t;
}

/* --- outputs ---------------------------------------------------------------------------------------------------------------- */

static void give(sheet *s, str name, onnx_ref at, onnx_type type, size_t columns)
{
    if (!onnx_ok(&s->b) || !at || !name.data) return;
    if (type == ONNX_DOUBLE && !s->b.is_double && columns) {
        at = onnx_cast(&s->b, at, ONNX_FLOAT);
        type = ONNX_FLOAT;
    } else if (s->b.values[at].node == 0) {
        at = onnx_op1(&s->b, "Identity", at); /* an output is made by a node */
    }
    s->outputs[s->output_count++] = (graph_output){name, at, type, columns};
}

static str numbered(sheet *s, const char *stem, size_t target)
{
    if (s->info->target_count <= 1) return str_from_c(stem);
    str name = arena_printf(s->b.memory, "%s_%zu", stem, target);
    if (!name.data) onnx_fail(&s->b, ERR_MEMORY, "no memory for an ONNX graph");
    return name;
}

/* One of several targets: its columns of a matrix. */
static onnx_ref part_of(sheet *s, onnx_ref x, size_t first, size_t count)
{
    size_t *columns = onnx_alloc(&s->b, count, sizeof *columns);
    for (size_t i = 0; columns && i < count; i++) columns[i] = first + i;
    return columns ? onnx_gather(&s->b, x, onnx_columns_of(&s->b, columns, count), 1) : 0;
}

static void give_classes(sheet *s, const onnx_answers *a)
{
    const model_info *info = s->info;
    size_t targets = info->target_count, first = 0;
    for (size_t k = 0; onnx_ok(&s->b) && k < targets; k++) {
        const model_classes *classes = &info->classes[k];
        onnx_ref index = a->at[OUTPUT_PREDICT];
        if (targets > 1) index = onnx_flat(&s->b, part_of(s, index, k, 1));
        onnx_ref chosen = onnx_gather(&s->b, onnx_label_tensor(&s->b, classes), index, 0);
        give(s, numbered(s, "label", k), chosen, onnx_label_type(classes), 0);
        onnx_ref all = a->at[OUTPUT_PREDICT_PROBA];
        if (!all) continue;
        if (targets > 1) all = part_of(s, all, first, classes->count);
        bool says =
            targets == 1 && info->gives[OUTPUT_PREDICT_PROBA]; /* two columns of one class, it may be */
        size_t columns = says ? info->columns[OUTPUT_PREDICT_PROBA] : classes->count;
        give(s, numbered(s, "probabilities", k), all, ONNX_DOUBLE, columns);
        first += classes->count;
    }
    if (!a->at[OUTPUT_PREDICT_PROBA])
        give(s, STR("scores"), a->at[OUTPUT_DECISION_FUNCTION], ONNX_DOUBLE,
             info->columns[OUTPUT_DECISION_FUNCTION]);
}

static void give_outputs(sheet *s, const onnx_answers *a)
{
    const model_info *info = s->info;
    onnx_ref predicted = a->at[OUTPUT_PREDICT];
    s->outputs = onnx_alloc(&s->b, 2 * info->target_count + 4, sizeof *s->outputs);
    if (!onnx_ok(&s->b)) return;
    if (info->gives[OUTPUT_PREDICT] && !predicted) {
        onnx_fail(&s->b, ERR_UNSUPPORTED, "the predict of a %.*s is not written as ONNX",
                  STR_ARG(info->name));
    } else if (info->classes) {
        give_classes(s, a);
    } else if (info->gives_indices) {
        give(s, STR("label"), predicted, ONNX_INT64, 0);
        bool decides = info->gives[OUTPUT_DECISION_FUNCTION];
        onnx_ref distances = info->gives[OUTPUT_TRANSFORM] ? a->table.matrix : 0;
        onnx_ref scores = decides ? a->at[OUTPUT_DECISION_FUNCTION] : distances;
        give(s, STR("probabilities"), a->at[OUTPUT_PREDICT_PROBA], ONNX_DOUBLE,
             info->columns[OUTPUT_PREDICT_PROBA]);
        give(s, STR("scores"), scores, ONNX_DOUBLE,
             info->columns[decides ? OUTPUT_DECISION_FUNCTION : OUTPUT_TRANSFORM]);
    } else if (predicted) {
        give(s, STR("variable"), predicted, ONNX_DOUBLE, info->target_count);
    } else {
        give(s, STR("variable"), onnx_matrix(&s->b, &a->table), ONNX_DOUBLE, a->table.count);
    }
    if (s->output_count == 0)
        onnx_fail(&s->b, ERR_UNSUPPORTED, "it answers nothing that ONNX has a form for");
}

/* --- the file --------------------------------------------------------------------------------------------------------------- */

/* Nodes are in the order in which they were made: what is needed by a needed one comes before it. */
static void mark_needed(sheet *s)
{
    onnx_build *b = &s->b;
    for (size_t i = 0; i < s->output_count; i++) b->values[s->outputs[i].at].is_needed = true;
    for (size_t i = b->node_count; i-- > 0;) {
        onnx_drawn_node *n = &b->nodes[i];
        for (size_t k = 0; k < n->out_count; k++) n->is_needed |= b->values[n->out + k].is_needed;
        for (size_t k = 0; n->is_needed && k < n->in_count; k++) b->values[n->in[k]].is_needed = true;
    }
}

static void put_name(sheet *s, buf *out, unsigned field, onnx_ref at)
{
    char text[24];
    str name = s->b.values[at].name;
    if (!name.data) {
        snprintf(text, sizeof text, "/%u", at);
        name = str_from_c(text);
    }
    proto_bytes(out, field, str_bytes(name));
}

static void put_nodes(sheet *s)
{
    for (size_t i = 0; i < s->b.node_count; i++) {
        const onnx_drawn_node *n = &s->b.nodes[i];
        if (!n->is_needed) continue;
        for (size_t k = 0; k < n->in_count; k++) put_name(s, &s->node, 1, n->in[k]);
        for (size_t k = 0; k < n->out_count; k++) put_name(s, &s->node, 2, n->out + (onnx_ref)k);
        proto_text(&s->node, 4, n->op);
        buf_add(&s->node, n->attributes);
        if (n->domain) proto_text(&s->node, 7, n->domain);
        proto_message(&s->graph, 1, &s->node);
    }
}

static void put_constants(sheet *s)
{
    for (size_t i = 1; i < s->b.value_count; i++) {
        const onnx_drawn_value *v = &s->b.values[i];
        if (!v->is_needed || v->node || !v->constant.data) continue;
        buf_add(&s->node, v->constant);
        put_name(s, &s->node, 8, (onnx_ref)i);
        proto_message(&s->graph, 5, &s->node);
    }
}

/* ValueInfoProto: name, type.tensor_type {elem_type, shape {dim: "rows"; dim: columns}}. */
static void put_value_info(sheet *s, unsigned field, str name, onnx_type type, size_t columns)
{
    buf *dims = &s->node, *dim = &s->part, *tensor = &s->more;
    proto_text(dim, 2, "rows");
    proto_message(dims, 1, dim);
    if (columns) {
        proto_int(dim, 1, (int64_t)columns);
        proto_message(dims, 1, dim);
    }
    proto_int(tensor, 1, type);
    proto_message(tensor, 2, dims);
    proto_message(dims, 1, tensor); /* TypeProto.tensor_type */
    proto_bytes(dim, 1, str_bytes(name));
    proto_message(dim, 2, dims);
    proto_message(&s->graph, field, dim);
}

static void put_opset(sheet *s, buf *out, const char *domain, int64_t version)
{
    proto_text(&s->node, 1, domain);
    proto_int(&s->node, 2, version);
    proto_message(out, 8, &s->node);
}

static bool put_model(sheet *s, buf *out, err *e)
{
    for (size_t i = 0; i < s->output_count; i++) s->b.values[s->outputs[i].at].name = s->outputs[i].name;
    mark_needed(s);
    put_nodes(s);
    proto_bytes(&s->graph, 2, str_bytes(s->info->name));
    put_constants(s);
    for (size_t i = 0; i < s->input_count; i++) {
        const onnx_drawn_value *v = &s->b.values[s->inputs[i]];
        put_value_info(s, 11, v->name, v->type, v->columns);
    }
    for (size_t i = 0; i < s->output_count; i++)
        put_value_info(s, 12, s->outputs[i].name, s->outputs[i].type, s->outputs[i].columns);
    size_t before = out->len;
    proto_int(out, 1, IR_VERSION);
    proto_text(out, 2, "assay");
    proto_message(out, 7, &s->graph);
    put_opset(s, out, "", OPSET);
    put_opset(s, out, "ai.onnx.ml", OPSET_ML);
    bool fits = !out->failed && out->len - before <= INT32_MAX;
    return fits || err_set(e, ERR_TOO_LARGE, "the model does not fit into the 2 GiB of an ONNX file");
}

static bool draw_and_put(sheet *s, const onnx_drawing *d, buf *out, err *e)
{
    bool *is_text = onnx_alloc(&s->b, d->info->feature_count, sizeof *is_text);
    if (is_text && d->texts) d->texts(d->self, is_text);
    onnx_answers answers = {0};
    onnx_table x = draw_inputs(s, is_text);
    if (onnx_ok(&s->b)) d->draw(d->self, &s->b, &x, &answers);
    if (onnx_ok(&s->b)) give_outputs(s, &answers);
    return onnx_ok(&s->b) && put_model(s, out, e);
}

bool onnx_write(const onnx_drawing *d, bool is_double, buf *out, err *e)
{
    AUTO_ARENA arena memory;
    arena_init(&memory, LIMIT_MODEL_BYTES);
    sheet s = {.info = d->info};
    if (d->info->feature_count == 0)
        return err_set(e, ERR_UNSUPPORTED,
                       "a %.*s that does not say how many features it takes is not written as ONNX",
                       STR_ARG(d->info->name));
    onnx_build_init(&s.b, &memory, is_double, e);
    buf *const all[] = {&s.graph, &s.node, &s.part, &s.more};
    for (size_t i = 0; i < COUNT_OF(all); i++) buf_init(all[i], INT32_MAX);
    bool ok = draw_and_put(&s, d, out, e);
    for (size_t i = 0; i < COUNT_OF(all); i++) buf_done(all[i]);
    onnx_build_done(&s.b);
    return ok;
}

bool model_onnx_write(const model *m, bool is_double, buf *out, err *e)
{
    if (!m->kind->draw)
        return err_set(e, ERR_UNSUPPORTED, "a %.*s is not written as ONNX", STR_ARG(m->info.name));
    onnx_drawing d = {&m->info, m->self, m->kind->draw, m->kind->texts};
    return onnx_write(&d, is_double, out, e);
}
