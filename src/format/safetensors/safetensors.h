/*
 * format/safetensors/safetensors.h - .safetensors: a JSON header that says where each tensor lies, then the bytes.
 */
#ifndef FORMAT_SAFETENSORS_SAFETENSORS_H
#define FORMAT_SAFETENSORS_SAFETENSORS_H

#include "format/format.h"

extern const model_format format_safetensors;

#endif
