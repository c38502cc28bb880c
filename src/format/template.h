/*
 * format/template.h - chat templates: programs in Jinja, in GGUF files and beside tokenizers.
 */
#ifndef FORMAT_TEMPLATE_H
#define FORMAT_TEMPLATE_H

#include "format/report.h"

/* Reads it as Jinja does, token by token, and tells what reaches for Python's own insides. `where` names the template within the file. */
bool chat_template_read(str where, str text, report *r, err *e) MUST_USE;

#endif
