/*
 * meta/audit.h - the append-only record of everything that changed state. Rows are added in the transaction of the change itself where the
 * functions of meta take one; no statement changes or removes them.
 */
#ifndef META_AUDIT_H
#define META_AUDIT_H

#include "meta/meta.h"

typedef struct meta_audit {
    str user, action; /* "artifact.deploy", "token.create": stable names, verb last */
    str repository, path, detail;
    int64_t id, at_ms; /* set by the store */
} meta_audit;

bool meta_audit_add(meta *m, const meta_audit *row, err *e) MUST_USE;
/* Newest first, with an id below `before` (0: from the newest), at most `limit`. */
bool meta_audit_list(meta *m, int64_t before, size_t limit, arena *a, meta_audit **out, size_t *count,
                     err *e) MUST_USE;

/* The verbs of meta.h together with their audit row: both or neither. `row` may be NULL. */
bool meta_repository_create_audited(meta *m, const meta_repository *r, const meta_audit *row,
                                    err *e) MUST_USE;
bool meta_repository_delete_audited(meta *m, str key, const meta_audit *row, err *e) MUST_USE;
/* ... and the properties, which replace those of an artifact that was there before. */
bool meta_node_put_audited(meta *m, const meta_node *node, const meta_property *properties,
                           size_t property_count, const meta_audit *row, int64_t *id, err *e) MUST_USE;
bool meta_node_delete_audited(meta *m, str repository, str path, const meta_audit *row, uint64_t *removed,
                              err *e) MUST_USE;

#endif
