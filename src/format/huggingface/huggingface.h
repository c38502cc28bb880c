/*
 * format/huggingface/huggingface.h - the JSON files of a Hugging Face folder, and chat templates of their own.
 */
#ifndef FORMAT_HUGGINGFACE_HUGGINGFACE_H
#define FORMAT_HUGGINGFACE_HUGGINGFACE_H

#include "format/format.h"

extern const model_format format_huggingface, format_chat_template, format_huggingface_code;

#endif
