/*
 * format/gguf/gguf.h - GGUF, the files of llama.cpp: keys and values, a table of tensors, the tensors.
 */
#ifndef FORMAT_GGUF_GGUF_H
#define FORMAT_GGUF_GGUF_H

#include "format/format.h"

extern const model_format format_gguf;

/* How blocks of that type ("Q4_K") become numbers, or NULL when they do not here (blocks.c). */
const tensor_blocks *gguf_blocks_of(const char *type);

#endif
