/*
 * model/tensor_parts.h - the pieces of model/tensor_files.h.
 */
#ifndef MODEL_TENSOR_PARTS_H
#define MODEL_TENSOR_PARTS_H

#include "model/tensor_files.h"

/* "F32", "<f4"; NULL when the format has no such type. */
const char *tensor_type_in(str dtype, tensor_file kind);
/* The numbers as they are written: those of blocks are unpacked piece by piece. */
uint64_t tensor_written_bytes(const tensor_fact *t);
typedef struct number_sink {
    bool (*take)(void *ctx, bytes piece, err *e);
    void *ctx;
} number_sink;
bool tensor_numbers_each(const tensor_fact *t, const number_sink *sink, err *e) MUST_USE;
bool npz_write(const report *r, int fd, err *e) MUST_USE;

#endif
