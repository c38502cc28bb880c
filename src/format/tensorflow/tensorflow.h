/*
 * format/tensorflow/tensorflow.h - graphs of TensorFlow: SavedModel, frozen GraphDef, MetaGraphDef (.meta), and Keras's metadata beside them; indexes of
 * checkpoints.
 */
#ifndef FORMAT_TENSORFLOW_TENSORFLOW_H
#define FORMAT_TENSORFLOW_TENSORFLOW_H

#include "format/format.h"

extern const model_format format_tensorflow, format_tensorflow_text, format_tensorflow_checkpoint;

typedef enum tensorflow_kind {
    TENSORFLOW_NONE,
    TENSORFLOW_SAVED, /* SavedModel */
    TENSORFLOW_GRAPH, /* GraphDef */
    TENSORFLOW_META,  /* MetaGraphDef */
    TENSORFLOW_KERAS, /* keras_metadata.pb */
} tensorflow_kind;
/* The bytes of such a message; they must last as long as the report. */
bool tensorflow_read_as(tensorflow_kind kind, bytes content, report *r, err *e) MUST_USE;

/* TensorFlow's own operators, sorted. */
extern const char *const tensorflow_ops[];
extern const size_t tensorflow_op_count;
bool tensorflow_find_op(str name, size_t *index);
bool tensorflow_is_op(str name);

/* How an operator is to be judged by its name alone; *is_known false: it needs a library that is not TensorFlow's. */
typedef struct tensorflow_danger {
    const char *code, *title;
    severity severity;
    bool only_outside; /* only with a path that leads out of the model */
} tensorflow_danger;
const tensorflow_danger *tensorflow_danger_of(str op);

/* Tell of an operator, when there is something to tell. `path`: the constant that it is given, or empty. */
bool tensorflow_see_op(report *r, str member, str op, uint64_t offset, str path, err *e) MUST_USE;

#endif
