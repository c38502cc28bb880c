/*
 * properties.c - names and values that people and builds attach to nodes.
 */
#include "rows.h"

#include "base/limits.h"

bool property_put(db_conn *c, int64_t node, str name, str value, err *e)
{
    if (name.len == 0 || name.len > LIMIT_NAME_BYTES)
        return err_set(e, ERR_INVALID, "a property's name has %zu bytes; 1 to %d are allowed", name.len,
                       LIMIT_NAME_BYTES);
    if (value.len > LIMIT_PROPERTY_BYTES)
        return err_set(e, ERR_TOO_LARGE,
                       "a value of property '%.*s' has %zu bytes; LIMIT_PROPERTY_BYTES is %d", STR_ARG(name),
                       value.len, LIMIT_PROPERTY_BYTES);
    return db_run(c, "property_insert", DB_ARGS(DB_INT(node), DB_TEXT(name), DB_TEXT(value)), NULL, NULL, e);
}

static bool count_row(void *ctx, const db_row *row, err *e UNUSED)
{
    *(int64_t *)ctx = db_row_int(row, 0);
    return true;
}

bool property_limit(db_conn *c, int64_t node, err *e)
{
    int64_t count = 0;
    if (!db_each(c, "property_count", DB_ARGS(DB_INT(node)), count_row, &count, e)) return false;
    if (count > LIMIT_PROPERTIES)
        return err_set(e, ERR_TOO_LARGE, "an artifact may have %d properties (LIMIT_PROPERTIES)",
                       LIMIT_PROPERTIES);
    return true;
}

typedef struct property_order {
    int64_t node;
    str name;
    const str *values;
    size_t count;
} property_order;

static bool set_work(db_conn *c, void *ctx, err *e)
{
    const property_order *order = ctx;
    if (!db_run(c, "property_delete", DB_ARGS(DB_INT(order->node), DB_TEXT(order->name)), NULL, NULL, e))
        return false;
    for (size_t i = 0; i < order->count; i++)
        if (!property_put(c, order->node, order->name, order->values[i], e)) return false;
    return property_limit(c, order->node, e);
}

bool meta_property_set(meta *m, int64_t node, str name, const str *values, size_t count, err *e)
{
    property_order order = {node, name, values, count};
    return db_write(m->db, set_work, &order, e);
}

static bool delete_work(db_conn *c, void *ctx, err *e)
{
    const property_order *order = ctx;
    return db_run(c, "property_delete", DB_ARGS(DB_INT(order->node), DB_TEXT(order->name)), NULL, NULL, e);
}

bool meta_property_delete(meta *m, int64_t node, str name, err *e)
{
    property_order order = {.node = node, .name = name};
    return db_write(m->db, delete_work, &order, e);
}

static bool collect_properties(void *list, const db_row *row, err *e)
{
    row_list *rows = list;
    meta_property *p = row_list_add(rows, e);
    return p && row_text(row, 0, rows->a, &p->name, e) && row_text(row, 1, rows->a, &p->value, e);
}

bool meta_property_list(meta *m, int64_t node, arena *a, meta_property **out, size_t *count, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(meta_property)};
    if (!db_each(c, "property_list", DB_ARGS(DB_INT(node)), collect_properties, &rows, e)) return false;
    *out = rows.items;
    *count = rows.count;
    return true;
}
