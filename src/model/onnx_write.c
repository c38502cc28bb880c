/*
 * model/onnx_write.c - protocol buffers by hand: a graph of tree ensembles and divisions.
 *
 * Message and field numbers are those of onnx.proto; repeated numbers are written packed, which every reader takes.
 */
#include "model/onnx_write.h"

#include <math.h>
#include <stdio.h>

enum { WIRE_VARINT = 0, WIRE_BYTES = 2, ONNX_FLOAT = 1, ONNX_INT64 = 7, ONNX_STRING = 8 };
enum {
    ATTRIBUTE_INT = 2,
    ATTRIBUTE_STRING = 3,
    ATTRIBUTE_FLOATS = 6,
    ATTRIBUTE_INTS = 7,
    ATTRIBUTE_STRINGS = 8
};

/* --- protocol buffers ---------------------------------------------------------------------------------------------------- */

static void put_varint(buf *out, uint64_t number)
{
    for (; number >= 0x80; number >>= 7) buf_add_byte(out, (uint8_t)(number | 0x80));
    buf_add_byte(out, (uint8_t)number);
}

static void put_tag(buf *out, unsigned field, unsigned wire)
{
    put_varint(out, field << 3 | wire);
}

static void put_int(buf *out, unsigned field, int64_t number)
{
    put_tag(out, field, WIRE_VARINT);
    put_varint(out, (uint64_t)number);
}

static void put_bytes(buf *out, unsigned field, bytes data)
{
    put_tag(out, field, WIRE_BYTES);
    put_varint(out, data.len);
    buf_add(out, data);
}

static void put_text(buf *out, unsigned field, const char *text)
{
    put_bytes(out, field, str_bytes(str_from_c(text)));
}

/* A message that was gathered in `inner`, which is emptied for the next. */
static void put_message(buf *out, unsigned field, buf *inner)
{
    if (inner->failed) out->failed = true;
    put_bytes(out, field, buf_bytes(inner));
    buf_reset(inner);
}

/* --- attributes ---------------------------------------------------------------------------------------------------------- */

typedef struct writer {
    const forest *forest;
    buf *graph;
    buf node, attribute, items; /* the messages under way */
} writer;

/* What is in `items` becomes an attribute of the node. */
static void close_attribute(writer *w, const char *name, unsigned type, unsigned field)
{
    put_text(&w->attribute, 1, name);
    put_message(&w->attribute, field, &w->items);
    put_int(&w->attribute, 20, type);
    put_message(&w->node, 5, &w->attribute);
}

static void text_attribute(writer *w, const char *name, const char *text)
{
    buf_add_str(&w->items, str_from_c(text));
    close_attribute(w, name, ATTRIBUTE_STRING, 4);
}

static void int_attribute(writer *w, const char *name, int64_t number)
{
    put_text(&w->attribute, 1, name);
    put_int(&w->attribute, 3, number);
    put_int(&w->attribute, 20, ATTRIBUTE_INT);
    put_message(&w->node, 5, &w->attribute);
}

typedef int64_t int_of(const forest *f, const tree *t, size_t tree_index, size_t node, size_t slot);
typedef float float_of(const forest *f, const tree *t, size_t node, size_t slot);

/* --- what is told of a node ---------------------------------------------------------------------------------------------- */

static int64_t tree_id(const forest *f, const tree *t, size_t index, size_t node, size_t slot)
{
    (void)f, (void)t, (void)node, (void)slot;
    return (int64_t)index;
}

static int64_t node_id(const forest *f, const tree *t, size_t index, size_t node, size_t slot)
{
    (void)f, (void)t, (void)index, (void)slot;
    return (int64_t)node;
}

static int64_t feature_id(const forest *f, const tree *t, size_t index, size_t node, size_t slot)
{
    (void)f, (void)index, (void)slot;
    return t->nodes[node].left < 0 ? 0 : t->nodes[node].feature;
}

static int64_t true_child(const forest *f, const tree *t, size_t index, size_t node, size_t slot)
{
    (void)f, (void)index, (void)slot;
    return t->nodes[node].left < 0 ? 0 : t->nodes[node].left;
}

static int64_t false_child(const forest *f, const tree *t, size_t index, size_t node, size_t slot)
{
    (void)f, (void)index, (void)slot;
    return t->nodes[node].left < 0 ? 0 : t->nodes[node].right;
}

static int64_t missing_true(const forest *f, const tree *t, size_t index, size_t node, size_t slot)
{
    (void)f, (void)index, (void)slot;
    return t->nodes[node].left >= 0 && t->nodes[node].missing_left;
}

static int64_t slot_id(const forest *f, const tree *t, size_t index, size_t node, size_t slot)
{
    (void)f, (void)t, (void)index, (void)node;
    return (int64_t)slot;
}

/* The largest float32 that is not above the threshold decides the same for every float32 input. */
static float threshold_of(const forest *f, const tree *t, size_t node, size_t slot)
{
    (void)f, (void)slot;
    if (t->nodes[node].left < 0) return 0;
    double threshold = t->nodes[node].threshold;
    float rounded = (float)threshold;
    return (double)rounded > threshold ? nextafterf(rounded, -INFINITY) : rounded;
}

/* --- lists over all nodes ------------------------------------------------------------------------------------------------ */

static void node_ints(writer *w, const char *name, int_of *value)
{
    const forest *f = w->forest;
    for (size_t i = 0; i < f->tree_count; i++)
        for (size_t k = 0; k < f->trees[i].node_count; k++)
            put_varint(&w->items, (uint64_t)value(f, &f->trees[i], i, k, 0));
    close_attribute(w, name, ATTRIBUTE_INTS, 8);
}

static void put_float(buf *out, float number)
{
    buf_add(out, (bytes){(const uint8_t *)&number, sizeof number});
}

static void node_floats(writer *w, const char *name, float_of *value)
{
    const forest *f = w->forest;
    for (size_t i = 0; i < f->tree_count; i++)
        for (size_t k = 0; k < f->trees[i].node_count; k++)
            put_float(&w->items, value(f, &f->trees[i], k, 0));
    close_attribute(w, name, ATTRIBUTE_FLOATS, 7);
}

static void node_modes(writer *w)
{
    const forest *f = w->forest;
    put_text(&w->attribute, 1, "nodes_modes");
    for (size_t i = 0; i < f->tree_count; i++)
        for (size_t k = 0; k < f->trees[i].node_count; k++)
            put_text(&w->attribute, 9, f->trees[i].nodes[k].left < 0 ? "LEAF" : "BRANCH_LEQ");
    put_int(&w->attribute, 20, ATTRIBUTE_STRINGS);
    put_message(&w->node, 5, &w->attribute);
}

static void nodes(writer *w)
{
    node_ints(w, "nodes_treeids", tree_id);
    node_ints(w, "nodes_nodeids", node_id);
    node_ints(w, "nodes_featureids", feature_id);
    node_modes(w);
    node_floats(w, "nodes_values", threshold_of);
    node_ints(w, "nodes_truenodeids", true_child);
    node_ints(w, "nodes_falsenodeids", false_child);
    node_ints(w, "nodes_missing_value_tracks_true", missing_true);
}

/* Numbers of the leaves: slots from `first` on, `count` of them, numbered from 0. */
typedef struct slots {
    size_t first, count;
} slots;

static void leaf_ints(writer *w, const char *name, slots s, int_of *value)
{
    const forest *f = w->forest;
    for (size_t i = 0; i < f->tree_count; i++)
        for (size_t k = 0; k < f->trees[i].node_count; k++)
            for (size_t c = 0; f->trees[i].nodes[k].left < 0 && c < s.count; c++)
                put_varint(&w->items, (uint64_t)value(f, &f->trees[i], i, k, c));
    close_attribute(w, name, ATTRIBUTE_INTS, 8);
}

/* Counts become shares. */
static void leaf_weights(writer *w, const char *name, slots s)
{
    const forest *f = w->forest;
    for (size_t i = 0; i < f->tree_count; i++) {
        const tree *t = &f->trees[i];
        for (size_t k = 0; k < t->node_count; k++) {
            if (t->nodes[k].left >= 0) continue;
            const double *values = t->values + k * f->value_count + s.first;
            double sum = 0;
            for (size_t c = 0; f->values_are_counts && c < s.count; c++) sum += values[c];
            for (size_t c = 0; c < s.count; c++)
                put_float(&w->items, (float)(values[c] / (sum > 0 ? sum : 1)));
        }
    }
    close_attribute(w, name, ATTRIBUTE_FLOATS, 7);
}

/* --- nodes of the graph -------------------------------------------------------------------------------------------------- */

/* "label", or "label_2" among several. */
typedef struct output_name {
    char text[40];
} output_name;

static output_name name_of(const forest *f, const char *stem, size_t output)
{
    output_name name;
    if (f->output_count == 1)
        snprintf(name.text, sizeof name.text, "%s", stem);
    else
        snprintf(name.text, sizeof name.text, "%s_%zu", stem, output);
    return name;
}

/* The labels of an output as a tensor, to be gathered from. Whole numbers, booleans as 0 and 1, or text. */
static void label_tensor(writer *w, const char *name, const forest_output *o)
{
    bool texts = o->classes[0].kind == LABEL_TEXT;
    put_int(&w->node, 1, (int64_t)o->class_count);
    put_int(&w->node, 2, texts ? ONNX_STRING : ONNX_INT64);
    for (size_t i = 0; i < o->class_count; i++) {
        const label *l = &o->classes[i];
        if (texts)
            put_bytes(&w->node, 6, str_bytes(l->text));
        else
            put_varint(&w->items, (uint64_t)(l->kind == LABEL_FLOAT ? (int64_t)l->number : l->integer));
    }
    if (!texts) put_message(&w->node, 7, &w->items);
    put_text(&w->node, 8, name);
    put_message(w->graph, 5, &w->node);
}

static void divide(writer *w, const char *from, const char *to)
{
    put_text(&w->node, 1, from);
    put_text(&w->node, 1, "trees");
    put_text(&w->node, 2, to);
    put_text(&w->node, 4, "Div");
    put_message(w->graph, 1, &w->node);
}

/* The first of the largest sums is the label, as scikit-learn has it: the ensembles of runtimes choose otherwise between equals. */
static void choose_label(writer *w, size_t output, const char *sums)
{
    const forest *f = w->forest;
    output_name index = name_of(f, "index", output), labels = name_of(f, "labels", output);
    put_text(&w->node, 1, sums);
    put_text(&w->node, 2, index.text);
    put_text(&w->node, 4, "ArgMax");
    int_attribute(w, "axis", 1);
    int_attribute(w, "keepdims", 0);
    put_message(w->graph, 1, &w->node);
    put_text(&w->node, 1, labels.text);
    put_text(&w->node, 1, index.text);
    put_text(&w->node, 2, name_of(f, "label", output).text);
    put_text(&w->node, 4, "Gather");
    put_message(w->graph, 1, &w->node);
    label_tensor(w, labels.text, &f->outputs[output]);
}

static void ensemble_of_classes(writer *w, slots s, const char *chosen, const char *sums)
{
    put_text(&w->node, 1, "X");
    put_text(&w->node, 2, chosen);
    put_text(&w->node, 2, sums);
    put_text(&w->node, 4, "TreeEnsembleClassifier");
    nodes(w);
    leaf_ints(w, "class_treeids", s, tree_id);
    leaf_ints(w, "class_nodeids", s, node_id);
    leaf_ints(w, "class_ids", s, slot_id);
    leaf_weights(w, "class_weights", s);
    for (size_t i = 0; i < s.count; i++) put_varint(&w->items, i);
    close_attribute(w, "classlabels_int64s", ATTRIBUTE_INTS, 8);
    text_attribute(w, "post_transform", "NONE");
    put_text(&w->node, 7, "ai.onnx.ml");
    put_message(w->graph, 1, &w->node);
}

static void ensemble_of_numbers(writer *w, slots s, const char *sums)
{
    put_text(&w->node, 1, "X");
    put_text(&w->node, 2, sums);
    put_text(&w->node, 4, "TreeEnsembleRegressor");
    nodes(w);
    leaf_ints(w, "target_treeids", s, tree_id);
    leaf_ints(w, "target_nodeids", s, node_id);
    leaf_ints(w, "target_ids", s, slot_id);
    leaf_weights(w, "target_weights", s);
    int_attribute(w, "n_targets", (int64_t)s.count);
    text_attribute(w, "post_transform", "NONE");
    put_text(&w->node, 7, "ai.onnx.ml");
    put_message(w->graph, 1, &w->node);
}

static void classifier(writer *w, size_t output)
{
    const forest *f = w->forest;
    slots s = {.first = output * f->slot_count, .count = f->outputs[output].class_count};
    output_name sums = name_of(f, "sums", output);
    if (s.count > 1)
        ensemble_of_classes(w, s, name_of(f, "chosen", output).text, sums.text);
    else
        ensemble_of_numbers(w, s, sums.text); /* runtimes take a single class for one of two */
    choose_label(w, output, sums.text);
    divide(w, sums.text, name_of(f, "probabilities", output).text);
}

static void regressor(writer *w)
{
    ensemble_of_numbers(w, (slots){.count = w->forest->value_count}, "sums");
    divide(w, "sums", "variable");
}

/* --- the model ----------------------------------------------------------------------------------------------------------- */

/* ValueInfoProto: name, type.tensor_type {elem_type, shape {dim: "rows"; dim: columns}}. columns 0: one dimension. */
static void value_info(writer *w, unsigned field, const char *name, unsigned type, size_t columns)
{
    buf *dims = &w->node, *dim = &w->attribute, *tensor = &w->items;
    put_text(dim, 2, "rows");
    put_message(dims, 1, dim);
    if (columns) {
        put_int(dim, 1, (int64_t)columns);
        put_message(dims, 1, dim);
    }
    put_int(tensor, 1, type);
    put_message(tensor, 2, dims);
    put_message(dims, 1, tensor); /* TypeProto.tensor_type */
    put_text(dim, 1, name);
    put_message(dim, 2, dims);
    put_message(w->graph, field, dim);
}

/* The number of trees, a float32 scalar. */
static void tree_count(writer *w)
{
    float count = (float)w->forest->tree_count;
    put_int(&w->node, 2, ONNX_FLOAT);
    put_text(&w->node, 8, "trees");
    put_bytes(&w->node, 9, (bytes){(const uint8_t *)&count, sizeof count});
    put_message(w->graph, 5, &w->node);
}

static void graph_outputs(writer *w)
{
    const forest *f = w->forest;
    if (!forest_classifies(f)) {
        value_info(w, 12, "variable", ONNX_FLOAT, f->value_count);
        return;
    }
    for (size_t k = 0; k < f->output_count; k++) {
        bool texts = f->outputs[k].classes[0].kind == LABEL_TEXT;
        value_info(w, 12, name_of(f, "label", k).text, texts ? ONNX_STRING : ONNX_INT64, 0);
        value_info(w, 12, name_of(f, "probabilities", k).text, ONNX_FLOAT, f->outputs[k].class_count);
    }
}

static void opset(buf *model, buf *scratch, const char *domain, int64_t version)
{
    put_text(scratch, 1, domain);
    put_int(scratch, 2, version);
    put_message(model, 8, scratch);
}

static void write_model(writer *w, buf *out)
{
    for (size_t k = 0; forest_classifies(w->forest) && k < w->forest->output_count; k++) classifier(w, k);
    if (!forest_classifies(w->forest)) regressor(w);
    put_text(w->graph, 2, estimator_of(w->forest->kind)->name);
    tree_count(w);
    value_info(w, 11, "X", ONNX_FLOAT, w->forest->feature_count);
    graph_outputs(w);

    put_int(out, 1, 8); /* ir_version */
    put_text(out, 2, "assay");
    put_message(out, 7, w->graph);
    opset(out, &w->items, "", 13);
    opset(out, &w->items, "ai.onnx.ml", 3);
}

bool forest_onnx_write(const forest *f, buf *out, err *e)
{
    static const size_t most = INT32_MAX;
    AUTO_BUF buf graph;
    buf_init(&graph, most);
    writer w = {.forest = f, .graph = &graph};
    buf_init(&w.node, most);
    buf_init(&w.attribute, most);
    buf_init(&w.items, most);
    size_t before = out->len;
    write_model(&w, out);
    buf_done(&w.node);
    buf_done(&w.attribute);
    buf_done(&w.items);
    bool fits = !out->failed && out->len - before <= most;
    return fits || err_set(e, ERR_TOO_LARGE, "the forest does not fit into the 2 GiB of an ONNX file");
}
