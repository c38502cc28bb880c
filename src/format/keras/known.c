/*
 * format/keras/known.c - names that Keras itself defines, and modules of Python's standard library. Sorted; searched by halves.
 *
 * From Keras 3.15 and tf_keras 2.21 (what they export, and classes that they write into files), with names of Keras 1 and 2 that are gone. The
 * classes that run or load something of their own (Lambda, TFSMLayer and their like) are left out: config.c judges them before it looks here.
 */
#include "keras/keras.h"

/* clang-format off */
static const char *const classes[] = {
    "AUC", "AWQConfig", "AWQDTypePolicy", "Abs", "AbsMaxQuantizer", "Absolute", "AbstractRNNCell",
    "Accuracy", "Activation", "ActivityRegularization", "Adadelta", "Adafactor", "Adagrad", "AdagradDA",
    "Adam", "AdamOptimizer", "AdamW", "Adamax", "AdaptiveAveragePool", "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D", "AdaptiveMaxPool", "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D", "Add", "AddLoss", "AddMetric", "AdditiveAttention",
    "AffineTransform", "All", "AllClose", "AlphaDropout", "Amax", "Amin", "Angle", "Any", "Append",
    "Arange", "Arccos", "Arccosh", "Arcsin", "Arcsinh", "Arctan", "Arctan2", "Arctanh", "Argmax", "Argmin",
    "Argpartition", "Argsort", "Array", "ArraySplit", "AssociativeScan", "AtrousConvolution1D",
    "AtrousConvolution2D", "Attention", "AugMix", "AutoContrast", "Average", "AveragePool",
    "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "AvgPool1D", "AvgPool2D", "AvgPool3D",
    "BaseAdaptiveAveragePooling", "BaseAdaptiveMaxPooling", "BaseAdaptivePooling", "BaseConv",
    "BaseConvTranspose", "BaseDepthwiseConv", "BaseGlobalPooling", "BaseImagePreprocessingLayer",
    "BaseOptimizer", "BasePooling", "BaseSeparableConv", "BaseSpatialDropout", "BatchNorm",
    "BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "Bidirectional", "BinaryAccuracy",
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "BinaryIoU", "Bincount", "BitwiseAnd", "BitwiseInvert",
    "BitwiseLeftShift", "BitwiseNot", "BitwiseOr", "BitwiseRightShift", "BitwiseXor", "BroadcastTo",
    "CDist", "CTC", "CTCDecode", "CTCLoss", "Cast", "CategoricalAccuracy", "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy", "CategoricalHinge",
    "CategoryCrossing", "CategoryEncoding", "Cbrt", "Ceil", "Celu", "CenterCrop", "Cholesky",
    "CholeskyInverse", "Circle", "ClassMethod", "Clip", "CombinerPreprocessingLayer", "Concatenate",
    "ConcordanceCorrelation", "Cond", "Conj", "Conjugate", "Constant", "ConstantV2", "Constraint",
    "ContrastLimitedAdaptiveHistogramEqualization", "Conv", "Conv1D", "Conv1DTranspose", "Conv2D",
    "Conv2DTranspose", "Conv3D", "Conv3DTranspose", "ConvLSTM", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
    "ConvLSTMCell", "ConvRecurrent2D", "ConvTranspose", "ConvertToTensor", "Convolution1D",
    "Convolution1DTranspose", "Convolution2D", "Convolution2DTranspose", "Convolution3D",
    "Convolution3DTranspose", "Copy", "Corrcoef", "Correlate", "Cos", "Cosh", "CosineDecay",
    "CosineDecayRestarts", "CosineDecayWithOffset", "CosineSimilarity", "CountNonzero", "CropImages",
    "Cropping1D", "Cropping2D", "Cropping3D", "Cross", "CuDNNGRU", "CuDNNLSTM", "Cumprod", "Cumsum",
    "CustomScaleLayer", "CutMix", "DTypePolicy", "DTypePolicyMap", "DataLayer", "Deconvolution2D",
    "Deconvolution3D", "Deg2rad", "Dense", "DenseFeatures", "DenseFeaturesV2", "DepthToSpace",
    "DepthwiseConv", "DepthwiseConv1D", "DepthwiseConv2D", "Det", "Diag", "Diagflat", "Diagonal", "Dice",
    "Diff", "Digitize", "Discretization", "Distiller", "Divide", "DivideNoNan", "Dot",
    "DotProductAttention", "Dropout", "Dsplit", "Dstack", "DynamicEmbedding", "DynamicLookup", "ELU", "Eig",
    "Eigh", "Einsum", "EinsumDense", "ElasticTransform", "Elu", "Embedding", "EmptyLike", "Equal",
    "Equalization", "Erf", "Erfc", "Erfinv", "Exp", "Exp2", "ExpandDims", "Expm1", "ExponentialDecay",
    "ExtractPatches", "ExtractSequences", "F1Score", "FBetaScore", "FFT", "FFT2", "Fabs", "FalseNegatives",
    "FalsePositives", "Feature", "FeatureSpace", "Flatten", "Flip", "Fliplr", "Flipud",
    "Float8QuantizationConfig", "FloatDTypePolicy", "Floor", "FloorDivide", "Fmax", "Fmin", "Fmod", "Fold",
    "ForiLoop", "Ftrl", "Full", "FullLike", "Function", "Functional", "GPTQConfig", "GPTQDTypePolicy",
    "GRU", "GRUCell", "GRUCellV2", "GRUV1", "GRUV2", "GaussianBlur", "GaussianDropout", "GaussianNoise",
    "Gcd", "Gelu", "Geomspace", "GetItem", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
    "GlobalAveragePooling3D", "GlobalAvgPool1D", "GlobalAvgPool2D", "GlobalAvgPool3D", "GlobalMaxPool1D",
    "GlobalMaxPool2D", "GlobalMaxPool3D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D",
    "GlorotNormal", "GlorotUniform", "GlorotUniformV2", "Glu", "GradientDescentOptimizer", "Graph",
    "Greater", "GreaterEqual", "GroupNormalization", "GroupQueryAttention", "GroupedQueryAttention",
    "HSVToRGB", "HardShrink", "HardSigmoid", "HardSilu", "HardTanh", "HashedCrossing", "Hashing",
    "HeNormal", "HeUniform", "Heaviside", "Highway", "Hinge", "Histogram", "Hsplit", "Hstack", "Huber",
    "Hypot", "I0", "IFFT2", "IRFFT", "ISTFT", "Identity", "IdentityInitializer", "Imag", "InTopK",
    "IndexLookup", "Initializer", "Inner", "InputLayer", "InputSpec", "InstanceMethod", "InstanceProperty",
    "Int4DTypePolicy", "Int4QuantizationConfig", "Int8QuantizationConfig", "IntegerLookup", "Inv",
    "InverseSqrt", "InverseTimeDecay", "IoU", "IsIn", "Isclose", "Isfinite", "Isinf", "Isnan", "Isneginf",
    "Isposinf", "Isreal", "JVP", "KLDivergence", "KerasTensor", "Kron", "L1", "L1L2", "L2", "LSTM",
    "LSTMCell", "LSTMCellV2", "LSTMV1", "LSTMV2", "Lamb", "Layer", "LayerNorm", "LayerNormalization",
    "LayerNormalizationV1", "LayerScale", "Lcm", "Ldexp", "LeakyReLU", "LeakyRelu", "LearningRateSchedule",
    "LecunNormal", "LecunUniform", "LeftShift", "Less", "LessEqual", "LinearCosineDecay", "LinearModel",
    "Linspace", "Lion", "LocallyConnected1D", "LocallyConnected2D", "Log", "Log10", "Log1p", "Log2",
    "LogCosh", "LogCoshError", "LogSigmoid", "LogSoftmax", "Logaddexp", "Logaddexp2", "Logdet",
    "LogicalAnd", "LogicalNot", "LogicalOr", "LogicalXor", "Logspace", "Logsumexp", "Loss",
    "LossFunctionWrapper", "LossScaleOptimizer", "LossScaleOptimizerV3", "Lstsq", "LuFactor", "Map",
    "MapCoordinates", "Masking", "Matmul", "MatrixRank", "Max", "MaxNorm", "MaxNumBoundingBoxes", "MaxPool",
    "MaxPool1D", "MaxPool2D", "MaxPool3D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Maximum",
    "MaxoutDense", "Mean", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanIoU",
    "MeanMetricWrapper", "MeanRelativeError", "MeanSquaredError", "MeanSquaredLogarithmicError",
    "MeanTensor", "Median", "MelSpectrogram", "Merge", "Meshgrid", "Metric", "Min", "MinMaxNorm", "Minimum",
    "Mish", "MixUp", "Mod", "Model", "Moments", "Moveaxis", "MultiHeadAttention", "MultiHot",
    "MultiOptimizer", "Multiply", "Muon", "Nadam", "NanToNum", "Nanargmax", "Nanargmin", "Nancumprod",
    "Nancumsum", "Nanmax", "Nanmean", "Nanmedian", "Nanmin", "Nanpercentile", "Nanprod", "Nanquantile",
    "Nanstd", "Nansum", "Nanvar", "Ndim", "Negative", "Nextafter", "Node", "NoisyLinearCosineDecay",
    "NonNeg", "Nonzero", "Norm", "Normalization", "Normalize", "Normalizer", "NotEqual", "OneHot",
    "OneHotIoU", "OneHotMeanIoU", "Ones", "OnesLike", "OnesV2", "Operation", "Optimizer", "OptimizerMap",
    "Orthogonal", "OrthogonalInitializer", "OrthogonalRegularizer", "Outer", "PReLU", "PSNR", "Pad",
    "PadImages", "PearsonCorrelation", "PeepholeLSTMCell", "Percentile", "Permute", "PerspectiveTransform",
    "PiecewiseConstantDecay", "Pinv", "Pipeline", "Poisson", "Polar", "Policy", "PolicyV1",
    "PolynomialDecay", "Power", "Precision", "PrecisionAtRecall", "PreprocessingLayer", "Prod", "Ptp", "Qr",
    "Quantile", "QuantizationConfig", "QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy", "Quantizer",
    "R2Score", "RFFT", "RGBToGrayscale", "RGBToHSV", "RMSNorm", "RMSNormalization", "RMSPropOptimizer",
    "RMSprop", "RNN", "Rad2deg", "RadialConstraint", "RandAugment", "RandomBrightness",
    "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop",
    "RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomFourierFeatures", "RandomGaussianBlur",
    "RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert", "RandomNormal", "RandomNormalV2",
    "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness",
    "RandomShear", "RandomTranslation", "RandomUniform", "RandomUniformV2", "RandomWidth", "RandomZoom",
    "Ravel", "ReLU", "Real", "Rearrange", "Recall", "RecallAtPrecision", "Reciprocal", "Recurrent",
    "Reduction", "Regularizer", "Relu", "Relu6", "RematScope", "Repeat", "RepeatVector", "Rescaling",
    "Reshape", "Resize", "Resizing", "ReversibleEmbedding", "RightShift", "Roll", "RootMeanSquaredError",
    "Rot90", "Round", "Rsqrt", "SGD", "SSIM", "STFT", "STFTInitializer", "STFTSpectrogram", "SVD",
    "SaturateCast", "ScaleAndTranslate", "Scan", "Scatter", "ScatterUpdate", "ScheduleFreeAdamW",
    "SearchSorted", "SeedGenerator", "SegmentMax", "SegmentMin", "SegmentProd", "SegmentReduction",
    "SegmentSum", "Select", "Selu", "SensitivityAtSpecificity", "SensitivitySpecificityBase",
    "SeparableConv", "SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D",
    "SeparableConvolution2D", "SequenceFeatures", "Sequential", "SidecarEvaluator", "Sigmoid", "Sign",
    "Signbit", "Silu", "SimpleRNN", "SimpleRNNCell", "Sin", "Sinc", "Sinh", "Size", "Slice", "SliceUpdate",
    "SlicingOpLambda", "Slogdet", "SobelEdges", "SoftShrink", "Softmax", "Softplus", "Softsign",
    "Solarization", "Solve", "SolveTriangular", "Sort", "SpaceToDepth", "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy", "SparsePlus", "SparseSigmoid", "SparseTopKCategoricalAccuracy",
    "Sparsemax", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "SpecificityAtSensitivity",
    "SpectralNormalization", "Split", "Sqrt", "Square", "SquaredHinge", "Squareplus", "Squeeze", "Stack",
    "StackedRNNCells", "Standardization", "StatelessScope", "Std", "StochasticDepth", "StopGradient",
    "StringLookup", "Subtract", "Sum", "SumOverBatchSizeMetricWrapper", "Swapaxes", "Swish", "Switch",
    "SymbolicScope", "SyncBatchNormalization", "TFAdam", "TFDConcat", "TFDIdentity", "TFOpLambda", "Take",
    "TakeAlongAxis", "Tan", "Tanh", "TanhShrink", "TensorFlowOpLayer", "Tensordot", "TextVectorization",
    "Threshold", "ThresholdedReLU", "Tile", "TimeDistributed", "TimeDistributedDense", "TopK",
    "TopKCategoricalAccuracy", "Trace", "Transpose", "Trapezoid", "Tril", "Triu", "TrueDivide",
    "TrueNegatives", "TruePositives", "Trunc", "TruncatedNormal", "TruncatedNormalV2", "Tversky", "Unfold",
    "Unique", "UnitNorm", "UnitNormalization", "UnravelIndex", "Unstack", "UpSampling1D", "UpSampling2D",
    "UpSampling3D", "Vander", "Var", "Variable", "VarianceScaling", "VarianceScalingV2", "Vdot",
    "VectorizedMap", "View", "ViewAsComplex", "ViewAsReal", "Vsplit", "Vstack", "WarmUp", "Where",
    "WhileLoop", "WideDeepModel", "Wrapper", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Zeros",
    "ZerosLike", "ZerosV2", "_ConfusionMatrixConditionCount", "_IoUBase"};

/* Activations, losses, metrics, initializers, regularizers, constraints. */
static const char *const functions[] = {
    "KLD", "MAE", "MAPE", "MSE", "MSLE", "acc", "bce", "binary_accuracy", "binary_crossentropy",
    "binary_focal_crossentropy", "categorical_accuracy", "categorical_crossentropy",
    "categorical_focal_crossentropy", "categorical_generalized_cross_entropy", "categorical_hinge", "ce",
    "celu", "circle", "concordance_correlation", "constant", "cosine", "cosine_proximity",
    "cosine_similarity", "crossentropy", "ctc", "dice", "elu", "exponential", "gelu", "glorot_normal",
    "glorot_uniform", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "he_normal", "he_uniform", "hinge", "huber", "identity", "kl_divergence", "kld",
    "kullback_leibler_divergence", "l1", "l1_l2", "l2", "leaky_relu", "lecun_normal", "lecun_uniform",
    "linear", "log_cosh", "log_sigmoid", "log_softmax", "logcosh", "mae", "mape", "max_norm", "maxnorm",
    "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error",
    "mean_squared_logarithmic_error", "min_max_norm", "mish", "mse", "msle", "non_neg", "nonneg", "normal",
    "one", "ones", "orthogonal", "orthogonal_regularizer", "pearson_correlation", "poisson",
    "radial_constraint", "random_normal", "random_uniform", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softmax", "softmax_v2", "softplus", "softsign", "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid", "sparse_top_k_categorical_accuracy",
    "sparsemax", "squared_hinge", "squareplus", "stft", "swish", "tanh", "tanh_shrink", "threshold",
    "top_k_categorical_accuracy", "truncated_normal", "tversky", "uniform", "unit_norm", "unitnorm",
    "variance_scaling", "zero", "zeros"};

static const char *const standard_library[] = {
    "__builtin__", "__builtins__", "_ctypes", "_io", "_pickle", "_posixsubprocess", "_socket", "_thread",
    "abc", "aifc", "antigravity", "argparse", "array", "ast", "asynchat", "asyncio", "asyncore", "atexit",
    "audioop", "base64", "bdb", "binascii", "bisect", "builtins", "bz2", "cProfile", "calendar", "cgi",
    "cgitb", "chunk", "cmath", "cmd", "code", "codecs", "codeop", "collections", "colorsys", "commands",
    "compileall", "concurrent", "configparser", "contextlib", "contextvars", "copy", "copyreg", "crypt",
    "csv", "ctypes", "curses", "dataclasses", "datetime", "dbm", "decimal", "difflib", "dis", "distutils",
    "doctest", "email", "encodings", "ensurepip", "enum", "errno", "faulthandler", "fcntl", "filecmp",
    "fileinput", "fnmatch", "fractions", "ftplib", "functools", "gc", "genericpath", "getopt", "getpass",
    "gettext", "glob", "graphlib", "grp", "gzip", "hashlib", "heapq", "hmac", "html", "http", "idlelib",
    "imaplib", "imghdr", "imp", "importlib", "inspect", "io", "ipaddress", "itertools", "json", "keyword",
    "lib2to3", "linecache", "locale", "logging", "lzma", "mailbox", "mailcap", "marshal", "math",
    "mimetypes", "mmap", "modulefinder", "msilib", "msvcrt", "multiprocessing", "netrc", "nis", "nntplib",
    "nt", "ntpath", "nturl2path", "numbers", "opcode", "operator", "optparse", "os", "ossaudiodev",
    "pathlib", "pdb", "pickle", "pickletools", "pipes", "pkgutil", "platform", "plistlib", "poplib",
    "posix", "posixpath", "pprint", "profile", "pstats", "pty", "pwd", "py_compile", "pyclbr", "pydoc",
    "pydoc_data", "pyexpat", "queue", "quopri", "random", "re", "readline", "reprlib", "resource",
    "rlcompleter", "runpy", "sched", "secrets", "select", "selectors", "shelve", "shlex", "shutil",
    "signal", "site", "smtpd", "smtplib", "sndhdr", "socket", "socketserver", "spwd", "sqlite3",
    "sre_compile", "sre_constants", "sre_parse", "ssl", "stat", "statistics", "string", "stringprep",
    "struct", "subprocess", "sunau", "symtable", "sys", "sysconfig", "syslog", "tabnanny", "tarfile",
    "telnetlib", "tempfile", "termios", "textwrap", "this", "threading", "time", "timeit", "tkinter",
    "token", "tokenize", "tomllib", "trace", "traceback", "tracemalloc", "tty", "turtle", "turtledemo",
    "types", "typing", "unicodedata", "unittest", "urllib", "uu", "uuid", "venv", "warnings", "wave",
    "weakref", "webbrowser", "winreg", "winsound", "wsgiref", "xdrlib", "xml", "xmlrpc", "zipapp",
    "zipfile", "zipimport", "zlib", "zoneinfo"};
/* clang-format on */

static bool is_in(const char *const *names, size_t count, str name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(str_from_c(names[middle]), name);
        if (order == 0) return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool keras_is_class(str name)
{
    return is_in(classes, COUNT_OF(classes), name);
}

bool keras_is_function(str name)
{
    return is_in(functions, COUNT_OF(functions), name);
}

bool keras_is_python_module(str name)
{
    return is_in(standard_library, COUNT_OF(standard_library), name);
}
