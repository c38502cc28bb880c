/*
 * audit.c - rows of the audit log.
 */
#include "rows.h"

#include "base/clock.h"

bool audit_put(db_conn *c, const meta_audit *row, err *e)
{
    if (!row) return true;
    return db_run(c, "audit_insert",
                  DB_ARGS(DB_INT(clock_wall_ms()), DB_TEXT(row->user), DB_TEXT(row->action),
                          DB_TEXT(row->repository), DB_TEXT(row->path), DB_TEXT(row->detail)),
                  NULL, NULL, e);
}

static bool audit_put_work(db_conn *c, void *row, err *e)
{
    return audit_put(c, row, e);
}

bool meta_audit_add(meta *m, const meta_audit *row, err *e)
{
    meta_audit copy = *row;
    return db_write(m->db, audit_put_work, &copy, e);
}

static bool collect_audit(void *list, const db_row *row, err *e)
{
    row_list *rows = list;
    meta_audit *it = row_list_add(rows, e);
    if (!it) return false;
    it->id = db_row_int(row, 0);
    it->at_ms = db_row_int(row, 1);
    return row_text(row, 2, rows->a, &it->user, e) && row_text(row, 3, rows->a, &it->action, e) &&
           row_text(row, 4, rows->a, &it->repository, e) && row_text(row, 5, rows->a, &it->path, e) &&
           row_text(row, 6, rows->a, &it->detail, e);
}

bool meta_audit_list(meta *m, int64_t before, size_t limit, arena *a, meta_audit **out, size_t *count, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(meta_audit)};
    if (!db_each(c, "audit_list", DB_ARGS(DB_INT(before > 0 ? before : INT64_MAX), DB_INT(limit)),
                 collect_audit, &rows, e))
        return false;
    *out = rows.items;
    *count = rows.count;
    return true;
}
