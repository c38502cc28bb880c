/*
 * model/onnx/graph.h - between the graph's reader (graph.c) and what it answers (answers.c).
 */
#ifndef MODEL_ONNX_GRAPH_H
#define MODEL_ONNX_GRAPH_H

#include "onnx/onnx.h"

typedef struct onnx_graph_input {
    size_t value, first, columns; /* the model's columns from `first` on */
    onnx_type type;
    bool is_vector;
} onnx_graph_input;

/* Labels of one target: a column of an output. */
typedef struct onnx_target {
    size_t value, column, columns;
} onnx_target;

/* Where an answer's numbers come from: outputs side by side. `is_stacked`: [targets, rows, classes] in one. */
typedef struct onnx_answer {
    size_t *values, count;
    bool is_stacked;
} onnx_answer;

typedef struct onnx_graph {
    onnx_value *values; /* constants are filled */
    onnx_node *nodes;
    onnx_graph_input *inputs;
    size_t value_count, value_room, node_count, input_count, features;
    onnx_target *targets; /* of classes */
    size_t target_count;
    const model_classes *classes;
    onnx_answer answers[MODEL_OUTPUTS]; /* predict's only when there are no classes */
    str *names;                         /* only while it is read */
    uint32_t *slots;
    size_t slot_count;
} onnx_graph;

extern const model_kind onnx_graph_kind;

size_t onnx_graph_find(const onnx_graph *g, str name);
/* Rows that are not real show shapes: `is_trial`. */
bool onnx_graph_run(const onnx_graph *g, const model_rows *rows, bool is_trial, arena *a, onnx_value **values,
                    err *e) MUST_USE;
/* The nodes, with the inputs in place. */
bool onnx_graph_run_nodes(const onnx_graph *g, onnx_run *run) MUST_USE;
/* A graph within a node; its inputs may be anything. Memory is the model's. */
bool onnx_graph_read_within(const onnx_source *s, bytes content, onnx_graph *g, err *e) MUST_USE;
/* Runs it once, and fills what it answers and the model's info. */
bool onnx_graph_describe(model *m, onnx_graph *g, bytes content, err *e) MUST_USE;

#endif
