/*
 * conn.c - connections and statements over SQLite.
 *
 * A connection is used by one thread at a time, so SQLite's own mutexes are off. Statements are prepared when first used and kept. A row callback
 * may run the statement that it is called from: the inner run then gets a statement of its own.
 */
#include "conn.h"

#include "base/fault.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

enum { BUSY_TIMEOUT_MS = 10000 };

/* --- connections --------------------------------------------------------------------------------------------------------- */

/* WAL lets readers go on during a write. FULL makes a commit wait for the disk: what was acknowledged survives a power cut. */
static const char *const pragmas_of[] = {
    [CONN_READER] = "PRAGMA query_only=ON; PRAGMA cache_size=-1024; PRAGMA trusted_schema=OFF;",
    [CONN_WRITER] = ("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                     "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-4096;"
                     "PRAGMA trusted_schema=OFF;"),
    [CONN_MAKER] = ("PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;"
                    "PRAGMA trusted_schema=OFF;"),
};

static err_code code_of(int sqlite_code)
{
    switch (sqlite_code & 0xff) {
    case SQLITE_CONSTRAINT: return ERR_CONFLICT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_BUSY;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: return ERR_STORAGE;
    case SQLITE_NOMEM: return ERR_MEMORY;
    case SQLITE_TOOBIG: return ERR_TOO_LARGE;
    default: return ERR_INTERNAL;
    }
}

bool conn_fail(db_conn *c, const char *what, err *e)
{
    return err_set(e, code_of(sqlite3_extended_errcode(c->handle)), "database: %s: %s", what,
                   sqlite3_errmsg(c->handle));
}

static bool fault_injected(const char *what, err *e)
{
    if (!fault_hit(FAULT_DB)) return false;
    err_set(e, ERR_STORAGE, "database: %s: injected fault", what);
    return true;
}

bool conn_exec(db_conn *c, const char *sql, err *e)
{
    if (fault_injected("statement", e)) return false;
    return sqlite3_exec(c->handle, sql, NULL, NULL, NULL) == SQLITE_OK || conn_fail(c, "statement", e);
}

bool conn_exec_int(db_conn *c, const char *sql, int64_t *value, err *e)
{
    sqlite3_stmt *stmt = NULL;
    bool done =
        sqlite3_prepare_v2(c->handle, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW;
    if (done)
        *value = sqlite3_column_int64(stmt, 0);
    else
        conn_fail(c, sql, e);
    sqlite3_finalize(stmt);
    return done;
}

bool conn_open(const char *path, const db_schema *schema, conn_kind kind, db_conn **out, err *e)
{
    AUTO(conn_close) db_conn *c = calloc(1, sizeof(*c));
    if (!c) return err_set(e, ERR_MEMORY, "no memory for a database connection");
    c->schema = schema;
    c->prepared = calloc(schema->statement_count + 1, sizeof(sqlite3_stmt *));
    if (!c->prepared) return err_set(e, ERR_MEMORY, "no memory for %zu statements", schema->statement_count);

    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (kind == CONN_READER ? 0 : SQLITE_OPEN_CREATE);
    if (sqlite3_open_v2(path, &c->handle, flags, NULL) != SQLITE_OK)
        return c->handle ? conn_fail(c, path, e) : err_set(e, ERR_MEMORY, "no memory to open '%s'", path);
    sqlite3_busy_timeout(c->handle, BUSY_TIMEOUT_MS);
    if (!conn_exec(c, pragmas_of[kind], e)) return err_wrap(e, "'%s'", path);
    *out = TAKE(c);
    return true;
}

void conn_close(db_conn *c)
{
    if (!c) return;
    for (size_t i = 0; c->prepared && i < c->schema->statement_count; i++) sqlite3_finalize(c->prepared[i]);
    sqlite3_close(c->handle);
    free(c->prepared);
    free(c);
}

/* --- statements ---------------------------------------------------------------------------------------------------------- */

static int compare_name(const void *name, const void *statement)
{
    return strcmp(name, ((const db_statement *)statement)->name);
}

static bool prepare(db_conn *c, const db_statement *statement, sqlite3_stmt **out, err *e)
{
    if (sqlite3_prepare_v3(c->handle, statement->sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) != SQLITE_OK)
        return conn_fail(c, statement->name, e);
    return true;
}

bool conn_prepare_all(db_conn *c, err *e)
{
    for (size_t i = 0; i < c->schema->statement_count; i++) {
        sqlite3_stmt *stmt = NULL;
        if (!prepare(c, &c->schema->statements[i], &stmt, e)) return false;
        sqlite3_finalize(stmt);
    }
    return true;
}

/* A statement to run, and whether it goes back into the connection's table or is thrown away. */
typedef struct lease {
    sqlite3_stmt *stmt;
    bool is_own;
} lease;

static bool lease_take(db_conn *c, const char *name, lease *out, err *e)
{
    const db_statement *found =
        bsearch(name, c->schema->statements, c->schema->statement_count, sizeof(db_statement), compare_name);
    if (!found) return err_set(e, ERR_INTERNAL, "no SQL statement is named '%s'", name);

    sqlite3_stmt **kept = &c->prepared[found - c->schema->statements];
    if (!*kept && !prepare(c, found, kept, e)) return false;
    if (!sqlite3_stmt_busy(*kept)) {
        *out = (lease){*kept, false};
        return true;
    }
    out->is_own = true;
    return prepare(c, found, &out->stmt, e);
}

static void lease_return(lease l)
{
    if (l.is_own) {
        sqlite3_finalize(l.stmt);
        return;
    }
    sqlite3_reset(l.stmt);
    sqlite3_clear_bindings(l.stmt); /* the values are borrowed */
}

static int bind_one(sqlite3_stmt *stmt, int at, const db_value *value)
{
    const void *data =
        value->data.data ? (const void *)value->data.data : ""; /* a NULL pointer would bind NULL */
    switch (value->kind) {
    case DB_IS_NULL: return sqlite3_bind_null(stmt, at);
    case DB_IS_INT: return sqlite3_bind_int64(stmt, at, value->integer);
    case DB_IS_REAL: return sqlite3_bind_double(stmt, at, value->real);
    case DB_IS_TEXT: return sqlite3_bind_text64(stmt, at, data, value->data.len, SQLITE_STATIC, SQLITE_UTF8);
    case DB_IS_BLOB: return sqlite3_bind_blob64(stmt, at, data, value->data.len, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

static bool bind_all(db_conn *c, sqlite3_stmt *stmt, const char *name, const db_value *args, size_t count,
                     err *e)
{
    int wanted = sqlite3_bind_parameter_count(stmt);
    if (wanted < 0 || (size_t)wanted != count)
        return err_set(e, ERR_INTERNAL, "SQL statement '%s' has %d parameters, %zu were given", name, wanted,
                       count);
    for (size_t i = 0; i < count; i++)
        if (bind_one(stmt, (int)i + 1, &args[i]) != SQLITE_OK) return conn_fail(c, name, e);
    return true;
}

struct db_row {
    sqlite3_stmt *stmt;
};

static bool step_all(db_conn *c, sqlite3_stmt *stmt, const char *name,
                     bool (*row)(void *ctx, const db_row *row, err *e), void *ctx, err *e)
{
    db_row current = {stmt};
    for (;;) {
        int code = sqlite3_step(stmt);
        if (code == SQLITE_DONE) return true;
        if (code != SQLITE_ROW) return conn_fail(c, name, e);
        if (row && !row(ctx, &current, e)) return false;
    }
}

static bool run(db_conn *c, const char *name, const db_value *args, size_t count,
                bool (*row)(void *ctx, const db_row *row, err *e), void *ctx, err *e)
{
    if (fault_injected(name, e)) return false;
    lease l = {0};
    if (!lease_take(c, name, &l, e)) return false;
    bool done = bind_all(c, l.stmt, name, args, count, e) && step_all(c, l.stmt, name, row, ctx, e);
    lease_return(l);
    return done;
}

bool db_each(db_conn *c, const char *statement, const db_value *args, size_t count,
             bool (*row)(void *ctx, const db_row *row, err *e), void *ctx, err *e)
{
    return run(c, statement, args, count, row, ctx, e);
}

bool db_run(db_conn *c, const char *statement, const db_value *args, size_t count, uint64_t *changed,
            int64_t *new_id, err *e)
{
    if (!run(c, statement, args, count, NULL, NULL, e)) return false;
    if (changed) *changed = (uint64_t)sqlite3_changes64(c->handle);
    if (new_id) *new_id = sqlite3_last_insert_rowid(c->handle);
    return true;
}

/* --- rows ---------------------------------------------------------------------------------------------------------------- */

int64_t db_row_int(const db_row *row, unsigned column)
{
    return sqlite3_column_int64(row->stmt, (int)column);
}

double db_row_real(const db_row *row, unsigned column)
{
    return sqlite3_column_double(row->stmt, (int)column);
}

str db_row_text(const db_row *row, unsigned column)
{
    const char *text = (const char *)sqlite3_column_text(row->stmt, (int)column);
    return (str){text, text ? (size_t)sqlite3_column_bytes(row->stmt, (int)column) : 0};
}

bytes db_row_blob(const db_row *row, unsigned column)
{
    const uint8_t *data = sqlite3_column_blob(row->stmt, (int)column);
    return (bytes){data, data ? (size_t)sqlite3_column_bytes(row->stmt, (int)column) : 0};
}

bool db_row_is_null(const db_row *row, unsigned column)
{
    return sqlite3_column_type(row->stmt, (int)column) == SQLITE_NULL;
}
