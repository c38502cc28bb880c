/*
 * A bundle of files. This program is its own child (the spawner re-executes it): the roles are the real ones, but for files that say how to die.
 */
#include "base/limits.h"
#include "base/reader.h"
#include "os/file.h"
#include "scan/scan.h"
#include "tests/unit/test.h"

#include <sys/mman.h>
#include <unistd.h>

static spawner *shared;

/* --- roles ---------------------------------------------------------------------------------------------------------------------- */

static bool says(bytes content, const char *word)
{
    return str_contains(bytes_str(content), str_from_c(word));
}

static void send_answers(buf *answers)
{
    if (!fd_write_all(CHILD_SOCKET_FD, buf_bytes(answers), NULL)) _exit(9);
    buf_reset(answers);
}

static void answer(buf *answers, const char *json)
{
    uint32_t len = (uint32_t)strlen(json);
    buf_add(answers, (bytes){(const uint8_t *)&len, 4});
    buf_add_str(answers, str_from_c(json));
}

/* Can a child change what the next one will read? */
static bool can_tamper(void)
{
    bool can_map = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, CHILD_INPUT_FD, 0) != MAP_FAILED;
    return can_map || pwrite(CHILD_INPUT_FD, "I1\n.", 4, 16) >= 0 || ftruncate(CHILD_INPUT_FD, 16) == 0;
}

/* A death in the middle of an answer, with those that were gathered; a lie; or an honest word. */
static void act(buf *answers, bytes content)
{
    if (says(content, "CRASH")) {
        if (answers->len == 0 && write(CHILD_SOCKET_FD, "\xff\0\0\0{", 5) != 5) _exit(9);
        abort();
    }
    bool lies = says(content, "LIE") || (says(content, "TAMPER") && can_tamper());
    answer(answers, lies ? "{\"verdict\":\"lovely\"}" : "{\"verdict\":\"clean\",\"format\":\"pickle\"}");
}

static int play_bundle(const char *first_record, const char *how)
{
    bytes all;
    uint64_t from;
    if (!file_map(CHILD_INPUT_FD, &all, NULL) || !str_to_u64(str_from_c(first_record), &from)) return 2;
    reader r = reader_of(all);
    if (!reader_seek(&r, from)) return 2;
    buf answers;
    buf_init(&answers, 4096);
    while (reader_left(&r)) {
        uint32_t name_len = reader_u32le(&r), content_len = reader_u32le(&r);
        (void)reader_take(&r, name_len);
        act(&answers, reader_take(&r, content_len));
        if (strcmp(how, "at-once") == 0) send_answers(&answers);
    }
    send_answers(&answers);
    return 0;
}

static int play(int argc, char **argv)
{
    bytes content;
    if (argc > 2 && strcmp(argv[2], "scan-bundle") == 0) return argc > 4 ? play_bundle(argv[3], argv[4]) : 3;
    if (!file_map(CHILD_INPUT_FD, &content, NULL)) return 2;
    if (says(content, "CRASH")) abort();
    return scan_child_roles[0].run(argc - 2, argv + 2);
}

/* --- asking --------------------------------------------------------------------------------------------------------------------- */

static int file_of(const char *content)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void add(scan_bundle *b, const char *path, const char *content)
{
    AUTO(fd_close) int fd = file_of(content);
    bool taken = false;
    assert_true(scan_bundle_add(b, fd, str_from_c(path), &taken, NULL));
    assert_true(taken);
}

static void check(json_t *target, const char *path, const char *wanted)
{
    assert_non_null(target);
    assert_string_equal(json_string_value(json_object_get(target, "path")), path);
    assert_string_equal(json_string_value(json_object_get(target, "verdict")), wanted);
    assert_int_equal(json_string_length(json_object_get(target, "sha256")), 64);
    json_decref(target);
}

static void bundle_survives_a_file_that_kills_its_child(void **state)
{
    (void)state;
    AUTO(scan_bundle_free) scan_bundle *b = NULL;
    json_t *targets[7] = {0};
    assert_true(scan_bundle_new((scan_bundle_options){0}, &b, NULL));
    add(b, "a.pkl", "I1\n.");
    add(b, "b.pkl", "CRASH");
    add(b, "c.pkl", "I1\n.");
    add(b, "d.pkl", "LIE");
    add(b, "e.pkl", "CRASH");
    add(b, "f.pkl", "I1\n.");
    add(b, "g.pkl", "I1\n.");
    assert_int_equal(scan_bundle_count(b), 7);
    assert_true(scan_bundle_run(b, shared, targets, NULL));
    assert_non_null(strstr(json_string_value(json_object_get(
                               json_array_get(json_object_get(targets[1], "findings"), 0), "title")),
                           "signal 6"));
    check(targets[0], "a.pkl", "clean");
    check(targets[1], "b.pkl", "unparseable");
    check(targets[2], "c.pkl", "clean");
    check(targets[3], "d.pkl",
          "unparseable"); /* scanned again, alone, by the honest child: no format, and a model's name */
    check(targets[4], "e.pkl", "unparseable");
    check(targets[5], "f.pkl", "clean");
    check(targets[6], "g.pkl", "clean");
}

static void a_child_cannot_change_what_the_next_one_reads(void **state)
{
    (void)state;
    AUTO(scan_bundle_free) scan_bundle *b = NULL;
    json_t *targets[2] = {0};
    assert_true(scan_bundle_new((scan_bundle_options){0}, &b, NULL));
    add(b, "a.pkl",
        "TAMPER"); /* told as a pickle by the child that was taken over, and only when it could not */
    add(b, "b.pkl", "I1\n.");
    assert_true(scan_bundle_run(b, shared, targets, NULL));
    check(targets[0], "a.pkl", "clean");
    check(targets[1], "b.pkl", "clean");
}

static void bundle_takes_small_files_until_it_is_full(void **state)
{
    (void)state;
    AUTO(scan_bundle_free) scan_bundle *b = NULL;
    assert_true(scan_bundle_new((scan_bundle_options){0}, &b, NULL));
    bool taken;
    char *large = malloc(LIMIT_SCAN_SMALL_BYTES + 2);
    memset(large, 'x', LIMIT_SCAN_SMALL_BYTES + 1);
    large[LIMIT_SCAN_SMALL_BYTES + 1] = '\0';
    AUTO(fd_close) int too_large = file_of(large);
    assert_true(scan_bundle_add(b, too_large, STR("large"), &taken, NULL));
    assert_false(taken);
    assert_int_equal(scan_bundle_count(b), 0);
    large[LIMIT_SCAN_SMALL_BYTES] = '\0';
    size_t count = 0;
    for (taken = true; taken; count += taken) {
        AUTO(fd_close) int fd = file_of(large);
        assert_true(scan_bundle_add(b, fd, STR("just so"), &taken, NULL));
    }
    assert_in_range(count, 16, LIMIT_SCAN_BUNDLE_BYTES / LIMIT_SCAN_SMALL_BYTES);
    free(large);
}

static void an_empty_bundle_is_done(void **state)
{
    (void)state;
    AUTO(scan_bundle_free) scan_bundle *b = NULL;
    assert_true(scan_bundle_new((scan_bundle_options){0}, &b, NULL));
    assert_true(scan_bundle_run(b, shared, NULL, NULL));
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "child") == 0) _exit(play(argc, argv));
    if (!spawner_start(&shared, NULL)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundle_survives_a_file_that_kills_its_child),
        cmocka_unit_test(a_child_cannot_change_what_the_next_one_reads),
        cmocka_unit_test(bundle_takes_small_files_until_it_is_full),
        cmocka_unit_test(an_empty_bundle_is_done),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    spawner_stop(shared);
    return failed;
}
