/*
 * format/npy/npy.h - NumPy's .npy files.
 */
#ifndef FORMAT_NPY_NPY_H
#define FORMAT_NPY_NPY_H

#include "format/format.h"

extern const model_format format_npy;

#endif
