/*
 * format/booster.h - what the readers of gradient boosting models share: do the links of a tree make a tree?
 *
 * Loading such a model runs nothing, so all that can be wrong is the structure: a node that is its own ancestor never ends, and one outside of
 * the list is memory of something else.
 */
#ifndef FORMAT_BOOSTER_H
#define FORMAT_BOOSTER_H

#include "format/report.h"

enum { BOOSTER_NO_NODE = -1 };

/* `children` has two nodes for each of `count`, BOOSTER_NO_NODE on both sides for a leaf. *fault: NULL, or what is wrong, in words. */
bool booster_check_links(arena *a, const int64_t *children, size_t count, const char **fault,
                         err *e) MUST_USE;

/* A fact that is a list of names: the first twenty of them. */
typedef struct name_list {
    char text[1024];
    size_t len, count;
} name_list;
void name_list_add(name_list *l, str name);
bool name_list_tell(const name_list *l, report *r, str name, err *e) MUST_USE;

#endif
