/*
 * scan/inspect.c - one file: is it a model, does it tell about components, does it name the distribution?
 *
 * The formats are asked first, because content decides. Within archives a file whose name claims nothing is only worth mentioning when loading it
 * would do harm: a text that happens to read as a harmless pickle is not a model, and one that breaks off is not a broken model.
 */
#include "inspect.h"

#include "inspect_members.h"

#include "base/limits.h"
#include "codec/archive.h"
#include "eco/eco.h"
#include "format/format.h"
#include "format/source.h"
#include "scan/siblings.h"

/* --- lists of the part ----------------------------------------------------------------------------------------------------- */

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the scan report");
}

bool inspect_append(json_t *part, const char *list, json_t *item, err *e)
{
    json_t *items = json_object_get(part, list);
    if (!items) {
        items = json_array();
        if (!items || json_object_set_new(part, list, items) != 0) {
            json_decref(item);
            return no_memory(e);
        }
    }
    if (!item || json_array_append_new(items, item) != 0) return no_memory(e);
    return true;
}

str inspect_member_name(inspection *in, str member)
{
    if (in->prefix.len == 0) return member;
    return arena_printf(in->arena, "%.*s%.*s", STR_ARG(in->prefix), STR_ARG(member));
}

static bool count_dropped(json_t *part, const char *key, err *e)
{
    json_int_t dropped = json_integer_value(json_object_get(part, key));
    return json_object_set_new(part, key, json_integer(dropped + 1)) == 0 || no_memory(e);
}

/* --- findings -------------------------------------------------------------------------------------------------------------- */

static json_t *finding_json(inspection *in, const finding *f)
{
    json_t *item = json_object(), *where = json_object();
    bool fine = item && json_set_str(item, "code", str_from_c(f->code)) &&
                json_set_str(item, "kind", str_from_c(finding_kind_name(f->kind))) &&
                json_set_str(item, "severity", str_from_c(severity_name(f->severity))) &&
                json_set_str(item, "title", f->title) &&
                json_set_str(where, "member", inspect_member_name(in, f->member));
    if (f->has_offset)
        fine = fine && json_object_set_new(where, "offset", json_integer((json_int_t)f->offset)) == 0;
    if (f->line) fine = fine && json_object_set_new(where, "line", json_integer((json_int_t)f->line)) == 0;
    fine = fine && json_object_set(item, "where", where) == 0;
    if (f->call.len) fine = fine && json_set_str(item, "call", f->call);
    if (f->advice.len) fine = fine && json_set_str(item, "advice", f->advice);
    json_decref(where);
    if (fine) return item;
    json_decref(item);
    return NULL;
}

bool inspect_add_finding(inspection *in, const finding *f, err *e)
{
    if (in->findings >= LIMIT_SCAN_FINDINGS) return count_dropped(in->part, "findings_dropped", e);
    in->findings++;
    return inspect_append(in->part, "findings", finding_json(in, f), e);
}

bool inspect_add_trouble(inspection *in, str member, const char *why, err *e)
{
    if (in->verdict < VERDICT_UNPARSEABLE) in->verdict = VERDICT_UNPARSEABLE;
    str title = arena_printf(in->arena, "Not fully analysed: %s", why);
    finding f = {
        .code = "scan_incomplete",
        .kind = FINDING_MODEL_THREAT,
        .severity = SEVERITY_HIGH,
        .title = title,
        .member = member,
        .advice = STR(
            "What was not read cannot be called safe. Treat it as unsafe until it can be read to its end.")};
    return inspect_add_finding(in, &f, e);
}

/* --- models ---------------------------------------------------------------------------------------------------------------- */

static bool add_findings(inspection *in, const report *r, str member, err *e)
{
    for (size_t i = 0; i < r->finding_count; i++) {
        finding f = r->findings[i];
        if (f.member.len == 0)
            f.member = member;
        else if (member.len)
            f.member = arena_printf(in->arena, "%.*s!%.*s", STR_ARG(member), STR_ARG(f.member));
        if (!inspect_add_finding(in, &f, e)) return false;
    }
    return true;
}

static json_int_t json_count(uint64_t number)
{
    return number > INT64_MAX ? INT64_MAX : (json_int_t)number;
}

static json_t *tensor_json(const tensor_fact *t)
{
    json_t *shape = json_array();
    for (size_t i = 0; i < t->rank; i++)
        if (json_array_append_new(shape, json_integer(json_count(t->shape[i]))) != 0) break;
    return json_pack("{s:o, s:o, s:o, s:I}", "name", json_from_str(t->name), "dtype", json_from_str(t->dtype),
                     "shape", shape, "bytes", json_count(t->bytes));
}

static bool add_tensors(inspection *in, const report *r, err *e)
{
    if (r->tensor_count == 0) return true;
    for (size_t i = 0; i < r->tensor_kept; i++)
        if (!inspect_append(in->part, "tensors", tensor_json(&r->tensors[i]), e)) return false;
    bool fine =
        json_object_set_new(in->part, "tensor_count", json_integer(json_count(r->tensor_count))) == 0 &&
        json_object_set_new(in->part, "parameter_count", json_integer(json_count(r->parameter_count))) == 0 &&
        json_object_set_new(in->part, "tensor_bytes", json_integer(json_count(r->tensor_bytes))) == 0;
    return fine || no_memory(e);
}

/* Who asks for no facts has still to judge a file with those beside it: what it needs of them, and what they reach for. */
static bool is_wanted(const inspection *in, const fact *f)
{
    sibling_need need;
    return !in->is_brief || sibling_need_of(f->name, f->value, &need) || str_eq(f->name, STR("python"));
}

/* The artifact's own facts and calls; of members, the verdict has to do. */
static bool add_facts(inspection *in, const report *r, err *e)
{
    for (size_t i = 0; i < r->fact_count; i++) {
        if (!is_wanted(in, &r->facts[i])) continue;
        json_t *item = json_object();
        if (!json_set_str(item, "name", r->facts[i].name) ||
            !json_set_str(item, "value", r->facts[i].value)) {
            json_decref(item);
            return no_memory(e);
        }
        if (!inspect_append(in->part, "facts", item, e)) return false;
    }
    if (in->is_brief) return true;
    for (size_t i = 0; i < r->call_line_count; i++)
        if (!inspect_append(in->part, "call_lines", json_from_str(r->call_lines[i]), e)) return false;
    return add_tensors(in, r, e);
}

static bool add_model(inspection *in, const report *r, str member, err *e)
{
    json_t *item = json_object();
    bool fine = json_set_str(item, "path", inspect_member_name(in, member)) &&
                json_set_str(item, "format", str_from_c(r->format ? r->format : "unknown")) &&
                json_set_str(item, "verdict", str_from_c(verdict_name(r->verdict)));
    if (!fine) {
        json_decref(item);
        return no_memory(e);
    }
    return inspect_append(in->part, "models", item, e);
}

/* Bytes that a person could have typed, in whatever encoding. Python's own .pth files and a manual named tutor.pt are text; no loader takes them, which the formats
 * found out already. */
static bool is_typed_text(bytes content)
{
    for (size_t i = 0; i < content.len; i++)
        if (content.data[i] < 0x20 && !strchr("\t\n\r\f\033", content.data[i])) return false;
    return true;
}

static bool is_pythons_own(str path)
{
    return str_ends_with(path, STR(".pth")) &&
           (str_contains(path, STR("site-packages/")) || str_contains(path, STR("dist-packages/")));
}

/* A text that happens to read as a pickle has bytes left over, and maybe a name in it; it does no harm. */
static bool does_harm(const report *r)
{
    bool is_odd = false;
    for (size_t i = 0; i < r->finding_count; i++)
        is_odd = is_odd || r->findings[i].severity >= SEVERITY_MEDIUM;
    return r->verdict == VERDICT_UNSAFE || (r->verdict == VERDICT_SUSPICIOUS && is_odd);
}

static bool is_worth_mentioning(const inspection *in, const report *r, str member, bytes content)
{
    if (r->verdict == VERDICT_NOT_A_MODEL) return r->finding_count > 0 && !in->is_nested;
    if (!r->format && (in->is_nested || is_pythons_own(member)) && is_typed_text(content)) return false;
    return !in->is_nested || format_name_claims_model(member) || does_harm(r);
}

static bool inspect_model(inspection *in, str member, bytes content, report *r, err *e)
{
    report_init(r, in->arena);
    r->is_brief = in->is_brief;
    format_input input = {
        .path = member, .content = content, .budget = in->budget, .has_neighbours = in->names != NULL};
    if (!format_read(&input, r, e)) return false;
    if (!is_worth_mentioning(in, r, member, content)) return true;

    if (r->verdict > in->verdict) in->verdict = r->verdict;
    str shown = in->is_nested ? member : STR_NONE;
    if (!add_findings(in, r, shown, e)) return false;
    if (in->is_nested) return add_model(in, r, member, e);
    if (r->format && !json_set_str(in->part, "format", str_from_c(r->format))) return no_memory(e);
    return add_facts(in, r, e);
}

/* --- components ------------------------------------------------------------------------------------------------------------ */

static bool component_json(inspection *in, const component *c, json_t **out)
{
    json_t *item = *out = json_object();
    bool fine = json_set_str(item, "eco", str_from_c(c->eco->name)) && json_set_str(item, "name", c->name) &&
                json_set_str(item, "version", c->version) &&
                json_object_set_new(item, "version_is_known", json_boolean(c->version_is_known)) == 0 &&
                json_set_str(item, "path", inspect_member_name(in, c->path));
    if (c->source_name.len)
        fine = fine && json_set_str(item, "source_name", c->source_name) &&
               json_set_str(item, "source_version", c->source_version);
    if (c->licenses.len) fine = fine && json_set_str(item, "licenses", c->licenses);
    if (c->is_declared_only) fine = fine && json_object_set_new(item, "is_declared_only", json_true()) == 0;
    return fine;
}

static bool add_component(void *ctx, const component *c, err *e)
{
    inspection *in = ctx;
    if (in->components >= LIMIT_SCAN_COMPONENTS) return count_dropped(in->part, "components_dropped", e);
    in->components++;
    json_t *item;
    if (!component_json(in, c, &item)) {
        json_decref(item);
        return no_memory(e);
    }
    return inspect_append(in->part, "components", item, e);
}

static bool inspect_components(inspection *in, str member, bytes content, err *e)
{
    for (const ecosystem *const *eco = ecosystems; *eco; eco++) {
        if (!(*eco)->wants(member)) continue;
        /* Named even when it tells of nothing: in a layer it hides the file below it. */
        str name = inspect_member_name(in, member);
        if (!inspect_append(in->part, "manifests", json_from_str(name), e)) return false;
        component_sink sink = {.ctx = in, .add = add_component};
        if (!(*eco)->read(in->arena, member, content, sink, e)) return false;
    }
    return true;
}

/* usr/lib/os-release is what etc/os-release usually points to; the latter, when it is a file, has the last word. */
static bool inspect_os(inspection *in, str member, bytes content, err *e)
{
    bool in_etc = str_eq(member, STR("etc/os-release"));
    if (in->prefix.len || (!in_etc && !str_eq(member, STR("usr/lib/os-release")))) return true;
    if (!in_etc && json_object_get(in->part, "os")) return true;
    str id, version_id;
    if (!os_release_read(in->arena, content, &id, &version_id)) return true;
    json_t *os = json_object();
    bool fine = json_set_str(os, "id", id) && json_set_str(os, "version_id", version_id) &&
                json_set_str(os, "namespace", os_release_namespace(in->arena, id, version_id)) &&
                json_object_set(in->part, "os", os) == 0;
    json_decref(os);
    return fine || no_memory(e);
}

/* --- source ---------------------------------------------------------------------------------------------------------------- */

/* Text beside models. It is none itself, so the verdict stays what it is. */
static bool inspect_source(inspection *in, str member, bytes content, report *r, err *e)
{
    report_init(r, in->arena);
    format_input input = {.path = member, .content = content, .budget = in->budget};
    return source_read(&input, r, e) && add_findings(in, r, in->is_nested ? member : STR_NONE, e) &&
           (in->is_nested || add_facts(in, r, e));
}

/* --- the whole ------------------------------------------------------------------------------------------------------------- */

static bool claims_something(str path)
{
    static const char *const archives[] = {".zip", ".7z",     ".tar",     ".tar.gz",
                                           ".tgz", ".tar.xz", ".tar.bz2", ".tar.zst"};
    for (size_t i = 0; i < COUNT_OF(archives); i++)
        if (str_ends_with(path, str_from_c(archives[i]))) return true;
    return format_name_claims_model(path);
}

/* An archive that was not read to its end. Of a locked one people want to know that it is locked: everything else is as it should be. */
static bool add_archive_trouble(inspection *in, str member, bytes content, const err *why, err *e)
{
    bool is_locked =
        archive_sniff(content) == ARCHIVE_7Z && str_contains(str_from_c(why->message), STR("encrypted"));
    if (!is_locked) return inspect_add_trouble(in, member, why->message, e);
    if (in->verdict < VERDICT_UNPARSEABLE) in->verdict = VERDICT_UNPARSEABLE;
    finding f = {.code = "MDL-7Z-003",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = SEVERITY_HIGH,
                 .title = STR("The 7z archive is encrypted: nobody without its password can look into it"),
                 .member = member,
                 .advice =
                     STR("Ask for the files without encryption; what was not read cannot be called safe.")};
    return inspect_add_finding(in, &f, e);
}

static bool inspect_nested(inspection *in, str member, bytes content, err *e)
{
    if (in->budget->depth_left == 0)
        return inspect_add_trouble(in, member, "archives within archives beyond LIMIT_ARCHIVE_DEPTH", e);
    str outer = in->prefix;
    in->prefix = arena_printf(in->arena, "%.*s%.*s!", STR_ARG(outer), STR_ARG(member));
    in->budget->depth_left--;
    err why = {0};
    bool read = inspect_archive(in, member, content, &why);
    in->budget->depth_left++;
    in->prefix = outer;
    if (read) return true;
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    /* A broken archive inside another is nobody's model, unless its name says so. What is locked, unknown or beyond a limit may well be one. */
    bool is_closed = why.code == ERR_UNSUPPORTED || why.code == ERR_TOO_LARGE;
    return !(is_closed || claims_something(member)) || add_archive_trouble(in, member, content, &why, e);
}

/* Memory of one file: what it found is copied into the part, so a layer of many thousand files needs no more than its largest. */
bool inspect_file(inspection *in, str member, bytes content, err *e)
{
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_SCAN_ARENA_BYTES);
    arena *whole = in->arena;
    in->arena = &scratch;
    report r, source;
    bool fine = inspect_model(in, member, content, &r, e) && inspect_components(in, member, content, e) &&
                inspect_source(in, member, content, &source, e) && inspect_os(in, member, content, e) &&
                archive_names_seen(in, member, content.len, &r, &source, e) &&
                archive_names_program(in->names, member, content, e);
    if (fine && in->is_nested && !r.format && inspect_is_archive(content))
        fine = inspect_nested(in, member, content, e);
    in->arena = whole;
    return fine;
}

static bool inspect_top_archive(inspection *in, str path, bytes content, err *e)
{
    bool is_image;
    in->is_nested = true;
    err why = {0};
    bool read =
        inspect_image(in, content, &is_image, &why) && (is_image || inspect_archive(in, path, content, &why));
    in->is_nested = false;
    if (read) return true;
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return add_archive_trouble(in, STR_NONE, content, &why, e);
}

bool inspection_begin(const inspection *parent, inspection *child, err *e)
{
    *child = (inspection){.arena = parent->arena,
                          .budget = parent->budget,
                          .is_nested = parent->is_nested,
                          .is_brief = parent->is_brief,
                          .verdict = VERDICT_NOT_A_MODEL,
                          .part = json_object()};
    return child->part || no_memory(e);
}

bool inspection_end(inspection *in, err *e)
{
    inspect_forget_installed(in->part);
    if (in->skipped) {
        char number[32];
        snprintf(number, sizeof(number), "%llu", (unsigned long long)in->skipped);
        json_t *told = json_pack("{s:s, s:s}", "name", "members_not_read", "value", number);
        if (!inspect_append(in->part, "facts", told, e)) return false;
    }
    return json_set_str(in->part, "verdict", str_from_c(verdict_name(in->verdict))) || no_memory(e);
}

static bool inspect_as(const inspection *how, str path, bytes content, json_t **part, err *e)
{
    inspection in;
    if (!inspection_begin(how, &in, e)) return false;
    bool fine = inspect_file(&in, path, content, e) &&
                (!inspect_is_archive(content) || json_object_get(in.part, "format") ||
                 inspect_top_archive(&in, path, content, e)) &&
                inspection_end(&in, e);
    if (!fine) {
        json_decref(in.part);
        return false;
    }
    *part = in.part;
    return true;
}

bool inspect(arena *a, str path, bytes content, json_t **part, err *e)
{
    unpack_budget budget = unpack_budget_new(content.len);
    return inspect_as(&(inspection){.arena = a, .budget = &budget}, path, content, part, e);
}

bool inspect_briefly(arena *a, str path, bytes content, json_t **part, err *e)
{
    unpack_budget budget = unpack_budget_new(content.len);
    return inspect_as(&(inspection){.arena = a, .budget = &budget, .is_brief = true}, path, content, part, e);
}
