/*
 * format/tflite/tflite.h - TensorFlow Lite models: a flatbuffer of operators, tensors and buffers.
 */
#ifndef FORMAT_TFLITE_TFLITE_H
#define FORMAT_TFLITE_TFLITE_H

#include "format/format.h"

extern const model_format format_tflite;

const char *tflite_operator_name(uint64_t code); /* "CONV_2D", or NULL beyond what is known */

#endif
