/*
 * artifactory_repositories.c - /artifactory/api/repositories: list, read, create, describe, delete.
 */
#include "artifactory.h"

#include "base/limits.h"

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for an answer");
}

/* Clients tell "does not exist" by the status 400, here alone. */
static bool missing_is_400(str key, err *e)
{
    if (e->code != ERR_NOT_FOUND) return false;
    return err_set(e, ERR_INVALID, "Bad Request: no repository is named '%.*s'", STR_ARG(key));
}

/* "generic" is shown as "Generic" in lists, and lists only. */
static str capital(arena *a, str text)
{
    str copy = arena_printf(a, "%.*s", STR_ARG(text));
    if (!copy.len || copy.data[0] < 'a' || copy.data[0] > 'z') return copy;
    return arena_printf(a, "%c%.*s", copy.data[0] - 'a' + 'A', STR_ARG(str_skip(copy, 1)));
}

static str upper(arena *a, str text)
{
    char *copy = arena_alloc(a, text.len + 1);
    if (!copy) return STR_NONE;
    for (size_t i = 0; i < text.len; i++)
        copy[i] =
            text.data[i] >= 'a' && text.data[i] <= 'z' ? (char)(text.data[i] - 'a' + 'A') : text.data[i];
    return (str){copy, text.len};
}

static bool is_wanted(const http_request *req, const meta_repository *r)
{
    str type, package_type;
    if (http_query(req, "type", &type) && type.len && !str_eq_nocase(type, r->kind)) return false;
    return !http_query(req, "packageType", &package_type) || !package_type.len ||
           str_eq_nocase(package_type, r->package_type);
}

bool art_repository_list(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    meta_repository *all;
    size_t count;
    err refused;
    AUTO(json_release) json_t *list = json_array();
    if (!meta_repository_list(call.app->meta, call.arena, &all, &count, e)) return false;
    for (size_t i = 0; i < count; i++) {
        const meta_repository *r = &all[i];
        if (!is_wanted(req, r) || !auth_allow(call.app->auth, call.who, AUTH_READ, r->key, &refused))
            continue;
        str url = art_uri(req, ART_ITEM, r->key, STR("")), type = upper(call.arena, r->kind),
            package = capital(call.arena, r->package_type);
        json_t *row =
            json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%}", "key", PACK(r->key), "type", PACK(type), "url",
                      PACK(url), "packageType", PACK(package), "description", PACK(r->description));
        if (json_array_append_new(list, row) != 0) return no_memory(e);
    }
    return art_reply_json(resp, 200, list, e);
}

bool art_repository_get(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    meta_repository r;
    if (!meta_repository_find(call.app->meta, call.repository, call.arena, &r, e))
        return missing_is_400(call.repository, e);
    AUTO(json_release)
    json_t *document = json_pack(
        "{s:s%, s:s%, s:s%, s:s%, s:s, s:s, s:s, s:s, s:b, s:b, s:[], s:b, s:b, s:b, s:b, s:s, s:[]}", "key",
        PACK(r.key), "rclass", PACK(r.kind), "packageType", PACK(r.package_type), "description",
        PACK(r.description), "notes", "", "includesPattern", "**/*", "excludesPattern", "", "repoLayoutRef",
        "simple-default", "blackedOut", 0, "xrayIndex", 1, "propertySets", "archiveBrowsingEnabled", 0,
        "downloadRedirect", 0, "cdnRedirect", 0, "priorityResolution", 0, "projectKey", "", "environments");
    return art_reply_json(resp, 200, document, e);
}

/* The body may be absent: then it is a local, generic repository. */
static bool read_body(const http_request *req, json_t **body, err *e)
{
    bytes text = http_request_body(req);
    if (str_trim(bytes_str(text)).len == 0) text = str_bytes(STR("{}"));
    if (!json_decode(text, "the repository's configuration", body, e)) return false;
    if (json_is_object(*body)) return true;
    return err_set(e, ERR_INVALID, "the repository's configuration is not a JSON object");
}

/* Clients expect 400 for whatever is wrong with a configuration, also for a key that is taken. */
static bool refuse_with_400(err *e)
{
    if (e->code == ERR_CONFLICT || e->code == ERR_UNPROCESSABLE) e->code = ERR_INVALID;
    return false;
}

static bool read_repository(const json_t *body, meta_repository *r, err *e)
{
    return json_member_str_or(body, "rclass", STR("local"), &r->kind, e) &&
           json_member_str_or(body, "packageType", STR("generic"), &r->package_type, e) &&
           json_member_str_or(body, "description", STR(""), &r->description, e);
}

bool art_repository_put(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    AUTO(json_release) json_t *body = NULL;
    meta_repository r = {.key = call.repository};
    if (!read_body(req, &body, e)) return false;
    if (!read_repository(body, &r, e)) return refuse_with_400(e);
    if (!registry_repository_create(call.app, &r, call.who->name, e)) return refuse_with_400(e);
    str text = arena_printf(call.arena, "Successfully created repository '%.*s'\n", STR_ARG(r.key));
    art_reply_text(resp, 200, text);
    return true;
}

bool art_repository_post(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    AUTO(json_release) json_t *body = NULL;
    meta_repository r;
    str description;
    if (!read_body(req, &body, e)) return false;
    if (!meta_repository_find(call.app->meta, call.repository, call.arena, &r, e))
        return missing_is_400(call.repository, e);
    if (!json_member_str_or(body, "description", r.description, &description, e)) return refuse_with_400(e);
    if (description.len > LIMIT_PROPERTY_BYTES) return err_set(e, ERR_INVALID, "the description is too long");
    if (!meta_repository_describe(call.app->meta, r.key, description, e)) return false;
    art_reply_text(resp, 200,
                   arena_printf(call.arena, "Repository %.*s update successfully.\n", STR_ARG(r.key)));
    return true;
}

bool art_repository_delete(http_request *req, http_response *resp, err *e)
{
    art_call call = art_call_begin(req);
    if (!registry_repository_delete(call.app, call.repository, call.who->name, e)) return false;
    art_reply_text(resp, 200,
                   arena_printf(call.arena,
                                "Repository %.*s and all its content have been removed successfully.\n",
                                STR_ARG(call.repository)));
    return true;
}
