/*
 * model/npy.h - arrays of numpy as training data: .npy files, and .npz archives of them.
 *
 * Booleans, integers, float32 and float64, and text (U, S) for labels; one or two dimensions, either order, either byte order. Arrays of objects are pickles and refused.
 * Views: the bytes must outlive the array.
 */
#ifndef MODEL_NPY_H
#define MODEL_NPY_H

#include "base/arena.h"
#include "base/buf.h"
#include "model/train.h"

typedef struct npy_array {
    size_t rows, columns; /* one dimension: one column */
    char type;            /* 'b' 'i' 'u' 'f' 'U' 'S' */
    size_t item_bytes;
    bool big_endian, fortran_order;
    bytes data;
} npy_array;

bool npy_is(bytes file);
bool npy_read(bytes file, npy_array *out, err *e) MUST_USE;
/* The array of that name ("X": X.npy) in an archive; its bytes go to `content`. ERR_NOT_FOUND when there is none. */
bool npz_read(arena *a, bytes file, str name, buf *content, npy_array *out, err *e) MUST_USE;

/* X, y and optionally weights (NULL) become training data. */
typedef struct npy_arrays {
    const npy_array *x, *y, *weights;
} npy_arrays;
bool dataset_from_arrays(arena *a, const npy_arrays *arrays, bool classifies, train_data *out,
                         err *e) MUST_USE;

#endif
