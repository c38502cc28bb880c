/*
 * advisory/osv.c - OSV records (schema 1.x) into the builder.
 *
 * Real exports contain events that are no versions, listed versions outside of every range, records without a package, records that were withdrawn.
 * A part that cannot be used is counted, never fatal; and where nothing usable is left of a package's versions, the package stays "open": every
 * version of it is reported as uncertain.
 */
#include "image.h"

#include "base/limits.h"
#include "codec/json.h"

#include <stdio.h>

enum { SUMMARY_BYTES_MAX = 300 };

/* One record on its way in. */
typedef struct osv_record {
    advisory_builder *builder;
    const json_t *json;
    str id;
    arena *arena;
    advisory_import_counts *counts;
    bool has_foreign, has_nameless; /* why nothing was usable */
} osv_record;

static bool no_memory(const osv_record *r, err *e)
{
    return err_set(e, ERR_MEMORY, "no memory left to read %.*s", STR_ARG(r->id));
}

static void note_problem(advisory_import_counts *counts, str id, const char *problem)
{
    if (counts->first_problem[0]) return;
    snprintf(counts->first_problem, sizeof counts->first_problem, "%.*s: %.160s",
             (int)(id.len < 80 ? id.len : 80), id.data ? id.data : "", problem);
}

/* --- text ------------------------------------------------------------------------------------------------------------------ */

/* At most `max` bytes, without half a character at the end. */
static str cut_text(str text, size_t max)
{
    if (text.len <= max) return text;
    while (max && ((unsigned char)text.data[max] & 0xc0) == 0x80) max--;
    return str_slice(text, 0, max);
}

/* The record's own summary; else the first sentence of its details. */
static str summary_of(const json_t *record)
{
    str summary = str_trim(json_text(record, "summary"));
    if (summary.len) return cut_text(summary, SUMMARY_BYTES_MAX);
    str details = str_trim(json_text(record, "details")), line, rest;
    str_cut(details, '\n', &line, &rest);
    for (size_t i = 0; i + 1 < line.len; i++)
        if (line.data[i] == '.' && line.data[i + 1] == ' ') line.len = i + 1; /* which ends the loop */
    return cut_text(line, SUMMARY_BYTES_MAX);
}

/* --- aliases --------------------------------------------------------------------------------------------------------------- */

static void add_ids(const json_t *list, str own, str *ids, size_t first, size_t *count)
{
    size_t at;
    json_t *item;
    json_array_foreach(list, at, item)
    {
        str id = {json_string_value(item), json_string_length(item)};
        bool is_new = id.len && !str_eq(id, own);
        for (size_t i = first; i < *count && is_new; i++) is_new = !str_eq(ids[i], id);
        if (is_new) ids[(*count)++] = id;
    }
}

/* Before `upstream` existed, distributions listed the flaws that an advisory covers as related ones. */
static const json_t *upstream_of(const osv_record *r)
{
    const json_t *upstream = json_object_get(r->json, "upstream");
    if (json_array_size(upstream)) return upstream;
    bool is_distribution = str_starts_with(r->id, STR("DSA-")) || str_starts_with(r->id, STR("DLA-")) ||
                           str_starts_with(r->id, STR("USN-"));
    return is_distribution ? json_object_get(r->json, "related") : NULL;
}

static bool read_ids(const osv_record *r, advisory_record *out, err *e)
{
    const json_t *aliases = json_object_get(r->json, "aliases"), *upstream = upstream_of(r);
    str *ids =
        arena_alloc_array(r->arena, json_array_size(aliases) + json_array_size(upstream) + 1, sizeof *ids);
    if (!ids) return no_memory(r, e);
    size_t count = 0;
    add_ids(aliases, r->id, ids, 0, &count);
    out->alias_count = count;
    add_ids(upstream, r->id, ids, out->alias_count, &count);
    out->upstream_count = count - out->alias_count;
    out->aliases = ids;
    return true;
}

/* --- severity -------------------------------------------------------------------------------------------------------------- */

static bool severity_of_word(str word, severity *out)
{
    static const struct {
        str word;
        severity severity;
    } words[] = {
        {STR("critical"), SEVERITY_CRITICAL}, {STR("high"), SEVERITY_HIGH},
        {STR("important"), SEVERITY_HIGH},    {STR("moderate"), SEVERITY_MEDIUM},
        {STR("medium"), SEVERITY_MEDIUM},     {STR("low"), SEVERITY_LOW},
        {STR("negligible"), SEVERITY_INFO},   {STR("unimportant"), SEVERITY_INFO},
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!str_eq_nocase(words[i].word, word)) continue;
        *out = words[i].severity;
        return true;
    }
    return false;
}

/* The newest CVSS version that can be scored; words ("Ubuntu": "high") when there is none. */
static bool read_severity_list(const json_t *list, affected_package *out)
{
    static const char *const types[] = {"CVSS_V4", "CVSS_V3", "CVSS_V2"};
    size_t at;
    json_t *item;
    for (size_t t = 0; t < COUNT_OF(types); t++) {
        json_array_foreach(list, at, item)
        {
            str vector = json_text(item, "score");
            double score;
            if (!str_eq(json_text(item, "type"), str_from_c(types[t])) || !cvss_score(vector, &score))
                continue;
            out->vector = vector;
            out->score = score;
            out->severity = cvss_severity(score);
            return true;
        }
    }
    json_array_foreach(list, at,
                       item) if (severity_of_word(json_text(item, "score"), &out->severity)) return true;
    return false;
}

/* The package's own severity, then the record's, then words of the databases. What nobody judged counts as medium: unknown is not harmless. */
static void read_severity(const osv_record *r, const json_t *affected, affected_package *out)
{
    out->severity = str_starts_with(r->id, STR("MAL-")) ? SEVERITY_CRITICAL : SEVERITY_MEDIUM;
    if (read_severity_list(json_object_get(affected, "severity"), out)) return;
    if (read_severity_list(json_object_get(r->json, "severity"), out)) return;
    if (severity_of_word(json_text(json_object_get(r->json, "database_specific"), "severity"),
                         &out->severity))
        return;
    if (severity_of_word(json_text(json_object_get(affected, "database_specific"), "severity"),
                         &out->severity))
        return;
    (void)severity_of_word(json_text(json_object_get(affected, "ecosystem_specific"), "urgency"),
                           &out->severity);
}

/* --- ranges and versions --------------------------------------------------------------------------------------------------- */

/* One event; false when its version does not follow the ecosystem's grammar. */
static bool read_event(const json_t *json, const ecosystem *eco, range_event *out)
{
    static const char *const names[] = {"introduced", "fixed", "last_affected", "limit"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        str version = json_text(json, names[i]);
        if (version.len == 0) continue;
        out->kind = (event_kind)i;
        out->eco = eco;
        out->version = version;
        if (out->kind == EVENT_INTRODUCED && str_eq(version, STR("0"))) out->version = STR_NONE;
        bool is_infinite = out->kind == EVENT_LIMIT && str_eq(version, STR("*"));
        if (is_infinite) out->version = STR_NONE;
        return out->version.len == 0 || eco->version_is_valid(version);
    }
    return false;
}

/* The intervals of one range; none, and a count, when an event of it cannot be ordered. */
static bool read_range(const osv_record *r, const json_t *range, const ecosystem *eco, interval **out,
                       size_t *count, bool *is_usable, err *e)
{
    const json_t *list = json_object_get(range, "events");
    range_event *events = arena_alloc_array(r->arena, json_array_size(list) + 1, sizeof *events);
    if (!events) return no_memory(r, e);
    *count = 0;
    size_t at;
    json_t *item;
    json_array_foreach(list, at, item)
    {
        events[at].order = at;
        if (read_event(item, eco, &events[at])) continue;
        r->counts->ranges_skipped++;
        return true;
    }
    *is_usable = true;
    return intervals_of_events(r->arena, events, json_array_size(list), out, count, e);
}

static bool is_version_range(const json_t *range)
{
    str type = json_text(range, "type");
    return str_eq(type, STR("ECOSYSTEM")) || str_eq(type, STR("SEMVER"));
}

static bool read_ranges(const osv_record *r, const json_t *affected, const ecosystem *eco,
                        affected_package *out, err *e)
{
    const json_t *list = json_object_get(affected, "ranges");
    size_t at, room = 0;
    json_t *range;
    json_array_foreach(list, at, range) room += json_array_size(json_object_get(range, "events")) + 1;
    interval *all = arena_alloc_array(r->arena, room + 1, sizeof *all);
    if (!all) return no_memory(r, e);
    bool has_usable = false;
    json_array_foreach(list, at, range)
    {
        interval *some = NULL;
        size_t count = 0;
        if (!is_version_range(range)) continue;
        if (!read_range(r, range, eco, &some, &count, &has_usable, e)) return false;
        for (size_t i = 0; i < count; i++) all[out->range_count++] = some[i];
    }
    out->ranges = all;
    out->is_open = !has_usable;
    return true;
}

/* Only the versions that no range covers: most exports list every version of a range once more. */
static bool read_versions(const osv_record *r, const json_t *affected, const ecosystem *eco,
                          affected_package *out, err *e)
{
    const json_t *list = json_object_get(affected, "versions");
    str *kept = arena_alloc_array(r->arena, json_array_size(list) + 1, sizeof *kept);
    if (!kept) return no_memory(r, e);
    size_t at;
    json_t *item;
    json_array_foreach(list, at, item)
    {
        str version = {json_string_value(item), json_string_length(item)};
        bool is_covered = version.len == 0;
        for (size_t i = 0; i < out->range_count && !is_covered && eco->version_is_valid(version); i++)
            is_covered = interval_covers(eco, &out->ranges[i], version);
        if (!is_covered) kept[out->version_count++] = version;
    }
    out->versions = kept;
    out->is_open = out->is_open && json_array_size(list) == 0;
    return true;
}

/* --- affected packages ----------------------------------------------------------------------------------------------------- */

static bool read_affected(osv_record *r, const json_t *affected, advisory_record *out, affected_package *list,
                          err *e)
{
    const json_t *package = json_object_get(affected, "package");
    str ecosystem_name = json_text(package, "ecosystem"), name = json_text(package, "name");
    if (name.len == 0 || ecosystem_name.len == 0) {
        r->has_nameless = true;
        return true;
    }
    const ecosystem *eco = ecosystem_find_osv(ecosystem_name);
    if (!eco) {
        r->has_foreign = true;
        return true;
    }
    affected_package p = {.package = eco->name_normalise(r->arena, name)};
    if (!p.package.data) return no_memory(r, e);
    str_cut(ecosystem_name, ':', &p.ecosystem, &p.release);
    read_severity(r, affected, &p);
    if (!read_ranges(r, affected, eco, &p, e) || !read_versions(r, affected, eco, &p, e)) return false;
    list[out->affected_count++] = p;
    r->counts->affected++;
    return true;
}

static bool read_record(osv_record *r, err *e)
{
    advisory_record out = {
        .id = r->id, .summary = summary_of(r->json), .modified = json_text(r->json, "modified")};
    const json_t *list = json_object_get(r->json, "affected");
    affected_package *packages = arena_alloc_array(r->arena, json_array_size(list) + 1, sizeof *packages);
    if (!packages) return no_memory(r, e);
    size_t at;
    json_t *item;
    json_array_foreach(list, at, item) if (!read_affected(r, item, &out, packages, e)) return false;
    out.affected = packages;
    if (out.affected_count == 0) {
        r->counts->skipped++;
        r->counts->skipped_foreign += r->has_foreign;
        r->counts->skipped_nameless += !r->has_foreign && r->has_nameless;
        note_problem(r->counts, r->id,
                     r->has_foreign ? "its package ecosystem is not one that is read yet"
                                    : "it names no package");
        return true;
    }
    return read_ids(r, &out, e) && builder_add_record(r->builder, &out, e);
}

bool advisory_builder_add_json(advisory_builder *b, bytes record, advisory_import_counts *counts, err *e)
{
    counts->records++;
    err trouble = {0};
    AUTO(json_release) json_t *json = NULL;
    bool is_json = json_decode(record, "the advisory", &json, &trouble);
    str id = is_json ? json_text(json, "id") : STR_NONE;
    if (id.len == 0 || id.len > LIMIT_NAME_BYTES) {
        counts->skipped++;
        counts->skipped_malformed++;
        note_problem(counts, id, is_json ? "a record without a usable id" : trouble.message);
        return true;
    }
    if (json_text(json, "withdrawn").len) {
        counts->withdrawn++;
        return builder_add_withdrawn(b, id, e);
    }
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_REQUEST_ARENA_BYTES);
    osv_record r = {.json = json, .id = id, .arena = &scratch, .counts = counts, .builder = b};
    return read_record(&r, e);
}
