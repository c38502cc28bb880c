/*
 * format/pickle/allow_torch.c - PyTorch: tensors and their storages; whole modules only as far as torch.nn itself goes.
 */
#include "pickle/allow.h"
#include "pickle/machine.h"

/* Backward hooks are functions by number; tensors on disk have none. Attributes become those of the tensor, its class among them. */
static bool holds_hooks(const pickle_value *v)
{
    if (v->kind == PICKLE_DICT) return v->marks & (PICKLE_MARK_HOOK_KEY | PICKLE_MARK_ODD_KEY);
    return v->kind == PICKLE_CALL && v->call.item_count &&
           pickle_is_global(pickle_class_of(v), "collections", "OrderedDict");
}

/* Storages are persistent ids of the archive; everything else is data. */
static bool takes_rebuild(const allow_args *a)
{
    if (a->kwargs) return false;
    for (size_t i = 0; i < a->count; i++) {
        const pickle_value *v = a->items[i];
        if (v->kind != PICKLE_PERSID && !rule_is_data(v)) return false;
        if (holds_hooks(v)) return false;
    }
    return true;
}

/* What a tensor is filled with: (requires_grad, hooks), or its storage and strides too. */
static bool has_no_hooks(const pickle_value *target, const pickle_value *state)
{
    (void)target;
    if (state->kind != PICKLE_TUPLE) return !holds_hooks(state);
    for (size_t i = 0; i < state->list.count; i++)
        if (holds_hooks(state->list.items[i])) return false;
    return true;
}

/* (function, type, arguments, state): calls its first argument, which therefore must be one of this table's. */
static bool takes_from_type(const allow_args *a)
{
    if (a->kwargs || a->count < 3 || a->items[0]->kind != PICKLE_GLOBAL || a->items[1]->kind != PICKLE_GLOBAL)
        return false;
    const pickle_value *function = a->items[0], *type = a->items[1];
    bool is_nested = pickle_is_global(function, "torch.nested._internal.nested_tensor", "_rebuild_njt") &&
                     pickle_is_global(type, "torch.nested._internal.nested_tensor", "NestedTensor");
    bool is_rebuild = str_eq(function->global.module, STR("torch._utils")) && function->global.row &&
                      function->global.row->rule->args == takes_rebuild;
    bool is_type = pickle_is_global(type, "torch", "Tensor") ||
                   pickle_is_global(type, "torch.nn.parameter", "Parameter") ||
                   pickle_is_global(type, "torch.nn.parameter", "Buffer");
    if (!(is_rebuild && is_type) && !is_nested) return false;
    if (a->items[2]->kind != PICKLE_TUPLE) return false;
    return takes_rebuild(&(allow_args){a->items[2]->list.items, a->items[2]->list.count, NULL});
}

static const allow_rule rebuild = {.roles = ALLOW_CALL | ALLOW_DATA,
                                   .state = ALLOW_STATE_DATA,
                                   .args = takes_rebuild,
                                   .state_check = has_no_hooks,
                                   .wants = "a storage and plain data"};
static const allow_rule from_type = {.roles = ALLOW_CALL,
                                     .state = ALLOW_STATE_DATA,
                                     .args = takes_from_type,
                                     .state_check = has_no_hooks,
                                     .wants = "a rebuild function, a tensor class and its arguments"};
static const allow_rule parameter = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DATA, .args = takes_rebuild, .wants = "a tensor and plain data"};
/* A whole module runs its own forward(); the file decides which modules and hooks there are. */
static const allow_rule module = {.roles = ALLOW_NEW,
                                  .state = ALLOW_STATE_DICT,
                                  .caution = "a whole module: its code and hooks run when the model is used",
                                  .args = rule_takes_nothing,
                                  .wants = "no arguments"};

static const allow_rule optimizer = {
    .roles = ALLOW_NEW,
    .state = ALLOW_STATE_DICT,
    .caution = "a whole optimizer: its code and hooks run when the training goes on",
    .args = rule_takes_nothing,
    .wants = "no arguments"};

/* Which of its native classes is made is in the state; TorchScript's archives are not loaded so. */
static const allow_rule compiled = {.roles = ALLOW_NEW,
                                    .state = ALLOW_STATE_DATA,
                                    .caution = "an object of a class that is compiled into PyTorch",
                                    .args = rule_takes_nothing,
                                    .wants = "no arguments"};

static const allow_rule settings = {.roles = ALLOW_NEW | ALLOW_CALL,
                                    .state = ALLOW_STATE_DICT,
                                    .caution =
                                        "settings of a training, which the library that reads them acts on",
                                    .args = rule_takes_constants,
                                    .wants = "constants"};

/* clang-format off */
static const allow_row rows[] = {
    {"accelerate.state", "PartialState", &settings},
    {"accelerate.utils.dataclasses", "DistributedType", &settings},
    {"torch", "BFloat16Storage BoolStorage ByteStorage CharStorage ComplexDoubleStorage ComplexFloatStorage DoubleStorage FloatStorage HalfStorage IntStorage LongStorage QInt32Storage QInt8Storage QUInt2x4Storage QUInt4x2Storage QUInt8Storage ShortStorage TypedStorage UntypedStorage", &rule_data},
    {"torch", "Tensor bcomplex32 bfloat16 bit bits16 bits1x8 bits2x4 bits4x2 bits8 bool channels_last channels_last_3d complex128 complex32 complex64 contiguous_format float16 float32 float4_e2m1fn_x2 float64 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu int1 int16 int2 int3 int32 int4 int5 int6 int64 int7 int8 jagged legacy_contiguous_format per_channel_affine per_channel_affine_float_qparams per_channel_symmetric per_tensor_affine per_tensor_symmetric preserve_format qint32 qint8 quint2x4 quint4x2 quint8 sparse_bsc sparse_bsr sparse_coo sparse_csc sparse_csr strided uint1 uint16 uint2 uint3 uint32 uint4 uint5 uint6 uint64 uint7 uint8", &rule_data},
    {"torch", "BFloat16Tensor BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor ShortTensor", &rule_data}, /* tar form */
    {"torch", "Size device", &rule_class_args},
    {"torch", "ScriptObject", &compiled}, /* the packed weights of quantised modules */
    {"torch._tensor", "_rebuild_from_type_v2", &from_type},
    {"torch._utils", "_rebuild_device_tensor_from_cpu_tensor _rebuild_device_tensor_from_numpy _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3", &rebuild},
    {"torch._utils", "_rebuild_wrapper_subclass", &from_type},
    {"torch.ao.nn.intrinsic.modules.fused", "BNReLU2d BNReLU3d ConvAdd2d ConvAddReLU2d ConvBn1d ConvBn2d ConvBn3d ConvBnReLU1d ConvBnReLU2d ConvBnReLU3d ConvReLU1d ConvReLU2d ConvReLU3d LinearBn1d LinearLeakyReLU LinearReLU LinearTanh", &module},
    {"torch.ao.nn.intrinsic.qat.modules.conv_fused", "ConvBn1d ConvBn2d ConvBn3d ConvBnReLU1d ConvBnReLU2d ConvBnReLU3d ConvReLU1d ConvReLU2d ConvReLU3d", &module},
    {"torch.ao.nn.intrinsic.qat.modules.linear_fused", "LinearBn1d", &module},
    {"torch.ao.nn.intrinsic.qat.modules.linear_relu", "LinearReLU", &module},
    {"torch.ao.nn.intrinsic.quantized.dynamic.modules.linear_relu", "LinearReLU", &module},
    {"torch.ao.nn.intrinsic.quantized.modules.bn_relu", "BNReLU2d BNReLU3d", &module},
    {"torch.ao.nn.intrinsic.quantized.modules.conv_add", "ConvAdd2d ConvAddReLU2d", &module},
    {"torch.ao.nn.intrinsic.quantized.modules.conv_relu", "ConvReLU1d ConvReLU2d ConvReLU3d", &module},
    {"torch.ao.nn.intrinsic.quantized.modules.linear_relu", "LinearLeakyReLU LinearReLU LinearTanh", &module},
    {"torch.ao.nn.qat.dynamic.modules.linear", "Linear", &module},
    {"torch.ao.nn.qat.modules.conv", "Conv1d Conv2d Conv3d", &module},
    {"torch.ao.nn.qat.modules.embedding_ops", "Embedding EmbeddingBag", &module},
    {"torch.ao.nn.qat.modules.linear", "Linear", &module},
    {"torch.ao.nn.quantizable.modules.activation", "MultiheadAttention", &module},
    {"torch.ao.nn.quantizable.modules.rnn", "LSTM LSTMCell _LSTMLayer _LSTMSingleLayer", &module},
    {"torch.ao.nn.quantized.dynamic.modules.conv", "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d", &module},
    {"torch.ao.nn.quantized.dynamic.modules.linear", "Linear", &module},
    {"torch.ao.nn.quantized.dynamic.modules.rnn", "GRU GRUCell LSTM LSTMCell PackedParameter RNNCell", &module},
    {"torch.ao.nn.quantized.modules", "DeQuantize Quantize", &module},
    {"torch.ao.nn.quantized.modules.activation", "ELU Hardswish LeakyReLU MultiheadAttention PReLU ReLU6 Sigmoid Softmax", &module},
    {"torch.ao.nn.quantized.modules.batchnorm", "BatchNorm2d BatchNorm3d", &module},
    {"torch.ao.nn.quantized.modules.conv", "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d", &module},
    {"torch.ao.nn.quantized.modules.dropout", "Dropout", &module},
    {"torch.ao.nn.quantized.modules.embedding_ops", "Embedding EmbeddingBag EmbeddingPackedParams", &module},
    {"torch.ao.nn.quantized.modules.functional_modules", "FXFloatFunctional FloatFunctional QFunctional", &module},
    {"torch.ao.nn.quantized.modules.linear", "Linear LinearPackedParams", &module},
    {"torch.ao.nn.quantized.modules.normalization", "GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d LayerNorm", &module},
    {"torch.ao.nn.quantized.modules.rnn", "LSTM", &module},
    {"torch.ao.nn.quantized.reference.modules.conv", "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d", &module},
    {"torch.ao.nn.quantized.reference.modules.linear", "Linear", &module},
    {"torch.ao.nn.quantized.reference.modules.rnn", "GRU GRUCell LSTM LSTMCell RNNCell", &module},
    {"torch.ao.nn.quantized.reference.modules.sparse", "Embedding EmbeddingBag", &module},
    {"torch.ao.nn.sparse.quantized.dynamic.linear", "Linear", &module},
    {"torch.ao.nn.sparse.quantized.linear", "Linear LinearPackedParams", &module},
    {"torch.ao.quantization.fake_quantize", "FakeQuantize FixedQParamsFakeQuantize FusedMovingAvgObsFakeQuantize", &module},
    {"torch.ao.quantization.observer", "FixedQParamsObserver HistogramObserver MinMaxObserver MovingAverageMinMaxObserver MovingAveragePerChannelMinMaxObserver NoopObserver PerChannelMinMaxObserver PlaceholderObserver RecordingObserver ReuseInputObserver", &module},
    {"torch.ao.quantization.stubs", "DeQuantStub QuantStub QuantWrapper", &module},
    {"torch.distributed.checkpoint.filesystem", "_StorageInfo", &rule_class},
    {"torch.distributed.checkpoint.metadata", "BytesStorageMetadata ChunkStorageMetadata Metadata MetadataIndex StorageMeta TensorStorageMetadata", &rule_class},
    {"torch.distributed.checkpoint.metadata", "TensorProperties", &rule_class_data},
    {"torch.distributed.checkpoint.metadata", "_MEM_FORMAT_ENCODING", &rule_function_constants},
    {"torch.nested._internal.nested_tensor", "NestedTensor _rebuild_njt", &rule_data},
    {"torch.nn.modules.activation", "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish MultiheadAttention PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink Threshold", &module},
    {"torch.nn.modules.adaptive", "AdaptiveLogSoftmaxWithLoss", &module},
    {"torch.nn.modules.batchnorm", "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm", &module},
    {"torch.nn.modules.channelshuffle", "ChannelShuffle", &module},
    {"torch.nn.modules.container", "ModuleDict ModuleList ParameterDict ParameterList Sequential", &module},
    {"torch.nn.modules.conv", "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d", &module},
    {"torch.nn.modules.distance", "CosineSimilarity PairwiseDistance", &module},
    {"torch.nn.modules.dropout", "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout", &module},
    {"torch.nn.modules.flatten", "Flatten Unflatten", &module},
    {"torch.nn.modules.fold", "Fold Unfold", &module},
    {"torch.nn.modules.instancenorm", "InstanceNorm1d InstanceNorm2d InstanceNorm3d", &module},
    {"torch.nn.modules.linear", "Bilinear Identity Linear NonDynamicallyQuantizableLinear", &module},
    {"torch.nn.modules.loss", "BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss NLLLoss2d PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss", &module},
    {"torch.nn.modules.normalization", "CrossMapLRN2d GroupNorm LayerNorm LocalResponseNorm RMSNorm", &module},
    {"torch.nn.modules.padding", "CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d", &module},
    {"torch.nn.modules.pixelshuffle", "PixelShuffle PixelUnshuffle", &module},
    {"torch.nn.modules.pooling", "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d LPPool1d LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d", &module},
    {"torch.nn.modules.rnn", "GRU GRUCell LSTM LSTMCell RNN RNNCell", &module},
    {"torch.nn.modules.sparse", "Embedding EmbeddingBag", &module},
    {"torch.nn.modules.transformer", "Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer", &module},
    {"torch.nn.modules.upsampling", "Upsample UpsamplingBilinear2d UpsamplingNearest2d", &module},
    {"torch.nn.parameter", "Buffer Parameter", &parameter},
    {"torch.nn.utils.rnn", "PackedSequence", &rule_class_args},
    {"torch.nn.utils.spectral_norm", "SpectralNorm SpectralNormLoadStateDictPreHook SpectralNormStateDictHook", &module},
    {"torch.nn.utils.weight_norm", "WeightNorm", &module},
    {"torch.optim", "Adafactor Muon", &optimizer},
    {"torch.optim.adadelta", "Adadelta", &optimizer},
    {"torch.optim.adagrad", "Adagrad", &optimizer},
    {"torch.optim.adam", "Adam", &optimizer},
    {"torch.optim.adamax", "Adamax", &optimizer},
    {"torch.optim.adamw", "AdamW", &optimizer},
    {"torch.optim.asgd", "ASGD", &optimizer},
    {"torch.optim.lbfgs", "LBFGS", &optimizer},
    {"torch.optim.nadam", "NAdam", &optimizer},
    {"torch.optim.radam", "RAdam", &optimizer},
    {"torch.optim.rmsprop", "RMSprop", &optimizer},
    {"torch.optim.rprop", "Rprop", &optimizer},
    {"torch.optim.sgd", "SGD", &optimizer},
    {"torch.optim.sparse_adam", "SparseAdam", &optimizer},
    {"torch.return_types", "cummax cummin kthvalue max median min mode nanmedian qr slogdet sort svd topk", &rule_class_args},
    {"torch.serialization", "_get_layout", &rule_function_constants},
    {"torch.storage", "TypedStorage UntypedStorage", &rule_data},
    {"torch.torch_version", "TorchVersion", &rule_class_args_data},
    {"torch.utils.data.dataset", "ConcatDataset Subset TensorDataset", &rule_class},
    {"transformers.trainer_pt_utils", "AcceleratorConfig", &settings},
    {"transformers.trainer_utils", "EvaluationStrategy FSDPOption HubStrategy IntervalStrategy SaveStrategy SchedulerType ShardedDDPOption", &settings},
    {"transformers.training_args", "OptimizerNames ParallelMode TrainingArguments", &settings},
    {"transformers.training_args_seq2seq", "Seq2SeqTrainingArguments", &settings},
};
/* clang-format on */
const allow_table allow_torch = {"torch", rows, COUNT_OF(rows)};
