/*
 * policy/judge.h - a policy read and checked, and its judgement of a target. Pure.
 */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include "base/arena.h"
#include "codec/json.h"
#include "format/report.h"

typedef struct policy_rule {
    str name;
    int64_t priority;
    /* Criteria: one alternative, which the first of these that is set names. */
    bool has_min_severity, has_threat, has_cvss;
    severity min_severity;
    verdict threat_min;
    bool is_malicious_package;
    double cvss_from, cvss_to;
    const json_t *vulnerability_ids; /* list of ids, or NULL */
    str package_name, package_type;  /* empty: none */
    const json_t *package_versions;
    bool needs_fix; /* only what a newer version would repair */
    /* Actions */
    bool blocks, blocks_unscanned, fails_build, has_custom_severity;
    severity custom_severity;
} policy_rule;

typedef struct policy {
    str name;
    policy_rule *rules; /* by ascending priority */
    size_t rule_count;
} policy;

/* Views into `json` and the arena. ERR_UNPROCESSABLE says which member is wrong, or is of a kind that is not judged: a criterion that nobody
 * evaluates would be a gate that stands open. */
bool policy_read(const json_t *json, arena *a, policy *out, err *e) MUST_USE;

typedef struct judgement {
    const policy_rule *rule;
    severity severity;
    str kind;
    str finding; /* what identifies it within the artifact */
    str summary, advice, advisory, component, version, fixed;
} judgement;

/* The first rule that matches a finding judges it. All model threats of a target are one judgement, that of the worst. */
bool policy_judge(const policy *p, const json_t *target, arena *a, judgement **out, size_t *count,
                  err *e) MUST_USE;

#endif
