/*
 * meta/policies.h - rows of policies, watches and violations.
 *
 * Policies and watches are kept as the JSON that the client sent (it compares it later); what they mean is the business of policy/.
 */
#ifndef META_POLICIES_H
#define META_POLICIES_H

#include "meta/meta.h"

typedef enum meta_rule_kind { META_RULE_POLICY, META_RULE_WATCH } meta_rule_kind;

typedef struct meta_rule_document {
    str name, json;
    int64_t created_ms, modified_ms;
} meta_rule_document;

/* Insert, or with must_be_new false replace (keeps created_ms). ERR_CONFLICT, and for a replacement of nothing ERR_NOT_FOUND. */
bool meta_rule_put(meta *m, meta_rule_kind kind, const meta_rule_document *document, bool must_be_new,
                   err *e) MUST_USE;
bool meta_rule_list(meta *m, meta_rule_kind kind, arena *a, meta_rule_document **out, size_t *count,
                    err *e) MUST_USE;                                           /* by name */
bool meta_rule_delete(meta *m, meta_rule_kind kind, str name, err *e) MUST_USE; /* ERR_NOT_FOUND */

typedef struct meta_violation {
    int64_t id;
    int64_t node;
    digest sha256;        /* of the node's bytes when they were judged */
    str repository, path; /* as the node has them now */
    str watch, policy, rule;
    unsigned severity;
    bool blocks, fails_build;
    str kind; /* of the finding */
    str finding; /* what identifies it within the artifact: "PYSEC-2024-110 scikit-learn 0.24.0", "model_threat" */
    str summary, advisory, component, version, fixed;
    int64_t created_ms;
} meta_violation;

/* Make the node's violations exactly these: rows that are there already (same watch, policy and finding) keep their id and date. */
bool meta_violation_sync(meta *m, int64_t node, const meta_violation *wanted, size_t count, int64_t now_ms,
                         err *e) MUST_USE;
bool meta_violation_find(meta *m, int64_t id, arena *a, meta_violation *out,
                         err *e) MUST_USE; /* ERR_NOT_FOUND */

typedef struct meta_violation_filter {
    str repository, path, watch, policy; /* empty: all */
    unsigned severity_min;
    bool blocking_only;
    int64_t after_id;
    size_t limit;
} meta_violation_filter;
bool meta_violation_list(meta *m, const meta_violation_filter *f, arena *a, meta_violation **out,
                         size_t *count, err *e) MUST_USE; /* by id */

/* Where a page of the list of the worst ends: its last violation. */
typedef struct meta_violation_place {
    unsigned severity;
    int64_t id;
} meta_violation_place;
/* Worst first, then by id, from behind `after` (NULL: from the start). `repository` and `path` may be empty. */
typedef struct meta_violation_worst_filter {
    str repository, path;
    const meta_violation_place *after;
    size_t limit;
} meta_violation_worst_filter;
bool meta_violation_worst(meta *m, const meta_violation_worst_filter *f, arena *a, meta_violation **out,
                          size_t *count, err *e) MUST_USE;
bool meta_violation_count(meta *m, uint64_t *count, err *e) MUST_USE;

/* The worst violation that blocks these bytes at this node, and how many there are. *count 0: none. */
bool meta_violation_blocking(meta *m, int64_t node, digest sha256, arena *a, meta_violation *worst,
                             uint64_t *count, err *e) MUST_USE;

#endif
