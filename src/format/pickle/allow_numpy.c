/*
 * format/pickle/allow_numpy.c - numpy, under the module names of version 1 (numpy.core) and 2 (numpy._core).
 */
#include "pickle/allow.h"
#include "pickle/machine.h"

static bool takes_dtype(const allow_args *a)
{
    pickle_dtype dtype;
    if (a->kwargs || a->count == 0 || a->count > 3) return false;
    for (size_t i = 1; i < a->count; i++)
        if (!rule_is_constant(a->items[i])) return false;
    if (pickle_is_global(a->items[0], "numpy", "record")) return a->count <= 3;
    bool is_text = a->items[0]->kind == PICKLE_STR || a->items[0]->kind == PICKLE_BYTES;
    return is_text && pickle_dtype_code(a->items[0]->text, &dtype);
}

static bool is_array_class(const pickle_value *v)
{
    return pickle_is_global(v, "numpy", "ndarray") || pickle_is_global(v, "numpy", "matrix") ||
           pickle_is_global(v, "numpy", "recarray") || pickle_is_global(v, "numpy", "memmap") ||
           pickle_is_global(v, "numpy.rec", "recarray") ||
           pickle_is_global(v, "numpy.matrixlib.defmatrix", "matrix") ||
           pickle_is_global(v, "numpy", "chararray") || pickle_is_global(v, "numpy.char", "chararray") ||
           pickle_is_global(v, "pandas.core.indexes.frozen", "FrozenNDArray") ||
           pickle_is_global(v, "numpy.ma.core", "MaskedArray");
}

static bool is_shape(const pickle_value *v)
{
    uint64_t shape[32], count;
    unsigned rank;
    return pickle_shape(v, shape, &rank, &count, NULL);
}

/* The array that BUILD fills is empty so far: a large one would only take memory. */
static bool is_small_shape(const pickle_value *v)
{
    uint64_t shape[32], count;
    unsigned rank;
    return pickle_shape(v, shape, &rank, &count, NULL) && count <= 1024;
}

/* (array class, shape, type code). */
static bool takes_reconstruct(const allow_args *a)
{
    return !a->kwargs && a->count == 3 && is_array_class(a->items[0]) && is_small_shape(a->items[1]) &&
           (a->items[2]->kind == PICKLE_STR || rule_is_bytes(a->items[2]));
}

/* As many items as the shape says? numpy raises for bytes, and reads beyond the end of a list. What is written in another way (text of
 * protocols below 3, types of extensions) is left to numpy. */
static bool data_fit(const pickle_value *data, const pickle_value *type, const pickle_value *shape)
{
    pickle_dtype dtype;
    uint64_t sizes[32], count, wanted;
    unsigned rank;
    if (!pickle_shape(shape, sizes, &rank, &count, NULL)) return false;
    if (data->kind == PICKLE_LIST) return data->list.count == count;
    if (data->kind != PICKLE_BYTES || !pickle_as_dtype(type, &dtype, NULL)) return true;
    return !__builtin_mul_overflow(count, (uint64_t)dtype.item_bytes, &wanted) && data->raw.len == wanted;
}

/* (version, shape, dtype, Fortran order, data); Python 2 wrote it without the version. */
static bool array_state_fits(const pickle_value *target, const pickle_value *state)
{
    (void)target;
    if (state->kind != PICKLE_TUPLE || state->list.count < 4 || state->list.count > 5) return false;
    pickle_value *const *part = state->list.items + (state->list.count - 4);
    return data_fit(part[3], part[1], part[0]);
}

/* With an object dtype the second argument would be a pickle, or anything. */
static bool takes_scalar(const allow_args *a)
{
    pickle_dtype dtype;
    return !a->kwargs && a->count == 2 && pickle_as_dtype(a->items[0], &dtype, NULL) && !dtype.has_objects &&
           (a->items[1]->kind == PICKLE_STR ||
            (rule_is_bytes(a->items[1]) &&
             (a->items[1]->kind != PICKLE_BYTES || a->items[1]->raw.len == dtype.item_bytes)));
}

static bool takes_frombuffer(const allow_args *a)
{
    pickle_dtype dtype;
    return !a->kwargs && a->count >= 4 && a->count <= 5 && rule_is_bytes(a->items[0]) &&
           pickle_as_dtype(a->items[1], &dtype, NULL) && !dtype.has_objects && is_shape(a->items[2]) &&
           data_fit(a->items[0], a->items[1], a->items[2]) && a->items[3]->kind == PICKLE_STR &&
           (a->count == 4 || a->items[4]->kind == PICKLE_NONE || is_shape(a->items[4]));
}

static bool is_masked(const pickle_value *v)
{
    return pickle_is_global(v, "numpy.ma.core", "MaskedArray") ||
           pickle_is_global(v, "numpy.ma.core", "mvoid") || pickle_is_global(v, "numpy.ma", "MaskedArray");
}

/* (MaskedArray, ndarray, shape, type code) */
static bool takes_mareconstruct(const allow_args *a)
{
    return !a->kwargs && a->count == 4 && is_masked(a->items[0]) && is_array_class(a->items[1]) &&
           is_small_shape(a->items[2]) && (a->items[3]->kind == PICKLE_STR || rule_is_bytes(a->items[3]));
}

static bool is_bit_generator(const pickle_value *v)
{
    static const char *const names[] = {"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"};
    static const char *const modules[] = {"numpy.random._mt19937", "numpy.random._pcg64",
                                          "numpy.random._pcg64", "numpy.random._philox",
                                          "numpy.random._sfc64"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (v->kind == PICKLE_STR && str_eq(v->text, str_from_c(names[i]))) return true;
        if (pickle_is_global(v, modules[i], names[i])) return true;
    }
    /* Since numpy 1.24 the generator itself, made by __bit_generator_ctor a moment ago. */
    return v->kind == PICKLE_CALL &&
           pickle_is_global(v->call.callable, "numpy.random._pickle", "__bit_generator_ctor");
}

static bool takes_bit_generator(const allow_args *a)
{
    if (a->kwargs || a->count > 2) return false;
    return a->count == 0 ||
           (is_bit_generator(a->items[0]) &&
            (a->count == 1 || pickle_is_global(a->items[1], "numpy.random._pickle", "__bit_generator_ctor")));
}

/* ('module', 'name'): imports what it is told, so both have to be those of a ufunc that is listed. */
static bool takes_ufunc(const allow_args *a)
{
    if (a->kwargs || a->count != 2 || a->items[0]->kind != PICKLE_STR || a->items[1]->kind != PICKLE_STR)
        return false;
    const allow_row *row = allow_find(a->items[0]->text, a->items[1]->text, NULL);
    return row && row->rule == &rule_pure &&
           (str_eq(a->items[0]->text, STR("numpy")) ||
            str_starts_with(a->items[0]->text, STR("scipy.special")) ||
            str_ends_with(a->items[0]->text, STR("umath")));
}

/* (_reconstruct, its arguments, state, None): how dill writes an array. It calls what it is given, so that must be numpy's own. */
static bool takes_dill_array(const allow_args *a)
{
    if (a->kwargs || a->count < 3 || a->count > 4 || a->items[0]->kind != PICKLE_GLOBAL) return false;
    const pickle_value *function = a->items[0], *args = a->items[1];
    bool is_reconstruct = str_eq(function->global.name, STR("_reconstruct")) && function->global.row &&
                          function->global.row->rule->args == takes_reconstruct;
    if (!is_reconstruct || args->kind != PICKLE_TUPLE || (a->count == 4 && a->items[3]->kind != PICKLE_NONE))
        return false;
    return takes_reconstruct(&(allow_args){args->list.items, args->list.count, NULL}) &&
           array_state_fits(function, a->items[2]);
}

static const allow_rule dill_array = {
    .roles = ALLOW_CALL, .args = takes_dill_array, .wants = "_reconstruct of numpy, its arguments and state"};
static const allow_rule ufunc = {
    .roles = ALLOW_CALL, .args = takes_ufunc, .wants = "the module and name of a function of numpy"};
static const allow_rule old_generator = {
    .roles = ALLOW_CALL, .state = ALLOW_STATE_DATA, .args = rule_takes_nothing, .wants = "no arguments"};
static const allow_rule dtype = {.roles = ALLOW_NEW | ALLOW_CALL,
                                 .state = ALLOW_STATE_TUPLE,
                                 .args = takes_dtype,
                                 .state_check = pickle_dtype_state_fits,
                                 .wants = "a type code as text"};
static const allow_rule reconstruct = {.roles = ALLOW_CALL | ALLOW_DATA,
                                       .state = ALLOW_STATE_TUPLE,
                                       .args = takes_reconstruct,
                                       .state_check = array_state_fits,
                                       .wants = "a numpy array class, a shape and a type code"};
static const allow_rule scalar = {
    .roles = ALLOW_CALL, .args = takes_scalar, .wants = "a dtype without objects and bytes"};
static const allow_rule frombuffer = {.roles = ALLOW_CALL,
                                      .args = takes_frombuffer,
                                      .wants = "bytes, a dtype without objects, a shape and an order"};
static const allow_rule mareconstruct = {.roles = ALLOW_CALL,
                                         .state = ALLOW_STATE_TUPLE,
                                         .args = takes_mareconstruct,
                                         .wants = "MaskedArray, an array class, a shape and a type code"};
static const allow_rule generator = {.roles = ALLOW_CALL | ALLOW_DATA,
                                     .state = ALLOW_STATE_DATA,
                                     .args = takes_bit_generator,
                                     .wants = "the name of a bit generator"};
/* Only ever the type of an array that is made without a file. */
static const allow_rule mapped = {.roles = ALLOW_TYPE, .wants = "nothing: it is named, not called"};
static const allow_rule number = {
    .roles = ALLOW_NEW | ALLOW_DATA, .args = rule_takes_constants, .wants = "constants"};

#define NUMBER_NAMES                                                                                       \
    "bool bool_ bytes_ clongdouble complex128 complex64 datetime64 float16 float32 float64 int16 int32 "   \
    "int64 int8 intc "                                                                                     \
    "intp long longdouble longlong object_ str_ timedelta64 uint16 uint32 uint64 uint8 uintc uintp ulong " \
    "ulonglong void"
/* clang-format off */
#define UFUNC_NAMES \
    "absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_count " \
    "bitwise_not bitwise_or bitwise_xor cbrt ceil conjugate copysign cos cosh deg2rad degrees divide " \
    "divmod equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod frexp gcd " \
    "greater greater_equal heaviside hypot invert isfinite isinf isnan isnat lcm ldexp left_shift " \
    "less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or " \
    "logical_xor matmul matvec maximum minimum mod modf multiply negative nextafter not_equal positive " \
    "power rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh spacing sqrt " \
    "square subtract tan tanh true_divide trunc vecdot vecmat"

/* What people hand to func, pooling_func, aggregations and the like: they compute with arrays and do nothing else. */
#define ARRAY_FUNCTION_NAMES \
    "all allclose amax amin any arange argmax argmin argsort around array asarray atleast_1d " \
    "atleast_2d average clip column_stack concatenate corrcoef count_nonzero cov cumprod cumsum diff " \
    "digitize dot expand_dims flip full hstack interp isin linspace max mean median min nan_to_num " \
    "nanargmax nanargmin nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd " \
    "nansum nanvar ones percentile prod ptp quantile ravel repeat reshape round round_ searchsorted " \
    "sort squeeze stack std sum swapaxes take tile transpose unique var vstack where zeros"
/* clang-format on */

/* clang-format off */
static const allow_row rows[] = {
    {"dill._dill", "_create_array", &dill_array},
    {"numpy", "dtype", &dtype},
    {"numpy",
     "character complexfloating flexible floating generic inexact integer number signedinteger "
     "unsignedinteger",
     &rule_data},
    {"numpy", "chararray matrix ndarray recarray record", &rule_data},
    {"numpy", "memmap", &mapped},
    {"numpy", "finfo iinfo", &rule_class_args},
    {"numpy", "poly1d", &rule_class},
    {"numpy", NUMBER_NAMES, &number},
    {"numpy", UFUNC_NAMES, &rule_pure},
    {"numpy", ARRAY_FUNCTION_NAMES, &rule_pure},
    {"numpy._core._internal", "_convert_to_stringdtype_kwargs",
     &rule_function_state}, /* StringDType: 2.0 to 2.5 */
    {"numpy._core._multiarray_umath", UFUNC_NAMES, &rule_pure},
    {"numpy._core.getlimits", "MachArLike", &rule_class}, /* of finfo: 2.0 to 2.2 */
    {"numpy._core.multiarray", "_reconstruct", &reconstruct},
    {"numpy._core.multiarray", "scalar", &scalar},
    {"numpy._core.numeric", "_frombuffer", &frombuffer},
    {"numpy.char", "chararray", &rule_data},      /* 2.0 to 2.5 */
    {"numpy.core", "_ufunc_reconstruct", &ufunc}, /* before 1.20 */
    {"numpy.core._multiarray_umath", UFUNC_NAMES, &rule_pure},
    {"numpy.core.getlimits", "MachArLike", &rule_class}, /* of finfo: 1.22 to 1.26 */
    {"numpy.core.multiarray", "_reconstruct", &reconstruct},
    {"numpy.core.multiarray", "scalar", &scalar},
    {"numpy.core.numeric", "_frombuffer", &frombuffer},
    {"numpy.core.umath", UFUNC_NAMES, &rule_pure}, /* before 1.16 */
    {"numpy.fft", "fft fft2 fftn ifft irfft rfft", &rule_pure},
    {"numpy.linalg", "det inv norm pinv", &rule_pure},
    {"numpy.linalg._linalg", "EigResult EighResult QRResult SVDResult SlogdetResult", &rule_class_args},
    {"numpy.linalg.linalg", "EigResult EighResult QRResult SVDResult SlogdetResult",
     &rule_class_args}, /* 1.25, 1.26 */
    {"numpy.ma", "MaskedArray", &rule_data},
    {"numpy.ma.core", "MaskedArray mvoid", &rule_data},
    {"numpy.ma.core", "MaskedConstant", &rule_class},
    {"numpy.ma.core", "_mareconstruct", &mareconstruct},
    {"numpy.matrixlib.defmatrix", "matrix", &rule_data}, /* 1.26 to 2.5 */
    {"numpy.polynomial.chebyshev", "Chebyshev", &rule_class},
    {"numpy.polynomial.hermite", "Hermite", &rule_class},
    {"numpy.polynomial.hermite_e", "HermiteE", &rule_class},
    {"numpy.polynomial.laguerre", "Laguerre", &rule_class},
    {"numpy.polynomial.legendre", "Legendre", &rule_class},
    {"numpy.polynomial.polynomial", "Polynomial", &rule_class},
    {"numpy.random", "__RandomState_ctor", &old_generator}, /* before 1.17 */
    {"numpy.random._mt19937", "MT19937", &rule_data},
    {"numpy.random._pcg64", "PCG64 PCG64DXSM", &rule_data},
    {"numpy.random._philox", "Philox", &rule_data},
    {"numpy.random._pickle", "__bit_generator_ctor __generator_ctor __randomstate_ctor", &generator},
    {"numpy.random._sfc64", "SFC64", &rule_data},
    {"numpy.random.bit_generator", "SeedSequence", &rule_class_data},
    {"numpy.random.bit_generator", "__pyx_unpickle_SeedSequence", &rule_cython},
    {"numpy.random.mtrand", "RandomState", &rule_data},
    {"numpy.rec", "recarray record", &rule_data},
};
/* clang-format on */
const allow_table allow_numpy = {"numpy", rows, COUNT_OF(rows)};
