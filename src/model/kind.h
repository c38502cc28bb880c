/*
 * model/kind.h - what a kind of model implements. See model/model.h.
 */
#ifndef MODEL_KIND_H
#define MODEL_KIND_H

#include "format/pickle.h"
#include "model/model.h"

struct onnx_build;
struct onnx_table;
struct onnx_answers;

typedef struct model_kind {
    /* `rows` have the model's columns, and no text unless it takes text; `out` has its shape and room. */
    bool (*answer)(const void *self, model_output what, const model_rows *rows, arena *a, model_answers *out,
                   err *e);
    void (*free)(void *self);                     /* NULL: everything is in the model's memory */
    const forest *(*forest_of)(const void *self); /* NULL: it has none */
    /* Draws what it answers as an ONNX graph (onnx/build.h); NULL: it has no such form. */
    void (*draw)(const void *self, struct onnx_build *b, const struct onnx_table *x,
                 struct onnx_answers *out);
    void (*texts)(const void *self, bool *is_text); /* marks the columns that must be text; NULL: none */
    void (*examples)(const void *self, model_example *columns); /* NULL: it knows of none */
} model_kind;

struct model {
    arena memory; /* of info and, if the kind likes, of self */
    model_info info;
    const model_kind *kind;
    void *self;
    model **parts; /* estimators within it, which are freed with it */
    size_t part_count;
    bool any_columns;    /* as many come out as go in; info.feature_count says nothing when it is 0 */
    bool counts_nothing; /* takes any number of columns, and looks at none */
    bool takes_infinite; /* infinities are values it knows what to do with */
    bool checks_nothing; /* its parts look at the cells themselves */
    bool keeps_columns;  /* each transformed column is that which was given */
    const size_t
        *came_from; /* of each transformed column: which was given, or MODEL_COMPUTED; NULL: nobody knows */
};

bool model_new(const model_kind *kind, model **out, err *e) MUST_USE;
/* `part` belongs to `whole` from now on. */
bool model_adopt(model *whole, model *part, err *e) MUST_USE;

/* Fails with ERR_UNPROCESSABLE and "row 1, feature 3 (city)" or "line 7, column 3 (city)" before the words, which begin with a space or a colon. */
bool model_refuse(const model_rows *rows, size_t row, size_t column, err *e, const char *format, ...)
    PRINTF(5, 6);
/* The same of a whole row. */
bool model_refuse_row(const model_rows *rows, size_t row, err *e, const char *format, ...) PRINTF(4, 5);
/* Where the columns of a step come from, when those of `before` were given to it. */
model_origin model_origin_after(const model *step, const model_origin *before, arena *a);
/* Some columns of `before`. */
model_origin model_origin_pick(const model_origin *before, const size_t *columns, size_t count, arena *a);

/* A scikit-learn estimator out of its pickled value: the whole file's, or a step of a pipeline. */
bool sk_model_read(arena *scratch, const pickle_value *v, model **out, err *e) MUST_USE;

#endif
