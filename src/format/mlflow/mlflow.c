/*
 * format/mlflow/mlflow.c - which module does MLflow import to load this folder, and which code of the folder does it put in Python's path?
 *
 * mlflow.pyfunc.load_model imports flavors.python_function.loader_module and calls its _load_pyfunc, after `code` was added to sys.path. Everything
 * that is not MLflow's own is code of whoever made the folder.
 */
#include "mlflow/mlflow.h"

#include "codec/yaml.h"
#include "json_text.h"
#include "nested.h"
#include "pickle/allow.h"

#include <stdarg.h>
#include <stdio.h>

enum { TITLE_BYTES = 400, SHOWN_BYTES = 120, SNIFF_BYTES = 64 * 1024, YAML_BYTES_MAX = 8 * 1024 * 1024 };

static const char advice_code[] =
    "Do not load this folder unless you know its code: loading it runs what it names.";
static const char advice_yaml[] = "Read YAML with yaml.safe_load only; it refuses such tags.";

PRINTF(6, 7)
static bool say(report *r, const char *code, severity s, const char *advice, err *e, const char *format, ...)
{
    char title[TITLE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(title, sizeof(title), format, args);
    va_end(args);
    for (char *c = title; *c; c++)
        if ((unsigned char)*c < 0x20) *c = '?';
    remark m = {.code = code, .severity = s, .advice = advice};
    str text = str_from_c(title);
    return nested_say(r, &m, str_is_utf8(text) ? text : STR("The file names something that is no text"), e);
}

static str shown(str text)
{
    return str_slice(text, 0, SHOWN_BYTES);
}

static bool unreadable(report *r, const err *why, err *e)
{
    if (why->code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why->message);
    remark m = {.code = "MDL-REP-008",
                .severity = SEVERITY_MEDIUM,
                .is_unreadable = true,
                .advice = "Get the file again from its source."};
    return nested_say(r, &m, str_from_c(why->message), e);
}

/* --- tags ------------------------------------------------------------------------------------------------------------------------------- */

/* python/tuple and the like build plain values; object, apply, new, name and module import and call. */
static bool judge_tag(report *r, const yaml_tag *tag, err *e)
{
    static const char *const plain[] = {"tuple", "str",     "unicode", "bytes", "int",  "long",
                                        "float", "complex", "bool",    "none",  "list", "dict"};
    char mark[] = "python/";
    const char *found = memmem(tag->tag.data, tag->tag.len, mark, sizeof(mark) - 1);
    if (!found) return true;
    str kind = str_skip(tag->tag, (size_t)(found - tag->tag.data) + sizeof(mark) - 1);
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        if (str_eq(kind, str_from_c(plain[i]))) return true;
    char title[TITLE_BYTES];
    int len = snprintf(title, sizeof(title), "Reading this YAML without a safe loader runs Python: %.*s",
                       STR_ARG(shown(tag->tag)));
    str text = {title, (size_t)len};
    finding f = {.code = "MDL-REP-009",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = SEVERITY_CRITICAL,
                 .title =
                     str_is_utf8(text) ? text : STR("Reading this YAML without a safe loader runs Python"),
                 .line = tag->line,
                 .advice = str_from_c(advice_yaml)};
    return report_add(r, &f, e);
}

static bool judge_tags(report *r, const yaml_tags *tags, err *e)
{
    for (size_t i = 0; i < tags->count; i++)
        if (!judge_tag(r, &tags->items[i], e)) return false;
    return true;
}

/* --- MLmodel ----------------------------------------------------------------------------------------------------------------------------- */

static bool is_own(str module)
{
    return str_eq(module, STR("mlflow")) || str_starts_with(module, STR("mlflow."));
}

static bool judge_loader(report *r, str module, err *e)
{
    if (module.len == 0 || is_own(module)) return true;
    const danger *bad = danger_find(module, STR("_load_pyfunc"));
    return say(r, "MDL-REP-002", bad ? SEVERITY_CRITICAL : SEVERITY_HIGH, advice_code, e,
               "Loading this folder imports %.*s, which is not MLflow's own%s%s", STR_ARG(shown(module)),
               bad ? " and " : "", bad ? bad->what : "");
}

/* A file that the flavor reads: within the folder, or it is somebody else's. */
static bool judge_path(report *r, const char *key, str path, err *e)
{
    bool is_address = str_contains(path, STR("://"));
    if (path.len == 0 || (path_stays_inside(path) && !is_address)) return true;
    return say(r, "MDL-REP-007", SEVERITY_HIGH, advice_code, e, "%s leads out of the folder: '%.*s'", key,
               STR_ARG(shown(path)));
}

static bool judge_code(report *r, const char *key, const json_t *value, err *e)
{
    if (!value || json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0)) return true;
    str path =
        json_is_string(value) ? (str){json_string_value(value), json_string_length(value)} : STR("(a list)");
    return say(r, "MDL-REP-002", SEVERITY_HIGH, advice_code, e,
               "Loading this folder runs or imports Python files of its own (%s: %.*s)", key,
               STR_ARG(shown(path)));
}

/* Two values as texts: flavors are maps of such. */
static bool judge_flavor(report *r, const json_t *flavor, err *e)
{
    static const char *const code[] = {"code", "code_paths", "model_code_path"};
    static const char *const paths[] = {"data",         "model_data",    "model_path",    "pickled_model",
                                        "python_model", "model_config",  "env",           "saved_model_dir",
                                        "state_dict",   "pytorch_model", "artifact_path", "lgb_model",
                                        "xgb_model",    "cb_model",      "model_binary"};
    for (size_t i = 0; i < COUNT_OF(code); i++)
        if (!judge_code(r, code[i], json_object_get(flavor, code[i]), e)) return false;
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if (!judge_path(r, paths[i], json_text(flavor, paths[i]), e)) return false;
    str pickled = json_text(flavor, "python_model");
    if (pickled.len &&
        !say(r, "MDL-REP-002", SEVERITY_HIGH, advice_code, e,
             "The model is a pickled Python object with its own code: %.*s", STR_ARG(shown(pickled))))
        return false;
    return judge_loader(r, json_text(flavor, "loader_module"), e);
}

static bool tell(report *r, const json_t *root, err *e)
{
    static const struct {
        const char *key, *fact;
    } told[] = {{"mlflow_version", "mlflow_version"}, {"run_id", "run_id"},
                {"model_uuid", "model_id"},           {"model_id", "model_id"},
                {"utc_time_created", "trained_at"},   {"artifact_path", "artifact_path"}};
    bool has_id = false;
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        str value = json_text(root, told[i].key);
        bool is_id = strcmp(told[i].fact, "model_id") == 0;
        if (value.len == 0 || value.len > 200 || (is_id && has_id)) continue;
        has_id = has_id || is_id;
        if (!report_fact(r, str_from_c(told[i].fact), value, e)) return false;
    }
    const char *name;
    json_t *each;
    json_object_foreach(
        json_object_get(root, "flavors"), name,
        each) if (!report_fact(r, STR("flavor"), str_slice(str_from_c(name), 0, 200), e)) return false;
    str python =
        json_text(json_object_get(json_object_get(root, "flavors"), "python_function"), "python_version");
    return python.len == 0 || python.len > 64 || report_fact(r, STR("python_version"), python, e);
}

static bool read_root(report *r, const json_t *root, err *e)
{
    const json_t *flavors = json_object_get(root, "flavors");
    if (!json_is_object(flavors)) {
        err why = {.code = ERR_INVALID};
        snprintf(why.message, sizeof(why.message), "MLmodel has no flavors");
        return unreadable(r, &why, e);
    }
    const char *name;
    json_t *each;
    json_object_foreach((json_t *)(uintptr_t)flavors, name, each) if (!judge_flavor(r, each, e)) return false;
    return tell(r, root, e);
}

static bool read_yaml(const format_input *in, report *r, bool is_model, err *e)
{
    AUTO(json_release) json_t *root = NULL;
    yaml_tags tags = {0};
    err why = {0};
    bool ok = yaml_decode(r->arena, in->content, is_model ? "MLmodel" : "the file", &root, &tags, &why);
    if (!ok && why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    if (!judge_tags(r, &tags, e)) return false;
    if (!ok) return unreadable(r, &why, e);
    return !is_model || read_root(r, root, e);
}

/* --- the files ------------------------------------------------------------------------------------------------------------------------------ */

static bool starts_line(str text, const char *word)
{
    char line[64];
    int len = snprintf(line, sizeof(line), "\n%s", word);
    return str_starts_with(text, str_from_c(word)) || str_contains(text, (str){line, (size_t)len});
}

static bool sniff(const format_input *in)
{
    str head = str_slice(bytes_str(in->content), 0, SNIFF_BYTES);
    if (head.len == 0 || memchr(head.data, 0, head.len)) return false;
    static const char *const others[] = {
        "model_uuid:", "utc_time_created:", "mlflow_version:", "run_id:", "artifact_path:"};
    bool is_named = str_eq(str_skip(in->path, (size_t)(str_find_last(in->path, '/') + 1)), STR("MLmodel"));
    /* Quoted, in braces, however YAML allows it. */
    bool is_braced = str_starts_with(head, STR("{")) && str_contains(head, STR("loader_module"));
    if ((is_named || is_braced) && str_contains(head, STR("flavors"))) return true;
    if (!starts_line(head, "flavors:")) return false;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (starts_line(head, others[i])) return true;
    return str_contains(head, STR("loader_module:")) || str_contains(head, STR("python_function:"));
}

static bool read(const format_input *in, report *r, err *e)
{
    return read_yaml(in, r, true, e);
}

const model_format format_mlflow = {.name = "mlflow", .title = "MLflow model", .sniff = sniff, .read = read};

/* Only YAML with a tag of Python is anyone's model: other YAML builds nothing. */
static bool sniff_yaml(const format_input *in)
{
    str text = bytes_str(in->content);
    bool is_named = str_ends_with(in->path, STR(".yaml")) || str_ends_with(in->path, STR(".yml"));
    if (!is_named || text.len == 0 || text.len > YAML_BYTES_MAX || memchr(text.data, 0, text.len))
        return false;
    return str_contains(text, STR("%TAG")) || str_contains(text, STR("!!python/")) ||
           str_contains(text, STR("!python/")) || str_contains(text, STR("tag:yaml.org,2002:python/"));
}

static bool read_tagged(const format_input *in, report *r, err *e)
{
    return read_yaml(in, r, false, e);
}

const model_format format_yaml = {
    .name = "yaml", .title = "YAML with tags of Python", .sniff = sniff_yaml, .read = read_tagged};
