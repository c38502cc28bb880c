/*
 * cli/scan_cyclonedx.c - CycloneDX 1.6: what is inside as a bill of materials, models with their card.
 *
 * A target is a component; the packages and models in it are its own components. Advisories and model threats are both "vulnerabilities", which
 * is the word that the standard has for what speaks against a component; their source tells which is which.
 */
#include "scan_export.h"

#include "base/limits.h"
#include "crypto/digest.h"
#include "eco/eco.h"

enum { SERIAL_BYTES = 16 };

typedef struct bom_writer {
    json_t *vulnerabilities; /* borrowed */
    json_t *refs;            /* of one target: "eco name version", its bom-ref */
    str ref;                 /* of the target */
    arena *arena;
} bom_writer;

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the bill of materials");
}

static bool add_property(json_t *owner, const char *name, str value, err *e)
{
    json_t *properties = json_object_get(owner, "properties");
    if (!properties) {
        properties = json_array();
        if (json_object_set_new(owner, "properties", properties) != 0) return no_memory(e);
    }
    json_t *item = json_pack("{s:s, s:o}", "name", name, "value", json_from_str(value));
    return json_array_append_new(properties, item) == 0 || no_memory(e);
}

/* --- models ---------------------------------------------------------------------------------------------------------------------- */

static str fact_of(const json_t *target, const char *const *names)
{
    for (; *names; names++) {
        size_t i;
        json_t *f;
        json_array_foreach(json_object_get(target, "facts"), i, f)
        {
            if (str_eq(json_text(f, "name"), str_from_c(*names))) return json_text(f, "value");
        }
    }
    return STR_NONE;
}

static bool set_from_fact(json_t *object, const char *key, const json_t *target, const char *const *names,
                          err *e)
{
    str value = fact_of(target, names);
    return value.len == 0 || json_set_str(object, key, value) || no_memory(e);
}

static bool add_numbers(json_t *card, const json_t *target, bom_writer *w, err *e)
{
    static const char *const numbers[] = {"tensor_count", "parameter_count", "tensor_bytes", NULL};
    for (const char *const *n = numbers; *n; n++) {
        const json_t *value = json_object_get(target, *n);
        if (!value) continue;
        str name = arena_printf(w->arena, "assay:%s", *n);
        str text = arena_printf(w->arena, "%lld", (long long)json_integer_value(value));
        if (!name.data || !text.data) return no_memory(e);
        if (!add_property(card, name.data, text, e)) return false;
    }
    return true;
}

static bool add_facts(json_t *card, const json_t *target, bom_writer *w, err *e)
{
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(target, "facts"), i, f)
    {
        str name = arena_printf(w->arena, "assay:%.*s", STR_ARG(json_text(f, "name")));
        if (!name.data) return no_memory(e);
        if (!add_property(card, name.data, json_text(f, "value"), e)) return false;
    }
    return add_numbers(card, target, w, e);
}

static bool add_model_card(json_t *owner, const json_t *target, bom_writer *w, err *e)
{
    static const char *const families[] = {"general.architecture", "architecture", "model_type", "framework",
                                           NULL};
    static const char *const architectures[] = {"class", "architectures", "model_class", NULL};
    json_t *card = json_object(), *parameters = json_object();
    if (json_object_set_new(card, "modelParameters", parameters) != 0 ||
        json_object_set_new(owner, "modelCard", card) != 0)
        return no_memory(e);
    return set_from_fact(parameters, "architectureFamily", target, families, e) &&
           set_from_fact(parameters, "modelArchitecture", target, architectures, e) &&
           add_facts(card, target, w, e);
}

static bool add_license(json_t *owner, str license, err *e)
{
    if (license.len == 0) return true;
    json_t *list = json_pack("[{s:{s:o}}]", "license", "name", json_from_str(license));
    return json_object_set_new(owner, "licenses", list) == 0 || no_memory(e);
}

/* --- what is inside -------------------------------------------------------------------------------------------------------------- */

static json_t *component_json(const char *type, str name, str ref)
{
    return json_pack("{s:s, s:o, s:o}", "type", type, "bom-ref", json_from_str(ref), "name",
                     json_from_str(name));
}

static bool append(json_t *owner, const char *list, json_t *item, err *e)
{
    json_t *items = json_object_get(owner, list);
    if (!items) {
        items = json_array();
        if (json_object_set_new(owner, list, items) != 0) return no_memory(e);
    }
    return json_array_append_new(items, item) == 0 || no_memory(e);
}

static str key_of(bom_writer *w, const json_t *item, const char *name)
{
    return arena_printf(w->arena, "%.*s %.*s %.*s", STR_ARG(json_text(item, "eco")),
                        STR_ARG(json_text(item, name)), STR_ARG(json_text(item, "version")));
}

static bool add_package(bom_writer *w, json_t *owner, const json_t *item, size_t at, err *e)
{
    component c = {.eco = ecosystem_find(json_text(item, "eco")),
                   .name = json_text(item, "name"),
                   .version = json_text(item, "version"),
                   .version_is_known = json_is_true(json_object_get(item, "version_is_known")),
                   .namespace = json_text(item, "namespace")};
    str ref = arena_printf(w->arena, "%.*s/%zu", STR_ARG(w->ref), at), key = key_of(w, item, "name");
    if (!ref.data || !key.data) return no_memory(e);
    json_t *made = component_json("library", c.name, ref);
    if (!append(owner, "components", made, e)) return false;
    str purl = c.eco ? component_purl(w->arena, &c) : STR_NONE;
    bool fine = json_object_setn_new(w->refs, key.data, key.len, json_from_str(ref)) == 0 &&
                (c.version.len == 0 || json_set_str(made, "version", c.version)) &&
                (purl.len == 0 || json_set_str(made, "purl", purl));
    if (!fine) return no_memory(e);
    return add_license(made, json_text(item, "licenses"), e) &&
           add_property(made, "assay:path", json_text(item, "path"), e);
}

static bool add_inner_model(bom_writer *w, json_t *owner, const json_t *item, size_t at, err *e)
{
    str ref = arena_printf(w->arena, "%.*s/model/%zu", STR_ARG(w->ref), at);
    if (!ref.data) return no_memory(e);
    json_t *made = component_json("machine-learning-model", json_text(item, "path"), ref);
    return append(owner, "components", made, e) &&
           add_property(made, "assay:format", json_text(item, "format"), e) &&
           add_property(made, "assay:verdict", json_text(item, "verdict"), e);
}

/* --- vulnerabilities ------------------------------------------------------------------------------------------------------------- */

static const char *method_of(str vector)
{
    static const struct {
        const char *prefix, *method;
    } methods[] = {
        {"CVSS:4.0/", "CVSSv4"}, {"CVSS:3.1/", "CVSSv31"}, {"CVSS:3.0/", "CVSSv3"}, {"AV:", "CVSSv2"}};
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (str_starts_with(vector, str_from_c(methods[i].prefix))) return methods[i].method;
    return "other";
}

static json_t *rating_json(const json_t *f)
{
    str vector = json_text(f, "cvss_vector");
    json_t *rating = json_pack("{s:o}", "severity", json_from_str(json_text(f, "severity")));
    double score = json_number_value(json_object_get(f, "cvss"));
    if (score > 0) (void)json_object_set_new(rating, "score", json_real(score));
    if (vector.len && json_set_str(rating, "vector", vector))
        (void)json_object_set_new(rating, "method", json_string(method_of(vector)));
    return rating;
}

static json_t *references_of(const json_t *f)
{
    json_t *list = json_array(), *alias;
    size_t i;
    json_array_foreach(json_object_get(f, "aliases"), i, alias)
    {
        bool is_cve = str_starts_with(str_from_c(json_string_value(alias)), STR("CVE-"));
        json_t *one = json_pack("{s:O, s:{s:s}}", "id", alias, "source", "name", is_cve ? "NVD" : "OSV");
        (void)json_array_append_new(list, one);
    }
    return list;
}

static json_t *affects_of(bom_writer *w, const json_t *f)
{
    str key = key_of(w, f, "component"), version = json_text(f, "version");
    const json_t *known = key.data ? json_object_getn(w->refs, key.data, key.len) : NULL;
    json_t *affected =
        json_pack("{s:o}", "ref", known ? json_copy((json_t *)(uintptr_t)known) : json_from_str(w->ref));
    if (known && version.len)
        (void)json_object_set_new(
            affected, "versions",
            json_pack("[{s:o, s:s}]", "version", json_from_str(version), "status", "affected"));
    return affected;
}

static bool add_vulnerability(bom_writer *w, const json_t *f, size_t at, err *e)
{
    str advisory = json_text(f, "advisory"), advice = json_text(f, "advice"), call = json_text(f, "call");
    str ref = arena_printf(w->arena, "%.*s/finding/%zu", STR_ARG(w->ref), at);
    if (!ref.data) return no_memory(e);
    json_t *made = json_pack("{s:o, s:o, s:{s:s}, s:[o], s:o, s:[o]}", "bom-ref", json_from_str(ref), "id",
                             json_from_str(advisory.len ? advisory : json_text(f, "code")), "source", "name",
                             advisory.len ? "OSV" : "Assay", "ratings", rating_json(f), "description",
                             json_from_str(json_text(f, "title")), "affects", affects_of(w, f));
    if (json_array_append_new(w->vulnerabilities, made) != 0) return no_memory(e);
    if (advice.len && !json_set_str(made, "recommendation", advice)) return no_memory(e);
    json_t *references = references_of(f);
    if (json_array_size(references) > 0)
        (void)json_object_set_new(made, "references", references);
    else
        json_decref(references);
    str member = json_text(json_object_get(f, "where"), "member");
    return add_property(made, "assay:kind", json_text(f, "kind"), e) &&
           (call.len == 0 || add_property(made, "assay:call", call, e)) &&
           (member.len == 0 || add_property(made, "assay:member", member, e));
}

/* --- targets --------------------------------------------------------------------------------------------------------------------- */

static const char *type_of(const json_t *target)
{
    static const char *const holders[] = {"zip", "tar", "git_lfs_pointer", NULL};
    str format = json_text(target, "format");
    if (str_eq(format, STR("image"))) return "container";
    for (const char *const *h = holders; *h; h++)
        if (str_eq(format, str_from_c(*h))) return "file";
    bool is_model = format.len > 0 && !str_eq(json_text(target, "verdict"), STR("not_a_model"));
    return is_model ? "machine-learning-model" : "file";
}

static bool fill_component(bom_writer *w, json_t *made, const json_t *target, err *e)
{
    static const char *const licenses[] = {"general.license", "license", NULL};
    str hash = json_text(target, "sha256"), format = json_text(target, "format");
    size_t i;
    json_t *item;
    if (hash.len) {
        json_t *hashes = json_pack("[{s:s, s:o}]", "alg", "SHA-256", "content", json_from_str(hash));
        if (json_object_set_new(made, "hashes", hashes) != 0) return no_memory(e);
    }
    if (!add_property(made, "assay:verdict", json_text(target, "verdict"), e)) return false;
    if (format.len && !add_property(made, "assay:format", format, e)) return false;
    json_array_foreach(json_object_get(target, "components"), i,
                       item) if (!add_package(w, made, item, i, e)) return false;
    json_array_foreach(json_object_get(target, "models"), i,
                       item) if (!add_inner_model(w, made, item, i, e)) return false;
    if (!str_eq(json_text(made, "type"), STR("machine-learning-model"))) return true;
    return add_license(made, fact_of(target, licenses), e) && add_model_card(made, target, w, e);
}

static bool add_target(bom_writer *w, json_t *components, const json_t *target, size_t at, err *e)
{
    size_t i;
    json_t *f;
    w->ref = arena_printf(w->arena, "target/%zu", at);
    if (!w->ref.data) return no_memory(e);
    json_object_clear(w->refs);
    json_t *made = component_json(type_of(target), json_text(target, "path"), w->ref);
    if (json_array_append_new(components, made) != 0) return no_memory(e);
    if (!fill_component(w, made, target, e)) return false;
    json_array_foreach(json_object_get(target, "findings"), i,
                       f) if (!add_vulnerability(w, f, i, e)) return false;
    return true;
}

/* A UUID (RFC 9562, version 8) made of what the document says: the same content has the same serial number. */
static bool serial_of(const json_t *document, arena *a, str *serial, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, LIMIT_SCAN_REPORT_BYTES * 4);
    digest d;
    if (!json_encode(document, &text, e) || !digest_of(DIGEST_SHA256, buf_bytes(&text), &d, e)) return false;
    uint8_t *v = d.value;
    v[6] = (uint8_t)((v[6] & 0x0f) | 0x80);
    v[8] = (uint8_t)((v[8] & 0x3f) | 0x80);
    AUTO_BUF buf out;
    buf_init(&out, LIMIT_NAME_BYTES);
    buf_add_str(&out, STR("urn:uuid:"));
    for (size_t i = 0; i < SERIAL_BYTES; i++)
        buf_printf(&out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", v[i]);
    *serial = arena_copy(a, buf_str(&out));
    return serial->data || no_memory(e);
}

bool scan_to_cyclonedx(const json_t *document, json_t **bom, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, LIMIT_SCAN_ARENA_BYTES);
    str serial;
    if (!serial_of(document, &a, &serial, e)) return false;
    json_t *components = json_array(), *vulnerabilities = json_array(), *target;
    AUTO(json_release) json_t *refs = json_object();
    AUTO(json_release)
    json_t *made =
        json_pack("{s:s, s:s, s:s, s:o, s:i, s:{s:{s:[{s:s, s:s, s:s}]}}, s:o, s:o}", "$schema",
                  "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat", "CycloneDX", "specVersion",
                  "1.6", "serialNumber", json_from_str(serial), "version", 1, "metadata", "tools",
                  "components", "type", "application", "name", "Assay", "version", ASSAY_VERSION,
                  "components", components, "vulnerabilities", vulnerabilities);
    if (!made || !refs) return no_memory(e);
    bom_writer w = {.vulnerabilities = vulnerabilities, .refs = refs, .arena = &a};
    size_t i;
    json_array_foreach(json_object_get(document, "targets"), i,
                       target) if (!add_target(&w, components, target, i, e)) return false;
    *bom = TAKE(made);
    return true;
}
