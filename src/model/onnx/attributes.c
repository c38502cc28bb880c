/*
 * model/onnx/attributes.c - lists, numbers and tensors of a node (onnx.proto: AttributeProto, TensorProto). Repeated numbers come packed or one by one.
 */
#include "onnx/onnx.h"

#include "base/limits.h"
#include "format/protobuf.h"

#include <math.h>
#include <stdio.h>

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the numbers of an ONNX model");
}

void *onnx_state(const onnx_source *s, size_t size_bytes, err *e)
{
    void *state = arena_alloc(s->memory, size_bytes);
    if (!state) (void)no_memory(e);
    return state;
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
    size_t room = 0;
    reader r = reader_of(message);
    pb_field f;
    while (pb_next(&r, &f))
        if (f.number == number) room += f.wire == 2 ? f.content.len : 1;
    out->at = arena_alloc_array(memory, room + 1, sizeof *out->at);
    if (!out->at) return no_memory(e);
    r = reader_of(message);
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
    size_t room = 0;
    reader r = reader_of(message);
    pb_field f;
    while (pb_next(&r, &f)) room += f.number == number && f.wire == 2;
    out->at = arena_alloc_array(memory, room + 1, sizeof *out->at);
    if (!out->at) return no_memory(e);
    r = reader_of(message);
    while (pb_next(&r, &f)) {
        if (f.number != number || f.wire != 2) continue;
        if (!str_is_utf8(bytes_str(f.content)))
            return err_set(e, ERR_INVALID, "text %zu of a list of the ONNX model is no UTF-8", out->count);
        out->at[out->count] = f.content.len ? arena_copy(memory, bytes_str(f.content)) : STR("");
        if (!out->at[out->count++].data) return no_memory(e);
    }
    return true;
}

bool onnx_attribute_has(const onnx_source *s, const char *name)
{
    return attribute(s, name).data != NULL;
}

bytes onnx_attribute_tensor(const onnx_source *s, const char *name)
{
    return pb_bytes(attribute(s, name), 5);
}

bytes onnx_attribute_graph(const onnx_source *s, const char *name)
{
    return pb_bytes(attribute(s, name), 6);
}

bool onnx_attribute_reals(const onnx_source *s, const char *name, onnx_reals *out, err *e)
{
    char other[64];
    snprintf(other, sizeof other, "%s_as_tensor", name);
    if (!reals_of(s->memory, attribute(s, name), 7, 4, out, e)) return false;
    bytes tensor = onnx_attribute_tensor(s, other);
    if (!tensor.len) tensor = onnx_attribute_tensor(s, name);
    if (out->count || !tensor.len) return true;
    onnx_value v;
    if (!onnx_tensor(s->memory, tensor, &v, e)) return false;
    if (v.texts) return err_set(e, ERR_INVALID, "'%s' of an ONNX model is no list of numbers", name);
    *out = (onnx_reals){v.numbers, v.count};
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

/* --- tensors --------------------------------------------------------------------------------------------------------------- */

/* A whole number beyond 2^53 would not be itself as a double. */
static bool whole(int64_t number, double *out, err *e)
{
    *out = (double)number;
    bool exact = number >= -(INT64_C(1) << 53) && number <= INT64_C(1) << 53;
    return exact || err_set(e, ERR_UNSUPPORTED,
                            "the whole number %lld of the ONNX model is not understood: it is beyond 2^53",
                            (long long)number);
}

static size_t width_of(onnx_type type)
{
    switch (type) {
    case ONNX_BOOL:
    case ONNX_INT8:
    case ONNX_UINT8: return 1;
    case ONNX_FLOAT:
    case ONNX_INT32: return 4;
    default: return 8;
    }
}

static bool raw_numbers(arena *memory, bytes raw, onnx_type type, onnx_reals *out, err *e)
{
    size_t width = width_of(type), count = raw.len / width;
    *out = (onnx_reals){.at = arena_alloc_array(memory, count + 1, sizeof *out->at), .count = count};
    if (!out->at) return no_memory(e);
    reader r = reader_of(raw);
    for (size_t i = 0; i < count; i++) {
        if (width == 1) {
            uint8_t byte = reader_u8(&r);
            out->at[i] = type == ONNX_INT8 ? (double)(int8_t)byte : byte;
            continue;
        }
        uint64_t bits = width == 8 ? reader_u64le(&r) : reader_u32le(&r);
        if (type == ONNX_INT32)
            out->at[i] = (double)(int32_t)(uint32_t)bits;
        else if (type != ONNX_INT64)
            out->at[i] = real_of(bits, width);
        else if (!whole((int64_t)bits, &out->at[i], e))
            return false;
    }
    return true;
}

/* Numbers in a field of their own: floats, doubles, or varints. */
static bool listed_numbers(arena *memory, bytes tensor, onnx_type type, onnx_reals *out, err *e)
{
    if (type == ONNX_FLOAT) return reals_of(memory, tensor, 4, 4, out, e);
    if (type == ONNX_DOUBLE) return reals_of(memory, tensor, 10, 8, out, e);
    onnx_ints ints;
    if (!ints_of(memory, tensor, type == ONNX_INT64 ? 7 : 5, &ints, e)) return false;
    *out =
        (onnx_reals){.at = arena_alloc_array(memory, ints.count + 1, sizeof *out->at), .count = ints.count};
    if (!out->at) return no_memory(e);
    for (size_t i = 0; i < ints.count; i++)
        if (!whole(type == ONNX_INT64 ? ints.at[i] : (int32_t)ints.at[i], &out->at[i], e)) return false;
    return true;
}

static bool shape_of(arena *memory, bytes tensor, onnx_value *out, err *e)
{
    onnx_ints dims;
    if (!ints_of(memory, tensor, 1, &dims, e)) return false;
    if (dims.count > ONNX_RANK_MAX)
        return err_set(e, ERR_UNSUPPORTED, "a tensor of the ONNX model has %zu dimensions", dims.count);
    uint64_t cells = 1;
    for (size_t i = 0; i < dims.count; i++) {
        out->dims[i] = (size_t)dims.at[i];
        if (dims.at[i] < 0 || __builtin_mul_overflow(cells, (uint64_t)dims.at[i], &cells)) cells = UINT64_MAX;
    }
    out->rank = dims.count;
    return cells == out->count ||
           err_set(e, ERR_INVALID, "a tensor of the ONNX model has %zu numbers: not as many as its shape",
                   out->count);
}

static bool is_understood(uint64_t type)
{
    return type == ONNX_FLOAT || type == ONNX_DOUBLE || type == ONNX_INT64 || type == ONNX_INT32 ||
           type == ONNX_STRING || type == ONNX_BOOL || type == ONNX_INT8 || type == ONNX_UINT8;
}

bool onnx_tensor(arena *memory, bytes tensor, onnx_value *out, err *e)
{
    uint64_t type = pb_number(tensor, 2);
    *out = (onnx_value){0};
    if (!is_understood(type))
        return err_set(e, ERR_UNSUPPORTED, "tensors of type %llu of ONNX models are not understood",
                       (unsigned long long)type);
    if (pb_number(tensor, 14) == 1)
        return err_set(e, ERR_UNSUPPORTED, "the ONNX model keeps its numbers in another file");
    out->type = (onnx_type)type;
    bytes raw = pb_bytes(tensor, 9);
    onnx_reals x = {0};
    onnx_texts texts = {0};
    bool ok = type == ONNX_STRING ? texts_of(memory, tensor, 6, &texts, e)
              : raw.len           ? raw_numbers(memory, raw, out->type, &x, e)
                                  : listed_numbers(memory, tensor, out->type, &x, e);
    out->numbers = x.at;
    out->texts = texts.at;
    out->count = x.count + texts.count;
    return ok && shape_of(memory, tensor, out, e);
}

/* --- labels --------------------------------------------------------------------------------------------------------------- */

bool onnx_labels(const onnx_source *s, const char *ints_name, const char *texts_name, model_classes *out,
                 err *e)
{
    onnx_ints ints;
    onnx_texts texts;
    if (!onnx_attribute_ints(s, ints_name, &ints, e) || !onnx_attribute_texts(s, texts_name, &texts, e))
        return false;
    size_t count = texts.count ? texts.count : ints.count;
    label *labels = arena_alloc_array(s->memory, count + 1, sizeof *labels);
    if (!labels) return no_memory(e);
    for (size_t i = 0; i < count; i++)
        labels[i] = texts.count ? (label){.kind = LABEL_TEXT, .text = texts.at[i]}
                                : (label){.kind = LABEL_INT, .integer = ints.at[i]};
    *out = (model_classes){labels, count};
    double ignored;
    for (size_t i = 0; !texts.count && i < count; i++)
        if (!whole(ints.at[i], &ignored, e)) return false;
    if (count == 0 || count > LIMIT_FOREST_OUTPUTS)
        return err_set(e, ERR_INVALID, "a classifier of the ONNX model has %zu labels", count);
    return true;
}
