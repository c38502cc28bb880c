/*
 * policy/service.h - what the files of the service share.
 */
#ifndef POLICY_SERVICE_H
#define POLICY_SERVICE_H

#include "policy/policy.h"
#include "rules.h"

#include <pthread.h>

struct policy_service {
    meta *meta;
    const logger *log;
    pthread_mutex_t lock;
    rule_set *rules;
    pthread_mutex_t changing; /* one change of policies or watches at a time; readers do not take it */
};

rule_set *service_borrow_rules(policy_service *p);
void service_give_back_rules(policy_service *p, rule_set *set);
/* After a row changed: read all again and judge everything by it. */
bool service_rules_changed(policy_service *p, err *e) MUST_USE;
json_t *service_violation_json(const meta_violation *v);

#endif
