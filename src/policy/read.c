/*
 * policy/read.c - JSON of /xray/api/v2/policies to rules.
 *
 * Members that only describe or notify are kept for the client and mean nothing here. A criterion that is not understood is refused, never
 * ignored.
 */
#include "judge.h"

#include <stdlib.h>

static bool refuse(err *e, str rule, const char *what)
{
    return err_set(e, ERR_UNPROCESSABLE, "rule '%.*s': %s", STR_ARG(rule), what);
}

/* "High", and the words that other tools use for "everything". */
static bool read_severity(str word, severity *s)
{
    static const struct {
        const char *word;
        severity severity;
    } words[] = {{"critical", SEVERITY_CRITICAL},   {"high", SEVERITY_HIGH},
                 {"medium", SEVERITY_MEDIUM},       {"low", SEVERITY_LOW},
                 {"info", SEVERITY_INFO},           {"information", SEVERITY_INFO},
                 {"all severities", SEVERITY_INFO}, {"unknown", SEVERITY_INFO}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!str_eq_nocase(word, str_from_c(words[i].word))) continue;
        *s = words[i].severity;
        return true;
    }
    return false;
}

/* --- criteria -------------------------------------------------------------------------------------------------------------- */

static bool read_min_severity(const json_t *value, policy_rule *rule, err *e)
{
    rule->has_min_severity = true;
    str word = {json_string_value(value), json_string_length(value)};
    if (read_severity(word, &rule->min_severity)) return true;
    return err_set(
        e, ERR_UNPROCESSABLE,
        "rule '%.*s': 'min_severity' is '%.*s', it must be Critical, High, Medium, Low or Information",
        STR_ARG(rule->name), STR_ARG(str_slice(word, 0, 60)));
}

static bool read_model_threat(const json_t *value, policy_rule *rule, err *e)
{
    str word = {json_string_value(value), json_string_length(value)};
    rule->has_threat = true;
    /* Unparseable stands between the two: what cannot be read is treated as unsafe. */
    rule->threat_min = str_eq_nocase(word, STR("unsafe")) ? VERDICT_UNPARSEABLE : VERDICT_SUSPICIOUS;
    return str_eq_nocase(word, STR("unsafe")) || str_eq_nocase(word, STR("suspicious")) ||
           refuse(e, rule->name, "'model_threat' must be \"suspicious\" or \"unsafe\"");
}

static bool read_malicious(const json_t *value, policy_rule *rule, err *e)
{
    rule->is_malicious_package = json_is_true(value);
    return json_is_boolean(value) || refuse(e, rule->name, "'malicious_package' must be true or false");
}

static bool read_cvss(const json_t *value, policy_rule *rule, err *e)
{
    const json_t *from = json_object_get(value, "from"), *to = json_object_get(value, "to");
    rule->has_cvss = true;
    rule->cvss_from = json_number_value(from);
    rule->cvss_to = json_number_value(to);
    bool fine = json_is_number(from) && json_is_number(to) && rule->cvss_from >= 0 && rule->cvss_to <= 10 &&
                rule->cvss_from <= rule->cvss_to;
    return fine || refuse(e, rule->name, "'cvss_range' must have numbers 'from' and 'to' within 0 and 10");
}

static bool is_list_of_texts(const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) if (!json_is_string(item)) return false;
    return json_array_size(list) > 0;
}

static bool read_ids(const json_t *value, policy_rule *rule, err *e)
{
    rule->vulnerability_ids = value;
    return is_list_of_texts(value) || refuse(e, rule->name, "'vulnerability_ids' must be a list of ids");
}

static bool read_package_name(const json_t *value, policy_rule *rule, err *e)
{
    rule->package_name = (str){json_string_value(value), json_string_length(value)};
    return rule->package_name.len > 0 || refuse(e, rule->name, "'package_name' must be text");
}

static bool read_package_type(const json_t *value, policy_rule *rule, err *e)
{
    rule->package_type = (str){json_string_value(value), json_string_length(value)};
    return rule->package_type.len > 0 || refuse(e, rule->name, "'package_type' must be text");
}

static bool read_package_versions(const json_t *value, policy_rule *rule, err *e)
{
    rule->package_versions = value;
    return is_list_of_texts(value) || refuse(e, rule->name, "'package_versions' must be a list of versions");
}

static bool read_fix(const json_t *value, policy_rule *rule, err *e)
{
    rule->needs_fix = json_is_true(value);
    return json_is_boolean(value) || refuse(e, rule->name, "'fix_version_dependant' must be true or false");
}

/* Modifiers that narrow a rule may be switched off, but not on: then the rule would judge more than was asked for. */
static bool read_unsupported_switch(const json_t *value, policy_rule *rule, err *e)
{
    return !json_is_true(value) ||
           refuse(e, rule->name, "contextual analysis is not done, so no rule can depend on it");
}

static const struct criterion {
    const char *name;
    bool (*read)(const json_t *value, policy_rule *rule, err *e);
    bool is_alternative;
} criteria[] = {
    {"min_severity", read_min_severity, true},
    {"model_threat", read_model_threat, true},
    {"malicious_package", read_malicious, true},
    {"cvss_range", read_cvss, true},
    {"vulnerability_ids", read_ids, true},
    {"package_name", read_package_name, true},
    {"package_type", read_package_type, false},
    {"package_versions", read_package_versions, false},
    {"fix_version_dependant", read_fix, false},
    {"applicable_cves_only", read_unsupported_switch, false},
    {"skip_not_applicable", read_unsupported_switch, false},
};

static const struct criterion *criterion_named(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(criteria); i++)
        if (strcmp(name, criteria[i].name) == 0) return &criteria[i];
    return NULL;
}

/* Clients send every member they know; a null, a false or an empty list is the same as none. */
static bool is_unset(const json_t *value)
{
    return json_is_null(value) || json_is_false(value) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

static bool read_criteria(json_t *from, policy_rule *rule, err *e)
{
    const char *name;
    json_t *value;
    size_t alternatives = 0;
    if (!json_is_object(from)) return refuse(e, rule->name, "'criteria' must be an object");
    json_object_foreach(from, name, value)
    {
        if (is_unset(value)) continue;
        const struct criterion *c = criterion_named(name);
        if (!c)
            return err_set(e, ERR_UNPROCESSABLE, "rule '%.*s': the criterion '%.64s' is not judged here",
                           STR_ARG(rule->name), name);
        if (!c->read(value, rule, e)) return false;
        alternatives += c->is_alternative;
    }
    return alternatives == 1 ||
           refuse(e, rule->name,
                  "exactly one of min_severity, model_threat, malicious_package, cvss_range, "
                  "vulnerability_ids and package_name must be given");
}

/* --- actions --------------------------------------------------------------------------------------------------------------- */

static bool read_actions(const json_t *rule_json, policy_rule *rule, err *e)
{
    const json_t *actions = json_object_get(rule_json, "actions");
    if (!actions || json_is_null(actions)) return true;
    if (!json_is_object(actions)) return refuse(e, rule->name, "'actions' must be an object");
    const json_t *block = json_object_get(actions, "block_download");
    if (block && !json_is_null(block) && !json_is_object(block))
        return refuse(e, rule->name, "'block_download' must be an object");
    if (!json_member_bool_or(block, "active", false, &rule->blocks, e) ||
        /* Not said: what blocks the guilty holds the unknown too. */
        !json_member_bool_or(block, "unscanned", rule->blocks, &rule->blocks_unscanned, e) ||
        !json_member_bool_or(actions, "fail_build", false, &rule->fails_build, e))
        return err_wrap(e, "rule '%.*s'", STR_ARG(rule->name));
    str custom = json_text(actions, "custom_severity");
    rule->has_custom_severity = custom.len > 0;
    return !custom.len || read_severity(custom, &rule->custom_severity) ||
           refuse(e, rule->name, "'custom_severity' is no severity");
}

/* --- the policy ------------------------------------------------------------------------------------------------------------- */

static int by_priority(const void *left, const void *right)
{
    const policy_rule *a = left, *b = right;
    return a->priority < b->priority ? -1 : a->priority > b->priority;
}

static bool read_rule(const json_t *json, size_t place, policy_rule *rule, err *e)
{
    *rule = (policy_rule){0};
    if (!json_member_str(json, "name", &rule->name, e)) return err_wrap(e, "rule %zu", place + 1);
    if (rule->name.len == 0) return err_set(e, ERR_UNPROCESSABLE, "rule %zu has an empty name", place + 1);
    return json_member_i64_or(json, "priority", (int64_t)place + 1, &rule->priority, e) &&
           read_criteria(json_object_get(json, "criteria"), rule, e) && read_actions(json, rule, e);
}

/* Names stand in addresses and messages. */
static bool check_name(str name, err *e)
{
    bool fine = name.len > 0 && name.len <= 255;
    for (size_t i = 0; i < name.len; i++)
        fine = fine && (unsigned char)name.data[i] >= 0x20 && name.data[i] != '/';
    return fine || err_set(e, ERR_UNPROCESSABLE, "'name' must be 1 to 255 characters without '/'");
}

bool policy_read(const json_t *json, arena *a, policy *out, err *e)
{
    policy p = {0};
    str type;
    json_t *rules;
    if (!json_is_object(json)) return err_set(e, ERR_UNPROCESSABLE, "a policy must be an object");
    if (!json_member_str(json, "name", &p.name, e) || !check_name(p.name, e) ||
        !json_member_str_or(json, "type", STR("security"), &type, e) ||
        !json_member_array(json, "rules", &rules, e))
        return false;
    if (!str_eq_nocase(type, STR("security")))
        return err_set(e, ERR_UNPROCESSABLE, "policies of type '%.*s' are not judged yet, only 'security'",
                       STR_ARG(str_slice(type, 0, 64)));
    p.rule_count = json_array_size(rules);
    if (p.rule_count == 0 || p.rule_count > 1000)
        return err_set(e, ERR_UNPROCESSABLE, "a policy must have 1 to 1000 rules");
    p.rules = arena_alloc_array(a, p.rule_count, sizeof(*p.rules));
    if (!p.rules) return err_set(e, ERR_MEMORY, "no memory for a policy");
    for (size_t i = 0; i < p.rule_count; i++)
        if (!read_rule(json_array_get(rules, i), i, &p.rules[i], e)) return false;
    qsort(p.rules, p.rule_count, sizeof(*p.rules), by_priority);
    *out = p;
    return true;
}
