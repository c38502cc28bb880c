/*
 * model/tensor_npz.c - NumPy's npz: a ZIP of stored .npy members, with ZIP64 fields throughout, so that no size is too large.
 */
#include "tensor_parts.h"

#include "base/buf.h"
#include "base/limits.h"
#include "os/file.h"

#include <zlib.h>

enum {
    NPY_ALIGNMENT = 64,
    NPY_PREFIX_BYTES = 10,
    ZIP_VERSION_64 = 45,
    ZIP_DATE_1980 = 0x21, /* the same bytes for the same model, whenever it is converted */
    ZIP_UTF8 = 0x800
};

typedef struct written {
    uint64_t offset, size_bytes;
    uint32_t crc;
} written;

typedef struct npz {
    int fd;
    uint64_t at;
    buf directory;
} npz;

static void add_le(buf *out, uint64_t number, size_t count)
{
    for (size_t i = 0; i < count; i++) buf_add_byte(out, (uint8_t)(number >> (8 * i)));
}

static bool put(npz *z, bytes data, err *e)
{
    z->at += data.len;
    return fd_write_all(z->fd, data, e);
}

/* {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } and spaces, so that the numbers start at a multiple of 64. */
static bool npy_header(const tensor_fact *t, buf *out, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, 64 * KIB);
    buf_printf(&text, "{'descr': '%s', 'fortran_order': False, 'shape': (",
               tensor_type_in(t->dtype, TENSOR_FILE_NPZ));
    for (size_t i = 0; i < t->rank; i++)
        buf_printf(&text, "%s%llu", i ? ", " : "", (unsigned long long)t->shape[i]);
    buf_add_str(&text, t->rank == 1 ? STR(",), }") : STR("), }"));
    while ((NPY_PREFIX_BYTES + text.len + 1) % NPY_ALIGNMENT) buf_add_byte(&text, ' ');
    buf_add_byte(&text, '\n');
    buf_add_str(out, STR("\x93NUMPY\x01"));
    buf_add_byte(out, 0);
    add_le(out, text.len, 2);
    buf_add_str(out, buf_str(&text));
    return buf_ok(&text, "a header of NumPy", e) && buf_ok(out, "a header of NumPy", e);
}

static uint32_t crc_of(uint32_t crc, bytes data)
{
    while (data.len) {
        uInt part = data.len > (1u << 30) ? 1u << 30 : (uInt)data.len;
        crc = (uint32_t)crc32(crc, data.data, part);
        data = (bytes){data.data + part, data.len - part};
    }
    return crc;
}

/* Version needed to the length of the name: the same in both headers. Sizes are in the ZIP64 field. */
static void add_common(buf *out, const written *w, size_t name_len, size_t extra_len)
{
    add_le(out, ZIP_VERSION_64, 2);
    add_le(out, ZIP_UTF8, 2);
    add_le(out, 0, 2); /* stored */
    add_le(out, 0, 2);
    add_le(out, ZIP_DATE_1980, 2);
    add_le(out, w->crc, 4);
    add_le(out, UINT32_MAX, 4);
    add_le(out, UINT32_MAX, 4);
    add_le(out, name_len, 2);
    add_le(out, extra_len, 2);
}

static void add_listing(npz *z, str name, const written *w)
{
    buf *out = &z->directory;
    add_le(out, 0x02014b50, 4);
    add_le(out, ZIP_VERSION_64, 2);
    add_common(out, w, name.len, 28);
    add_le(out, 0, 2); /* comment */
    add_le(out, 0, 4); /* disk, internal attributes */
    add_le(out, 0, 4); /* external attributes */
    add_le(out, UINT32_MAX, 4);
    buf_add_str(out, name);
    add_le(out, 1, 2);
    add_le(out, 24, 2);
    add_le(out, w->size_bytes, 8);
    add_le(out, w->size_bytes, 8);
    add_le(out, w->offset, 8);
}

static bool sum_piece(void *ctx, bytes piece, err *e)
{
    (void)e;
    uint32_t *crc = ctx;
    *crc = crc_of(*crc, piece);
    return true;
}

static bool put_piece(void *ctx, bytes piece, err *e)
{
    return put(ctx, piece, e);
}

static bool add_member(npz *z, const tensor_fact *t, err *e)
{
    AUTO_BUF buf header, local, name;
    buf_init(&header, 128 * KIB);
    buf_init(&local, 128 * KIB);
    buf_init(&name, 64 * KIB);
    buf_printf(&name, "%.*s.npy", STR_ARG(t->name));
    if (!npy_header(t, &header, e) || !buf_ok(&name, "the name of an array", e)) return false;
    written w = {.offset = z->at, .size_bytes = header.len + tensor_written_bytes(t)};
    number_sink sum = {sum_piece, &w.crc}, out = {put_piece, z};
    w.crc = crc_of(0, buf_bytes(&header));
    if (!tensor_numbers_each(t, &sum, e)) return false;
    add_le(&local, 0x04034b50, 4);
    add_common(&local, &w, name.len, 20);
    buf_add_str(&local, buf_str(&name));
    add_le(&local, 1, 2);
    add_le(&local, 16, 2);
    add_le(&local, w.size_bytes, 8);
    add_le(&local, w.size_bytes, 8);
    add_listing(z, buf_str(&name), &w);
    return buf_ok(&local, "a member", e) && put(z, buf_bytes(&local), e) && put(z, buf_bytes(&header), e) &&
           tensor_numbers_each(t, &out, e);
}

static bool add_end(npz *z, size_t count, err *e)
{
    uint64_t start = z->at, size_bytes = z->directory.len;
    if (!buf_ok(&z->directory, "the directory", e) || !put(z, buf_bytes(&z->directory), e)) return false;
    AUTO_BUF buf end;
    buf_init(&end, KIB);
    uint64_t record = z->at;
    add_le(&end, 0x06064b50, 4);
    add_le(&end, 44, 8);
    add_le(&end, ZIP_VERSION_64, 2);
    add_le(&end, ZIP_VERSION_64, 2);
    add_le(&end, 0, 8);
    add_le(&end, count, 8);
    add_le(&end, count, 8);
    add_le(&end, size_bytes, 8);
    add_le(&end, start, 8);
    add_le(&end, 0x07064b50, 4);
    add_le(&end, 0, 4);
    add_le(&end, record, 8);
    add_le(&end, 1, 4);
    add_le(&end, 0x06054b50, 4);
    add_le(&end, 0, 4);
    add_le(&end, UINT16_MAX, 2);
    add_le(&end, UINT16_MAX, 2);
    add_le(&end, UINT32_MAX, 4);
    add_le(&end, UINT32_MAX, 4);
    add_le(&end, 0, 2);
    return buf_ok(&end, "the end of the archive", e) && put(z, buf_bytes(&end), e);
}

bool npz_write(const report *r, int fd, err *e)
{
    npz z = {.fd = fd};
    buf_init(&z.directory, GIB);
    bool ok = true;
    for (size_t i = 0; ok && i < r->tensor_kept; i++) ok = add_member(&z, &r->tensors[i], e);
    ok = ok && add_end(&z, r->tensor_kept, e);
    buf_done(&z.directory);
    return ok;
}
