/*
 * format/tensorflow/graph.c - every node of a GraphDef and of the functions in its library.
 *
 * What an operator is given is looked up where it is a constant of the same graph: a path that stands in the file is shown, and judged.
 */
#include "tensorflow/graph.h"

#include "nested.h"
#include "format/protobuf.h"

#include <stdlib.h>

/* Field numbers: graph.proto, node_def.proto, function.proto, attr_value.proto, tensor.proto, meta_graph.proto. */
enum {
    GRAPH_NODE = 1,
    GRAPH_LIBRARY = 2,
    LIBRARY_FUNCTION = 1,
    FUNCTION_SIGNATURE = 1,
    FUNCTION_NODE = 3,
    NODE_NAME = 1,
    NODE_OP = 2,
    NODE_INPUT = 3,
    NODE_ATTR = 5,
    PAIR_KEY = 1,
    PAIR_VALUE = 2,
    ATTR_LIST = 1,
    ATTR_TEXT = 2,
    ATTR_TENSOR = 8,
    TENSOR_TEXT = 8,
    META_ASSET = 6,
    ASSET_TENSOR = 1,
    TENSOR_INFO_NAME = 1,
};

bool tensorflow_graph_broken(tensorflow_graph *g, const char *title, err *e)
{
    if (g->is_broken) return true;
    g->is_broken = true;
    remark m = {.code = "MDL-TF-004",
                .severity = SEVERITY_MEDIUM,
                .advice = "Get the file again from its source.",
                .is_unreadable = true};
    return nested_say(g->report, &m, str_from_c(title), e);
}

/* --- constants ------------------------------------------------------------------------------------------------------------------------------ */

static bytes attribute_of(bytes node, const char *key)
{
    reader r = reader_of(node);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == NODE_ATTR && f.wire == 2 && str_eq(pb_text(f.content, PAIR_KEY), str_from_c(key)))
            return pb_bytes(f.content, PAIR_VALUE);
    return BYTES_NONE;
}

/* "scope/path:0" and "^scope/path" are of the node scope/path; in functions "path:output:0". */
static str node_of_input(str input)
{
    if (str_starts_with(input, STR("^"))) input = str_skip(input, 1);
    ptrdiff_t colon = str_find(input, ':');
    return colon < 0 ? input : str_slice(input, 0, (size_t)colon);
}

static bool find_node(bytes scope, uint32_t field, str name, bytes *node)
{
    reader r = reader_of(scope);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == field && f.wire == 2 && str_eq(pb_text(f.content, NODE_NAME), name)) {
            *node = f.content;
            return true;
        }
    return false;
}

/* A constant that loading replaces by the name of an asset of the model. */
static bool is_asset(const tensorflow_graph *g, str node)
{
    reader r = reader_of(g->meta);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != META_ASSET || f.wire != 2) continue;
        str tensor = pb_text(pb_bytes(f.content, ASSET_TENSOR), TENSOR_INFO_NAME);
        if (str_eq(node_of_input(tensor), node)) return true;
    }
    return false;
}

/* The first text among the constants that feed a node, directly or through what joins and passes on. */
static str constant_for(tensorflow_graph *g, bytes scope, uint32_t field, bytes node, unsigned depth)
{
    reader r = reader_of(node);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != NODE_INPUT || f.wire != 2) continue;
        str name = node_of_input(bytes_str(f.content)), text = STR_NONE;
        bytes source;
        if (g->lookups >= TENSORFLOW_LOOKUPS_MAX) return STR_NONE;
        g->lookups++;
        if (!find_node(scope, field, name, &source)) continue;
        bool is_const = str_eq(pb_text(source, NODE_OP), STR("Const"));
        if (is_const && !is_asset(g, name))
            text = pb_text(pb_bytes(attribute_of(source, "value"), ATTR_TENSOR), TENSOR_TEXT);
        else if (!is_const && depth > 0)
            text = constant_for(g, scope, field, source, depth - 1);
        if (text.len) return text;
    }
    return STR_NONE;
}

/* --- nodes ------------------------------------------------------------------------------------------------------------------------------------ */

static bool is_told(tensorflow_graph *g, str op, str path)
{
    for (size_t i = 0; i < g->told_count; i++)
        if (str_eq(g->told[i].op, op) && str_eq(g->told[i].path, path)) return true;
    if (g->told_count < TENSORFLOW_TOLD_MAX) {
        g->told[g->told_count].op = op;
        g->told[g->told_count++].path = path;
    }
    return false;
}

static bool tell(tensorflow_graph *g, str op, bytes node, str path, err *e)
{
    if (is_told(g, op, path)) return true;
    uint64_t at = (uint64_t)(node.data - g->file.data);
    return tensorflow_see_op(g->report, STR_NONE, op, at, path, e);
}

static bool tell_attribute(tensorflow_graph *g, str op, bytes node, str value, const char *code, severity s,
                           err *e)
{
    if (is_told(g, op, value)) return true;
    remark m = {
        .code = code, .severity = s, .offset = (uint64_t)(node.data - g->file.data), .has_offset = true};
    m.advice = "Export the model again without this operator.";
    str shown = str_slice(value, 0, 200);
    str title = arena_printf(g->report->arena, "The operator '%.*s' reaches out of the graph: '%.*s'",
                             STR_ARG(op), STR_ARG(str_is_utf8(shown) ? shown : STR("(no text)")));
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return nested_say(g->report, &m, title, e);
}

/* Operators whose reach stands in an attribute. */
static bool see_attributes(tensorflow_graph *g, str op, bytes node, err *e)
{
    if (str_eq(op, STR("PrintV2"))) {
        str stream = pb_text(attribute_of(node, "output_stream"), ATTR_TEXT);
        if (str_starts_with(stream, STR("file:")))
            return tell_attribute(g, op, node, stream, "MDL-TF-002", SEVERITY_HIGH, e);
    }
    if (str_starts_with(op, STR("Debug"))) {
        str url = pb_text(pb_bytes(attribute_of(node, "debug_urls"), ATTR_LIST), ATTR_TEXT);
        if (url.len == 0) url = pb_text(attribute_of(node, "tfdbg_run_id"), ATTR_TEXT);
        if (str_contains(url, STR("://")))
            return tell_attribute(g, op, node, url, "MDL-TF-002", SEVERITY_HIGH, e);
    }
    if (str_starts_with(op, STR("DecodeProto")) || str_starts_with(op, STR("EncodeProto"))) {
        str source = pb_text(attribute_of(node, "descriptor_source"), ATTR_TEXT);
        if (source.len && !str_starts_with(source, STR("local://")) &&
            !str_starts_with(source, STR("bytes://")))
            return tell_attribute(g, op, node, source, "MDL-TF-002", SEVERITY_MEDIUM, e);
    }
    return true;
}

static int by_text(const void *left, const void *right)
{
    return str_compare(*(const str *)left, *(const str *)right);
}

static bool is_local(const tensorflow_graph *g, str op)
{
    return g->local_count && bsearch(&op, g->local, g->local_count, sizeof op, by_text);
}

static bool see_node(tensorflow_graph *g, bytes scope, uint32_t field, bytes node, err *e)
{
    reader whole = reader_of(node);
    pb_field f;
    while (pb_next(&whole, &f)) continue;
    if (whole.failed) return tensorflow_graph_broken(g, "A node of the graph is no whole message", e);
    str op = pb_text(node, NODE_OP);
    size_t index;
    g->nodes++;
    if (tensorflow_find_op(op, &index)) g->uses[index]++;
    bytes value = str_eq(op, STR("Const")) ? pb_bytes(attribute_of(node, "value"), ATTR_TENSOR) : BYTES_NONE;
    if (value.len && !tensorflow_tell_constant(g, node, value, e)) return false;
    if (!see_attributes(g, op, node, e)) return false;
    const tensorflow_danger *d = tensorflow_danger_of(op);
    if (!d) return tensorflow_is_op(op) || is_local(g, op) || tell(g, op, node, STR_NONE, e);
    str path = constant_for(g, scope, field, node, 4);
    if (path.len == 0) path = pb_text(attribute_of(node, "memory_region_name"), ATTR_TEXT);
    if (d->only_outside && path.len == 0) g->unresolved = op;
    if (d->only_outside && path.len == 0 && g->lookups >= TENSORFLOW_LOOKUPS_MAX)
        return tensorflow_graph_broken(g, "The graph has more operators on files than are followed", e);
    return tell(g, op, node, path, e);
}

/* A function got the name of its file as an argument: the constants that calls are given may be that name. */
static bool see_arguments(tensorflow_graph *g, bytes scope, uint32_t field, err *e)
{
    reader r = reader_of(scope);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != field || f.wire != 2) continue;
        str op = pb_text(f.content, NODE_OP);
        if (!str_ends_with(op, STR("PartitionedCall")) && !is_local(g, op)) continue;
        str path = constant_for(g, scope, field, f.content, 1);
        if (path.len && !tell(g, g->unresolved, f.content, path, e)) return false;
        if (g->lookups >= TENSORFLOW_LOOKUPS_MAX)
            return tensorflow_graph_broken(g, "The graph has more operators on files than are followed", e);
    }
    return true;
}

static bool see_nodes(tensorflow_graph *g, bytes scope, uint32_t field, err *e)
{
    reader r = reader_of(scope);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == field && f.wire == 2 && !see_node(g, scope, field, f.content, e)) return false;
    return !r.failed || tensorflow_graph_broken(g, "The graph is no whole message", e);
}

/* --- the library ---------------------------------------------------------------------------------------------------------------------------------- */

static bool list_functions(tensorflow_graph *g, bytes library, err *e)
{
    reader r = reader_of(library);
    pb_field f;
    size_t count = 0;
    while (pb_next(&r, &f)) count += f.number == LIBRARY_FUNCTION && f.wire == 2;
    g->local_count = 0;
    g->local = arena_alloc_array(g->report->arena, count + 1, sizeof *g->local);
    if (!g->local) return err_set(e, ERR_MEMORY, "no memory for %zu functions", count);
    r = reader_of(library);
    while (g->local_count < count && pb_next(&r, &f))
        if (f.number == LIBRARY_FUNCTION && f.wire == 2)
            g->local[g->local_count++] = pb_text(pb_bytes(f.content, FUNCTION_SIGNATURE), 1);
    if (g->local_count) qsort(g->local, g->local_count, sizeof *g->local, by_text);
    g->functions += g->local_count;
    return true;
}

static bool see_library(tensorflow_graph *g, bytes library, err *e)
{
    reader r = reader_of(library);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == LIBRARY_FUNCTION && f.wire == 2 && !see_nodes(g, f.content, FUNCTION_NODE, e))
            return false;
    return !r.failed || tensorflow_graph_broken(g, "The library of functions is no whole message", e);
}

bool tensorflow_graph_read(tensorflow_graph *g, bytes graph, err *e)
{
    bytes library = pb_bytes(graph, GRAPH_LIBRARY);
    if (!list_functions(g, library, e) || !see_nodes(g, graph, GRAPH_NODE, e)) return false;
    /* A message that stands twice is merged by readers, so each is looked at. */
    reader r = reader_of(graph);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == GRAPH_LIBRARY && f.wire == 2 && !see_library(g, f.content, e)) return false;
    return g->unresolved.len == 0 || see_arguments(g, graph, GRAPH_NODE, e);
}
