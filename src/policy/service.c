/*
 * policy/service.c - judging: stored scans by the rules of now, into violation rows; and the gate that reads them.
 *
 * A judgement made by rules that were replaced meanwhile is made again, so that the last word is always that of the newest rules.
 */
#include "service.h"

#include "base/clock.h"
#include "base/limits.h"

#include <stdlib.h>

/* --- the rules of now -------------------------------------------------------------------------------------------------------- */

rule_set *service_borrow_rules(policy_service *p)
{
    pthread_mutex_lock(&p->lock);
    rule_set *set = p->rules;
    set->users++;
    pthread_mutex_unlock(&p->lock);
    return set;
}

void service_give_back_rules(policy_service *p, rule_set *set)
{
    pthread_mutex_lock(&p->lock);
    bool is_last = --set->users == 0;
    pthread_mutex_unlock(&p->lock);
    if (is_last) rule_set_free(set);
}

static bool is_current(policy_service *p, const rule_set *set)
{
    pthread_mutex_lock(&p->lock);
    bool current = p->rules == set;
    pthread_mutex_unlock(&p->lock);
    return current;
}

static bool load_rules(policy_service *p, err *e)
{
    rule_set *newer;
    if (!rule_set_load(p->meta, &newer, e)) return false;
    newer->users = 1; /* ours, while it is the current one */
    pthread_mutex_lock(&p->lock);
    rule_set *older = p->rules;
    p->rules = newer;
    pthread_mutex_unlock(&p->lock);
    if (older) service_give_back_rules(p, older);
    return true;
}

bool policy_service_open(meta *m, const logger *log, policy_service **out, err *e)
{
    policy_service *p = calloc(1, sizeof(*p));
    if (!p) return err_set(e, ERR_MEMORY, "no memory for the policy service");
    *p = (policy_service){.meta = m, .log = log};
    pthread_mutex_init(&p->lock, NULL);
    pthread_mutex_init(&p->changing, NULL);
    if (!load_rules(p, e)) {
        policy_service_close(p);
        return false;
    }
    *out = p;
    return true;
}

void policy_service_close(policy_service *p)
{
    if (!p) return;
    if (p->rules) service_give_back_rules(p, p->rules);
    pthread_mutex_destroy(&p->changing);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

/* --- judging ------------------------------------------------------------------------------------------------------------------ */

typedef struct wanted_violations {
    arena *a;
    const meta_node *node;
    meta_violation *items;
    size_t count, capacity;
} wanted_violations;

static bool want(wanted_violations *w, const watch *from, const policy *p, const judgement *j, err *e)
{
    if (w->count == w->capacity) {
        size_t capacity = w->capacity ? w->capacity * 2 : 32;
        meta_violation *grown = arena_alloc_array(w->a, capacity, sizeof(*grown));
        if (!grown) return err_set(e, ERR_MEMORY, "no memory for violations");
        if (w->count) memcpy(grown, w->items, w->count * sizeof(*grown));
        w->items = grown;
        w->capacity = capacity;
    }
    w->items[w->count++] = (meta_violation){.sha256 = w->node->sha256,
                                            .watch = from->name,
                                            .policy = p->name,
                                            .rule = j->rule->name,
                                            .severity = (unsigned)j->severity,
                                            .blocks = j->rule->blocks,
                                            .fails_build = j->rule->fails_build,
                                            .kind = j->kind,
                                            .finding = j->finding,
                                            .summary = j->summary,
                                            .advisory = j->advisory,
                                            .component = j->component,
                                            .version = j->version,
                                            .fixed = j->fixed};
    return true;
}

static bool judge_by_watch(const rule_set *rules, const watch *w, const json_t *target,
                           wanted_violations *wanted, err *e)
{
    for (size_t i = 0; i < w->policy_count; i++) {
        const policy *p = rule_set_policy(rules, w->policies[i]);
        judgement *made;
        size_t count;
        if (!p) continue;
        if (!policy_judge(p, target, wanted->a, &made, &count, e)) return false;
        for (size_t j = 0; j < count; j++)
            if (!want(wanted, w, p, &made[j], e)) return false;
    }
    return true;
}

/* `target` NULL: nothing is known about these bytes, so nothing is violated yet. */
static bool judge_node(policy_service *p, const rule_set *rules, const meta_node *node, const json_t *target,
                       err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    wanted_violations wanted = {.a = &a, .node = node};
    watched_item item = {node->repository, node->path, node->mime};
    for (size_t i = 0; target && i < rules->watch_count; i++)
        if (watch_covers(&rules->watches[i], &item) &&
            !judge_by_watch(rules, &rules->watches[i], target, &wanted, e))
            return false;
    return meta_violation_sync(p->meta, node->id, wanted.items, wanted.count, clock_wall_ms(), e);
}

static bool judge_once(policy_service *p, const rule_set *rules, digest sha256, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    AUTO(json_release) json_t *target = NULL;
    meta_node *nodes;
    size_t count;
    if (!meta_node_by_digest(p->meta, sha256, &a, &nodes, &count, e)) return false;
    if (count == 0) return true;
    err why = {0};
    if (!scan_target_read(p->meta, sha256, &a, &target, &why) && why.code != ERR_NOT_FOUND)
        return err_set(e, why.code, "%s", why.message);
    for (size_t i = 0; i < count; i++)
        if (!judge_node(p, rules, &nodes[i], target, e)) return false;
    return true;
}

void policy_judge_blob(void *policy_service_ctx, digest sha256)
{
    policy_service *p = policy_service_ctx;
    for (bool is_last_word = false; !is_last_word;) {
        rule_set *rules = service_borrow_rules(p);
        err e = {0};
        if (!judge_once(p, rules, sha256, &e))
            log_error(p->log, "policy.judge", LOG_C("sha256", digest_hex(sha256).text), LOG_ERR(&e));
        is_last_word = is_current(p, rules);
        service_give_back_rules(p, rules);
    }
}

static bool judge_repository(policy_service *p, str key, err *e)
{
    enum { PAGE = 500 };
    char after[LIMIT_PATH_BYTES + 1];
    str from = STR("");
    for (size_t count = PAGE; count == PAGE;) {
        AUTO_ARENA arena a;
        arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
        meta_node *nodes;
        if (!meta_node_below(p->meta, key, STR(""), from, PAGE, &a, &nodes, &count, e)) return false;
        for (size_t i = 0; i < count; i++)
            if (!nodes[i].is_folder) policy_judge_blob(p, nodes[i].sha256);
        if (count == 0 || nodes[count - 1].path.len >= sizeof(after)) break;
        from = (str){after, nodes[count - 1].path.len};
        memcpy(after, nodes[count - 1].path.data, from.len);
    }
    return true;
}

bool policy_judge_all(policy_service *p, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    meta_repository *repositories;
    size_t count;
    if (!meta_repository_list(p->meta, &a, &repositories, &count, e)) return false;
    for (size_t i = 0; i < count; i++)
        if (!judge_repository(p, repositories[i].key, e)) return err_wrap(e, "judging by the new rules");
    return true;
}

bool service_rules_changed(policy_service *p, err *e)
{
    return load_rules(p, e) && policy_judge_all(p, e);
}

/* --- the gate ------------------------------------------------------------------------------------------------------------------ */

static bool blocked(const meta_violation *worst, uint64_t count, err *e)
{
    char more[48] = "";
    if (count > 1) snprintf(more, sizeof(more), ", and %llu more", (unsigned long long)(count - 1));
    return err_set(e, ERR_BLOCKED,
                   "policy %.*s, rule %.*s: %.*s%s. " POLICY_HOW_TO_UNBLOCK "/ui/violations/%lld",
                   STR_ARG(worst->policy), STR_ARG(worst->rule), STR_ARG(str_slice(worst->summary, 0, 500)),
                   more, (long long)worst->id);
}

/* What the finding says is an artifact's own words, so only the last mark counts: behind it stands nothing but the number. */
str policy_message_at(arena *a, const err *blocked, str base_url)
{
    str whole = str_from_c(blocked->message), mark = STR(POLICY_HOW_TO_UNBLOCK "/");
    if (blocked->code != ERR_BLOCKED || whole.len < mark.len) return whole;
    for (size_t at = whole.len - mark.len + 1; at-- > 0;) {
        if (!str_starts_with(str_skip(whole, at), mark)) continue;
        size_t page = at + mark.len - 1;
        return arena_printf(a, "%.*s%.*s%.*s", STR_ARG(str_slice(whole, 0, page)), STR_ARG(base_url),
                            STR_ARG(str_skip(whole, page)));
    }
    return whole;
}

static bool hold_unscanned(const coverage *c, const scan_status *status, bool is_uploader, err *e)
{
    if (status->state == SCAN_FAILED)
        return err_set(e, ERR_BLOCKED,
                       "policy %.*s, rule %.*s: the scan failed, so nothing is known about what is inside",
                       STR_ARG(c->unscanned_policy), STR_ARG(c->unscanned_rule));
    if (is_uploader) return true;
    char place[64] = "its scan is under way";
    if (status->state == SCAN_QUEUED)
        snprintf(place, sizeof(place), "number %llu in the queue", (unsigned long long)status->queue_place);
    if (status->state == SCAN_NONE) snprintf(place, sizeof(place), "no scan was asked for");
    return err_set(
        e, ERR_BLOCKED,
        "not scanned yet: %s. Until then only who uploaded it can download it (policy %.*s, rule %.*s)",
        place, STR_ARG(c->unscanned_policy), STR_ARG(c->unscanned_rule));
}

bool policy_gate(policy_service *p, const meta_node *node, str caller, err *e)
{
    if (node->is_folder) return true;
    rule_set *rules = service_borrow_rules(p);
    watched_item item = {node->repository, node->path, node->mime};
    coverage c = rule_set_coverage(rules, &item);
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    bool allowed = true;
    if (c.blocks) {
        meta_violation worst;
        uint64_t count = 0;
        allowed = meta_violation_blocking(p->meta, node->id, node->sha256, &a, &worst, &count, e) &&
                  (count == 0 || blocked(&worst, count, e));
    }
    if (allowed && c.blocks_unscanned) {
        scan_status status;
        allowed =
            scan_status_read(p->meta, node->sha256, &status, e) &&
            (status.state == SCAN_DONE || hold_unscanned(&c, &status, str_eq(caller, node->modified_by), e));
    }
    service_give_back_rules(p, rules);
    return allowed;
}
