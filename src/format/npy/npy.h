/*
 * format/npy/npy.h - NumPy's .npy files, and .npz archives of them.
 */
#ifndef FORMAT_NPY_NPY_H
#define FORMAT_NPY_NPY_H

#include "format/format.h"

extern const model_format format_npy, format_npz;

#endif
