/*
 * model/onnx/onnx.h - ONNX graphs of models of tables, run operator by operator over tensors.
 *
 * Source: onnx.proto and the operators' documentation (ai.onnx 9 to 24, ai.onnx.ml 1 to 5). Numbers of every type are held in double, and those of float32 are rounded to
 * it after each operator. The first dimension of inputs and outputs is the row.
 */
#ifndef MODEL_ONNX_ONNX_H
#define MODEL_ONNX_ONNX_H

#include "kind.h"
#include "onnx/types.h"

enum { ONNX_RANK_MAX = 6 };

typedef struct onnx_value {
    onnx_type type; /* ONNX_NONE: not made */
    size_t rank, dims[ONNX_RANK_MAX], count;
    double *numbers;
    str *texts;          /* of ONNX_STRING, instead of numbers */
    const label *labels; /* what a number or text of it can be; NULL: not known */
    size_t label_count;
} onnx_value;

typedef struct onnx_op onnx_op;

/* An input that is left out is this. */
static const size_t ONNX_ABSENT = SIZE_MAX;

typedef struct onnx_node {
    const onnx_op *op;
    size_t *in, *out; /* values by number */
    size_t in_count, out_count;
    void *state; /* the operator's own, read from the attributes */
} onnx_node;

typedef struct onnx_run {
    arena *memory;
    onnx_value *values;
    uint64_t steps_left; /* a graph may be small and ask for much */
    bool is_trial;       /* of rows that are not real: to learn shapes */
    err *e;
} onnx_run;

/* What an operator reads its attributes from: `memory` outlives the file. */
typedef struct onnx_source {
    arena *memory;
    bytes node;
    unsigned depth; /* graphs within graphs */
} onnx_source;

struct onnx_op {
    const char *name;
    size_t least_inputs;
    bool (*read)(const onnx_source *s, void **state, err *e); /* NULL: no attributes matter */
    bool (*run)(onnx_run *run, const onnx_node *n);
};
/* Tables that end with a row without a name. */
extern const onnx_op onnx_cell_ops[], onnx_shape_ops[], onnx_sum_ops[], onnx_tree_ops[], onnx_table_ops[],
    onnx_machine_ops[], onnx_scan_ops[];
const onnx_op *onnx_op_find(str name);

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
    str *at; /* copies */
    size_t count;
} onnx_texts;

bool onnx_attribute_has(const onnx_source *s, const char *name);
/* floats, or the numbers of the tensor under `name`_as_tensor, or of a tensor under the name itself */
bool onnx_attribute_reals(const onnx_source *s, const char *name, onnx_reals *out, err *e) MUST_USE;
bool onnx_attribute_ints(const onnx_source *s, const char *name, onnx_ints *out, err *e) MUST_USE;
bool onnx_attribute_texts(const onnx_source *s, const char *name, onnx_texts *out, err *e) MUST_USE;
int64_t onnx_attribute_int(const onnx_source *s, const char *name, int64_t otherwise);
double onnx_attribute_real(const onnx_source *s, const char *name, double otherwise);
str onnx_attribute_text(const onnx_source *s, const char *name, const char *otherwise);
bytes onnx_attribute_tensor(const onnx_source *s, const char *name);
bytes onnx_attribute_graph(const onnx_source *s, const char *name);
/* Labels of one of two lists of a classifier. */
bool onnx_labels(const onnx_source *s, const char *ints, const char *texts, model_classes *out,
                 err *e) MUST_USE;
bool onnx_tensor(arena *memory, bytes tensor, onnx_value *out, err *e) MUST_USE;
/* Memory of the model for an operator's state. */
void *onnx_state(const onnx_source *s, size_t size_bytes, err *e);

/* --- shared by operators --------------------------------------------------------------------------------------------------- */

/* Input `k`; NULL when it is left out. One that was not made is refused when the node is read. */
const onnx_value *onnx_in(const onnx_run *run, const onnx_node *n, size_t k);
/* The node's output `k`, with room for its numbers or texts; NULL (and err) when it is too large. One that nobody asked for is made too. */
onnx_value *onnx_out(onnx_run *run, const onnx_node *n, size_t k, onnx_type type, const size_t *dims,
                     size_t rank);
onnx_value *onnx_out_like(onnx_run *run, const onnx_node *n, const onnx_value *x, onnx_type type);
/* The same numbers in another shape; what is known of the labels stays known. */
bool onnx_reshaped(onnx_run *run, const onnx_node *n, const onnx_value *x, const size_t *dims, size_t rank);
bool onnx_misfit(const onnx_run *run, const onnx_node *n); /* false, with an err that names the operator */
bool onnx_spend(onnx_run *run, uint64_t steps);
/* An axis that may count from the end. */
bool onnx_axis(int64_t axis, size_t rank, size_t *out);
/* Products of the dimensions before and after an axis. */
typedef struct onnx_span {
    size_t before, length, after;
} onnx_span;
onnx_span onnx_span_of(const onnx_value *x, size_t axis);
/* Rows and columns of a matrix; a vector is one row, a scalar one number. False beyond two dimensions. */
bool onnx_as_matrix(const onnx_value *x, size_t *rows, size_t *columns);

typedef enum onnx_post { POST_NONE, POST_LOGISTIC, POST_SOFTMAX, POST_SOFTMAX_ZERO, POST_PROBIT } onnx_post;
bool onnx_post_read(const onnx_source *s, onnx_post *out, err *e);
void onnx_post_apply(onnx_post post, double *x, size_t count);
double onnx_logistic(double x);
size_t onnx_largest(const double *x, size_t count); /* the first of them */
/* Chosen labels: `indices` of `classes` become the node's output 0. */
bool onnx_choose(onnx_run *run, const onnx_node *n, const model_classes *classes, const size_t *indices,
                 size_t rows);

#endif
