/*
 * oci_scope.c - the scope language of the distribution project's token specification.
 */
#include "oci_scope.h"

static void add_action(oci_grant *grant, str action)
{
    bool all = str_eq(action, STR("*"));
    grant->pull |= all || str_eq(action, STR("pull"));
    grant->push |= all || str_eq(action, STR("push"));
    grant->remove |= all || str_eq(action, STR("delete"));
}

bool oci_grant_parse(str text, oci_grant *out)
{
    ptrdiff_t first = str_find(text, ':'), last = str_find_last(text, ':');
    if (first <= 0 || last <= first + 1) return false;

    oci_grant grant = {.type = str_slice(text, 0, (size_t)first),
                       .name = str_slice(text, (size_t)first + 1, (size_t)(last - first - 1))};
    /* "repository(plugin)" is the old way to say repository. */
    str class_less, class_name;
    if (str_cut(grant.type, '(', &class_less, &class_name)) grant.type = class_less;

    str actions = str_skip(text, (size_t)last + 1), action;
    while (str_next(&actions, ',', &action)) add_action(&grant, action);
    *out = grant;
    return true;
}

bool oci_scope_is_limited(str scope)
{
    return str_eq(scope, STR("oci")) || str_starts_with(scope, STR("oci "));
}

static bool covers(const oci_grant *have, const oci_grant *wanted)
{
    return str_eq(have->type, wanted->type) && str_eq(have->name, wanted->name) &&
           have->pull >= wanted->pull && have->push >= wanted->push && have->remove >= wanted->remove;
}

bool oci_scope_has(str scope, const oci_grant *wanted)
{
    str item;
    while (str_next(&scope, ' ', &item)) {
        oci_grant have;
        if (oci_grant_parse(item, &have) && covers(&have, wanted)) return true;
    }
    return false;
}
