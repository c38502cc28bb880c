/*
 * format/gguf/gguf.h - GGUF, the files of llama.cpp: keys and values, a table of tensors, the tensors.
 */
#ifndef FORMAT_GGUF_GGUF_H
#define FORMAT_GGUF_GGUF_H

#include "format/format.h"

extern const model_format format_gguf;

/* A chat template is a program in Jinja. Reads it as Jinja does, token by token, and tells what reaches for Python's own insides.
 * `where` names the template within the file. */
bool chat_template_read(str where, str text, report *r, err *e) MUST_USE;

#endif
