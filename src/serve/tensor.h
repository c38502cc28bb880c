/*
 * serve/tensor.h - one input of the Open Inference Protocol: its head, and its elements as cells. Private to serve.
 */
#ifndef SERVE_TENSOR_H
#define SERVE_TENSOR_H

#include "served.h"

typedef enum datatype {
    TYPE_BOOL,
    TYPE_UINT8,
    TYPE_UINT16,
    TYPE_UINT32,
    TYPE_UINT64,
    TYPE_INT8,
    TYPE_INT16,
    TYPE_INT32,
    TYPE_INT64,
    TYPE_FP16,
    TYPE_FP32,
    TYPE_FP64,
    TYPE_BYTES,
    DATATYPES
} datatype;
const char *datatype_name(datatype type);
size_t datatype_bytes(datatype type); /* of one element; 0 for BYTES, which say their own length */

enum { TENSOR_RANK_MAX = 8 };
typedef struct tensor {
    str name;
    datatype type;
    uint64_t shape[TENSOR_RANK_MAX];
    size_t rank, elements;
    const json_t *data; /* NULL: the elements are in `raw` */
    bytes raw;
} tensor;

/* The head of an input, and where its elements are: `binary` is what is left of the request's binary part, and is cut. */
bool tensor_read(const json_t *input, bytes *binary, tensor *out, err *e) MUST_USE;
/* Element e becomes the cell of row e / width, feature `first` + e % width. */
bool tensor_fill(const tensor *t, size_t first, size_t width, cells *c, err *e) MUST_USE;

/* The type of an output (v2.c). */
datatype v2_output_type(const model_info *about, model_output what);

#endif
