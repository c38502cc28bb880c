/*
 * model/tensor_files.h - the numbers of a model in files that hold nothing but numbers: safetensors, and NumPy's npz.
 *
 * The tensors come from a report with keeps_numbers (format/report.h), so they were read from the bytes of a model and never by loading it. Written in the
 * report's order, row after row, little endian. Sources: the safetensors format description (huggingface/safetensors, README); NEP 1 and
 * numpy.lib.format; APPNOTE 6.3.10 for the ZIP around the arrays.
 */
#ifndef MODEL_TENSOR_FILES_H
#define MODEL_TENSOR_FILES_H

#include "format/report.h"

/* Read a model file's tensors in whatever format it is, with their numbers. The report keeps the arena busy; `file` must outlive it. */
bool tensors_read(bytes file, str path, report *r, err *e) MUST_USE;

/* What cannot be carried over, by name: ERR_UNSUPPORTED names the first tensor and why; ERR_NOT_FOUND when there is no tensor at all. With `skip` those are
 * taken out of the report instead, and counted. */
typedef enum tensor_file { TENSOR_FILE_SAFETENSORS, TENSOR_FILE_NPZ } tensor_file;
bool tensors_check(report *r, tensor_file kind, bool skip, size_t *left_out, err *e) MUST_USE;

bool tensors_write(const report *r, tensor_file kind, int fd, err *e) MUST_USE;

#endif
