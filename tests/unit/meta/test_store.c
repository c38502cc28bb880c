/* meta/test_store.c - repositories, nodes, properties, users, audit. */
#include "tests/unit/meta/fixture.h"

#include "db/db.h"
#include "meta/audit.h"
#include "meta/users.h"

extern const db_schema meta_schema;

static int64_t put(fixture *f, const char *path, const char *content)
{
    err e = {0};
    int64_t id = 0;
    meta_node n = {.repository = STR("ml-models"),
                   .path = str_from_c(path),
                   .mime = STR("text/plain"),
                   .modified_by = STR("alice"),
                   .size_bytes = strlen(content)};
    assert_true(digest_of(DIGEST_SHA256, str_bytes(str_from_c(content)), &n.sha256, &e));
    assert_true(digest_of(DIGEST_SHA1, str_bytes(str_from_c(content)), &n.sha1, &e));
    if (!meta_node_put(f->m, &n, &id, &e)) fail_msg("%s: %s", path, e.message);
    return id;
}

static err_code put_code(fixture *f, const char *repository, const char *path, bool is_folder)
{
    err e = {0};
    meta_node n = {.repository = str_from_c(repository),
                   .path = str_from_c(path),
                   .is_folder = is_folder,
                   .mime = STR(""),
                   .modified_by = STR("alice")};
    if (!is_folder) assert_true(digest_of(DIGEST_SHA256, str_bytes(STR("x")), &n.sha256, &e));
    e.code = ERR_NONE;
    return meta_node_put(f->m, &n, NULL, &e) ? ERR_NONE : e.code;
}

static const char *names(fixture *f, const meta_node *nodes, size_t count)
{
    str all = STR("");
    for (size_t i = 0; i < count; i++)
        all = arena_printf(&f->a, "%.*s%.*s%s ", STR_ARG(all), STR_ARG(nodes[i].path),
                           nodes[i].is_folder ? "/" : "");
    return all.data;
}

static void meta_makes_the_first_repositories_once(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_repository *r;
    size_t count;
    assert_true(meta_repository_list(f->m, &f->a, &r, &count, &e));
    assert_int_equal(count, 2);
    assert_true(str_eq(r[0].key, STR("docker-local")) && str_eq(r[0].package_type, STR("docker")));
    assert_true(str_eq(r[1].key, STR("ml-models")) && str_eq(r[1].package_type, STR("generic")));
    assert_true(meta_repository_delete(f->m, STR("docker-local"), &e));
    assert_true(
        meta_repository_create(f->m, &(meta_repository){.key = STR("mine"), .kind = STR("local")}, &e));
    assert_true(meta_repository_delete(f->m, STR("ml-models"), &e) &&
                meta_repository_delete(f->m, STR("mine"), &e));
    meta_close(f->m);
    assert_true(meta_open(f->folder.path, &f->m, &e));
    assert_true(meta_repository_list(f->m, &f->a, &r, &count, &e));
    assert_int_equal(count, 0);
    meta_repository found;
    assert_false(meta_repository_find(f->m, STR("docker-local"), &f->a, &found, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_true(meta_repository_create(f->m, &(meta_repository){.key = STR("again")}, &e));
    assert_false(meta_repository_create(f->m, &(meta_repository){.key = STR("again")}, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
}

static void node_put_makes_folders_and_replaces(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node n;
    int64_t id = put(f, "model/1.0.0/model.pkl", "one");
    assert_true(meta_node_find(f->m, STR("ml-models"), STR("model/1.0.0"), &f->a, &n, &e));
    assert_true(n.is_folder);
    assert_int_equal(put(f, "model/1.0.0/model.pkl", "longer"), id);
    assert_true(meta_node_find(f->m, STR("ml-models"), STR("model/1.0.0/model.pkl"), &f->a, &n, &e));
    assert_int_equal(n.size_bytes, 6);
    assert_int_equal(n.sha1.kind, DIGEST_SHA1);
    assert_int_equal(n.md5.kind, DIGEST_NONE);
    assert_true(str_eq(n.created_by, STR("alice")));
    assert_false(meta_node_find(f->m, STR("ml-models"), STR("model/2"), &f->a, &n, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void node_put_refuses_what_has_another_kind(void **state)
{
    fixture *f = *state;
    put(f, "a/b", "x");
    assert_int_equal(put_code(f, "ml-models", "a", false), ERR_CONFLICT);
    assert_int_equal(put_code(f, "ml-models", "a/b/c", false), ERR_CONFLICT);
    assert_int_equal(put_code(f, "ml-models", "a/b/c/d", false), ERR_CONFLICT);
    assert_int_equal(put_code(f, "ml-models", "a/b", true), ERR_CONFLICT);
    assert_int_equal(put_code(f, "ml-models", "a", true), ERR_NONE);
    assert_int_equal(put_code(f, "no-such", "a", false), ERR_NOT_FOUND);
}

static void children_come_folders_first_and_page_by_name(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node *n;
    size_t count;
    put(f, "z/1", "1"), put(f, "b", "2"), put(f, "a", "3"), put(f, "m/deep/2", "4"), put(f, "m0", "5");
    assert_true(meta_node_children(f->m, STR("ml-models"), STR(""), STR(""), 100, &f->a, &n, &count, &e));
    assert_string_equal(names(f, n, count), "m/ z/ a b m0 ");
    assert_true(meta_node_children(f->m, STR("ml-models"), STR(""), STR("z"), 2, &f->a, &n, &count, &e));
    assert_string_equal(names(f, n, count), "a b ");
    assert_true(meta_node_children(f->m, STR("ml-models"), STR(""), STR("b"), 2, &f->a, &n, &count, &e));
    assert_string_equal(names(f, n, count), "m0 ");
    assert_true(meta_node_below(f->m, STR("ml-models"), STR("m"), STR(""), 100, &f->a, &n, &count, &e));
    assert_string_equal(names(f, n, count), "m/deep/2 ");
    assert_true(meta_node_below(f->m, STR("ml-models"), STR(""), STR("a"), 2, &f->a, &n, &count, &e));
    assert_string_equal(names(f, n, count), "b m/deep/2 ");
    assert_true(meta_node_below_with_folders(f->m, STR("ml-models"), STR("m"), STR("m/deep"), 9, &f->a, &n,
                                             &count, &e));
    assert_string_equal(names(f, n, count), "m/deep/2 ");
}

static void node_delete_takes_everything_below_and_nothing_beside(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node *n;
    size_t count;
    uint64_t removed;
    put(f, "m/a/1", "1"), put(f, "m/a/b/2", "2"), put(f, "m/a.txt", "3"), put(f, "m/a0", "4"),
        put(f, "m/aa/1", "5");
    assert_true(meta_node_delete(f->m, STR("ml-models"), STR("m/a"), &removed, &e));
    assert_int_equal(removed, 4);
    assert_true(meta_node_below(f->m, STR("ml-models"), STR(""), STR(""), 100, &f->a, &n, &count, &e));
    assert_string_equal(names(f, n, count), "m/a.txt m/a0 m/aa/1 ");
    assert_false(meta_node_delete(f->m, STR("ml-models"), STR("m/a"), &removed, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_true(meta_node_delete(f->m, STR("ml-models"), STR(""), &removed, &e));
    put(f, "again", "x"); /* the root is still there */
    meta_totals t;
    assert_true(meta_totals_read(f->m, &t, &e));
    assert_int_equal(t.artifacts, 1);
    assert_int_equal(t.blobs, 6);
}

static void node_by_digest_finds_every_place(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node *n, blob = {0};
    size_t count;
    digest d;
    put(f, "b", "same"), put(f, "a/x", "same"), put(f, "c", "other");
    assert_true(digest_of(DIGEST_SHA256, str_bytes(STR("same")), &d, &e));
    assert_true(meta_node_by_digest(f->m, d, &f->a, &n, &count, &e));
    assert_string_equal(names(f, n, count), "a/x b ");
    assert_true(meta_blob_find(f->m, d, &blob, &e));
    assert_int_equal(blob.size_bytes, 4);
    /* what is learned later is kept, what was known is not lost */
    blob.sha1.kind = DIGEST_NONE;
    assert_true(digest_of(DIGEST_MD5, str_bytes(STR("same")), &blob.md5, &e));
    assert_true(meta_blob_put(f->m, &blob, &e));
    assert_true(meta_blob_find(f->m, d, &blob, &e));
    assert_true(blob.sha1.kind == DIGEST_SHA1 && blob.md5.kind == DIGEST_MD5);
}

static void downloads_are_counted(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_node n;
    int64_t id = put(f, "a", "x"), at;
    assert_true(meta_node_count_download(f->m, id, &e) && meta_node_count_download(f->m, id, &e));
    assert_true(meta_node_find(f->m, STR("ml-models"), STR("a"), &f->a, &n, &e));
    assert_int_equal(n.downloads, 2);
    assert_true(meta_node_last_download(f->m, id, &at, &e));
    assert_true(at > 0);
}

static void properties_are_set_replaced_and_dropped(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_property *p;
    size_t count;
    int64_t id = put(f, "a", "x");
    const str values[] = {STR("passed"), STR("new"), STR("new")};
    assert_true(meta_property_set(f->m, id, STR("qa"), values, 3, &e));
    assert_true(meta_property_set(f->m, id, STR("build"), values + 1, 1, &e));
    assert_true(meta_property_list(f->m, id, &f->a, &p, &count, &e));
    assert_int_equal(count, 3);
    assert_true(str_eq(p[0].name, STR("build")) && str_eq(p[1].value, STR("new")) &&
                str_eq(p[2].value, STR("passed")));
    assert_true(meta_property_set(f->m, id, STR("qa"), values, 1, &e));
    assert_true(meta_property_delete(f->m, id, STR("build"), &e));
    assert_true(meta_property_list(f->m, id, &f->a, &p, &count, &e));
    assert_int_equal(count, 1);

    meta_node n;
    const meta_audit row = {.user = STR("bob"),
                            .action = STR("artifact.deploy"),
                            .repository = STR("ml-models"),
                            .path = STR("a")};
    const meta_property fresh = {STR("stage"), STR("dev")};
    assert_true(meta_node_find(f->m, STR("ml-models"), STR("a"), &f->a, &n, &e));
    assert_true(meta_node_put_audited(f->m, &n, &fresh, 1, &row, NULL, &e));
    assert_true(meta_property_list(f->m, id, &f->a, &p, &count, &e));
    assert_true(count == 1 && str_eq(p[0].name, STR("stage")));
}

static void properties_have_limits(void **state)
{
    fixture *f = *state;
    err e = {0};
    int64_t id = put(f, "a", "x");
    static char large[LIMIT_PROPERTY_BYTES + 1];
    memset(large, 'v', sizeof(large));
    str value = {large, sizeof(large)};
    assert_false(meta_property_set(f->m, id, STR("n"), &value, 1, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
    assert_false(meta_property_set(f->m, id, STR(""), &value, 1, &e));
    str many[LIMIT_PROPERTIES + 1];
    for (size_t i = 0; i < COUNT_OF(many); i++) many[i] = arena_printf(&f->a, "%zu", i);
    assert_true(meta_property_set(f->m, id, STR("n"), many, LIMIT_PROPERTIES, &e));
    assert_false(meta_property_set(f->m, id, STR("n"), many, LIMIT_PROPERTIES + 1, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void audit_is_written_with_its_change_or_not_at_all(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_audit *rows;
    size_t count;
    const meta_audit row = {.user = STR("bob"),
                            .action = STR("artifact.delete"),
                            .repository = STR("ml-models"),
                            .path = STR("a")};
    assert_false(meta_node_delete_audited(f->m, STR("ml-models"), STR("a"), &row, NULL, &e));
    assert_true(meta_audit_list(f->m, 0, 10, &f->a, &rows, &count, &e));
    assert_int_equal(count, 0);
    put(f, "a", "x");
    assert_true(meta_node_delete_audited(f->m, STR("ml-models"), STR("a"), &row, NULL, &e));
    assert_true(meta_audit_add(f->m, &row, &e));
    assert_true(meta_audit_list(f->m, 0, 10, &f->a, &rows, &count, &e));
    assert_int_equal(count, 2);
    assert_true(rows[0].id > rows[1].id && rows[0].at_ms > 0 && str_eq(rows[1].user, STR("bob")));
}

static void no_statement_changes_the_audit_log(void **state UNUSED)
{
    for (size_t i = 0; i < meta_schema.statement_count; i++) {
        const char *sql = meta_schema.statements[i].sql;
        assert_null(strstr(sql, "UPDATE audit"));
        assert_null(strstr(sql, "DELETE FROM audit"));
    }
}

static void every_statement_was_prepared_when_the_store_opened(void **state)
{
    fixture *f = *state;
    (void)
        f; /* db_open prepares all of them; here: the table is not empty and sorted, so that all can be found */
    assert_true(meta_schema.statement_count > 40);
    for (size_t i = 1; i < meta_schema.statement_count; i++)
        assert_true(strcmp(meta_schema.statements[i - 1].name, meta_schema.statements[i].name) < 0);
}

static void users_and_tokens_live_and_die_together(void **state)
{
    fixture *f = *state;
    err e = {0};
    meta_token t = {
        .user = STR("alice"), .scope = STR("s"), .description = STR("d"), .created_ms = 1, .expires_ms = 2};
    digest hash, other;
    int64_t id;
    assert_true(digest_of(DIGEST_SHA256, str_bytes(STR("t")), &hash, &e));
    assert_true(digest_of(DIGEST_SHA256, str_bytes(STR("r")), &other, &e));
    assert_false(meta_token_create(f->m, &t, hash, (digest){0}, &id, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_true(meta_user_create(
        f->m, &(meta_user){.name = STR("alice"), .password_hash = STR("h"), .is_admin = true}, &e));
    assert_false(meta_user_create(f->m, &(meta_user){.name = STR("alice"), .password_hash = STR("h")}, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_true(meta_token_create(f->m, &t, hash, other, &id, &e));
    assert_true(meta_token_find(f->m, hash, &f->a, &t, &e));
    assert_true(t.id == id && t.is_admin && t.is_refreshable && str_eq(t.user, STR("alice")));
    assert_true(meta_token_find_by_refresh(f->m, other, &f->a, &t, &e));
    assert_true(meta_user_set_password(f->m, STR("alice"), STR("h2"), &e));
    assert_true(meta_user_delete(f->m, STR("alice"), &e));
    assert_false(meta_token_find(f->m, hash, &f->a, &t, &e));
    assert_false(meta_user_set_password(f->m, STR("alice"), STR("h2"), &e));
}

static void settings_are_kept(void **state)
{
    fixture *f = *state;
    err e = {0};
    str value;
    assert_false(meta_setting_find(f->m, STR("x"), &f->a, &value, &e));
    assert_true(meta_setting_put(f->m, STR("x"), STR("1"), &e) &&
                meta_setting_put(f->m, STR("x"), STR("2"), &e));
    assert_true(meta_setting_find(f->m, STR("x"), &f->a, &value, &e));
    assert_true(str_eq(value, STR("2")));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(meta_makes_the_first_repositories_once),
        TEST(node_put_makes_folders_and_replaces),
        TEST(node_put_refuses_what_has_another_kind),
        TEST(children_come_folders_first_and_page_by_name),
        TEST(node_delete_takes_everything_below_and_nothing_beside),
        TEST(node_by_digest_finds_every_place),
        TEST(downloads_are_counted),
        TEST(properties_are_set_replaced_and_dropped),
        TEST(properties_have_limits),
        TEST(audit_is_written_with_its_change_or_not_at_all),
        TEST(no_statement_changes_the_audit_log),
        TEST(every_statement_was_prepared_when_the_store_opened),
        TEST(users_and_tokens_live_and_die_together),
        TEST(settings_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
