/*
 * model/onnx_write.h - a forest as an ONNX model of ai.onnx.ml operators.
 *
 * Input "X": float32 rows. Outputs of a classifier: "label" and "probabilities"; of a regressor: "variable". With several outputs a classifier has "label_0",
 * "probabilities_0", and so on, a regressor one column each in "variable". Thresholds are rounded down to float32, which decides the same for every float32 input; leaves and sums are
 * float32, so numbers agree within that. Sums are divided at the end: ties of pure leaves are ties as in scikit-learn.
 */
#ifndef MODEL_ONNX_WRITE_H
#define MODEL_ONNX_WRITE_H

#include "base/buf.h"
#include "model/forest.h"

/* ERR_TOO_LARGE beyond the 2 GiB of a protocol buffer. */
bool forest_onnx_write(const forest *f, buf *out, err *e) MUST_USE;

#endif
