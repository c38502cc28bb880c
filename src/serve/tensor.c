/*
 * serve/tensor.c - tensors of the Open Inference Protocol v2 ("Tensor Data"), as JSON or in the binary extension.
 *
 * JSON data may be nested as the shape says or flat; both are walked alike. Binary elements are little-endian and row-major; BYTES elements carry their length.
 */
#include "tensor.h"

#include "base/limits.h"
#include "base/reader.h"

#include <float.h>
#include <math.h>

static const struct {
    const char *name;
    size_t size_bytes;
    double least, most; /* of the integers */
} types[DATATYPES] = {
    [TYPE_BOOL] = {"BOOL", 1, 0, 1},
    [TYPE_UINT8] = {"UINT8", 1, 0, UINT8_MAX},
    [TYPE_UINT16] = {"UINT16", 2, 0, UINT16_MAX},
    [TYPE_UINT32] = {"UINT32", 4, 0, UINT32_MAX},
    [TYPE_UINT64] = {"UINT64", 8, 0, 18446744073709551615.0},
    [TYPE_INT8] = {"INT8", 1, INT8_MIN, INT8_MAX},
    [TYPE_INT16] = {"INT16", 2, INT16_MIN, INT16_MAX},
    [TYPE_INT32] = {"INT32", 4, INT32_MIN, INT32_MAX},
    [TYPE_INT64] = {"INT64", 8, -9223372036854775808.0, 9223372036854775807.0},
    [TYPE_FP16] = {"FP16", 2, 0, 0},
    [TYPE_FP32] = {"FP32", 4, 0, 0},
    [TYPE_FP64] = {"FP64", 8, 0, 0},
    [TYPE_BYTES] = {"BYTES", 0, 0, 0},
};

const char *datatype_name(datatype type)
{
    return types[type].name;
}

size_t datatype_bytes(datatype type)
{
    return types[type].size_bytes;
}

static bool is_float(datatype type)
{
    return type == TYPE_FP16 || type == TYPE_FP32 || type == TYPE_FP64;
}

/* --- the head ---------------------------------------------------------------------------------------------------------------- */

static bool read_type(str name, tensor *t, err *e)
{
    for (size_t i = 0; i < DATATYPES; i++)
        if (str_eq(name, str_from_c(types[i].name))) {
            t->type = (datatype)i;
            return true;
        }
    return err_set(e, ERR_INVALID, "input '%.*s': there is no datatype '%.*s'",
                   STR_ARG(str_slice(t->name, 0, 80)), STR_ARG(str_slice(name, 0, 40)));
}

/* A document that has one integer of more than 64 bits has all of them as doubles (json_decode_large). */
static bool is_whole(const json_t *value)
{
    return json_is_integer(value) ||
           (json_is_real(value) && trunc(json_real_value(value)) == json_real_value(value));
}

/* -1: no number of things. */
static json_int_t count_of(const json_t *value)
{
    if (!is_whole(value) || !(json_number_value(value) < 9007199254740992.0)) return -1;
    return json_is_integer(value) ? json_integer_value(value) : (json_int_t)json_real_value(value);
}

static bool read_shape(const json_t *shape, tensor *t, err *e)
{
    t->rank = json_array_size(shape);
    if (!json_is_array(shape) || t->rank == 0 || t->rank > TENSOR_RANK_MAX)
        return err_set(e, ERR_INVALID, "input '%.*s': \"shape\" must be a list of 1 to %d numbers",
                       STR_ARG(str_slice(t->name, 0, 80)), TENSOR_RANK_MAX);
    t->elements = 1;
    for (size_t i = 0; i < t->rank; i++) {
        const json_t *item = json_array_get(shape, i);
        /* Where one dimension is an integer none was made a double: 1.0 beside it was written so. */
        bool is_like_first = json_typeof(item) == json_typeof(json_array_get(shape, 0));
        json_int_t n = is_like_first ? count_of(item) : -1;
        if (n < 0 || __builtin_mul_overflow(t->elements, (size_t)n, &t->elements) ||
            t->elements > LIMIT_REQUEST_ARENA_BYTES)
            return err_set(e, ERR_INVALID, "input '%.*s': dimension %zu of its shape is not usable",
                           STR_ARG(str_slice(t->name, 0, 80)), i + 1);
        t->shape[i] = (uint64_t)n;
    }
    return true;
}

static bool read_place(const json_t *input, bytes *binary, tensor *t, err *e)
{
    const json_t *size = json_object_get(json_object_get(input, "parameters"), "binary_data_size");
    t->data = json_object_get(input, "data");
    str name = str_slice(t->name, 0, 80);
    if (!size) {
        if (json_is_array(t->data)) return true;
        return err_set(e, ERR_INVALID, "input '%.*s': \"data\" is missing: it must be a list", STR_ARG(name));
    }
    json_int_t n = count_of(size);
    if (t->data || n < 0)
        return err_set(e, ERR_INVALID,
                       "input '%.*s': give either \"data\" or \"binary_data_size\", a number of bytes",
                       STR_ARG(name));
    if ((uint64_t)n > binary->len)
        return err_set(e, ERR_INVALID,
                       "input '%.*s' says it has %lld bytes of binary data, %zu are left in the body",
                       STR_ARG(name), (long long)n, binary->len);
    t->raw = (bytes){binary->data, (size_t)n};
    *binary = (bytes){binary->data + n, binary->len - (size_t)n};
    if (t->type == TYPE_BYTES || t->raw.len == t->elements * types[t->type].size_bytes) return true;
    return err_set(e, ERR_INVALID, "input '%.*s' has %zu bytes of binary data; its shape and %s need %zu",
                   STR_ARG(name), t->raw.len, types[t->type].name, t->elements * types[t->type].size_bytes);
}

bool tensor_read(const json_t *input, bytes *binary, tensor *out, err *e)
{
    str type;
    tensor t = {0};
    if (!json_is_object(input)) return err_set(e, ERR_INVALID, "an input is no object");
    if (!json_member_str(input, "name", &t.name, e) || !json_member_str(input, "datatype", &type, e) ||
        !read_type(type, &t, e) || !read_shape(json_object_get(input, "shape"), &t, e) ||
        !read_place(input, binary, &t, e))
        return false;
    *out = t;
    return true;
}

/* --- elements ---------------------------------------------------------------------------------------------------------------- */

typedef struct filling {
    const tensor *tensor;
    cells *cells;
    size_t first, width, next; /* next: index of the element */
} filling;

static size_t place_of(const filling *f)
{
    return f->next / f->width * f->cells->columns + f->first + f->next % f->width;
}

static bool wrong_element(const filling *f, const char *what, err *e)
{
    return err_set(e, ERR_UNPROCESSABLE, "input '%.*s', element %zu %s %s",
                   STR_ARG(str_slice(f->tensor->name, 0, 80)), f->next, what, types[f->tensor->type].name);
}

/* Text for a model of numbers is what a number looks like, or an error that names the cell. */
static bool put_text(filling *f, str text, err *e)
{
    if (!str_is_utf8(text)) return wrong_element(f, "is not UTF-8 as text has to be, of type", e);
    size_t at = place_of(f);
    f->next++;
    return cells_put_text(f->cells, at, text, e);
}

static void put_number(filling *f, double number)
{
    cells_put(f->cells, place_of(f), f->tensor->type == TYPE_FP32 ? (double)(float)number : number);
    f->next++;
}

static bool put_value(filling *f, const json_t *value, err *e)
{
    datatype type = f->tensor->type;
    if (f->next == f->tensor->elements) return wrong_element(f, "is one more than the shape says, of", e);
    if (type == TYPE_BYTES) {
        if (!json_is_string(value)) return wrong_element(f, "is no text, as it must be for", e);
        return put_text(f, (str){json_string_value(value), json_string_length(value)}, e);
    }
    if (is_float(type)) {
        if (!json_is_number(value) && !json_is_null(value))
            return wrong_element(f, "is no number, as it must be for", e);
        double number = json_is_null(value) ? NAN : json_number_value(value);
        if (type == TYPE_FP32 && fabs(number) > (double)FLT_MAX)
            return wrong_element(f, "is too large for", e);
        if (type == TYPE_FP16 && fabs(number) > 65504.0) return wrong_element(f, "is too large for", e);
        put_number(f, number);
        return true;
    }
    if (type == TYPE_BOOL && json_is_boolean(value)) {
        put_number(f, json_is_true(value));
        return true;
    }
    if (!is_whole(value)) return wrong_element(f, "is no whole number, as it must be for", e);
    double number = json_number_value(value);
    if (type == TYPE_INT64 && json_is_real(value) && number >= 9223372036854775808.0)
        return wrong_element(f, "does not fit", e);
    if (number < types[type].least || number > types[type].most) return wrong_element(f, "does not fit", e);
    put_number(f, number);
    return true;
}

static bool walk(filling *f, const json_t *list, size_t depth, err *e)
{
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_array(item)) {
            if (!put_value(f, item, e)) return false;
        } else if (depth == f->tensor->rank) {
            return wrong_element(f, "is nested deeper than the shape of its", e);
        } else if (!walk(f, item, depth + 1, e)) {
            return false;
        }
    }
    return true;
}

/* IEEE 754 binary16. */
static double half(uint16_t bits)
{
    int exponent = bits >> 10 & 0x1f;
    double fraction = bits & 0x3ff, sign = bits & 0x8000 ? -1 : 1;
    if (exponent == 0) return sign * ldexp(fraction, -24);
    if (exponent == 31) return fraction != 0 ? (double)NAN : sign * (double)INFINITY;
    return sign * ldexp(fraction + 1024, exponent - 25);
}

static double take_number(reader *r, datatype type)
{
    union {
        uint64_t bits;
        double number;
    } wide;
    union {
        uint32_t bits;
        float number;
    } narrow;
    switch (type) {
    case TYPE_BOOL: return reader_u8(r) != 0;
    case TYPE_UINT8: return reader_u8(r);
    case TYPE_UINT16: return reader_u16le(r);
    case TYPE_UINT32: return reader_u32le(r);
    case TYPE_UINT64: return (double)reader_u64le(r);
    case TYPE_INT8: return (int8_t)reader_u8(r);
    case TYPE_INT16: return (int16_t)reader_u16le(r);
    case TYPE_INT32: return (int32_t)reader_u32le(r);
    case TYPE_INT64: return (double)(int64_t)reader_u64le(r);
    case TYPE_FP16: return half(reader_u16le(r));
    case TYPE_FP32: narrow.bits = reader_u32le(r); return (double)narrow.number;
    case TYPE_FP64: wide.bits = reader_u64le(r); return wide.number;
    default: return 0;
    }
}

static bool fill_raw(filling *f, err *e)
{
    reader r = reader_of(f->tensor->raw);
    while (f->next < f->tensor->elements) {
        if (f->tensor->type == TYPE_BYTES) {
            bytes text = reader_take(&r, reader_u32le(&r));
            if (r.failed) return wrong_element(f, "is longer than the binary data of its", e);
            if (!put_text(f, bytes_str(text), e)) return false;
        } else {
            put_number(f, take_number(&r, f->tensor->type));
        }
    }
    if (!r.failed && reader_left(&r) == 0) return true;
    return wrong_element(f, "is followed by more binary data than the shape says, of", e);
}

bool tensor_fill(const tensor *t, size_t first, size_t width, cells *c, err *e)
{
    filling f = {.tensor = t, .cells = c, .first = first, .width = width};
    if (!t->data) return fill_raw(&f, e);
    if (!walk(&f, t->data, 1, e)) return false;
    if (f.next == t->elements) return true;
    return err_set(e, ERR_UNPROCESSABLE, "input '%.*s' has %zu elements, its shape says %zu",
                   STR_ARG(str_slice(t->name, 0, 80)), f.next, t->elements);
}
