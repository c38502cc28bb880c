/* db/test_db.c - statements, transactions, migrations, threads. */
#include "tests/unit/test.h"

#include "tests/unit/folder.h"

#include "base/fault.h"
#include "db/db.h"

#include <pthread.h>

static const db_statement statements[] = {
    {"insert", "INSERT INTO t (k, v) VALUES (?1, ?2)"},
    {"pair", "SELECT k, v FROM t WHERE k = ?1"},
    {"sum", "SELECT COALESCE(SUM(v), 0), COUNT(*) FROM t"},
};
static const db_migration migrations[] = {
    {1, "CREATE TABLE t (k TEXT PRIMARY KEY, v BIGINT);"},
    {2, "ALTER TABLE t ADD COLUMN extra TEXT; INSERT INTO t (k, v) VALUES ('seed', 1);"},
    {3, "CREATE TABLE u (x BIGINT); INSERT INTO nowhere VALUES (1);"},
};
static const db_schema schema_old = {statements, 3, migrations, 1};
static const db_schema schema = {statements, 3, migrations, 2};
static const db_schema schema_broken = {statements, 3, migrations, 3};

typedef struct fixture {
    test_folder folder;
    char path[128];
    db *d;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    f->folder = folder_make();
    snprintf(f->path, sizeof(f->path), "%s/test.db", f->folder.path);
    err e = {0};
    assert_true(db_open(f->path, &schema, &f->d, &e));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    db_close(f->d);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

typedef struct pair {
    str key;
    int64_t value;
    bool fail_after;
} pair;

static bool insert_work(db_conn *c, void *ctx, err *e)
{
    const pair *p = ctx;
    if (!db_run(c, "insert", DB_ARGS(DB_TEXT(p->key), DB_INT(p->value)), NULL, NULL, e)) return false;
    return !p->fail_after || err_set(e, ERR_DENIED, "changed my mind");
}

typedef struct totals {
    int64_t sum, count;
} totals;

static bool totals_row(void *ctx, const db_row *row, err *e UNUSED)
{
    *(totals *)ctx = (totals){db_row_int(row, 0), db_row_int(row, 1)};
    return true;
}

static totals totals_of(db *d)
{
    err e = {0};
    totals t = {0};
    db_conn *c = db_reader(d, &e);
    assert_non_null(c);
    assert_true(db_each(c, "sum", DB_NO_ARGS, totals_row, &t, &e));
    return t;
}

static void db_commits_when_work_succeeds(void **state)
{
    fixture *f = *state;
    err e = {0};
    assert_true(db_write(f->d, insert_work, &(pair){STR("a"), 41, false}, &e));
    assert_int_equal(totals_of(f->d).sum, 42);
}

static void db_rolls_back_when_work_fails(void **state)
{
    fixture *f = *state;
    err e = {0};
    assert_false(db_write(f->d, insert_work, &(pair){STR("a"), 41, true}, &e));
    assert_int_equal(e.code, ERR_DENIED);
    assert_int_equal(totals_of(f->d).sum, 1);
    assert_true(db_write(f->d, insert_work, &(pair){STR("a"), 1, false}, &e));
    assert_int_equal(totals_of(f->d).sum, 2);
}

static void db_tells_conflict_when_a_key_is_taken(void **state)
{
    fixture *f = *state;
    err e = {0};
    assert_false(db_write(f->d, insert_work, &(pair){STR("seed"), 1, false}, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
}

static bool nested_work(db_conn *c UNUSED, void *ctx, err *e)
{
    return db_write(ctx, insert_work, &(pair){STR("n"), 1, false}, e);
}

static void db_refuses_a_write_inside_a_write(void **state)
{
    fixture *f = *state;
    err e = {0};
    assert_false(db_write(f->d, nested_work, f->d, &e));
    assert_int_equal(e.code, ERR_INTERNAL);
    assert_int_equal(totals_of(f->d).count, 1);
}

static void db_refuses_unknown_statements_and_wrong_counts(void **state)
{
    fixture *f = *state;
    err e = {0};
    db_conn *c = db_reader(f->d, &e);
    assert_false(db_each(c, "nothing", DB_NO_ARGS, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_INTERNAL);
    assert_false(db_each(c, "pair", DB_NO_ARGS, NULL, NULL, &e));
    assert_int_equal(e.code, ERR_INTERNAL);
    /* readers cannot write */
    assert_false(db_run(c, "insert", DB_ARGS(DB_TEXT(STR("x")), DB_INT(1)), NULL, NULL, &e));
    assert_int_equal(totals_of(f->d).count, 1);
}

typedef struct nesting {
    db_conn *c;
    unsigned rows;
} nesting;

static bool count_row(void *ctx, const db_row *row UNUSED, err *e UNUSED)
{
    ((nesting *)ctx)->rows++;
    return true;
}

static bool again_row(void *ctx, const db_row *row, err *e)
{
    nesting *n = ctx;
    assert_true(str_eq(db_row_text(row, 0), STR("seed")));
    if (!db_each(n->c, "pair", DB_ARGS(DB_TEXT(STR("seed"))), count_row, n, e)) return false;
    assert_true(str_eq(db_row_text(row, 0), STR("seed"))); /* the outer row is still there */
    return true;
}

static void db_runs_a_statement_inside_itself(void **state)
{
    fixture *f = *state;
    err e = {0};
    nesting n = {db_reader(f->d, &e), 0};
    assert_true(db_each(n.c, "pair", DB_ARGS(DB_TEXT(STR("seed"))), again_row, &n, &e));
    assert_int_equal(n.rows, 1);
}

static void db_keeps_text_with_nul_and_empty_text(void **state)
{
    fixture *f = *state;
    err e = {0};
    nesting n = {db_reader(f->d, &e), 0};
    assert_true(db_write(f->d, insert_work, &(pair){STR("a\0b"), 1, false}, &e));
    assert_true(db_write(f->d, insert_work, &(pair){STR_NONE, 1, false}, &e));
    assert_true(db_each(n.c, "pair", DB_ARGS(DB_TEXT(STR("a\0b"))), count_row, &n, &e));
    assert_true(db_each(n.c, "pair", DB_ARGS(DB_TEXT(STR("a"))), count_row, &n, &e));
    assert_true(db_each(n.c, "pair", DB_ARGS(DB_TEXT(STR(""))), count_row, &n, &e));
    assert_int_equal(n.rows, 2);
}

static void db_migrates_old_data_forwards_and_refuses_newer(void **state)
{
    fixture *f = *state;
    char path[160];
    err e = {0};
    db *d = NULL;
    snprintf(path, sizeof(path), "%s/old.db", f->folder.path);
    assert_true(db_open(path, &schema_old, &d, &e));
    assert_true(db_write(d, insert_work, &(pair){STR("kept"), 7, false}, &e));
    db_close(d);
    assert_true(db_open(path, &schema, &d, &e));
    assert_int_equal(totals_of(d).sum, 8);
    db_close(d);
    assert_false(db_open(path, &schema_old, &d, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
}

static void db_leaves_nothing_of_a_broken_migration(void **state)
{
    fixture *f = *state;
    err e = {0};
    db *d = NULL;
    assert_false(db_open(f->path, &schema_broken, &d, &e));
    assert_non_null(strstr(e.message, "migration 3"));
    assert_true(db_open(f->path, &schema, &d, &e)); /* table u is not there, the number is still 2 */
    db_close(d);
}

enum { WRITERS = 4, WRITES = 25 };

static void *write_many(void *ctx)
{
    fixture *f = ctx;
    for (int i = 0; i < WRITES; i++) {
        char key[64];
        snprintf(key, sizeof(key), "%lx-%d", (unsigned long)pthread_self(), i);
        err e = {0};
        if (!db_write_relaxed(f->d, insert_work, &(pair){str_from_c(key), 1, false}, &e)) return ctx;
        if (totals_of(f->d).count < 2) return ctx;
    }
    return NULL;
}

static void db_is_shared_by_threads(void **state)
{
    fixture *f = *state;
    pthread_t threads[WRITERS];
    for (int i = 0; i < WRITERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, write_many, f), 0);
    for (int i = 0; i < WRITERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(totals_of(f->d).count, WRITERS * WRITES + 1);
}

#ifdef ASSAY_FAULTS
static bool insert_two(db_conn *c, void *ctx UNUSED, err *e)
{
    return db_run(c, "insert", DB_ARGS(DB_TEXT(STR("one")), DB_INT(1)), NULL, NULL, e) &&
           db_run(c, "insert", DB_ARGS(DB_TEXT(STR("two")), DB_INT(1)), NULL, NULL, e);
}

static void db_writes_all_or_nothing_when_the_nth_call_fails(void **state)
{
    fixture *f = *state;
    uint64_t nth = 1;
    for (bool done = false; !done; nth++) {
        assert_true(nth < 20);
        err e = {0};
        fault_arm(FAULT_DB, nth);
        done = db_write(f->d, insert_two, NULL, &e);
        fault_arm(FAULT_DB, 0);
        assert_int_equal(totals_of(f->d).count, done ? 3 : 1);
        if (!done) assert_int_equal(e.code, ERR_STORAGE);
    }
    assert_int_equal(nth, 6); /* BEGIN, two statements, COMMIT each failed once */
}
#endif

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(db_commits_when_work_succeeds),
        TEST(db_rolls_back_when_work_fails),
        TEST(db_tells_conflict_when_a_key_is_taken),
        TEST(db_refuses_a_write_inside_a_write),
        TEST(db_refuses_unknown_statements_and_wrong_counts),
        TEST(db_runs_a_statement_inside_itself),
        TEST(db_keeps_text_with_nul_and_empty_text),
        TEST(db_migrates_old_data_forwards_and_refuses_newer),
        TEST(db_leaves_nothing_of_a_broken_migration),
        TEST(db_is_shared_by_threads),
#ifdef ASSAY_FAULTS
        TEST(db_writes_all_or_nothing_when_the_nth_call_fails),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
