/*
 * format/huggingface/huggingface.c - config.json and its relatives: which code would transformers or diffusers fetch and run for this folder, which
 * files would they open, and what do the templates reach for?
 *
 * The files are known by the names in them, because loaders take any file whose name fits. They hold no weights; clean means that loading the
 * folder needs nothing but the libraries themselves.
 */
#include "huggingface/huggingface.h"

#include "base/limits.h"
#include "codec/json.h"
#include "json_text.h"
#include "nested.h"
#include "pickle/allow.h"
#include "template.h"

#include <stdarg.h>
#include <stdio.h>

enum { TITLE_BYTES = 400, SHOWN_BYTES = 120, FINDINGS_MAX = 200, NAMES_MAX = 8 };

static const char advice_code[] =
    "Load it without trust_remote_code, or read the code, pin its revision and keep a copy beside the model.";
static const char advice_path[] = "Do not load this folder; get it again from its source.";

typedef struct folder_file {
    report *report;
    str text;       /* the whole file */
    str key, value; /* what is being judged, for the line it stands in */
    size_t findings;
    err *e;
} folder_file;

/* The line of "word" behind `from`, or 0. Who writes a name with escapes gets no line. */
static uint32_t line_of(str text, str word, size_t *from)
{
    AUTO_BUF buf quoted;
    buf_init(&quoted, LIMIT_PATH_BYTES);
    buf_add_byte(&quoted, '"');
    buf_add_str(&quoted, word);
    buf_add_byte(&quoted, '"');
    if (quoted.failed || *from > text.len) return 0;
    const char *found = memmem(text.data + *from, text.len - *from, quoted.data, quoted.len);
    if (!found) return 0;
    *from = (size_t)(found - text.data);
    uint32_t line = 1;
    for (size_t i = 0; i < *from; i++) line += text.data[i] == '\n';
    return line;
}

static uint32_t line_told(const folder_file *f)
{
    size_t at = 0;
    uint32_t of_key = f->key.len ? line_of(f->text, f->key, &at) : 0;
    uint32_t of_value = f->value.len ? line_of(f->text, f->value, &at) : 0;
    return of_value ? of_value : of_key;
}

PRINTF(5, 6)
static bool say(folder_file *f, const char *code, severity s, const char *advice, const char *format, ...)
{
    if (f->findings++ >= FINDINGS_MAX) return true;
    char title[TITLE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(title, sizeof(title), format, args);
    va_end(args);
    for (char *c = title; *c; c++)
        if ((unsigned char)*c < 0x20) *c = '?';
    remark m = {.code = code, .severity = s, .advice = advice, .line = line_told(f)};
    str text = str_from_c(title);
    return nested_say(f->report, &m,
                      str_is_utf8(text) ? text : STR("The file names something that is no text"), f->e);
}

static str text_of(const json_t *value)
{
    return json_is_string(value) ? (str){json_string_value(value), json_string_length(value)} : STR_NONE;
}

static str shown(str text)
{
    return str_slice(text, 0, SHOWN_BYTES);
}

/* --- remote code ------------------------------------------------------------------------------------------------------------------------ */

/* "modeling_x.Model" and "parts.modeling_x.Model" are in modeling_x.py and parts/modeling_x.py. */
static bool tell_code(folder_file *f, str name)
{
    ptrdiff_t dot = str_find_last(name, '.');
    str module = dot > 0 ? str_slice(name, 0, (size_t)dot) : name, part, rest = module;
    AUTO_BUF buf file;
    buf_init(&file, LIMIT_PATH_BYTES);
    while (str_next(&rest, '.', &part)) {
        if (file.len) buf_add_byte(&file, '/');
        buf_add_str(&file, part);
    }
    buf_add_str(&file, STR(".py"));
    if (file.failed || file.len > SHOWN_BYTES || !str_is_utf8(buf_str(&file))) return true;
    return report_fact(f->report, STR("code_file"), buf_str(&file), f->e);
}

/* "modeling_x.Model" is a file of this folder, "someone/repository--modeling_x.Model" one of another. */
static bool judge_class(folder_file *f, const char *key, str name)
{
    f->value = name;
    if (name.len == 0) return true;
    bool is_elsewhere = str_contains(name, STR("--")) || !path_stays_inside(name);
    if (!is_elsewhere && !tell_code(f, name)) return false;
    return say(f, "MDL-REP-001", is_elsewhere ? SEVERITY_HIGH : SEVERITY_MEDIUM, advice_code,
               is_elsewhere ? "%s names code of another repository, which loading would fetch and run: %.*s"
                            : "%s names code of its own, which loading with trust_remote_code runs: %.*s",
               key, STR_ARG(shown(name)));
}

/* A name, a list of names with gaps, or a list of such by key. */
static bool judge_classes(folder_file *f, const char *key, const json_t *value, unsigned depth_left)
{
    if (depth_left == 0) return true;
    if (json_is_string(value)) return judge_class(f, key, text_of(value));
    size_t i;
    const char *name;
    json_t *each;
    json_array_foreach(value, i, each) if (!judge_classes(f, key, each, depth_left - 1)) return false;
    json_object_foreach((json_t *)(uintptr_t)value, name,
                        each) if (!judge_classes(f, key, each, depth_left - 1)) return false;
    return true;
}

/* "custom_pipelines": {"task": {"impl": "file.Class"}} */
static bool judge_pipelines(folder_file *f, const json_t *value)
{
    const char *name;
    json_t *each;
    json_object_foreach((json_t *)(uintptr_t)value, name,
                        each) if (!judge_class(f, "custom_pipelines", json_text(each, "impl"))) return false;
    return true;
}

/* peft imports parent_library and takes base_model_class from it. */
static bool judge_adapter(folder_file *f, const json_t *mapping)
{
    static const char *const known[] = {"transformers",          "diffusers", "torch", "timm", "peft",
                                        "sentence_transformers", "__main__"};
    str library = json_text(mapping, "parent_library"), top, rest;
    f->value = library;
    (void)str_cut(library, '.', &top, &rest);
    if (library.len == 0) return true;
    const danger *bad = danger_find(library, json_text(mapping, "base_model_class"));
    if (bad)
        return say(f, "MDL-REP-002", SEVERITY_CRITICAL, advice_code, "auto_mapping imports %.*s, which %s",
                   STR_ARG(shown(library)), bad->what);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_eq(top, str_from_c(known[i]))) return true;
    return say(f, "MDL-REP-002", SEVERITY_MEDIUM, advice_code,
               "auto_mapping imports %.*s, which is none of the usual libraries", STR_ARG(shown(library)));
}

/* --- diffusers --------------------------------------------------------------------------------------------------------------------------- */

static bool is_known_library(str name)
{
    static const char *const known[] = {"diffusers",
                                        "transformers",
                                        "flax",
                                        "onnxruntime",
                                        "optimum",
                                        "stable_diffusion",
                                        "stable_diffusion_xl",
                                        "stable_diffusion_3",
                                        "stable_diffusion_safe",
                                        "deepfloyd_if",
                                        "latent_diffusion",
                                        "paint_by_example",
                                        "kandinsky",
                                        "kandinsky2_2",
                                        "kandinsky3",
                                        "unclip",
                                        "wuerstchen",
                                        "stable_cascade",
                                        "audioldm",
                                        "audioldm2",
                                        "musicldm",
                                        "shap_e",
                                        "flux",
                                        "pixart_alpha",
                                        "controlnet",
                                        "unidiffuser",
                                        "versatile_diffusion",
                                        "vq_diffusion",
                                        "spectrogram_diffusion",
                                        "blip_diffusion",
                                        "alt_diffusion",
                                        "semantic_stable_diffusion",
                                        "stable_audio",
                                        "cogvideo",
                                        "hunyuandit",
                                        "lumina",
                                        "sana"};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (str_eq(name, str_from_c(known[i]))) return true;
    return false;
}

/* "part": ["library", "Class"]; the library may as well be a file of the folder, which is then run. */
static bool judge_part(folder_file *f, const char *key, const json_t *value)
{
    str library = text_of(json_array_get(value, 0)), class = text_of(json_array_get(value, 1));
    f->key = str_from_c(key);
    f->value = library;
    if (library.len == 0 || class.len == 0 || json_array_size(value) != 2) return true;
    const danger *bad = danger_find(library, class);
    if (bad)
        return say(f, "MDL-REP-001", SEVERITY_CRITICAL, advice_code,
                   "The part '%.60s' imports %.*s, which %s", key, STR_ARG(shown(library)), bad->what);
    if (is_known_library(library)) return true;
    bool is_path = str_find(library, '/') >= 0 || str_find(library, '\\') >= 0 ||
                   str_contains(library, STR("--")) || str_ends_with(library, STR(".py"));
    return say(f, "MDL-REP-001", is_path ? SEVERITY_HIGH : SEVERITY_MEDIUM, advice_code,
               "The part '%.60s' comes from %.*s, which is none of diffusers' own: it may be a file of this "
               "folder, which is run",
               key, STR_ARG(shown(library)));
}

static bool judge_diffusers(folder_file *f, const json_t *root)
{
    const json_t *pipeline = json_object_get(root, "_class_name");
    if (!pipeline || !json_object_get(root, "_diffusers_version")) return true;
    str file = text_of(json_array_get(pipeline, 0));
    f->key = STR("_class_name");
    f->value = file;
    if (file.len &&
        !say(f, "MDL-REP-001", SEVERITY_HIGH, advice_code,
             "The pipeline is code of the folder's own, which loading runs: %.*s", STR_ARG(shown(file))))
        return false;
    const char *key;
    json_t *each;
    json_object_foreach((json_t *)(uintptr_t)root, key, each) if (key[0] != '_' && json_is_array(each) &&
                                                                  !judge_part(f, key, each)) return false;
    return true;
}

/* --- sentence-transformers ----------------------------------------------------------------------------------------------------------------- */

/* modules.json: [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]; each type is imported, each path opened. */
static bool judge_module(folder_file *f, const json_t *module)
{
    str type = json_text(module, "type"), path = json_text(module, "path");
    f->key = STR_NONE;
    f->value = path;
    if (path.len && !path_stays_inside(path) &&
        !say(f, "MDL-REP-007", SEVERITY_HIGH, advice_path,
             "A module is read from outside of the folder: '%.*s'", STR_ARG(shown(path))))
        return false;
    f->value = type;
    if (type.len == 0 || str_starts_with(type, STR("sentence_transformers."))) return true;
    ptrdiff_t dot = str_find_last(type, '.');
    str library = str_slice(type, 0, dot < 0 ? 0 : (size_t)dot), class = str_skip(type, (size_t)(dot + 1));
    const danger *bad = danger_find(library, class);
    if (bad)
        return say(f, "MDL-REP-001", SEVERITY_CRITICAL, advice_code, "A module imports %.*s, which %s",
                   STR_ARG(shown(type)), bad->what);
    return say(f, "MDL-REP-001", SEVERITY_MEDIUM, advice_code,
               "A module is code that sentence-transformers does not have, which loading imports: %.*s",
               STR_ARG(shown(type)));
}

static bool judge_modules(folder_file *f, const json_t *root)
{
    size_t i;
    json_t *module;
    json_array_foreach(root, i, module) if (!judge_module(f, module)) return false;
    return true;
}

/* --- files and templates ------------------------------------------------------------------------------------------------------------------ */

static bool judge_shards(folder_file *f, const json_t *map)
{
    const char *key;
    json_t *each;
    str before = STR_NONE;
    json_object_foreach((json_t *)(uintptr_t)map, key, each)
    {
        str shard = text_of(each);
        if (path_is_plain_sibling(shard) || (before.len && str_eq(before, shard))) continue;
        before = f->value = shard;
        if (!say(f, "MDL-REP-007", SEVERITY_HIGH, advice_path,
                 "The index takes weights from outside of the folder: '%.*s'", STR_ARG(shown(shard))))
            return false;
    }
    return true;
}

static bool read_template(folder_file *f, const char *where, const json_t *value, unsigned depth_left)
{
    if (depth_left == 0) return true;
    if (json_is_string(value)) return chat_template_read(str_from_c(where), text_of(value), f->report, f->e);
    if (json_is_object(value) && json_object_get(value, "template"))
        return read_template(f, where, json_object_get(value, "template"), depth_left - 1);
    size_t i;
    const char *name;
    json_t *each;
    json_array_foreach(value, i, each) if (!read_template(f, where, each, depth_left - 1)) return false;
    json_object_foreach((json_t *)(uintptr_t)value, name,
                        each) if (!read_template(f, where, each, depth_left - 1)) return false;
    return true;
}

/* --- the file -------------------------------------------------------------------------------------------------------------------------------- */

/* generate() of transformers takes this as the name of a repository, or of a folder, whose code it runs. */
static bool judge_generate(folder_file *f, const json_t *value)
{
    str name = f->value = text_of(value);
    if (name.len == 0) return true;
    bool is_elsewhere = str_find(name, '/') > 0 || !path_stays_inside(name);
    return say(f, "MDL-REP-001", is_elsewhere ? SEVERITY_HIGH : SEVERITY_MEDIUM, advice_code,
               "custom_generate names code that generating text fetches and runs: %.*s",
               STR_ARG(shown(name)));
}

static bool judge_member(folder_file *f, const char *key, const json_t *value)
{
    f->key = str_from_c(key);
    f->value = STR_NONE;
    if (strcmp(key, "custom_generate") == 0) return judge_generate(f, value);
    if (strcmp(key, "auto_map") == 0) return judge_classes(f, "auto_map", value, 4);
    if (strcmp(key, "custom_pipelines") == 0) return judge_pipelines(f, value);
    if (strcmp(key, "auto_mapping") == 0) return judge_adapter(f, value);
    if (strcmp(key, "weight_map") == 0) return judge_shards(f, value);
    if (strcmp(key, "trust_remote_code") == 0 && json_is_true(value))
        return say(f, "MDL-REP-001", SEVERITY_MEDIUM, advice_code,
                   "The file asks its reader to trust code of its own (trust_remote_code)");
    if (strcmp(key, "chat_template") == 0 || strcmp(key, "default_chat_template") == 0 ||
        strcmp(key, "chat_templates") == 0)
        return read_template(f, key, value, 4);
    return true;
}

/* Settings of parts ("text_config", "vision_config") are read like those of the whole. */
static bool judge_object(folder_file *f, const json_t *object, unsigned depth_left)
{
    const char *key;
    json_t *each;
    json_object_foreach((json_t *)(uintptr_t)object, key, each)
    {
        if (!judge_member(f, key, each)) return false;
        bool is_map =
            strcmp(key, "weight_map") == 0 || strcmp(key, "auto_map") == 0 || strcmp(key, "model") == 0;
        if (depth_left && json_is_object(each) && !is_map && !judge_object(f, each, depth_left - 1))
            return false;
    }
    return true;
}

static bool tell(folder_file *f, const json_t *root)
{
    static const struct {
        const char *key, *fact;
    } told[] = {{"model_type", "model_type"},
                {"torch_dtype", "torch_dtype"},
                {"transformers_version", "transformers_version"},
                {"tokenizer_class", "tokenizer_class"},
                {"base_model_name_or_path", "base_model"},
                {"peft_type", "peft_type"},
                {"_diffusers_version", "diffusers_version"},
                {"_name_or_path", "name"}};
    for (size_t i = 0; i < COUNT_OF(told); i++) {
        str value = json_text(root, told[i].key);
        if (value.len && value.len <= 200 && !report_fact(f->report, str_from_c(told[i].fact), value, f->e))
            return false;
    }
    str architecture = text_of(json_array_get(json_object_get(root, "architectures"), 0));
    return architecture.len == 0 || architecture.len > 200 ||
           report_fact(f->report, STR("architecture"), architecture, f->e);
}

static bool has_one(bytes content, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (json_text_has(content, names[i])) return true;
    return false;
}

static bool is_module_list(bytes content)
{
    str text = str_trim(bytes_str(content));
    return str_starts_with(text, STR("[")) && content.len <= LIMIT_SOURCE_BYTES &&
           json_text_has(content, "idx") && json_text_has(content, "type") && json_text_has(content, "path");
}

static bool sniff(const format_input *in)
{
    static const char *const sure[] = {"auto_map",        "trust_remote_code",  "weight_map",
                                       "chat_template",   "custom_pipelines",   "custom_generate",
                                       "peft_type",       "_diffusers_version", "transformers_version",
                                       "tokenizer_class", "architectures"};
    if (is_module_list(in->content)) return true;
    if (!json_text_is_object(in->content)) return false;
    if (json_text_has(in->content, "nbformat")) return false;
    bool is_tokenizer =
        json_text_has(in->content, "pre_tokenizer") && json_text_has(in->content, "added_tokens");
    return is_tokenizer || has_one(in->content, sure, COUNT_OF(sure));
}

static bool unreadable(report *r, const err *why, err *e)
{
    if (why->code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why->message);
    remark m = {
        .code = "MDL-REP-008", .severity = SEVERITY_MEDIUM, .advice = advice_path, .is_unreadable = true};
    return nested_say(r, &m, str_from_c(why->message), e);
}

static bool read(const format_input *in, report *r, err *e)
{
    AUTO(json_release) json_t *root = NULL;
    err why = {0};
    bytes text = in->content;
    if (str_starts_with(bytes_str(text), STR("\xef\xbb\xbf"))) text = str_bytes(str_skip(bytes_str(text), 3));
    if (!json_decode_model(text, "the file", &root, &why)) return unreadable(r, &why, e);
    folder_file f = {.report = r, .text = bytes_str(text), .e = e};
    if (json_is_array(root)) return judge_modules(&f, root);
    return tell(&f, root) && judge_diffusers(&f, root) && judge_object(&f, root, 2);
}

const model_format format_huggingface = {
    .name = "huggingface", .title = "Hugging Face settings", .sniff = sniff, .read = read};

/* --- templates of their own ------------------------------------------------------------------------------------------------------------------- */

/* chat_template.jinja: nothing in a text says what it is a template for, so the name has to. */
static bool sniff_template(const format_input *in)
{
    static const char *const suffixes[] = {".jinja", ".jinja2", ".j2", ".template"};
    str text = bytes_str(in->content);
    bool is_named = false;
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        is_named = is_named || str_ends_with(in->path, str_from_c(suffixes[i]));
    return is_named && text.len && !memchr(text.data, 0, text.len) &&
           (str_contains(text, STR("{{")) || str_contains(text, STR("{%")));
}

static bool read_own(const format_input *in, report *r, err *e)
{
    return chat_template_read(STR_NONE, bytes_str(in->content), r, e);
}

const model_format format_chat_template = {
    .name = "chat_template", .title = "Chat template", .sniff = sniff_template, .read = read_own};
