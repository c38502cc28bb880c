/*
 * format/pickle/judge.c - imports, calls, states and fillings against the allow-list.
 *
 * The order of questions is always the same: is the exact pair listed, does its role fit the opcode, does its rule accept the arguments.
 * The list of known dangers only chooses severity and words. A reference that is called later keeps its one finding, which grows.
 *
 * Functions as data are caught when they enter a container rather than by a walk over the result: that is linear however often a
 * stream shares its containers, and it also sees what is dropped before STOP.
 */
#include "pickle/judge.h"

#include "base/limits.h"
#include "pickle/allow.h"

#include <stdarg.h>
#include <stdio.h>

enum { RENDER_BYTES = 2048, TITLE_BYTES = 512, KEPT_ANYWHERE = ALLOW_NEW | ALLOW_DATA | ALLOW_TYPE };

static const char advice_call[] = "Do not load this file. Ask its author for a format that holds only data, "
                                  "such as safetensors, ONNX or skops.";
static const char advice_unlisted[] = "Load it only if you trust its author and know this code; otherwise "
                                      "ask for a format that holds only data.";
static const char advice_unread[] = "Assay could not read the file to its end, so it cannot say that it is "
                                    "safe. Get it again from its source.";

typedef struct note {
    const char *code;
    severity severity;
    const pickle_value *call; /* rendered into the finding; NULL: none */
    const char *advice;
} note;

static bool is_silent(const pickle_vm *vm)
{
    return vm->options.dry || vm->op_at < vm->options.quiet_until;
}

/* A finding at the current opcode. Rendering is skipped once findings are only counted. */
static bool judge_note(pickle_vm *vm, const note *n, str title, err *e)
{
    if (is_silent(vm)) return true;
    AUTO_BUF buf call;
    buf_init(&call, RENDER_BYTES);
    if (n->call && vm->report->finding_count < LIMIT_SCAN_FINDINGS) pickle_render_call(n->call, &call);
    finding f = {.code = n->code,
                 .kind = FINDING_MODEL_THREAT,
                 .severity = n->severity,
                 .title = title,
                 .member = vm->options.member,
                 .offset = vm->op_at,
                 .has_offset = true,
                 .call = buf_str(&call),
                 .advice = str_from_c(n->advice)};
    return report_add(vm->report, &f, e);
}

PRINTF(4, 5) static bool judge_say(pickle_vm *vm, const note *n, err *e, const char *format, ...)
{
    char title[TITLE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(title, sizeof(title), format, args);
    va_end(args);
    return judge_note(vm, n, str_from_c(title), e);
}

/* "module.name", shortened, for titles. */
typedef struct dotted {
    char text[200];
} dotted;

static void dotted_put(dotted *d, size_t *at, str part)
{
    for (size_t i = 0; i < part.len && i < 80 && *at < sizeof(d->text) - 4; i++) {
        unsigned char c = (unsigned char)part.data[i];
        d->text[(*at)++] = c < 0x20 || c == 0x7f ? '?' : (char)c;
    }
    if (part.len > 80) {
        memcpy(d->text + *at, "...", 3);
        *at += 3;
    }
}

static dotted dotted_of(const pickle_value *global)
{
    dotted d = {{0}};
    size_t at = 0;
    dotted_put(&d, &at, global->global.module);
    if (at < sizeof(d.text) - 1) d.text[at++] = '.';
    dotted_put(&d, &at, global->global.name);
    return d;
}

/* --- imports --------------------------------------------------------------------------------------------------------------------- */

/* One finding for a reference; remembered, so that a call can make it grow. */
static bool reference_finding(pickle_vm *vm, pickle_value *g, const note *n, const char *why, err *e)
{
    dotted name = dotted_of(g);
    size_t before = vm->report->finding_count;
    if (!judge_say(vm, n, e, "Loading this file imports %s%s", name.text, why)) return false;
    if (!is_silent(vm) && vm->report->finding_count > before)
        g->global.finding = (uint32_t)vm->report->finding_count;
    return true;
}

static const danger *danger_of(const pickle_value *g, str raw_module, str raw_name)
{
    const danger *found = danger_find(g->global.module, g->global.name);
    return found ? found : danger_find(raw_module, raw_name);
}

/* What only TorchScript's own reader knows: classes of the archive itself, whose code is judged where it lies (no module of Python is called
 * so), and the marks of typed lists, functions that hand back what they get. */
static bool is_script_name(const pickle_vm *vm, const pickle_value *g)
{
    static const char *const marks[] = {"build_boollist", "build_doublelist", "build_intlist",
                                        "build_tensorlist", "restore_type_tag"};
    str module = g->global.module;
    if (!vm->options.torch_script) return false;
    if (str_eq(module, STR("__torch__")) || str_starts_with(module, STR("__torch__."))) return true;
    for (size_t i = 0; str_eq(module, STR("torch.jit._pickle")) && i < COUNT_OF(marks); i++)
        if (str_eq(g->global.name, str_from_c(marks[i]))) return true;
    return false;
}

bool pickle_judge_global(pickle_vm *vm, pickle_value *g, str raw_module, str raw_name, err *e)
{
    if (is_script_name(vm, g)) return true;
    g->global.row = allow_find(g->global.module, g->global.name, NULL);
    if (g->global.row) {
        vm->known_globals++;
        return true;
    }
    const danger *known = danger_of(g, raw_module, raw_name);
    if (known) {
        vm->known_globals++;
        char why[160];
        snprintf(why, sizeof(why), ", which %s", known->what);
        return reference_finding(
            vm, g, &(note){.code = "MDL-PKL-005", .severity = SEVERITY_HIGH, .advice = advice_call}, why, e);
    }
    if (!pickle_name_is_path(g->global.module, true) || !pickle_name_is_path(g->global.name, false))
        return reference_finding(
            vm, g, &(note){.code = "MDL-PKL-004", .severity = SEVERITY_HIGH, .advice = advice_call},
            ", a name that no honest writer produces", e);
    if (str_find(g->global.name, '.') >= 0)
        return reference_finding(
            vm, g, &(note){.code = "MDL-PKL-005", .severity = SEVERITY_HIGH, .advice = advice_call},
            " through an attribute path that is not on the allow-list", e);
    return reference_finding(
        vm, g, &(note){.code = "MDL-PKL-005", .severity = SEVERITY_MEDIUM, .advice = advice_unlisted},
        ", which is not on the allow-list", e);
}

bool pickle_judge_computed(pickle_vm *vm, const pickle_value *module, const pickle_value *name, err *e)
{
    const pickle_value *computed = module->kind == PICKLE_STR ? name : module;
    note n = {.code = "MDL-PKL-004",
              .severity = SEVERITY_CRITICAL,
              .call = computed->kind == PICKLE_CALL ? computed : NULL,
              .advice = advice_call};
    return judge_say(vm, &n, e,
                     "Loading this file imports something under a name that is computed while loading");
}

/* Read with the outer memo, a nested pickle puts modules of before together with names of its own (and, where a class is called like its
 * module, the reverse). A name of before is what nobody but an attacker puts there: joblib's reading sees another one in its place. */
bool pickle_judge_old_name(pickle_vm *vm, const pickle_value *g, const pickle_value *name, err *e)
{
    bool is_old = vm->options.quiet_until && vm->op_at >= vm->options.quiet_until &&
                  name->offset < vm->options.quiet_until;
    bool is_getattr = str_eq(g->global.name, STR("getattr")) && vm->options.quiet_until;
    if (g->global.row || !(is_old || is_getattr) || str_eq(g->global.module, STR("datetime"))) return true;
    note n = {.code = "MDL-PKL-004", .severity = SEVERITY_CRITICAL, .advice = advice_call};
    return judge_say(vm, &n, e, "Read by pickle.load, this file imports %s, which joblib does not see",
                     dotted_of(g).text);
}

bool pickle_judge_extension(pickle_vm *vm, uint64_t code, err *e)
{
    note n = {.code = "MDL-PKL-007", .severity = SEVERITY_HIGH, .advice = advice_call};
    return judge_say(
        vm, &n, e,
        "Loading this file uses entry %llu of the extension registry, which the file does not define",
        (unsigned long long)code);
}

/* --- calls ----------------------------------------------------------------------------------------------------------------------- */

static bool call_line(pickle_vm *vm, const pickle_value *call, err *e)
{
    size_t shown = vm->report->is_brief ? 1 : LIMIT_PICKLE_CALLS_SHOWN;
    if (is_silent(vm) || vm->report->call_line_count >= shown) return true;
    AUTO_BUF buf line, text;
    buf_init(&text, RENDER_BYTES);
    pickle_render_call(call, &text);
    buf_init(&line, RENDER_BYTES + vm->options.member.len + LIMIT_NAME_BYTES);
    report_call_place(&line, vm->options.member, call->offset);
    buf_add_str(&line, buf_str(&text));
    return report_call_line(vm->report, buf_str(&line), e);
}

/* The finding about the reference becomes one about the call: one deed, one finding. */
static bool grow_finding(pickle_vm *vm, pickle_value *g, const pickle_value *call, const note *n, str title,
                         err *e)
{
    finding *f = &vm->report->findings[g->global.finding - 1];
    g->global.finding = 0;
    AUTO_BUF buf text;
    buf_init(&text, RENDER_BYTES);
    pickle_render_call(call, &text);
    str kept_call = arena_copy(vm->report->arena, buf_str(&text)),
        kept_title = arena_copy(vm->report->arena, title);
    if (!kept_call.data || !kept_title.data) return err_set(e, ERR_MEMORY, "no memory for a finding");
    f->code = n->code;
    f->severity = n->severity;
    f->offset = vm->op_at;
    f->title = kept_title;
    f->call = kept_call;
    report_worsen(vm->report, report_verdict_of(f->kind, f->severity));
    return true;
}

static bool call_unlisted(pickle_vm *vm, pickle_value *g, const pickle_value *call, err *e)
{
    const danger *known = danger_find(g->global.module, g->global.name);
    note n = {.code = known ? "MDL-PKL-001" : "MDL-PKL-002",
              .severity = known ? SEVERITY_CRITICAL : SEVERITY_HIGH,
              .call = call,
              .advice = advice_call};
    char title[TITLE_BYTES];
    snprintf(title, sizeof(title), "Loading this file calls %s, which %s", dotted_of(g).text,
             known ? known->what : "is not on the allow-list");
    if (g->global.finding && !is_silent(vm)) return grow_finding(vm, g, call, &n, str_from_c(title), e);
    return judge_note(vm, &n, str_from_c(title), e);
}

static bool is_new(const char *how)
{
    return strcmp(how, "NEWOBJ") == 0 || strcmp(how, "NEWOBJ_EX") == 0;
}

static bool say_caution(pickle_vm *vm, const pickle_value *g, const pickle_value *call, err *e)
{
    note n = {.code = "MDL-PKL-005",
              .severity = g->global.row->rule->is_mild ? SEVERITY_LOW : SEVERITY_MEDIUM,
              .call = call,
              .advice = advice_unlisted};
    return judge_say(vm, &n, e, "%s is %s", dotted_of(g).text, g->global.row->rule->caution);
}

/* Once for each import, or a forest of a hundred old trees would say so a hundred times. */
static bool cautioned(pickle_vm *vm, pickle_value *g, const pickle_value *call, err *e)
{
    if (g->global.finding && !is_silent(vm)) return true;
    size_t before = vm->report->finding_count;
    if (!say_caution(vm, g, call, e)) return false;
    if (vm->report->finding_count == before) return true;
    g->global.finding = (uint32_t)vm->report->finding_count;
    vm->report->findings[before].is_mild = g->global.row->rule->is_mild;
    return true;
}

static bool call_listed(pickle_vm *vm, pickle_value *callable, pickle_value *call, err *e)
{
    const pickle_value *g = callable;
    const allow_rule *rule = g->global.row->rule;
    unsigned wanted = is_new(call->call.how) ? ALLOW_NEW : ALLOW_NEW | ALLOW_CALL;
    note n = {.code = "MDL-PKL-002", .severity = SEVERITY_HIGH, .call = call, .advice = advice_call};
    if (!(rule->roles & wanted) || !rule->args)
        return judge_say(vm, &n, e, "Loading this file calls %s, which may only be kept as a value",
                         dotted_of(g).text);

    /* Only a real tuple: joblib's loader would unpack any iterable. */
    bool is_tuple = call->call.args && call->call.args->kind == PICKLE_TUPLE;
    const pickle_value *kwargs = call->call.kwargs;
    bool has_kwargs = kwargs && !(kwargs->kind == PICKLE_DICT && kwargs->list.count == 0);
    allow_args args = {0};
    if (is_tuple)
        args = (allow_args){call->call.args->list.items, call->call.args->list.count,
                            has_kwargs ? kwargs : NULL};
    if (!is_tuple || !rule->args(&args)) {
        if (danger_find(g->global.module, g->global.name)) return call_unlisted(vm, callable, call, e);
        n.code = "MDL-PKL-008";
        return judge_say(
            vm, &n, e,
            "Loading this file calls %s with arguments it never gets from an honest writer (it takes %s)",
            dotted_of(g).text, rule->wants);
    }
    call->marks |= PICKLE_MARK_JUDGED;
    return !rule->caution || rule->needs_caution || cautioned(vm, callable, call, e);
}

/* Look into a pickle that the stream carries as a constant: the verdict stands already, the reader wants to know what is inside. */
static bool look_inside(pickle_vm *vm, const pickle_value *call, err *e)
{
    const pickle_value *g = call->call.callable, *args = call->call.args;
    const danger *known = g->kind == PICKLE_GLOBAL ? danger_find(g->global.module, g->global.name) : NULL;
    if (!known || !known->loads_pickle || vm->options.depth >= LIMIT_ARCHIVE_DEPTH || is_silent(vm))
        return true;
    if (!args || args->kind != PICKLE_TUPLE || args->list.count == 0) return true;
    const pickle_value *data = args->list.items[0];
    if (data->kind != PICKLE_BYTES || data->raw.len > vm->nested_left) return true;

    vm->nested_left -= data->raw.len;
    pickle_options inner = {.joblib = vm->options.joblib, .tail = true, .depth = vm->options.depth + 1};
    inner.member = arena_printf(vm->a, "%.*s!pickle@%llu", STR_ARG(vm->options.member),
                                (unsigned long long)data->offset);
    if (!inner.member.data) return err_set(e, ERR_MEMORY, "no memory for a nested pickle");
    pickle_stream stream;
    pickle_summary summary;
    return pickle_run(vm->a, data->raw, 0, &inner, vm->report, &stream, &summary, e);
}

/* The function that a judged functools.partial calls: calling it is calling that one, with more arguments (pandas 1.3 and newer write
 * the blocks of a frame so). */
static pickle_value *function_of_partial(pickle_value *v)
{
    bool is_partial = v->kind == PICKLE_CALL && v->marks & PICKLE_MARK_JUDGED &&
                      pickle_is_global(v->call.callable, "functools", "partial");
    if (!is_partial) return v;
    pickle_value *function = v->call.args->list.items[0];
    return function->global.row->rule->roles & ALLOW_CALL ? function : v;
}

bool pickle_judge_call(pickle_vm *vm, pickle_value *call, err *e)
{
    if (!call_line(vm, call, e)) return false;
    pickle_value *callable = function_of_partial(call->call.callable);
    bool is_listed = callable->kind == PICKLE_GLOBAL && callable->global.row;
    if (!is_listed && !pickle_judge_code(vm, call, e)) return false;
    if (callable->kind != PICKLE_GLOBAL) {
        note n = {.code = "MDL-PKL-003", .severity = SEVERITY_CRITICAL, .call = call, .advice = advice_call};
        return judge_say(vm, &n, e, "Loading this file calls a value that is computed while loading");
    }
    if (callable->global.row) return call_listed(vm, callable, call, e);
    if (is_script_name(vm, callable)) return true;
    return call_unlisted(vm, callable, call, e) && look_inside(vm, call, e);
}

/* --- containers ------------------------------------------------------------------------------------------------------------------ */

static void note_key(pickle_value *container, const pickle_value *key)
{
    if (key->kind == PICKLE_CALL || key->kind == PICKLE_UNKNOWN) container->marks |= PICKLE_MARK_MADE_KEY;
    if (key->kind != PICKLE_STR)
        container->marks |= PICKLE_MARK_ODD_KEY;
    else if (pickle_name_is_hook(key->text))
        container->marks |= PICKLE_MARK_HOOK_KEY;
}

/* Under the name of an attribute: not what opens a file when it is called, nor, where the library calls what stands there with arguments that
 * the file chooses too, a class that takes some. */
static bool may_be_attribute(const pickle_value *key, const pickle_value *item)
{
    static const char *const called[] = {"func", "inverse_func", "tokenizer", "preprocessor", "analyzer"};
    unsigned roles = item->global.row->rule->roles;
    if (key->kind != PICKLE_STR) return roles & (ALLOW_NEW | ALLOW_DATA);
    if (str_eq(key->text, STR("subclass"))) return roles & KEPT_ANYWHERE;
    for (size_t i = 0; i < COUNT_OF(called); i++)
        if (str_eq(key->text, str_from_c(called[i])) && !str_eq(item->global.module, STR("builtins")))
            return roles & ALLOW_DATA;
    return roles & (ALLOW_NEW | ALLOW_DATA);
}

static bool function_as_data(pickle_vm *vm, const pickle_value *g, err *e)
{
    bool is_danger = danger_find(g->global.module, g->global.name) != NULL;
    note n = {.code = "MDL-PKL-011",
              .severity = is_danger ? SEVERITY_HIGH : SEVERITY_MEDIUM,
              .advice = is_danger ? advice_call : advice_unlisted};
    return judge_say(vm, &n, e, "The file keeps the function %s, which may run when the model is used",
                     dotted_of(g).text);
}

static const allow_rule *rule_of_instance(const pickle_value *v);
static bool hijack(pickle_vm *vm, const pickle_value *target, const char *deed, err *e);

static bool is_like(const pickle_value *v, allow_like like)
{
    const allow_rule *rule = rule_of_instance(v);
    return rule && rule->like == like;
}

bool pickle_judge_items(pickle_vm *vm, pickle_value *container, pickle_value *const *items, size_t count,
                        err *e)
{
    const allow_rule *rule = rule_of_instance(container);
    bool is_dict = container->kind == PICKLE_DICT || (rule && rule->like == ALLOW_LIKE_DICT);
    for (size_t i = 0; i < count; i++) {
        const pickle_value *item = items[i];
        if (is_dict && i % 2 == 0) note_key(container, item);
        bool is_attribute = rule && rule->items_are_attributes && i % 2 == 0;
        bool is_method = is_attribute && (item->kind == PICKLE_CALL ||
                                          (item->kind == PICKLE_STR && pickle_name_is_dunder(item->text)));
        if (is_method && !hijack(vm, container, "plants a method on", e)) return false;
        if (item->kind != PICKLE_GLOBAL) continue;
        const allow_row *row = item->global.row; /* without a row it has its finding already */
        bool may_stay = !row || row->rule->roles & KEPT_ANYWHERE;
        if (row && is_dict && i % 2 == 1) may_stay = may_be_attribute(items[i - 1], item);
        if (!may_stay && !function_as_data(vm, item, e)) return false;
    }
    return true;
}

static const char *kind_words(const pickle_value *v)
{
    switch (v->kind) {
    case PICKLE_GLOBAL: return "an imported module or class itself";
    case PICKLE_CALL: return "an object that takes none";
    case PICKLE_ARRAY: return "an array";
    case PICKLE_UNKNOWN:
    case PICKLE_PERSID: return "an unknown object";
    default: return "a plain value";
    }
}

static bool hijack(pickle_vm *vm, const pickle_value *target, const char *deed, err *e)
{
    note n = {.code = "MDL-PKL-006",
              .severity = SEVERITY_HIGH,
              .call = target->kind == PICKLE_CALL ? target : NULL,
              .advice = advice_call};
    if (target->kind == PICKLE_GLOBAL)
        return judge_say(vm, &n, e, "Loading this file %s %s: %s", deed, kind_words(target),
                         dotted_of(target).text);
    return judge_say(vm, &n, e, "Loading this file %s %s", deed, kind_words(target));
}

/* The rule of the class that a value is an instance of, or NULL when none can be named. */
static const allow_rule *rule_of_instance(const pickle_value *v)
{
    if (v->kind != PICKLE_CALL || !(v->marks & PICKLE_MARK_JUDGED)) return NULL;
    const pickle_value *class = pickle_class_of(v);
    return class && class->global.row ? class->global.row->rule : NULL;
}

static bool was_reported(const pickle_value *v)
{
    return v->kind == PICKLE_CALL && !(v->marks & PICKLE_MARK_JUDGED);
}

bool pickle_judge_fill(pickle_vm *vm, const pickle_value *target, pickle_fill how, pickle_value *const *items,
                       size_t count, err *e)
{
    (void)items;
    (void)count;
    static const struct {
        pickle_kind kind;
        allow_like like;
        const char *deed;
    } fills[] = {
        [PICKLE_FILL_APPEND] = {PICKLE_LIST, ALLOW_LIKE_LIST, "runs the append or extend method of"},
        [PICKLE_FILL_SET] = {PICKLE_DICT, ALLOW_LIKE_DICT, "sets items of"},
        [PICKLE_FILL_ADD] = {PICKLE_SET, ALLOW_LIKE_SET, "runs the add method of"},
    };
    if (target->kind == fills[how].kind) return true;
    const allow_rule *rule = rule_of_instance(target);
    if ((rule && rule->like == fills[how].like) || was_reported(target)) return true;
    return hijack(vm, target, fills[how].deed, e);
}

/* --- state ----------------------------------------------------------------------------------------------------------------------- */

/* Attributes by name: a hook among them is called later, by the loader itself or by whoever uses the object. */
static bool judge_attributes(pickle_vm *vm, const pickle_value *target, const pickle_value *attributes,
                             const allow_rule *rule, err *e)
{
    if (attributes->kind != PICKLE_DICT) return true;
    if (attributes->marks & PICKLE_MARK_HOOK_KEY) return hijack(vm, target, "plants a method on", e);
    unsigned odd = rule->state == ALLOW_STATE_DICT ? PICKLE_MARK_ODD_KEY : PICKLE_MARK_MADE_KEY;
    bool has_odd = attributes->marks & odd;
    return !has_odd || hijack(vm, target, "sets attributes without a name on", e);
}

static bool is_attributes(const pickle_value *v)
{
    return v->kind == PICKLE_DICT || v->kind == PICKLE_NONE;
}

static bool state_fits(const allow_rule *rule, const pickle_value *state)
{
    bool is_pair = state->kind == PICKLE_TUPLE && state->list.count == 2 &&
                   is_attributes(state->list.items[0]) && is_attributes(state->list.items[1]);
    switch (rule->state) {
    case ALLOW_STATE_NONE: return false;
    case ALLOW_STATE_DICT: return is_attributes(state) || is_pair;
    case ALLOW_STATE_TUPLE: return state->kind == PICKLE_TUPLE;
    case ALLOW_STATE_DATA: return rule_is_data(state);
    }
    return false;
}

/* A subclass of dict is as good as a dict to a loader, but may hold keys that were not seen one by one. No class has such a state. */
static bool is_disguised_dict(const pickle_value *state)
{
    if (is_like(state, ALLOW_LIKE_DICT)) return true;
    if (state->kind != PICKLE_TUPLE || state->list.count != 2) return false;
    return is_like(state->list.items[0], ALLOW_LIKE_DICT) || is_like(state->list.items[1], ALLOW_LIKE_DICT);
}

static bool odd_state(pickle_vm *vm, const pickle_value *target, err *e)
{
    note n = {.code = "MDL-PKL-006", .severity = SEVERITY_HIGH, .call = target, .advice = advice_call};
    return judge_say(vm, &n, e, "Loading this file gives %s a state that its library never writes",
                     dotted_of(pickle_class_of(target)).text);
}

bool pickle_judge_build(pickle_vm *vm, const pickle_value *target, const pickle_value *state, err *e)
{
    if (was_reported(target)) return true;
    const allow_rule *rule = rule_of_instance(target);
    if (!rule || !state_fits(rule, state)) return hijack(vm, target, "hands state to", e);
    if (is_disguised_dict(state) || (rule->state_check && !rule->state_check(target, state)))
        return odd_state(vm, target, e);
    if (state->kind == PICKLE_GLOBAL) return hijack(vm, target, "hands a function as state to", e);

    if (rule->needs_caution && rule->needs_caution(state) &&
        !say_caution(vm, pickle_class_of(target), target, e))
        return false;

    /* A tuple goes to the class's own __setstate__, and a dict may; one without it gets attributes. */
    if (rule->state == ALLOW_STATE_TUPLE) return true;
    if (!judge_attributes(vm, target, state, rule, e)) return false;
    for (size_t i = 0; state->kind == PICKLE_TUPLE && i < state->list.count && i < 2; i++)
        if (!judge_attributes(vm, target, state->list.items[i], rule, e)) return false;
    return true;
}

/* --- outside of the stream --------------------------------------------------------------------------------------------------------- */

bool pickle_judge_persid(pickle_vm *vm, const pickle_value *id, err *e)
{
    if (vm->options.persistent_id)
        return is_silent(vm) ||
               vm->options.persistent_id(vm->options.persistent_ctx, id->persid, vm->op_at, e);
    note n = {.code = "MDL-PKL-016", .severity = SEVERITY_MEDIUM, .advice = advice_unlisted};
    return judge_say(vm, &n, e,
                     "The file refers to objects that the loading program has to supply (persistent ids)");
}

bool pickle_judge_buffer(pickle_vm *vm, err *e)
{
    note n = {.code = "MDL-PKL-016", .severity = SEVERITY_MEDIUM, .advice = advice_unread};
    if (!is_silent(vm)) report_worsen(vm->report, VERDICT_UNPARSEABLE);
    return judge_say(vm, &n, e, "The file needs buffers that are kept outside of it");
}

bool pickle_judge_companion(pickle_vm *vm, str filename, bool is_bare, err *e)
{
    bool is_told = filename.len && filename.len <= LIMIT_NAME_BYTES && str_is_utf8(filename);
    if (is_bare && is_told && !is_silent(vm) && !report_fact(vm->report, STR("companion_file"), filename, e))
        return false;
    severity alone = vm->report->has_neighbours && is_told ? SEVERITY_INFO : SEVERITY_MEDIUM;
    note n = {.code = "MDL-PKL-016",
              .severity = is_bare ? alone : SEVERITY_HIGH,
              .advice = "Save the model again with a current joblib: it keeps everything in one file."};
    return judge_say(vm, &n, e, "Loading this file reads another file: '%.*s'",
                     (int)(filename.len < 200 ? filename.len : 200), filename.data ? filename.data : "");
}

bool pickle_judge_array(pickle_vm *vm, const char *where, err *e)
{
    note n = {.code = "MDL-PKL-008", .severity = SEVERITY_HIGH, .advice = advice_call};
    return judge_say(vm, &n, e, "The file keeps an array %s", where);
}

bool pickle_judge_result(pickle_vm *vm, err *e)
{
    const pickle_value *v = vm->result;
    if (!vm->options.dry) report_worsen(vm->report, VERDICT_CLEAN);
    if (v->kind != PICKLE_GLOBAL || !v->global.row) return true;
    if (v->global.row->rule->roles & (ALLOW_NEW | ALLOW_DATA)) return true;
    return function_as_data(vm, v, e);
}

bool pickle_judge_broken(pickle_vm *vm, const err *trouble, err *e)
{
    if (vm->options.dry) return true;
    report_worsen(vm->report, VERDICT_UNPARSEABLE);
    note n = {.code = "MDL-PKL-014", .severity = SEVERITY_MEDIUM, .advice = advice_unread};
    uint64_t quiet = vm->options.quiet_until;
    vm->options.quiet_until = 0;
    bool ok = judge_say(vm, &n, e, "The pickle could not be read to its end: %s", trouble->message);
    vm->options.quiet_until = quiet;
    return ok;
}
