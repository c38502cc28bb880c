/*
 * policy/policy.h - policies judge findings; watches tie them to repositories; violations are the judgement.
 *
 * policy/judge is pure. policy_service reads and writes rows and answers the gate's question on every download.
 * JSON of policies and watches is that of /xray/api/v2 (docs/policies.md).
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/log.h"
#include "codec/json.h"
#include "meta/meta.h"
#include "scan/scan.h"

typedef struct policy_service policy_service;
/* Open it before the scan service, whose `judged` is policy_judge_blob with this as its context. */
bool policy_service_open(meta *m, const logger *log, policy_service **out, err *e) MUST_USE;
void policy_service_close(policy_service *p);

/* Judge all artifacts that hold this blob, again: violation rows are made, kept or removed. Wired to scan_config.judged. */
void policy_judge_blob(void *policy_service_ctx, digest sha256);
/* ... and everything that a watch covers, after a policy or watch changed. */
bool policy_judge_all(policy_service *p, err *e) MUST_USE;

/* May this caller download it? ERR_BLOCKED with the whole reason: policy, rule, finding, component, fixed version, page with the way to unblock
 * (at the end, relative: POLICY_HOW_TO_UNBLOCK "/ui/violations/<n>"; a request's host is put in front with policy_message_at); or "not scanned
 * yet" for others than `uploader` in a repository that a blocking watch covers.
 * Quick: indexed reads only. */
bool policy_gate(policy_service *p, const meta_node *node, str caller, err *e) MUST_USE;

/* The gate's message with the whole address of its page, for clients that have no page to be relative to. Other messages come back as they are. */
#define POLICY_HOW_TO_UNBLOCK "How to unblock: "
str policy_message_at(arena *a, const err *blocked, str base_url);

/* JSON in and out, as the xray API has it. Names are unique; ERR_CONFLICT, ERR_NOT_FOUND, ERR_UNPROCESSABLE. */
bool policy_put(policy_service *p, const json_t *policy, bool must_be_new, err *e) MUST_USE;
bool policy_get(policy_service *p, str name, json_t **policy, err *e) MUST_USE;
bool policy_list(policy_service *p, json_t **policies, err *e) MUST_USE;
bool policy_delete(policy_service *p, str name, err *e) MUST_USE; /* ERR_CONFLICT while a watch uses it */
bool watch_put(policy_service *p, const json_t *watch, bool must_be_new, err *e) MUST_USE;
bool watch_get(policy_service *p, str name, json_t **watch, err *e) MUST_USE;
bool watch_list(policy_service *p, json_t **watches, err *e) MUST_USE;
bool watch_delete(policy_service *p, str name, err *e) MUST_USE;

/* Rows as the UI and the xray API show them. Filters may be empty. */
typedef struct violation_filter {
    str repository, path;
    str after; /* `next` of the page before; empty: from the start. ERR_INVALID when it is none */
    size_t limit;
} violation_filter;
/* Worst first. *next is empty at the end; it lives in the arena. */
bool violation_list(policy_service *p, const violation_filter *f, arena *a, json_t **violations, str *next,
                    err *e) MUST_USE;
bool violation_get(policy_service *p, int64_t id, json_t **violation, err *e) MUST_USE;

/* For `assay scan --policy FILE`: judge a target without rows. *failed tells whether an action blocks or fails the build. */
bool policy_judge_target(const json_t *policy, const json_t *target, json_t **violations, bool *failed,
                         err *e) MUST_USE;

#endif
