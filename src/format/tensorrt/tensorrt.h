/*
 * format/tensorrt/tensorrt.h - engines of TensorRT.
 */
#ifndef FORMAT_TENSORRT_TENSORRT_H
#define FORMAT_TENSORRT_TENSORRT_H

#include "format/format.h"

extern const model_format format_tensorrt;

#endif
