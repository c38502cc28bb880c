/*
 * format/onnx/onnx.h - ONNX: a graph of operators and its tensors, as a protobuf message.
 */
#ifndef FORMAT_ONNX_ONNX_H
#define FORMAT_ONNX_ONNX_H

#include "format/format.h"

extern const model_format format_onnx;

#endif
