/*
 * format/source/python_judge.c - what calls mean: loading that runs a file's code, commands while importing, code that hides.
 *
 * Ordinary programs load pickles and start commands, so the place decides: within functions only what is wrong at every place is told; at
 * import, what nobody expects of reading a module. Code that is decoded or fetched and then run has no ordinary reason anywhere.
 */
#include "source/python_read.h"

#include "nested.h"

#include <stdarg.h>
#include <stdio.h>

enum { TITLE_BYTES = 400, NAME_SHOWN = 80, FINDINGS_MAX = 200 };

static const char advice_load[] = "Load only files that you made or checked (assay scan), or keep the data "
                                  "in a format that cannot run code.";
static const char advice_import[] =
    "Put it into a function or under `if __name__ == '__main__':`; importing a module should do nothing.";
static const char advice_hidden[] =
    "Do not run this file before somebody has read what it decodes or fetches.";
static const char advice_remote[] =
    "Pin the revision and read the code first, or use a model that needs no code of its own.";

typedef struct note {
    const char *code, *advice;
    severity severity;
    uint32_t line;
} note;

static void add(python_reader *p, const note *n, str title)
{
    if (p->has_failed || p->findings++ >= FINDINGS_MAX) return;
    finding f = {.code = n->code,
                 .kind = FINDING_MISCONFIGURATION,
                 .severity = n->severity,
                 .title = str_is_utf8(title) ? title : STR("A call under a name that is no text"),
                 .member = p->place->member,
                 .line = n->line,
                 .advice = str_from_c(n->advice)};
    if (!report_add(p->report, &f, p->e)) p->has_failed = true;
}

PRINTF(3, 4) static void say(python_reader *p, const note *n, const char *format, ...)
{
    char title[TITLE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(title, sizeof(title), format, args);
    va_end(args);
    add(p, n, str_from_c(title));
}

/* --- arguments ------------------------------------------------------------------------------------------------------------------------ */

static python_value keyword(const python_call *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (str_eq(c->arguments[i].name, str_from_c(name))) return c->arguments[i].value;
    return (python_value){0};
}

static bool has_keyword(const python_call *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (str_eq(c->arguments[i].name, str_from_c(name))) return true;
    return false;
}

static python_value positional(const python_call *c, size_t index)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->arguments[i].name.len == 0 && index-- == 0) return c->arguments[i].value;
    return (python_value){0};
}

static unsigned taints_of(const python_call *c)
{
    unsigned taints = c->callee.taints;
    for (size_t i = 0; i < c->count; i++) taints |= c->arguments[i].value.taints;
    return taints;
}

static str shown(str name)
{
    if (str_starts_with(name, STR("builtins."))) name = str_skip(name, 9);
    return str_slice(name, 0, NAME_SHOWN);
}

/* --- what happens at import ------------------------------------------------------------------------------------------------------------ */

/* Within a function it is kept for the day when the function is called while importing. */
static void at_import(python_reader *p, const python_call *c, const char *what)
{
    char title[TITLE_BYTES];
    str callee = shown(c->callee.text);
    snprintf(title, sizeof(title), "%s as soon as the file is imported: %.*s", what, (int)callee.len,
             callee.data);
    note n = {"SRC-PY-002", advice_import, SEVERITY_MEDIUM, c->line};
    if (p->here.at_import || p->place->is_notebook) {
        if (p->place->is_notebook)
            snprintf(title, sizeof(title), "%s: %.*s", what, (int)callee.len, callee.data);
        add(p, &n, str_from_c(title));
        return;
    }
    if (p->here.function == NO_FUNCTION) return;
    python_later *later = &p->functions[p->here.function];
    if (later->is_set) return;
    *later = (python_later){
        .is_set = true, .line = c->line, .title = arena_copy(p->report->arena, str_from_c(title))};
    p->changes++;
    if (!later->title.data) p->has_failed = !err_set(p->e, ERR_MEMORY, "no memory for a report");
}

void python_say_later(python_reader *p, const python_later *later)
{
    note n = {"SRC-PY-002", advice_import, SEVERITY_MEDIUM, later->line};
    add(p, &n, later->title);
}

/* "curl https://x | sh" in a command. */
static bool fetches_and_runs(str command)
{
    bool fetches = str_contains(command, STR("curl ")) || str_contains(command, STR("wget "));
    static const char *const shells[] = {"|sh",      "| sh",   "|bash",  "| bash", "|python",
                                         "| python", "| sudo", "&& sh ", "; sh ",  "&& bash "};
    for (size_t i = 0; fetches && i < COUNT_OF(shells); i++)
        if (str_contains(command, str_from_c(shells[i]))) return true;
    return false;
}

static void say_hidden(python_reader *p, const python_call *c, unsigned taints, const char *does)
{
    note n = {"SRC-PY-004", advice_hidden, SEVERITY_HIGH, c->line};
    p->summary->hides = true;
    const char *how =
        taints & TAINT_FETCHED ? "comes from the network" : "is decoded first, so that it cannot be read";
    say(p, &n, "%.*s %s something that %s", STR_ARG(shown(c->callee.text)), does, how);
}

static void judge_command(python_reader *p, const python_call *c)
{
    p->summary->runs_commands = true;
    unsigned taints = taints_of(c);
    note n = {"SRC-PY-004", advice_hidden, SEVERITY_HIGH, c->line};
    if (taints & TAINT_DECODED)
        say_hidden(p, c, taints, "runs");
    else if (fetches_and_runs(positional(c, 0).text)) {
        p->summary->hides = true;
        say(p, &n, "%.*s fetches a program from the network and runs it", STR_ARG(shown(c->callee.text)));
    } else
        at_import(p, c, "Starts a program");
}

/* getattr(os, name)(): nobody needs to hide the name of a function of these modules. */
static void judge_computed(python_reader *p, const python_call *c)
{
    note n = {"SRC-PY-004", advice_hidden, SEVERITY_HIGH, c->line};
    bool is_hidden = taints_of(c) != 0;
    p->summary->hides |= is_hidden;
    if (is_hidden)
        say(p, &n, "Calls something of %.*s under a name that is decoded first, so that it cannot be read",
            STR_ARG(shown(c->callee.text)));
    else
        at_import(p, c, "Calls something under a name that is put together,");
}

static void judge_evaluation(python_reader *p, const python_call *c)
{
    p->summary->evaluates = true;
    python_value code = positional(c, 0);
    unsigned taints = taints_of(c);
    if (taints) {
        say_hidden(p, c, taints, "runs");
        return;
    }
    if (code.what == IS_TEXT) python_read_inner(p, code.text, c->line);
    at_import(p, c, "Runs text as code");
}

/* --- loading --------------------------------------------------------------------------------------------------------------------------- */

static void judge_load(python_reader *p, const python_call *c, severity s, const char *why)
{
    p->summary->loads_pickles = true;
    note n = {"SRC-PY-001", advice_load, s, c->line};
    say(p, &n, "%.*s %s", STR_ARG(shown(c->callee.text)), why);
}

static void judge_torch(python_reader *p, const python_call *c)
{
    python_value only = keyword(c, "weights_only");
    if (only.what == IS_TRUE) return;
    if (only.what == IS_FALSE)
        judge_load(p, c, SEVERITY_MEDIUM, "with weights_only=False runs whatever the file says");
    else if (!has_keyword(c, "weights_only"))
        judge_load(p, c, SEVERITY_LOW,
                   "without weights_only=True runs whatever the file says, before PyTorch 2.6");
}

static bool is_safe_loader(str name)
{
    return str_ends_with(name, STR("SafeLoader")) || str_ends_with(name, STR("BaseLoader"));
}

static void judge_yaml(python_reader *p, const python_call *c)
{
    python_value loader = has_keyword(c, "Loader") ? keyword(c, "Loader") : positional(c, 1);
    bool is_given = loader.what != IS_UNKNOWN || has_keyword(c, "Loader") || c->count > 1;
    if (loader.what == IS_NAMED && is_safe_loader(loader.text)) return;
    if (is_given && loader.what != IS_NAMED)
        return; /* a variable or a class of its own: not to be known here */
    if (loader.what == IS_NAMED && str_ends_with(loader.text, STR("FullLoader")))
        judge_load(p, c, SEVERITY_LOW,
                   "with FullLoader has been a way to run code; SafeLoader is enough for data");
    else
        judge_load(p, c, SEVERITY_MEDIUM, "without SafeLoader builds any object that the text names");
}

static void judge_numpy(python_reader *p, const python_call *c)
{
    if (keyword(c, "allow_pickle").what == IS_TRUE || positional(c, 2).what == IS_TRUE)
        judge_load(p, c, SEVERITY_MEDIUM, "with allow_pickle=True runs whatever the file says");
}

static void judge_keras(python_reader *p, const python_call *c)
{
    if (keyword(c, "safe_mode").what == IS_FALSE)
        judge_load(p, c, SEVERITY_MEDIUM, "with safe_mode=False runs the code of Lambda layers");
}

static void judge_remote(python_reader *p, const python_call *c, const char *why)
{
    note n = {"SRC-PY-003", advice_remote, SEVERITY_MEDIUM, c->line};
    say(p, &n, "%.*s %s", STR_ARG(shown(c->callee.text)), why);
}

/* --- calls ------------------------------------------------------------------------------------------------------------------------------ */

/* What is called through a name that is put together must be called so for a reason. */
static python_value judge_attribute(python_reader *p, const python_call *c)
{
    static const char *const guarded[] = {"os",    "posix",     "nt",  "subprocess", "builtins",
                                          "types", "importlib", "pty", "runpy",      "code"};
    python_value object = positional(c, 0), name = positional(c, 1);
    bool is_open = object.what == IS_NAMED && name.what == IS_UNKNOWN && c->count > 1;
    for (size_t i = 0; is_open && i < COUNT_OF(guarded); i++)
        if (str_eq(object.text, str_from_c(guarded[i])))
            return (python_value){.what = IS_COMPUTED, .text = object.text, .taints = taints_of(c)};
    if (object.what == IS_NAMED && name.what == IS_TEXT) return python_named(p, object.text, name.text);
    if (name.what == IS_TEXT)
        return (python_value){.what = IS_METHOD, .text = name.text, .taints = object.taints};
    return (python_value){.taints = taints_of(c)};
}

/* map(os.system, commands), Thread(target=f): what is handed over is called. */
static void judge_caller(python_reader *p, const python_call *c)
{
    for (size_t i = 0; i < c->count; i++) {
        python_call handed = {.callee = c->arguments[i].value, .line = c->line};
        if (handed.callee.is_boxed || !python_is_telling(handed.callee)) continue;
        (void)python_judge_call(p, &handed);
    }
}

/* Methods that call what they get, whatever their object is: of pools, loops and registers. */
static bool is_caller(const python_call *c)
{
    static const char *const names[] = {"submit",   "map",   "apply",     "apply_async",
                                        "starmap",  "imap",  "call_soon", "run_in_executor",
                                        "register", "start", "call_later"};
    for (size_t i = 0; c->callee.what == IS_METHOD && i < COUNT_OF(names); i++)
        if (str_eq(c->callee.text, str_from_c(names[i]))) return true;
    return false;
}

static python_value judge_known(python_reader *p, const python_call *c, python_deed deed)
{
    python_value result = {.taints = taints_of(c)}, first = positional(c, 0);
    switch (deed) {
    case DEED_COMMAND: judge_command(p, c); break;
    case DEED_EVALUATE: judge_evaluation(p, c); break;
    case DEED_DECODE: result.taints |= TAINT_DECODED; break;
    case DEED_FETCH:
        p->summary->connects = true;
        result.taints |= TAINT_FETCHED;
        break;
    case DEED_UNPICKLE:
        judge_load(p, c, SEVERITY_MEDIUM, "runs whatever the file says");
        result.taints |= TAINT_DECODED; /* exec(marshal.loads(...)) */
        break;
    case DEED_CALLER: judge_caller(p, c); break;
    case DEED_IPYTHON: return (python_value){.what = IS_NAMED, .text = STR("ipython")};
    case DEED_NATIVE: return (python_value){.what = IS_NAMED, .text = STR("libc")};
    case DEED_TORCH_LOAD: judge_torch(p, c); break;
    case DEED_NUMPY_LOAD: judge_numpy(p, c); break;
    case DEED_YAML_LOAD: judge_yaml(p, c); break;
    case DEED_YAML_UNSAFE: judge_load(p, c, SEVERITY_MEDIUM, "builds any object that the text names"); break;
    case DEED_KERAS_LOAD: judge_keras(p, c); break;
    case DEED_KERAS_UNSAFE:
        judge_load(p, c, SEVERITY_MEDIUM, "lets models run the code of their Lambda layers");
        break;
    case DEED_REMOTE_CODE: judge_remote(p, c, "fetches a repository and runs its code"); break;
    case DEED_IMPORT:
        if (first.what == IS_TEXT) return (python_value){.what = IS_NAMED, .text = first.text};
        if (first.taints) say_hidden(p, c, first.taints, "imports");
        break;
    case DEED_ATTRIBUTE: return judge_attribute(p, c);
    case DEED_SCOPE:
        if (first.what == IS_NAMED) return first;
        return (python_value){.what = IS_SCOPE};
    case DEED_PARTIAL:
    case DEED_COMPILE: return first.what == IS_UNKNOWN ? result : first;
    case DEED_NONE: break;
    }
    return result;
}

/* 'aGk=' .decode('rot13'): a codec that makes text unreadable. */
static bool is_decoding(const python_call *c)
{
    static const char *const codecs[] = {"rot13", "rot_13", "hex", "base64", "zlib", "bz2"};
    str codec = positional(c, 0).text;
    for (size_t i = 0; str_eq(c->callee.text, STR("decode")) && i < COUNT_OF(codecs); i++)
        if (str_eq(codec, str_from_c(codecs[i]))) return true;
    return str_eq(c->callee.text, STR("fromhex"));
}

python_value python_judge_call(python_reader *p, const python_call *c)
{
    if (keyword(c, "trust_remote_code").what == IS_TRUE)
        judge_remote(p, c, "with trust_remote_code=True fetches a repository and runs its code");
    if (c->callee.is_boxed) return (python_value){.taints = taints_of(c)};
    if (c->callee.what == IS_LOCAL || c->callee.what == IS_CLASS) python_call_function(p, c->callee.function);
    if (c->callee.what == IS_CLASS)
        return (python_value){.what = IS_INSTANCE, .function = c->callee.function};
    if (c->callee.what == IS_COMPUTED) judge_computed(p, c);
    python_call_unbound(p, c->callee);
    if (is_caller(c)) judge_caller(p, c);
    if (c->callee.what == IS_NAMED) return judge_known(p, c, python_deed_of(c->callee.text));
    python_value result = {.taints = taints_of(c)};
    if (c->callee.what == IS_METHOD && is_decoding(c)) result.taints |= TAINT_DECODED;
    return result;
}
