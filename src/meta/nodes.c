/*
 * nodes.c - artifacts and folders: putting, finding, listing.
 *
 * A node knows its whole path and its folder's path, so that listings are one range of an index, however deep or wide. Folders are rows too and are
 * made with the artifact that needs them; several uploads into the same new folder are in line for the writer, so they cannot race.
 */
#include "rows.h"

#include "base/clock.h"
#include "base/limits.h"

#include <assert.h>

enum { KIND_FOLDER = 0, KIND_ARTIFACT = 1 };

/* --- within a transaction ------------------------------------------------------------------------------------------------ */

static bool place_row(void *ctx, const db_row *row, err *e UNUSED)
{
    *(node_place *)ctx = (node_place){db_row_int(row, 0), true, db_row_int(row, 1) == KIND_FOLDER};
    return true;
}

bool node_look(db_conn *c, int64_t repository, str path, node_place *out, err *e)
{
    *out = (node_place){0};
    return db_each(c, "node_kind", DB_ARGS(DB_INT(repository), DB_TEXT(path)), place_row, out, e);
}

static str folder_of(str path)
{
    ptrdiff_t slash = str_find_last(path, '/');
    return slash < 0 ? STR("") : str_slice(path, 0, (size_t)slash);
}

static str name_of(str path)
{
    return str_skip(path, (size_t)(str_find_last(path, '/') + 1));
}

bool node_insert_root(db_conn *c, int64_t repository, int64_t now_ms, err *e)
{
    return db_run(c, "node_insert",
                  DB_ARGS(DB_INT(repository), DB_NULL, DB_TEXT(STR("")), DB_TEXT(STR("")),
                          DB_INT(KIND_FOLDER), DB_NULL, DB_TEXT(STR("")), DB_TEXT(STR("")), DB_INT(now_ms)),
                  NULL, NULL, e);
}

static bool insert(db_conn *c, int64_t repository, const meta_node *node, int64_t *id, err *e)
{
    return db_run(c, "node_insert",
                  DB_ARGS(DB_INT(repository), DB_TEXT(folder_of(node->path)), DB_TEXT(name_of(node->path)),
                          DB_TEXT(node->path), DB_INT(node->is_folder ? KIND_FOLDER : KIND_ARTIFACT),
                          value_of_digest(&node->sha256), DB_TEXT(node->mime), DB_TEXT(node->modified_by),
                          DB_INT(node->modified_ms)),
                  NULL, id, e);
}

/* All folders above the node, outermost first. Usually they are there, so the innermost is looked at first. */
static bool ensure_folders(db_conn *c, int64_t repository, const meta_node *node, err *e)
{
    node_place place;
    if (!node_look(c, repository, folder_of(node->path), &place, e)) return false;
    if (place.found && place.is_folder) return true;

    for (size_t i = 0; i < node->path.len; i++) {
        if (node->path.data[i] != '/') continue;
        meta_node folder = {.path = str_slice(node->path, 0, i),
                            .is_folder = true,
                            .modified_by = node->modified_by,
                            .modified_ms = node->modified_ms};
        if (!node_look(c, repository, folder.path, &place, e)) return false;
        if (place.found && !place.is_folder)
            return err_set(e, ERR_CONFLICT, "'%.*s' is an artifact, so nothing can be below it",
                           STR_ARG(folder.path));
        if (!place.found && !insert(c, repository, &folder, NULL, e)) return false;
    }
    return true;
}

static bool put_blob(db_conn *c, const meta_node *node, err *e)
{
    return db_run(c, "blob_upsert",
                  DB_ARGS(value_of_digest(&node->sha256), value_of_digest(&node->sha1),
                          value_of_digest(&node->md5), DB_INT(node->size_bytes), DB_INT(node->modified_ms)),
                  NULL, NULL, e);
}

static bool put_node(db_conn *c, int64_t repository, const meta_node *node, int64_t *id, err *e)
{
    node_place place;
    if (!node_look(c, repository, node->path, &place, e)) return false;
    if (!place.found) return ensure_folders(c, repository, node, e) && insert(c, repository, node, id, e);

    if (place.is_folder != node->is_folder)
        return err_set(e, ERR_CONFLICT, "'%.*s' is %s already", STR_ARG(node->path),
                       place.is_folder ? "a folder" : "an artifact");
    *id = place.id;
    return node->is_folder ||
           db_run(c, "node_replace",
                  DB_ARGS(DB_INT(place.id), value_of_digest(&node->sha256), DB_TEXT(node->mime),
                          DB_TEXT(node->modified_by), DB_INT(node->modified_ms)),
                  NULL, NULL, e);
}

/* --- putting ------------------------------------------------------------------------------------------------------------- */

typedef struct put_order {
    const meta_node *node;
    const meta_property *properties;
    size_t property_count;
    bool sets_properties;
    const meta_audit *audit;
    int64_t id;
} put_order;

static bool put_properties(db_conn *c, const put_order *order, err *e)
{
    if (!order->sets_properties) return true;
    if (!db_run(c, "property_delete_all", DB_ARGS(DB_INT(order->id)), NULL, NULL, e)) return false;
    for (size_t i = 0; i < order->property_count; i++)
        if (!property_put(c, order->id, order->properties[i].name, order->properties[i].value, e))
            return false;
    return property_limit(c, order->id, e);
}

static bool put_work(db_conn *c, void *ctx, err *e)
{
    put_order *order = ctx;
    const meta_node *node = order->node;
    int64_t repository;
    if (!repository_id(c, node->repository, &repository, e)) return false;
    if (!node->is_folder && !put_blob(c, node, e)) return false;
    if (!put_node(c, repository, node, &order->id, e)) return false;
    return put_properties(c, order, e) && audit_put(c, order->audit, e);
}

static bool put(meta *m, put_order *order, int64_t *id, err *e)
{
    meta_node node = *order->node;
    if (node.modified_ms == 0) node.modified_ms = clock_wall_ms();
    if (node.is_folder) node.sha256 = (digest){.kind = DIGEST_NONE};
    assert(node.is_folder || node.sha256.kind == DIGEST_SHA256);
    /* The order lives no longer than this call. */
    /* cppcheck-suppress autoVariables */
    order->node = &node;
    if (!db_write(m->db, put_work, order, e)) return false;
    if (id) *id = order->id;
    return true;
}

bool meta_node_put(meta *m, const meta_node *node, int64_t *id, err *e)
{
    put_order order = {.node = node};
    return put(m, &order, id, e);
}

bool meta_node_put_audited(meta *m, const meta_node *node, const meta_property *properties,
                           size_t property_count, const meta_audit *row, int64_t *id, err *e)
{
    put_order order = {.node = node,
                       .properties = properties,
                       .property_count = property_count,
                       .sets_properties = !node->is_folder || property_count > 0,
                       .audit = row};
    return put(m, &order, id, e);
}

/* --- finding ------------------------------------------------------------------------------------------------------------- */

bool meta_node_find(meta *m, str repository, str path, arena *a, meta_node *out, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(meta_node)};
    if (!db_each(c, "node_find", DB_ARGS(DB_TEXT(repository), DB_TEXT(path)), collect_nodes, &rows, e))
        return false;
    if (rows.count == 0)
        return err_set(e, ERR_NOT_FOUND, "Unable to find item %.*s:%.*s", STR_ARG(repository), STR_ARG(path));
    *out = *(meta_node *)rows.items;
    return true;
}

static bool list(meta *m, const char *statement, const db_value *args, size_t arg_count, arena *a,
                 meta_node **out, size_t *count, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(meta_node)};
    if (!db_each(c, statement, args, arg_count, collect_nodes, &rows, e)) return false;
    *out = rows.items;
    *count = rows.count;
    return true;
}

/* Is the child that a page ended with a folder? The cursor is only its name; when it is gone meanwhile, the page repeats artifacts rather than
 * skipping any. */
static bool cursor_kind(meta *m, str repository, str folder, str after, arena *a, int64_t *kind, err *e)
{
    str path = folder.len ? arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(after)) : after;
    if (!path.data) return err_set(e, ERR_MEMORY, "no memory for a path");
    err missing;
    meta_node node;
    *kind = KIND_FOLDER;
    if (meta_node_find(m, repository, path, a, &node, &missing)) {
        *kind = node.is_folder ? KIND_FOLDER : KIND_ARTIFACT;
        return true;
    }
    if (missing.code == ERR_NOT_FOUND) return true;
    if (e) *e = missing;
    return false;
}

bool meta_node_children(meta *m, str repository, str folder, str after, size_t limit, arena *a,
                        meta_node **out, size_t *count, err *e)
{
    int64_t kind = KIND_FOLDER - 1; /* before everything */
    if (after.len && !cursor_kind(m, repository, folder, after, a, &kind, e)) return false;
    return list(m, "node_children",
                DB_ARGS(DB_TEXT(repository), DB_TEXT(folder), DB_INT(kind), DB_TEXT(after), DB_INT(limit)), a,
                out, count, e);
}

bool meta_node_by_digest(meta *m, digest sha256, arena *a, meta_node **out, size_t *count, err *e)
{
    return list(m, "node_by_digest", DB_ARGS(value_of_digest(&sha256)), a, out, count, e);
}

static bool below(meta *m, str repository, str folder, str after, int64_t kind_min, size_t limit, arena *a,
                  meta_node **out, size_t *count, err *e)
{
    if (folder.len == 0)
        return list(m, "node_after",
                    DB_ARGS(DB_TEXT(repository), DB_TEXT(after), DB_INT(limit), DB_INT(kind_min)), a, out,
                    count, e);
    str first = arena_printf(a, "%.*s/", STR_ARG(folder)), last = arena_printf(a, "%.*s0", STR_ARG(folder));
    if (!first.data || !last.data) return err_set(e, ERR_MEMORY, "no memory for a path");
    if (str_compare(after, first) > 0) first = after;
    return list(m, "node_between",
                DB_ARGS(DB_TEXT(repository), DB_TEXT(first), DB_TEXT(last), DB_INT(limit), DB_INT(kind_min)),
                a, out, count, e);
}

bool meta_node_below(meta *m, str repository, str folder, str after, size_t limit, arena *a, meta_node **out,
                     size_t *count, err *e)
{
    return below(m, repository, folder, after, KIND_ARTIFACT, limit, a, out, count, e);
}

bool meta_node_below_with_folders(meta *m, str repository, str folder, str after, size_t limit, arena *a,
                                  meta_node **out, size_t *count, err *e)
{
    return below(m, repository, folder, after, KIND_FOLDER, limit, a, out, count, e);
}

static bool blob_row(void *ctx, const db_row *row, err *e)
{
    meta_node *out = ctx;
    out->size_bytes = (uint64_t)db_row_int(row, 3);
    return row_digest(row, 0, DIGEST_SHA256, &out->sha256, e) &&
           row_digest(row, 1, DIGEST_SHA1, &out->sha1, e) && row_digest(row, 2, DIGEST_MD5, &out->md5, e);
}

bool meta_blob_find(meta *m, digest sha256, meta_node *out, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    meta_node found = {0};
    if (!db_each(c, "blob_find", DB_ARGS(value_of_digest(&sha256)), blob_row, &found, e)) return false;
    if (found.sha256.kind == DIGEST_NONE)
        return err_set(e, ERR_NOT_FOUND, "no stored content has the checksum %s", digest_hex(sha256).text);
    out->sha256 = found.sha256;
    out->sha1 = found.sha1;
    out->md5 = found.md5;
    out->size_bytes = found.size_bytes;
    return true;
}

static bool blob_put_work(db_conn *c, void *ctx, err *e)
{
    return put_blob(c, ctx, e);
}

bool meta_blob_put(meta *m, const meta_node *node, err *e)
{
    meta_node copy = *node;
    if (copy.modified_ms == 0) copy.modified_ms = clock_wall_ms();
    return db_write(m->db, blob_put_work, &copy, e);
}
