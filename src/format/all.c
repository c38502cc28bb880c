/*
 * format/all.c - the model formats, in the order in which they are asked.
 */
#include "format/format.h"

#include "gguf/gguf.h"
#include "lfs/lfs.h"
#include "npy/npy.h"
#include "onnx/onnx.h"
#include "pickle/format.h"
#include "safetensors/safetensors.h"
#include "torch/torch.h"

/* clang-format off */
const model_format *const model_formats[] = {
    &format_npy,
    &format_torch, /* before .npz: of two archives in one, the one that holds pickles counts */
    &format_npz,
    &format_torch_legacy,
    &format_safetensors,
    &format_gguf,
    &format_onnx,
    &format_lfs,
    &format_pickle, /* last: its text opcodes make it the least certain */
    NULL,
};
/* clang-format on */
