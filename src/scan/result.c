/*
 * scan/result.c - a target as rows.
 */
#include "result.h"

#include "base/limits.h"
#include "format/report.h"

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for a scan's rows");
}

static str joined(arena *a, const json_t *list)
{
    str all = STR("");
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *text = json_string_value(item);
        all = arena_printf(a, "%.*s%s%s", STR_ARG(all), i ? ", " : "", text ? text : "");
    }
    return all;
}

static meta_finding finding_row(arena *a, const json_t *f)
{
    severity s = SEVERITY_INFO;
    (void)!severity_parse(json_text(f, "severity"), &s);
    return (meta_finding){.code = json_text(f, "code"),
                          .kind = json_text(f, "kind"),
                          .severity = (unsigned)s,
                          .title = json_text(f, "title"),
                          .component = json_text(f, "component"),
                          .version = json_text(f, "version"),
                          .eco = json_text(f, "eco"),
                          .advisory = json_text(f, "advisory"),
                          .aliases = joined(a, json_object_get(f, "aliases")),
                          .fixed = json_text(f, "fixed"),
                          .cvss_vector = json_text(f, "cvss_vector"),
                          .member = json_text(json_object_get(f, "where"), "member"),
                          .call = json_text(f, "call"),
                          .advice = json_text(f, "advice"),
                          .cvss = json_number_value(json_object_get(f, "cvss"))};
}

static meta_component component_row(const json_t *c)
{
    return (meta_component){.eco = json_text(c, "eco"),
                            .name = json_text(c, "name"),
                            .version = json_text(c, "version"),
                            .namespace = json_text(c, "namespace"),
                            .path = json_text(c, "path"),
                            .licenses = json_text(c, "licenses"),
                            .is_declared_only = json_is_true(json_object_get(c, "is_declared_only"))};
}

/* Those of the file, and how many numbers its tensors have: enough to find it by. */
static bool fact_rows(const json_t *target, arena *a, meta_scan_result *out, err *e)
{
    const json_t *told = json_object_get(target, "facts");
    size_t count = json_array_size(told);
    if (count > LIMIT_MODEL_FACTS) count = LIMIT_MODEL_FACTS;
    meta_fact *rows = arena_alloc_array(a, count + 1, sizeof *rows);
    if (!rows) return no_memory(e);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(told, i);
        rows[i] = (meta_fact){json_text(item, "name"), json_text(item, "value")};
    }
    const json_t *parameters = json_object_get(target, "parameter_count");
    if (parameters)
        rows[count++] = (meta_fact){STR("tensor_parameters"),
                                    arena_printf(a, "%lld", (long long)json_integer_value(parameters))};
    out->facts = rows;
    out->fact_count = count;
    return true;
}

bool result_rows(const json_t *target, arena *a, meta_scan_result *out, err *e)
{
    const json_t *found = json_object_get(target, "findings"), *parts = json_object_get(target, "components");
    size_t finding_count = json_array_size(found), component_count = json_array_size(parts);
    meta_finding *findings = arena_alloc_array(a, finding_count, sizeof(*findings));
    meta_component *components = arena_alloc_array(a, component_count, sizeof(*components));
    if (!findings || !components) return no_memory(e);
    for (size_t i = 0; i < finding_count; i++) findings[i] = finding_row(a, json_array_get(found, i));
    for (size_t i = 0; i < component_count; i++) components[i] = component_row(json_array_get(parts, i));

    verdict v = VERDICT_UNPARSEABLE;
    (void)!verdict_parse(json_text(target, "verdict"), &v);
    *out = (meta_scan_result){.verdict = (unsigned)v,
                              .format = json_text(target, "format"),
                              .components = components,
                              .component_count = component_count,
                              .findings = findings,
                              .finding_count = finding_count};
    return fact_rows(target, a, out, e);
}
