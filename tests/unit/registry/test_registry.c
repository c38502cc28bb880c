/* registry/test_registry.c - names, and deploys that happen whole or not at all. The scan queue and the gate are stand-ins that note what they were asked. */
#include "tests/unit/test.h"

#include "tests/unit/folder.h"

#include "base/fault.h"
#include "base/limits.h"
#include "os/file.h"
#include "registry/registry.h"

static unsigned scans_asked, gates_asked;
static bool scan_fails, gate_blocks;

bool scan_enqueue(scan_service *s UNUSED, digest sha256 UNUSED, str path UNUSED, str mime UNUSED, err *e)
{
    scans_asked++;
    return !scan_fails || err_set(e, ERR_BUSY, "the queue is full");
}

bool policy_gate(policy_service *p UNUSED, const meta_node *node, str caller UNUSED, err *e)
{
    gates_asked++;
    return !gate_blocks || err_set(e, ERR_BLOCKED, "%.*s is blocked by policy 'p'", STR_ARG(node->path));
}

typedef struct fixture {
    test_folder folder;
    logger log;
    app state;
    arena a;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    f->folder = folder_make();
    f->log.fd = -1;
    arena_init(&f->a, 64 * MIB);
    f->state = (app){.data_folder = f->folder.path, .log = &f->log};
    err e = {0};
    assert_true(meta_open(f->folder.path, &f->state.meta, &e));
    assert_true(blob_store_open(f->folder.path, &f->state.blobs, &e));
    scans_asked = gates_asked = 0;
    scan_fails = gate_blocks = false;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    blob_store_close(f->state.blobs);
    meta_close(f->state.meta);
    arena_done(&f->a);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

static bool deploy(fixture *f, registry_deploy_request d, const char *content, meta_node *out, err *e)
{
    blob_upload *u = NULL;
    if (!blob_upload_new(f->state.blobs, BLOB_ALL_HASHES, &u, e)) return false;
    if (!blob_upload_write(u, str_bytes(str_from_c(content)), e)) {
        blob_upload_cancel(u);
        return false;
    }
    return registry_deploy(&f->state, &d, u, &f->a, out, e);
}

static registry_deploy_request to(const char *path)
{
    return (registry_deploy_request){.repository = STR("ml-models"),
                                     .path = str_from_c(path),
                                     .mime = STR("text/plain"),
                                     .user = STR("alice")};
}

static digest digest_for(digest_kind kind, const char *text)
{
    err e = {0};
    digest d;
    assert_true(digest_of(kind, str_bytes(str_from_c(text)), &d, &e));
    return d;
}

static void paths_that_could_be_misread_are_refused(void **state UNUSED)
{
    static char long_name[300], long_path[1100];
    memset(long_name, 'a', sizeof(long_name) - 1);
    for (size_t i = 0; i < sizeof(long_path) - 1; i++) long_path[i] = i % 10 == 9 ? '/' : 'a';
    const str bad[] = {STR(""),
                       STR("/a"),
                       STR("a/"),
                       STR("a//b"),
                       STR("."),
                       STR(".."),
                       STR("a/../b"),
                       STR("../a"),
                       STR("a/.."),
                       STR("a\0b"),
                       STR("a\nb"),
                       STR("a\x7f"),
                       STR("a\\b"),
                       STR("\xff"),
                       STR("a\xc0\xaf"
                           "b"),
                       STR("\xed\xa0\x80"),
                       str_from_c(long_name),
                       str_from_c(long_path)};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        err e = {0};
        if (registry_check_path(bad[i], &e)) fail_msg("case %zu was accepted", i);
        assert_int_equal(e.code, ERR_NAME_INVALID);
    }
    static const char *const good[] = {"a",
                                       "model/1.0.0/model.pkl",
                                       "...",
                                       "a..b",
                                       "-",
                                       "~",
                                       "caf\xc3\xa9/\xe6\xa8\xa1\xe5\x9e\x8b",
                                       "a b",
                                       "%2e",
                                       ";"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        err e = {0};
        if (!registry_check_path(str_from_c(good[i]), &e)) fail_msg("'%s': %s", good[i], e.message);
    }
}

static void repository_keys_are_plain_and_not_reserved(void **state UNUSED)
{
    static const char *const bad[] = {"",
                                      "-a",
                                      ".a",
                                      "..",
                                      "a/b",
                                      "a b",
                                      "api",
                                      "API",
                                      "ui",
                                      "v2",
                                      "list",
                                      "a\x01",
                                      "caf\xc3\xa9",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    static const char *const good[] = {"a", "ml-models", "Docker_1.x"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        err e = {0};
        if (registry_check_repository_key(str_from_c(bad[i]), &e)) fail_msg("'%s' was accepted", bad[i]);
        assert_int_equal(e.code, ERR_NAME_INVALID);
    }
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(registry_check_repository_key(str_from_c(good[i]), NULL));
}

static void deploy_stores_scans_and_tells_the_log(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node n;
    const meta_property property = {STR("stage"), STR("dev")};
    registry_deploy_request d = to("model/1/m.pkl");
    d.properties = &property;
    d.property_count = 1;
    d.want_md5 = digest_for(DIGEST_MD5, "abc");
    f->state.scans = (scan_service *)f;
    assert_true(deploy(f, d, "abc", &n, &e));
    assert_int_equal(scans_asked, 1);
    assert_int_equal(n.size_bytes, 3);
    assert_true(digest_equal(n.sha1, digest_for(DIGEST_SHA1, "abc")));

    meta_audit *rows;
    size_t count;
    assert_true(meta_audit_list(f->state.meta, 0, 10, &f->a, &rows, &count, &e));
    assert_true(count == 1 && str_eq(rows[0].action, STR("artifact.deploy")) &&
                str_eq(rows[0].user, STR("alice")));

    scan_fails = true; /* a full queue does not take the artifact back */
    assert_true(deploy(f, to("other"), "abcd", &n, &e));
}

static void deploy_with_a_wrong_checksum_stores_nothing(void **state)
{
    fixture *f = *state;
    meta_node n;
    registry_deploy_request cases[3] = {to("a"), to("a"), to("a")};
    cases[0].want_sha256 = digest_for(DIGEST_SHA256, "x");
    cases[1].want_sha1 = digest_for(DIGEST_SHA1, "x");
    cases[2].want_md5 = digest_for(DIGEST_MD5, "x");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        err e = {0};
        assert_false(deploy(f, cases[i], "abc", &n, &e));
        assert_int_equal(e.code, ERR_DIGEST_MISMATCH);
        assert_false(meta_node_find(f->state.meta, STR("ml-models"), STR("a"), &f->a, &n, &e));
        assert_false(blob_exists(f->state.blobs, digest_for(DIGEST_SHA256, "abc")));
    }
}

static void deploy_refuses_bad_places(void **state)
{
    fixture *f = *state;
    meta_node n;
    err e = {0};
    registry_deploy_request d = to("a");
    d.repository = STR("no-such");
    assert_false(deploy(f, d, "abc", &n, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_false(deploy(f, to("../a"), "abc", &n, &e));
    assert_int_equal(e.code, ERR_NAME_INVALID);
    assert_true(deploy(f, to("folder/a"), "abc", &n, &e));
    assert_false(deploy(f, to("folder"), "abc", &n, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_false(deploy(f, to("folder/a/b"), "abc", &n, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
}

static void deploy_by_checksum_needs_stored_bytes_and_the_sha256(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node n;
    registry_deploy_request d = to("copy");
    d.want_sha256 = digest_for(DIGEST_SHA256, "abc");
    assert_false(registry_deploy_by_checksum(&f->state, &d, &f->a, &n, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_true(deploy(f, to("first"), "abc", &n, &e));
    d.want_sha1 = digest_for(DIGEST_SHA1, "x");
    assert_false(registry_deploy_by_checksum(&f->state, &d, &f->a, &n, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    d.want_sha1 = digest_for(DIGEST_SHA1, "abc");
    assert_true(registry_deploy_by_checksum(&f->state, &d, &f->a, &n, &e));
    assert_int_equal(n.size_bytes, 3);
    d.want_sha256.kind = DIGEST_NONE;
    assert_false(registry_deploy_by_checksum(&f->state, &d, &f->a, &n, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void fetch_gates_opens_and_counts(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node n;
    AUTO(fd_close) int fd = -1;
    assert_true(deploy(f, to("a/b"), "abc", &n, &e));
    f->state.policies = (policy_service *)f;
    gate_blocks = true;
    assert_false(registry_fetch(&f->state, STR("ml-models"), STR("a/b"), STR("bob"), &f->a, &n, &fd, &e));
    assert_int_equal(e.code, ERR_BLOCKED);
    assert_int_equal(fd, -1);
    gate_blocks = false;
    assert_true(registry_fetch(&f->state, STR("ml-models"), STR("a/b"), STR("bob"), &f->a, &n, &fd, &e));
    assert_int_equal(gates_asked, 2);
    assert_true(registry_find(&f->state, STR("ml-models"), STR("a/b"), &f->a, &n, &e));
    assert_int_equal(n.downloads, 1);
    AUTO(fd_close) int other = -1;
    assert_false(registry_fetch(&f->state, STR("ml-models"), STR("a"), STR("bob"), &f->a, &n, &other, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void properties_change_below_a_folder(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node n, folder;
    meta_property *p;
    size_t count;
    const str value = STR("yes");
    const registry_property_change set = {STR("ok"), &value, 1}, gone = {STR("ok"), NULL, 0};
    assert_true(deploy(f, to("a/b/c"), "abc", &n, &e) && deploy(f, to("ab"), "abc", &n, &e));
    assert_true(registry_find(&f->state, STR("ml-models"), STR("a"), &f->a, &folder, &e));
    assert_true(registry_change_properties(&f->state, &folder, true, &set, 1, STR("alice"), &f->a, &e));
    assert_true(registry_find(&f->state, STR("ml-models"), STR("a/b/c"), &f->a, &n, &e));
    assert_true(meta_property_list(f->state.meta, n.id, &f->a, &p, &count, &e));
    assert_int_equal(count, 1);
    assert_true(registry_change_properties(&f->state, &folder, false, &gone, 1, STR("alice"), &f->a, &e));
    assert_true(meta_property_list(f->state.meta, n.id, &f->a, &p, &count, &e));
    assert_int_equal(count, 1);
    assert_true(registry_find(&f->state, STR("ml-models"), STR("ab"), &f->a, &n, &e));
    assert_true(meta_property_list(f->state.meta, n.id, &f->a, &p, &count, &e));
    assert_int_equal(count, 0);
}

static void repositories_are_made_and_removed_with_everything(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node n;
    meta_repository r = {.key = STR("data"), .kind = STR("local"), .package_type = STR("generic")};
    assert_true(registry_repository_create(&f->state, &r, STR("admin"), &e));
    assert_false(registry_repository_create(&f->state, &r, STR("admin"), &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    registry_deploy_request d = to("x/y");
    d.repository = STR("data");
    assert_true(deploy(f, d, "abc", &n, &e));
    assert_true(registry_repository_delete(&f->state, STR("data"), STR("admin"), &e));
    assert_false(registry_find(&f->state, STR("data"), STR("x/y"), &f->a, &n, &e));
    r.kind = STR("remote");
    assert_false(registry_repository_create(&f->state, &r, STR("admin"), &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
}

#ifdef ASSAY_FAULTS
/* After any single failure: the old artifact, or the new one, whole, and no upload left behind. */
static void assert_old_or_new(fixture *f, bool done)
{
    err e = {0};
    meta_node n;
    meta_audit *rows;
    size_t count;
    uint64_t size;
    AUTO(fd_close) int fd = -1;
    assert_true(registry_find(&f->state, STR("ml-models"), STR("a/b"), &f->a, &n, &e));
    bool is_new = digest_equal(n.sha256, digest_for(DIGEST_SHA256, "new content"));
    assert_true(is_new || digest_equal(n.sha256, digest_for(DIGEST_SHA256, "old")));
    if (done) assert_true(is_new);
    assert_true(blob_open(f->state.blobs, n.sha256, &fd, &size, &e));
    assert_int_equal(size, n.size_bytes);
    assert_true(meta_audit_list(f->state.meta, 0, 100, &f->a, &rows, &count, &e));
    assert_int_equal(count > 1, is_new); /* the log and the tree agree */
    char spool[128];
    snprintf(spool, sizeof(spool), "%s/spool", f->folder.path);
    assert_int_equal(rmdir(spool), 0); /* works only when it is empty */
    assert_true(dir_make_all(spool, 0700, &e));
}

static void fail_everywhere(fixture *f, fault_kind kind, uint64_t nth_min)
{
    err e = {0};
    meta_node n;
    assert_true(deploy(f, to("a/b"), "old", &n, &e));
    uint64_t nth = 1;
    for (bool done = false; !done; nth++) {
        assert_true(nth < 100);
        fault_arm(kind, nth);
        e.code = ERR_NONE;
        done = deploy(f, to("a/b"), "new content", &n, &e);
        fault_arm(kind, 0);
        assert_old_or_new(f, done);
        if (!done) assert_int_not_equal(e.code, ERR_NONE);
    }
    assert_true(nth >= nth_min);
}

static void deploy_is_whole_or_nothing_when_the_nth_disk_call_fails(void **state)
{
    fail_everywhere(*state, FAULT_DISK, 6);
}

static void deploy_is_whole_or_nothing_when_the_nth_database_call_fails(void **state)
{
    fail_everywhere(*state, FAULT_DB, 8);
}

static void deploy_is_whole_or_nothing_when_the_nth_allocation_fails(void **state)
{
    fail_everywhere(*state, FAULT_MEMORY, 2);
}
#endif

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(paths_that_could_be_misread_are_refused),
        TEST(repository_keys_are_plain_and_not_reserved),
        TEST(deploy_stores_scans_and_tells_the_log),
        TEST(deploy_with_a_wrong_checksum_stores_nothing),
        TEST(deploy_refuses_bad_places),
        TEST(deploy_by_checksum_needs_stored_bytes_and_the_sha256),
        TEST(fetch_gates_opens_and_counts),
        TEST(properties_change_below_a_folder),
        TEST(repositories_are_made_and_removed_with_everything),
#ifdef ASSAY_FAULTS
        TEST(deploy_is_whole_or_nothing_when_the_nth_disk_call_fails),
        TEST(deploy_is_whole_or_nothing_when_the_nth_database_call_fails),
        TEST(deploy_is_whole_or_nothing_when_the_nth_allocation_fails),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
