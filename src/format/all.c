/*
 * format/all.c - the model formats, in the order in which they are asked.
 */
#include "format/format.h"

#include "catboost/catboost.h"
#include "gguf/gguf.h"
#include "lfs/lfs.h"
#include "lightgbm/lightgbm.h"
#include "npy/npy.h"
#include "onnx/onnx.h"
#include "pickle/format.h"
#include "safetensors/safetensors.h"
#include "skops/skops.h"
#include "torch/torch.h"
#include "xgboost/xgboost.h"

/* clang-format off */
const model_format *const model_formats[] = {
    &format_npy,
    &format_skops,
    &format_torch, /* before .npz: of two archives in one, the one that holds pickles counts */
    &format_npz,
    &format_torch_legacy,
    &format_safetensors,
    &format_gguf,
    &format_catboost,
    &format_xgboost,
    &format_lightgbm,
    &format_onnx,
    &format_lfs,
    &format_pickle, /* last: its text opcodes make it the least certain */
    NULL,
};
/* clang-format on */
