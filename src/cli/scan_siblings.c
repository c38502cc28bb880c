/*
 * cli/scan_siblings.c - files of a folder that need each other: what a target's facts say that it needs is looked up beside it.
 *
 * Only names and sizes are read here; what a neighbour holds is known when it is a target itself. Names that facts carry come out of files: one that leads
 * elsewhere was a finding of its own, and is not looked up.
 */
#include "scan.h"

#include "base/limits.h"
#include "codec/member.h"
#include "format/report.h"
#include "scan/siblings.h"

#include <string.h>
#include <sys/stat.h>

static str text_of(const json_t *object, const char *key)
{
    return json_text(object, key);
}

static bool need_of(const json_t *told, sibling_need *need)
{
    return sibling_need_of(text_of(told, "name"), text_of(told, "value"), need) &&
           !member_path_escapes(need->path);
}

bool scan_siblings_wanted(const scan_entry *entry, const json_t *target)
{
    size_t i;
    json_t *told;
    sibling_need need;
    if (entry->source != SOURCE_FILE) return false;
    json_array_foreach(json_object_get(target, "facts"), i, told) if (need_of(told, &need)) return true;
    return false;
}

static str beside(arena *a, const char *path, str name)
{
    str whole = str_from_c(path);
    str folder = str_slice(whole, 0, (size_t)(str_find_last(whole, '/') + 1));
    return arena_printf(a, "%.*s%.*s", STR_ARG(folder), STR_ARG(name));
}

static str reaches_of(const json_t *target)
{
    size_t i;
    json_t *told;
    json_array_foreach(json_object_get(target, "facts"), i,
                       told) if (str_eq(text_of(told, "name"), STR("python"))) return text_of(told, "value");
    return STR_NONE;
}

static bool look(const scan_entry *entry, const json_t *by_path, arena *a, const sibling_need *need,
                 sibling *s, err *e)
{
    *s = (sibling){0};
    struct stat st;
    const char *place;
    str shown = beside(a, entry->path, need->path), real = beside(a, entry->path, need->path);
    if (!shown.data || !str_to_c(a, real, &place, e)) return false;
    if (lstat(place, &st) != 0) return true;
    s->is_there = true;
    /* In a cache of Hugging Face every name is a link to its blob; then the model itself is one. */
    s->is_link = S_ISLNK(st.st_mode) && !entry->is_link;
    if (S_ISLNK(st.st_mode) && !s->is_link && stat(place, &st) != 0) s->is_there = false;
    s->bytes = st.st_size > 0 ? (uint64_t)st.st_size : 0;
    const json_t *target = json_object_getn(by_path, shown.data, shown.len);
    s->is_judged = target && verdict_parse(text_of(target, "verdict"), &s->verdict);
    s->reaches = target ? reaches_of(target) : STR_NONE;
    return true;
}

/* --- what follows ------------------------------------------------------------------------------------------------------------------- */

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for a target");
}

static bool worsen(json_t *target, verdict v, err *e)
{
    verdict now;
    if (!verdict_parse(text_of(target, "verdict"), &now)) now = VERDICT_UNPARSEABLE;
    return v <= now || json_set_str(target, "verdict", str_from_c(verdict_name(v))) || no_memory(e);
}

static bool add_finding(json_t *target, const finding *f, err *e)
{
    json_t *item =
        json_pack("{s:s, s:s, s:s, s:o, s:{s:s}, s:o}", "code", f->code, "kind", finding_kind_name(f->kind),
                  "severity", severity_name(f->severity), "title", json_from_str(f->title), "where", "member",
                  "", "advice", json_from_str(f->advice));
    if (f->call.len && item && !json_set_str(item, "call", f->call)) return no_memory(e);
    json_t *findings = json_object_get(target, "findings");
    if (!item || json_array_append_new(findings, item) != 0) return no_memory(e);
    return worsen(target, report_verdict_of(f->kind, f->severity), e);
}

/* The finding that a lone pickle has about its side file. */
static bool is_lone_finding(const json_t *f, const sibling_need *need)
{
    return str_eq(text_of(f, "code"), STR("MDL-PKL-016")) && str_eq(text_of(f, "severity"), STR("medium")) &&
           str_contains(text_of(f, "title"), need->path);
}

/* The array is there and is fine: a remark is left, and the verdict is what the other findings make of it. */
static bool ease(json_t *target, const sibling_need *need, err *e)
{
    size_t i;
    json_t *f;
    verdict rest = VERDICT_CLEAN;
    json_array_foreach(json_object_get(target, "findings"), i, f)
    {
        severity s;
        if (is_lone_finding(f, need) && !json_set_str(f, "severity", STR("info"))) return no_memory(e);
        bool is_threat = str_eq(text_of(f, "kind"), STR("model_threat"));
        if (!is_threat || !severity_parse(text_of(f, "severity"), &s)) continue;
        verdict v = report_verdict_of(FINDING_MODEL_THREAT, s);
        if (v > rest) rest = v;
    }
    if (!str_eq(text_of(target, "verdict"), STR("suspicious"))) return true;
    return json_set_str(target, "verdict", str_from_c(verdict_name(rest))) || no_memory(e);
}

static bool settle_one(const scan_entry *entry, json_t *target, const json_t *by_path,
                       const sibling_need *need, arena *a, err *e)
{
    sibling s;
    finding f;
    if (!look(entry, by_path, a, need, &s, e)) return false;
    bool is_bad = sibling_judge(a, need, &s, &f);
    if (is_bad && !f.title.data) return no_memory(e);
    if (need->kind != SIBLING_ARRAY) return !is_bad || add_finding(target, &f, e);
    if (!is_bad) return ease(target, need, e);
    /* That it needs another file was said already. */
    return f.severity <= SEVERITY_MEDIUM || add_finding(target, &f, e);
}

bool scan_siblings_settle(const scan_entry *entry, json_t *target, const json_t *by_path, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    size_t i;
    json_t *told;
    sibling_need need;
    json_array_foreach(json_object_get(target, "facts"), i,
                       told) if (need_of(told, &need) &&
                                 !settle_one(entry, target, by_path, &need, &a, e)) return false;
    return true;
}
