/*
 * rows.c - from result rows to structs in an arena.
 */
#include "rows.h"

bool row_text(const db_row *row, unsigned column, arena *a, str *out, err *e)
{
    str text = db_row_text(row, column);
    str copy = arena_copy(a, text);
    if (!copy.data) return err_set(e, ERR_MEMORY, "no memory for a row's text of %zu bytes", text.len);
    *out = copy;
    return true;
}

bool row_digest(const db_row *row, unsigned column, digest_kind kind, digest *out, err *e)
{
    *out = (digest){.kind = DIGEST_NONE};
    if (db_row_is_null(row, column)) return true;
    bytes raw = db_row_blob(row, column);
    if (raw.len != digest_size_bytes(kind))
        return err_set(e, ERR_STORAGE, "a stored digest has %zu bytes instead of %zu", raw.len,
                       digest_size_bytes(kind));
    out->kind = kind;
    memcpy(out->value, raw.data, raw.len);
    return true;
}

db_value value_of_digest(const digest *d)
{
    if (d->kind == DIGEST_NONE) return DB_NULL;
    return DB_BLOB(((bytes){d->value, digest_size_bytes(d->kind)}));
}

void *row_list_add(row_list *list, err *e)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        void *grown = arena_alloc_array(list->a, capacity, list->item_bytes);
        if (!grown) {
            err_set(e, ERR_MEMORY, "no memory for %zu rows", capacity);
            return NULL;
        }
        if (list->count) memcpy(grown, list->items, list->count * list->item_bytes);
        list->items = grown;
        list->capacity = capacity;
    }
    return (uint8_t *)list->items + list->item_bytes * list->count++;
}

/* Columns as in the SELECTs of store.sql. */
bool node_from_row(const db_row *row, arena *a, meta_node *out, err *e)
{
    meta_node n = {.id = db_row_int(row, 0), .is_folder = db_row_int(row, 3) == 0};
    n.size_bytes = (uint64_t)db_row_int(row, 7);
    n.created_ms = db_row_int(row, 11);
    n.modified_ms = db_row_int(row, 12);
    n.downloads = (uint64_t)db_row_int(row, 13);
    if (!row_text(row, 1, a, &n.repository, e) || !row_text(row, 2, a, &n.path, e)) return false;
    if (!row_digest(row, 4, DIGEST_SHA256, &n.sha256, e)) return false;
    if (!row_digest(row, 5, DIGEST_SHA1, &n.sha1, e) || !row_digest(row, 6, DIGEST_MD5, &n.md5, e))
        return false;
    if (!row_text(row, 8, a, &n.mime, e)) return false;
    if (!row_text(row, 9, a, &n.created_by, e) || !row_text(row, 10, a, &n.modified_by, e)) return false;
    *out = n;
    return true;
}

bool collect_nodes(void *list, const db_row *row, err *e)
{
    row_list *nodes = list;
    meta_node *node = row_list_add(nodes, e);
    return node && node_from_row(row, nodes->a, node, e);
}
