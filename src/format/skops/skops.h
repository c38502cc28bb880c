/*
 * format/skops/skops.h - skops: an estimator as a tree of named nodes in JSON, with arrays beside it in a ZIP.
 */
#ifndef FORMAT_SKOPS_SKOPS_H
#define FORMAT_SKOPS_SKOPS_H

#include "format/format.h"

extern const model_format format_skops;

#endif
