/*
 * xray_findings.c - violations, summaries and scan states, as clients of /xray read them.
 *
 * Whoever asks sees only what is in repositories that they may read.
 */
#include "xray.h"

#include "base/limits.h"
#include "meta/policies.h"

enum { ROWS_DEFAULT = 25 };

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for an answer");
}

static json_t *one_text(str text)
{
    return text.len ? json_pack("[o]", json_from_str(text)) : json_array();
}

/* "default/<repository>/<path>" */
static json_t *item_id(arena *a, str repository, str path)
{
    return json_from_str(arena_printf(a, "default/%.*s/%.*s", STR_ARG(repository), STR_ARG(path)));
}

/* --- violations -------------------------------------------------------------------------------------------------------------- */

typedef struct violation_question {
    meta_violation_filter rows;
    str name_contains, issue;
    uint64_t limit, page;
    bool with_details;
} violation_question;

static bool read_severity(str word, unsigned *least, err *e)
{
    *least = 0;
    for (unsigned s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
        if (str_eq_nocase(word, xray_severity((severity)s))) *least = s;
    bool is_known = word.len == 0 || *least > 0 || str_eq_nocase(word, STR("Information")) ||
                    str_eq_nocase(word, STR("Unknown"));
    return is_known ||
           err_set(e, ERR_UNPROCESSABLE, "'%.*s' is no severity", STR_ARG(str_slice(word, 0, 64)));
}

static bool read_question(const json_t *body, violation_question *q, err *e)
{
    const json_t *filters = json_object_get(body, "filters"), *pages = json_object_get(body, "pagination");
    const json_t *artifact =
        json_array_get(json_object_get(json_object_get(filters, "resources"), "artifacts"), 0);
    int64_t limit, page;
    if (!json_member_i64_or(pages, "limit", ROWS_DEFAULT, &limit, e) ||
        !json_member_i64_or(pages, "offset", 1, &page, e) ||
        !read_severity(json_text(filters, "min_severity"), &q->rows.severity_min, e))
        return false;
    q->rows.watch = json_text(filters, "watch_name");
    q->rows.repository = json_text(artifact, "repo");
    q->rows.path = json_text(artifact, "path");
    q->name_contains = json_text(filters, "name_contains");
    q->issue =
        json_text(filters, "issue_id").len ? json_text(filters, "issue_id") : json_text(filters, "cve_id");
    /* Clients ask for "everything" with the largest number there is. */
    q->limit = limit <= 0 || (uint64_t)limit > LIMIT_PAGE_ROWS ? LIMIT_PAGE_ROWS : (uint64_t)limit;
    q->page = page <= 0 ? 1 : (uint64_t)page;
    return true;
}

static bool is_asked_for(const violation_question *q, const meta_violation *v)
{
    if (q->name_contains.len && !str_contains(v->path, q->name_contains)) return false;
    return q->issue.len == 0 || str_eq(q->issue, v->advisory) || str_contains(v->summary, q->issue);
}

static json_t *violation_json(http_request *req, const meta_violation *v)
{
    arena *a = http_arena(req);
    bool is_threat = v->advisory.len == 0;
    str package =
        v->component.len ? arena_printf(a, "%.*s:%.*s", STR_ARG(v->component), STR_ARG(v->version)) : STR("");
    str page = arena_printf(a, "%.*s/ui/violations/%lld", STR_ARG(http_base_url(req)), (long long)v->id);
    json_t *matched = json_pack("[{s:o, s:o, s:b, s:b, s:b}]", "policy", json_from_str(v->policy), "rule",
                                json_from_str(v->rule), "is_blocking", v->blocks, "is_build_failed",
                                v->fails_build, "fail_pull_request", 0);
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}",
                     "violation_id", json_from_str(arena_printf(a, "v-%lld", (long long)v->id)), "issue_id",
                     json_from_str(is_threat ? v->finding : v->advisory), "type", "Security", "severity",
                     json_from_str(xray_severity((severity)v->severity)), "watch_name",
                     json_from_str(v->watch), "created", json_from_str(xray_time(a, v->created_ms)),
                     "description", json_from_str(v->summary), "summary", json_from_str(v->summary),
                     "provider", "Assay", "infected_components", one_text(package), "infected_versions",
                     one_text(v->version), "impact_artifacts",
                     json_pack("[o]", item_id(a, v->repository, v->path)), "fix_versions", one_text(v->fixed),
                     "violation_details_url", json_from_str(page), "matched_policies", matched);
}

/* All rows are looked at, since the total is part of the answer; only one page of them is written. */
static bool collect_violations(http_request *req, violation_question *q, json_t *list, uint64_t *total,
                               err *e)
{
    xray_call call = xray_call_begin(req);
    q->rows.limit = LIMIT_PAGE_ROWS;
    for (size_t count = LIMIT_PAGE_ROWS; count == LIMIT_PAGE_ROWS;) {
        AUTO_ARENA arena a;
        arena_init(&a, LIMIT_REQUEST_ARENA_BYTES);
        meta_violation *rows;
        if (!meta_violation_list(call.app->meta, &q->rows, &a, &rows, &count, e)) return false;
        for (size_t i = 0; i < count; i++) {
            q->rows.after_id = rows[i].id;
            if (!is_asked_for(q, &rows[i]) || !xray_may_read(&call, rows[i].repository)) continue;
            bool is_on_page = *total / q->limit == q->page - 1;
            ++*total;
            if (is_on_page && json_array_append_new(list, violation_json(req, &rows[i])) != 0)
                return no_memory(e);
        }
    }
    return true;
}

bool xray_violations(http_request *req, http_response *resp, err *e)
{
    AUTO(json_release) json_t *body = NULL;
    AUTO(json_release) json_t *list = json_array();
    violation_question q = {0};
    uint64_t total = 0;
    if (!xray_body(req, &body, e) || !read_question(body, &q, e) ||
        !collect_violations(req, &q, list, &total, e))
        return false;
    return xray_reply(resp, 200,
                      json_pack("{s:I, s:O}", "total_violations", (json_int_t)total, "violations", list), e);
}

/* --- summaries --------------------------------------------------------------------------------------------------------------- */

static json_t *cves_of(arena *a, const json_t *f)
{
    json_t *list = json_array(), *alias;
    size_t i;
    str vector = json_text(f, "cvss_vector");
    json_array_foreach(json_object_get(f, "aliases"), i, alias)
    {
        str name = {json_string_value(alias), json_string_length(alias)};
        if (!str_starts_with(name, STR("CVE-"))) continue;
        str v3 = arena_printf(a, "%.1f/%.*s", json_number_value(json_object_get(f, "cvss")), STR_ARG(vector));
        (void)json_array_append_new(list, json_pack("{s:o, s:o}", "cve", json_from_str(name), "cvss_v3",
                                                    json_from_str(vector.len ? v3 : STR(""))));
    }
    return list;
}

static json_t *issue_json(arena *a, const meta_node *node, const json_t *f)
{
    severity s;
    if (!severity_parse(json_text(f, "severity"), &s)) s = SEVERITY_INFO;
    str advisory = json_text(f, "advisory"), fixed = json_text(f, "fixed"),
        package = json_text(f, "component");
    str id = arena_printf(a, "%.*s://%.*s:%.*s", STR_ARG(json_text(f, "eco")), STR_ARG(package),
                          STR_ARG(json_text(f, "version")));
    json_t *components =
        package.len ? json_pack("[{s:o, s:o}]", "component_id", json_from_str(id), "fixed_versions",
                                one_text(fixed.len ? arena_printf(a, "[%.*s]", STR_ARG(fixed)) : STR("")))
                    : json_array();
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:s, s:o, s:o, s:[o], s:o}", "issue_id",
                     json_from_str(advisory.len ? advisory : json_text(f, "code")), "summary",
                     json_from_str(json_text(f, "title")), "description",
                     json_from_str(json_text(f, "advice")), "issue_type", "security", "severity",
                     json_from_str(xray_severity(s)), "provider", "Assay", "created",
                     json_from_str(xray_time(a, node->modified_ms)), "cves", cves_of(a, f), "impact_path",
                     item_id(a, node->repository, node->path), "components", components);
}

static json_t *general_json(arena *a, const meta_node *node)
{
    str name = str_skip(node->path, (size_t)(str_find_last(node->path, '/') + 1));
    const char *hex = arena_printf(a, "%s", digest_hex(node->sha256).text).data;
    str id = arena_printf(a, "generic://sha256:%s/%.*s", hex, STR_ARG(name));
    return json_pack("{s:o, s:o, s:s, s:o, s:o}", "name", json_from_str(name), "path",
                     item_id(a, node->repository, node->path), "pkg_type", "Generic", "sha256",
                     json_from_str(str_from_c(hex)), "component_id", json_from_str(id));
}

static bool add_artifact(const xray_call *call, const meta_node *node, json_t *artifacts, err *e)
{
    AUTO(json_release) json_t *target = NULL;
    json_t *issues = json_array(), *f;
    size_t i;
    err why = {0};
    if (!scan_target_read(call->app->meta, node->sha256, call->arena, &target, &why) &&
        why.code != ERR_NOT_FOUND) {
        json_decref(issues);
        return err_set(e, why.code, "%s", why.message);
    }
    json_array_foreach(json_object_get(target, "findings"), i, f)(void)
        json_array_append_new(issues, issue_json(call->arena, node, f));
    json_t *artifact = json_pack("{s:o, s:o, s:[]}", "general", general_json(call->arena, node), "issues",
                                 issues, "licenses");
    return json_array_append_new(artifacts, artifact) == 0 || no_memory(e);
}

/* "default/repo/path", or without the first word. What may not be read is as unknown as what is not there. */
static bool find_path(const xray_call *call, str id, meta_node *node)
{
    str repository, path;
    if (str_starts_with(id, STR("default/"))) id = str_skip(id, STR("default/").len);
    if (!str_cut(id, '/', &repository, &path) || !xray_may_read(call, repository)) return false;
    return meta_node_find(call->app->meta, repository, path, call->arena, node, NULL) && !node->is_folder;
}

static bool find_checksum(const xray_call *call, str hex, meta_node *node)
{
    digest sha256;
    meta_node *nodes;
    size_t count;
    if (!digest_parse_hex(DIGEST_SHA256, hex, &sha256, NULL) ||
        !meta_node_by_digest(call->app->meta, sha256, call->arena, &nodes, &count, NULL))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!xray_may_read(call, nodes[i].repository)) continue;
        *node = nodes[i];
        return true;
    }
    return false;
}

bool xray_summary(http_request *req, http_response *resp, err *e)
{
    xray_call call = xray_call_begin(req);
    AUTO(json_release) json_t *body = NULL;
    AUTO(json_release) json_t *artifacts = json_array();
    AUTO(json_release) json_t *errors = json_array();
    if (!xray_body(req, &body, e)) return false;
    /* Checksums are not looked at when paths are given. */
    bool by_path = json_array_size(json_object_get(body, "paths")) > 0;
    const json_t *asked = json_object_get(body, by_path ? "paths" : "checksums");
    if (json_array_size(asked) > LIMIT_PAGE_ROWS)
        return err_set(e, ERR_TOO_LARGE, "more than LIMIT_PAGE_ROWS artifacts in one question");
    size_t i;
    json_t *item;
    json_array_foreach(asked, i, item)
    {
        str id = {json_string_value(item), json_string_length(item)};
        meta_node node;
        bool found = by_path ? find_path(&call, id, &node) : find_checksum(&call, id, &node);
        if (found && !add_artifact(&call, &node, artifacts, e)) return false;
        if (!found)
            (void)json_array_append_new(errors, json_pack("{s:o, s:s}", "identifier", json_from_str(id),
                                                          "error", "Artifact doesn't exist or not indexed"));
    }
    return xray_reply(resp, 200, json_pack("{s:O, s:O}", "artifacts", artifacts, "errors", errors), e);
}

/* --- scan states -------------------------------------------------------------------------------------------------------------- */

static const char *state_name(scan_state state)
{
    switch (state) {
    case SCAN_QUEUED: return "PENDING";
    case SCAN_RUNNING: return "SCANNING";
    case SCAN_DONE: return "DONE";
    case SCAN_FAILED: return "FAILED";
    case SCAN_NONE: break;
    }
    return "NOT_SCANNED";
}

bool xray_artifact_status(http_request *req, http_response *resp, err *e)
{
    xray_call call = xray_call_begin(req);
    AUTO(json_release) json_t *body = NULL;
    if (!xray_body(req, &body, e)) return false;
    str repository = json_text(body, "repo"), path = json_text(body, "path");
    meta_node node;
    scan_status status;
    str id = arena_printf(call.arena, "%.*s/%.*s", STR_ARG(repository), STR_ARG(path));
    if (!find_path(&call, id, &node))
        return err_set(e, ERR_NOT_FOUND, "there is no artifact '%.*s'", STR_ARG(id));
    if (!scan_status_read(call.app->meta, node.sha256, &status, e)) return false;
    const char *name = state_name(status.state);
    json_t *time = json_from_str(xray_time(call.arena, status.finished_ms));
    return xray_reply(resp, 200,
                      json_pack("{s:{s:s, s:o}, s:{s:{s:s}, s:{s:s}, s:{s:s}}}", "overall", "status", name,
                                "time", time, "details", "sca", "status", name, "contextual_analysis",
                                "status", "NOT_SUPPORTED", "violations", "status", name),
                      e);
}
