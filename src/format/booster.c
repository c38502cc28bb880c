/*
 * format/booster.c - every node has one parent at most, and the root none: then what is reached from the root is a tree, without any walk.
 */
#include "booster.h"

enum { NAMES_SHOWN = 20, NAME_BYTES = 64 };

bool booster_check_links(arena *a, const int64_t *children, size_t count, const char **fault, err *e)
{
    *fault = NULL;
    uint8_t *has_parent = arena_alloc(a, count + 1);
    if (!has_parent) return err_set(e, ERR_MEMORY, "no memory for a tree of %zu nodes", count);
    for (size_t i = 0; i < 2 * count && !*fault; i++) {
        int64_t child = children[i];
        if (child == BOOSTER_NO_NODE) {
            if (children[i ^ 1] != BOOSTER_NO_NODE) *fault = "a node has one child only";
            continue;
        }
        if (child < 0 || (uint64_t)child >= count)
            *fault = "a node's child is not in the tree";
        else if (child == 0)
            *fault = "the root is a child of one of its nodes";
        else if (has_parent[child])
            *fault = "a node has two parents";
        else
            has_parent[child] = 1;
    }
    return true;
}

void name_list_add(name_list *l, str name)
{
    if (l->count++ >= NAMES_SHOWN) return;
    str shown = str_slice(name, 0, NAME_BYTES);
    const char *separator = l->len ? ", " : "";
    size_t room = sizeof(l->text) - l->len;
    if (shown.len + 2 >= room) return;
    size_t between = strlen(separator);
    memcpy(l->text + l->len, separator, between);
    if (shown.len) memcpy(l->text + l->len + between, shown.data, shown.len);
    l->len += between + shown.len;
}

bool name_list_tell(const name_list *l, report *r, str name, err *e)
{
    if (l->count == 0) return true;
    const char *more = l->count > NAMES_SHOWN ? ", ..." : "";
    str text = arena_printf(r->arena, "%.*s%s", (int)l->len, l->text, more);
    if (!text.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return report_fact(r, name, text, e);
}
