/*
 * format/paddle/paddle.h - programs and weights of PaddlePaddle.
 */
#ifndef FORMAT_PADDLE_PADDLE_H
#define FORMAT_PADDLE_PADDLE_H

#include "format/format.h"

extern const model_format format_paddle;
extern const model_format format_paddle_weights;

#endif
