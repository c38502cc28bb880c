/*
 * scan/test_archive.c - archives whose two views differ: a finding where it matters, a remark where it does not.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "base/buf.h"
#include "src/scan/inspect.h"

static void add_u16(buf *b, unsigned n)
{
    buf_add_byte(b, (uint8_t)n);
    buf_add_byte(b, (uint8_t)(n >> 8));
}

static void add_u32(buf *b, uint32_t n)
{
    add_u16(b, n & 0xffff);
    add_u16(b, n >> 16);
}

enum { CRC_OF_X = 0x8cdc1683U };

/* A stored member of the byte 'x'. */
static void add_local(buf *b, const char *name)
{
    add_u32(b, 0x04034b50);
    add_u16(b, 20);
    for (int i = 0; i < 4; i++) add_u16(b, 0);
    add_u32(b, CRC_OF_X);
    add_u32(b, 1);
    add_u32(b, 1);
    add_u16(b, (unsigned)strlen(name));
    add_u16(b, 0);
    buf_add_str(b, str_from_c(name));
    buf_add_byte(b, 'x');
}

static void add_central(buf *b, const char *name, uint32_t at)
{
    add_u32(b, 0x02014b50);
    add_u16(b, 20);
    add_u16(b, 20);
    for (int i = 0; i < 4; i++) add_u16(b, 0);
    add_u32(b, CRC_OF_X);
    add_u32(b, 1);
    add_u32(b, 1);
    add_u16(b, (unsigned)strlen(name));
    for (int i = 0; i < 4; i++) add_u16(b, 0);
    add_u32(b, 0);
    add_u32(b, at);
    buf_add_str(b, str_from_c(name));
}

static void add_end(buf *b, unsigned count, size_t directory_at)
{
    size_t directory_bytes = b->len - directory_at;
    add_u32(b, 0x06054b50);
    add_u32(b, 0);
    add_u16(b, count);
    add_u16(b, count);
    add_u32(b, (uint32_t)directory_bytes);
    add_u32(b, (uint32_t)directory_at);
    add_u16(b, 0);
}

/* The verdict of an archive: a member (by its two names), maybe one that is not listed, maybe bytes behind. */
typedef struct layout {
    const char *local, *central, *hidden;
    const char *front, *back;
    size_t back_bytes;
} layout;

static void check(const layout *l, const char *wanted, const char *code)
{
    AUTO_BUF buf zip;
    buf_init(&zip, 1 << 20);
    add_local(&zip, l->local);
    if (l->hidden) add_local(&zip, l->hidden);
    size_t directory_at = zip.len;
    add_central(&zip, l->central, 0);
    add_end(&zip, 1, directory_at);

    AUTO_BUF buf file;
    buf_init(&file, 1 << 20);
    if (l->front) buf_add_str(&file, str_from_c(l->front));
    buf_add(&file, buf_bytes(&zip));
    if (l->back) buf_add(&file, (bytes){(const uint8_t *)l->back, l->back_bytes});

    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    AUTO(json_release) json_t *part = NULL;
    err e = {0};
    if (!inspect(&a, STR("some.zip"), buf_bytes(&file), &part, &e)) fail_msg("%s", e.message);
    assert_string_equal(json_string_value(json_object_get(part, "verdict")), wanted);
    bool is_told = code == NULL;
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(part, "findings"), i, f) is_told =
        is_told || strcmp(json_string_value(json_object_get(f, "code")), code) == 0;
    if (!is_told) fail_msg("%s is not told of %s", code, l->local);
    if (!code) assert_null(json_object_get(part, "findings"));
}

static void an_honest_archive_has_no_finding(void **state)
{
    (void)state;
    check(&(layout){.local = "readme", .central = "readme"}, "not_a_model", NULL);
}

static void a_model_under_two_names_is_unsafe(void **state)
{
    (void)state;
    check(&(layout){.local = "readme.pk1", .central = "readme.pkl"}, "unsafe", "MDL-ZIP-001");
}

static void another_member_under_two_names_is_a_remark(void **state)
{
    (void)state;
    check(&(layout){.local = "licence", .central = "LICENCE"}, "not_a_model", "MDL-ZIP-001");
}

static void a_member_that_is_not_listed_is_unsafe(void **state)
{
    (void)state;
    check(&(layout){.local = "readme", .central = "readme", .hidden = "m.pkl"}, "unsafe", "MDL-ZIP-003");
}

static void a_start_script_is_a_remark(void **state)
{
    (void)state;
    check(&(layout){.local = "main.py", .central = "main.py", .front = "#!/usr/bin/python3\n"}, "not_a_model",
          "MDL-ZIP-006");
}

static void a_pickle_behind_the_archive_is_judged(void **state)
{
    (void)state;
    static const char evil[] = "\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.";
    check(&(layout){.local = "a", .central = "a", .back = evil, .back_bytes = sizeof(evil) - 1}, "unsafe",
          "MDL-PKL-001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_archive_has_no_finding),
        cmocka_unit_test(a_model_under_two_names_is_unsafe),
        cmocka_unit_test(another_member_under_two_names_is_a_remark),
        cmocka_unit_test(a_member_that_is_not_listed_is_unsafe),
        cmocka_unit_test(a_start_script_is_a_remark),
        cmocka_unit_test(a_pickle_behind_the_archive_is_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
