/*
 * cli/scan_sarif.c - SARIF 2.1.0, for code scanning services and editors.
 *
 * A model is a binary file: a finding in it has a byte offset and no line. What lies within an archive has its place as a logical location
 * ("outer.zip!data.pkl"), because the offset counts within the member, whose bytes nobody finds in the archive.
 */
#include "scan_export.h"
#include "scan_rules.h"

#include "base/limits.h"
#include "format/report.h"

enum { HEX_ROOM = 256 };

typedef struct sarif_writer {
    json_t *rules, *results; /* borrowed: they are in the log */
    json_t *index_of;        /* rule id: its position */
    json_t *seen;            /* of one target: fingerprint without ordinal, and how often */
    str path, uri;           /* of the target */
    arena *arena;
} sarif_writer;

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the SARIF log");
}

/* --- words ----------------------------------------------------------------------------------------------------------------------- */

static const char *level_of(severity s)
{
    if (s >= SEVERITY_HIGH) return "error";
    return s == SEVERITY_MEDIUM ? "warning" : "note";
}

/* Services sort by this number, on the scale of CVSS. */
static const char *score_of(severity s)
{
    static const char *const scores[] = {"0.0", "3.0", "5.5", "8.0", "9.5"};
    return scores[s];
}

static severity severity_of(const json_t *f)
{
    severity s;
    return severity_parse(json_text(f, "severity"), &s) ? s : SEVERITY_INFO;
}

static str rule_id(const json_t *f)
{
    str advisory = json_text(f, "advisory");
    return advisory.len ? advisory : json_text(f, "code");
}

static str meaning_of(const json_t *f)
{
    for (const scan_rule *rule = scan_rules; rule->code; rule++)
        if (str_eq(json_text(f, "code"), str_from_c(rule->code))) return str_from_c(rule->meaning);
    return json_text(f, "title");
}

/* --- rules ----------------------------------------------------------------------------------------------------------------------- */

static json_t *rule_json(const json_t *f)
{
    json_t *rule =
        json_pack("{s:o, s:{s:o}, s:{s:s}, s:{s:s, s:[s, o]}}", "id", json_from_str(rule_id(f)),
                  "shortDescription", "text", json_from_str(meaning_of(f)), "defaultConfiguration", "level",
                  level_of(severity_of(f)), "properties", "security-severity", score_of(severity_of(f)),
                  "tags", "security", json_from_str(json_text(f, "kind")));
    str advice = json_text(f, "advice");
    if (rule && advice.len)
        (void)json_object_set_new(rule, "help", json_pack("{s:o}", "text", json_from_str(advice)));
    return rule;
}

/* A rule takes the severity of its worst finding. */
static void worsen_rule(json_t *rule, severity s)
{
    json_t *properties = json_object_get(rule, "properties");
    if (str_compare(json_text(properties, "security-severity"), str_from_c(score_of(s))) >= 0) return;
    (void)json_object_set_new(properties, "security-severity", json_string(score_of(s)));
    (void)json_object_set_new(json_object_get(rule, "defaultConfiguration"), "level",
                              json_string(level_of(s)));
}

static bool rule_of(sarif_writer *w, const json_t *f, json_int_t *at, err *e)
{
    str id = rule_id(f);
    const json_t *known = json_object_getn(w->index_of, id.data ? id.data : "", id.len);
    if (known) {
        *at = json_integer_value(known);
        worsen_rule(json_array_get(w->rules, (size_t)*at), severity_of(f));
        return true;
    }
    *at = (json_int_t)json_array_size(w->rules);
    bool fine = json_array_append_new(w->rules, rule_json(f)) == 0 &&
                json_object_setn_new(w->index_of, id.data ? id.data : "", id.len, json_integer(*at)) == 0;
    return fine || no_memory(e);
}

/* --- results --------------------------------------------------------------------------------------------------------------------- */

static json_t *region_of(const json_t *where)
{
    const json_t *line = json_object_get(where, "line"), *offset = json_object_get(where, "offset");
    if (line) return json_pack("{s:I}", "startLine", json_integer_value(line));
    return offset ? json_pack("{s:I}", "byteOffset", json_integer_value(offset)) : NULL;
}

static json_t *location_json(const sarif_writer *w, const json_t *f)
{
    const json_t *where = json_object_get(f, "where");
    str member = json_text(where, "member");
    json_t *place = json_pack("{s:{s:o}}", "artifactLocation", "uri", json_from_str(w->uri));
    json_t *location = json_pack("{s:o}", "physicalLocation", place);
    json_t *region = member.len ? NULL : region_of(where);
    if (region) (void)json_object_set_new(place, "region", region);
    if (!location || !member.len) return location;
    str full = arena_printf(w->arena, "%.*s!%.*s", STR_ARG(w->path), STR_ARG(member));
    json_t *logical = json_pack("[{s:o, s:o, s:s}]", "name", json_from_str(member), "fullyQualifiedName",
                                json_from_str(full), "kind", "member");
    (void)json_object_set_new(location, "logicalLocations", logical);
    return location;
}

/* "[words](address)" in a message is a link (SARIF 3.11.6): what a hostile file says must not become one. */
static void add_plain(buf *out, str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '[' || text.data[i] == ']') buf_add_byte(out, '\\');
        buf_add_byte(out, (uint8_t)text.data[i]);
    }
}

static json_t *message_of(const json_t *f)
{
    str call = json_text(f, "call"), advice = json_text(f, "advice"), title = json_text(f, "title");
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_JSON_DOC_BYTES);
    add_plain(&out, title);
    if (!str_ends_with(title, STR("."))) buf_add_byte(&out, '.');
    if (call.len) buf_add_str(&out, STR(" It calls "));
    add_plain(&out, call);
    if (call.len) buf_add_byte(&out, '.');
    if (advice.len) buf_add_byte(&out, ' ');
    add_plain(&out, advice);
    return out.failed ? NULL : json_from_str(buf_str(&out));
}

/* The same call twice in one file is two findings. */
static unsigned ordinal_of(sarif_writer *w, str print)
{
    json_int_t before = json_integer_value(json_object_getn(w->seen, print.data, print.len));
    (void)json_object_setn_new(w->seen, print.data, print.len, json_integer(before + 1));
    return (unsigned)before;
}

static bool fingerprint(sarif_writer *w, const json_t *f, buf *hex, err *e)
{
    if (!scan_fingerprint(f, 0, hex, e)) return false;
    unsigned ordinal = ordinal_of(w, buf_str(hex));
    return ordinal == 0 || scan_fingerprint(f, ordinal, hex, e);
}

static json_t *details_of(const json_t *f)
{
    static const char *const members[] = {"severity", "kind",  "call", "component",
                                          "version",  "fixed", "cvss", NULL};
    const json_t *where = json_object_get(f, "where");
    json_t *details = json_object();
    for (const char *const *m = members; *m; m++) {
        json_t *value = json_object_get(f, *m);
        if (value && !(json_is_string(value) && json_string_length(value) == 0))
            (void)json_object_set(details, *m, value);
    }
    if (json_object_get(where, "offset"))
        (void)json_object_set(details, "offset", json_object_get(where, "offset"));
    if (json_object_get(where, "layer"))
        (void)json_object_set(details, "layer", json_object_get(where, "layer"));
    return details;
}

static bool add_result(sarif_writer *w, const json_t *f, err *e)
{
    AUTO_BUF buf hex;
    buf_init(&hex, HEX_ROOM);
    json_int_t rule;
    if (!fingerprint(w, f, &hex, e) || !rule_of(w, f, &rule, e)) return false;
    json_t *result =
        json_pack("{s:o, s:I, s:s, s:s, s:{s:o}, s:[o], s:{s:o}, s:o}", "ruleId", json_from_str(rule_id(f)),
                  "ruleIndex", rule, "kind", "fail", "level", level_of(severity_of(f)), "message", "text",
                  message_of(f), "locations", location_json(w, f), "partialFingerprints", "assayFinding/v1",
                  json_from_str(buf_str(&hex)), "properties", details_of(f));
    return json_array_append_new(w->results, result) == 0 || no_memory(e);
}

static bool add_target(sarif_writer *w, json_t *artifacts, const json_t *target, err *e)
{
    size_t i;
    json_t *f;
    w->path = json_text(target, "path");
    w->uri = scan_uri_of(w->arena, w->path);
    json_object_clear(w->seen);
    str hash = json_text(target, "sha256");
    json_t *artifact = json_pack("{s:{s:o}, s:{s:o}}", "location", "uri", json_from_str(w->uri), "properties",
                                 "verdict", json_from_str(json_text(target, "verdict")));
    if (hash.len)
        (void)json_object_set_new(artifact, "hashes", json_pack("{s:o}", "sha-256", json_from_str(hash)));
    if (json_array_append_new(artifacts, artifact) != 0) return no_memory(e);
    json_array_foreach(json_object_get(target, "findings"), i, f) if (!add_result(w, f, e)) return false;
    return true;
}

static bool fill(sarif_writer *w, const json_t *document, json_t *artifacts, err *e)
{
    size_t i;
    json_t *target;
    json_array_foreach(json_object_get(document, "targets"), i,
                       target) if (!add_target(w, artifacts, target, e)) return false;
    return true;
}

bool scan_to_sarif(const json_t *document, json_t **log, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    json_t *rules = json_array(), *results = json_array(), *artifacts = json_array();
    AUTO(json_release) json_t *index_of = json_object();
    AUTO(json_release) json_t *seen = json_object();
    AUTO(json_release)
    json_t *made = json_pack(
        "{s:s, s:s, s:[{s:{s:{s:s, s:s, s:s, s:o}}, s:s, s:[{s:b}], s:o, s:o}]}", "$schema",
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version", "2.1.0", "runs", "tool", "driver", "name", "Assay", "version", ASSAY_VERSION,
        "semanticVersion", ASSAY_VERSION, "rules", rules, "columnKind", "utf16CodeUnits", "invocations",
        "executionSuccessful", 1, "artifacts", artifacts, "results", results);
    if (!made || !index_of || !seen) return no_memory(e);
    sarif_writer w = {.rules = rules, .results = results, .index_of = index_of, .seen = seen, .arena = &a};
    if (!fill(&w, document, artifacts, e)) return false;
    *log = TAKE(made);
    return true;
}
