/*
 * rows.h - what meta's own files share: the store itself and the copying of rows into arenas.
 */
#ifndef META_ROWS_H
#define META_ROWS_H

#include "db/db.h"
#include "meta/audit.h"
#include "meta/meta.h"

struct meta {
    db *db;
};

/* Copies; false with ERR_MEMORY. NULL and empty text give an empty view. */
bool row_text(const db_row *row, unsigned column, arena *a, str *out, err *e) MUST_USE;
/* NULL gives DIGEST_NONE; a wrong length is ERR_STORAGE: the row is damaged. */
bool row_digest(const db_row *row, unsigned column, digest_kind kind, digest *out, err *e) MUST_USE;
db_value value_of_digest(const digest *d); /* a view into *d; DB_NULL for DIGEST_NONE */

/* A growing array in an arena. */
typedef struct row_list {
    arena *a;
    void *items;
    size_t count, capacity, item_bytes;
} row_list;
void *row_list_add(row_list *list, err *e) MUST_USE; /* zeroed; NULL with ERR_MEMORY */

bool node_from_row(const db_row *row, arena *a, meta_node *out, err *e) MUST_USE;
bool collect_nodes(void *list, const db_row *row, err *e);

/* Within a transaction. */
bool repository_id(db_conn *c, str key, int64_t *id, err *e) MUST_USE; /* ERR_NOT_FOUND */
typedef struct node_place {
    int64_t id;
    bool found, is_folder;
} node_place;
bool node_look(db_conn *c, int64_t repository, str path, node_place *out, err *e) MUST_USE;
bool node_insert_root(db_conn *c, int64_t repository, int64_t now_ms, err *e) MUST_USE;
bool property_put(db_conn *c, int64_t node, str name, str value, err *e) MUST_USE;
bool property_limit(db_conn *c, int64_t node, err *e) MUST_USE;     /* after puts: ERR_TOO_LARGE */
bool audit_put(db_conn *c, const meta_audit *row, err *e) MUST_USE; /* NULL: nothing to tell */

#endif
