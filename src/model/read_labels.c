/*
 * model/read_labels.c - classes_ in whichever array numpy made of the labels, and the names of the features.
 */
#include "read_parts.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/reader.h"

#include <math.h>

/* --- items --------------------------------------------------------------------------------------------------------------- */

static uint64_t item_bits(const pickle_ndarray *array, uint64_t offset, size_t item_bytes)
{
    reader r = reader_of(array->data);
    if (!reader_seek(&r, offset)) return 0;
    bytes item = reader_take(&r, item_bytes);
    uint64_t bits = 0;
    for (size_t i = 0; i < item.len && i < 8; i++)
        bits = bits << 8 | item.data[array->big_endian ? i : item.len - 1 - i];
    return bits;
}

int64_t array_integer(const pickle_ndarray *array, uint64_t offset, size_t item_bytes, char type)
{
    uint64_t bits = item_bits(array, offset, item_bytes);
    if (type == 'i' && item_bytes < 8 && item_bytes > 0 && bits >> (8 * item_bytes - 1))
        bits |= UINT64_MAX << (8 * item_bytes); /* sign */
    return (int64_t)bits;
}

double array_float(const pickle_ndarray *array, uint64_t offset, size_t item_bytes)
{
    uint64_t bits = item_bits(array, offset, item_bytes);
    if (item_bytes == 4) {
        uint32_t narrow = (uint32_t)bits;
        float number;
        memcpy(&number, &narrow, sizeof number);
        return (double)number;
    }
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* --- text ---------------------------------------------------------------------------------------------------------------- */

static bool copy_text(arena *m, str text, str *out, err *e)
{
    if (!str_is_utf8(text)) return err_set(e, ERR_INVALID, "a label or name of the model is not UTF-8 text");
    *out = text.len ? arena_copy(m, text) : STR("");
    return out->data ? true : err_set(e, ERR_MEMORY, "no memory for the labels of a model");
}

static void add_code_point(buf *out, uint32_t point)
{
    if (point < 0x80) {
        buf_add_byte(out, (uint8_t)point);
        return;
    }
    if (point < 0x800) {
        buf_add_byte(out, (uint8_t)(0xc0 | point >> 6));
    } else if (point < 0x10000) {
        buf_add_byte(out, (uint8_t)(0xe0 | point >> 12));
        buf_add_byte(out, (uint8_t)(0x80 | (point >> 6 & 63)));
    } else {
        buf_add_byte(out, (uint8_t)(0xf0 | (point >> 18 & 7)));
        buf_add_byte(out, (uint8_t)(0x80 | (point >> 12 & 63)));
        buf_add_byte(out, (uint8_t)(0x80 | (point >> 6 & 63)));
    }
    buf_add_byte(out, (uint8_t)(0x80 | (point & 63)));
}

/* UCS-4, padded with zeros. */
static bool unicode_item(arena *m, const pickle_ndarray *array, size_t index, str *out, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    size_t points = array->item_bytes / 4, length = 0;
    uint64_t at = (uint64_t)index * array->item_bytes;
    for (size_t i = 0; i < points; i++)
        if (item_bits(array, at + 4 * i, 4)) length = i + 1;
    for (size_t i = 0; i < length; i++) add_code_point(&text, (uint32_t)item_bits(array, at + 4 * i, 4));
    return buf_ok(&text, "a label of the model", e) && copy_text(m, buf_str(&text), out, e);
}

static bool array_label(arena *m, const pickle_ndarray *array, size_t i, label *l, err *e);

/* A plain value, or a numpy scalar. */
static bool object_label(arena *m, const pickle_value *v, label *l, err *e)
{
    switch (v->kind) {
    case PICKLE_STR: *l = (label){.kind = LABEL_TEXT}; return copy_text(m, v->text, &l->text, e);
    case PICKLE_INT: *l = (label){.kind = LABEL_INT, .integer = v->integer}; return true;
    case PICKLE_BOOL: *l = (label){.kind = LABEL_BOOL, .integer = v->boolean}; return true;
    case PICKLE_FLOAT: *l = (label){.kind = LABEL_FLOAT, .number = v->number}; return true;
    default: break;
    }
    pickle_ndarray scalar;
    if (pickle_as_ndarray(m, v, &scalar, NULL) && scalar.rank == 0 && scalar.type != 'O')
        return array_label(m, &scalar, 0, l, e);
    return err_set(e, ERR_UNSUPPORTED, "a label of the model is neither text nor a number");
}

static bool array_label(arena *m, const pickle_ndarray *array, size_t i, label *l, err *e)
{
    uint64_t at = (uint64_t)i * array->item_bytes;
    switch (array->type) {
    case 'O': return object_label(m, array->objects[i], l, e);
    case 'U': *l = (label){.kind = LABEL_TEXT}; return unicode_item(m, array, i, &l->text, e);
    case 'b': *l = (label){.kind = LABEL_BOOL, .integer = item_bits(array, at, 1) != 0}; return true;
    case 'i':
    case 'u':
        *l = (label){.kind = LABEL_INT, .integer = array_integer(array, at, array->item_bytes, array->type)};
        if (array->type == 'u' && l->integer < 0)
            return err_set(e, ERR_UNSUPPORTED, "a label of the model is larger than a signed integer");
        return true;
    case 'f':
        if (array->item_bytes != 4 && array->item_bytes != 8) break;
        *l = (label){.kind = LABEL_FLOAT, .number = array_float(array, at, array->item_bytes)};
        return true;
    default: break;
    }
    return err_set(e, ERR_UNSUPPORTED, "labels of numpy kind '%c' with %zu bytes are not understood",
                   array->type, array->item_bytes);
}

enum { CLASSES_MAX = 100000 };

static bool is_missing(const pickle_ndarray *array, size_t i)
{
    return array->type == 'O' && array->objects[i]->kind == PICKLE_NONE;
}

bool read_label_array(arena *scratch, arena *memory, const pickle_value *v, bool takes_missing, label **out,
                      size_t *count, err *e)
{
    pickle_ndarray array;
    if (!pickle_as_ndarray(scratch, v, &array, e)) return false;
    if (array.rank != 1 || array.count > CLASSES_MAX)
        return err_set(e, ERR_INVALID, "%llu labels in %u dimensions", (unsigned long long)array.count,
                       array.rank);
    label *labels = arena_alloc_array(memory, (size_t)array.count + 1, sizeof *labels);
    if (!labels) return err_set(e, ERR_MEMORY, "no memory for %llu labels", (unsigned long long)array.count);
    for (size_t i = 0; i < array.count; i++) {
        if (takes_missing && is_missing(&array, i))
            labels[i] = (label){.kind = LABEL_FLOAT, .number = NAN};
        else if (!array_label(memory, &array, i, &labels[i], e))
            return false;
        bool fits = labels[i].kind != LABEL_FLOAT || isfinite(labels[i].number) ||
                    (takes_missing && isnan(labels[i].number));
        if (!fits) return err_set(e, ERR_INVALID, "label %zu is not finite", i);
    }
    *out = labels;
    *count = (size_t)array.count;
    return true;
}

bool read_labels(arena *scratch, const pickle_value *v, forest *f, forest_output *out, err *e)
{
    pickle_ndarray array;
    if (!pickle_as_ndarray(scratch, v, &array, e)) return err_wrap(e, "classes_");
    if (array.rank != 1 || array.count == 0 || array.count > CLASSES_MAX)
        return err_set(e, ERR_INVALID, "classes_ has %llu labels in %u dimensions",
                       (unsigned long long)array.count, array.rank);
    out->classes = arena_alloc_array(&f->memory, (size_t)array.count, sizeof *out->classes);
    if (!out->classes)
        return err_set(e, ERR_MEMORY, "no memory for %llu labels", (unsigned long long)array.count);
    for (size_t i = 0; i < array.count; i++) {
        if (!array_label(&f->memory, &array, i, &out->classes[i], e)) return err_wrap(e, "classes_");
        if (out->classes[i].kind == LABEL_FLOAT && !isfinite(out->classes[i].number))
            return err_set(e, ERR_INVALID, "label %zu of classes_ is not finite", i);
    }
    out->class_count = (size_t)array.count;
    return true;
}

bool read_names(arena *scratch, const pickle_value *v, forest *f, err *e)
{
    pickle_ndarray array;
    if (!pickle_as_ndarray(scratch, v, &array, e)) return err_wrap(e, "feature_names_in_");
    if (array.rank != 1 || array.count != f->feature_count || (array.type != 'O' && array.type != 'U'))
        return err_set(e, ERR_INVALID, "feature_names_in_ does not hold %zu names", f->feature_count);
    f->feature_names = arena_alloc_array(&f->memory, f->feature_count, sizeof *f->feature_names);
    if (!f->feature_names) return err_set(e, ERR_MEMORY, "no memory for %zu names", f->feature_count);
    for (size_t i = 0; i < f->feature_count; i++) {
        label name;
        if (!array_label(&f->memory, &array, i, &name, e)) return err_wrap(e, "feature_names_in_");
        if (name.kind != LABEL_TEXT)
            return err_set(e, ERR_INVALID, "name %zu of feature_names_in_ is no text", i);
        f->feature_names[i] = name.text;
    }
    return true;
}
