/*
 * format/pickle/byvalue.c - functions that a pickle carries in it: cloudpickle and dill write code itself where pickle writes a name.
 *
 * Whatever builds the code object (types.CodeType, dill._dill._create_code, cloudpickle's detour through _builtin_type), its arguments have one shape:
 * bytes of code, then tuples of constants, of names and of variables, then the file's and the function's name. The verdict stands already by the
 * calls; this says in plain words what they are for, and what the code reaches for.
 */
#include "pickle/judge.h"

#include "pickle/allow.h"

#include <stdio.h>

enum { TOLD_MAX = 20, NAMES_SHOWN = 12, TITLE_BYTES = 512, NAME_BYTES = 60 };

typedef struct code_object {
    const pickle_value *names, *constants;
    str function;
} code_object;

static bool is_names(const pickle_value *v)
{
    if (v->kind != PICKLE_TUPLE) return false;
    for (size_t i = 0; i < v->list.count; i++)
        if (v->list.items[i]->kind != PICKLE_STR) return false;
    return true;
}

/* Bytes (which protocol 2 writes as a call), any tuple, a tuple of texts, another one; then two texts, of which the second names the function. */
static bool as_code(const pickle_value *args, code_object *code)
{
    if (!args || args->kind != PICKLE_TUPLE || args->list.count < 10 || args->list.count > 32) return false;
    pickle_value *const *items = args->list.items;
    for (size_t i = 0; i + 5 < args->list.count; i++) {
        bool is_here = rule_is_bytes(items[i]) && items[i + 1]->kind == PICKLE_TUPLE &&
                       is_names(items[i + 2]) && is_names(items[i + 3]) && items[i + 4]->kind == PICKLE_STR &&
                       items[i + 5]->kind == PICKLE_STR;
        if (!is_here) continue;
        *code =
            (code_object){.constants = items[i + 1], .names = items[i + 2], .function = items[i + 5]->text};
        return true;
    }
    return false;
}

static size_t told_of(const report *r)
{
    size_t told = 0;
    for (size_t i = 0; i < r->finding_count; i++) told += strcmp(r->findings[i].code, "MDL-PKL-010") == 0;
    return told;
}

static void put(char *title, size_t *at, str text)
{
    str shown = str_slice(text, 0, NAME_BYTES);
    for (size_t i = 0; i < shown.len && *at + 1 < TITLE_BYTES; i++) {
        unsigned char c = (unsigned char)shown.data[i];
        title[(*at)++] = c < 0x20 || c >= 0x7f ? '?' : (char)c;
    }
}

static str describe(const code_object *code, char *title)
{
    size_t at = 0, count = code->names->list.count;
    put(title, &at, STR("The file carries a Python function of its own, '"));
    put(title, &at, code->function);
    put(title, &at, STR("', as code"));
    if (count) put(title, &at, STR("; it uses "));
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++) {
        if (i) put(title, &at, STR(", "));
        put(title, &at, code->names->list.items[i]->text);
    }
    if (count > NAMES_SHOWN) put(title, &at, STR(", ..."));
    return (str){title, at};
}

bool pickle_judge_code(pickle_vm *vm, const pickle_value *call, err *e)
{
    code_object code;
    char title[TITLE_BYTES];
    bool is_silent = vm->options.dry || vm->op_at < vm->options.quiet_until;
    if (is_silent || !as_code(call->call.args, &code) || told_of(vm->report) >= TOLD_MAX) return true;
    finding f = {.code = "MDL-PKL-010",
                 .kind = FINDING_MODEL_THREAT,
                 .severity = SEVERITY_HIGH,
                 .title = describe(&code, title),
                 .member = vm->options.member,
                 .offset = vm->op_at,
                 .has_offset = true,
                 .advice = STR("Ask for the function as source beside the model, and for the model without "
                               "it: cloudpickle and dill files are programs.")};
    return report_add(vm->report, &f, e);
}
