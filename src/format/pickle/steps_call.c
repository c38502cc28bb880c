/*
 * format/pickle/steps_call.c - opcodes that import, call, or hand over state: the ones that can do harm.
 *
 * Nothing is resolved. Each makes a node that says what a loader would do, and asks the judge.
 */
#include "pickle/allow.h"
#include "pickle/judge.h"

/* --- imports --------------------------------------------------------------------------------------------------------------------- */

static pickle_value *global_new(pickle_vm *vm, str module, str name, err *e)
{
    pickle_value *g = pickle_new(vm, PICKLE_GLOBAL, e);
    if (!g) return NULL;
    g->global.module = module;
    g->global.name = name;
    if (vm->proto < 3) python2_map(&g->global.module, &g->global.name);
    vm->globals++;
    return pickle_judge_global(vm, g, module, name, e) ? g : NULL;
}

static bool has_control(str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f) return true;
    return false;
}

/* Two lines that name something. A loader stops at bytes that are no text; so it does at names that no module can have, which is what the
 * numbers of an array come to when they are read as opcodes (in the first reading such names are an attempt at something). */
static bool take_names(pickle_vm *vm, str *module, str *name, err *e)
{
    if (!pickle_take_line(vm, module, e) || !pickle_take_line(vm, name, e)) return false;
    bool is_noise = vm->options.quiet_until && vm->op_at >= vm->options.quiet_until &&
                    (has_control(*module) || has_control(*name));
    if (str_is_utf8(*module) && str_is_utf8(*name) && !is_noise) return true;
    return err_set(e, ERR_INVALID, "an import names something in bytes that are no text");
}

bool pickle_step_global(pickle_vm *vm, err *e)
{
    str module, name;
    return take_names(vm, &module, &name, e) && pickle_push(vm, global_new(vm, module, name, e), e);
}

/* Could this be text at run time? The result of an unknown call could, and that of str(); anything else makes both loaders stop. */
static bool may_become_text(const pickle_value *v)
{
    if (v->kind == PICKLE_STR || v->kind == PICKLE_UNKNOWN || v->kind == PICKLE_PERSID) return true;
    if (v->kind != PICKLE_CALL) return false;
    return !(v->marks & PICKLE_MARK_JUDGED) || pickle_is_global(pickle_class_of(v), "builtins", "str");
}

bool pickle_step_stack_global(pickle_vm *vm, err *e)
{
    pickle_value *name, *module;
    if (!pickle_pop(vm, &name, e) || !pickle_pop(vm, &module, e)) return false;
    if (name->kind == PICKLE_STR && module->kind == PICKLE_STR) {
        pickle_value *g = global_new(vm, module->text, name->text, e);
        return g && pickle_judge_old_name(vm, g, name, e) && pickle_push(vm, g, e);
    }
    if (!may_become_text(name) || !may_become_text(module))
        return err_set(e, ERR_INVALID, "STACK_GLOBAL finds names that are no text");

    /* A name computed at load time is itself the finding: no honest writer needs one. */
    vm->globals++;
    vm->known_globals++;
    return pickle_judge_computed(vm, module, name, e) &&
           pickle_push(vm, pickle_new(vm, PICKLE_UNKNOWN, e), e);
}

static bool step_ext(pickle_vm *vm, size_t width, err *e)
{
    bytes b;
    if (!pickle_take(vm, width, &b, e)) return false;
    uint64_t code = 0;
    for (size_t i = 0; i < width; i++) code |= (uint64_t)b.data[i] << (8 * i);
    vm->globals++;
    return pickle_judge_extension(vm, code, e) && pickle_push(vm, pickle_new(vm, PICKLE_UNKNOWN, e), e);
}

bool pickle_step_ext1(pickle_vm *vm, err *e)
{
    return step_ext(vm, 1, e);
}
bool pickle_step_ext2(pickle_vm *vm, err *e)
{
    return step_ext(vm, 2, e);
}
bool pickle_step_ext4(pickle_vm *vm, err *e)
{
    return step_ext(vm, 4, e);
}

/* --- calls ----------------------------------------------------------------------------------------------------------------------- */

/* What getattr(class, 'name') comes to, under the name that newer protocols write for it. */
static pickle_value *attribute_new(pickle_vm *vm, const pickle_value *args, err *e)
{
    const pickle_value *owner = args->list.items[0], *name = args->list.items[1];
    pickle_value *g = pickle_new(vm, PICKLE_GLOBAL, e);
    if (!g) return NULL;
    g->global.module = owner->global.module;
    g->global.name = arena_printf(vm->a, "%.*s.%.*s", STR_ARG(owner->global.name), STR_ARG(name->text));
    if (!g->global.name.data) {
        err_set(e, ERR_MEMORY, "no memory for the name of an attribute");
        return NULL;
    }
    return pickle_judge_global(vm, g, g->global.module, g->global.name, e) ? g : NULL;
}

typedef struct call_parts {
    const char *how;
    pickle_value *callable, *args, *kwargs;
} call_parts;

static bool push_call(pickle_vm *vm, const call_parts *parts, err *e)
{
    pickle_value *call = pickle_new(vm, PICKLE_CALL, e);
    if (!call) return false;
    call->call.how = parts->how;
    call->call.callable = parts->callable;
    call->call.args = parts->args;
    call->call.kwargs = parts->kwargs;
    vm->calls++;
    if (!pickle_judge_call(vm, call, e)) return false;
    bool is_attribute = call->marks & PICKLE_MARK_JUDGED &&
                        pickle_is_global(call->call.callable, "builtins", "getattr") &&
                        call->call.args->list.items[0]->kind == PICKLE_GLOBAL;
    return pickle_push(vm, is_attribute ? attribute_new(vm, call->call.args, e) : call, e);
}

static pickle_value *args_new(pickle_vm *vm, pickle_value *const *items, size_t count, err *e)
{
    pickle_value *args = pickle_new(vm, PICKLE_TUPLE, e);
    if (!args) return NULL;
    if (!pickle_items_add(vm, &args->list.items, &args->list.count, &args->list.capacity, items, count, e))
        return NULL;
    return pickle_judge_items(vm, args, items, count, e) ? args : NULL;
}

bool pickle_step_reduce(pickle_vm *vm, err *e)
{
    call_parts call = {.how = "REDUCE"};
    return pickle_pop(vm, &call.args, e) && pickle_pop(vm, &call.callable, e) && push_call(vm, &call, e);
}

bool pickle_step_newobj(pickle_vm *vm, err *e)
{
    call_parts call = {.how = "NEWOBJ"};
    return pickle_pop(vm, &call.args, e) && pickle_pop(vm, &call.callable, e) && push_call(vm, &call, e);
}

bool pickle_step_newobj_ex(pickle_vm *vm, err *e)
{
    call_parts call = {.how = "NEWOBJ_EX"};
    return pickle_pop(vm, &call.kwargs, e) && pickle_pop(vm, &call.args, e) &&
           pickle_pop(vm, &call.callable, e) && push_call(vm, &call, e);
}

bool pickle_step_inst(pickle_vm *vm, err *e)
{
    pickle_value **items;
    size_t count;
    str module, name;
    if (!pickle_pop_mark(vm, &items, &count, e) || !take_names(vm, &module, &name, e)) return false;
    call_parts call = {.how = "INST", .callable = global_new(vm, module, name, e)};
    if (!call.callable) return false;
    call.args = args_new(vm, items, count, e);
    return call.args && push_call(vm, &call, e);
}

bool pickle_step_obj(pickle_vm *vm, err *e)
{
    pickle_value **items;
    size_t count;
    if (!pickle_pop_mark(vm, &items, &count, e)) return false;
    if (count == 0) return err_set(e, ERR_INVALID, "OBJ finds no class above the mark");
    call_parts call = {.how = "OBJ", .callable = items[0]};
    call.args = args_new(vm, items + 1, count - 1, e);
    return call.args && push_call(vm, &call, e);
}

/* --- state ----------------------------------------------------------------------------------------------------------------------- */

bool pickle_step_build(pickle_vm *vm, err *e)
{
    pickle_value *state, *target;
    if (!pickle_pop(vm, &state, e) || !pickle_top(vm, &target, e)) return false;
    if (!pickle_judge_build(vm, target, state, e)) return false;
    if (target->kind != PICKLE_CALL) return true;
    if (!pickle_items_add(vm, &target->call.states, &target->call.state_count, &target->call.state_capacity,
                          &state, 1, e))
        return false;
    return !vm->options.joblib || !pickle_joblib_is_wrapper(target) || pickle_joblib_array(vm, target, e);
}

/* --- what lies outside the stream -------------------------------------------------------------------------------------------------- */

static pickle_value *class_of_id(const pickle_vm *vm, const pickle_value *id)
{
    bool is_class = vm->options.class_ids && id->kind == PICKLE_TUPLE && id->list.count == 4 &&
                    id->list.items[0]->kind == PICKLE_STR && str_eq(id->list.items[0]->text, STR("module")) &&
                    id->list.items[1]->kind == PICKLE_GLOBAL;
    return is_class ? id->list.items[1] : NULL;
}

static bool push_persid(pickle_vm *vm, pickle_value *id, err *e)
{
    if (!id) return false;
    pickle_value *v = pickle_new(vm, PICKLE_PERSID, e);
    if (!v) return false;
    v->persid = id;
    pickle_value *class = class_of_id(vm, id);
    return pickle_judge_persid(vm, v, e) && pickle_push(vm, class ? class : v, e);
}

bool pickle_step_persid(pickle_vm *vm, err *e)
{
    str line;
    if (!pickle_take_line(vm, &line, e)) return false;
    pickle_value *id = pickle_new(vm, PICKLE_STR, e);
    if (id) id->text = line;
    return push_persid(vm, id, e);
}

bool pickle_step_binpersid(pickle_vm *vm, err *e)
{
    pickle_value *id;
    return pickle_pop(vm, &id, e) && push_persid(vm, id, e);
}

bool pickle_step_next_buffer(pickle_vm *vm, err *e)
{
    return pickle_judge_buffer(vm, e) && pickle_push(vm, pickle_new(vm, PICKLE_UNKNOWN, e), e);
}

bool pickle_step_readonly_buffer(pickle_vm *vm, err *e)
{
    pickle_value *top;
    return pickle_top(vm, &top, e);
}
