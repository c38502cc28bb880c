/*
 * db.c - the shared database: one writer taken in turn, a reader per thread, migrations at open.
 *
 * Readers are found through a thread-specific key and closed when their thread ends or with the database. The number of the newest migration is
 * SQLite's user_version, set in the transaction of the migration itself, so that a crash leaves either all of it or nothing.
 */
#include "conn.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct db {
    char *path;
    const db_schema *schema;
    pthread_mutex_t writer_turn; /* error checking: a nested db_write is reported, not a deadlock */
    db_conn *writer;
    pthread_key_t reader_key;
    bool has_key, has_mutexes;
    pthread_mutex_t readers_lock;
    db_conn *readers;
};
AUTO_FOR(db *, db_close)

/* --- opening ------------------------------------------------------------------------------------------------------------- */

static bool schema_check(const db_schema *schema, err *e)
{
    for (size_t i = 1; i < schema->statement_count; i++)
        if (strcmp(schema->statements[i - 1].name, schema->statements[i].name) >= 0)
            return err_set(e, ERR_INTERNAL, "SQL statements '%s' and '%s' are out of order or double",
                           schema->statements[i - 1].name, schema->statements[i].name);
    for (size_t i = 0; i < schema->migration_count; i++)
        if (schema->migrations[i].number != i + 1)
            return err_set(e, ERR_INTERNAL, "SQL migration %u is in place %zu", schema->migrations[i].number,
                           i + 1);
    return true;
}

static bool migrate_one(db_conn *c, const db_migration *migration, err *e)
{
    char mark[64];
    snprintf(mark, sizeof(mark), "PRAGMA user_version=%u", migration->number);
    if (!conn_exec(c, "BEGIN IMMEDIATE", e)) return false;
    if (conn_exec(c, migration->sql, e) && conn_exec(c, mark, e) && conn_exec(c, "COMMIT", e)) return true;
    if (!conn_exec(c, "ROLLBACK", NULL))
        return err_wrap(e, "migration %u (not rolled back)", migration->number);
    return err_wrap(e, "migration %u", migration->number);
}

static bool migrate(db_conn *c, const char *path, const db_schema *schema, err *e)
{
    int64_t have;
    if (!conn_exec_int(c, "PRAGMA user_version", &have, e)) return false;
    if (have < 0 || (uint64_t)have > schema->migration_count)
        return err_set(e, ERR_CONFLICT,
                       "'%s' was written by a newer version (schema %lld, this one knows %zu)", path,
                       (long long)have, schema->migration_count);
    for (size_t i = (size_t)have; i < schema->migration_count; i++)
        if (!migrate_one(c, &schema->migrations[i], e)) return false;
    return true;
}

/* --- the first start ------------------------------------------------------------------------------------------------------ */

static bool fill_new(const char *draft, const db_schema *schema, err *e)
{
    AUTO(conn_close) db_conn *maker = NULL;
    return conn_open(draft, schema, CONN_MAKER, &maker, e) && migrate(maker, draft, schema, e);
}

static bool sync_file(const char *path, err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    if (!done) err_set_errno(e, ERR_STORAGE, "cannot write '%s' to the disk", path);
    if (fd >= 0) close(fd);
    return done;
}

static bool sync_folder_of(const char *path, err *e)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash) return sync_file(".", e);
    snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return sync_file(folder, e);
}

/* A database appears whole or not at all: it is made under another name, waits for the disk once instead of at every step, and then takes its name. */
static bool make_new(const char *path, const db_schema *schema, err *e)
{
    char draft[PATH_MAX], leftover[PATH_MAX + 8];
    if (access(path, F_OK) == 0) return true;
    if (snprintf(draft, sizeof(draft), "%s.new", path) >= (int)sizeof(draft))
        return err_set(e, ERR_URI_TOO_LONG, "the database's path is too long: '%s'", path);
    static const char *const parts[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < COUNT_OF(parts); i++) { /* of a first start that was cut short */
        snprintf(leftover, sizeof(leftover), "%s%s", draft, parts[i]);
        unlink(leftover);
    }
    if (!fill_new(draft, schema, e) || !sync_file(draft, e)) return false;
    if (rename(draft, path) != 0) return err_set_errno(e, ERR_STORAGE, "cannot make '%s'", path);
    return sync_folder_of(path, e);
}

/* --- opening, continued --------------------------------------------------------------------------------------------------- */

static void reader_forget(void *reader)
{
    db_conn *gone = reader;
    db *d = gone->owner;
    pthread_mutex_lock(&d->readers_lock);
    for (db_conn **at = &d->readers; *at; at = &(*at)->next) {
        if (*at != gone) continue;
        *at = gone->next;
        break;
    }
    pthread_mutex_unlock(&d->readers_lock);
    conn_close(gone);
}

static bool init_locks(db *d, err *e)
{
    pthread_mutexattr_t checked;
    if (pthread_mutexattr_init(&checked) != 0) return err_set(e, ERR_MEMORY, "cannot make the writer's lock");
    pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&d->writer_turn, &checked);
    pthread_mutexattr_destroy(&checked);
    pthread_mutex_init(&d->readers_lock, NULL);
    d->has_mutexes = true;
    if (pthread_key_create(&d->reader_key, reader_forget) != 0)
        return err_set(e, ERR_MEMORY, "cannot make a key for readers");
    d->has_key = true;
    return true;
}

bool db_open(const char *path, const db_schema *schema, db **out, err *e)
{
    if (!schema_check(schema, e)) return false;
    AUTO(db_close) db *d = calloc(1, sizeof(*d));
    if (!d) return err_set(e, ERR_MEMORY, "no memory for a database");
    d->schema = schema;
    d->path = strdup(path);
    if (!d->path) return err_set(e, ERR_MEMORY, "no memory for a database");

    if (!init_locks(d, e) || !make_new(path, schema, e)) return false;
    if (!conn_open(path, schema, CONN_WRITER, &d->writer, e)) return false;
    if (!migrate(d->writer, path, schema, e)) return false;
    if (!conn_prepare_all(d->writer, e)) return false;
    *out = TAKE(d);
    return true;
}

void db_close(db *d)
{
    if (!d) return;
    if (d->has_key) pthread_key_delete(d->reader_key);
    while (d->readers) {
        db_conn *reader = d->readers;
        d->readers = reader->next;
        conn_close(reader);
    }
    conn_close(d->writer); /* the last one: SQLite folds the log into the file */
    if (d->has_mutexes) {
        pthread_mutex_destroy(&d->writer_turn);
        pthread_mutex_destroy(&d->readers_lock);
    }
    free(d->path);
    free(d);
}

/* --- using --------------------------------------------------------------------------------------------------------------- */

db_conn *db_reader(db *d, err *e)
{
    db_conn *mine = pthread_getspecific(d->reader_key);
    if (mine) return mine;

    AUTO(conn_close) db_conn *fresh = NULL;
    if (!conn_open(d->path, d->schema, CONN_READER, &fresh, e)) return NULL;
    fresh->owner = d;
    if (pthread_setspecific(d->reader_key, fresh) != 0) {
        err_set(e, ERR_MEMORY, "no memory for a thread's reader");
        return NULL;
    }
    pthread_mutex_lock(&d->readers_lock);
    fresh->next = d->readers;
    d->readers = fresh;
    pthread_mutex_unlock(&d->readers_lock);
    return TAKE(fresh);
}

/* The work, between BEGIN and COMMIT. A rollback that fails would leave the transaction open for the next writer, who would then commit our half:
 * SQLite only refuses a rollback when there is none to do, which is what we want anyway. */
static bool transact(db *d, bool (*work)(db_conn *c, void *ctx, err *e), void *ctx, err *e)
{
    if (!conn_exec(d->writer, "BEGIN IMMEDIATE", e)) return false;
    if (work(d->writer, ctx, e) && conn_exec(d->writer, "COMMIT", e)) return true;
    if (!sqlite3_get_autocommit(d->writer->handle))
        sqlite3_exec(d->writer->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool db_write(db *d, bool (*work)(db_conn *c, void *ctx, err *e), void *ctx, err *e)
{
    if (pthread_mutex_lock(&d->writer_turn) == EDEADLK)
        return err_set(e, ERR_INTERNAL, "a database write inside a database write");
    bool done = transact(d, work, ctx, e);
    pthread_mutex_unlock(&d->writer_turn);
    return done;
}

bool db_write_relaxed(db *d, bool (*work)(db_conn *c, void *ctx, err *e), void *ctx, err *e)
{
    if (pthread_mutex_lock(&d->writer_turn) == EDEADLK)
        return err_set(e, ERR_INTERNAL, "a database write inside a database write");
    bool done = conn_exec(d->writer, "PRAGMA synchronous=NORMAL", e) && transact(d, work, ctx, e);
    /* Without FULL, later writes would be acknowledged before they are durable: that must not pass unnoticed. */
    if (sqlite3_exec(d->writer->handle, "PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK)
        done = conn_fail(d->writer, "synchronous=FULL", e);
    pthread_mutex_unlock(&d->writer_turn);
    return done;
}
