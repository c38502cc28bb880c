/*
 * Every packing: recognised, unpacked in one go and by small pulls, concatenated, cut, damaged, and stopped by its budget.
 * The packed forms are made here with the libraries themselves.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "codec/unpack.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

enum { PLAIN_BYTES = 200000, ROOM = 400000 };

static uint8_t plain[PLAIN_BYTES];

static void fill(void)
{
    uint32_t seed = 1;
    for (size_t i = 0; i < PLAIN_BYTES; i++) {
        seed = seed * 1664525u + 1013904223u;
        plain[i] = (uint8_t)(i % 7 ? seed >> 28 : 'x');
    }
}

static size_t pack_zlib(int bits, const uint8_t *in, size_t len, uint8_t *out)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)in;
    z.avail_in = (uInt)len;
    z.next_out = out;
    z.avail_out = ROOM;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t got = z.total_out;
    deflateEnd(&z);
    return got;
}

static size_t pack_lzma(bool xz, const uint8_t *in, size_t len, uint8_t *out)
{
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_options_lzma options;
    lzma_lzma_preset(&options, 1);
    assert_int_equal(xz ? lzma_easy_encoder(&z, 1, LZMA_CHECK_CRC64) : lzma_alone_encoder(&z, &options),
                     LZMA_OK);
    z.next_in = in;
    z.avail_in = len;
    z.next_out = out;
    z.avail_out = ROOM;
    assert_int_equal(lzma_code(&z, LZMA_FINISH), LZMA_STREAM_END);
    size_t got = ROOM - z.avail_out;
    lzma_end(&z);
    return got;
}

static size_t pack(packing p, const uint8_t *in, size_t len, uint8_t *out)
{
    unsigned room = ROOM;
    switch (p) {
    case PACKING_GZIP: return pack_zlib(31, in, len, out);
    case PACKING_ZLIB: return pack_zlib(15, in, len, out);
    case PACKING_DEFLATE: return pack_zlib(-15, in, len, out);
    case PACKING_ZFILE: {
        size_t head_bytes = (size_t)snprintf((char *)out, ROOM, "ZF%-19s", "");
        snprintf((char *)out + 2, 20, "0x%-17zx", len);
        return head_bytes + pack_zlib(15, in, len, out + head_bytes);
    }
    case PACKING_BZIP2:
        assert_int_equal(
            BZ2_bzBuffToBuffCompress((char *)out, &room, (char *)(uintptr_t)in, (unsigned)len, 1, 0, 0),
            BZ_OK);
        return room;
    case PACKING_XZ: return pack_lzma(true, in, len, out);
    case PACKING_LZMA: return pack_lzma(false, in, len, out);
    case PACKING_ZSTD: return ZSTD_compress(out, ROOM, in, len, 3);
    case PACKING_LZ4: {
        LZ4F_preferences_t options = {.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled};
        return LZ4F_compressFrame(out, ROOM, in, len, &options);
    }
    case PACKING_NONE: break;
    }
    return 0;
}

static bool unpack(packing p, bytes packed, buf *out, size_t *used, err *e)
{
    unpack_budget budget = unpack_budget_new(packed.len);
    return unpack_all(p, packed, &budget, out, used, e);
}

static void check_whole(packing p, bytes packed, size_t want_used, bytes want)
{
    AUTO_BUF buf out;
    buf_init(&out, 1 << 20);
    size_t used = 0;
    err e = {0};
    if (!unpack(p, packed, &out, &used, &e)) fail_msg("%s: %s", packing_name(p), e.message);
    assert_int_equal(used, want_used);
    assert_int_equal(out.len, want.len);
    assert_memory_equal(out.data, want.data, want.len);
}

static void every_packing_is_recognised_and_unpacked(void **state)
{
    (void)state;
    fill();
    static uint8_t packed[ROOM + 16];
    for (packing p = PACKING_GZIP; p <= PACKING_DEFLATE; p++) {
        size_t len = pack(p, plain, PLAIN_BYTES, packed);
        if (p != PACKING_DEFLATE) assert_int_equal(packing_sniff((bytes){packed, len}), p);
        check_whole(p, (bytes){packed, len}, len, (bytes){plain, PLAIN_BYTES});
        memcpy(packed + len, "tail", 4); /* bytes that belong to nobody are left over */
        check_whole(p, (bytes){packed, len + 4}, len, (bytes){plain, PLAIN_BYTES});
    }
}

static void members_that_may_follow_each_other_are_one_stream(void **state)
{
    (void)state;
    fill();
    static uint8_t packed[2 * ROOM];
    static const packing concatenable[] = {PACKING_GZIP, PACKING_BZIP2, PACKING_XZ, PACKING_ZSTD,
                                           PACKING_LZ4};
    for (size_t i = 0; i < COUNT_OF(concatenable); i++) {
        size_t first = pack(concatenable[i], plain, 1000, packed);
        size_t len = first + pack(concatenable[i], plain + 1000, PLAIN_BYTES - 1000, packed + first);
        check_whole(concatenable[i], (bytes){packed, len}, len, (bytes){plain, PLAIN_BYTES});
    }
}

static void small_pulls_give_the_same(void **state)
{
    (void)state;
    fill();
    static uint8_t packed[ROOM];
    for (packing p = PACKING_GZIP; p <= PACKING_DEFLATE; p++) {
        size_t len = pack(p, plain, 30000, packed), at = 0, got = 1;
        unpack_budget budget = unpack_budget_new(len);
        AUTO(unpack_close) unpack_stream *s = NULL;
        assert_true(unpack_open(p, (bytes){packed, len}, &budget, &s, NULL));
        while (got) {
            uint8_t piece[7];
            assert_true(unpack_read(s, piece, sizeof(piece), &got, NULL));
            assert_true(at + got <= 30000);
            assert_memory_equal(piece, plain + at, got);
            at += got;
        }
        assert_int_equal(at, 30000);
        assert_int_equal(budget.unpacked_bytes, 30000);
    }
}

static void cut_and_damaged_data_fail_and_keep_what_came_before(void **state)
{
    (void)state;
    fill();
    static uint8_t packed[ROOM];
    for (packing p = PACKING_GZIP; p <= PACKING_DEFLATE; p++) {
        size_t len = pack(p, plain, PLAIN_BYTES, packed), used = 0;
        AUTO_BUF buf out;
        buf_init(&out, 1 << 20);
        err e = {0};
        assert_false(unpack(p, (bytes){packed, len - 9}, &out, &used, &e));
        assert_true(strlen(e.message) > 0);
        if (out.len) assert_memory_equal(out.data, plain, out.len);
        for (size_t i = 0; i < len; i += 997) {
            AUTO_BUF buf damaged;
            buf_init(&damaged, 1 << 20);
            packed[i] ^= 0x55;
            (void)unpack(p, (bytes){packed, len}, &damaged, &used,
                         NULL); /* may fail or not; must not crash */
            packed[i] ^= 0x55;
        }
    }
}

static void a_wrong_checksum_still_gives_the_bytes(void **state)
{
    (void)state;
    uint8_t packed[1000];
    size_t len = pack(PACKING_GZIP, (const uint8_t *)"payload", 7, packed), used = 0;
    packed[len - 6] ^= 1;
    AUTO_BUF buf out;
    buf_init(&out, 100);
    err e = {0};
    assert_false(unpack(PACKING_GZIP, (bytes){packed, len}, &out, &used, &e));
    assert_non_null(strstr(e.message, "checksum"));
    assert_true(str_eq(buf_str(&out), STR("payload")));
}

static void a_bomb_meets_the_ratio_and_the_ceiling(void **state)
{
    (void)state;
    size_t plain_bytes = 100u << 20;
    uint8_t *zeros = calloc(1, plain_bytes), *packed = malloc(1 << 20);
    size_t len = ZSTD_compress(packed, 1 << 20, zeros, plain_bytes, 1), used = 0;
    free(zeros);
    assert_true(len > 0 && plain_bytes / len > LIMIT_ARCHIVE_RATIO);
    AUTO_BUF buf out;
    buf_init(&out, plain_bytes);
    err e = {0};
    assert_false(unpack(PACKING_ZSTD, (bytes){packed, len}, &out, &used, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_non_null(strstr(e.message, "LIMIT_ARCHIVE_RATIO"));

    AUTO_BUF buf small;
    buf_init(&small, 1000);
    assert_false(unpack(PACKING_ZSTD, (bytes){packed, len}, &small, &used, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    free(packed);
}

static void text_is_not_packed(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "x", "hello", "BZhello", "]\0\0", "PK\3\4"};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(packing_sniff(str_bytes(str_from_c(texts[i]))), PACKING_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packing_is_recognised_and_unpacked),
        cmocka_unit_test(members_that_may_follow_each_other_are_one_stream),
        cmocka_unit_test(small_pulls_give_the_same),
        cmocka_unit_test(cut_and_damaged_data_fail_and_keep_what_came_before),
        cmocka_unit_test(a_wrong_checksum_still_gives_the_bytes),
        cmocka_unit_test(a_bomb_meets_the_ratio_and_the_ceiling),
        cmocka_unit_test(text_is_not_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
