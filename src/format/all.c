/*
 * format/all.c - the model formats, in the order in which they are asked.
 */
#include "format/format.h"

#include "catboost/catboost.h"
#include "coreml/coreml.h"
#include "executorch/executorch.h"
#include "flax/flax.h"
#include "gguf/gguf.h"
#include "hdf5/hdf5.h"
#include "keras/keras.h"
#include "huggingface/huggingface.h"
#include "lfs/lfs.h"
#include "lightgbm/lightgbm.h"
#include "mlflow/mlflow.h"
#include "mxnet/mxnet.h"
#include "nemo/nemo.h"
#include "notebook/notebook.h"
#include "npy/npy.h"
#include "onnx/onnx.h"
#include "paddle/paddle.h"
#include "pickle/format.h"
#include "pmml/pmml.h"
#include "rdata/rdata.h"
#include "safetensors/safetensors.h"
#include "skops/skops.h"
#include "tensorflow/tensorflow.h"
#include "tensorrt/tensorrt.h"
#include "tflite/tflite.h"
#include "torch/torch.h"
#include "torch7/torch7.h"
#include "xgboost/xgboost.h"

/* clang-format off */
const model_format *const model_formats[] = {
    &format_hdf5, /* may begin anywhere: what lies in front of it is read as a file of its own */
    &format_npy,
    &format_keras,
    &format_skops,
    &format_torch_shard,
    &format_torch, /* before .npz: of two archives in one, the one that holds pickles counts */
    &format_npz,
    &format_torch_legacy,
    &format_torch_tar,
    &format_nemo,
    &format_safetensors,
    &format_gguf,
    &format_tflite,
    &format_executorch,
    &format_tensorrt,
    &format_torch7,
    &format_mxnet_weights,
    &format_catboost,
    &format_xgboost,
    &format_lightgbm,
    &format_onnx,
    &format_tensorflow,
    &format_tensorflow_text,
    &format_tensorflow_checkpoint,
    &format_keras_config,
    &format_paddle,
    &format_paddle_weights,
    &format_mxnet,
    &format_catboost_json,
    &format_coreml,
    &format_mlpackage,
    &format_pmml,
    &format_openvino,
    &format_notebook,
    &format_huggingface,
    &format_huggingface_code,
    &format_chat_template,
    &format_mlflow,
    &format_yaml,
    &format_lfs,
    &format_rdata,
    &format_flax,
    &format_pickle, /* last: its text opcodes make it the least certain */
    NULL,
};
/* clang-format on */
