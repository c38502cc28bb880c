/*
 * format/pickle/ndarray.c - numpy arrays and dtypes as pickles spell them.
 *
 * An array arrives in one of four ways: _reconstruct and BUILD (protocols 0 to 4), _frombuffer (protocol 5), joblib's raw bytes behind a
 * wrapper, and single numbers as scalar(). Bytes below protocol 3 come as text through _codecs.encode and have to be narrowed again.
 */
#include "pickle/machine.h"

#include "base/limits.h"

#include <stdio.h>

static bool is_numpy(const pickle_value *v, const char *module, const char *name)
{
    if (!v || v->kind != PICKLE_GLOBAL || !str_eq(v->global.name, str_from_c(name))) return false;
    str rest = v->global.module;
    str old_prefix = STR("numpy.core."), new_prefix = STR("numpy._core.");
    if (str_starts_with(rest, old_prefix))
        rest = str_skip(rest, old_prefix.len);
    else if (str_starts_with(rest, new_prefix))
        rest = str_skip(rest, new_prefix.len);
    else
        return false;
    return str_eq(rest, str_from_c(module));
}

static const pickle_value *arg_of(const pickle_value *call, size_t index)
{
    const pickle_value *args = call->kind == PICKLE_CALL ? call->call.args : NULL;
    return args && args->kind == PICKLE_TUPLE && index < args->list.count ? args->list.items[index] : NULL;
}

static const pickle_value *item_of(const pickle_value *tuple, size_t index)
{
    bool has = tuple && tuple->kind == PICKLE_TUPLE && index < tuple->list.count;
    return has ? tuple->list.items[index] : NULL;
}

static const pickle_value *last_state(const pickle_value *call)
{
    return call->kind == PICKLE_CALL && call->call.state_count ? call->call.states[call->call.state_count - 1]
                                                               : NULL;
}

/* --- bytes ----------------------------------------------------------------------------------------------------------------------- */

/* Text of code points below 256 back to the bytes it stands for. */
static bool narrow_latin1(arena *a, str text, bytes *out, err *e)
{
    uint8_t *raw = arena_alloc(a, text.len);
    if (!raw) return err_set(e, ERR_MEMORY, "no memory for %zu bytes of an array", text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c >= 0x80) {
            uint8_t next = i + 1 < text.len ? (uint8_t)text.data[i + 1] : 0;
            if ((c != 0xc2 && c != 0xc3) || (next & 0xc0) != 0x80)
                return err_set(e, ERR_INVALID, "array data hold a character that is no byte");
            c = (uint8_t)((c & 3) << 6 | (next & 0x3f));
            i++;
        }
        raw[len++] = c;
    }
    *out = (bytes){raw, len};
    return true;
}

static bool as_bytes(arena *a, const pickle_value *v, bytes *out, err *e)
{
    if (v && v->kind == PICKLE_BYTES) {
        *out = v->raw;
        return true;
    }
    if (v && v->kind == PICKLE_STR)
        return narrow_latin1(a, v->text, out, e); /* Python 2 text, or the codec's */
    const pickle_value *first = v ? arg_of(v, 0) : NULL;
    bool is_encoded = v && v->kind == PICKLE_CALL && pickle_is_global(v->call.callable, "_codecs", "encode");
    if (is_encoded && first && first->kind == PICKLE_STR) return narrow_latin1(a, first->text, out, e);
    bool wraps = v && v->kind == PICKLE_CALL &&
                 (pickle_is_global(v->call.callable, "builtins", "bytearray") ||
                  pickle_is_global(v->call.callable, "builtins", "bytes"));
    if (wraps && !first) {
        *out = BYTES_NONE;
        return true;
    }
    if (wraps && first->kind != PICKLE_CALL) return as_bytes(a, first, out, e);
    return err_set(e, ERR_INVALID, "array data are not plain bytes");
}

/* --- dtype ----------------------------------------------------------------------------------------------------------------------- */

/* Types whose items have the size that the code or the state says. */
static bool is_flexible(char type)
{
    return type == 'S' || type == 'a' || type == 'U' || type == 'V';
}

static bool code_size(char type, uint64_t number, size_t *item_bytes)
{
    uint64_t sizes = 0; /* bit n: n bytes are possible */
    if (is_flexible(type))
        return number <= LIMIT_ARCHIVE_MEMBER_BYTES &&
               !__builtin_mul_overflow((size_t)number, type == 'U' ? 4 : 1, item_bytes);
    switch (type) {
    case 'b': sizes = 1u << 1; break;
    case 'i':
    case 'u': sizes = 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8; break;
    case 'f': sizes = 1u << 2 | 1u << 4 | 1u << 8 | 1u << 12 | 1u << 16; break;
    case 'c': sizes = 1u << 8 | 1u << 16 | 1u << 24 | 1ull << 32; break;
    case 'M':
    case 'm': sizes = 1u << 8; break;
    case 'O': sizes = 1u << 4 | 1u << 8; break;
    default: return false;
    }
    *item_bytes = (size_t)number;
    return number < 64 && sizes >> number & 1;
}

bool pickle_dtype_code(str code, pickle_dtype *out)
{
    pickle_dtype dtype = {0};
    size_t at = 0;
    if (code.len &&
        (code.data[0] == '<' || code.data[0] == '>' || code.data[0] == '=' || code.data[0] == '|'))
        dtype.big_endian = code.data[at++] == '>';
    if (code.len == at) return false;
    dtype.type = code.data[at++];
    str digits = {code.data + at, code.len - at};
    uint64_t number = 0;
    if (digits.len == 1 && digits.data[0] >= '0' && digits.data[0] <= '9') {
        number = (uint64_t)(digits.data[0] - '0');
    } else if (digits.len == 0) {
        static const char short_codes[] = "?", flexible[] = "OSUVMm";
        if (strchr(short_codes, dtype.type)) {
            dtype.type = 'b';
            number = 1;
        } else if (!strchr(flexible, dtype.type)) {
            return false;
        } else if (dtype.type == 'O' || dtype.type == 'M' || dtype.type == 'm') {
            number = 8;
        }
    } else if (!str_to_u64(digits, &number)) {
        return false;
    }
    if (!code_size(dtype.type, number, &dtype.item_bytes)) return false;
    dtype.has_objects = dtype.type == 'O';
    *out = dtype;
    return true;
}

/* What numpy.dtype is called with: the code of a type, or the class of records. */
static bool dtype_of_argument(const pickle_value *argument, pickle_dtype *out)
{
    if (!argument) return false;
    if (argument->kind == PICKLE_STR || argument->kind == PICKLE_BYTES)
        return pickle_dtype_code(argument->text, out);
    bool is_record =
        pickle_is_global(argument, "numpy", "record") || pickle_is_global(argument, "numpy.rec", "record");
    return is_record && pickle_dtype_code(STR("V0"), out);
}

enum { DTYPE_DEPTH_MAX = 16, DTYPE_FIELDS_MAX = 65536 };

typedef struct dtype_walk {
    unsigned depth;
    size_t *fields_left; /* over the whole tree: shared sub-dtypes would multiply otherwise */
    bool ignores_flags;  /* find objects in fields alone, not in what the topmost state says */
} dtype_walk;

static bool dtype_read(const pickle_value *v, pickle_dtype *out, dtype_walk walk, err *e);

/* Does any field, at any depth, hold objects? `fields` maps a name to (dtype, offset[, title]). */
static bool fields_hold_objects(const pickle_value *fields, bool *hold, dtype_walk walk, err *e)
{
    if (!fields || fields->kind != PICKLE_DICT) return true;
    for (size_t i = 0; i + 1 < fields->list.count; i += 2) {
        if (*walk.fields_left == 0)
            return err_set(e, ERR_TOO_LARGE, "a dtype has more than %d fields", DTYPE_FIELDS_MAX);
        --*walk.fields_left;
        pickle_dtype field = {0};
        if (!dtype_read(item_of(fields->list.items[i + 1], 0), &field, walk, e)) return false;
        *hold |= field.has_objects;
    }
    return true;
}

/* The state tuple: (version, byte order, (base, shape) or None, names, fields, item size, alignment, flags[, metadata]). */
static bool dtype_state(const pickle_value *state, pickle_dtype *dtype, dtype_walk walk, err *e)
{
    const pickle_value *order = item_of(state, 1), *sub = item_of(state, 2), *fields = item_of(state, 4),
                       *size = item_of(state, 5), *flags = item_of(state, 7);
    if (!order || !size || !flags) return err_set(e, ERR_INVALID, "the state of a dtype is too short");
    if (order->kind == PICKLE_STR || order->kind == PICKLE_BYTES)
        dtype->big_endian = order->text.len > 0 && order->text.data[0] == '>';
    /* numpy takes the size from here for the flexible types alone. */
    if (is_flexible(dtype->type) && size->kind == PICKLE_INT && size->integer >= 0 &&
        (uint64_t)size->integer <= LIMIT_ARCHIVE_MEMBER_BYTES)
        dtype->item_bytes = (size_t)size->integer;
    if (!walk.ignores_flags && flags->kind == PICKLE_INT && (flags->integer & 1)) dtype->has_objects = true;
    walk.ignores_flags = false;

    if (sub && sub->kind == PICKLE_TUPLE) {
        pickle_dtype base = {0};
        if (!dtype_read(item_of(sub, 0), &base, walk, e)) return false;
        dtype->has_objects |= base.has_objects;
    }
    return fields_hold_objects(fields, &dtype->has_objects, walk, e);
}

static bool dtype_read(const pickle_value *v, pickle_dtype *out, dtype_walk walk, err *e)
{
    if (walk.depth >= DTYPE_DEPTH_MAX)
        return err_set(e, ERR_TOO_LARGE, "a dtype is nested deeper than %d levels", DTYPE_DEPTH_MAX);
    walk.depth++;
    const pickle_value *code = v && v->kind == PICKLE_CALL ? arg_of(v, 0) : NULL;
    if (!code || !pickle_is_global(pickle_class_of(v), "numpy", "dtype"))
        return err_set(e, ERR_INVALID, "the type of an array is no numpy.dtype");

    pickle_dtype dtype = {0};
    if (!dtype_of_argument(code, &dtype))
        return err_set(e, ERR_INVALID, "the code of a numpy.dtype is not one that numpy writes");
    const pickle_value *state = last_state(v);
    if (state && !dtype_state(state, &dtype, walk, e)) return false;
    *out = dtype;
    return true;
}

/* Does every field lie within the items? numpy takes the state's word for it, and reads wherever it points. */
static bool fields_lie_inside(const pickle_value *fields, size_t item_bytes)
{
    if (!fields || fields->kind != PICKLE_DICT) return true;
    for (size_t i = 0; i + 1 < fields->list.count; i += 2) {
        const pickle_value *offset = item_of(fields->list.items[i + 1], 1);
        pickle_dtype field;
        bool fits = offset && offset->kind == PICKLE_INT && offset->integer >= 0 &&
                    (uint64_t)offset->integer <= item_bytes &&
                    pickle_as_dtype(item_of(fields->list.items[i + 1], 0), &field, NULL) &&
                    field.item_bytes <= item_bytes - (size_t)offset->integer;
        if (!fits) return false;
    }
    return true;
}

/* Does the state say of the dtype what its code and its fields say? numpy believes the flag about objects without looking, and ignores the
 * state of a built-in type: where the three differ, readers differ about what follows, or raw bytes become pointers. */
bool pickle_dtype_state_fits(const pickle_value *v, const pickle_value *state)
{
    const pickle_value *version = item_of(state, 0), *size = item_of(state, 5), *flags = item_of(state, 7);
    if (state->kind != PICKLE_TUPLE || state->list.count < 8 || state->list.count > 9) return false;
    bool is_known = version->kind == PICKLE_INT && version->integer >= 3 && version->integer <= 4 &&
                    size->kind == PICKLE_INT && flags->kind == PICKLE_INT;
    pickle_dtype code, whole;
    if (!is_known || !dtype_of_argument(arg_of(v, 0), &code)) return false;

    whole = code;
    size_t fields_left = DTYPE_FIELDS_MAX;
    if (!dtype_state(state, &whole, (dtype_walk){.fields_left = &fields_left, .ignores_flags = true}, NULL))
        return false;
    bool says_objects = flags->integer & 1;
    bool has_parts = item_of(state, 4)->kind != PICKLE_NONE || item_of(state, 2)->kind != PICKLE_NONE;
    if (says_objects != whole.has_objects || (has_parts && code.type != 'V')) return false;
    if (!fields_lie_inside(item_of(state, 4), whole.item_bytes)) return false;
    if (arg_of(v, 0)->kind == PICKLE_GLOBAL)
        return size->integer >= 0; /* numpy.record: known by its state alone */
    return is_flexible(code.type) ? size->integer == (int64_t)code.item_bytes : size->integer == -1;
}

bool pickle_as_dtype(const pickle_value *v, pickle_dtype *out, err *e)
{
    size_t fields_left = DTYPE_FIELDS_MAX;
    return dtype_read(v, out, (dtype_walk){.fields_left = &fields_left}, e);
}

/* --- shape ----------------------------------------------------------------------------------------------------------------------- */

bool pickle_shape(const pickle_value *v, uint64_t *shape, unsigned *rank, uint64_t *count, err *e)
{
    pickle_value *one =
        (pickle_value *)(uintptr_t)v; /* _frombuffer takes a plain integer too; nothing is written */
    bool is_int = v && v->kind == PICKLE_INT;
    if (!is_int && (!v || v->kind != PICKLE_TUPLE)) return err_set(e, ERR_INVALID, "a shape is no tuple");
    pickle_value *const *items = is_int ? &one : v->list.items;
    size_t dimensions = is_int ? 1 : v->list.count;
    if (dimensions > 32) return err_set(e, ERR_INVALID, "a shape has %zu dimensions", dimensions);

    uint64_t total = 1;
    for (size_t i = 0; i < dimensions; i++) {
        if (items[i]->kind != PICKLE_INT || items[i]->integer < 0)
            return err_set(e, ERR_INVALID, "dimension %zu of a shape is no size", i);
        shape[i] = (uint64_t)items[i]->integer;
        if (__builtin_mul_overflow(total, shape[i], &total))
            return err_set(e, ERR_TOO_LARGE, "the size of an array overflows at dimension %zu", i);
    }
    *rank = (unsigned)dimensions;
    *count = total;
    return true;
}

dtype_word pickle_dtype_word(char type, size_t item_bytes)
{
    static const struct {
        char type;
        bool is_sized;
        const char *name;
    } names[] = {{'f', true, "float"},       {'i', true, "int"},         {'u', true, "uint"},
                 {'c', true, "complex"},     {'b', false, "bool"},       {'O', false, "object"},
                 {'U', false, "str"},        {'S', false, "bytes"},      {'a', false, "bytes"},
                 {'M', false, "datetime64"}, {'m', false, "timedelta64"}};
    dtype_word word = {"record"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (type != names[i].type) continue;
        if (names[i].is_sized)
            snprintf(word.text, sizeof(word.text), "%s%zu", names[i].name, item_bytes * 8);
        else
            snprintf(word.text, sizeof(word.text), "%s", names[i].name);
    }
    return word;
}

/* --- arrays ------------------------------------------------------------------------------------------------------------------------ */

static bool take_dtype(const pickle_value *v, pickle_ndarray *array, err *e)
{
    pickle_dtype dtype = {0};
    if (!pickle_as_dtype(v, &dtype, e)) return false;
    array->type = dtype.type == 'a' ? 'S' : dtype.type;
    array->big_endian = dtype.big_endian;
    array->item_bytes = dtype.item_bytes;
    array->dtype = v;
    return true;
}

/* Exactly as many bytes as the shape says: a reader must be able to index without asking again. */
static bool take_data(pickle_ndarray *array, bytes data, err *e)
{
    uint64_t wanted;
    if (__builtin_mul_overflow(array->count, (uint64_t)array->item_bytes, &wanted) || data.len != wanted)
        return err_set(e, ERR_INVALID, "an array of %llu items of %zu bytes comes with %zu bytes",
                       (unsigned long long)array->count, array->item_bytes, data.len);
    array->data = data;
    return true;
}

static bool take_objects(pickle_ndarray *array, const pickle_value *list, err *e)
{
    if (!list || list->kind != PICKLE_LIST || list->list.count != array->count)
        return err_set(e, ERR_INVALID, "an array of %llu objects does not come with as many",
                       (unsigned long long)array->count);
    array->objects = list->list.items;
    return true;
}

/* BUILD state of an ndarray: (1, shape, dtype, Fortran order, bytes or list). Python 2 wrote it without the version. */
static bool from_reconstruct(arena *a, const pickle_value *v, pickle_ndarray *array, err *e)
{
    const pickle_value *state = last_state(v);
    if (!state || state->kind != PICKLE_TUPLE || state->list.count < 4 || state->list.count > 5)
        return err_set(e, ERR_INVALID, "an array comes without its state");
    size_t at = state->list.count == 5 ? 1 : 0;
    const pickle_value *order = item_of(state, at + 2), *data = item_of(state, at + 3);
    if (!pickle_shape(item_of(state, at), array->shape, &array->rank, &array->count, e) ||
        !take_dtype(item_of(state, at + 1), array, e))
        return false;
    array->fortran_order =
        (order->kind == PICKLE_BOOL && order->boolean) || (order->kind == PICKLE_INT && order->integer);
    if (array->type == 'O') return take_objects(array, data, e);
    bytes raw;
    return as_bytes(a, data, &raw, e) && take_data(array, raw, e);
}

static bool from_buffer(arena *a, const pickle_value *v, pickle_ndarray *array, err *e)
{
    bytes raw;
    const pickle_value *order = arg_of(v, 3);
    if (!take_dtype(arg_of(v, 1), array, e) ||
        !pickle_shape(arg_of(v, 2), array->shape, &array->rank, &array->count, e) ||
        !as_bytes(a, arg_of(v, 0), &raw, e))
        return false;
    array->fortran_order = order && order->kind == PICKLE_STR && str_eq(order->text, STR("F"));
    return take_data(array, raw, e);
}

static bool from_scalar(arena *a, const pickle_value *v, pickle_ndarray *array, err *e)
{
    bytes raw;
    array->count = 1;
    return take_dtype(arg_of(v, 0), array, e) && as_bytes(a, arg_of(v, 1), &raw, e) &&
           take_data(array, raw, e);
}

static bool from_joblib(arena *a, const pickle_value *v, pickle_ndarray *array, err *e)
{
    if (v->array.objects) return pickle_as_ndarray(a, v->array.objects, array, e);
    const pickle_value *order = pickle_get(v->array.wrapper, "order");
    if (!take_dtype(pickle_get(v->array.wrapper, "dtype"), array, e) ||
        !pickle_shape(pickle_get(v->array.wrapper, "shape"), array->shape, &array->rank, &array->count, e))
        return false;
    array->fortran_order = order && order->kind == PICKLE_STR && str_eq(order->text, STR("F"));
    return take_data(array, v->array.data, e);
}

bool pickle_as_ndarray(arena *a, const pickle_value *v, pickle_ndarray *out, err *e)
{
    pickle_ndarray array = {0};
    bool ok;
    if (v && v->kind == PICKLE_ARRAY)
        ok = from_joblib(a, v, &array, e);
    else if (!v || v->kind != PICKLE_CALL)
        ok = err_set(e, ERR_INVALID, "the value is no numpy array");
    else if (is_numpy(v->call.callable, "multiarray", "_reconstruct"))
        ok = from_reconstruct(a, v, &array, e);
    else if (is_numpy(v->call.callable, "numeric", "_frombuffer"))
        ok = from_buffer(a, v, &array, e);
    else if (is_numpy(v->call.callable, "multiarray", "scalar"))
        ok = from_scalar(a, v, &array, e);
    else
        ok = err_set(e, ERR_INVALID, "the value is no numpy array");
    if (ok) *out = array;
    return ok;
}
