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

/* With an object dtype the second argument would be a pickle, or anything. */
static bool takes_scalar(const allow_args *a)
{
    pickle_dtype dtype;
    return !a->kwargs && a->count == 2 && pickle_as_dtype(a->items[0], &dtype, NULL) && !dtype.has_objects &&
           (a->items[1]->kind == PICKLE_STR || rule_is_bytes(a->items[1]));
}

static bool takes_frombuffer(const allow_args *a)
{
    pickle_dtype dtype;
    return !a->kwargs && a->count >= 4 && a->count <= 5 && rule_is_bytes(a->items[0]) &&
           pickle_as_dtype(a->items[1], &dtype, NULL) && !dtype.has_objects && is_shape(a->items[2]) &&
           a->items[3]->kind == PICKLE_STR &&
           (a->count == 4 || a->items[4]->kind == PICKLE_NONE || is_shape(a->items[4]));
}

static bool is_masked(const pickle_value *v)
{
    return pickle_is_global(v, "numpy.ma.core", "MaskedArray") ||
           pickle_is_global(v, "numpy.ma", "MaskedArray");
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

static const allow_rule dtype = {.roles = ALLOW_NEW | ALLOW_CALL,
                                 .state = ALLOW_STATE_TUPLE,
                                 .args = takes_dtype,
                                 .state_check = pickle_dtype_state_fits,
                                 .wants = "a type code as text"};
static const allow_rule reconstruct = {.roles = ALLOW_CALL,
                                       .state = ALLOW_STATE_TUPLE,
                                       .args = takes_reconstruct,
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
static const allow_rule number = {
    .roles = ALLOW_NEW | ALLOW_DATA, .args = rule_takes_constants, .wants = "constants"};

#define NUMBER_NAMES                                                                                       \
    "bool bool_ bytes_ clongdouble complex128 complex64 datetime64 float16 float32 float64 int16 int32 "   \
    "int64 int8 intc "                                                                                     \
    "intp long longdouble longlong object_ str_ timedelta64 uint16 uint32 uint64 uint8 uintc uintp ulong " \
    "ulonglong void"
#define UFUNC_NAMES                                                                                        \
    "absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt ceil cos cosh deg2rad divide " \
    "exp exp2 "                                                                                            \
    "expm1 fabs floor floor_divide fmax fmin fmod hypot isfinite isinf isnan log log10 log1p log2 "        \
    "logaddexp logical_and "                                                                               \
    "logical_not logical_or logical_xor maximum minimum mod multiply negative positive power rad2deg "     \
    "reciprocal "                                                                                          \
    "remainder rint sign sin sinh sqrt square subtract tan tanh true_divide trunc"

/* What people hand to pooling_func, func and the like. */
#define REDUCTION_NAMES \
    "all any max mean median min prod std sum var nanmax nanmean nanmedian nanmin nansum ravel transpose"

static const allow_row rows[] = {
    {"numpy", "dtype", &dtype},
    {"numpy",
     "character complexfloating flexible floating generic inexact integer number signedinteger "
     "unsignedinteger",
     &rule_data},
    {"numpy", "matrix memmap ndarray recarray record", &rule_data},
    {"numpy", "poly1d", &rule_class},
    {"numpy", NUMBER_NAMES, &number},
    {"numpy", UFUNC_NAMES, &rule_data},
    {"numpy", REDUCTION_NAMES, &rule_data},
    {"numpy._core._multiarray_umath", UFUNC_NAMES, &rule_data},
    {"numpy._core.multiarray", "_reconstruct", &reconstruct},
    {"numpy._core.multiarray", "scalar", &scalar},
    {"numpy._core.numeric", "_frombuffer", &frombuffer},
    {"numpy.core._multiarray_umath", UFUNC_NAMES, &rule_data},
    {"numpy.core.multiarray", "_reconstruct", &reconstruct},
    {"numpy.core.multiarray", "scalar", &scalar},
    {"numpy.core.numeric", "_frombuffer", &frombuffer},
    {"numpy.ma", "MaskedArray", &rule_data},
    {"numpy.ma.core", "MaskedArray", &rule_data},
    {"numpy.ma.core", "_mareconstruct", &mareconstruct},
    {"numpy.matrixlib.defmatrix", "matrix", &rule_data}, /* 1.26 to 2.5 */
    {"numpy.polynomial.chebyshev", "Chebyshev", &rule_class},
    {"numpy.polynomial.hermite", "Hermite", &rule_class},
    {"numpy.polynomial.hermite_e", "HermiteE", &rule_class},
    {"numpy.polynomial.laguerre", "Laguerre", &rule_class},
    {"numpy.polynomial.legendre", "Legendre", &rule_class},
    {"numpy.polynomial.polynomial", "Polynomial", &rule_class},
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
const allow_table allow_numpy = {"numpy", rows, COUNT_OF(rows)};
