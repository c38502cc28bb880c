/*
 * policy/rules.c - the stored documents, read into an immutable set.
 */
#include "rules.h"

#include "base/limits.h"

#include <stdlib.h>

void rule_set_free(rule_set *set)
{
    if (!set) return;
    for (size_t i = 0; i < set->document_count; i++) json_decref(set->documents[i]);
    arena_done(&set->arena);
    free(set);
}
AUTO_FOR(rule_set *, rule_set_free)

static bool keep_document(rule_set *set, str text, json_t **json, err *e)
{
    if (!json_decode_large(str_bytes(text), LIMIT_JSON_DOC_BYTES * 2, "a stored rule", json, e)) return false;
    set->documents[set->document_count++] = *json;
    return true;
}

static bool load_policies(rule_set *set, const meta_rule_document *list, size_t count, err *e)
{
    set->policies = arena_alloc_array(&set->arena, count, sizeof(*set->policies));
    if (!set->policies) return err_set(e, ERR_MEMORY, "no memory for policies");
    for (size_t i = 0; i < count; i++) {
        json_t *json;
        if (!keep_document(set, list[i].json, &json, e) ||
            !policy_read(json, &set->arena, &set->policies[set->policy_count], e))
            return err_wrap(e, "policy '%.*s'", STR_ARG(list[i].name));
        set->policy_count++;
    }
    return true;
}

static bool load_watches(rule_set *set, const meta_rule_document *list, size_t count, err *e)
{
    set->watches = arena_alloc_array(&set->arena, count, sizeof(*set->watches));
    if (!set->watches) return err_set(e, ERR_MEMORY, "no memory for watches");
    for (size_t i = 0; i < count; i++) {
        json_t *json;
        if (!keep_document(set, list[i].json, &json, e) ||
            !watch_read(json, &set->arena, &set->watches[set->watch_count], e))
            return err_wrap(e, "watch '%.*s'", STR_ARG(list[i].name));
        set->watch_count++;
    }
    return true;
}

bool rule_set_load(meta *m, rule_set **out, err *e)
{
    AUTO(rule_set_free) rule_set *set = calloc(1, sizeof(*set));
    if (!set) return err_set(e, ERR_MEMORY, "no memory for policies");
    arena_init(&set->arena, LIMIT_REQUEST_ARENA_BYTES);
    meta_rule_document *policies, *watches;
    size_t policy_count, watch_count;
    if (!meta_rule_list(m, META_RULE_POLICY, &set->arena, &policies, &policy_count, e) ||
        !meta_rule_list(m, META_RULE_WATCH, &set->arena, &watches, &watch_count, e))
        return false;
    set->documents = arena_alloc_array(&set->arena, policy_count + watch_count, sizeof(json_t *));
    if (!set->documents) return err_set(e, ERR_MEMORY, "no memory for policies");
    if (!load_policies(set, policies, policy_count, e) || !load_watches(set, watches, watch_count, e))
        return false;
    *out = TAKE(set);
    return true;
}

const policy *rule_set_policy(const rule_set *set, str name)
{
    for (size_t i = 0; i < set->policy_count; i++)
        if (str_eq(set->policies[i].name, name)) return &set->policies[i];
    return NULL;
}

static void add_policy(coverage *c, const policy *p)
{
    for (size_t i = 0; p && i < p->rule_count; i++) {
        const policy_rule *rule = &p->rules[i];
        c->blocks = c->blocks || rule->blocks;
        if (!rule->blocks_unscanned || c->blocks_unscanned) continue;
        c->blocks_unscanned = true;
        c->unscanned_policy = p->name;
        c->unscanned_rule = rule->name;
    }
}

coverage rule_set_coverage(const rule_set *set, const watched_item *item)
{
    coverage c = {0};
    for (size_t i = 0; i < set->watch_count; i++) {
        const watch *w = &set->watches[i];
        if (!watch_covers(w, item)) continue;
        c.is_covered = true;
        for (size_t j = 0; j < w->policy_count; j++) add_policy(&c, rule_set_policy(set, w->policies[j]));
    }
    return c;
}
