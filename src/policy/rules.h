/*
 * policy/rules.h - all policies and watches as they are now, read once and shared until one changes.
 *
 * Threads: shared; a borrowed set stays valid until it is given back.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "judge.h"
#include "meta/policies.h"
#include "watch.h"

typedef struct rule_set {
    arena arena;
    json_t **documents; /* what the views below look into */
    size_t document_count;
    policy *policies;
    size_t policy_count;
    watch *watches;
    size_t watch_count;
    size_t users; /* under the owner's lock */
} rule_set;

bool rule_set_load(meta *m, rule_set **out, err *e) MUST_USE;
void rule_set_free(rule_set *set);
const policy *rule_set_policy(const rule_set *set, str name);

/* What the watches that cover an item want, in one look. */
typedef struct coverage {
    bool is_covered, blocks, blocks_unscanned;
    str unscanned_policy, unscanned_rule; /* the first that holds what is not scanned */
} coverage;
coverage rule_set_coverage(const rule_set *set, const watched_item *item);

#endif
