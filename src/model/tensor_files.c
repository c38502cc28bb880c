/*
 * model/tensor_files.c - which tensors can be written to which file, and the safetensors file itself. The other is in tensor_npz.c.
 */
#include "model/tensor_files.h"

#include "base/limits.h"
#include "codec/json.h"
#include "codec/unpack.h"
#include "format/format.h"
#include "os/file.h"
#include "tensor_parts.h"

#include <assert.h>
#include <stdlib.h>

enum { LENGTH_BYTES = 8, ALIGNMENT = 8 };

static const struct {
    const char *word, *safetensors, *npy;
} types[] = {{"bool", "BOOL", "|b1"},         {"int8", "I8", "|i1"},
             {"uint8", "U8", "|u1"},          {"int16", "I16", "<i2"},
             {"uint16", "U16", "<u2"},        {"int32", "I32", "<i4"},
             {"uint32", "U32", "<u4"},        {"int64", "I64", "<i8"},
             {"uint64", "U64", "<u8"},        {"float16", "F16", "<f2"},
             {"float32", "F32", "<f4"},       {"float64", "F64", "<f8"},
             {"bfloat16", "BF16", NULL},      {"complex64", "C64", "<c8"},
             {"complex128", NULL, "<c16"},    {"float8_e4m3fn", "F8_E4M3", NULL},
             {"float8_e5m2", "F8_E5M2", NULL}};

const char *tensor_type_in(str dtype, tensor_file kind)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (str_eq(dtype, str_from_c(types[i].word)))
            return kind == TENSOR_FILE_NPZ ? types[i].npy : types[i].safetensors;
    return NULL;
}

/* --- reading -------------------------------------------------------------------------------------------------------------- */

bool tensors_read(bytes file, str path, report *r, err *e)
{
    unpack_budget budget = unpack_budget_new(file.len);
    format_input in = {.path = path, .content = file, .budget = &budget};
    r->keeps_numbers = true;
    r->whole = file;
    return format_read(&in, r, e);
}

/* --- what can be carried over ------------------------------------------------------------------------------------------------ */

static bool is_empty(const tensor_fact *t)
{
    for (size_t i = 0; i < t->rank; i++)
        if (t->shape[i] == 0) return true;
    return false;
}

static const char *trouble_of(const tensor_fact *t, tensor_file kind)
{
    if (!tensor_type_in(t->dtype, kind)) return "is of a type that the other format does not have";
    if (t->numbers.len == 0 && !is_empty(t)) return "has no plain numbers in this file";
    if (kind == TENSOR_FILE_NPZ && (t->rank > 32 || t->name.len > 60000))
        return "is too deep, or its name too long, for NumPy";
    return NULL;
}

static int by_name(const void *left, const void *right)
{
    return str_compare(((const tensor_fact *)left)->name, ((const tensor_fact *)right)->name);
}

/* Two of one name would become one. */
static bool check_names(const report *r, err *e)
{
    tensor_fact *sorted = calloc(r->tensor_kept + 1, sizeof *sorted);
    if (!sorted) return err_set(e, ERR_MEMORY, "no memory for %zu tensors", r->tensor_kept);
    if (r->tensor_kept) memcpy(sorted, r->tensors, r->tensor_kept * sizeof *sorted);
    qsort(sorted, r->tensor_kept, sizeof *sorted, by_name);
    bool ok = true;
    for (size_t i = 1; ok && i < r->tensor_kept; i++)
        if (str_eq(sorted[i].name, sorted[i - 1].name))
            ok = err_set(e, ERR_CONFLICT, "two tensors are called '%.*s'",
                         STR_ARG(str_slice(sorted[i].name, 0, 200)));
    free(sorted);
    return ok;
}

bool tensors_check(report *r, tensor_file kind, bool skip, size_t *left_out, err *e)
{
    size_t kept = 0;
    *left_out = 0;
    for (size_t i = 0; i < r->tensor_kept; i++) {
        const tensor_fact *t = &r->tensors[i];
        const char *trouble = trouble_of(t, kind);
        if (trouble && !skip)
            return err_set(e, ERR_UNSUPPORTED, "the tensor '%.*s' (%.*s) %s; --skip leaves such tensors out",
                           STR_ARG(str_slice(t->name, 0, 200)), STR_ARG(t->dtype), trouble);
        if (trouble)
            ++*left_out;
        else
            r->tensors[kept++] = *t;
    }
    r->tensor_kept = kept;
    if (kept == 0)
        return err_set(e, ERR_NOT_FOUND, "there is no tensor in this file that could be carried over");
    return check_names(r, e);
}

/* --- numbers ------------------------------------------------------------------------------------------------------------------ */

uint64_t tensor_written_bytes(const tensor_fact *t)
{
    if (!t->blocks) return t->numbers.len;
    return t->numbers.len / t->blocks->bytes * t->blocks->numbers * sizeof(float);
}

bool tensor_numbers_each(const tensor_fact *t, const number_sink *sink, err *e)
{
    enum { PIECE_NUMBERS = 16 * 1024 };
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as memory has them");
    if (!t->blocks) return sink->take(sink->ctx, t->numbers, e);
    float piece[PIECE_NUMBERS];
    const tensor_blocks *b = t->blocks;
    size_t filled = 0, count = t->numbers.len / b->bytes;
    for (size_t i = 0; i < count; i++) {
        b->unpack(t->numbers.data + i * b->bytes, piece + filled);
        filled += b->numbers;
        bool is_last = i + 1 == count;
        if (!is_last && filled + b->numbers <= PIECE_NUMBERS) continue;
        if (!sink->take(sink->ctx, (bytes){(const uint8_t *)piece, filled * sizeof(float)}, e)) return false;
        filled = 0;
    }
    return true;
}

/* --- safetensors ------------------------------------------------------------------------------------------------------------- */

/* {"__metadata__":{"format":"pt"},"name":{"dtype","shape","data_offsets"}}, and spaces up to a multiple of eight. */
static bool header_of(const report *r, buf *out, err *e)
{
    uint64_t at = 0;
    buf_add_str(out, STR("{\"__metadata__\":{\"format\":\"pt\",\"made_by\":\"assay\"}"));
    for (size_t i = 0; i < r->tensor_kept; i++) {
        const tensor_fact *t = &r->tensors[i];
        AUTO(json_release) json_t *name = json_from_str(t->name);
        buf_add_byte(out, ',');
        if (!name || !json_encode(name, out, e)) return err_set(e, ERR_MEMORY, "no memory for the header");
        buf_printf(out, ":{\"dtype\":\"%s\",\"shape\":[", tensor_type_in(t->dtype, TENSOR_FILE_SAFETENSORS));
        for (size_t d = 0; d < t->rank; d++)
            buf_printf(out, "%s%llu", d ? "," : "", (unsigned long long)t->shape[d]);
        buf_printf(out, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at,
                   (unsigned long long)(at + tensor_written_bytes(t)));
        at += tensor_written_bytes(t);
    }
    buf_add_byte(out, '}');
    while (out->len % ALIGNMENT) buf_add_byte(out, ' ');
    return buf_ok(out, "the header", e);
}

static int wider_first(const void *left, const void *right)
{
    const tensor_fact *a = left, *b = right;
    size_t wide_a = tensor_item_bytes(a->dtype), wide_b = tensor_item_bytes(b->dtype);
    if (wide_a != wide_b) return wide_a < wide_b ? 1 : -1;
    return a->numbers.data < b->numbers.data ? -1 : a->numbers.data > b->numbers.data;
}

static bool write_piece(void *ctx, bytes piece, err *e)
{
    return fd_write_all(*(const int *)ctx, piece, e);
}

/* The widest types first: then every tensor lies at a multiple of its own item. */
static bool write_safetensors(const report *r, int fd, err *e)
{
    AUTO_BUF buf header;
    buf_init(&header, 100 * MIB); /* where the reference reader stops */
    if (r->tensor_kept) qsort(r->tensors, r->tensor_kept, sizeof *r->tensors, wider_first);
    if (!header_of(r, &header, e)) return false;
    uint8_t length[LENGTH_BYTES];
    for (size_t i = 0; i < LENGTH_BYTES; i++) length[i] = (uint8_t)((uint64_t)header.len >> (8 * i));
    number_sink sink = {write_piece, &fd};
    if (!fd_write_all(fd, (bytes){length, sizeof length}, e) || !fd_write_all(fd, buf_bytes(&header), e))
        return false;
    for (size_t i = 0; i < r->tensor_kept; i++)
        if (!tensor_numbers_each(&r->tensors[i], &sink, e)) return false;
    return true;
}

bool tensors_write(const report *r, tensor_file kind, int fd, err *e)
{
    return kind == TENSOR_FILE_NPZ ? npz_write(r, fd, e) : write_safetensors(r, fd, e);
}
