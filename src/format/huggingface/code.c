/*
 * format/huggingface/code.c - Python files that a loader runs because of where they lie: custom_generate/generate.py of a model, and the script of a
 * data set, which is called like its folder. Nobody names them, so they are known by their names.
 */
#include "base/limits.h"
#include "format/source.h"
#include "huggingface/huggingface.h"
#include "nested.h"

static const char advice[] =
    "Load it without trust_remote_code, or read the code, pin its revision and keep a copy beside the model.";

/* The last part of a path, and the one before it. */
static void last_parts(str path, str *folder, str *name)
{
    ptrdiff_t slash = str_find_last(path, '/');
    *folder = slash > 0 ? str_slice(path, 0, (size_t)slash) : STR_NONE;
    *name = str_skip(path, (size_t)(slash + 1));
    *folder = str_skip(*folder, (size_t)(str_find_last(*folder, '/') + 1));
}

static bool is_generator(const format_input *in)
{
    str folder, name;
    last_parts(in->path, &folder, &name);
    return str_eq(folder, STR("custom_generate")) && str_eq(name, STR("generate.py")) &&
           str_contains(bytes_str(in->content), STR("def generate"));
}

static bool is_data_script(const format_input *in)
{
    str folder, name, text = bytes_str(in->content);
    last_parts(in->path, &folder, &name);
    return folder.len && name.len == folder.len + 3 && str_starts_with(name, folder) &&
           str_ends_with(name, STR(".py")) && str_contains(text, STR("datasets")) &&
           (str_contains(text, STR("GeneratorBasedBuilder")) ||
            str_contains(text, STR("ArrowBasedBuilder")) || str_contains(text, STR("DatasetBuilder")));
}

static bool sniff(const format_input *in)
{
    return in->content.len <= LIMIT_SOURCE_BYTES && (is_generator(in) || is_data_script(in));
}

/* What the text says is told by the reader of source; here it counts only how far it reaches. */
static bool reaches_out(const format_input *in, report *r, bool *reaches, err *e)
{
    report apart;
    python_summary s = {0};
    python_place place = {.first_line = 1};
    report_init(&apart, r->arena);
    if (!python_read(&place, bytes_str(in->content), &apart, &s, e)) return false;
    *reaches = s.runs_commands || s.evaluates || s.connects || s.loads_pickles || s.hides;
    return true;
}

static bool read(const format_input *in, report *r, err *e)
{
    bool reaches, is_data = is_data_script(in);
    if (!reaches_out(in, r, &reaches, e)) return false;
    remark m = {.code = "MDL-REP-001",
                .severity = reaches || is_data ? SEVERITY_HIGH : SEVERITY_MEDIUM,
                .line = 1,
                .advice = advice};
    str title = arena_printf(r->arena, "%s%s",
                             is_data ? "Loading this data set runs the folder's own script"
                                     : "Generating text with this model runs the folder's own code",
                             reaches ? ", which reaches beyond it" : "");
    if (!title.data) return err_set(e, ERR_MEMORY, "no memory for a report");
    return nested_say(r, &m, title, e);
}

const model_format format_huggingface_code = {
    .name = "huggingface", .title = "Code of a Hugging Face folder", .sniff = sniff, .read = read};
