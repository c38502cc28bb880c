/*
 * cli/model_train.h - the parts of `assay model train`: arguments, data, files, report.
 */
#ifndef CLI_MODEL_TRAIN_H
#define CLI_MODEL_TRAIN_H

#include "cli/options.h"

#include "base/buf.h"
#include "crypto/digest.h"
#include "model/card.h"
#include "model/dataset.h"

typedef struct train_args {
    const char *data, *out, *card, *estimator, *target, *weight, *params_file, *random_state, *test_size,
        *split_seed, *version, *threads, *cv, *warm;
    option_list params;
    bool no_header, json;
} train_args;

enum { TRAIN_INPUTS_MAX = 6 };

/* A file that the model was made from. */
typedef struct train_input {
    const char *path;
    bytes mapped;
    digest sha256;
} train_input;

typedef enum model_form { FORM_PICKLE, FORM_ONNX, FORM_ASSAY } model_form;

typedef struct train_result {
    arena memory;    /* of data, parameters, metrics */
    buf unpacked[3]; /* arrays of an .npz archive */
    train_input inputs[TRAIN_INPUTS_MAX];
    size_t input_count;
    train_params params;
    dataset_parts parts;
    bool has_test;
    buf warm_file; /* the model to continue, in Assay's form */
    forest *warm, *forest;
    unsigned threads;
    uint32_t seed; /* random_state, or what was drawn for it */
    double seconds;
    int64_t started_ms, finished_ms;
    quality train_quality, test_quality;
    double *cv_scores;
    uint64_t folds;
    model_form form;
    size_t file_bytes;
    digest sha256;
    json_t *card;
} train_result;

/* A file is mapped and its digest taken. `most`: its ceiling, named by `limit`. */
typedef struct input_limit {
    uint64_t bytes;
    const char *name;
} input_limit;
bool train_open_input(train_result *r, const char *path, input_limit most, bytes *mapped, err *e) MUST_USE;
void train_close_inputs(train_result *r);

bool train_read_data(const train_args *args, train_result *r, err *e) MUST_USE;
bool train_read_warm(const train_args *args, train_result *r, err *e) MUST_USE;

/* Refuses places where nothing can be written, before any work is done. */
bool train_check_places(const train_args *args, train_result *r, err *e) MUST_USE;
/* The model, its card and its provenance; the page of the card when it was asked for. */
bool train_write_files(const train_args *args, train_result *r, err *e) MUST_USE;

bool train_tell(const train_args *args, const train_result *r, err *e) MUST_USE;

/* "grown 40 of 100 trees, 3 s left", on a terminal. */
typedef struct train_progress {
    const char *verb, *things;
    bool shows;
    int64_t started_us, shown_us;
} train_progress;
train_progress train_progress_start(const char *verb, const char *things);
void train_progress_step(void *progress, size_t done, size_t total);
void train_progress_end(const train_progress *p);

#endif
