/*
 * conn.h - one connection with its prepared statements; private to db.
 */
#ifndef DB_CONN_H
#define DB_CONN_H

#include "db/db.h"

#include <sqlite3.h>

struct db_conn {
    sqlite3 *handle;
    const db_schema *schema;
    sqlite3_stmt **prepared; /* by place in schema->statements; NULL until first used */
    db_conn *next;           /* readers of one db */
    db *owner;
};

/* A maker fills a database that nobody has yet: it does not wait for the disk, its user does once at the end. */
typedef enum conn_kind { CONN_READER, CONN_WRITER, CONN_MAKER } conn_kind;

bool conn_open(const char *path, const db_schema *schema, conn_kind kind, db_conn **out, err *e) MUST_USE;
void conn_close(db_conn *c);
AUTO_FOR(db_conn *, conn_close)

/* Run statements that have no results and no parameters: transactions, pragmas, migrations. */
bool conn_exec(db_conn *c, const char *sql, err *e) MUST_USE;
bool conn_exec_int(db_conn *c, const char *sql, int64_t *value, err *e) MUST_USE; /* one row, one column */
/* Every statement of the schema compiles against the tables that are there. */
bool conn_prepare_all(db_conn *c, err *e) MUST_USE;
/* Turn SQLite's last error into one of ours. */
bool conn_fail(db_conn *c, const char *what, err *e);

#endif
