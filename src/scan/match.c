/*
 * scan/match.c - from components to vulnerabilities, and the document around the targets.
 *
 * A component whose version is not known gets one finding that says so, instead of every advisory that was ever written about its package.
 */
#include "scan/scan.h"

#include <stdlib.h>

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory to match components");
}

static bool is_matched_code(str code)
{
    return str_eq(code, STR("vulnerable_component")) || str_eq(code, STR("unpinned_component"));
}

static component component_of(const json_t *item)
{
    return (component){.eco = ecosystem_find(json_text(item, "eco")),
                       .name = json_text(item, "name"),
                       .version = json_text(item, "version"),
                       .version_is_known = json_is_true(json_object_get(item, "version_is_known")),
                       .namespace = json_text(item, "namespace"),
                       .source_name = json_text(item, "source_name"),
                       .source_version = json_text(item, "source_version"),
                       .path = json_text(item, "path"),
                       .is_declared_only = json_is_true(json_object_get(item, "is_declared_only"))};
}

/* --- findings -------------------------------------------------------------------------------------------------------------- */

static json_t *list_of(str separated)
{
    json_t *list = json_array();
    str part;
    while (str_next(&separated, ',', &part))
        if (str_trim(part).len) (void)json_array_append_new(list, json_from_str(str_trim(part)));
    return list;
}

static json_t *where_of(const json_t *item)
{
    json_t *where = json_object(), *layer = json_object_get(item, "layer");
    (void)json_set_str(where, "member", json_text(item, "path"));
    if (layer) (void)json_object_set(where, "layer", layer);
    return where;
}

/* Code, kind, component: what both findings about a component begin with. */
static json_t *finding_about(const component *c, const json_t *item, const char *code, const char *kind,
                             severity s)
{
    json_t *f = json_object();
    bool fine = json_set_str(f, "code", str_from_c(code)) && json_set_str(f, "kind", str_from_c(kind)) &&
                json_set_str(f, "severity", str_from_c(severity_name(s))) &&
                json_object_set_new(f, "where", where_of(item)) == 0 &&
                json_set_str(f, "eco", str_from_c(c->eco->name)) && json_set_str(f, "component", c->name) &&
                json_set_str(f, "version", c->version);
    if (fine) return f;
    json_decref(f);
    return NULL;
}

static json_t *vulnerability(const component *c, const json_t *item, const advisory_match *m, arena *a)
{
    str title = m->summary.len ? m->summary
                               : arena_printf(a, "%.*s %.*s is affected by %.*s", STR_ARG(c->name),
                                              STR_ARG(c->version), STR_ARG(m->id));
    str advice = m->fixed.len
                     ? arena_printf(a, "Upgrade %.*s to %.*s or later.", STR_ARG(c->name), STR_ARG(m->fixed))
                     : STR("No fixed version is known: replace the component, or keep it from what makes it "
                           "exploitable.");
    json_t *f = finding_about(c, item, "vulnerable_component", "vulnerability", m->severity);
    bool fine = json_set_str(f, "title", title) && json_set_str(f, "advisory", m->id) &&
                json_object_set_new(f, "aliases", list_of(m->aliases)) == 0 &&
                json_set_str(f, "fixed", m->fixed) &&
                json_object_set_new(f, "cvss", json_real(m->cvss_score)) == 0 &&
                json_set_str(f, "cvss_vector", m->cvss_vector) && json_set_str(f, "advice", advice);
    if (fine) return f;
    json_decref(f);
    return NULL;
}

static json_t *unpinned(const component *c, const json_t *item, size_t count, arena *a)
{
    /* Nothing installed is unpinned: a version that cannot be ordered is worse than one that was never written down. */
    severity s = c->is_declared_only ? SEVERITY_LOW : SEVERITY_MEDIUM;
    str title = arena_printf(
        a, "%.*s has no version that can be compared%s%.*s%s: %zu advisories about it cannot be ruled out",
        STR_ARG(c->name), c->version.len ? " (" : "", STR_ARG(c->version), c->version.len ? ")" : "", count);
    json_t *f = finding_about(c, item, "unpinned_component", "misconfiguration", s);
    bool fine =
        json_set_str(f, "title", title) &&
        json_set_str(f, "advice", arena_printf(a, "Pin it: write %.*s==<version>.", STR_ARG(c->name)));
    if (fine) return f;
    json_decref(f);
    return NULL;
}

/* --- matching -------------------------------------------------------------------------------------------------------------- */

typedef struct matching {
    const advisory_index *index;
    arena *arena;
    json_t *found; /* list of findings */
    json_t *seen;  /* "eco name version advisory": the same package in two places is one finding */
} matching;

static bool add_once(matching *m, const component *c, str id, json_t *found_now, err *e)
{
    str key = arena_printf(m->arena, "%s %.*s %.*s %.*s", c->eco->name, STR_ARG(c->name), STR_ARG(c->version),
                           STR_ARG(id));
    if (!found_now || !key.data) {
        json_decref(found_now);
        return no_memory(e);
    }
    if (json_object_getn(m->seen, key.data, key.len)) {
        json_decref(found_now);
        return true;
    }
    if (json_object_setn_new(m->seen, key.data, key.len, json_true()) == 0 &&
        json_array_append_new(m->found, found_now) == 0)
        return true;
    return no_memory(e);
}

static bool match_one(matching *m, const json_t *item, err *e)
{
    component c = component_of(item);
    if (!c.eco) return true;
    advisory_match *matches;
    size_t count, uncertain = 0;
    if (!advisory_match_component(m->index, &c, m->arena, &matches, &count, e)) return false;
    for (size_t i = 0; i < count; i++) {
        if (!matches[i].is_certain) {
            uncertain++;
            continue;
        }
        if (!add_once(m, &c, matches[i].id, vulnerability(&c, item, &matches[i], m->arena), e)) return false;
    }
    return uncertain == 0 || add_once(m, &c, STR("unpinned"), unpinned(&c, item, uncertain, m->arena), e);
}

static int severity_of(const json_t *f)
{
    severity s;
    return severity_parse(json_text(f, "severity"), &s) ? (int)s : 0;
}

/* Worst first, then by name, so that the same input gives the same document. */
static int compare_findings(const void *left, const void *right)
{
    const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
    if (severity_of(a) != severity_of(b)) return severity_of(b) - severity_of(a);
    int order = str_compare(json_text(a, "component"), json_text(b, "component"));
    return order ? order : str_compare(json_text(a, "advisory"), json_text(b, "advisory"));
}

static bool append_sorted(json_t *findings, const json_t *found, err *e)
{
    size_t count = json_array_size(found);
    json_t **order = calloc(count ? count : 1, sizeof(json_t *));
    if (!order) return no_memory(e);
    for (size_t i = 0; i < count; i++) order[i] = json_array_get(found, i);
    qsort(order, count, sizeof(json_t *), compare_findings);
    bool fine = true;
    for (size_t i = 0; i < count; i++) fine = fine && json_array_append(findings, order[i]) == 0;
    free(order);
    return fine || no_memory(e);
}

/* Findings of an earlier matching go; those of the child stay. */
static json_t *kept_findings(const json_t *target)
{
    json_t *kept = json_array(), *f;
    size_t i;
    json_array_foreach(json_object_get(target, "findings"), i,
                       f) if (!is_matched_code(json_text(f, "code")))(void) json_array_append(kept, f);
    return kept;
}

static bool has_matched_finding(const json_t *target)
{
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(target, "findings"), i,
                       f) if (is_matched_code(json_text(f, "code"))) return true;
    return false;
}

bool scan_match(json_t *target, const advisory_index *index, arena *a, err *e)
{
    /* A model alone has no components, and of those there are many. */
    bool is_matched = json_object_get(target, "findings") && !has_matched_finding(target);
    if (is_matched && json_array_size(json_object_get(target, "components")) == 0) return true;
    AUTO(json_release) json_t *found = json_array();
    AUTO(json_release) json_t *seen = json_object();
    AUTO(json_release) json_t *findings = kept_findings(target);
    if (!found || !seen || !findings) return no_memory(e);
    matching m = {.index = index, .arena = a, .found = found, .seen = seen};
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(target, "components"), i,
                       item) if (!match_one(&m, item, e)) return false;
    if (!append_sorted(findings, found, e)) return false;
    return json_object_set(target, "findings", findings) == 0 || no_memory(e);
}

/* --- the document ----------------------------------------------------------------------------------------------------------- */

enum { WORDS = 5 };

static void count_words(json_int_t counts[WORDS], const char *const words[WORDS], const json_t *items,
                        const char *key)
{
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        str text = json_text(item, key);
        for (size_t w = 0; w < WORDS; w++) counts[w] += str_eq_c(text, words[w]);
    }
}

static json_t *words_json(const json_int_t counts[WORDS], const char *const words[WORDS])
{
    json_t *object = json_object();
    for (size_t w = 0; w < WORDS; w++) (void)json_object_set_new(object, words[w], json_integer(counts[w]));
    return object;
}

json_t *scan_document(json_t *targets_stolen)
{
    static const char *const verdicts[WORDS] = {"clean", "suspicious", "unsafe", "unparseable",
                                                "not_a_model"};
    static const char *const severities[WORDS] = {"critical", "high", "medium", "low", "info"};
    json_int_t by_verdict[WORDS] = {0}, by_severity[WORDS] = {0}, components = 0;
    json_t *target;
    count_words(by_verdict, verdicts, targets_stolen, "verdict");
    size_t i;
    json_array_foreach(targets_stolen, i, target)
    {
        count_words(by_severity, severities, json_object_get(target, "findings"), "severity");
        components += (json_int_t)json_array_size(json_object_get(target, "components"));
    }
    return json_pack("{s:s, s:o, s:{s:I, s:o, s:o, s:I}}", "schema", "assay.scan/1", "targets",
                     targets_stolen, "summary", "targets", (json_int_t)json_array_size(targets_stolen),
                     "verdicts", words_json(by_verdict, verdicts), "findings",
                     words_json(by_severity, severities), "components", components);
}
