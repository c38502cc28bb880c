/*
 * format/notebook/notebook.h - Jupyter notebooks (.ipynb).
 */
#ifndef FORMAT_NOTEBOOK_NOTEBOOK_H
#define FORMAT_NOTEBOOK_NOTEBOOK_H

#include "format/format.h"

extern const model_format format_notebook;

#endif
