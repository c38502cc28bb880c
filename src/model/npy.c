/*
 * model/npy.c - the header's literal as numpy.save writes it, and items of every plain type.
 *
 * The scanner has a reader of its own for hostile files (format/npy): it judges what a header says, this one uses the values.
 */
#include "model/npy.h"

#include "base/reader.h"
#include "codec/zip.h"
#include "model/dataset.h"

#include <stdio.h>

static const char magic[] = "\x93NUMPY";
enum { MAGIC_BYTES = 6, TEXT_POINTS_MAX = 4096 };

/* --- the header ---------------------------------------------------------------------------------------------------------- */

bool npy_is(bytes file)
{
    return file.len > MAGIC_BYTES && memcmp(file.data, magic, MAGIC_BYTES) == 0;
}

static bool odd(const char *what, err *e)
{
    return err_set(e, ERR_INVALID, "the .npy header is not what numpy writes: %s", what);
}

/* What stands behind 'key': in the literal, up to its end. */
static bool value_of(str header, const char *key, str *value)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s':", key);
    for (str rest = header; rest.len; rest = str_skip(rest, 1)) {
        if (!str_starts_with(rest, str_from_c(quoted))) continue;
        *value = str_trim(str_skip(rest, strlen(quoted)));
        return true;
    }
    return false;
}

static bool read_descr(str header, npy_array *out, err *e)
{
    str descr, code;
    if (!value_of(header, "descr", &descr)) return odd("no 'descr'", e);
    if (descr.len && descr.data[0] == '[')
        return err_set(e, ERR_UNSUPPORTED, "an array of records: save plain columns, or a CSV file");
    descr = str_skip(descr, 1);
    ptrdiff_t end = str_find(descr, '\'');
    if (end < 3) return odd("'descr'", e);
    code = str_slice(descr, 0, (size_t)end);
    uint64_t size;
    if (!str_to_u64(str_skip(code, 2), &size)) return odd("the size of 'descr'", e);
    out->type = code.data[1];
    out->big_endian = code.data[0] == '>';
    out->item_bytes = (size_t)size * (out->type == 'U' ? 4 : 1);
    bool text = out->type == 'U' || out->type == 'S';
    bool number =
        (out->type == 'f' && (size == 4 || size == 8)) || (out->type == 'b' && size == 1) ||
        ((out->type == 'i' || out->type == 'u') && (size == 1 || size == 2 || size == 4 || size == 8));
    if (number || (text && size >= 1 && size <= TEXT_POINTS_MAX)) return true;
    return err_set(e, ERR_UNSUPPORTED, "an array of '%.*s': numbers, booleans and text are read%s",
                   STR_ARG(code), out->type == 'O' ? "; objects are pickles" : "");
}

static bool read_shape(str header, npy_array *out, err *e)
{
    str shape, part;
    uint64_t lengths[2] = {1, 1};
    size_t rank = 0;
    if (!value_of(header, "shape", &shape) || shape.len < 2 || shape.data[0] != '(')
        return odd("no 'shape'", e);
    ptrdiff_t end = str_find(shape, ')');
    if (end < 0) return odd("'shape'", e);
    str rest = str_slice(shape, 1, (size_t)end - 1);
    while (str_next(&rest, ',', &part)) {
        part = str_trim(part);
        if (part.len == 0) continue;
        if (rank == 2) return err_set(e, ERR_UNPROCESSABLE, "an array of more than two dimensions");
        if (!str_to_u64(part, &lengths[rank++])) return odd("'shape'", e);
    }
    if (rank == 0) return err_set(e, ERR_UNPROCESSABLE, "an array without dimensions");
    out->rows = (size_t)lengths[0];
    out->columns = rank == 2 ? (size_t)lengths[1] : 1;
    return true;
}

bool npy_read(bytes file, npy_array *out, err *e)
{
    if (!npy_is(file)) return err_set(e, ERR_INVALID, "no .npy file: its magic is missing");
    reader r = reader_of(file);
    reader_skip(&r, MAGIC_BYTES);
    uint8_t major = reader_u8(&r);
    reader_skip(&r, 1);
    uint64_t header_bytes = major == 1 ? reader_u16le(&r) : reader_u32le(&r);
    str header = bytes_str(reader_take(&r, header_bytes));
    if (r.failed || major < 1 || major > 3) return odd("its version or length", e);
    str order;
    npy_array array = {0};
    if (!read_descr(header, &array, e) || !read_shape(header, &array, e)) return false;
    if (!value_of(header, "fortran_order", &order)) return odd("no 'fortran_order'", e);
    array.fortran_order = str_starts_with(order, STR("True"));
    size_t cells, size;
    if (__builtin_mul_overflow(array.rows, array.columns, &cells) ||
        __builtin_mul_overflow(cells, array.item_bytes, &size))
        return odd("an overflowing shape", e);
    array.data = reader_take(&r, size);
    if (r.failed)
        return err_set(e, ERR_TRUNCATED,
                       "the .npy file ends early: %zu x %zu items of %zu bytes are announced", array.rows,
                       array.columns, array.item_bytes);
    *out = array;
    return true;
}

bool npz_read(arena *a, bytes file, str name, buf *content, npy_array *out, err *e)
{
    unpack_budget budget = unpack_budget_new(file.len);
    zip_directory directory;
    if (!zip_read(a, file, &budget, &directory, e)) return false;
    str path = arena_printf(a, "%.*s.npy", STR_ARG(name));
    for (size_t i = 0; i < directory.count; i++) {
        if (!str_eq(directory.members[i].path, path)) continue;
        if (!zip_member_bytes(file, &directory.members[i], &budget, content, e) ||
            !npy_read(buf_bytes(content), out, e))
            return err_wrap(e, "%.*s", STR_ARG(name));
        return true;
    }
    return err_set(e, ERR_NOT_FOUND, "the archive has no array '%.*s'", STR_ARG(name));
}

/* --- items --------------------------------------------------------------------------------------------------------------- */

static const uint8_t *item_at(const npy_array *array, size_t row, size_t column)
{
    size_t at = array->fortran_order ? column * array->rows + row : row * array->columns + column;
    return array->data.data + at * array->item_bytes;
}

static uint64_t bits_of(const npy_array *array, const uint8_t *item, size_t count)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < count; i++) bits = bits << 8 | item[array->big_endian ? i : count - 1 - i];
    return bits;
}

static int64_t integer_at(const npy_array *array, size_t row, size_t column)
{
    size_t size = array->item_bytes;
    uint64_t bits = bits_of(array, item_at(array, row, column), size);
    if (array->type == 'i' && size < 8 && bits >> (8 * size - 1)) bits |= UINT64_MAX << (8 * size);
    return (int64_t)bits;
}

static double number_at(const npy_array *array, size_t row, size_t column)
{
    if (array->type != 'f') {
        int64_t integer = integer_at(array, row, column);
        return array->type == 'u' ? (double)(uint64_t)integer : (double)integer;
    }
    uint64_t bits = bits_of(array, item_at(array, row, column), array->item_bytes);
    double number;
    if (array->item_bytes == 4) {
        uint32_t narrow = (uint32_t)bits;
        float single;
        memcpy(&single, &narrow, sizeof single);
        return (double)single;
    }
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* UTF-8 of a U or S item, padding taken off. */
static bool text_at(arena *a, const npy_array *array, size_t row, size_t column, str *out, err *e)
{
    const uint8_t *item = item_at(array, row, column);
    size_t step = array->type == 'U' ? 4 : 1, count = array->item_bytes / step;
    AUTO_BUF buf text;
    buf_init(&text, 4 * TEXT_POINTS_MAX + 4);
    while (count && bits_of(array, item + (count - 1) * step, step) == 0) count--;
    for (size_t i = 0; i < count; i++) {
        uint32_t point = (uint32_t)bits_of(array, item + i * step, step);
        if (point < 0x80) {
            buf_add_byte(&text, (uint8_t)point);
            continue;
        }
        unsigned more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
        static const uint8_t heads[] = {0, 0xc0, 0xe0, 0xf0};
        buf_add_byte(&text, (uint8_t)(heads[more] | (point >> (6 * more) & 0x3f)));
        while (more--) buf_add_byte(&text, (uint8_t)(0x80 | (point >> (6 * more) & 0x3f)));
    }
    if (!str_is_utf8(buf_str(&text)))
        return err_set(e, ERR_INVALID, "row %zu: the label is no text", row + 1);
    *out = text.len ? arena_copy(a, buf_str(&text)) : STR("");
    return out->data || err_set(e, ERR_MEMORY, "no memory for %zu labels", array->rows);
}

static bool label_at(arena *a, const npy_array *array, size_t row, size_t column, label *out, err *e)
{
    switch (array->type) {
    case 'U':
    case 'S': *out = (label){.kind = LABEL_TEXT}; return text_at(a, array, row, column, &out->text, e);
    case 'b': *out = (label){.kind = LABEL_BOOL, .integer = integer_at(array, row, column) != 0}; return true;
    case 'f': *out = (label){.kind = LABEL_FLOAT, .number = number_at(array, row, column)}; return true;
    default: *out = (label){.kind = LABEL_INT, .integer = integer_at(array, row, column)}; return true;
    }
}

/* --- training data ------------------------------------------------------------------------------------------------------- */

static bool is_text(const npy_array *array)
{
    return array->type == 'U' || array->type == 'S';
}

static bool set_targets(arena *a, const npy_array *y, bool classifies, train_data *d, err *e)
{
    size_t count = y->rows * y->columns;
    if (!classifies) {
        double *numbers = arena_alloc_array(a, count, sizeof *numbers);
        if (!numbers) return err_set(e, ERR_MEMORY, "no memory for %zu targets", count);
        if (is_text(y)) return err_set(e, ERR_UNPROCESSABLE, "the targets are text: take a classifier");
        for (size_t i = 0; i < count; i++) numbers[i] = number_at(y, i / y->columns, i % y->columns);
        return dataset_set_numbers(numbers, y->columns, d, e);
    }
    label *labels = arena_alloc_array(a, count, sizeof *labels);
    if (!labels) return err_set(e, ERR_MEMORY, "no memory for %zu labels", count);
    for (size_t i = 0; i < count; i++)
        if (!label_at(a, y, i / y->columns, i % y->columns, &labels[i], e)) return false;
    return dataset_set_labels(a, labels, y->columns, d, e);
}

bool dataset_from_arrays(arena *a, const npy_arrays *arrays, bool classifies, train_data *out, err *e)
{
    const npy_array *x = arrays->x, *w = arrays->weights;
    if (is_text(x)) return err_set(e, ERR_UNPROCESSABLE, "the features are text: forests take numbers");
    if (x->rows == 0 || x->columns == 0 || x->rows != arrays->y->rows || arrays->y->columns == 0)
        return err_set(e, ERR_UNPROCESSABLE, "%zu rows of features and %zu of targets", x->rows,
                       arrays->y->rows);
    if (w && (w->columns != 1 || w->rows != x->rows || is_text(w)))
        return err_set(e, ERR_UNPROCESSABLE, "the weights must be one number for each of %zu rows", x->rows);
    train_data d = {.rows = x->rows, .features = x->columns};
    float *numbers = arena_alloc_array(a, x->rows * x->columns, sizeof *numbers);
    double *weights = w ? arena_alloc_array(a, w->rows, sizeof *weights) : NULL;
    if (!numbers || (w && !weights)) return err_set(e, ERR_MEMORY, "no memory for %zu rows", x->rows);
    for (size_t f = 0; f < x->columns; f++)
        for (size_t row = 0; row < x->rows; row++) numbers[f * x->rows + row] = (float)number_at(x, row, f);
    for (size_t row = 0; w && row < w->rows; row++) weights[row] = number_at(w, row, 0);
    d.x = numbers;
    d.weights = weights;
    if (!set_targets(a, arrays->y, classifies, &d, e)) return false;
    *out = d;
    return true;
}
