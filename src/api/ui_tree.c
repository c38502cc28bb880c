/*
 * ui_tree.c - one level of the tree: the repositories, or what is in a folder.
 */
#include "ui_api.h"

#include "base/limits.h"

enum { TREE_PAGE_ROWS = 200 };

static str name_of(str path)
{
    return str_skip(path, (size_t)(str_find_last(path, '/') + 1));
}

/* --- repositories ------------------------------------------------------------------------------------------------------------ */

static bool list_repositories(http_request *req, ui_object *answer, err *e)
{
    app *state = http_app(req);
    meta_repository *all = NULL;
    size_t count = 0;
    if (!meta_repository_list(state->meta, http_arena(req), &all, &count, e)) return false;

    json_t *children = ui_list(answer, "children");
    for (size_t i = 0; i < count; i++) {
        if (!ui_may_read(req, all[i].key)) continue;
        ui_object child = ui_object_new();
        ui_text(&child, "name", all[i].key);
        ui_text(&child, "path", STR(""));
        ui_text(&child, "kind", STR("repository"));
        ui_text(&child, "package_type", all[i].package_type);
        ui_append(answer, children, &child);
    }
    ui_put(answer, "next", json_null());
    return true;
}

/* --- a folder ---------------------------------------------------------------------------------------------------------------- */

static bool add_child(app *state, ui_object *answer, json_t *children, const meta_node *node, err *e)
{
    AUTO_UI_OBJECT ui_object child = ui_object_new();
    ui_text(&child, "name", name_of(node->path));
    ui_text(&child, "path", node->path);
    ui_text(&child, "kind", node->is_folder ? STR("folder") : STR("file"));
    ui_number(&child, "modified_ms", node->modified_ms);
    if (!node->is_folder) {
        ui_number(&child, "size_bytes", (int64_t)node->size_bytes);
        if (!ui_add_scan(&child, state, node->sha256, e)) return false;
    }
    ui_append(answer, children, &child);
    return true;
}

static bool list_folder(http_request *req, str repository, str path, ui_object *answer, err *e)
{
    app *state = http_app(req);
    meta_node folder, *nodes = NULL;
    size_t count = 0;
    if (!ui_allow_read(req, repository, e)) return false;
    if (!meta_node_find(state->meta, repository, path, http_arena(req), &folder, e)) return false;
    if (!folder.is_folder) return err_set(e, ERR_NOT_FOUND, "'%.*s' is not a folder", STR_ARG(path));

    /* One more than a page tells whether there is a next one. */
    if (!meta_node_children(state->meta, repository, path, ui_query(req, "after"), TREE_PAGE_ROWS + 1,
                            http_arena(req), &nodes, &count, e))
        return false;
    bool has_more = count > TREE_PAGE_ROWS;
    if (has_more) count = TREE_PAGE_ROWS;

    json_t *children = ui_list(answer, "children");
    for (size_t i = 0; i < count; i++)
        if (!add_child(state, answer, children, &nodes[i], e)) return false;
    ui_text_or_null(answer, "next", has_more ? name_of(nodes[count - 1].path) : STR(""));
    return true;
}

bool ui_tree(http_request *req, http_response *resp, err *e)
{
    AUTO_UI_OBJECT ui_object answer = ui_object_new();
    str repository = ui_query(req, "repo");
    bool is_listed = repository.len ? list_folder(req, repository, ui_query(req, "path"), &answer, e)
                                    : list_repositories(req, &answer, e);
    return is_listed && ui_reply(resp, 200, &answer, e);
}
