/*
 * codec/unpack.c - seven decompressors behind one pull, and one budget over all of them.
 *
 * Formats that may be concatenated are: the next member starts when the bytes after one say so by their magic. What does not is left
 * over, and the caller's business.
 */
#include "codec/unpack.h"

#include "base/fault.h"
#include "base/limits.h"

#include <assert.h>
#include <bzlib.h>
#include <isa-l/igzip_lib.h>
#include <limits.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <zstd.h>

/* --- recognising ------------------------------------------------------------------------------------------------------------------ */

static bool starts(bytes b, const char *magic, size_t len)
{
    return b.len >= len && memcmp(b.data, magic, len) == 0;
}

/* RFC 1950, section 2.2: deflate, a window of at most 32 KiB, and the two bytes divisible by 31. Presets are never used in files. */
static bool is_zlib(bytes b)
{
    if (b.len < 2 || b.data[0] != 0x78 || (b.data[1] & 0x20)) return false;
    return (b.data[0] * 256u + b.data[1]) % 31 == 0;
}

/* No magic: properties byte, dictionary size, unpacked size. Only what encoders write is taken (as `file` and liblzma do). */
static bool is_lzma_alone(bytes b)
{
    if (b.len < 13 || b.data[0] != 0x5d) return false;
    uint32_t dictionary = 0;
    uint64_t size = 0;
    for (unsigned i = 0; i < 4; i++) dictionary |= (uint32_t)b.data[1 + i] << (8 * i);
    for (unsigned i = 0; i < 8; i++) size |= (uint64_t)b.data[5 + i] << (8 * i);
    uint32_t lowest_bit = dictionary & (0 - dictionary), rest = dictionary ^ lowest_bit;
    bool is_round = dictionary == UINT32_MAX || rest == 0 || rest == lowest_bit << 1;
    return dictionary >= 4096 && is_round && (size == UINT64_MAX || size < 256 * GIB);
}

enum {
    ZFILE_MAGIC_BYTES = 2,
    ZFILE_LENGTH_BYTES = 19,
    ZFILE_HEAD_BYTES = ZFILE_MAGIC_BYTES + ZFILE_LENGTH_BYTES
};

/* "0x31f", filled with blanks; Python 2 wrote one blank more than Python 3. */
static bool zfile_read(bytes b, uint64_t *length, size_t *head_bytes)
{
    if (!starts(b, "ZF0x", 4) || b.len <= ZFILE_HEAD_BYTES) return false;
    str digits = str_trim(str_slice(bytes_str(b), 4, ZFILE_HEAD_BYTES - 4));
    *length = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.data[i];
        bool is_digit = c >= '0' && c <= '9', is_letter = c >= 'a' && c <= 'f';
        if (!is_digit && !is_letter) return false;
        *length = *length << 4 | (uint64_t)(is_digit ? c - '0' : c - 'a' + 10);
    }
    *head_bytes = ZFILE_HEAD_BYTES + (b.data[ZFILE_HEAD_BYTES] == ' ');
    return digits.len > 0 && digits.len <= 16;
}

static bool is_bzip2(bytes b)
{
    return b.len >= 4 && starts(b, "BZh", 3) && b.data[3] >= '1' && b.data[3] <= '9';
}

packing packing_sniff(bytes head)
{
    if (starts(head, "\x1f\x8b\x08", 3)) return PACKING_GZIP;
    if (is_bzip2(head)) return PACKING_BZIP2;
    if (starts(head, "\xfd\x37zXZ\0", 6)) return PACKING_XZ;
    if (starts(head, "\x28\xb5\x2f\xfd", 4)) return PACKING_ZSTD;
    if (starts(head, "\x04\x22\x4d\x18", 4)) return PACKING_LZ4;
    uint64_t length;
    size_t head_bytes;
    if (zfile_read(head, &length, &head_bytes)) return PACKING_ZFILE;
    if (is_lzma_alone(head)) return PACKING_LZMA;
    if (is_zlib(head)) return PACKING_ZLIB;
    return PACKING_NONE;
}

const char *packing_name(packing p)
{
    static const char *const names[] = {"none", "gzip", "zlib", "bzip2", "xz",
                                        "lzma", "zstd", "lz4",  "zfile", "deflate"};
    assert((size_t)p < COUNT_OF(names));
    return names[p];
}

/* --- budget ----------------------------------------------------------------------------------------------------------------------- */

enum { RATIO_FROM_BYTES = 64 * 1024 * 1024 };

unpack_budget unpack_budget_new(uint64_t packed_bytes)
{
    return (unpack_budget){.bytes_left = LIMIT_ARCHIVE_TOTAL_BYTES,
                           .members_left = LIMIT_ARCHIVE_MEMBERS,
                           .packed_bytes = packed_bytes,
                           .depth_left = LIMIT_ARCHIVE_DEPTH};
}

bool unpack_charge(unpack_budget *budget, uint64_t count, err *e)
{
    if (count > budget->bytes_left)
        return err_set(e, ERR_TOO_LARGE, "unpacks to more than LIMIT_ARCHIVE_TOTAL_BYTES (%llu)",
                       (unsigned long long)LIMIT_ARCHIVE_TOTAL_BYTES);
    budget->bytes_left -= count;
    budget->unpacked_bytes += count;
    if (budget->unpacked_bytes > RATIO_FROM_BYTES &&
        budget->unpacked_bytes / LIMIT_ARCHIVE_RATIO > budget->packed_bytes)
        return err_set(e, ERR_TOO_LARGE,
                       "unpacks to more than LIMIT_ARCHIVE_RATIO (%d) times its size: %llu from %llu bytes",
                       (int)LIMIT_ARCHIVE_RATIO, (unsigned long long)budget->unpacked_bytes,
                       (unsigned long long)budget->packed_bytes);
    return true;
}

/* --- streams ---------------------------------------------------------------------------------------------------------------------- */

struct unpack_stream {
    packing packing;
    bytes rest;          /* packed bytes not consumed yet */
    size_t packed_bytes; /* of the whole input */
    unpack_budget *budget;
    bool is_member_open, is_done, is_broken;
    uint64_t given, promised; /* unpacked bytes; promised: what the head of a z-file says */
    err trouble;              /* of a broken stream: told when the bytes before it were given out */
    union {
        struct inflate_state *inflate;
        bz_stream bzip2;
        lzma_stream lzma;
        ZSTD_DStream *zstd;
        LZ4F_dctx *lz4;
    };
};

/* What one step of a decoder did; input is taken from stream->rest by the decoder itself. */
typedef struct step_result {
    size_t got;
    bool is_member_end;
} step_result;

typedef struct codec_ops {
    bool (*begin)(unpack_stream *s);
    bool (*step)(unpack_stream *s, uint8_t *into, size_t capacity, step_result *result, err *e);
    void (*end)(unpack_stream *s);
    bool is_concatenable;
} codec_ops;

static void consume(unpack_stream *s, size_t left)
{
    assert(left <= s->rest.len);
    s->rest = (bytes){s->rest.data + (s->rest.len - left), left};
}

/* Bytes that were consumed, perhaps by an earlier step. */
static void give_back(unpack_stream *s, size_t count)
{
    assert(count <= s->packed_bytes - s->rest.len);
    s->rest = (bytes){s->rest.data - count, s->rest.len + count};
}

static bool damaged(const unpack_stream *s, const char *why, err *e)
{
    return err_set(e, ERR_INVALID, "the %s data are damaged near byte %zu: %s", packing_name(s->packing),
                   s->packed_bytes - s->rest.len, why);
}

/* Libraries count in 32 bits. */
static uint32_t at_most_u32(size_t count)
{
    return count < INT32_MAX ? (uint32_t)count : INT32_MAX;
}

/* --- gzip and zlib (ISA-L: two to three times as fast as zlib) --------------------------------------------------------------------- */

static bool inflate_begin(unpack_stream *s)
{
    if (!s->inflate) s->inflate = malloc(sizeof(*s->inflate));
    if (!s->inflate) return false;
    isal_inflate_init(s->inflate);
    s->inflate->crc_flag = s->packing == PACKING_GZIP      ? ISAL_GZIP
                           : s->packing == PACKING_DEFLATE ? ISAL_DEFLATE
                                                           : ISAL_ZLIB;
    return true;
}

static bool inflate_step(unpack_stream *s, uint8_t *into, size_t capacity, step_result *result, err *e)
{
    struct inflate_state *state = s->inflate;
    uint32_t in = at_most_u32(s->rest.len), out = at_most_u32(capacity);
    state->next_in = (uint8_t *)(uintptr_t)s->rest.data; /* read only */
    state->avail_in = in;
    state->next_out = into;
    state->avail_out = out;
    int code = isal_inflate(state);
    result->got = state->avail_out <= out ? out - state->avail_out : 0;
    /* After an error the input counts are void (they may even have wrapped). */
    if (code != ISAL_DECOMP_OK && code != ISAL_END_INPUT && code != ISAL_OUT_OVERFLOW)
        return err_set(e, ERR_INVALID, "the %s data are damaged: %s", packing_name(s->packing),
                       code == ISAL_INCORRECT_CHECKSUM ? "the checksum differs" : "invalid deflate data");

    result->is_member_end = state->block_state == ISAL_BLOCK_FINISH;
    /* More may be left than was given: the decoder puts back what it read ahead in an earlier step. */
    if (state->avail_in > in)
        give_back(s, state->avail_in - in);
    else
        consume(s, s->rest.len - in + state->avail_in);
    /* Without a trailer it does not: at the end, whole bytes of its register are not its own. */
    if (result->is_member_end && state->read_in_length > 0) give_back(s, (size_t)state->read_in_length / 8);
    return true;
}

static void inflate_end(unpack_stream *s)
{
    free(s->inflate);
}

/* --- bzip2 ------------------------------------------------------------------------------------------------------------------------ */

static bool bzip2_begin(unpack_stream *s)
{
    s->bzip2 = (bz_stream){0};
    return BZ2_bzDecompressInit(&s->bzip2, 0, 0) == BZ_OK;
}

static bool bzip2_step(unpack_stream *s, uint8_t *into, size_t capacity, step_result *result, err *e)
{
    uint32_t in = at_most_u32(s->rest.len), out = at_most_u32(capacity);
    s->bzip2.next_in = (char *)(uintptr_t)s->rest.data; /* read only */
    s->bzip2.avail_in = in;
    s->bzip2.next_out = (char *)into;
    s->bzip2.avail_out = out;
    int code = BZ2_bzDecompress(&s->bzip2);
    result->got = out - s->bzip2.avail_out;
    consume(s, s->rest.len - in + s->bzip2.avail_in);
    result->is_member_end = code == BZ_STREAM_END;
    return code == BZ_OK || code == BZ_STREAM_END || damaged(s, "invalid block", e);
}

static void bzip2_end(unpack_stream *s)
{
    if (s->is_member_open) BZ2_bzDecompressEnd(&s->bzip2);
}

/* --- xz and lzma ------------------------------------------------------------------------------------------------------------------ */

enum { LZMA_MEMORY_BYTES = 256 * 1024 * 1024 };

static bool lzma_begin(unpack_stream *s)
{
    s->lzma = (lzma_stream)LZMA_STREAM_INIT;
    lzma_ret code = s->packing == PACKING_XZ ? lzma_stream_decoder(&s->lzma, LZMA_MEMORY_BYTES, 0)
                                             : lzma_alone_decoder(&s->lzma, LZMA_MEMORY_BYTES);
    return code == LZMA_OK;
}

static bool lzma_step(unpack_stream *s, uint8_t *into, size_t capacity, step_result *result, err *e)
{
    s->lzma.next_in = s->rest.data;
    s->lzma.avail_in = s->rest.len;
    s->lzma.next_out = into;
    s->lzma.avail_out = capacity;
    lzma_ret code = lzma_code(&s->lzma, LZMA_RUN);
    result->got = capacity - s->lzma.avail_out;
    consume(s, s->lzma.avail_in);
    result->is_member_end = code == LZMA_STREAM_END;
    if (code == LZMA_MEMLIMIT_ERROR)
        return err_set(e, ERR_TOO_LARGE, "the dictionary of the lzma data is larger than 256 MiB");
    return code == LZMA_OK || code == LZMA_STREAM_END || code == LZMA_BUF_ERROR ||
           damaged(s, "invalid block", e);
}

static void lzma_finish(unpack_stream *s)
{
    lzma_end(&s->lzma);
}

/* --- zstd ------------------------------------------------------------------------------------------------------------------------- */

static bool zstd_begin(unpack_stream *s)
{
    if (!s->zstd) s->zstd = ZSTD_createDStream();
    return s->zstd && !ZSTD_isError(ZSTD_initDStream(s->zstd));
}

static bool zstd_step(unpack_stream *s, uint8_t *into, size_t capacity, step_result *result, err *e)
{
    ZSTD_inBuffer in = {s->rest.data, s->rest.len, 0};
    ZSTD_outBuffer out = {into, capacity, 0};
    size_t code = ZSTD_decompressStream(s->zstd, &out, &in);
    result->got = out.pos;
    consume(s, s->rest.len - in.pos);
    result->is_member_end = code == 0;
    return !ZSTD_isError(code) || damaged(s, ZSTD_getErrorName(code), e);
}

static void zstd_end(unpack_stream *s)
{
    ZSTD_freeDStream(s->zstd);
}

/* --- lz4 -------------------------------------------------------------------------------------------------------------------------- */

static bool lz4_begin(unpack_stream *s)
{
    return s->lz4 || !LZ4F_isError(LZ4F_createDecompressionContext(&s->lz4, LZ4F_VERSION));
}

static bool lz4_step(unpack_stream *s, uint8_t *into, size_t capacity, step_result *result, err *e)
{
    size_t in = s->rest.len, out = capacity;
    size_t code = LZ4F_decompress(s->lz4, into, &out, s->rest.data, &in, NULL);
    if (LZ4F_isError(code)) return damaged(s, LZ4F_getErrorName(code), e); /* counts are void then */
    result->got = out;
    consume(s, s->rest.len - in);
    result->is_member_end = code == 0;
    return true;
}

static void lz4_end(unpack_stream *s)
{
    LZ4F_freeDecompressionContext(s->lz4);
}

/* --- the table, and the pull ------------------------------------------------------------------------------------------------------- */

static const codec_ops codecs[] = {
    [PACKING_GZIP] = {inflate_begin, inflate_step, inflate_end, true},
    [PACKING_ZLIB] = {inflate_begin, inflate_step, inflate_end, false},
    [PACKING_BZIP2] = {bzip2_begin, bzip2_step, bzip2_end, true},
    [PACKING_XZ] = {lzma_begin, lzma_step, lzma_finish, true},
    [PACKING_LZMA] = {lzma_begin, lzma_step, lzma_finish, false},
    [PACKING_ZSTD] = {zstd_begin, zstd_step, zstd_end, true},
    [PACKING_LZ4] = {lz4_begin, lz4_step, lz4_end, true},
    [PACKING_ZFILE] = {inflate_begin, inflate_step, inflate_end, false},
    [PACKING_DEFLATE] = {inflate_begin, inflate_step, inflate_end, false},
};

static bool member_begin(unpack_stream *s, err *e)
{
    if (fault_hit(FAULT_MEMORY) || !codecs[s->packing].begin(s))
        return err_set(e, ERR_MEMORY, "no memory for a %s decoder", packing_name(s->packing));
    s->is_member_open = true;
    return true;
}

bool unpack_open(packing p, bytes packed, unpack_budget *budget, unpack_stream **out, err *e)
{
    if (p == PACKING_NONE || (size_t)p >= COUNT_OF(codecs))
        return err_set(e, ERR_INVALID, "the data are not packed");
    AUTO(unpack_close) unpack_stream *s = fault_hit(FAULT_MEMORY) ? NULL : calloc(1, sizeof(*s));
    if (!s) return err_set(e, ERR_MEMORY, "no memory for a %s decoder", packing_name(p));
    s->packing = p;
    s->packed_bytes = packed.len;
    s->budget = budget;
    size_t head_bytes = 0;
    if (p == PACKING_ZFILE && !zfile_read(packed, &s->promised, &head_bytes))
        return err_set(e, ERR_INVALID, "the head of the z-file is damaged");
    s->rest = (bytes){packed.data + head_bytes, packed.len - head_bytes};
    if (!member_begin(s, e)) return false;
    *out = TAKE(s);
    return true;
}

/* Padding that formats allow between members: xz by fours, gzip on tapes. Not taken when nothing follows it. */
static void skip_padding(unpack_stream *s)
{
    if (s->packing != PACKING_XZ && s->packing != PACKING_GZIP) return;
    size_t zeros = 0;
    while (zeros < s->rest.len && s->rest.data[zeros] == 0) zeros++;
    consume(s, s->rest.len - zeros);
}

/* A member ended: is there another? */
static bool member_next(unpack_stream *s, err *e)
{
    if (s->packing == PACKING_BZIP2 || s->packing == PACKING_XZ || s->packing == PACKING_LZMA) {
        codecs[s->packing].end(s);
        s->lzma = (lzma_stream)LZMA_STREAM_INIT; /* the larger of the two: empties either */
    }
    s->is_member_open = false;
    if (codecs[s->packing].is_concatenable) skip_padding(s);
    s->is_done = !codecs[s->packing].is_concatenable || packing_sniff(s->rest) != s->packing;
    return s->is_done || member_begin(s, e);
}

/* One step; what it produced counts even when it failed: a loader would have used it before it met the damage. */
static bool stream_step(unpack_stream *s, uint8_t *into, size_t capacity, step_result *result)
{
    size_t before = s->rest.len;
    if (!codecs[s->packing].step(s, into, capacity, result, &s->trouble)) return false;
    s->given += result->got;
    if (result->is_member_end && s->packing == PACKING_ZFILE && s->given != s->promised)
        return err_set(&s->trouble, ERR_DIGEST_MISMATCH,
                       "the z-file unpacks to another length than its head says");
    if (result->is_member_end) return member_next(s, &s->trouble);
    if (result->got > 0 || s->rest.len != before) return true;
    return err_set(&s->trouble, ERR_TRUNCATED, "the %s data end early", packing_name(s->packing));
}

bool unpack_read(unpack_stream *s, uint8_t *into, size_t capacity, size_t *got, err *e)
{
    *got = 0;
    while (!s->is_done && !s->is_broken && *got == 0 && capacity > 0) {
        step_result step = {0};
        s->is_broken = !stream_step(s, into, capacity, &step);
        if (!unpack_charge(s->budget, step.got, e)) return false;
        *got = step.got;
    }
    if (*got > 0 || !s->is_broken) return true;
    if (e) *e = s->trouble;
    return false;
}

void unpack_close(unpack_stream *s)
{
    if (!s) return;
    codecs[s->packing].end(s);
    free(s);
}

enum { UNPACK_CHUNK_BYTES = 256 * 1024 };

bool unpack_all(packing p, bytes packed, unpack_budget *budget, buf *out, size_t *used, err *e)
{
    AUTO(unpack_close) unpack_stream *s = NULL;
    if (!unpack_open(p, packed, budget, &s, e)) return false;
    for (size_t got = 1; got;) {
        size_t room = out->ceiling_bytes - out->len;
        uint8_t one_more; /* at the ceiling: only the end of the stream may still come */
        if (room > UNPACK_CHUNK_BYTES) room = UNPACK_CHUNK_BYTES;
        uint8_t *into = room ? buf_reserve(out, room) : &one_more;
        if (!into) return buf_ok(out, "the unpacked data", e);
        if (!unpack_read(s, into, room ? room : 1, &got, e)) return false;
        if (room == 0 && got)
            return err_set(e, ERR_TOO_LARGE,
                           "the data unpack to more than the %zu bytes that may be held in memory",
                           out->ceiling_bytes);
        buf_advance(out, room ? got : 0);
    }
    *used = packed.len - s->rest.len;
    return true;
}
