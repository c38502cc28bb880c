/*
 * format/flax/flax.h - weights of Flax and other users of MessagePack.
 */
#ifndef FORMAT_FLAX_FLAX_H
#define FORMAT_FLAX_FLAX_H

#include "format/format.h"

extern const model_format format_flax;

#endif
