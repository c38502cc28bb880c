/*
 * model/params.h - the parameters of a fit, under scikit-learn's names, with its values, defaults and rules.
 */
#ifndef MODEL_PARAMS_H
#define MODEL_PARAMS_H

#include "codec/json.h"
#include "model/forest.h"

typedef enum param_id {
    PARAM_N_ESTIMATORS,
    PARAM_CRITERION,
    PARAM_SPLITTER,
    PARAM_MAX_DEPTH,
    PARAM_MIN_SAMPLES_SPLIT,
    PARAM_MIN_SAMPLES_LEAF,
    PARAM_MIN_WEIGHT_FRACTION_LEAF,
    PARAM_MAX_FEATURES,
    PARAM_MAX_LEAF_NODES,
    PARAM_MIN_IMPURITY_DECREASE,
    PARAM_BOOTSTRAP,
    PARAM_OOB_SCORE,
    PARAM_N_JOBS,
    PARAM_RANDOM_STATE,
    PARAM_VERBOSE,
    PARAM_WARM_START,
    PARAM_CLASS_WEIGHT,
    PARAM_CCP_ALPHA,
    PARAM_MAX_SAMPLES,
    PARAM_MONOTONIC_CST,
    PARAM_MIN_IMPURITY_SPLIT,
    PARAM_PRESORT,
    PARAM_COUNT
} param_id;

typedef enum param_kind {
    PARAM_NONE,
    PARAM_BOOL,
    PARAM_INT,
    PARAM_FLOAT,
    PARAM_TEXT,
    PARAM_WEIGHTS, /* class_weight as a dict, or as a list of dicts: one per output */
    PARAM_INTS,    /* monotonic_cst */
} param_kind;

typedef struct class_weight {
    size_t output; /* which of several outputs; 0 of a single one */
    str label;     /* as JSON writes the key */
    double weight;
} class_weight;

typedef struct param_value {
    param_kind kind;
    bool boolean;
    int64_t integer;
    double number;
    str text;
    class_weight *weights;
    int64_t *integers;
    size_t count;   /* of weights or integers */
    size_t outputs; /* of weights: dicts in the list, 0 when it is no list */
} param_value;

typedef struct train_params {
    estimator_kind estimator;
    sk_version version;
    param_value values[PARAM_COUNT];
    str given[PARAM_COUNT]; /* the word of another version in whose place a value stands; empty: none */
} train_params;

/* The defaults of that class in that version. Fails with ERR_UNSUPPORTED for versions whose fit is not reproduced. */
bool params_init(train_params *p, estimator_kind estimator, sk_version version, err *e) MUST_USE;
/*
 * get_params() of any version is taken. What another version calls otherwise ("mse", max_features "auto", n_estimators "warn") becomes this version's word for it;
 * a parameter that this version lacks is passed over when it was not set. An unknown name is refused with the nearest.
 */
/* Text as a command line has it ("None", "true", "10", "0.5", "sqrt", or JSON); memory is the arena's. */
bool params_set_text(train_params *p, arena *a, str name, str value, err *e) MUST_USE;
bool params_set_json(train_params *p, arena *a, str name, const json_t *value, err *e) MUST_USE;
const char *param_name(param_id id);
/* The value as one would write it behind the name in a message, "=0.5"; empty for lists. */
typedef struct param_string {
    char text[64];
} param_string;
param_string param_show(const param_value *v);
/* get_params() as JSON; NULL when memory is gone. */
json_t *params_json(const train_params *p);
bool param_applies(param_id id, estimator_kind estimator, sk_version version);

extern const char *const sk_version_default; /* the newest whose fit is reproduced */

#endif
