/*
 * format/nemo/config.c - `_target_` in a configuration is imported and called with the other keys as arguments (CVE-2025-23304).
 *
 * There is no list of NeMo's classes that would hold for all versions, so a class is known by where it lies and how it is written; a path through
 * a module of Python itself (nemo.utils.subprocess.Popen) is none, whatever it begins with.
 */
#include "nemo/nemo.h"

#include "codec/yaml.h"
#include "nested.h"
#include "pickle/allow.h"

static const char advice[] =
    "Do not restore this model. Ask its author what the configuration calls, or load the weights alone.";

enum { DEPTH_MAX = 128 };

typedef struct config {
    str member;
    report *report;
} config;

static bool say(const config *c, str value, severity s, str title, err *e)
{
    finding f = {.code = "MDL-NEM-001",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = s,
                 .title = title,
                 .member = c->member,
                 .call = value,
                 .advice = str_from_c(advice)};
    return report_add(c->report, &f, e);
}

/* Does some tail of the path name something that payloads use? a.b.subprocess.Popen: subprocess.Popen. */
static bool has_danger(str path)
{
    ptrdiff_t dot = str_find_last(path, '.');
    if (dot < 0) return false;
    str module = str_slice(path, 0, (size_t)dot), name = str_skip(path, (size_t)dot + 1), part;
    for (str rest = module; rest.len;) {
        if (danger_find(rest, name)) return true;
        if (!str_cut(rest, '.', &part, &rest)) break;
    }
    return false;
}

static bool is_class_name(str path)
{
    str name = str_skip(path, (size_t)(str_find_last(path, '.') + 1));
    while (str_starts_with(name, STR("_"))) name = str_skip(name, 1);
    return name.len && name.data[0] >= 'A' && name.data[0] <= 'Z';
}

static bool is_plain_path(str path)
{
    for (size_t i = 0; i < path.len; i++) {
        char c = path.data[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                    c == '.';
        if (!fits) return false;
    }
    return !str_contains(path, STR("..")) && !str_contains(path, STR("__"));
}

static bool is_known(str path)
{
    static const char *const homes[] = {"nemo.", "torch.nn.", "torch.optim."};
    if (!is_plain_path(path) || !is_class_name(path) || has_danger(path)) return false;
    for (size_t i = 0; i < COUNT_OF(homes); i++)
        if (str_starts_with(path, str_from_c(homes[i]))) return true;
    return false;
}

static bool is_target(str key, const json_t *value)
{
    if (str_eq(key, STR("_target_"))) return true;
    /* A plain `target` is a path only when it looks like one. */
    str text = json_is_string(value) ? (str){json_string_value(value), json_string_length(value)} : STR_NONE;
    return str_eq(key, STR("target")) && str_find(text, '.') > 0 && str_find(text, ' ') < 0 &&
           !(text.data[0] >= '0' && text.data[0] <= '9');
}

static bool see_target(const config *c, const json_t *value, err *e)
{
    str text = json_is_string(value) ? (str){json_string_value(value), json_string_length(value)} : STR_NONE;
    if (text.len == 0 || str_contains(text, STR("${")))
        return say(c, text, SEVERITY_HIGH, STR("The configuration computes what it has called"), e);
    if (is_known(text)) return true;
    return say(
        c, text, SEVERITY_CRITICAL,
        STR("Restoring the model calls something that is no class of NeMo or PyTorch (CVE-2025-23304)"), e);
}

/* Aliases are shared values; the decoder holds the whole to a limit, written out. */
static bool see_value(const config *c, json_t *value, unsigned depth, err *e)
{
    const char *key;
    json_t *item;
    size_t i;
    if (depth > DEPTH_MAX)
        return say(c, STR_NONE, SEVERITY_HIGH, STR("The configuration is nested without end"), e);
    json_object_foreach(value, key, item)
    {
        if (is_target(str_from_c(key), item) && !see_target(c, item, e)) return false;
        if (!see_value(c, item, depth + 1, e)) return false;
    }
    json_array_foreach(value, i, item) if (!see_value(c, item, depth + 1, e)) return false;
    return true;
}

bool nemo_config_read(str member, bytes text, report *r, err *e)
{
    config c = {.member = member, .report = r};
    AUTO(json_release) json_t *value = NULL;
    err why = {0};
    bool is_read = yaml_decode(r->arena, text, "the configuration", &value, NULL, &why);
    if (!is_read && why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    if (is_read) return see_value(&c, value, 0, e);
    remark m = {.code = "MDL-NEM-002",
                .severity = SEVERITY_MEDIUM,
                .member = member,
                .advice = advice,
                .is_unreadable = true};
    return nested_say(r, &m, str_from_c(why.message), e);
}
