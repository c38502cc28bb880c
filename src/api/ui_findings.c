/*
 * ui_findings.c - the lists that go over all repositories: status, vulnerabilities, model threats, violations.
 *
 * Rows of repositories that the caller may not read are left out of a page; its cursor is that of the whole page, so nothing is skipped.
 */
#include "ui_api.h"

#include "base/limits.h"
#include "meta/policies.h"
#include "meta/scans.h"

static const char *const severities[META_SEVERITIES] = {"info", "low", "medium", "high", "critical"};

/* Reading everything or one repository: ERR_DENIED for one that the caller may not. */
static bool check_repository(const http_request *req, str repository, err *e)
{
    return repository.len == 0 || ui_allow_read(req, repository, e);
}

/* --- status ------------------------------------------------------------------------------------------------------------------ */

static bool add_counts(ui_object *answer, app *state, err *e)
{
    meta_scan_totals scans;
    meta_totals totals;
    uint64_t violation_count = 0;
    if (!meta_scan_totals_read(state->meta, VERDICT_SUSPICIOUS, &scans, e) ||
        !meta_totals_read(state->meta, &totals, e) || !meta_violation_count(state->meta, &violation_count, e))
        return false;

    ui_object queue = ui_object_new(), stored = ui_object_new(), counts = ui_object_new();
    ui_number(&queue, "queued", (int64_t)scans.queued);
    ui_number(&queue, "running", (int64_t)scans.running);
    ui_add(answer, "scans", &queue);
    ui_number(&stored, "repositories", (int64_t)totals.repositories);
    ui_number(&stored, "artifacts", (int64_t)totals.artifacts);
    ui_number(&stored, "blobs", (int64_t)totals.blobs);
    ui_number(&stored, "bytes", (int64_t)totals.bytes);
    ui_add(answer, "totals", &stored);
    ui_number(&counts, "threats", (int64_t)scans.threats);
    ui_number(&counts, "violations", (int64_t)violation_count);
    ui_add(answer, "counts", &counts);
    return true;
}

bool ui_status(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    json_t *advisories = NULL;
    AUTO_UI_OBJECT ui_object answer = ui_object_new();
    if (!scan_advisories(state->scans, http_arena(req), &advisories, e)) return false;
    ui_text(&answer, "version", STR(ASSAY_VERSION));
    ui_number(&answer, "started_ms", state->started_ms);
    ui_put(&answer, "advisories", advisories);
    return add_counts(&answer, state, e) && ui_reply(resp, 200, &answer, e);
}

/* --- vulnerabilities --------------------------------------------------------------------------------------------------------- */

/* "critical,high" */
static bool read_severities(str list, unsigned *mask, err *e)
{
    unsigned found = 0;
    str name;
    while (str_next(&list, ',', &name)) {
        severity s;
        if (!severity_parse(name, &s))
            return err_set(e, ERR_INVALID, "'%.*s' is not a severity", STR_ARG(name));
        found |= 1u << s;
    }
    *mask = found;
    return true;
}

static bool read_filter(http_request *req, meta_vulnerability_filter *out, err *e)
{
    int64_t limit;
    str fix = ui_query(req, "fix");
    meta_vulnerability_filter f = {.repository = ui_query(req, "repo"),
                                   .fix = str_eq(fix, STR("yes"))  ? META_FIX_YES
                                          : str_eq(fix, STR("no")) ? META_FIX_NO
                                                                   : META_FIX_ANY,
                                   .words = ui_query(req, "q"),
                                   .after = ui_query(req, "after")};
    if (!check_repository(req, f.repository, e) ||
        !read_severities(ui_query(req, "sev"), &f.severity_mask, e) ||
        !ui_query_number(req, "limit", 100, &limit, e))
        return false;
    f.limit = limit < 1 ? 1 : limit > LIMIT_PAGE_ROWS ? LIMIT_PAGE_ROWS : (size_t)limit;
    *out = f;
    return true;
}

/* "CVE-2024-5206, GHSA-jw8x-6495-233v" */
static void add_aliases(ui_object *row, str aliases)
{
    json_t *list = ui_list(row, "aliases");
    str alias;
    while (str_next(&aliases, ',', &alias))
        if (json_array_append_new(list, json_from_str(str_trim(alias))) != 0) row->failed = true;
}

static ui_object vulnerability_row(const meta_vulnerability_row *r)
{
    ui_object row = ui_object_new();
    unsigned level = r->finding.severity < META_SEVERITIES ? r->finding.severity : 0;
    ui_text(&row, "severity", str_from_c(severities[level]));
    ui_text(&row, "advisory", r->finding.advisory);
    add_aliases(&row, r->finding.aliases);
    ui_text(&row, "summary", r->finding.title);
    ui_text(&row, "component", r->finding.component);
    ui_text(&row, "version", r->finding.version);
    ui_text(&row, "eco", r->finding.eco);
    ui_text_or_null(&row, "fixed", r->finding.fixed);
    ui_put(&row, "cvss", r->finding.cvss > 0 ? json_real(r->finding.cvss) : json_null());
    ui_text(&row, "repo", r->repository);
    ui_text(&row, "path", r->path);
    ui_text(&row, "sha256", str_from_c(digest_hex(r->sha256).text));
    ui_put(&row, "violation", r->violation ? json_integer(r->violation) : json_null());
    ui_bool(&row, "blocks", r->blocks);
    return row;
}

static bool add_totals(ui_object *answer, app *state, const meta_vulnerability_filter *f, err *e)
{
    uint64_t by_severity[META_SEVERITIES];
    if (!meta_vulnerability_totals(state->meta, f, by_severity, e)) return false;
    ui_object totals = ui_object_new();
    for (size_t i = META_SEVERITIES; i-- > 0;) ui_number(&totals, severities[i], (int64_t)by_severity[i]);
    ui_add(answer, "totals", &totals);
    return true;
}

/* How much was judged, and with what: an empty list means something only together with this. */
static bool add_judged(ui_object *answer, app *state, arena *a, err *e)
{
    meta_scan_totals scans;
    AUTO(json_release) json_t *advisories = NULL;
    if (!meta_scan_totals_read(state->meta, VERDICT_SUSPICIOUS, &scans, e) ||
        !scan_advisories(state->scans, a, &advisories, e))
        return false;
    ui_object judged = ui_object_new();
    ui_number(&judged, "artifacts", (int64_t)scans.artifacts);
    ui_number(&judged, "components", (int64_t)scans.components);
    ui_number(&judged, "advisories", json_integer_value(json_object_get(advisories, "count")));
    ui_text_or_null(&judged, "newest", json_text(advisories, "newest"));
    ui_bool(&judged, "starter", json_is_true(json_object_get(advisories, "starter")));
    ui_add(answer, "judged", &judged);
    return true;
}

bool ui_vulnerabilities(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    meta_vulnerability_filter filter;
    meta_vulnerability_row *found = NULL;
    size_t count = 0;
    str next;
    if (!read_filter(req, &filter, e)) return false;
    if (!meta_vulnerability_list(state->meta, &filter, http_arena(req), &found, &count, &next, e))
        return false;

    AUTO_UI_OBJECT ui_object answer = ui_object_new();
    json_t *rows = ui_list(&answer, "rows");
    for (size_t i = 0; i < count; i++) {
        if (!ui_may_read(req, found[i].repository)) continue;
        ui_object row = vulnerability_row(&found[i]);
        ui_append(&answer, rows, &row);
    }
    ui_text_or_null(&answer, "next", next);
    return add_totals(&answer, state, &filter, e) && add_judged(&answer, state, http_arena(req), e) &&
           ui_reply(resp, 200, &answer, e);
}

/* --- threats ----------------------------------------------------------------------------------------------------------------- */

static ui_object threat_row(const meta_threat_row *r)
{
    ui_object row = ui_object_new();
    ui_text(&row, "repo", r->repository);
    ui_text(&row, "path", r->path);
    ui_text(&row, "sha256", str_from_c(digest_hex(r->sha256).text));
    ui_text(&row, "verdict", str_from_c(verdict_name((verdict)r->verdict)));
    ui_text(&row, "format", r->format);
    ui_text(&row, "title", r->title);
    ui_number(&row, "modified_ms", r->modified_ms);
    return row;
}

bool ui_threats(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    meta_threat_row *found = NULL;
    size_t count = 0;
    str next, repository = ui_query(req, "repo");
    if (!check_repository(req, repository, e)) return false;
    if (!meta_threat_list(state->meta, VERDICT_SUSPICIOUS, repository, ui_query(req, "after"), 100,
                          http_arena(req), &found, &count, &next, e))
        return false;

    AUTO_UI_OBJECT ui_object answer = ui_object_new();
    json_t *rows = ui_list(&answer, "rows");
    for (size_t i = 0; i < count; i++) {
        if (!ui_may_read(req, found[i].repository)) continue;
        ui_object row = threat_row(&found[i]);
        ui_append(&answer, rows, &row);
    }
    ui_text_or_null(&answer, "next", next);
    return ui_reply(resp, 200, &answer, e);
}

/* --- models ------------------------------------------------------------------------------------------------------------------ */

static ui_object model_row(const meta_model_row *r)
{
    ui_object row = ui_object_new();
    ui_text(&row, "repo", r->repository);
    ui_text(&row, "path", r->path);
    ui_text(&row, "sha256", str_from_c(digest_hex(r->sha256).text));
    ui_text(&row, "verdict", str_from_c(verdict_name((verdict)r->verdict)));
    ui_text(&row, "format", r->format);
    ui_text_or_null(&row, "class", r->class);
    ui_text_or_null(&row, "framework", r->framework);
    ui_text_or_null(&row, "framework_version", r->framework_version);
    ui_text_or_null(&row, "license", r->license);
    ui_text_or_null(&row, "parameters", r->parameters);
    ui_number(&row, "size_bytes", (int64_t)r->size_bytes);
    ui_number(&row, "modified_ms", r->modified_ms);
    return row;
}

static bool read_model_filter(http_request *req, meta_model_filter *f, err *e)
{
    str wanted = ui_query(req, "fact");
    *f = (meta_model_filter){.repository = ui_query(req, "repo"),
                             .words = ui_query(req, "q"),
                             .verdict_min = VERDICT_CLEAN,
                             .after = ui_query(req, "after"),
                             .limit = 100};
    if (!check_repository(req, f->repository, e)) return false;
    if (wanted.len && !str_cut(wanted, ':', &f->fact_name, &f->fact_value))
        return err_set(e, ERR_INVALID, "'fact' is name:value, such as fact=framework:scikit-learn");
    return true;
}

bool ui_models(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    meta_model_filter filter;
    meta_model_row *found = NULL;
    size_t count = 0;
    str next;
    if (!read_model_filter(req, &filter, e) ||
        !meta_model_list(state->meta, &filter, http_arena(req), &found, &count, &next, e))
        return false;

    AUTO_UI_OBJECT ui_object answer = ui_object_new();
    json_t *rows = ui_list(&answer, "rows");
    for (size_t i = 0; i < count; i++) {
        if (!ui_may_read(req, found[i].repository)) continue;
        ui_object row = model_row(&found[i]);
        ui_append(&answer, rows, &row);
    }
    ui_text_or_null(&answer, "next", next);
    return ui_reply(resp, 200, &answer, e);
}

/* --- violations -------------------------------------------------------------------------------------------------------------- */

static bool keep_readable(http_request *req, json_t *all, ui_object *answer)
{
    json_t *rows = ui_list(answer, "rows"), *violation;
    size_t i;
    json_array_foreach(all, i, violation)
    {
        if (!ui_may_read(req, json_text(violation, "repo"))) continue;
        if (json_array_append(rows, violation) != 0) return false;
    }
    return true;
}

bool ui_violations(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    enum { PAGE_ROWS = 100 };
    violation_filter filter = {
        .repository = ui_query(req, "repo"), .after = ui_query(req, "after"), .limit = PAGE_ROWS};
    AUTO(json_release) json_t *found = NULL;
    str next;
    if (!check_repository(req, filter.repository, e)) return false;
    if (!violation_list(state->policies, &filter, http_arena(req), &found, &next, e)) return false;

    AUTO_UI_OBJECT ui_object answer = ui_object_new();
    if (!keep_readable(req, found, &answer)) return err_set(e, ERR_MEMORY, "no memory for violations");
    ui_text_or_null(&answer, "next", next);
    return ui_reply(resp, 200, &answer, e);
}

static void add_step(ui_object *answer, json_t *steps, str sentence)
{
    if (json_array_append_new(steps, json_from_str(sentence)) != 0) answer->failed = true;
}

/* What a person can do about it, the best way first. */
static void add_unblock(ui_object *answer, arena *a, const json_t *v)
{
    json_t *steps = ui_list(answer, "unblock");
    str package = json_text(v, "component"), version = json_text(v, "version"), fixed = json_text(v, "fixed");
    str policy = json_text(v, "policy"), watch = json_text(v, "watch"), rule = json_text(v, "rule");
    if (package.len && fixed.len)
        add_step(answer, steps,
                 arena_printf(a,
                              "Upgrade %.*s from %.*s to %.*s or later, build again, and deploy the result.",
                              STR_ARG(package), STR_ARG(version), STR_ARG(fixed)));
    else if (package.len)
        add_step(answer, steps,
                 arena_printf(a, "No fixed version of %.*s is known: replace it, or leave it out.",
                              STR_ARG(package)));
    else
        add_step(answer, steps,
                 STR("Find out who made the file and how, save it again in a format that cannot execute "
                     "code, and deploy that."));
    add_step(answer, steps,
             arena_printf(a, "Or ask an administrator to change rule '%.*s' of policy '%.*s'.", STR_ARG(rule),
                          STR_ARG(policy)));
    add_step(answer, steps,
             arena_printf(a, "Or ask an administrator to take the repository out of watch '%.*s'.",
                          STR_ARG(watch)));
}

static bool add_item_of(ui_object *answer, http_request *req, const json_t *v, err *e)
{
    app *state = http_app(req);
    meta_node node;
    str repository = json_text(v, "repo"), path = json_text(v, "path");
    if (!ui_allow_read(req, repository, e)) return false;
    if (!meta_node_find(state->meta, repository, path, http_arena(req), &node, e)) return false;
    ui_object item = ui_object_new();
    ui_text(&item, "repo", repository);
    ui_text(&item, "path", path);
    ui_text(&item, "sha256", str_from_c(digest_hex(node.sha256).text));
    ui_add(answer, "item", &item);
    return true;
}

bool ui_violation(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    int64_t id;
    json_t *violation = NULL;
    if (!str_to_i64(http_param(req, "id"), &id))
        return err_set(e, ERR_NOT_FOUND, "there is no such violation");
    if (!violation_get(state->policies, id, &violation, e)) return false;

    AUTO_UI_OBJECT ui_object answer = ui_object_new();
    ui_put(&answer, "violation", violation);
    if (!add_item_of(&answer, req, violation, e)) return false;
    add_unblock(&answer, http_arena(req), violation);
    return ui_reply(resp, 200, &answer, e);
}
