/* blob/test_blob.c - uploads become blobs whole or not at all. */
#include "tests/unit/test.h"

#include "tests/unit/folder.h"

#include "base/fault.h"
#include "blob/blob.h"
#include "os/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

typedef struct fixture {
    test_folder folder;
    blob_store *store;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    f->folder = folder_make();
    err e = {0};
    assert_true(blob_store_open(f->folder.path, &f->store, &e));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    blob_store_close(f->store);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

static unsigned files_below(const char *folder)
{
    unsigned count = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) {
        char path[512];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        count += entry->d_type == DT_DIR ? files_below(path) : 1;
    }
    closedir(d);
    return count;
}

static unsigned spooled(const fixture *f)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/spool", f->folder.path);
    return files_below(path);
}

static digest sha256_of(const char *text)
{
    digest d;
    err e = {0};
    assert_true(digest_of(DIGEST_SHA256, str_bytes(str_from_c(text)), &d, &e));
    return d;
}

static void assert_holds(const fixture *f, const char *text)
{
    err e = {0};
    AUTO(fd_close) int fd = -1;
    uint64_t size;
    assert_true(blob_open(f->store, sha256_of(text), &fd, &size, &e));
    assert_int_equal(size, strlen(text));
    AUTO_BUF buf got;
    buf_init(&got, 1 << 20);
    assert_true(fd_read_all(fd, &got, &e));
    assert_true(str_eq(buf_str(&got), str_from_c(text)));
}

static bool store(fixture *f, blob_hashes hashes, const char *text, const digest *want, blob_info *info,
                  err *e)
{
    AUTO(blob_upload_cancel) blob_upload *u = NULL;
    if (!blob_upload_new(f->store, hashes, &u, e)) return false;
    if (!blob_upload_write(u, str_bytes(str_from_c(text)), e)) return false;
    bool done = blob_upload_commit(u, want, info, e);
    if (done || e->code == ERR_DIGEST_MISMATCH) u = NULL;
    return done;
}

static void blob_holds_the_bytes_and_their_digests(void **state)
{
    fixture *f = *state;
    err e = {0};
    blob_info info = {0};
    assert_false(blob_exists(f->store, sha256_of("abc")));
    assert_true(store(f, BLOB_ALL_HASHES, "abc", NULL, &info, &e));
    assert_holds(f, "abc");
    assert_string_equal(digest_hex(info.sha1).text, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_string_equal(digest_hex(info.md5).text, "900150983cd24fb0d6963f7d28e17f72");
    assert_int_equal(info.size_bytes, 3);
    assert_int_equal(spooled(f), 0);
}

static void blob_is_stored_once_when_committed_twice(void **state)
{
    fixture *f = *state;
    err e = {0};
    blob_info info = {0};
    assert_true(store(f, BLOB_SHA256_ONLY, "abc", NULL, &info, &e));
    assert_true(store(f, BLOB_SHA256_ONLY, "abc", NULL, &info, &e));
    assert_int_equal(info.sha1.kind, DIGEST_NONE);
    assert_int_equal(files_below(f->folder.path), 1);
    assert_holds(f, "abc");
}

static void blob_is_not_stored_when_the_digest_differs(void **state)
{
    fixture *f = *state;
    err e = {0};
    digest wrong = sha256_of("xyz"), wrong512;
    assert_true(digest_of(DIGEST_SHA512, str_bytes(STR("xyz")), &wrong512, &e));
    assert_false(store(f, BLOB_SHA256_ONLY, "abc", &wrong, NULL, &e));
    assert_int_equal(e.code, ERR_DIGEST_MISMATCH);
    assert_false(store(f, BLOB_SHA256_ONLY, "abc", &wrong512, NULL, &e));
    assert_int_equal(e.code, ERR_DIGEST_MISMATCH);
    assert_int_equal(files_below(f->folder.path), 0);
}

static void blob_accepts_a_sha512_that_fits(void **state)
{
    fixture *f = *state;
    err e = {0};
    digest right;
    assert_true(digest_of(DIGEST_SHA512, str_bytes(STR("abc")), &right, &e));
    assert_true(store(f, BLOB_SHA256_ONLY, "abc", &right, NULL, &e));
    assert_holds(f, "abc");
}

static void upload_goes_on_in_later_requests_and_after_a_restart(void **state)
{
    fixture *f = *state;
    err e = {0};
    blob_upload *u = NULL, *second = NULL;
    char id[64];
    assert_true(blob_upload_new(f->store, BLOB_ALL_HASHES, &u, &e));
    snprintf(id, sizeof(id), "%.*s", STR_ARG(blob_upload_id(u)));
    assert_true(blob_upload_write(u, str_bytes(STR("one ")), &e));
    assert_false(blob_upload_resume(f->store, str_from_c(id), &second, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    blob_upload_close(u);

    assert_true(blob_upload_resume(f->store, str_from_c(id), &u, &e));
    assert_int_equal(blob_upload_size(u), 4);
    assert_true(blob_upload_write(u, str_bytes(STR("two ")), &e));
    blob_upload_close(u);

    blob_store_close(f->store);
    assert_true(blob_store_open(f->folder.path, &f->store, &e));
    assert_true(blob_upload_resume(f->store, str_from_c(id), &u, &e));
    assert_int_equal(blob_upload_size(u), 8);
    assert_true(blob_upload_write(u, str_bytes(STR("three")), &e));
    blob_info info = {0};
    assert_true(blob_upload_commit(u, NULL, &info, &e));
    assert_int_equal(info.sha1.kind, DIGEST_SHA1);
    assert_holds(f, "one two three");
    assert_false(blob_upload_resume(f->store, str_from_c(id), &u, &e));
    assert_int_equal(e.code, ERR_UPLOAD_UNKNOWN);
}

static void upload_ids_cannot_leave_the_spool_folder(void **state)
{
    fixture *f = *state;
    static const char *const bad[] = {"",
                                      "../blobs",
                                      "a-../../../../../../../../etc/passwd",
                                      "s-0123456789abcdef0123456789abcde/",
                                      "x-0123456789abcdef0123456789abcdef",
                                      "s-0123456789ABCDEF0123456789abcdef",
                                      "s-0123456789abcdef0123456789abcdef"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        err e = {0};
        blob_upload *u = NULL;
        assert_false(blob_upload_resume(f->store, str_from_c(bad[i]), &u, &e));
        assert_int_equal(e.code, ERR_UPLOAD_UNKNOWN);
    }
}

static void uploads_of_yesterday_are_removed_at_start(void **state)
{
    fixture *f = *state;
    err e = {0};
    blob_upload *u = NULL;
    char path[256];
    for (int i = 0; i < 2; i++) {
        assert_true(blob_upload_new(f->store, BLOB_SHA256_ONLY, &u, &e));
        snprintf(path, sizeof(path), "%s/spool/%.*s", f->folder.path, STR_ARG(blob_upload_id(u)));
        blob_upload_close(u);
    }
    const struct timespec long_ago[2] = {{1000000, 0}, {1000000, 0}};
    assert_int_equal(utimensat(AT_FDCWD, path, long_ago, 0), 0);
    blob_store_close(f->store);
    assert_true(blob_store_open(f->folder.path, &f->store, &e));
    assert_int_equal(spooled(f), 1);
}

static void blob_checksums_are_found_later_and_damage_is_seen(void **state)
{
    fixture *f = *state;
    err e = {0};
    blob_info info = {0};
    digest abc = sha256_of("abc");
    assert_true(store(f, BLOB_SHA256_ONLY, "abc", NULL, NULL, &e));
    assert_true(blob_checksums(f->store, abc, &info, &e));
    assert_string_equal(digest_hex(info.md5).text, "900150983cd24fb0d6963f7d28e17f72");

    char path[256];
    snprintf(path, sizeof(path), "%s/blobs/ba/%s", f->folder.path, digest_hex(abc).text);
    assert_true(file_write_atomic(path, str_bytes(STR("abd")), 0600, &e));
    assert_false(blob_checksums(f->store, abc, &info, &e));
    assert_int_equal(e.code, ERR_STORAGE);
    assert_true(store(f, BLOB_SHA256_ONLY, "abc", NULL, NULL, &e)); /* a new upload heals it */
    assert_holds(f, "abc");
    assert_true(blob_delete(f->store, abc, &e));
    assert_false(blob_delete(f->store, abc, &e));
    assert_int_equal(e.code, ERR_BLOB_UNKNOWN);
}

#ifdef ASSAY_FAULTS
static void blob_is_whole_or_absent_when_the_nth_disk_call_fails(void **state)
{
    fixture *f = *state;
    uint64_t nth = 1;
    for (bool done = false; !done; nth++) {
        assert_true(nth < 20);
        err e = {0};
        fault_arm(FAULT_DISK, nth);
        done = store(f, BLOB_ALL_HASHES, "abc", NULL, NULL, &e);
        fault_arm(FAULT_DISK, 0);
        if (!done) assert_int_equal(e.code, ERR_STORAGE);
        if (blob_exists(f->store, sha256_of("abc"))) assert_holds(f, "abc");
        assert_int_equal(spooled(f), 0);
    }
    assert_true(nth > 5); /* create, write, sync, rename, sync of the folder */
    assert_holds(f, "abc");
}

static void upload_holds_what_was_acknowledged_when_a_write_fails(void **state)
{
    fixture *f = *state;
    err e = {0};
    blob_upload *u = NULL;
    assert_true(blob_upload_new(f->store, BLOB_SHA256_ONLY, &u, &e));
    assert_true(blob_upload_write(u, str_bytes(STR("ab")), &e));
    fault_arm(FAULT_DISK, 1);
    assert_false(blob_upload_write(u, str_bytes(STR("XXXX")), &e));
    fault_arm(FAULT_DISK, 0);
    assert_int_equal(blob_upload_size(u), 2);
    assert_true(blob_upload_write(u, str_bytes(STR("c")), &e));
    digest want = sha256_of("abc");
    assert_true(blob_upload_commit(u, &want, NULL, &e));
}
#endif

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(blob_holds_the_bytes_and_their_digests),
        TEST(blob_is_stored_once_when_committed_twice),
        TEST(blob_is_not_stored_when_the_digest_differs),
        TEST(blob_accepts_a_sha512_that_fits),
        TEST(upload_goes_on_in_later_requests_and_after_a_restart),
        TEST(upload_ids_cannot_leave_the_spool_folder),
        TEST(uploads_of_yesterday_are_removed_at_start),
        TEST(blob_checksums_are_found_later_and_damage_is_seen),
#ifdef ASSAY_FAULTS
        TEST(blob_is_whole_or_absent_when_the_nth_disk_call_fails),
        TEST(upload_holds_what_was_acknowledged_when_a_write_fails),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
