/*
 * format/torch7/torch7.h - files of Torch7, the one before Python.
 */
#ifndef FORMAT_TORCH7_TORCH7_H
#define FORMAT_TORCH7_TORCH7_H

#include "format/format.h"

extern const model_format format_torch7;

#endif
