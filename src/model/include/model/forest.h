/*
 * model/forest.h - a fitted forest of decision trees: what training makes, a file holds, and prediction uses.
 *
 * A single decision tree is a forest of one. A row is asked for one output or for several; every node holds value_count numbers: the slots of the
 * first output, then those of the second, and so on. Node order is scikit-learn's creation order, which is not the order of
 * the prediction engine (model/predict.h makes its own compact copy).
 *
 * Threads: a forest is constant once it was made and may be shared. Memory: all of it is the forest's, given back by forest_free.
 */
#ifndef MODEL_FOREST_H
#define MODEL_FOREST_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef enum estimator_kind {
    RANDOM_FOREST_CLASSIFIER,
    RANDOM_FOREST_REGRESSOR,
    EXTRA_TREES_CLASSIFIER,
    EXTRA_TREES_REGRESSOR,
    DECISION_TREE_CLASSIFIER,
    DECISION_TREE_REGRESSOR,
    EXTRA_TREE_CLASSIFIER,
    EXTRA_TREE_REGRESSOR,
    ESTIMATOR_KINDS
} estimator_kind;

typedef struct estimator_info {
    const char *name; /* the class, "RandomForestClassifier" */
    bool is_classifier, is_ensemble, is_extra;
    estimator_kind member; /* of an ensemble: its trees; otherwise itself */
} estimator_info;
const estimator_info *estimator_of(estimator_kind kind);
bool estimator_parse(str name, estimator_kind *kind) MUST_USE;
const char *estimator_nearest(str name); /* the one with the likest name */
/* "sklearn.ensemble._forest" or "sklearn.tree._classes" */
const char *estimator_module(estimator_kind kind);

/* A scikit-learn version, as `_sklearn_version` has it: decides the bits of a fit and the layout of a file. */
typedef struct sk_version {
    unsigned major, minor, patch;
    char text[24];
} sk_version;
bool sk_version_parse(str text, sk_version *v) MUST_USE;
bool sk_version_at_least(sk_version v, unsigned major, unsigned minor);

typedef enum label_kind { LABEL_INT, LABEL_FLOAT, LABEL_BOOL, LABEL_TEXT } label_kind;
typedef struct label {
    label_kind kind;
    int64_t integer; /* INT, BOOL */
    double number;   /* FLOAT */
    str text;        /* TEXT */
} label;

/* Is this the label as JSON or Python writes it: "1", "setosa", "True"? */
bool label_matches(const label *l, str text_of_label);

enum { NODE_LEAF = -1, NODE_NO_FEATURE = -2 };
typedef struct tree_node {
    double threshold, impurity, weight;
    int64_t sample_count;
    int32_t left, right, feature;
    bool missing_left;
} tree_node;

typedef struct tree {
    tree_node *nodes;
    double *values; /* node_count rows of forest.value_count numbers */
    size_t node_count, depth;
    uint32_t seed; /* random_state of a forest's tree */
} tree;

/* One of the things that a row is asked for. */
typedef struct forest_output {
    label *classes; /* sorted; NULL of a regressor */
    size_t class_count;
} forest_output;

/* What the rows that a tree did not draw say of the forest (oob_score=True). */
typedef struct forest_oob {
    double score;
    double *
        values; /* sample_count rows of value_count numbers: oob_decision_function_ or oob_prediction_; NULL: not asked for */
} forest_oob;

typedef struct forest {
    arena memory; /* labels, names, weights and out-of-bag values */
    estimator_kind kind;
    sk_version version;
    size_t feature_count;
    forest_output *outputs;
    size_t output_count;
    label *classes; /* of the first output, which most forests have alone */
    size_t class_count;
    size_t slot_count;      /* numbers of one output in a node: the most classes that an output has, or 1 */
    size_t value_count;     /* numbers of one node: output_count * slot_count */
    bool values_are_counts; /* up to 1.3: weighted class counts; later: fractions */
    str *feature_names;     /* NULL: trained without names */
    /* Of a fit made here, for the file: max_features as a number, rows, rows drawn per tree (0: no bootstrap), weights by row (NULL: none). */
    size_t features_max, sample_count, bootstrap_count;
    double *sample_weights;
    forest_oob oob;
    bool borrowed; /* nodes and values of the trees lie in a mapped file */
    tree *trees;
    size_t tree_count;
} forest;

bool forest_new(estimator_kind kind, sk_version version, forest **out, err *e) MUST_USE;
void forest_free(forest *f);
AUTO_FOR(forest *, forest_free)

bool forest_classifies(const forest *f);
/* Room for that many outputs; then slot_count and value_count are set by forest_settle_outputs. */
bool forest_set_outputs(forest *f, size_t output_count, err *e) MUST_USE;
void forest_settle_outputs(forest *f);

/* Normalised feature importances (mean decrease of impurity), feature_count numbers, in scikit-learn's order of operations. */
bool forest_importances(const forest *f, double *out, err *e) MUST_USE;

#endif
