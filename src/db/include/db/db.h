/*
 * db/db.h - one SQL interface over SQLite (and, later, PostgreSQL): named statements, typed values, transactions.
 *
 * Statements are rows of a table generated from src/meta/sql/<file>.sql, where "-- name: artifact_find" starts one. No SQL text anywhere else.
 * Values are bound, never formatted. Parameters are ?1, ?2, ...
 *
 * Threads: a db is shared. Reads run on a connection of the calling thread; writes are transactions on one writer connection, taken in turn.
 * db_write may not be nested; inside it, use the connection it hands over for reads too.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

typedef struct db db;
typedef struct db_conn db_conn;
typedef struct db_row db_row;

typedef struct db_statement {
    const char *name, *sql;
} db_statement;
typedef struct db_migration {
    unsigned number; /* 1, 2, ... without gaps */
    const char *sql; /* several statements */
} db_migration;
typedef struct db_schema {
    const db_statement *statements; /* sorted by name (scripts/sql-table.py does) */
    size_t statement_count;
    const db_migration *migrations;
    size_t migration_count;
} db_schema;

bool db_open(const char *path, const db_schema *schema, db **out,
             err *e) MUST_USE; /* WAL, foreign keys, migrations applied; every statement prepared once */
void db_close(db *d);          /* no other thread may be using it */

typedef struct db_value {
    enum { DB_IS_NULL, DB_IS_INT, DB_IS_REAL, DB_IS_TEXT, DB_IS_BLOB } kind;
    int64_t integer;
    double real;
    bytes data;
} db_value;
#define DB_NULL ((db_value){.kind = DB_IS_NULL})
#define DB_INT(v) ((db_value){.kind = DB_IS_INT, .integer = (int64_t)(v)})
#define DB_REAL(v) ((db_value){.kind = DB_IS_REAL, .real = (v)})
#define DB_TEXT(v) ((db_value){.kind = DB_IS_TEXT, .data = str_bytes(v)})
#define DB_BLOB(v) ((db_value){.kind = DB_IS_BLOB, .data = (v)})
/* db_each(conn, "artifact_find", DB_ARGS(DB_TEXT(repo), DB_TEXT(path)), row_fn, ctx, e); DB_NO_ARGS for none */
#define DB_ARGS(...) \
    ((const db_value[]){__VA_ARGS__}), (sizeof((const db_value[]){__VA_ARGS__}) / sizeof(db_value))
#define DB_NO_ARGS NULL, 0

db_conn *db_reader(db *d, err *e) MUST_USE; /* this thread's connection; NULL with an error */
/* Call `row` for each result row; it returns false to stop with its error. Views in a row are valid during the call only. */
bool db_each(db_conn *c, const char *statement, const db_value *args, size_t count,
             bool (*row)(void *ctx, const db_row *row, err *e), void *ctx, err *e) MUST_USE;
/* Insert, update, delete. `changed` and the new row's id may be NULL. A unique or foreign key that does not hold is ERR_CONFLICT. */
bool db_run(db_conn *c, const char *statement, const db_value *args, size_t count, uint64_t *changed,
            int64_t *new_id, err *e) MUST_USE;
/* One transaction: committed when work returns true, rolled back otherwise. */
bool db_write(db *d, bool (*work)(db_conn *c, void *ctx, err *e), void *ctx, err *e) MUST_USE;
/* The same without waiting for the disk: a power cut may take it back (a crash of the process may not). For counters and caches. */
bool db_write_relaxed(db *d, bool (*work)(db_conn *c, void *ctx, err *e), void *ctx, err *e) MUST_USE;

int64_t db_row_int(const db_row *row, unsigned column);
double db_row_real(const db_row *row, unsigned column);
str db_row_text(const db_row *row, unsigned column); /* empty for NULL */
bytes db_row_blob(const db_row *row, unsigned column);
bool db_row_is_null(const db_row *row, unsigned column);

#endif
