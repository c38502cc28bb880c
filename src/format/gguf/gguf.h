/*
 * format/gguf/gguf.h - GGUF, the files of llama.cpp: keys and values, a table of tensors, the tensors.
 */
#ifndef FORMAT_GGUF_GGUF_H
#define FORMAT_GGUF_GGUF_H

#include "format/format.h"

extern const model_format format_gguf;

#endif
