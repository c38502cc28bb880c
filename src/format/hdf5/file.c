/*
 * format/hdf5/file.c - the superblock, and addresses.
 *
 * Readers look for the superblock at 0, 512, 1024, 2048 ... and count addresses from where they find it, whatever the base address in it says:
 * a block of the user's may have been put in front later.
 */
#include "hdf5/parts.h"

#include "base/limits.h"

enum { USER_BLOCK_MIN = 512 };

static const uint8_t superblock_signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

bool hdf5_find(bytes file, uint64_t *base)
{
    for (uint64_t at = 0; at < file.len; at = at ? at * 2 : USER_BLOCK_MIN) {
        reader r = reader_of(file);
        bytes found = reader_seek(&r, at) ? reader_take(&r, sizeof superblock_signature) : BYTES_NONE;
        if (r.failed) return false;
        if (memcmp(found.data, superblock_signature, found.len) != 0) continue;
        *base = at;
        return true;
    }
    return false;
}

uint64_t hdf5_number(reader *r, unsigned width)
{
    bytes b = reader_take(r, width);
    uint64_t value = 0;
    for (size_t i = 0; i < b.len && i < 8; i++) value |= (uint64_t)b.data[i] << (8 * i);
    return value;
}

uint64_t hdf5_offset(const hdf5 *h, reader *r)
{
    return hdf5_number(r, h->offset_bytes);
}

uint64_t hdf5_length(const hdf5 *h, reader *r)
{
    return hdf5_number(r, h->length_bytes);
}

bool hdf5_is_nowhere(const hdf5 *h, uint64_t address)
{
    return address == (h->offset_bytes == 8 ? UINT64_MAX : (1ull << (8 * h->offset_bytes)) - 1);
}

bool hdf5_ends_early(const char *what, err *e)
{
    return err_set(e, ERR_TRUNCATED, "%s ends early", what);
}

bool hdf5_at(const hdf5 *h, uint64_t address, const char *signature, reader *r, err *e)
{
    *r = reader_of(h->file);
    if (!reader_seek(r, address))
        return err_set(e, ERR_INVALID, "address %llu is outside of the file", (unsigned long long)address);
    if (!signature) return true;
    bytes found = reader_take(r, 4);
    if (!r->failed && memcmp(found.data, signature, 4) == 0) return true;
    return err_set(e, ERR_INVALID, "there is no '%s' at address %llu", signature,
                   (unsigned long long)address);
}

bool hdf5_slice(const hdf5 *h, uint64_t address, uint64_t count, bytes *out, err *e)
{
    reader r;
    if (!hdf5_at(h, address, NULL, &r, e)) return false;
    bytes taken = reader_take(&r, count);
    if (r.failed)
        return err_set(e, ERR_TRUNCATED, "%llu bytes at address %llu reach beyond the end of the file",
                       (unsigned long long)count, (unsigned long long)address);
    *out = taken;
    return true;
}

bool hdf5_step(hdf5 *h, err *e)
{
    if (h->steps_left == 0)
        return err_set(e, ERR_TOO_LARGE, "the file has more parts than LIMIT_HDF5_STEPS (%llu)",
                       (unsigned long long)LIMIT_HDF5_STEPS);
    h->steps_left--;
    return true;
}

/* --- the superblock --------------------------------------------------------------------------------------------------------------------- */

static bool is_width(unsigned width)
{
    return width == 2 || width == 4 || width == 8;
}

/* Versions 0 and 1: the root is a symbol table entry. */
static void read_old(hdf5 *h, reader *r, unsigned version, uint64_t *base, uint64_t *end)
{
    (void)reader_skip(r, 4);
    h->offset_bytes = reader_u8(r);
    h->length_bytes = reader_u8(r);
    (void)reader_skip(r, version == 1 ? 13 : 9);
    *base = hdf5_offset(h, r);
    (void)hdf5_offset(h, r);
    *end = hdf5_offset(h, r);
    (void)hdf5_offset(h, r);
    (void)hdf5_offset(h, r); /* the root's name */
    h->root = hdf5_offset(h, r);
    h->extension = UINT64_MAX;
}

static void read_new(hdf5 *h, reader *r, uint64_t *base, uint64_t *end)
{
    h->offset_bytes = reader_u8(r);
    h->length_bytes = reader_u8(r);
    (void)reader_u8(r);
    *base = hdf5_offset(h, r);
    h->extension = hdf5_offset(h, r);
    *end = hdf5_offset(h, r);
    h->root = hdf5_offset(h, r);
}

/* The end counts from the front of the file that was written; the superblock may have moved since. */
static bool place_end(hdf5 *h, uint64_t base, uint64_t end, err *e)
{
    if (end < base) return err_set(e, ERR_INVALID, "the superblock's end of file lies in front of it");
    h->end = end - base;
    if (h->end <= h->file.len) return true;
    return err_set(e, ERR_TRUNCATED, "the file ends %llu bytes before its superblock says",
                   (unsigned long long)(h->end - h->file.len));
}

bool hdf5_open(arena *a, bytes file, uint64_t base, hdf5 *h, err *e)
{
    *h = (hdf5){.arena = a, .base = base, .steps_left = LIMIT_HDF5_STEPS};
    reader r = reader_of(file);
    if (!reader_seek(&r, base)) return hdf5_ends_early("the superblock", e);
    h->file = reader_take(&r, reader_left(&r));
    r = reader_of(h->file);
    (void)reader_skip(&r, sizeof superblock_signature);
    uint64_t stored_base = 0, end = 0;
    unsigned version = reader_u8(&r);
    if (version <= 1)
        read_old(h, &r, version, &stored_base, &end);
    else if (version <= 3)
        read_new(h, &r, &stored_base, &end);
    else
        return err_set(e, ERR_UNSUPPORTED, "superblock version %u is not known", version);
    unsigned offset_bytes = h->offset_bytes, length_bytes = h->length_bytes;
    /* Whoever walks what is left of a broken file must not count in such widths. */
    bool is_known = is_width(offset_bytes) && is_width(length_bytes);
    if (!is_known) h->offset_bytes = 0;
    if (r.failed) return hdf5_ends_early("the superblock", e);
    if (!is_known)
        return err_set(e, ERR_UNSUPPORTED, "addresses of %u and lengths of %u bytes are not known",
                       offset_bytes, length_bytes);
    return place_end(h, stored_base, end, e);
}
