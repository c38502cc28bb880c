/*
 * format/nemo/nemo.h - NeMo's .nemo: a tar, mostly gzipped, with model_config.yaml and a checkpoint.
 */
#ifndef FORMAT_NEMO_NEMO_H
#define FORMAT_NEMO_NEMO_H

#include "format/format.h"

extern const model_format format_nemo;

/* What a configuration has instantiated when it is read: `_target_` and `target` of anything but classes of NeMo and PyTorch. Tags
 * are told wherever YAML is read. */
bool nemo_config_read(str member, bytes text, report *r, err *e) MUST_USE;

#endif
