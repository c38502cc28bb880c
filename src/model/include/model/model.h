/*
 * model/model.h - any fitted estimator that Assay reads, behind one interface: what it is, what it takes, what it answers.
 *
 * Serving, `assay model predict` and the converters know models only through this. A kind of model is one file that fills a `model_kind` (src/model/kind.h)
 * and one line in a table of readers.
 *
 * Names follow scikit-learn: the four outputs are its methods, in its shapes, with its bits for trees and its tolerances for the rest.
 * Threads: a model is constant once it was read and may be shared; model_answer allocates only from the arena it is given. Hostile bytes: read in a
 * sandboxed process only.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "model/forest.h"

typedef enum model_output {
    OUTPUT_PREDICT,       /* per row and target: the label's index, or the number */
    OUTPUT_PREDICT_PROBA, /* per row: a number per class; several targets: one target's classes after the other's */
    OUTPUT_DECISION_FUNCTION, /* as scikit-learn shapes it: one number for two classes, else one per class */
    OUTPUT_TRANSFORM,         /* per row: the transformed features */
    MODEL_OUTPUTS
} model_output;
const char *model_output_name(model_output what); /* "predict" "predict_proba" ... */
bool model_output_parse(str name, model_output *what) MUST_USE;

/* The labels of one target in their order. count 0: a regressor's target, or a cluster number. */
typedef struct model_classes {
    const label *labels;
    size_t count;
} model_classes;

typedef struct model_info {
    str library, version;         /* "scikit-learn" "1.2.2"; version empty when the file does not say */
    str name;                     /* the class: "RandomForestClassifier", "Pipeline" */
    str summary;                  /* for people: "100 trees, 4 features" */
    size_t feature_count;         /* columns of a row */
    const str *feature_names;     /* NULL: trained without names */
    bool takes_text;              /* some column may hold text (encoders) */
    bool gives_indices;           /* OUTPUT_PREDICT without classes is a whole number: a cluster, +1 or -1 */
    bool takes_missing;           /* NaN is a value it knows what to do with */
    size_t target_count;          /* columns of OUTPUT_PREDICT */
    const model_classes *classes; /* target_count of them, for classifiers; else NULL */
    bool gives[MODEL_OUTPUTS];
    size_t columns[MODEL_OUTPUTS]; /* numbers per row of each output it gives */
    size_t node_count;             /* of tree ensembles; 0 otherwise */
} model_info;

/* Whence the cells of rows come, so that a message names them as the caller knows them. All zero: rows and columns are the caller's own. */
typedef struct model_origin {
    const str *names;      /* of the caller's columns; NULL: those the model knows */
    const size_t *columns; /* the caller's column of each, MODEL_COMPUTED: none; NULL: the same */
    const size_t *lines;   /* of a file: the line of each row; NULL: rows are counted from 1 */
    size_t first_row;      /* of the caller's */
    bool is_computed;      /* all of them by a step before */
} model_origin;
static const size_t MODEL_COMPUTED = SIZE_MAX;

/* Rows to answer for. */
typedef struct model_rows {
    size_t count, columns;
    const double *numbers; /* count * columns, row after row; NaN: missing, or text */
    /* NULL: no text anywhere; else count * columns, data NULL where there is none. A cell of a CSV file that reads as a number has both: an encoder
     * of text takes the one, everything else the other. */
    const str *texts;
    model_origin from;
} model_rows;

/* Numbers row after row, and text where a transformer gives text (texts NULL: nowhere). */
typedef struct model_answers {
    size_t count, columns;
    double *numbers;
    str *texts;
} model_answers;

typedef struct model model;

/* Read a model file of any form that is understood. Fails with ERR_INVALID (broken or inconsistent), ERR_BLOCKED (it would execute something), ERR_UNSUPPORTED (names the
 * first thing that is not understood), ERR_TOO_LARGE, ERR_MEMORY. `file` may be unmapped afterwards unless the model says otherwise (own mapped form). */
bool model_read(bytes file, model **out, err *e) MUST_USE;
void model_free(model *m);
AUTO_FOR(model *, model_free)

const model_info *model_about(const model *m);
/* The forest inside, when the model is one of scikit-learn's own forests or trees; else NULL. For writers of other forms. */
const forest *model_forest(const model *m);

/* A value for each column that the model knows something of: a category, words of its vocabulary. For pages that let people try it. */
typedef struct model_example {
    str text;      /* data NULL: none */
    double number; /* NaN: none */
} model_example;
void model_examples(const model *m,
                    model_example *columns); /* feature_count of them; changes those it knows */

/* Answers in the arena. ERR_UNPROCESSABLE names row and feature of what the model does not take; ERR_UNSUPPORTED: it does not give that output. */
bool model_answer(const model *m, model_output what, const model_rows *rows, arena *a, model_answers *out,
                  err *e) MUST_USE;

#endif
