/*
 * artifactory_storage.c - /artifactory/api/storage: facts about files and folders, and their properties.
 */
#include "artifactory.h"

#include "properties.h"

#include "base/clock.h"
#include "base/limits.h"

#include <stdlib.h>

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for an answer");
}

/* --- file and folder info ------------------------------------------------------------------------------------------------ */

static str name_of(str path)
{
    return str_skip(path, (size_t)(str_find_last(path, '/') + 1));
}

static int compare_names(const void *a, const void *b)
{
    return str_compare(((const meta_node *)a)->path, ((const meta_node *)b)->path);
}

/* All children by name. The arena's ceiling is the limit of a folder that is answered in one piece. */
static bool all_children(const art_call *call, meta_node **out, size_t *count, err *e)
{
    meta_node *all = NULL;
    size_t total = 0, capacity = 0;
    for (str after = STR_NONE;;) {
        meta_node *page;
        size_t found;
        if (!meta_node_children(call->app->meta, call->repository, call->path, after, LIMIT_PAGE_ROWS,
                                call->arena, &page, &found, e))
            return false;
        if (total + found > capacity) {
            capacity = capacity * 2 + found;
            meta_node *grown = arena_alloc_array(call->arena, capacity, sizeof(meta_node));
            if (!grown) return no_memory(e);
            if (total) memcpy(grown, all, total * sizeof(meta_node));
            all = grown;
        }
        if (found) memcpy(all + total, page, found * sizeof(meta_node));
        total += found;
        if (found < LIMIT_PAGE_ROWS) break;
        after = name_of(page[found - 1].path);
    }
    if (total) qsort(all, total, sizeof(meta_node), compare_names);
    *out = all;
    *count = total;
    return true;
}

static bool add_children(const art_call *call, json_t *item, err *e)
{
    meta_node *children = NULL;
    size_t count = 0;
    AUTO(json_release) json_t *list = json_array();
    if (!all_children(call, &children, &count, e)) return false;
    for (size_t i = 0; i < count; i++) {
        str uri = arena_printf(call->arena, "/%.*s", STR_ARG(name_of(children[i].path)));
        if (json_array_append_new(
                list, json_pack("{s:s%, s:b}", "uri", PACK(uri), "folder", (int)children[i].is_folder)) != 0)
            return no_memory(e);
    }
    return json_object_set(item, "children", list) == 0 || no_memory(e);
}

static bool get_info(http_request *req, http_response *resp, const art_call *call, meta_node *node, err *e)
{
    if (!registry_complete_checksums(call->app, node, e)) return false;
    AUTO(json_release) json_t *item = art_item_json(req, node);
    if (!item) return no_memory(e);
    if (node->is_folder && !add_children(call, item, e)) return false;
    return art_reply_json(resp, 200, item, e);
}

/* --- ?list --------------------------------------------------------------------------------------------------------------- */

typedef struct list_order {
    uint64_t depth_max;
    bool folders, root;
} list_order;

static bool flag_of(const http_request *req, const char *name)
{
    str value;
    return http_query(req, name, &value) &&
           (value.len == 0 || str_eq(value, STR("1")) || str_eq_nocase(value, STR("true")));
}

static list_order list_order_of(const http_request *req)
{
    str value;
    list_order o = {.depth_max = flag_of(req, "deep") ? UINT64_MAX : 1,
                    .folders = flag_of(req, "listFolders"),
                    .root = flag_of(req, "includeRootPath")};
    uint64_t depth;
    if (flag_of(req, "deep") && http_query(req, "depth", &value) && str_to_u64(value, &depth) && depth > 0)
        o.depth_max = depth;
    return o;
}

static uint64_t depth_of(str path)
{
    uint64_t depth = 1;
    for (size_t i = 0; i < path.len; i++) depth += path.data[i] == '/';
    return depth;
}

static bool add_listed(const art_call *call, json_t *files, const meta_node *node, str relative, err *e)
{
    str uri = arena_printf(call->arena, "/%.*s", STR_ARG(relative)),
        modified = art_time(call->arena, node->modified_ms);
    AUTO(json_release)
    json_t *entry = json_pack("{s:s%, s:I, s:s%, s:b}", "uri", PACK(uri), "size",
                              node->is_folder ? (json_int_t)-1 : (json_int_t)node->size_bytes, "lastModified",
                              PACK(modified), "folder", (int)node->is_folder);
    if (!entry) return no_memory(e);
    if (node->sha1.kind != DIGEST_NONE &&
        !json_set_str(entry, "sha1", str_from_c(digest_hex(node->sha1).text)))
        return no_memory(e);
    if (node->sha256.kind != DIGEST_NONE &&
        !json_set_str(entry, "sha2", str_from_c(digest_hex(node->sha256).text)))
        return no_memory(e);
    return json_array_append(files, entry) == 0 || no_memory(e);
}

static bool add_page(const art_call *call, const list_order *order, const meta_node *page, size_t count,
                     json_t *files, err *e)
{
    for (size_t i = 0; i < count; i++) {
        str relative = call->path.len ? str_skip(page[i].path, call->path.len + 1) : page[i].path;
        if (relative.len == 0 || depth_of(relative) > order->depth_max) continue;
        if (page[i].is_folder && !order->folders) continue;
        if (!add_listed(call, files, &page[i], relative, e)) return false;
    }
    return true;
}

static bool get_list(http_request *req, http_response *resp, const art_call *call, const meta_node *node,
                     err *e)
{
    const list_order order = list_order_of(req);
    AUTO(json_release) json_t *files = json_array();
    if (!node->is_folder)
        return err_set(e, ERR_INVALID, "'%.*s' is not a folder: there is nothing to list",
                       STR_ARG(node->path));
    if (order.root && !add_listed(call, files, node, STR(""), e)) return false;
    for (str after = STR_NONE;;) {
        meta_node *page;
        size_t count;
        if (!meta_node_below_with_folders(call->app->meta, call->repository, call->path, after,
                                          LIMIT_PAGE_ROWS, call->arena, &page, &count, e))
            return false;
        if (!add_page(call, &order, page, count, files, e)) return false;
        if (count < LIMIT_PAGE_ROWS) break;
        after = page[count - 1].path;
    }
    str uri = art_uri(req, ART_STORAGE, node->repository, node->path),
        now = art_time(call->arena, clock_wall_ms());
    AUTO(json_release)
    json_t *document = json_pack("{s:s%, s:s%, s:O}", "uri", PACK(uri), "created", PACK(now), "files", files);
    return art_reply_json(resp, 200, document, e);
}

/* --- ?stats, ?lastModified ----------------------------------------------------------------------------------------------- */

static bool get_stats(http_request *req, http_response *resp, const art_call *call, const meta_node *node,
                      err *e)
{
    int64_t last = 0;
    if (!meta_node_last_download(call->app->meta, node->id, &last, e)) return false;
    str uri = art_uri(req, ART_ITEM, node->repository, node->path);
    AUTO(json_release)
    json_t *document = json_pack("{s:s%, s:I, s:I, s:I, s:I}", "uri", PACK(uri), "downloadCount",
                                 (json_int_t)node->downloads, "lastDownloaded", (json_int_t)last,
                                 "remoteDownloadCount", (json_int_t)0, "remoteLastDownloaded", (json_int_t)0);
    return art_reply_json(resp, 200, document, e);
}

static bool get_last_modified(http_request *req, http_response *resp, const art_call *call,
                              const meta_node *node, err *e)
{
    meta_node newest = *node;
    for (str after = STR_NONE; node->is_folder;) {
        meta_node *page;
        size_t count;
        if (!meta_node_below(call->app->meta, call->repository, call->path, after, LIMIT_PAGE_ROWS,
                             call->arena, &page, &count, e))
            return false;
        for (size_t i = 0; i < count; i++)
            if (newest.is_folder || page[i].modified_ms > newest.modified_ms) newest = page[i];
        if (count < LIMIT_PAGE_ROWS) break;
        after = page[count - 1].path;
    }
    str uri = art_uri(req, ART_STORAGE, newest.repository, newest.path),
        at = art_time(call->arena, newest.modified_ms);
    AUTO(json_release)
    json_t *document = json_pack("{s:s%, s:s%}", "uri", PACK(uri), "lastModified", PACK(at));
    return art_reply_json(resp, 200, document, e);
}

/* --- properties ---------------------------------------------------------------------------------------------------------- */

/* The argument as it came: only there raw and encoded separators still differ. */
static bool raw_argument(const http_request *req, str name, str *value)
{
    str rest = http_query_raw(req), part, key;
    while (str_next(&rest, '&', &part)) {
        str_cut(part, '=', &key, value);
        if (str_eq(key, name)) return true;
    }
    return false;
}

static bool is_asked_for(str name, const str *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(wanted[i], name)) return true;
    return count == 0;
}

static bool add_property(json_t *properties, const meta_property *p, arena *a, err *e)
{
    const char *name;
    if (!str_to_c(a, p->name, &name, e)) return false;
    json_t *values = json_object_get(properties, name);
    if (!values) {
        values = json_array();
        if (json_object_set_new(properties, name, values) != 0) return no_memory(e);
    }
    return json_array_append_new(values, json_from_str(p->value)) == 0 || no_memory(e);
}

static bool get_properties(http_request *req, http_response *resp, const art_call *call,
                           const meta_node *node, err *e)
{
    meta_property *have;
    str *wanted, raw = STR_NONE;
    size_t count, wanted_count;
    AUTO(json_release) json_t *properties = json_object();
    if (!raw_argument(req, STR("properties"), &raw)) raw = STR_NONE;
    if (!properties_parse_names(raw, call->arena, &wanted, &wanted_count, e)) return false;
    if (!meta_property_list(call->app->meta, node->id, call->arena, &have, &count, e)) return false;
    for (size_t i = 0; i < count; i++)
        if (is_asked_for(have[i].name, wanted, wanted_count) &&
            !add_property(properties, &have[i], call->arena, e))
            return false;
    /* Clients tell "no properties" from "no such item" by this text. */
    if (json_object_size(properties) == 0) return err_set(e, ERR_NOT_FOUND, "No properties could be found.");

    str uri = art_uri(req, ART_STORAGE, node->repository, node->path);
    AUTO(json_release)
    json_t *document = json_pack("{s:O, s:s%}", "properties", properties, "uri", PACK(uri));
    return art_reply_json(resp, 200, document, e);
}

static bool is_recursive(const http_request *req)
{
    str value;
    return !http_query(req, "recursive", &value) || str_eq(value, STR("1")) ||
           str_eq_nocase(value, STR("true"));
}

static size_t values_of(str name, const meta_property *items, size_t count, str *values)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (str_eq(items[i].name, name)) values[found++] = items[i].value;
    return found;
}

static bool is_new_name(const registry_property_change *changes, size_t count, str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(changes[i].name, name)) return false;
    return true;
}

/* Values of one name, however they were spread over the pairs, become one change. */
static bool group_changes(const meta_property *items, size_t count, arena *a, registry_property_change **out,
                          size_t *out_count, err *e)
{
    registry_property_change *changes = arena_alloc_array(a, count, sizeof(*changes));
    if (!changes) return no_memory(e);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_new_name(changes, found, items[i].name)) continue;
        str *values = arena_alloc_array(a, count, sizeof(str));
        if (!values) return no_memory(e);
        changes[found++] =
            (registry_property_change){items[i].name, values, values_of(items[i].name, items, count, values)};
    }
    *out = changes;
    *out_count = found;
    return true;
}

bool art_properties_put(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    meta_node node;
    str raw;
    meta_property *items;
    registry_property_change *changes = NULL;
    size_t count, change_count = 0;
    if (!raw_argument(req, STR("properties"), &raw))
        return err_set(e, ERR_INVALID, "the argument 'properties' is missing");
    if (!properties_parse(raw, PROPERTIES_QUERY, call.arena, &items, &count, e)) return false;
    if (count == 0) return err_set(e, ERR_INVALID, "the argument 'properties' is empty");
    if (!registry_find(call.app, call.repository, call.path, call.arena, &node, e)) return false;
    if (!group_changes(items, count, call.arena, &changes, &change_count, e)) return false;
    if (!registry_change_properties(call.app, &node, is_recursive(req), changes, change_count, call.who->name,
                                    call.arena, e))
        return false;
    http_reply_empty(resp, 204);
    return true;
}

bool art_properties_delete(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    meta_node node;
    str raw, *names;
    size_t count;
    if (!raw_argument(req, STR("properties"), &raw))
        return err_set(e, ERR_INVALID, "the argument 'properties' is missing");
    if (!properties_parse_names(raw, call.arena, &names, &count, e)) return false;
    if (!registry_find(call.app, call.repository, call.path, call.arena, &node, e)) return false;
    registry_property_change *changes = arena_alloc_array(call.arena, count + 1, sizeof(*changes));
    if (!changes) return no_memory(e);
    for (size_t i = 0; i < count; i++) changes[i].name = names[i];
    if (!registry_change_properties(call.app, &node, is_recursive(req), changes, count, call.who->name,
                                    call.arena, e))
        return false;
    http_reply_empty(resp, 204);
    return true;
}

/* --- which of them ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *argument;
    bool (*answer)(http_request *req, http_response *resp, const art_call *call, const meta_node *node,
                   err *e);
} variants[] = {
    {"properties", get_properties},
    {"list", get_list},
    {"stats", get_stats},
    {"lastModified", get_last_modified},
};

bool art_storage_get(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    meta_node node;
    str value;
    if (!registry_find(call.app, call.repository, call.path, call.arena, &node, e)) return false;
    for (size_t i = 0; i < COUNT_OF(variants); i++)
        if (http_query(req, variants[i].argument, &value))
            return variants[i].answer(req, resp, &call, &node, e);
    return get_info(req, resp, &call, &node, e);
}
