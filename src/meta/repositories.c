/*
 * repositories.c - rows of repositories. Each gets its root folder in the same transaction.
 */
#include "rows.h"

static bool repository_from_row(const db_row *row, arena *a, meta_repository *out, err *e)
{
    meta_repository r = {.created_ms = db_row_int(row, 5)};
    if (!row_text(row, 1, a, &r.key, e) || !row_text(row, 2, a, &r.kind, e)) return false;
    if (!row_text(row, 3, a, &r.package_type, e) || !row_text(row, 4, a, &r.description, e)) return false;
    *out = r;
    return true;
}

static bool id_row(void *ctx, const db_row *row, err *e UNUSED)
{
    *(int64_t *)ctx = db_row_int(row, 0);
    return true;
}

bool repository_id(db_conn *c, str key, int64_t *id, err *e)
{
    int64_t found = 0;
    if (!db_each(c, "repository_find", DB_ARGS(DB_TEXT(key)), id_row, &found, e)) return false;
    if (found == 0) return err_set(e, ERR_NOT_FOUND, "no repository is named '%.*s'", STR_ARG(key));
    *id = found;
    return true;
}

typedef struct repository_change {
    const meta_repository *r;
    str key;
    const meta_audit *audit;
} repository_change;

static bool create_work(db_conn *c, void *ctx, err *e)
{
    const repository_change *change = ctx;
    const meta_repository *r = change->r;
    int64_t id;
    if (!db_run(c, "repository_insert",
                DB_ARGS(DB_TEXT(r->key), DB_TEXT(r->kind), DB_TEXT(r->package_type), DB_TEXT(r->description),
                        DB_INT(r->created_ms)),
                NULL, &id, e)) {
        if (e && e->code == ERR_CONFLICT)
            return err_set(e, ERR_CONFLICT, "a repository is named '%.*s' already", STR_ARG(r->key));
        return false;
    }
    return node_insert_root(c, id, r->created_ms, e) && audit_put(c, change->audit, e);
}

bool meta_repository_create_audited(meta *m, const meta_repository *r, const meta_audit *row, err *e)
{
    err own;
    repository_change change = {.r = r, .audit = row};
    return db_write(m->db, create_work, &change, e ? e : &own);
}

bool meta_repository_create(meta *m, const meta_repository *r, err *e)
{
    return meta_repository_create_audited(m, r, NULL, e);
}

static bool delete_work(db_conn *c, void *ctx, err *e)
{
    const repository_change *change = ctx;
    uint64_t changed;
    if (!db_run(c, "repository_delete", DB_ARGS(DB_TEXT(change->key)), &changed, NULL, e)) return false;
    if (changed == 0) return err_set(e, ERR_NOT_FOUND, "no repository is named '%.*s'", STR_ARG(change->key));
    return audit_put(c, change->audit, e);
}

bool meta_repository_delete_audited(meta *m, str key, const meta_audit *row, err *e)
{
    repository_change change = {.key = key, .audit = row};
    return db_write(m->db, delete_work, &change, e);
}

bool meta_repository_delete(meta *m, str key, err *e)
{
    return meta_repository_delete_audited(m, key, NULL, e);
}

static bool describe_work(db_conn *c, void *ctx, err *e)
{
    const repository_change *change = ctx;
    uint64_t changed;
    if (!db_run(c, "repository_update", DB_ARGS(DB_TEXT(change->key), DB_TEXT(change->r->description)),
                &changed, NULL, e))
        return false;
    if (changed == 0) return err_set(e, ERR_NOT_FOUND, "no repository is named '%.*s'", STR_ARG(change->key));
    return true;
}

bool meta_repository_describe(meta *m, str key, str description, err *e)
{
    meta_repository r = {.description = description};
    repository_change change = {.r = &r, .key = key};
    return db_write(m->db, describe_work, &change, e);
}

static bool collect_repositories(void *list, const db_row *row, err *e)
{
    row_list *rows = list;
    meta_repository *r = row_list_add(rows, e);
    return r && repository_from_row(row, rows->a, r, e);
}

bool meta_repository_find(meta *m, str key, arena *a, meta_repository *out, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(meta_repository)};
    if (!db_each(c, "repository_find", DB_ARGS(DB_TEXT(key)), collect_repositories, &rows, e)) return false;
    if (rows.count == 0) return err_set(e, ERR_NOT_FOUND, "no repository is named '%.*s'", STR_ARG(key));
    *out = *(meta_repository *)rows.items;
    return true;
}

bool meta_repository_list(meta *m, arena *a, meta_repository **out, size_t *count, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(meta_repository)};
    if (!db_each(c, "repository_list", DB_NO_ARGS, collect_repositories, &rows, e)) return false;
    *out = rows.items;
    *count = rows.count;
    return true;
}
