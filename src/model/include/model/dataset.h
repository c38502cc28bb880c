/*
 * model/dataset.h - training data from a table, the built-in iris data, and scikit-learn's train_test_split.
 */
#ifndef MODEL_DATASET_H
#define MODEL_DATASET_H

#include "model/table.h"
#include "model/train.h"

/* Which columns of a table are not features. */
typedef struct dataset_columns {
    const size_t *targets;
    size_t target_count;
    bool has_weight;
    size_t weight; /* sample_weight */
} dataset_columns;

/*
 * All other columns become features (numbers, empty is missing), the targets become labels or numbers. Labels are integers, booleans (True, False), numbers
 * without a fraction, or text: one kind for the whole column. Sorted as numpy sorts them. Memory is the arena's.
 */
bool dataset_from_table(arena *a, const table *t, const dataset_columns *columns, bool classifies,
                        train_data *out, err *e) MUST_USE;

/* numpy's order, of labels of one kind. */
int label_compare(const label *a, const label *b);

/* Targets as numpy arrays have them: numbers or labels of `outputs` columns, row after row. Fills the y of `d`, whose rows are known. */
bool dataset_set_labels(arena *a, const label *labels, size_t outputs, train_data *d, err *e) MUST_USE;
bool dataset_set_numbers(const double *numbers, size_t outputs, train_data *d, err *e) MUST_USE;

/* Those rows, in that order. */
bool dataset_take(arena *a, const train_data *all, const uint32_t *rows, size_t count, train_data *out,
                  err *e) MUST_USE;

/* Fisher's iris data as sklearn.datasets.load_iris() has them: 150 rows, 4 features, labels 0 1 2. */
bool dataset_iris(arena *a, train_data *out, err *e) MUST_USE;

/* test_size of train_test_split: a share of the rows ("0.2") or a number of them ("30"). */
bool dataset_test_rows(str test_size, size_t rows, size_t *test_rows, err *e) MUST_USE;

/* train_test_split(X, y, test_size=test_rows, random_state=seed): the same rows in the same order. */
typedef struct dataset_parts {
    train_data train, test;
} dataset_parts;
bool dataset_split(arena *a, const train_data *all, size_t test_rows, uint32_t seed, dataset_parts *out,
                   err *e) MUST_USE;

#endif
