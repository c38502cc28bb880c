/*
 * format/pmml/pmml.h - models in XML: PMML, and the graphs of OpenVINO.
 */
#ifndef FORMAT_PMML_PMML_H
#define FORMAT_PMML_PMML_H

#include "format/format.h"

extern const model_format format_pmml, format_openvino;

#endif
