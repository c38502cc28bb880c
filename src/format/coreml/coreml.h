/*
 * format/coreml/coreml.h - Core ML: .mlmodel, and the manifest of an .mlpackage.
 */
#ifndef FORMAT_COREML_COREML_H
#define FORMAT_COREML_COREML_H

#include "format/format.h"

extern const model_format format_coreml, format_mlpackage;

#endif
