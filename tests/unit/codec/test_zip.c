/*
 * ZIP archives made here byte by byte, honest ones and ones whose two views differ.
 */
#include "tests/unit/test.h"

#include "codec/zip.h"

typedef struct spec {
    const char *path, *local_path; /* local_path NULL: the same */
    const char *text;
    uint16_t flags;
    uint32_t crc_error;
} spec;

static void u16(buf *b, unsigned v)
{
    buf_add_byte(b, (uint8_t)v);
    buf_add_byte(b, (uint8_t)(v >> 8));
}
static void u32(buf *b, uint32_t v)
{
    u16(b, v & 0xffff);
    u16(b, v >> 16);
}

static uint32_t crc_of(str s)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < s.len; i++) {
        crc ^= (uint8_t)s.data[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void local(buf *b, const spec *m)
{
    str path = str_from_c(m->local_path ? m->local_path : m->path), text = str_from_c(m->text);
    u32(b, 0x04034b50);
    u16(b, 20), u16(b, m->flags), u16(b, 0), u32(b, 0);
    u32(b, crc_of(text) ^ m->crc_error), u32(b, (uint32_t)text.len), u32(b, (uint32_t)text.len);
    u16(b, (unsigned)path.len), u16(b, 0);
    buf_add_str(b, path);
    buf_add_str(b, text);
}

static void central(buf *b, const spec *m, uint32_t offset)
{
    str path = str_from_c(m->path), text = str_from_c(m->text);
    u32(b, 0x02014b50);
    u16(b, 20), u16(b, 20), u16(b, m->flags), u16(b, 0), u32(b, 0);
    u32(b, crc_of(text) ^ m->crc_error), u32(b, (uint32_t)text.len), u32(b, (uint32_t)text.len);
    u16(b, (unsigned)path.len), u16(b, 0), u16(b, 0), u16(b, 0), u16(b, 0), u32(b, 0), u32(b, offset);
    buf_add_str(b, path);
}

static void make(buf *b, const spec *members, size_t count, const char *prefix, const char *suffix)
{
    buf_init(b, 1 << 20);
    buf_add_str(b, str_from_c(prefix));
    size_t start = b->len;
    uint32_t offsets[8];
    for (size_t i = 0; i < count; i++) {
        offsets[i] = (uint32_t)(b->len - start);
        local(b, &members[i]);
    }
    size_t directory = b->len;
    for (size_t i = 0; i < count; i++)
        if (members[i].path[0] != '-') central(b, &members[i], offsets[i]);
    size_t listed = 0;
    for (size_t i = 0; i < count; i++) listed += members[i].path[0] != '-';
    uint32_t directory_bytes = (uint32_t)(b->len - directory);
    u32(b, 0x06054b50);
    u16(b, 0), u16(b, 0), u16(b, (unsigned)listed), u16(b, (unsigned)listed), u32(b, directory_bytes),
        u32(b, (uint32_t)(directory - start)), u16(b, 0);
    buf_add_str(b, str_from_c(suffix));
}

typedef struct result {
    bool ok;
    const char *whole, *member;
    size_t count;
} result;

static result read_zip(const buf *b)
{
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    unpack_budget budget = unpack_budget_new(b->len);
    zip_directory zip;
    result r = {.ok = zip_read(&a, buf_bytes(b), &budget, &zip, NULL)};
    if (!r.ok) return r;
    r.whole = zip.disagreement;
    r.count = zip.count;
    for (size_t i = 0; i < zip.count; i++)
        if (!r.member) r.member = zip.members[i].disagreement;
    return r;
}

static void an_honest_archive_has_no_disagreement(void **state)
{
    (void)state;
    const spec members[] = {{"a.txt", NULL, "hello", 0, 0}, {"b/c.bin", NULL, "", 0, 0}};
    AUTO_BUF buf b;
    make(&b, members, 2, "", "");
    result r = read_zip(&b);
    assert_true(r.ok);
    assert_int_equal(r.count, 2);
    assert_null(r.whole);
    assert_null(r.member);
    assert_true(zip_is(buf_bytes(&b)));
}

static void each_trick_is_named(void **state)
{
    (void)state;
    static const struct {
        spec members[2];
        const char *prefix, *suffix, *whole, *member;
    } cases[] = {
        {{{"a", "b", "x", 0, 0}, {"c", NULL, "y", 0, 0}}, "", "", NULL, "another name"},
        {{{"a", NULL, "x", 0, 0}, {"a", NULL, "y", 0, 0}}, "", "", NULL, "two members"},
        {{{"a", NULL, "x", 1, 0}, {"c", NULL, "y", 0, 0}}, "", "", NULL, "encrypted"},
        {{{"a", NULL, "x", 0x20, 0}, {"c", NULL, "y", 0, 0}}, "", "", NULL, "reserved"},
        {{{"../a", NULL, "x", 0, 0}, {"c", NULL, "y", 0, 0}}, "", "", NULL, "path"},
        {{{"a", NULL, "x", 0, 0}, {"-hidden", NULL, "y", 0, 0}}, "", "", "does not list", NULL},
        {{{"a", NULL, "x", 0, 0}, {"c", NULL, "y", 0, 0}}, "prefix", "", "in front", NULL},
        {{{"a", NULL, "x", 0, 0}, {"c", NULL, "y", 0, 0}}, "", "suffix", "follow", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_BUF buf b;
        make(&b, cases[i].members, 2, cases[i].prefix, cases[i].suffix);
        result r = read_zip(&b);
        if (!r.ok) fail_msg("case %zu is not read", i);
        if (cases[i].whole && (!r.whole || !strstr(r.whole, cases[i].whole)))
            fail_msg("case %zu: %s", i, r.whole);
        if (cases[i].member && (!r.member || !strstr(r.member, cases[i].member)))
            fail_msg("case %zu: %s", i, r.member);
    }
}

static void a_member_with_a_wrong_checksum_is_filled_and_refused(void **state)
{
    (void)state;
    const spec members[] = {{"a", NULL, "payload", 0, 1}};
    AUTO_BUF buf b;
    make(&b, members, 1, "", "");
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    unpack_budget budget = unpack_budget_new(b.len);
    zip_directory zip;
    assert_true(zip_read(&a, buf_bytes(&b), &budget, &zip, NULL));
    AUTO_BUF buf out;
    buf_init(&out, 1 << 10);
    err e = {0};
    assert_false(zip_member_bytes(buf_bytes(&b), &zip.members[0], &budget, &out, &e));
    assert_int_equal(e.code, ERR_DIGEST_MISMATCH);
    assert_true(str_eq(buf_str(&out), STR("payload")));
}

static void a_damaged_archive_never_crashes(void **state)
{
    (void)state;
    const spec members[] = {{"a.txt", NULL, "hello", 0, 0}, {"b/c.bin", NULL, "world", 8, 0}};
    AUTO_BUF buf b;
    make(&b, members, 2, "", "");
    for (size_t i = 0; i < b.len; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            b.data[i] ^= (uint8_t)(1u << bit);
            (void)read_zip(&b);
            b.data[i] ^= (uint8_t)(1u << bit);
        }
    for (size_t cut = b.len; cut > 0; cut--) {
        b.len = cut;
        (void)read_zip(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_archive_has_no_disagreement),
        cmocka_unit_test(each_trick_is_named),
        cmocka_unit_test(a_member_with_a_wrong_checksum_is_filled_and_refused),
        cmocka_unit_test(a_damaged_archive_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
