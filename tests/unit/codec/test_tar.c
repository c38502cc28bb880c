/*
 * Tar archives of every dialect, made here block by block; and what is wrong with them.
 */
#include "tests/unit/test.h"

#include "base/limits.h"
#include "codec/tar.h"

#include <zlib.h>

enum { BLOCK = 512 };

typedef struct header {
    const char *name, *link, *magic, *prefix;
    char type;
    uint64_t size;
} header;

static void add_header(buf *out, header h)
{
    uint8_t block[BLOCK] = {0};
    memcpy(block, h.name, strnlen(h.name, 100));
    memcpy(block + 100, "0000644", 7);
    snprintf((char *)block + 124, 12, "%011llo", (unsigned long long)h.size);
    block[156] = (uint8_t)h.type;
    if (h.link) memcpy(block + 157, h.link, strnlen(h.link, 100));
    memcpy(block + 257,
           h.magic ? h.magic
                   : "ustar\0"
                     "00",
           8);
    if (h.prefix) memcpy(block + 345, h.prefix, strnlen(h.prefix, 155));
    unsigned sum = 8 * ' ';
    for (size_t i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0 : block[i];
    snprintf((char *)block + 148, 8, "%06o", sum);
    buf_add(out, (bytes){block, BLOCK});
}

static void add_data(buf *out, const char *text)
{
    static const uint8_t zeros[BLOCK] = {0};
    size_t len = strlen(text);
    buf_add_str(out, str_from_c(text));
    buf_add(out, (bytes){zeros, (BLOCK - len % BLOCK) % BLOCK});
}

static void add_file(buf *out, const char *name, const char *text)
{
    add_header(out, (header){.name = name, .type = '0', .size = strlen(text)});
    add_data(out, text);
}

static void add_end(buf *out)
{
    static const uint8_t zeros[2 * BLOCK] = {0};
    buf_add(out, (bytes){zeros, sizeof zeros});
}

/* --- what the walk tells, as text ------------------------------------------------------------------------------------------ */

static bool wants_files(void *ctx, const tar_member *member)
{
    (void)ctx;
    return member->kind == TAR_FILE;
}

static bool note(void *ctx, const tar_member *m, bytes content, err *e)
{
    (void)e;
    buf_printf(ctx, "%.*s|%c|%.*s|%llu|%.*s\n", STR_ARG(m->path), "fdlho"[m->kind], STR_ARG(m->link),
               (unsigned long long)m -> size_bytes, STR_ARG(bytes_str(content)));
    return true;
}

static bool walk(bytes archive, buf *told, err *e)
{
    unpack_budget budget = unpack_budget_new(archive.len);
    tar_visitor visitor = {told, wants_files, note};
    buf_init(told, 1 << 20);
    return tar_walk(archive, &budget, &visitor, e);
}

static void expect(const buf *archive, const char *wanted)
{
    AUTO_BUF buf told;
    err e = {0};
    if (!walk(buf_bytes(archive), &told, &e)) fail_msg("%s", e.message);
    buf_add_byte(&told, 0);
    assert_string_equal((const char *)told.data, wanted);
}

static void expect_error(const buf *archive, err_code code)
{
    AUTO_BUF buf told;
    err e = {0};
    assert_false(walk(buf_bytes(archive), &told, &e));
    if (e.code != code) fail_msg("%s: %s", err_name(e.code), e.message);
}

/* --- tests ----------------------------------------------------------------------------------------------------------------- */

static void tar_walk_tells_every_kind_of_member(void **state)
{
    (void)state;
    AUTO_BUF buf t;
    buf_init(&t, 1 << 20);
    add_header(&t, (header){.name = "./", .type = '5'});
    add_header(&t, (header){.name = "./etc/",
                            .type = '5',
                            .size = 512}); /* folders have no data, whatever the field says */
    add_file(&t, "./etc/os-release", "ID=debian\n");
    add_header(&t, (header){.name = "lib", .type = '2', .link = "usr/lib"});
    add_header(&t, (header){.name = "/b", .type = '1', .link = "./etc/os-release", .size = 10});
    add_file(&t, "app/.wh.old", "");
    add_header(&t, (header){.name = "dev/null", .type = '3'});
    add_header(&t, (header){.name = "old/", .type = '\0', .magic = "\0\0\0\0\0\0\0"});
    add_file(&t, "../up", "x");
    add_end(&t);
    expect(&t, "|d||0|\netc|d||0|\netc/os-release|f||10|ID=debian\n\nlib|l|usr/lib|0|\nb|h|etc/"
               "os-release|0|\napp/.wh.old|f||0|\ndev/null|o||0|\nold|d||0|\n../up|f||1|x\n");
    assert_true(tar_is(buf_bytes(&t)));
}

static void tar_walk_joins_long_names(void **state)
{
    (void)state;
    AUTO_BUF buf t;
    buf_init(&t, 1 << 20);
    add_header(&t, (header){.name = "base", .prefix = "a/long/prefix", .type = '0', .size = 1});
    add_data(&t, "p");
    add_header(&t, (header){.name = "gnu", .prefix = "not a path", .magic = "ustar  ", .type = '0'});
    add_header(&t, (header){.name = "././@LongLink", .type = 'L', .size = 11, .magic = "ustar  "});
    add_data(&t, "very/long/1");
    add_header(&t, (header){.name = "././@LongLink", .type = 'K', .size = 6, .magic = "ustar  "});
    add_data(&t, "target");
    add_header(&t, (header){.name = "cut", .link = "cut", .type = '2', .magic = "ustar  "});
    add_header(&t, (header){.name = "pax", .type = 'x', .size = 32});
    add_data(&t, "23 path=other/name.txt\n9 size=3\n");
    add_header(&t, (header){.name = "short", .type = '0', .size = 0});
    add_data(&t, "abc");
    add_header(&t, (header){.name = "global", .type = 'g', .size = 12});
    add_data(&t, "12 path=no!\n");
    add_file(&t, "plain", "y");
    add_end(&t);
    expect(&t, "a/long/prefix/base|f||1|p\ngnu|f||0|\nvery/long/1|l|target|0|\nother/"
               "name.txt|f||3|abc\nplain|f||1|y\n");
}

static void tar_walk_gives_no_content_of_sparse_files(void **state)
{
    (void)state;
    AUTO_BUF buf t;
    buf_init(&t, 1 << 20);
    add_header(&t, (header){.name = "sparse", .type = 'S', .size = 3, .magic = "ustar  "});
    add_data(&t, "abc");
    add_header(&t, (header){.name = "pax", .type = 'x', .size = 22});
    add_data(&t, "22 GNU.sparse.major=1\n");
    add_file(&t, "sparse.1", "map and data");
    add_file(&t, "after", "z");
    expect(&t, "sparse|f||3|\nsparse.1|f||12|\nafter|f||1|z\n");
}

static void tar_walk_unpacks(void **state)
{
    (void)state;
    AUTO_BUF buf t, packed;
    buf_init(&t, 1 << 20);
    buf_init(&packed, 1 << 20);
    add_file(&t, "a", "hello");
    add_end(&t);
    z_stream z = {.next_in = t.data, .avail_in = (uInt)t.len};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = buf_reserve(&packed, 1 << 16);
    z.avail_out = 1 << 16;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_advance(&packed, z.total_out);
    deflateEnd(&z);
    expect(&packed, "a|f||5|hello\n");
}

static void tar_walk_refuses_damage(void **state)
{
    (void)state;
    AUTO_BUF buf t;
    buf_init(&t, 4 << 20);
    add_file(&t, "a", "hello");
    size_t whole = t.len;
    for (size_t len = 1; len < whole; len++) {
        t.len = len;
        expect_error(&t, ERR_TRUNCATED);
    }
    t.len = whole;
    t.data[0] ^= 1;
    expect_error(&t, ERR_INVALID);
    t.data[0] ^= 1;

    static const uint8_t zeros[BLOCK] = {0};
    buf_add(&t,
            (bytes){zeros,
                    BLOCK}); /* a lone zero block, then a member that other readers would or would not see */
    add_file(&t, "hidden", "x");
    expect_error(&t, ERR_INVALID);

    buf_reset(&t);
    add_header(&t, (header){.name = "L", .type = 'L', .size = LIMIT_TAR_HEADER_BYTES + 1});
    expect_error(&t, ERR_TOO_LARGE);
    static const char *const records[] = {
        "99 a=b\n", "6 a=bc", "x a=b\n", "6 abc\n", "99999999999999999999 a=b\n", "10 size=x\n", "0 a=b\n"};
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        buf_reset(&t);
        add_header(&t, (header){.name = "x", .type = 'x', .size = strlen(records[i])});
        add_data(&t, records[i]);
        add_file(&t, "a", "b");
        expect_error(&t, ERR_INVALID);
    }
    buf_reset(&t);
    add_header(&t, (header){.name = "huge", .type = '0', .size = 0777777777777 - 1});
    expect_error(&t, ERR_TRUNCATED);
}

static void tar_walk_stops_at_the_limit_of_members(void **state)
{
    (void)state;
    AUTO_BUF buf t, told;
    buf_init(&t, 1 << 20);
    buf_init(&told, 1 << 20);
    add_file(&t, "a", "");
    add_file(&t, "b", "");
    unpack_budget budget = unpack_budget_new(t.len);
    budget.members_left = 1;
    err e = {0};
    assert_false(tar_walk(buf_bytes(&t), &budget, &(tar_visitor){&told, wants_files, note}, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tar_walk_tells_every_kind_of_member),
        cmocka_unit_test(tar_walk_joins_long_names),
        cmocka_unit_test(tar_walk_gives_no_content_of_sparse_files),
        cmocka_unit_test(tar_walk_unpacks),
        cmocka_unit_test(tar_walk_refuses_damage),
        cmocka_unit_test(tar_walk_stops_at_the_limit_of_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
