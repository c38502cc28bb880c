/*
 * model/onnx/onnx.h - ONNX graphs of trees and linear models, run operator by operator over matrices.
 *
 * Source: onnx.proto and the operators' documentation (ai.onnx 13, ai.onnx.ml 1 to 3). Numbers are held in double and rounded to float32 after each
 * operator of a graph that takes float32.
 */
#ifndef MODEL_ONNX_ONNX_H
#define MODEL_ONNX_ONNX_H

#include "kind.h"

typedef struct onnx_value {
    size_t rows, columns; /* of a constant: as it broadcasts; a vector is one row */
    double *numbers;
    const label *labels; /* numbers are indices of these */
    size_t label_count;
    bool is_constant;
} onnx_value;

typedef struct onnx_op onnx_op;

typedef struct onnx_node {
    const onnx_op *op;
    size_t *in, *out; /* values by number */
    size_t in_count, out_count;
    void *state; /* the operator's own, read from the attributes */
} onnx_node;

typedef struct onnx_run {
    arena *memory;
    onnx_value *values;
} onnx_run;

/* What an operator reads its attributes from: `memory` outlives the file. */
typedef struct onnx_source {
    arena *memory;
    bytes node;
} onnx_source;

struct onnx_op {
    const char *name;
    size_t least_inputs;
    bool (*read)(const onnx_source *s, void **state, err *e); /* NULL: no attributes matter */
    bool (*run)(const onnx_run *run, const onnx_node *n, err *e);
};
const onnx_op *onnx_op_find(str name);
extern const onnx_op onnx_tree_classifier, onnx_tree_regressor;

bool onnx_is(bytes file);
bool onnx_model_read(bytes file, model **out, err *e) MUST_USE;

/* --- attributes and tensors; lists that are not there are empty ------------------------------------------------------------ */

typedef struct onnx_reals {
    double *at;
    size_t count;
} onnx_reals;
typedef struct onnx_ints {
    int64_t *at;
    size_t count;
} onnx_ints;
typedef struct onnx_texts {
    str *at; /* views of the file */
    size_t count;
} onnx_texts;

/* floats, or the doubles of the tensor under `name`_as_tensor */
bool onnx_attribute_reals(const onnx_source *s, const char *name, onnx_reals *out, err *e) MUST_USE;
bool onnx_attribute_ints(const onnx_source *s, const char *name, onnx_ints *out, err *e) MUST_USE;
bool onnx_attribute_texts(const onnx_source *s, const char *name, onnx_texts *out, err *e) MUST_USE;
int64_t onnx_attribute_int(const onnx_source *s, const char *name, int64_t otherwise);
double onnx_attribute_real(const onnx_source *s, const char *name, double otherwise);
str onnx_attribute_text(const onnx_source *s, const char *name, const char *otherwise);
/* Labels of one of two lists of a classifier. */
bool onnx_labels(const onnx_source *s, const char *ints, const char *texts, model_classes *out,
                 err *e) MUST_USE;
bool onnx_tensor(arena *memory, bytes tensor, onnx_value *out, err *e) MUST_USE;

/* --- shared by operators --------------------------------------------------------------------------------------------------- */

typedef enum onnx_post { POST_NONE, POST_LOGISTIC, POST_SOFTMAX, POST_SOFTMAX_ZERO } onnx_post;
bool onnx_post_read(const onnx_source *s, onnx_post *out, err *e) MUST_USE;
void onnx_post_apply(onnx_post post, double *x, size_t count);
double onnx_logistic(double x);
size_t onnx_largest(const double *x, size_t count); /* the first of them */
/* The node's output `which` as a new matrix; NULL (and err) when it is too large. One that nobody asked for is made too. */
onnx_value *onnx_output(const onnx_run *run, const onnx_node *n, size_t which, size_t rows, size_t columns,
                        onnx_value *unasked, err *e);

#endif
