/*
 * format/mxnet/mxnet.h - graphs and weights of MXNet.
 */
#ifndef FORMAT_MXNET_MXNET_H
#define FORMAT_MXNET_MXNET_H

#include "format/format.h"

extern const model_format format_mxnet;
extern const model_format format_mxnet_weights;

#endif
