/*
 * format/npy/npy.c - .npy: a magic, a header that is a Python literal, and the data (numpy.lib.format, versions 1.0 to 3.0).
 *
 * numpy reads the header with a parser of literals, so no expression can hide there; ours reads only what numpy writes. An array of objects
 * has a pickle for its data.
 */
#include "npy/npy.h"

#include "base/limits.h"
#include "base/reader.h"
#include "pickle/format.h"
#include "pickle/machine.h"

enum { NPY_HEADER_BYTES_MAX = 64 * 1024, NPY_DEPTH_MAX = 16, NPY_RANK_MAX = 64 };

static const char advice[] =
    "Write the array again with numpy.save; arrays of objects need a pickle and are better avoided.";

typedef struct npy_shape {
    uint64_t product, lengths[NPY_RANK_MAX];
    unsigned rank;
    bool is_tuple;
} npy_shape;

typedef struct npy_header {
    bool has_descr, has_order, has_shape;
    bool has_objects, is_fortran, is_big_endian;
    char type; /* numpy's kind; 'V': a record */
    uint64_t item_bytes;
    npy_shape shape;
} npy_header;

/* --- the literal ------------------------------------------------------------------------------------------------------------------- */

static void skip_space(str *s)
{
    while (s->len && (s->data[0] == ' ' || s->data[0] == '\n' || s->data[0] == '\t')) *s = str_skip(*s, 1);
}

static bool take_char(str *s, char c)
{
    skip_space(s);
    if (s->len == 0 || s->data[0] != c) return false;
    *s = str_skip(*s, 1);
    return true;
}

static bool take_word(str *s, str word)
{
    skip_space(s);
    if (!str_starts_with(*s, word)) return false;
    *s = str_skip(*s, word.len);
    return true;
}

/* 'text' without escapes: numpy writes none in what we look at. */
static bool take_text(str *s, str *text)
{
    skip_space(s);
    if (s->len == 0 || (s->data[0] != '\'' && s->data[0] != '"')) return false;
    str rest = str_skip(*s, 1);
    ptrdiff_t end = str_find(rest, s->data[0]);
    if (end < 0) return false;
    *text = str_slice(rest, 0, (size_t)end);
    *s = str_skip(rest, (size_t)end + 1);
    return str_find(*text, '\\') < 0;
}

static bool take_number(str *s, uint64_t *number)
{
    skip_space(s);
    size_t digits = 0;
    while (digits < s->len && s->data[digits] >= '0' && s->data[digits] <= '9') digits++;
    if (!str_to_u64(str_slice(*s, 0, digits), number)) return false;
    *s = str_skip(*s, digits);
    return true;
}

/* (2, 3) or (2,) or () or, inside a field, a bare number: the product. */
static bool take_shape(str *s, npy_shape *shape)
{
    uint64_t total = 1, n;
    shape->rank = 0;
    shape->is_tuple = true;
    if (!take_char(s, '(')) {
        shape->is_tuple = false;
        shape->rank = 1;
        if (!take_number(s, &shape->product)) return false;
        shape->lengths[0] = shape->product;
        return true;
    }
    while (!take_char(s, ')')) {
        if (shape->rank >= NPY_RANK_MAX || !take_number(s, &n) || __builtin_mul_overflow(total, n, &total))
            return false;
        shape->lengths[shape->rank++] = n;
        if (take_char(s, ',')) continue;
        if (!take_char(s, ')')) return false;
        shape->is_tuple = shape->rank > 1; /* (3) is a number */
        break;
    }
    shape->product = total;
    return true;
}

static bool take_descr(str *s, npy_header *h, uint64_t *item_bytes, unsigned depth);

/* ('name', descr[, shape]); the name may be a (title, name) pair. */
static bool take_field(str *s, npy_header *h, uint64_t *item_bytes, unsigned depth)
{
    str text;
    uint64_t size;
    npy_shape times = {.product = 1};
    if (!take_char(s, '(')) return false;
    if (take_char(s, '(')) {
        if (!take_text(s, &text) || !take_char(s, ',') || !take_text(s, &text) || !take_char(s, ')'))
            return false;
    } else if (!take_text(s, &text)) {
        return false;
    }
    if (!take_char(s, ',') || !take_descr(s, h, &size, depth)) return false;
    if (!take_char(s, ')')) {
        if (!take_char(s, ',')) return false;
        if (!take_char(s, ')') && (!take_shape(s, &times) || !take_char(s, ')'))) return false;
    }
    return !__builtin_mul_overflow(size, times.product, &size) &&
           !__builtin_add_overflow(*item_bytes, size, item_bytes);
}

/* '<f8', or a list of fields. */
static bool take_descr(str *s, npy_header *h, uint64_t *item_bytes, unsigned depth)
{
    if (depth > NPY_DEPTH_MAX) return false;
    *item_bytes = 0;
    if (!take_char(s, '[')) {
        str code, plain, unit;
        pickle_dtype dtype;
        if (!take_text(s, &code)) return false;
        str_cut(code, '[', &plain, &unit); /* 'M8[ns]' */
        if (!pickle_dtype_code(plain, &dtype)) return false;
        h->has_objects |= dtype.has_objects;
        *item_bytes = dtype.item_bytes;
        h->is_big_endian = dtype.big_endian;
        h->type = depth == 0 && item_bytes == &h->item_bytes ? dtype.type : 'V';
        return true;
    }
    h->type = 'V';
    while (!take_char(s, ']')) {
        if (!take_field(s, h, item_bytes, depth + 1)) return false;
        (void)take_char(s, ',');
    }
    return true;
}

static bool take_order(str *s, bool *is_fortran)
{
    *is_fortran = take_word(s, STR("True"));
    return *is_fortran || take_word(s, STR("False"));
}

/* Exactly the three keys, each once. */
static bool read_header(str text, npy_header *h)
{
    str key;
    if (!take_char(&text, '{')) return false;
    while (!take_char(&text, '}')) {
        if (!take_text(&text, &key) || !take_char(&text, ':')) return false;
        bool ok = false;
        if (str_eq(key, STR("descr")) && !h->has_descr)
            ok = h->has_descr = take_descr(&text, h, &h->item_bytes, 0);
        else if (str_eq(key, STR("fortran_order")) && !h->has_order)
            ok = h->has_order = take_order(&text, &h->is_fortran);
        else if (str_eq(key, STR("shape")) && !h->has_shape)
            ok = h->has_shape = take_shape(&text, &h->shape) && h->shape.is_tuple;
        if (!ok) return false;
        (void)take_char(&text, ',');
    }
    skip_space(&text);
    return text.len == 0 && h->has_descr && h->has_order && h->has_shape;
}

/* --- the file ----------------------------------------------------------------------------------------------------------------------- */

static const char magic[] = "\x93NUMPY";

static bool sniff(const format_input *in)
{
    return str_starts_with(bytes_str(in->content), (str){magic, 6});
}

static bool say(report *r, const char *code, severity s, const char *title, err *e)
{
    finding f = {.code = code,
                 .kind = FINDING_MODEL_THREAT,
                 .severity = s,
                 .title = str_from_c(title),
                 .advice = str_from_c(advice)};
    return report_add(r, &f, e);
}

static bool unreadable(report *r, const char *code, const char *title, err *e)
{
    report_worsen(r, VERDICT_UNPARSEABLE);
    return say(r, code, SEVERITY_MEDIUM, title, e);
}

static bool read_data(const format_input *in, const npy_header *h, size_t at, report *r, err *e)
{
    bytes data = {in->content.data + at, in->content.len - at};
    if (h->has_objects) {
        if (!say(r, "MDL-NPY-001", SEVERITY_INFO,
                 "The array holds Python objects, so reading it loads a pickle", e))
            return false;
        bool ok = pickle_scan(r->arena, data, STR("objects"), r, e);
        r->format = "npy";
        return ok;
    }
    uint64_t wanted;
    if (__builtin_mul_overflow(h->shape.product, h->item_bytes, &wanted) || wanted > data.len)
        return unreadable(r, "MDL-NPY-003", "The file ends before its array does", e);
    if (wanted < data.len)
        return say(r, "MDL-NPY-003", SEVERITY_LOW, "Bytes follow the array and belong to nothing", e);
    return true;
}

/* Column after column. */
static void fortran_strides(const npy_shape *shape, uint64_t *strides)
{
    uint64_t step = 1;
    for (unsigned i = 0; i < shape->rank; i++) {
        strides[i] = step;
        step *= shape->lengths[i] ? shape->lengths[i] : 1; /* the product was checked when it was read */
    }
}

static bool tell_array(const npy_header *h, bytes data, report *r, err *e)
{
    dtype_word word = pickle_dtype_word(h->has_objects && h->type != 'V' ? 'O' : h->type, h->item_bytes);
    uint64_t total, strides[NPY_RANK_MAX];
    fortran_strides(&h->shape, strides);
    tensor_fact told = {.name = STR("array"),
                        .strides = h->is_fortran ? strides : NULL,
                        .is_big_endian = h->is_big_endian,
                        .dtype = str_from_c(word.text),
                        .shape = h->shape.lengths,
                        .rank = h->shape.rank};
    if (!__builtin_mul_overflow(h->shape.product, h->item_bytes, &total) && !h->has_objects)
        told.bytes = total;
    if (told.bytes <= data.len) told.numbers = (bytes){data.data, (size_t)told.bytes};
    return report_tensor(r, &told, e);
}

static bool read(const format_input *in, report *r, err *e)
{
    reader file = reader_of(in->content);
    (void)reader_skip(&file, 6);
    uint8_t major = reader_u8(&file);
    (void)reader_u8(&file);
    uint64_t header_bytes = major == 1 ? reader_u16le(&file) : reader_u32le(&file);
    if (file.failed || major < 1 || major > 3 || header_bytes > NPY_HEADER_BYTES_MAX)
        return unreadable(r, "MDL-NPY-002", "The header of the array is of an unknown version, or too long",
                          e);
    npy_header h = {0};
    str text = bytes_str(reader_take(&file, header_bytes));
    if (file.failed || !read_header(text, &h))
        return unreadable(r, "MDL-NPY-002", "The header of the array is not one that numpy writes", e);
    bytes data = {in->content.data + file.at, in->content.len - file.at};
    return tell_array(&h, data, r, e) && read_data(in, &h, file.at, r, e);
}

const model_format format_npy = {.name = "npy", .title = "NumPy array", .sniff = sniff, .read = read};
