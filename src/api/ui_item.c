/*
 * ui_item.c - all about one artifact, folder or repository: what it is, what was found in it, whether it may be downloaded.
 */
#include "ui_api.h"

#include "ui_image.h"

#include "base/limits.h"
#include "meta/policies.h"

/* --- pieces that several pages show ------------------------------------------------------------------------------------------ */

static const char *const state_names[] = {[SCAN_NONE] = "none",
                                          [SCAN_QUEUED] = "queued",
                                          [SCAN_RUNNING] = "running",
                                          [SCAN_DONE] = "done",
                                          [SCAN_FAILED] = "failed"};

bool ui_add_scan(ui_object *o, app *state, digest sha256, err *e)
{
    scan_status s;
    if (!scan_status_of(state->scans, sha256, &s, e)) return false;

    ui_object scan = ui_object_new();
    ui_text(&scan, "state", str_from_c(state_names[s.state]));
    ui_text_or_null(&scan, "verdict", s.state == SCAN_DONE ? str_from_c(verdict_name(s.verdict)) : STR(""));
    if (s.state == SCAN_QUEUED) ui_number(&scan, "place", (int64_t)s.queue_place);
    if (s.finished_ms) ui_number(&scan, "finished_ms", s.finished_ms);
    ui_number(&scan, "critical", s.critical);
    ui_number(&scan, "high", s.high);
    ui_number(&scan, "medium", s.medium);
    ui_number(&scan, "low", s.low);
    ui_number(&scan, "info", s.info);
    ui_add(o, "scan", &scan);
    return true;
}

bool ui_add_blocked(ui_object *o, http_request *req, const meta_node *node, str caller, err *e)
{
    app *state = http_app(req);
    err why = {0};
    if (policy_gate(state->policies, node, caller, &why)) {
        ui_put(o, "blocked", json_null());
        return true;
    }
    if (why.code != ERR_BLOCKED) return err_set(e, why.code, "%s", why.message);

    AUTO_ARENA arena a;
    arena_init(&a, MIB);
    meta_violation worst = {0};
    uint64_t count = 0;
    if (!meta_violation_blocking(state->meta, node->id, node->sha256, &a, &worst, &count, e)) return false;
    ui_object blocked = ui_object_new();
    ui_text(&blocked, "message", policy_message_at(&a, &why, http_base_url(req)));
    ui_put(&blocked, "violation", count ? json_integer(worst.id) : json_null());
    ui_add(o, "blocked", &blocked);
    return true;
}

/* --- the item ---------------------------------------------------------------------------------------------------------------- */

static str bare_hex(arena *a, digest d)
{
    return d.kind == DIGEST_NONE ? STR("") : arena_copy(a, str_from_c(digest_hex(d).text));
}

static void add_facts_of_node(ui_object *o, arena *a, const meta_node *node)
{
    str kind = !node->is_folder ? STR("file") : node->path.len ? STR("folder") : STR("repository");
    ui_text(o, "repo", node->repository);
    ui_text(o, "path", node->path);
    ui_text(o, "kind", kind);
    ui_text(o, "mime", node->mime);
    ui_number(o, "size_bytes", (int64_t)node->size_bytes);
    ui_text(o, "sha256", bare_hex(a, node->sha256));
    ui_text(o, "sha1", bare_hex(a, node->sha1));
    ui_text(o, "md5", bare_hex(a, node->md5));
    ui_number(o, "created_ms", node->created_ms);
    ui_text(o, "created_by", node->created_by);
    ui_number(o, "modified_ms", node->modified_ms);
    ui_text(o, "modified_by", node->modified_by);
    ui_number(o, "downloads", (int64_t)node->downloads);
}

static bool add_properties(ui_object *o, app *state, arena *a, int64_t node, err *e)
{
    meta_property *properties = NULL;
    size_t count = 0;
    if (!meta_property_list(state->meta, node, a, &properties, &count, e)) return false;
    json_t *list = ui_list(o, "properties");
    for (size_t i = 0; i < count; i++) {
        ui_object property = ui_object_new();
        ui_text(&property, "name", properties[i].name);
        ui_text(&property, "value", properties[i].value);
        ui_append(o, list, &property);
    }
    return true;
}

/* A member of the scan document as it is; lists that are not there are empty. */
static void copy_list(ui_object *o, const json_t *target, const char *key)
{
    json_t *list = json_object_get(target, key);
    ui_put(o, key, json_is_array(list) ? json_incref(list) : json_array());
}

/* How many tensors, numbers and bytes; null where nobody counted. */
static void copy_counts(ui_object *o, const json_t *target)
{
    static const char *const counts[] = {"tensor_count", "parameter_count", "tensor_bytes",
                                         "findings_dropped"};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        json_t *count = json_object_get(target, counts[i]);
        ui_put(o, counts[i], json_is_integer(count) ? json_incref(count) : json_null());
    }
}

static bool add_scan_result(ui_object *o, app *state, arena *a, const meta_node *node, err *e)
{
    err why = {0};
    AUTO(json_release) json_t *target = NULL;
    bool is_there = !node->is_folder && scan_result_of(state->scans, node->sha256, a, &target, &why);
    if (!is_there && !node->is_folder && why.code != ERR_NOT_FOUND)
        return err_set(e, why.code, "%s", why.message);

    ui_text_or_null(o, "format", json_text(target, "format"));
    copy_list(o, target, "facts");
    copy_list(o, target, "call_lines");
    copy_list(o, target, "models");
    copy_list(o, target, "tensors");
    copy_counts(o, target);
    copy_list(o, target, "components");
    copy_list(o, target, "findings");
    return true;
}

static bool add_violations(ui_object *o, app *state, arena *a, const meta_node *node, err *e)
{
    violation_filter filter = {.repository = node->repository, .path = node->path, .limit = LIMIT_PAGE_ROWS};
    json_t *violations = NULL;
    if (node->is_folder) {
        ui_put(o, "violations", json_array());
        return true;
    }
    str next;
    if (!violation_list(state->policies, &filter, a, &violations, &next, e)) return false;
    ui_put(o, "violations", violations);
    return true;
}

static bool add_judgement(ui_object *o, http_request *req, const meta_node *node, err *e)
{
    app *state = http_app(req);
    const auth_identity *who = http_identity(req);
    if (node->is_folder) {
        ui_put(o, "scan", json_null());
        ui_put(o, "blocked", json_null());
        return true;
    }
    return ui_add_scan(o, state, node->sha256, e) && ui_add_blocked(o, req, node, who->name, e);
}

bool ui_item(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    arena *a = http_arena(req);
    str repository = ui_query(req, "repo");
    meta_node node;
    if (!ui_allow_read(req, repository, e)) return false;
    if (!meta_node_find(state->meta, repository, ui_query(req, "path"), a, &node, e)) return false;

    AUTO_UI_OBJECT ui_object answer = ui_object_new();
    add_facts_of_node(&answer, a, &node);
    return add_properties(&answer, state, a, node.id, e) && add_judgement(&answer, req, &node, e) &&
           add_scan_result(&answer, state, a, &node, e) && add_violations(&answer, state, a, &node, e) &&
           ui_add_image(&answer, state, a, &node, e) && ui_reply(resp, 200, &answer, e);
}

/* Again, from the bytes: after a scan that could not finish, or for somebody who would like to see it. Whoever may deploy may ask. */
bool ui_scan(http_request *req, http_response *resp, err *e)
{
    app *state = http_app(req);
    arena *a = http_arena(req);
    AUTO(json_release) json_t *body = NULL;
    str repository, path;
    meta_node node;
    if (!json_decode(http_request_body(req), "the request", &body, e)) return false;
    if (!json_member_str(body, "repo", &repository, e) || !json_member_str(body, "path", &path, e))
        return false;
    if (!ui_allow_read(req, repository, e) ||
        !auth_allow(state->auth, http_identity(req), AUTH_WRITE, repository, e))
        return false;
    if (!meta_node_find(state->meta, repository, path, a, &node, e)) return false;
    if (node.is_folder)
        return err_set(e, ERR_INVALID, "'%.*s' is a folder: its files are scanned, one by one",
                       STR_ARG(path));
    if (!scan_again(state->scans, node.sha256, node.path, node.mime, e)) return false;

    AUTO_UI_OBJECT ui_object answer = ui_object_new();
    return ui_add_scan(&answer, state, node.sha256, e) && ui_reply(resp, 202, &answer, e);
}
