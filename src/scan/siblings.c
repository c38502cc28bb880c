/*
 * scan/siblings.c - what follows for a file from the files beside it.
 */
#include "scan/siblings.h"

static const char advice_tensors[] =
    "Get the whole folder again from its source: the model is in several files.";
static const char advice_array[] =
    "Save the model again with a current joblib: it keeps everything in one file.";
static const char advice_code[] =
    "Load it without trust_remote_code, or read the code, pin its revision and keep a copy beside the model.";

bool sibling_need_of(str name, str value, sibling_need *need)
{
    str path = value, digits = STR_NONE;
    *need = (sibling_need){.path = value};
    if (str_eq(name, STR("external_file"))) need->kind = SIBLING_TENSORS;
    if (str_eq(name, STR("companion_file"))) need->kind = SIBLING_ARRAY;
    if (str_eq(name, STR("code_file"))) need->kind = SIBLING_CODE;
    if (str_eq(name, STR("external_bytes"))) {
        /* "800 weights.bin" */
        need->kind = SIBLING_TENSORS;
        if (!str_cut(value, ' ', &digits, &path) || !str_to_u64(digits, &need->bytes)) return false;
        need->path = path;
    }
    return need->kind != SIBLING_NONE && need->path.len > 0;
}

static finding about(arena *a, const char *code, severity s, const char *advice, const char *what, str path)
{
    return (finding){
        .code = code,
        .kind = FINDING_MODEL_THREAT,
        .severity = s,
        .title = arena_printf(a, "%s: '%.*s'", what, (int)(path.len < 200 ? path.len : 200), path.data),
        .advice = str_from_c(advice)};
}

static bool judge_tensors(arena *a, const sibling_need *need, const sibling *s, finding *f)
{
    if (need->bytes == 0 && !s->is_there)
        *f = about(a, "MDL-ONX-001", SEVERITY_MEDIUM, advice_tensors,
                   "The model needs a file that is not beside it", need->path);
    else if (need->bytes == 0 && s->is_link)
        *f = about(a, "MDL-ONX-001", SEVERITY_HIGH, advice_tensors,
                   "The file with the model's tensors is a link, which may lead anywhere", need->path);
    else if (need->bytes > 0 && s->is_there && !s->is_link && s->bytes < need->bytes)
        *f = about(a, "MDL-ONX-004", SEVERITY_MEDIUM, advice_tensors,
                   "The file with the model's tensors is shorter than they need", need->path);
    else
        return false;
    return true;
}

static bool judge_array(arena *a, const sibling_need *need, const sibling *s, finding *f)
{
    if (s->is_there && s->is_link)
        *f = about(a, "MDL-PKL-016", SEVERITY_HIGH, advice_array,
                   "Loading this file reads another one through a link", need->path);
    else if (!s->is_there)
        *f = about(a, "MDL-PKL-016", SEVERITY_MEDIUM, advice_array,
                   "Loading this file reads another one that is not here", need->path);
    else if (!s->is_judged)
        *f = about(a, "MDL-PKL-016", SEVERITY_MEDIUM, advice_array,
                   "Loading this file reads another one, which was not judged", need->path);
    else if (s->verdict == VERDICT_UNSAFE)
        *f = about(a, "MDL-PKL-016", SEVERITY_HIGH, advice_array,
                   "Loading this file reads another one, which is unsafe", need->path);
    else if (s->verdict == VERDICT_UNPARSEABLE || s->verdict == VERDICT_SUSPICIOUS)
        *f = about(a, "MDL-PKL-016", SEVERITY_MEDIUM, advice_array,
                   "Loading this file reads another one, which is not clean", need->path);
    else
        return false;
    return true;
}

static bool judge_code(arena *a, const sibling_need *need, const sibling *s, finding *f)
{
    if (!s->is_there || s->reaches.len == 0) return false;
    *f = about(a, "MDL-REP-001", SEVERITY_HIGH, advice_code,
               "The code that loading runs reaches beyond the model", need->path);
    f->call = s->reaches;
    return true;
}

bool sibling_judge(arena *a, const sibling_need *need, const sibling *s, finding *f)
{
    switch (need->kind) {
    case SIBLING_TENSORS: return judge_tensors(a, need, s, f);
    case SIBLING_ARRAY: return judge_array(a, need, s, f);
    case SIBLING_CODE: return judge_code(a, need, s, f);
    case SIBLING_NONE: break;
    }
    return false;
}
