/*
 * model/dataset.h - training data from a table, the built-in iris data, and scikit-learn's train_test_split.
 */
#ifndef MODEL_DATASET_H
#define MODEL_DATASET_H

#include "model/table.h"
#include "model/train.h"

/*
 * All columns but `target` become features (numbers, empty is missing), `target` becomes labels or numbers. Labels are integers, booleans (True, False), numbers
 * without a fraction, or text: one kind for the whole column. Sorted as numpy sorts them. Memory is the arena's.
 */
bool dataset_from_table(arena *a, const table *t, size_t target, bool classifies, train_data *out,
                        err *e) MUST_USE;

/* Fisher's iris data as sklearn.datasets.load_iris() has them: 150 rows, 4 features, labels 0 1 2. */
bool dataset_iris(arena *a, train_data *out, err *e) MUST_USE;

/* train_test_split(X, y, test_size=share, random_state=seed): the same rows in the same order. */
typedef struct dataset_parts {
    train_data train, test;
} dataset_parts;
bool dataset_split(arena *a, const train_data *all, double test_share, uint32_t seed, dataset_parts *out,
                   err *e) MUST_USE;

#endif
