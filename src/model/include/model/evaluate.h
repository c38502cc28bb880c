/*
 * model/evaluate.h - how good a model is on rows whose answer is known, and scikit-learn's ways of choosing those rows.
 *
 * accuracy, precision, recall, F1, confusion matrix; R2, mean absolute error, root of the mean squared error.
 */
#ifndef MODEL_EVALUATE_H
#define MODEL_EVALUATE_H

#include "model/predict.h"
#include "model/train.h"

/* Of one class of one output. */
typedef struct class_quality {
    size_t support, predicted, right;
    double precision, recall, f1; /* 0 where nothing was predicted, or nothing is there */
} class_quality;

typedef struct curve_point {
    double x, y;
} curve_point;

/* One class against all others, by its probability. Counts 0: not defined, for the rows are all of it or none. Points are thinned for drawing; the areas are of all. */
typedef struct class_curves {
    curve_point *
        roc; /* share of the others that are said to be it, share of its own that are: from (0, 0) to (1, 1) */
    size_t roc_count;
    double auc;
    curve_point *
        precision; /* share of its own that are said to be it (recall), share of those said that are (precision) */
    size_t precision_count;
    double average_precision;
} class_curves;

typedef struct output_quality {
    double accuracy;      /* classifier */
    class_curves *curves; /* of each class; NULL: not drawn */
    bool has_auc;
    /* roc_auc_score and average_precision_score: of the second of two classes, else the mean of the classes (multi_class="ovr"). */
    double auc, average_precision;
    class_quality *classes;
    size_t class_count;
    size_t *confusion;    /* class_count rows (true) of class_count (predicted) */
    double r2, mae, rmse; /* regressor; r2 is not a number when the targets do not vary */
    curve_point *pairs;   /* regressor: what is, and what was said, of some rows; NULL: not drawn */
    size_t pair_count;
} output_quality;

typedef struct quality {
    size_t rows, output_count;
    output_quality *outputs;
    double score; /* estimator.score(X, y): accuracy (of several outputs: all right), or R2 (their mean) */
} quality;

/* Memory is the arena's. `with_curves`: a regressor's pairs; a classifier's curves, where it has one target and two to ten classes. */
bool model_evaluate(arena *a, const predictor *p, const train_data *data, bool with_curves, quality *out,
                    err *e) MUST_USE;

/*
 * cross_val_score(estimator, X, y, cv=folds): StratifiedKFold for a classifier of one output, KFold otherwise, no shuffling; scores[fold] is estimator.score of the
 * held-back rows. `fitted` may be NULL, or is called after each fold.
 */
typedef struct cross_validation {
    size_t folds;
    void (*progress)(void *arg, size_t done, size_t total);
    void *progress_arg;
} cross_validation;
bool model_cross_validate(const train_params *params, const train_data *data, const train_options *options,
                          const cross_validation *cv, double *scores, err *e) MUST_USE;

#endif
