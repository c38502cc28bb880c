/*
 * model/onnx_write.h - estimators as ONNX models, of the operators of ai.onnx 13 and ai.onnx.ml 3.
 *
 * Input "X": rows of float32 (double on request); when a column is text, an input of one column for each, under the feature's name or "X0", "X1", ... Outputs: "label"
 * and "probabilities" of a classifier ("scores", its decision function, when it has no probabilities; "label_0", "probabilities_0", ... of several targets),
 * "variable" of a regressor (a column for each target) and of a transformer, "label" and "scores" of a cluster or an outlier detector. Within, all numbers are
 * double, and trees compare and add in double, so that float32 comes in only with the input and the output, and with the sums of trees.
 */
#ifndef MODEL_ONNX_WRITE_H
#define MODEL_ONNX_WRITE_H

#include "base/buf.h"
#include "model/model.h"

/* ERR_UNSUPPORTED names the estimator that has no form in ONNX and why; ERR_TOO_LARGE beyond the 2 GiB of a protocol buffer. */
bool model_onnx_write(const model *m, bool is_double, buf *out, err *e) MUST_USE;
bool forest_onnx_write(const forest *f, buf *out, err *e) MUST_USE;

#endif
