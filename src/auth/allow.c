/*
 * allow.c - may they? Pure: an identity, an action and a repository.
 */
#include "internal.h"

static const char *action_text(auth_action action)
{
    switch (action) {
    case AUTH_NOTHING: return "do this";
    case AUTH_LOGGED_IN: return "be signed in";
    case AUTH_READ: return "read";
    case AUTH_WRITE: return "deploy";
    case AUTH_DELETE: return "delete";
    case AUTH_MANAGE: return "manage";
    case AUTH_ADMIN: break;
    }
    return "administer";
}

static bool has_word(str list, char separator, str word)
{
    str item;
    while (str_next(&list, separator, &item))
        if (str_eq(item, word)) return true;
    return false;
}

static bool scope_is_whole(str scope)
{
    static const char *const whole[] = {"applied-permissions/user", "applied-permissions/admin",
                                        "member-of-groups:*"};
    if (str_trim(scope).len == 0) return true;
    for (size_t i = 0; i < COUNT_OF(whole); i++)
        if (has_word(scope, ' ', str_from_c(whole[i]))) return true;
    return false;
}

/* "repository:docker-local/team/app:pull,push": is it about this repository, and does it name the action? */
static bool grant_allows(str grant, str action, str repository)
{
    str type, rest, name, first;
    str_cut(grant, ':', &type, &rest);
    ptrdiff_t colon = str_find_last(rest, ':');
    if (!str_eq(type, STR("repository")) || colon < 0) return false;
    name = str_slice(rest, 0, (size_t)colon);
    str_cut(name, '/', &first, &name);
    return str_eq(first, repository) && has_word(str_skip(rest, (size_t)colon + 1), ',', action);
}

static bool registry_scope_allows(str scope, auth_action action, str repository)
{
    str wanted = action == AUTH_READ ? STR("pull") : action == AUTH_WRITE ? STR("push") : STR("delete");
    str item;
    while (str_next(&scope, ' ', &item))
        if (grant_allows(item, wanted, repository)) return true;
    return false;
}

static bool scope_allows(const auth_identity *who, auth_action action, str repository, err *e)
{
    if (action <= AUTH_LOGGED_IN || scope_is_whole(who->scope)) return true;
    if (action == AUTH_READ && has_word(who->scope, ' ', STR("assay:read"))) return true;
    if (has_word(who->scope, ' ', STR("oci")) && action <= AUTH_DELETE) {
        if (registry_scope_allows(who->scope, action, repository)) return true;
        /* 401 makes a Docker client ask for a token with more scope. */
        return err_set(e, ERR_UNAUTHENTICATED, "the token is not good to %s in '%.*s'", action_text(action),
                       STR_ARG(repository));
    }
    return err_set(e, ERR_DENIED, "the scope of the token ('%.*s') does not allow to %s",
                   STR_ARG(str_slice(who->scope, 0, 200)), action_text(action));
}

static bool anonymous_allowed(const auth *au, auth_action action, err *e)
{
    if (action == AUTH_READ && au->anonymous_reads) return true;
    if (action <= AUTH_LOGGED_IN)
        return err_set(e, ERR_UNAUTHENTICATED, "sign in first: no name or token was sent");
    return err_set(e, ERR_UNAUTHENTICATED, "sign in to %s here: no name or token was sent",
                   action_text(action));
}

bool auth_allow(auth *au, const auth_identity *who, auth_action action, str repository, err *e)
{
    if (action == AUTH_NOTHING) return true;
    if (who->is_anonymous) return anonymous_allowed(au, action, e);
    if (!scope_allows(who, action, repository, e)) return false;
    if (action >= AUTH_MANAGE && !who->is_admin)
        return err_set(e, ERR_DENIED, "user '%.*s' may not %s '%.*s'; an administrator may",
                       STR_ARG(who->name), action_text(action),
                       STR_ARG(repository.len ? repository : STR("this server")));
    return true;
}
