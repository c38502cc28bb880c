/*
 * format/executorch/executorch.h - ExecuTorch programs (.pte).
 */
#ifndef FORMAT_EXECUTORCH_EXECUTORCH_H
#define FORMAT_EXECUTORCH_EXECUTORCH_H

#include "format/format.h"

extern const model_format format_executorch;

#endif
