/*
 * model/card.h - the model card: what a model was made of, how good it is, and which values it has seen; as JSON (schema assay.modelcard/1) and as a page.
 *
 * {"schema": "assay.modelcard/1", "created", "model": {"file", "sha256", "size_bytes", "form"}, "estimator", "sklearn_version", "params", "random_state",
 *  "trees", "nodes", "depth", "fit_seconds",
 *  "data": {"inputs": [{"name", "sha256", "size_bytes"}], "rows", "test_rows", "weighted"},
 *  "targets": [{"name", "classes": [{"label", "count"}]} | {"name", "min", "max", "mean", "std"}],
 *  "features": [{"name", "count", "missing", "min", "max", "mean", "std", "edges", "counts"}],
 *  "feature_importances": [...],
 *  "metrics": {"train": M, "test": M, "cv": {"folds", "scores", "mean", "std"}, "oob": {"score"}}}
 * M is {"rows", "score", "outputs": [{"accuracy", "classes": [{"label", "support", "precision", "recall", "f1"}], "confusion", "roc_auc", "roc": [{"auc", "points"}],
 *  "average_precision", "precision_recall": [{"average_precision", "points"}]} | {"r2", "mae", "rmse", "pairs"}]}.
 * roc, precision_recall: of rows held back, one target and up to ten classes, a curve for each: points are [share of the others, share of the class], [recall, precision].
 * pairs: of rows held back, or else of those trained on, [what is, what was said]; of more than 500 rows some.
 * Numbers of features are of the rows that were trained on. `edges` are quantiles, 0 to 1 by tenths, each once (twice when it is the only value); counts[i] rows lie in [edges[i], edges[i + 1]), the last bin
 * holds its upper edge too. What does not exist is null or absent.
 */
#ifndef MODEL_CARD_H
#define MODEL_CARD_H

#include "codec/json.h"
#include "model/evaluate.h"

typedef struct card_file {
    str name, sha256;
    uint64_t size_bytes;
} card_file;

typedef struct card_facts {
    str created; /* RFC 3339 */
    const forest *forest;
    const train_params *params;
    const train_data *train;
    uint32_t random_state;
    double fit_seconds;
    card_file model;
    str form; /* "pickle" "onnx" "assay" */
    const card_file *inputs;
    size_t input_count, test_rows;
    const quality *train_quality, *test_quality; /* test: NULL without one */
    const double *cv_scores;
    size_t cv_folds; /* 0: not cross-validated */
} card_facts;

bool card_make(const card_facts *facts, json_t **out, err *e) MUST_USE;
/* The page of a card: self-contained, light and dark, no script. */
bool card_page(const json_t *card, buf *out, err *e) MUST_USE;

#endif
