/*
 * format/lightgbm/lightgbm.h - LightGBM's model files.
 */
#ifndef FORMAT_LIGHTGBM_LIGHTGBM_H
#define FORMAT_LIGHTGBM_LIGHTGBM_H

#include "format/format.h"

extern const model_format format_lightgbm;

#endif
