/*
 * model/tensor_parts.h - the pieces of model/tensor_files.h.
 */
#ifndef MODEL_TENSOR_PARTS_H
#define MODEL_TENSOR_PARTS_H

#include "model/tensor_files.h"

/* "F32", "<f4"; NULL when the format has no such type. */
const char *tensor_type_in(str dtype, tensor_file kind);
bool npz_write(const report *r, int fd, err *e) MUST_USE;

#endif
