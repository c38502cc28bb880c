/*
 * model/onnx/build.h - an ONNX graph under construction: what estimators write themselves with.
 *
 * A value is a number (onnx_ref); a node takes values and gives one. Everything is double and has rows first: [N, columns], or [N] where it says so. Nothing is
 * written until the end, and then only what the outputs need, so that an estimator may draw all it can answer. Failure sticks, as with base/reader.h: after the
 * first one everything gives 0 and the caller asks once, at the end.
 */
#ifndef MODEL_ONNX_BUILD_H
#define MODEL_ONNX_BUILD_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/model.h"
#include "onnx/types.h"

typedef uint32_t onnx_ref; /* 0: none */

typedef struct onnx_drawn_value {
    uint32_t node;  /* which makes it, plus one; 0: an initializer or an input */
    bytes constant; /* of an initializer: the TensorProto without its name */
    str name;       /* of an input or a named output */
    onnx_type type; /* of an input */
    size_t columns; /* of an input */
    bool is_needed;
} onnx_drawn_value;

typedef struct onnx_drawn_node {
    const char *op, *domain; /* domain NULL: ai.onnx */
    onnx_ref *in;
    size_t in_count;
    onnx_ref out, out_count; /* consecutive values */
    bytes attributes;
    bool is_needed;
} onnx_drawn_node;

typedef struct onnx_build {
    arena *memory;
    err *e;
    bool failed, is_double; /* inputs and outputs are double, else float32 */
    onnx_drawn_value *values;
    onnx_drawn_node *nodes;
    size_t value_count, value_room, node_count, node_room;
    buf attributes, message, items; /* of the node under way */
    onnx_ref *taken;
    size_t taken_count, taken_room;
} onnx_build;

void onnx_build_init(onnx_build *b, arena *memory, bool is_double, err *e);
void onnx_build_done(onnx_build *b);
void onnx_fail(onnx_build *b, err_code code, const char *format, ...) PRINTF(3, 4);
static inline bool onnx_ok(const onnx_build *b)
{
    return !b->failed;
}
/* Zeroed memory of the graph; NULL after a failure. */
void *onnx_alloc(onnx_build *b, size_t count, size_t item_bytes);

/* --- constants ------------------------------------------------------------------------------------------------------------ */

onnx_ref onnx_number(onnx_build *b, double number);
onnx_ref onnx_vector(onnx_build *b, const double *numbers, size_t count); /* [count] */
onnx_ref onnx_rows(onnx_build *b, const double *numbers, size_t rows, size_t columns);
onnx_ref onnx_transposed(onnx_build *b, const double *numbers, size_t rows, size_t columns);
onnx_ref onnx_cube(onnx_build *b, const double *numbers, size_t planes, size_t rows, size_t columns);
onnx_ref onnx_integers(onnx_build *b, const int64_t *numbers, size_t count);
onnx_ref onnx_columns_of(onnx_build *b, const size_t *columns, size_t count);
onnx_ref onnx_label_tensor(onnx_build *b, const model_classes *classes);
onnx_type onnx_label_type(const model_classes *classes);

/* --- nodes ---------------------------------------------------------------------------------------------------------------- */

onnx_ref onnx_op1(onnx_build *b, const char *op, onnx_ref x);
onnx_ref onnx_op2(onnx_build *b, const char *op, onnx_ref x, onnx_ref y);
onnx_ref onnx_op3(onnx_build *b, const char *op, onnx_ref x, onnx_ref y, onnx_ref z);
onnx_ref onnx_with(onnx_build *b, const char *op, onnx_ref x, double number); /* x op number */
onnx_ref onnx_cast(onnx_build *b, onnx_ref x, onnx_type to);
onnx_ref onnx_argmax(onnx_build *b, onnx_ref x); /* [N] int64: the first of the largest */
onnx_ref onnx_argmin(onnx_build *b, onnx_ref x); /* ... of the smallest */
/* The smallest `count` of each row, [N, count]; the next value is their places, int64. */
onnx_ref onnx_smallest(onnx_build *b, onnx_ref x, size_t count);
onnx_ref onnx_softmax(onnx_build *b, onnx_ref x); /* over the last axis */
onnx_ref onnx_sum(onnx_build *b, onnx_ref x, int64_t axis, bool keeps);
onnx_ref onnx_largest_of(onnx_build *b, onnx_ref x, int64_t axis, bool keeps);
onnx_ref onnx_concat(onnx_build *b, const onnx_ref *parts, size_t count, int64_t axis);
onnx_ref onnx_gather(onnx_build *b, onnx_ref from, onnx_ref which, int64_t axis);
onnx_ref onnx_shaped(onnx_build *b, onnx_ref x, const int64_t *shape, size_t rank);
onnx_ref onnx_flat(onnx_build *b, onnx_ref x);                /* [N, 1] becomes [N] */
onnx_ref onnx_upright(onnx_build *b, onnx_ref x);             /* [N] becomes [N, 1] */
onnx_ref onnx_as_float(onnx_build *b, onnx_ref x);            /* rounded to float32, and double again */
onnx_ref onnx_squashed(onnx_build *b, onnx_ref x);            /* 1 / (1 + exp(-x)) */
onnx_ref onnx_both(onnx_build *b, onnx_ref second);           /* [N, 1] becomes [1 - p, p] */
onnx_ref onnx_shares(onnx_build *b, onnx_ref x);              /* each row divided by its sum */
onnx_ref onnx_pick(onnx_build *b, onnx_ref x, size_t column); /* [N, columns] becomes [N, 1] */
onnx_ref onnx_filled(onnx_build *b, onnx_ref x, const double *numbers,
                     size_t count); /* a row of them for each row of x */

/* A node piece by piece: what it takes and its attributes, then what it gives; no other node in between. */
void onnx_take(onnx_build *b, onnx_ref x);
void onnx_set_int(onnx_build *b, const char *name, int64_t number);
void onnx_set_text(onnx_build *b, const char *name, const char *text);
void onnx_set_ints(onnx_build *b, const char *name, const int64_t *numbers, size_t count);
void onnx_set_floats(onnx_build *b, const char *name, const double *numbers, size_t count);
void onnx_set_doubles(onnx_build *b, const char *name, const double *numbers, size_t count); /* as a tensor */
void onnx_set_texts(onnx_build *b, const char *name, const str *texts, size_t count);
onnx_ref onnx_give(onnx_build *b, const char *op, const char *domain, size_t outputs);

/* --- tables --------------------------------------------------------------------------------------------------------------- */

/* A column of its own, [N, 1]: text, or numbers. `missing` stands for an empty text (NULL: nothing does). */
typedef struct onnx_column {
    onnx_ref at;
    bool is_text;
    const str *missing;
} onnx_column;

/* What an estimator is given: a matrix, or columns one by one when some are text. */
typedef struct onnx_table {
    size_t count;
    onnx_ref matrix;
    onnx_column *columns; /* NULL: a matrix */
} onnx_table;

onnx_table onnx_table_of(onnx_ref matrix, size_t columns);
onnx_ref onnx_matrix(onnx_build *b, const onnx_table *t); /* fails when there is text */
onnx_column onnx_column_of(onnx_build *b, const onnx_table *t, size_t column);
onnx_table onnx_table_pick(onnx_build *b, const onnx_table *t, const size_t *columns, size_t count);
onnx_table onnx_table_join(onnx_build *b, const onnx_table *tables, size_t count);

/* --- trees ---------------------------------------------------------------------------------------------------------------- */

/* ONNX_SET becomes ONNX_GT by onnx_draw_sets. */
typedef enum onnx_branch_mode { ONNX_LEQ, ONNX_LT, ONNX_GT, ONNX_LEAF, ONNX_SET } onnx_branch_mode;

typedef struct onnx_branch {
    double threshold;
    uint32_t feature, yes, no; /* nodes of the grove; of a leaf `yes` is its row of values */
    uint8_t mode;
    bool missing_is_yes;
} onnx_branch;

/* Trees whose first node is the root. Each adds its leaf's numbers to `width` targets from `slots`[tree] on. */
typedef struct onnx_grove {
    onnx_branch *nodes;
    size_t *starts;  /* of each tree, and the end */
    uint32_t *slots; /* NULL: all 0 */
    size_t tree_count, targets, width;
    const double *values; /* rows of `width` */
} onnx_grove;
/* The sums, [N, targets]: added in double, rounded to float32 by the operator. */
onnx_ref onnx_draw_grove(onnx_build *b, const onnx_grove *g, onnx_ref x);
/* Nodes over sets of categories: each asks a column of its own, which says 1 where a row goes its way. `has` of a node for a number, -1 (and what is beyond `size`), NaN. */
typedef struct onnx_set_source {
    const void *self;
    size_t (*size)(const void *self, size_t feature); /* 0 .. size - 1 are asked for one by one */
    bool (*has)(const void *self, size_t tree, size_t node, double x);
} onnx_set_source;
/* The matrix with these columns behind it; the nodes ask for them from now on. */
onnx_ref onnx_draw_sets(onnx_build *b, onnx_grove *g, onnx_ref x, size_t features, const onnx_set_source *s);

/* --- the model ------------------------------------------------------------------------------------------------------------ */

/* What an estimator draws; what it does not give stays 0. Of a classifier's or a cluster's `predict` [N] int64 (several targets: [N, targets]), of a regressor's [N,
 * targets] double. */
typedef struct onnx_answers {
    onnx_ref at[MODEL_OUTPUTS];
    onnx_table table; /* of transform */
} onnx_answers;

/* Draws a part with what it is given. Fails when it has no form in ONNX, with its name. */
void onnx_draw(onnx_build *b, const model *m, const onnx_table *x, onnx_answers *out);
/* The same, one output; 0 on failure. */
onnx_ref onnx_ask(onnx_build *b, const model *m, const onnx_table *x, model_output what);

typedef struct onnx_drawing {
    const model_info *info;
    const void *self;
    void (*draw)(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out);
    void (*texts)(const void *self, bool *is_text); /* NULL: none */
} onnx_drawing;
bool onnx_write(const onnx_drawing *d, bool is_double, buf *out, err *e) MUST_USE;

/* A forest's trees, which add all outputs' slots; or trees of one number each, tree t for column t % columns. */
onnx_grove onnx_grove_of_forest(onnx_build *b, const forest *f);
onnx_grove onnx_grove_of_boosted(onnx_build *b, const forest *f, size_t columns);

#endif
