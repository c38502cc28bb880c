/*
 * model/onnx/attributes.c - lists, numbers and tensors of a node (onnx.proto: AttributeProto, TensorProto). Repeated numbers come packed or one by one.
 */
#include "onnx/onnx.h"

#include "base/limits.h"
#include "format/protobuf.h"

#include <stdio.h>

enum { TYPE_FLOAT = 1, TYPE_INT32 = 6, TYPE_INT64 = 7, TYPE_STRING = 8, TYPE_DOUBLE = 11 };

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the numbers of an ONNX model");
}

static bytes attribute(const onnx_source *s, const char *name)
{
    reader r = reader_of(s->node);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == 5 && f.wire == 2 && str_eq(pb_text(f.content, 1), str_from_c(name))) return f.content;
    return BYTES_NONE;
}

static double real_of(uint64_t bits, size_t width)
{
    if (width == 8) {
        double wide;
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    }
    uint32_t narrow_bits = (uint32_t)bits;
    float narrow;
    memcpy(&narrow, &narrow_bits, sizeof narrow);
    return (double)narrow;
}

/* Of `width` bytes each, under one number. */
static bool reals_of(arena *memory, bytes message, uint32_t number, size_t width, onnx_reals *out, err *e)
{
    *out = (onnx_reals){0};
    out->at = arena_alloc_array(memory, message.len / width + 1, sizeof *out->at);
    if (!out->at) return no_memory(e);
    reader r = reader_of(message);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != number) continue;
        reader packed = reader_of(f.content);
        if (f.wire == (width == 8 ? 1 : 5)) out->at[out->count++] = real_of(f.value, width);
        while (f.wire == 2 && reader_left(&packed) >= width)
            out->at[out->count++] =
                real_of(width == 8 ? reader_u64le(&packed) : reader_u32le(&packed), width);
    }
    return true;
}

static bool ints_of(arena *memory, bytes message, uint32_t number, onnx_ints *out, err *e)
{
    *out = (onnx_ints){0};
    out->at = arena_alloc_array(memory, message.len + 1, sizeof *out->at);
    if (!out->at) return no_memory(e);
    reader r = reader_of(message);
    pb_field f;
    while (pb_next(&r, &f)) {
        if (f.number != number) continue;
        reader packed = reader_of(f.content);
        if (f.wire == 0) out->at[out->count++] = (int64_t)f.value;
        while (f.wire == 2 && !packed.failed && reader_left(&packed))
            out->at[out->count++] = (int64_t)pb_varint(&packed);
    }
    return true;
}

static bool texts_of(arena *memory, bytes message, uint32_t number, onnx_texts *out, err *e)
{
    *out = (onnx_texts){0};
    out->at = arena_alloc_array(memory, message.len / 2 + 1, sizeof *out->at);
    if (!out->at) return no_memory(e);
    reader r = reader_of(message);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == number && f.wire == 2) out->at[out->count++] = bytes_str(f.content);
    return true;
}

bool onnx_attribute_reals(const onnx_source *s, const char *name, onnx_reals *out, err *e)
{
    char other[64];
    snprintf(other, sizeof other, "%s_as_tensor", name);
    bytes tensor = attribute(s, other);
    if (!tensor.len) return reals_of(s->memory, attribute(s, name), 7, 4, out, e);
    onnx_value v = {0};
    if (!onnx_tensor(s->memory, pb_bytes(tensor, 5), &v, e)) return false;
    if (v.labels) return err_set(e, ERR_INVALID, "'%s' of an ONNX model is no list of reals", other);
    *out = (onnx_reals){v.numbers, v.rows * v.columns};
    return true;
}

bool onnx_attribute_ints(const onnx_source *s, const char *name, onnx_ints *out, err *e)
{
    return ints_of(s->memory, attribute(s, name), 8, out, e);
}

bool onnx_attribute_texts(const onnx_source *s, const char *name, onnx_texts *out, err *e)
{
    return texts_of(s->memory, attribute(s, name), 9, out, e);
}

int64_t onnx_attribute_int(const onnx_source *s, const char *name, int64_t otherwise)
{
    bytes a = attribute(s, name);
    return a.len ? (int64_t)pb_number(a, 3) : otherwise;
}

double onnx_attribute_real(const onnx_source *s, const char *name, double otherwise)
{
    reader r = reader_of(attribute(s, name));
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == 2 && f.wire == 5) otherwise = real_of(f.value, 4);
    return otherwise;
}

str onnx_attribute_text(const onnx_source *s, const char *name, const char *otherwise)
{
    bytes a = attribute(s, name);
    return a.len ? pb_text(a, 4) : str_from_c(otherwise);
}

static bool labels_of(arena *memory, const onnx_ints *ints, const onnx_texts *texts, model_classes *out,
                      err *e)
{
    size_t count = texts->count ? texts->count : ints->count;
    label *labels = arena_alloc_array(memory, count + 1, sizeof *labels);
    if (!labels) return no_memory(e);
    for (size_t i = 0; i < count; i++) {
        if (!texts->count) {
            labels[i] = (label){.kind = LABEL_INT, .integer = ints->at[i]};
            continue;
        }
        if (!str_is_utf8(texts->at[i])) return err_set(e, ERR_INVALID, "label %zu is no text in UTF-8", i);
        labels[i] = (label){.kind = LABEL_TEXT, .text = arena_copy(memory, texts->at[i])};
        if (!labels[i].text.data) return no_memory(e);
    }
    *out = (model_classes){labels, count};
    return true;
}

bool onnx_labels(const onnx_source *s, const char *ints, const char *texts, model_classes *out, err *e)
{
    onnx_ints i;
    onnx_texts t;
    if (!onnx_attribute_ints(s, ints, &i, e) || !onnx_attribute_texts(s, texts, &t, e) ||
        !labels_of(s->memory, &i, &t, out, e))
        return false;
    if (out->count == 0 || out->count > LIMIT_FOREST_OUTPUTS)
        return err_set(e, ERR_INVALID, "a classifier of the ONNX model has %zu labels", out->count);
    return true;
}

/* --- tensors --------------------------------------------------------------------------------------------------------------- */

/* A vector is one row; more than two dimensions are not asked for by anything here. */
static bool shape_of(arena *memory, bytes tensor, size_t count, onnx_value *out, err *e)
{
    onnx_ints dims;
    if (!ints_of(memory, tensor, 1, &dims, e)) return false;
    if (dims.count > 2)
        return err_set(e, ERR_UNSUPPORTED, "a tensor of the ONNX model has %zu dimensions", dims.count);
    uint64_t sizes[2] = {1, 1}, cells;
    for (size_t i = 0; i < dims.count; i++) sizes[2 - dims.count + i] = (uint64_t)dims.at[i];
    if (__builtin_mul_overflow(sizes[0], sizes[1], &cells) || cells != count || count == 0)
        return err_set(e, ERR_INVALID, "a tensor of the ONNX model has %zu numbers: not as many as its shape",
                       count);
    out->rows = (size_t)sizes[0];
    out->columns = (size_t)sizes[1];
    return true;
}

static bool raw_numbers(arena *memory, bytes raw, unsigned type, onnx_reals *out, err *e)
{
    size_t width = type == TYPE_FLOAT || type == TYPE_INT32 ? 4 : 8;
    out->count = raw.len / width;
    out->at = arena_alloc_array(memory, out->count + 1, sizeof *out->at);
    if (!out->at) return no_memory(e);
    reader r = reader_of(raw);
    for (size_t i = 0; i < out->count; i++) {
        uint64_t bits = width == 8 ? reader_u64le(&r) : reader_u32le(&r);
        out->at[i] = type == TYPE_INT64   ? (double)(int64_t)bits
                     : type == TYPE_INT32 ? (double)(int32_t)(uint32_t)bits
                                          : real_of(bits, width);
    }
    return true;
}

static bool tensor_labels(arena *memory, bytes tensor, unsigned type, onnx_reals *x, onnx_value *out, err *e)
{
    onnx_ints ints = {0};
    onnx_texts texts = {0};
    model_classes classes;
    if (type == TYPE_STRING ? !texts_of(memory, tensor, 6, &texts, e)
                            : !ints_of(memory, tensor, type == TYPE_INT64 ? 7 : 5, &ints, e))
        return false;
    bytes raw = pb_bytes(tensor, 9);
    if (type != TYPE_STRING && raw.len) {
        if (!raw_numbers(memory, raw, type, x, e)) return false;
        ints.at = arena_alloc_array(memory, x->count + 1, sizeof *ints.at);
        if (!ints.at) return no_memory(e);
        reader r = reader_of(raw);
        for (ints.count = 0; ints.count < x->count; ints.count++)
            ints.at[ints.count] = type == TYPE_INT64 ? (int64_t)reader_u64le(&r) : (int32_t)reader_u32le(&r);
    }
    if (!labels_of(memory, &ints, &texts, &classes, e)) return false;
    x->count = classes.count;
    x->at = arena_alloc_array(memory, x->count + 1, sizeof *x->at);
    if (!x->at) return no_memory(e);
    for (size_t i = 0; i < ints.count; i++) x->at[i] = (double)ints.at[i];
    out->labels = classes.labels;
    out->label_count = classes.count;
    return true;
}

bool onnx_tensor(arena *memory, bytes tensor, onnx_value *out, err *e)
{
    unsigned type = (unsigned)pb_number(tensor, 2);
    bytes raw = pb_bytes(tensor, 9);
    onnx_reals x = {0};
    *out = (onnx_value){.is_constant = true};
    bool ok;
    if (type == TYPE_FLOAT || type == TYPE_DOUBLE)
        ok = raw.len
                 ? raw_numbers(memory, raw, type, &x, e)
                 : reals_of(memory, tensor, type == TYPE_FLOAT ? 4 : 10, type == TYPE_FLOAT ? 4 : 8, &x, e);
    else if (type == TYPE_INT64 || type == TYPE_INT32 || type == TYPE_STRING)
        ok = tensor_labels(memory, tensor, type, &x, out, e);
    else
        return err_set(e, ERR_UNSUPPORTED, "tensors of type %u of ONNX models are not understood", type);
    out->numbers = x.at;
    return ok && shape_of(memory, tensor, x.count, out, e);
}
