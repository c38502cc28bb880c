/*
 * node_delete.c - removing artifacts and folders, and counting downloads.
 *
 * Only rows go; the bytes stay until garbage is collected, because other nodes may share them.
 */
#include "rows.h"

#include "base/clock.h"

typedef struct delete_order {
    str repository, path;
    str path_below, path_above; /* bounds of what lies below a folder */
    const meta_audit *audit;
    uint64_t removed;
} delete_order;

static bool delete_below(db_conn *c, int64_t repository, delete_order *order, err *e)
{
    if (order->path.len == 0)
        return db_run(c, "node_delete_all", DB_ARGS(DB_INT(repository)), &order->removed, NULL, e);
    return db_run(c, "node_delete_between",
                  DB_ARGS(DB_INT(repository), DB_TEXT(order->path_below), DB_TEXT(order->path_above)),
                  &order->removed, NULL, e);
}

static bool delete_work(db_conn *c, void *ctx, err *e)
{
    delete_order *order = ctx;
    int64_t repository;
    node_place place;
    if (!repository_id(c, order->repository, &repository, e)) return false;
    if (!node_look(c, repository, order->path, &place, e)) return false;
    if (!place.found)
        return err_set(e, ERR_NOT_FOUND, "Unable to find item %.*s:%.*s", STR_ARG(order->repository),
                       STR_ARG(order->path));

    if (place.is_folder && !delete_below(c, repository, order, e)) return false;
    /* The root itself belongs to the repository. */
    uint64_t self = 0;
    if (order->path.len &&
        !db_run(c, "node_delete", DB_ARGS(DB_INT(repository), DB_TEXT(order->path)), &self, NULL, e))
        return false;
    order->removed += self;
    return audit_put(c, order->audit, e);
}

bool meta_node_delete_audited(meta *m, str repository, str path, const meta_audit *row, uint64_t *removed,
                              err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, 4 * path.len + 4096);
    delete_order order = {.repository = repository, .path = path, .audit = row};
    order.path_below = arena_printf(&a, "%.*s/", STR_ARG(path));
    order.path_above = arena_printf(&a, "%.*s0", STR_ARG(path)); /* '0' follows '/' */
    if (!order.path_below.data || !order.path_above.data)
        return err_set(e, ERR_MEMORY, "no memory for a path");

    if (!db_write(m->db, delete_work, &order, e)) return false;
    if (removed) *removed = order.removed;
    return true;
}

bool meta_node_delete(meta *m, str repository, str path, uint64_t *removed, err *e)
{
    return meta_node_delete_audited(m, repository, path, NULL, removed, e);
}

static bool count_work(db_conn *c, void *ctx, err *e)
{
    return db_run(c, "download_count", DB_ARGS(DB_INT(*(const int64_t *)ctx), DB_INT(clock_wall_ms())), NULL,
                  NULL, e);
}

bool meta_node_count_download(meta *m, int64_t id, err *e)
{
    return db_write_relaxed(m->db, count_work, &id, e);
}

static bool last_row(void *ctx, const db_row *row, err *e UNUSED)
{
    *(int64_t *)ctx = db_row_int(row, 1);
    return true;
}

bool meta_node_last_download(meta *m, int64_t id, int64_t *at_ms, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    int64_t found = 0;
    if (!db_each(c, "download_find", DB_ARGS(DB_INT(id)), last_row, &found, e)) return false;
    *at_ms = found;
    return true;
}
