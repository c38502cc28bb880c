/*
 * cli/predict_rows.h - a file of rows, cut into blocks that threads read on their own.
 *
 * CSV or .npy, told apart by content. A block is cut under the caller's lock and read without it, so memory stays that of a few blocks.
 */
#ifndef CLI_PREDICT_ROWS_H
#define CLI_PREDICT_ROWS_H

#include "model/model.h"
#include "model/table.h"

typedef struct row_file {
    bytes file;
    size_t start, at, line; /* of the first and of the next block */
    const model_info *about;
    str *names;    /* of a CSV's columns; NULL: it has no header */
    size_t *order; /* the column of each feature */
    size_t columns;
    bool is_numpy, big_endian, fortran_order; /* of .npy: start is the first number */
    char type;
    size_t item_bytes, rows;
} row_file;

typedef struct row_block {
    size_t number, start, end, line; /* bytes of a CSV, rows of .npy */
    bool is_last;
} row_block;

/* Names of columns are matched with the model's; everything is in the arena and in `file`. */
bool row_file_open(arena *a, bytes file, bool has_header, const model_info *about, row_file *out,
                   err *e) MUST_USE;
/* False at the end. */
bool row_file_cut(row_file *f, row_block *block);
void row_file_rewind(row_file *f);
bool row_file_read(const row_file *f, const row_block *block, arena *a, model_rows *out, err *e) MUST_USE;

#endif
