/*
 * policy/documents.c - policies, watches and violations as JSON, in and out.
 *
 * What a client sent is kept as it is, because clients compare; only the times are ours.
 */
#include "service.h"

#include "base/clock.h"
#include "base/limits.h"

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for a rule");
}

/* --- storing ----------------------------------------------------------------------------------------------------------------- */

static bool store(policy_service *p, meta_rule_kind kind, str name, const json_t *json, bool must_be_new,
                  err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_JSON_DOC_BYTES);
    if (!json_encode(json, &text, e)) return false;
    meta_rule_document document = {.name = name, .json = buf_str(&text), .modified_ms = clock_wall_ms()};
    pthread_mutex_lock(&p->changing);
    bool fine = meta_rule_put(p->meta, kind, &document, must_be_new, e) && service_rules_changed(p, e);
    pthread_mutex_unlock(&p->changing);
    return fine;
}

static bool drop(policy_service *p, meta_rule_kind kind, str name, err *e)
{
    pthread_mutex_lock(&p->changing);
    bool fine = meta_rule_delete(p->meta, kind, name, e) && service_rules_changed(p, e);
    pthread_mutex_unlock(&p->changing);
    return fine;
}

bool policy_put(policy_service *p, const json_t *json, bool must_be_new, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    policy checked;
    if (!policy_read(json, &a, &checked, e)) return false;
    AUTO(json_release) json_t *kept = json_copy((json_t *)(uintptr_t)json);
    if (!kept) return no_memory(e);
    (void)json_object_del(kept, "created");
    (void)json_object_del(kept, "modified");
    return store(p, META_RULE_POLICY, checked.name, kept, must_be_new, e);
}

static bool check_references(policy_service *p, const watch *w, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    rule_set *rules = service_borrow_rules(p);
    bool fine = true;
    for (size_t i = 0; fine && i < w->policy_count; i++)
        fine = rule_set_policy(rules, w->policies[i]) != NULL ||
               err_set(e, ERR_UNPROCESSABLE, "there is no policy named '%.*s'", STR_ARG(w->policies[i]));
    service_give_back_rules(p, rules);
    for (size_t i = 0; fine && i < w->resource_count; i++) {
        meta_repository found;
        if (w->resources[i].repository.len == 0) continue;
        fine = meta_repository_find(p->meta, w->resources[i].repository, &a, &found, NULL) ||
               err_set(e, ERR_UNPROCESSABLE, "there is no repository named '%.*s'",
                       STR_ARG(w->resources[i].repository));
    }
    return fine;
}

bool watch_put(policy_service *p, const json_t *json, bool must_be_new, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    AUTO(json_release) json_t *kept = json_deep_copy(json);
    watch checked;
    if (!kept) return no_memory(e);
    return watch_normalise(kept, e) && watch_read(kept, &a, &checked, e) &&
           check_references(p, &checked, e) && store(p, META_RULE_WATCH, checked.name, kept, must_be_new, e);
}

bool policy_delete(policy_service *p, str name, err *e)
{
    rule_set *rules = service_borrow_rules(p);
    const watch *user = NULL;
    for (size_t i = 0; i < rules->watch_count; i++)
        for (size_t j = 0; j < rules->watches[i].policy_count; j++)
            if (str_eq(rules->watches[i].policies[j], name)) user = &rules->watches[i];
    bool is_free = !user || err_set(e, ERR_CONFLICT, "watch '%.*s' uses policy '%.*s'", STR_ARG(user->name),
                                    STR_ARG(name));
    service_give_back_rules(p, rules);
    return is_free && drop(p, META_RULE_POLICY, name, e);
}

bool watch_delete(policy_service *p, str name, err *e)
{
    return drop(p, META_RULE_WATCH, name, e);
}

/* --- reading ----------------------------------------------------------------------------------------------------------------- */

static json_t *policy_json(const meta_rule_document *d, err *e)
{
    json_t *json;
    if (!json_decode_large(str_bytes(d->json), LIMIT_JSON_DOC_BYTES * 2, "a stored policy", &json, e))
        return NULL;
    clock_text created = clock_iso8601(d->created_ms), modified = clock_iso8601(d->modified_ms);
    if (json_set_str(json, "created", str_from_c(created.text)) &&
        json_set_str(json, "modified", str_from_c(modified.text)))
        return json;
    json_decref(json);
    no_memory(e);
    return NULL;
}

static json_t *watch_json(const meta_rule_document *d, err *e)
{
    json_t *json;
    if (!json_decode_large(str_bytes(d->json), LIMIT_JSON_DOC_BYTES * 2, "a stored watch", &json, e))
        return NULL;
    if (json_set_str(json_object_get(json, "general_data"), "id", d->name)) return json;
    json_decref(json);
    no_memory(e);
    return NULL;
}

/* All of a kind, or only the one named. */
static bool list_rules(policy_service *p, meta_rule_kind kind, str only, json_t **out, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    meta_rule_document *list;
    size_t count;
    if (!meta_rule_list(p->meta, kind, &a, &list, &count, e)) return false;
    AUTO(json_release) json_t *all = json_array();
    for (size_t i = 0; i < count; i++) {
        if (only.len && !str_eq(only, list[i].name)) continue;
        json_t *json = kind == META_RULE_POLICY ? policy_json(&list[i], e) : watch_json(&list[i], e);
        if (!json) return false;
        if (json_array_append_new(all, json) != 0) return no_memory(e);
    }
    *out = TAKE(all);
    return true;
}

static bool get_rule(policy_service *p, meta_rule_kind kind, const char *noun, str name, json_t **out, err *e)
{
    AUTO(json_release) json_t *found = NULL;
    if (!list_rules(p, kind, name, &found, e)) return false;
    if (json_array_size(found) == 0 || name.len == 0)
        return err_set(e, ERR_NOT_FOUND, "there is no %s named '%.*s'", noun,
                       STR_ARG(str_slice(name, 0, 255)));
    *out = json_incref(json_array_get(found, 0));
    return true;
}

bool policy_list(policy_service *p, json_t **policies, err *e)
{
    return list_rules(p, META_RULE_POLICY, STR_NONE, policies, e);
}
bool watch_list(policy_service *p, json_t **watches, err *e)
{
    return list_rules(p, META_RULE_WATCH, STR_NONE, watches, e);
}
bool policy_get(policy_service *p, str name, json_t **json, err *e)
{
    return get_rule(p, META_RULE_POLICY, "policy", name, json, e);
}
bool watch_get(policy_service *p, str name, json_t **json, err *e)
{
    return get_rule(p, META_RULE_WATCH, "watch", name, json, e);
}

/* --- violations -------------------------------------------------------------------------------------------------------------- */

static bool set_if_any(json_t *json, const char *key, str text)
{
    return text.len == 0 || json_set_str(json, key, text);
}

json_t *service_violation_json(const meta_violation *v)
{
    json_t *json = json_pack("{s:I, s:b, s:b, s:I}", "id", (json_int_t)v->id, "blocks", v->blocks,
                             "fails_build", v->fails_build, "created_ms", (json_int_t)v->created_ms);
    bool fine = json && json_set_str(json, "watch", v->watch) && json_set_str(json, "policy", v->policy) &&
                json_set_str(json, "rule", v->rule) &&
                json_set_str(json, "severity", str_from_c(severity_name((severity)v->severity))) &&
                json_set_str(json, "repo", v->repository) && json_set_str(json, "path", v->path) &&
                json_set_str(json, "kind", v->kind) && json_set_str(json, "summary", v->summary) &&
                set_if_any(json, "advisory", v->advisory) && set_if_any(json, "component", v->component) &&
                set_if_any(json, "version", v->version) && set_if_any(json, "fixed", v->fixed);
    if (fine) return json;
    json_decref(json);
    return NULL;
}

/* "severity.id" of a page's last violation. */
static bool read_place(str after, meta_violation_place *place, err *e)
{
    str severity_text, id_text;
    uint64_t number;
    bool fine = str_cut(after, '.', &severity_text, &id_text) && str_to_u64(severity_text, &number) &&
                number <= SEVERITY_CRITICAL && str_to_i64(id_text, &place->id);
    if (!fine) return err_set(e, ERR_INVALID, "'%.*s' is no end of a page of violations", STR_ARG(after));
    place->severity = (unsigned)number;
    return true;
}

static bool violations_json(const meta_violation *rows, size_t count, json_t **violations, err *e)
{
    AUTO(json_release) json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, service_violation_json(&rows[i])) != 0) return no_memory(e);
    *violations = TAKE(list);
    return true;
}

bool violation_list(policy_service *p, const violation_filter *f, arena *a, json_t **violations, str *next,
                    err *e)
{
    meta_violation_place after;
    meta_violation_worst_filter filter = {.repository = f->repository, .path = f->path, .limit = f->limit};
    meta_violation *rows;
    size_t count;
    if (f->after.len && !read_place(f->after, &after, e)) return false;
    if (f->after.len) filter.after = &after;
    if (!meta_violation_worst(p->meta, &filter, a, &rows, &count, e)) return false;
    /* A full page may have a successor. */
    bool is_full = count > 0 && count == f->limit;
    *next = is_full ? arena_printf(a, "%u.%lld", rows[count - 1].severity, (long long)rows[count - 1].id)
                    : STR("");
    return violations_json(rows, count, violations, e);
}

bool violation_get(policy_service *p, int64_t id, json_t **violation, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
    meta_violation row;
    if (!meta_violation_find(p->meta, id, &a, &row, e)) return false;
    AUTO(json_release) json_t *json = service_violation_json(&row);
    if (!json || !json_set_str(json, "sha256", str_from_c(digest_hex(row.sha256).text))) return no_memory(e);
    *violation = TAKE(json);
    return true;
}

/* --- without rows -------------------------------------------------------------------------------------------------------------- */

static json_t *judgement_json(const policy *p, const judgement *j)
{
    meta_violation as_row = {.policy = p->name,
                             .rule = j->rule->name,
                             .severity = (unsigned)j->severity,
                             .blocks = j->rule->blocks,
                             .fails_build = j->rule->fails_build,
                             .kind = j->kind,
                             .summary = j->summary,
                             .advisory = j->advisory,
                             .component = j->component,
                             .version = j->version,
                             .fixed = j->fixed,
                             .watch = STR(""),
                             .repository = STR(""),
                             .path = STR("")};
    json_t *json = service_violation_json(&as_row);
    for (const char *const *absent = (const char *const[]){"id", "watch", "repo", "path", "created_ms", NULL};
         *absent; absent++)
        (void)json_object_del(json, *absent);
    return json;
}

bool policy_judge_target(const json_t *json, const json_t *target, json_t **violations, bool *failed, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    policy p;
    judgement *made;
    size_t count;
    if (!policy_read(json, &a, &p, e) || !policy_judge(&p, target, &a, &made, &count, e)) return false;
    AUTO(json_release) json_t *list = json_array();
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(list, judgement_json(&p, &made[i])) != 0) return no_memory(e);
        any = any || made[i].rule->blocks || made[i].rule->fails_build;
    }
    *violations = TAKE(list);
    *failed = any;
    return true;
}
