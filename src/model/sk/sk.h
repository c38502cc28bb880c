/*
 * model/sk/sk.h - what the readers of scikit-learn's estimators share.
 *
 * A reader is a function that looks at one pickled estimator through `sk` and fills its model. Failure sticks, as with base/reader.h: after the first one every
 * look gives nothing, and whoever called the reader asks once. So a reader takes all it needs, asks sk_ok before it uses a value as a pointer or as a
 * size, and says no more about errors. Everything taken is copied into the model's memory.
 */
#ifndef MODEL_SK_SK_H
#define MODEL_SK_SK_H

#include "kind.h"
#include "onnx/build.h"

/* What all estimators of one file share. */
typedef struct sk_file {
    arena *scratch;
    unsigned depth;
    size_t models_left;
    uint64_t numbers_left;
} sk_file;

typedef struct sk {
    sk_file *file;
    const pickle_value *v;
    model *m;
    sk_version version;
    bool failed;
    bool takes_infinite; /* while bounds are read */
    bool takes_cubes;    /* while matrices in a row are read: one below the other */
    err *e;
} sk;

typedef void (*sk_read)(sk *s);

typedef struct sk_class {
    const char *name;
    const char *module;     /* "linear_model._base": without "sklearn." */
    const char *old_module; /* before 0.22, or elsewhere; NULL: none */
    sk_read read;
} sk_class;

/* One table per subject; sk/classes.c lists them. Ends with a row without a name. */
extern const sk_class sk_linear_classes[], sk_scale_classes[], sk_compose_classes[], sk_boosting_classes[],
    sk_svm_classes[], sk_neighbors_classes[], sk_bayes_classes[], sk_network_classes[], sk_cluster_classes[],
    sk_shape_classes[], sk_encode_classes[], sk_impute_classes[], sk_select_classes[], sk_ensemble_classes[],
    sk_dummy_classes[], sk_hist_classes[], sk_isolation_classes[], sk_text_classes[], sk_calibrate_classes[],
    sk_stack_classes[], sk_chain_classes[], sk_choose_classes[], sk_fill_classes[], sk_target_classes[],
    sk_density_classes[], sk_function_classes[], sk_dict_classes[], sk_leaves_classes[], sk_spline_classes[];

static const size_t SK_ANY = SIZE_MAX;

typedef struct matrix {
    double *at; /* row after row */
    size_t rows, columns;
} matrix;

/* --- failing ------------------------------------------------------------------------------------------------------------- */

void sk_fail(sk *s, err_code code, const char *format, ...) PRINTF(3, 4);
static inline bool sk_ok(const sk *s)
{
    return !s->failed;
}
/* Zeroed memory of the model. */
void *sk_alloc(sk *s, size_t count, size_t item_bytes);

/* --- looking ------------------------------------------------------------------------------------------------------------- */

bool sk_has(const sk *s, const char *name);          /* there, and not None */
const pickle_value *sk_get(sk *s, const char *name); /* must be there */
double sk_number(sk *s, const char *name); /* int, float, bool, numpy scalar, array of one; finite */
double sk_number_or(sk *s, const char *name, double fallback);       /* not there or None */
double sk_number_of(sk *s, const pickle_value *v, const char *name); /* of a value at hand */
int64_t sk_integer(sk *s, const char *name);
bool sk_flag(sk *s, const char *name, bool fallback);
bool sk_is_text(const sk *s, const char *name, const char *text);
/* One of the words; refused by name otherwise. Not there: 0. */
unsigned sk_choice(sk *s, const char *name, const char *const *words, size_t count);

/* Numbers of any numeric dtype. SK_ANY: any size. Finite, unless the name says otherwise. */
double *sk_vector(sk *s, const char *name, size_t count, size_t *found);
double *sk_vector_nan(sk *s, const char *name, size_t count, size_t *found); /* NaN is a value of it */
matrix sk_matrix(sk *s, const char *name, size_t rows, size_t columns);
/* The same of a value that is at hand; `name` for messages. A vector is a matrix of one row. */
matrix sk_matrix_of(sk *s, const pickle_value *v, const char *name, bool takes_nan);
/* The same, but sparse matrices, which sk_matrix_of makes full ones. */
matrix sk_array_of(sk *s, const pickle_value *v, const char *name, bool takes_nan);
bool sk_is_sparse(const pickle_value *v);
matrix sk_sparse_of(sk *s, const pickle_value *v, const char *name); /* of what sk_is_sparse */
/* Room for numbers that the file's budget allows. */
double *sk_numbers(sk *s, size_t rows, size_t columns, const char *name);
/* (rows, columns), or a vector of columns when there is one row */
matrix sk_rows(sk *s, const char *name, size_t columns);
/* A list of numbers, or an array. */
double *sk_numbers_of(sk *s, const char *name, size_t count);
/* A scalar, or as many as there are rows. */
double *sk_spread(sk *s, const char *name, size_t count);

/* One item of a list or tuple, or an object array. */
size_t sk_count(const pickle_value *v);
const pickle_value *sk_item(const pickle_value *v, size_t i);
/* A list or object array must have so many items (SK_ANY: any). Items are then read with sk_items' array. */
typedef struct sk_list {
    pickle_value *const *items;
    size_t count;
} sk_list;
sk_list sk_items(sk *s, const pickle_value *v, const char *name, size_t count);
bool sk_text_of(const pickle_value *v, const char *text);

/* Labels of any array; categories may hold missing values (LABEL_FLOAT NaN). */
model_classes sk_labels(sk *s, const pickle_value *v, const char *name, bool takes_missing);
/* classes_ into info.classes; gives the number of classes. */
size_t sk_classes(sk *s, const pickle_value *v);

/* What a LabelBinarizer knows of the targets: whether each row may have several labels at once. `what` for messages. */
bool sk_is_multilabel(sk *s, const pickle_value *binarizer, const char *what);
/* Targets of no or yes: 0 and 1. */
void sk_multilabel(sk *s, size_t targets);

/* --- describing ---------------------------------------------------------------------------------------------------------- */

/* Feature count and names: n_features_in_ where there is one must say the same. SK_ANY: whatever it says. */
void sk_features(sk *s, size_t count);
/* Of a transformer that takes any number of columns and may not say how many it was fitted with. */
void sk_features_or_any(sk *s);
void sk_gives(sk *s, model_output what, size_t columns);
/* A transformer of so many columns. */
void sk_transforms(sk *s, size_t columns);
/* self in the model's memory, and the function that answers. */
void sk_answers(sk *s, void *self,
                bool (*answer)(const void *self, model_output what, const model_rows *rows, arena *a,
                               model_answers *out, err *e));
/* ... and the function that gives back what is not in the model's memory. */
void sk_answers_and_frees(sk *s, void *self,
                          bool (*answer)(const void *self, model_output what, const model_rows *rows,
                                         arena *a, model_answers *out, err *e),
                          void (*free_self)(void *self));
/* After sk_answers: the function that draws it as ONNX (onnx/build.h), and the one that marks columns of text (NULL: none must be). */
void sk_draws(sk *s, void (*draw)(const void *self, onnx_build *b, const onnx_table *x, onnx_answers *out),
              void (*texts)(const void *self, bool *is_text));

/* After sk_answers: the function that fills in values for its columns. */
void sk_shows(sk *s, void (*examples)(const void *self, model_example *columns));

/* --- estimators within ----------------------------------------------------------------------------------------------------- */

/* Reads it and keeps it as a part of this model. NULL on failure. `what` for messages. */
const model *sk_part(sk *s, const pickle_value *v, const char *what);
/* One answer of a part as numbers; NULL on failure. */
double *sk_ask(const model *part, model_output what, const model_rows *rows, arena *a, err *e);

/* --- mathematics --------------------------------------------------------------------------------------------------------- */

static inline double expit(double x)
{
    return 1 / (1 + __builtin_exp(-x));
}
void softmax(double *row, size_t count);       /* largest removed first */
void exp_normalise(double *row, size_t count); /* exp(row - logsumexp(row)) */
size_t first_largest(const double *row, size_t count);
/* Room for so many rows in the arena. */
double *work_array(arena *a, size_t rows, size_t columns, err *e);

/* z = x.w + b; w has a row per output. */
typedef struct affine {
    matrix w;
    double *b;
} affine;
void affine_run(const affine *f, const double *x, size_t rows, double *z);
onnx_ref affine_draw(onnx_build *b, const affine *f, onnx_ref x);
/* Scores of two classes in one column, or of each: [N] int64. */
onnx_ref sk_draw_decision(onnx_build *b, onnx_ref scores, size_t classes);
/* Targets of no or yes, a column of x each: yes where it is above. Probabilities are pairs then. */
void sk_draw_multilabel(onnx_build *b, onnx_ref x, double above, size_t targets, bool is_probability,
                        onnx_answers *out);
/* Pairs of 1 - p and p, for each column of p. */
onnx_ref sk_draw_pairs(onnx_build *b, onnx_ref p, size_t columns);
/* A decision below the threshold is an outlier, -1. */
void sk_draw_outliers(onnx_build *b, onnx_ref decision, double threshold, onnx_answers *out);

#endif
