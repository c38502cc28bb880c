/*
 * format/tensorflow/graph.h - nodes of one graph or function, looked at one by one.
 */
#ifndef FORMAT_TENSORFLOW_GRAPH_H
#define FORMAT_TENSORFLOW_GRAPH_H

#include "tensorflow/tensorflow.h"

enum { TENSORFLOW_TOLD_MAX = 512, TENSORFLOW_LOOKUPS_MAX = 4096 };

typedef struct tensorflow_graph {
    report *report;
    bytes file;
    bool is_broken;
    uint64_t nodes, functions, lookups;
    uint64_t *uses; /* per place in tensorflow_ops */
    str *local;     /* names of the library's functions, sorted */
    size_t local_count;
    struct {
        str op, path;
    } told[TENSORFLOW_TOLD_MAX];
    size_t told_count;
    str unresolved; /* an operator that opens a file whose name is not in its own graph or function */
    bytes meta;     /* of the graph being read: names its assets */
} tensorflow_graph;

/* A GraphDef with its library. */
bool tensorflow_graph_read(tensorflow_graph *g, bytes graph, err *e) MUST_USE;
bool tensorflow_graph_broken(tensorflow_graph *g, const char *title, err *e) MUST_USE;

/* --- facts (facts.c) --------------------------------------------------------------------------------------------------------------------- */

/* A DataType in numpy's words; "other" when it is none. */
const char *tensorflow_type_name(uint64_t type);
bool tensorflow_tell_signature(tensorflow_graph *g, bytes entry, err *e) MUST_USE;
bool tensorflow_tell_operators(tensorflow_graph *g, err *e) MUST_USE;
bool tensorflow_tell_constant(tensorflow_graph *g, bytes node, bytes tensor, err *e) MUST_USE;

#endif
