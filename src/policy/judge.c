/*
 * policy/judge.c - which findings of a target does a policy mind, and what does that mean in one sentence?
 */
#include "judge.h"

static severity severity_of(const json_t *f)
{
    severity s;
    return severity_parse(json_text(f, "severity"), &s) ? s : SEVERITY_INFO;
}

static bool is_kind(const json_t *f, finding_kind kind)
{
    return str_eq(json_text(f, "kind"), str_from_c(finding_kind_name(kind)));
}

/* --- does a rule match? ------------------------------------------------------------------------------------------------------ */

static bool list_has(const json_t *list, str wanted)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i,
                       item) if (str_eq_nocase((str){json_string_value(item), json_string_length(item)},
                                               wanted)) return true;
    return false;
}

static bool has_id(const json_t *ids, const json_t *f)
{
    size_t i;
    json_t *alias;
    if (list_has(ids, json_text(f, "advisory"))) return true;
    json_array_foreach(
        json_object_get(f, "aliases"), i,
        alias) if (list_has(ids, (str){json_string_value(alias), json_string_length(alias)})) return true;
    return false;
}

static bool names_package(const policy_rule *rule, const json_t *f)
{
    if (!str_eq_nocase(rule->package_name, json_text(f, "component"))) return false;
    if (rule->package_type.len && !str_eq_nocase(rule->package_type, json_text(f, "eco"))) return false;
    return !rule->package_versions || list_has(rule->package_versions, json_text(f, "version"));
}

static bool matches_vulnerability(const policy_rule *rule, const json_t *f)
{
    if (rule->needs_fix && json_text(f, "fixed").len == 0) return false;
    if (rule->has_cvss) {
        double score = json_number_value(json_object_get(f, "cvss"));
        return score >= rule->cvss_from && score <= rule->cvss_to;
    }
    if (rule->vulnerability_ids) return has_id(rule->vulnerability_ids, f);
    if (rule->is_malicious_package) return str_starts_with(json_text(f, "advisory"), STR("MAL-"));
    if (rule->package_name.len) return names_package(rule, f);
    return rule->has_min_severity && severity_of(f) >= rule->min_severity;
}

static verdict verdict_of(const json_t *target)
{
    verdict v;
    return verdict_parse(json_text(target, "verdict"), &v) ? v : VERDICT_UNPARSEABLE;
}

static bool matches_threat(const policy_rule *rule, const json_t *target, severity worst)
{
    if (rule->has_threat) return verdict_of(target) >= rule->threat_min;
    if (rule->is_malicious_package) return verdict_of(target) >= VERDICT_UNPARSEABLE;
    return rule->has_min_severity && worst >= rule->min_severity;
}

/* Secrets, misconfiguration: only a severity speaks of them. */
static bool matches_other(const policy_rule *rule, const json_t *f)
{
    return rule->has_min_severity && !is_kind(f, FINDING_LICENSE) && severity_of(f) >= rule->min_severity;
}

/* --- sentences --------------------------------------------------------------------------------------------------------------- */

/* People know a flaw by its CVE number, when it has one. */
static str known_as(const json_t *f)
{
    size_t i;
    json_t *alias;
    str own = json_text(f, "advisory");
    if (str_starts_with(own, STR("CVE-"))) return own;
    json_array_foreach(json_object_get(f, "aliases"), i, alias)
    {
        str name = {json_string_value(alias), json_string_length(alias)};
        if (str_starts_with(name, STR("CVE-"))) return name;
    }
    return own;
}

static str sentence_of_vulnerability(arena *a, const json_t *f)
{
    str fixed = json_text(f, "fixed"), name = known_as(f), component = json_text(f, "component");
    return arena_printf(a, "%.*s %.*s has %.*s (%.*s), %s%.*s", STR_ARG(component),
                        STR_ARG(json_text(f, "version")), STR_ARG(name), STR_ARG(json_text(f, "severity")),
                        fixed.len ? "fixed in " : "no fix is known", STR_ARG(fixed));
}

static str sentence_of_threat(arena *a, const json_t *target, const json_t *f)
{
    str call = json_text(f, "call"), word = json_text(target, "verdict");
    if (call.len)
        return arena_printf(a, "the model is %.*s: loading it would call %.*s", STR_ARG(word),
                            STR_ARG(str_slice(call, 0, 300)));
    str title = str_slice(json_text(f, "title"), 0, 300);
    return arena_printf(a, "the model is %.*s%s%.*s", STR_ARG(word), title.len ? ": " : "", STR_ARG(title));
}

static judgement judgement_of(arena *a, const policy_rule *rule, const json_t *target, const json_t *f)
{
    bool is_threat = !f || is_kind(f, FINDING_MODEL_THREAT),
         is_vulnerability = f && is_kind(f, FINDING_VULNERABILITY);
    str member = json_text(json_object_get(f, "where"), "member");
    judgement j = {.rule = rule,
                   .severity = rule->has_custom_severity ? rule->custom_severity
                               : f                       ? severity_of(f)
                                                         : SEVERITY_HIGH,
                   .kind = f ? json_text(f, "kind") : STR("model_threat"),
                   .advice = json_text(f, "advice"),
                   .advisory = json_text(f, "advisory"),
                   .component = json_text(f, "component"),
                   .version = json_text(f, "version"),
                   .fixed = json_text(f, "fixed")};
    if (is_threat) {
        j.finding = STR("model_threat");
        j.summary = sentence_of_threat(a, target, f);
    } else if (is_vulnerability) {
        j.finding =
            arena_printf(a, "%.*s %.*s %.*s", STR_ARG(j.advisory), STR_ARG(j.component), STR_ARG(j.version));
        j.summary = sentence_of_vulnerability(a, f);
    } else {
        j.finding = arena_printf(a, "%.*s %.*s %.*s", STR_ARG(json_text(f, "code")), STR_ARG(j.component),
                                 STR_ARG(member));
        j.summary =
            arena_printf(a, "%.*s (%.*s)", STR_ARG(json_text(f, "title")), STR_ARG(json_text(f, "severity")));
    }
    return j;
}

/* --- judging ----------------------------------------------------------------------------------------------------------------- */

static const json_t *worst_threat(const json_t *target)
{
    const json_t *worst = NULL;
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(target, "findings"), i,
                       f) if (is_kind(f, FINDING_MODEL_THREAT) &&
                              (!worst || severity_of(f) > severity_of(worst))) worst = f;
    return worst;
}

static const policy_rule *rule_for_threat(const policy *p, const json_t *target, const json_t *worst)
{
    for (size_t i = 0; i < p->rule_count; i++)
        if ((worst || p->rules[i].has_threat || p->rules[i].is_malicious_package) &&
            matches_threat(&p->rules[i], target, worst ? severity_of(worst) : SEVERITY_INFO))
            return &p->rules[i];
    return NULL;
}

static const policy_rule *rule_for(const policy *p, const json_t *f)
{
    for (size_t i = 0; i < p->rule_count; i++) {
        const policy_rule *rule = &p->rules[i];
        if (is_kind(f, FINDING_VULNERABILITY) ? matches_vulnerability(rule, f) : matches_other(rule, f))
            return rule;
    }
    return NULL;
}

bool policy_judge(const policy *p, const json_t *target, arena *a, judgement **out, size_t *count, err *e)
{
    const json_t *findings = json_object_get(target, "findings"), *threat = worst_threat(target);
    judgement *made = arena_alloc_array(a, json_array_size(findings) + 1, sizeof(*made));
    if (!made) return err_set(e, ERR_MEMORY, "no memory to judge a target");
    size_t n = 0;
    const policy_rule *rule = rule_for_threat(p, target, threat);
    if (rule) made[n++] = judgement_of(a, rule, target, threat);
    size_t i;
    json_t *f;
    json_array_foreach(findings, i, f)
    {
        if (is_kind(f, FINDING_MODEL_THREAT) || !(rule = rule_for(p, f))) continue;
        made[n++] = judgement_of(a, rule, target, f);
    }
    for (size_t j = 0; j < n; j++)
        if (!made[j].summary.data || !made[j].finding.data)
            return err_set(e, ERR_MEMORY, "no memory to judge a target");
    *out = made;
    *count = n;
    return true;
}
