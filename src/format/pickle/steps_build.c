/*
 * format/pickle/steps_build.c - opcodes that make and fill containers, and the memo's.
 *
 * Filling something that is no plain container runs that object's own method; pickle_judge_fill decides what that means.
 */
#include "pickle/judge.h"
#include "pickle/machine.h"

/* --- tuples, lists, sets, dicts --------------------------------------------------------------------------------------------- */

/* A key, or a member of a set, for which Python raises. */
static bool is_unhashable(const pickle_value *v)
{
    return v->kind == PICKLE_LIST || v->kind == PICKLE_DICT || v->kind == PICKLE_SET ||
           v->marks & PICKLE_MARK_UNHASHABLE;
}

static bool has_unhashable(pickle_value *const *items, size_t count, size_t step)
{
    for (size_t i = 0; i < count; i += step)
        if (is_unhashable(items[i])) return true;
    return false;
}

/* Keys are hashed before they are put in. */
static bool check_keys(pickle_kind kind, pickle_value *const *items, size_t count, err *e)
{
    bool is_set = kind == PICKLE_SET || kind == PICKLE_FROZENSET;
    if ((!is_set && kind != PICKLE_DICT) || !has_unhashable(items, count, is_set ? 1 : 2)) return true;
    return err_set(e, ERR_INVALID, "a list, dict or set is no key of a %s", is_set ? "set" : "dict");
}

static bool push_container(pickle_vm *vm, pickle_kind kind, pickle_value *const *items, size_t count, err *e)
{
    pickle_value *v = pickle_new(vm, kind, e);
    if (!v || !check_keys(kind, items, count, e)) return false;
    if (kind == PICKLE_TUPLE && has_unhashable(items, count, 1)) v->marks |= PICKLE_MARK_UNHASHABLE;
    if (!pickle_items_add(vm, &v->list.items, &v->list.count, &v->list.capacity, items, count, e))
        return false;
    return pickle_judge_items(vm, v, items, count, e) && pickle_push(vm, v, e);
}

static bool push_from_mark(pickle_vm *vm, pickle_kind kind, err *e)
{
    pickle_value **items;
    size_t count;
    return pickle_pop_mark(vm, &items, &count, e) && push_container(vm, kind, items, count, e);
}

static bool push_small_tuple(pickle_vm *vm, size_t count, err *e)
{
    pickle_value *items[3];
    for (size_t i = count; i-- > 0;)
        if (!pickle_pop(vm, &items[i], e)) return false;
    return push_container(vm, PICKLE_TUPLE, items, count, e);
}

bool pickle_step_empty_tuple(pickle_vm *vm, err *e)
{
    if (!vm->empty_tuple) vm->empty_tuple = pickle_new(vm, PICKLE_TUPLE, e);
    return pickle_push(vm, vm->empty_tuple, e);
}
bool pickle_step_tuple(pickle_vm *vm, err *e)
{
    return push_from_mark(vm, PICKLE_TUPLE, e);
}
bool pickle_step_tuple1(pickle_vm *vm, err *e)
{
    return push_small_tuple(vm, 1, e);
}
bool pickle_step_tuple2(pickle_vm *vm, err *e)
{
    return push_small_tuple(vm, 2, e);
}
bool pickle_step_tuple3(pickle_vm *vm, err *e)
{
    return push_small_tuple(vm, 3, e);
}
bool pickle_step_empty_list(pickle_vm *vm, err *e)
{
    return pickle_push(vm, pickle_new(vm, PICKLE_LIST, e), e);
}
bool pickle_step_list(pickle_vm *vm, err *e)
{
    return push_from_mark(vm, PICKLE_LIST, e);
}
bool pickle_step_empty_dict(pickle_vm *vm, err *e)
{
    return pickle_push(vm, pickle_new(vm, PICKLE_DICT, e), e);
}
bool pickle_step_empty_set(pickle_vm *vm, err *e)
{
    return pickle_push(vm, pickle_new(vm, PICKLE_SET, e), e);
}
bool pickle_step_frozenset(pickle_vm *vm, err *e)
{
    return push_from_mark(vm, PICKLE_FROZENSET, e);
}

bool pickle_step_dict(pickle_vm *vm, err *e)
{
    pickle_value **items;
    size_t count;
    if (!pickle_pop_mark(vm, &items, &count, e)) return false;
    if (count % 2) return err_set(e, ERR_INVALID, "DICT has a key without a value");
    return push_container(vm, PICKLE_DICT, items, count, e);
}

/* --- filling --------------------------------------------------------------------------------------------------------------------- */

static bool fill(pickle_vm *vm, pickle_value *target, pickle_fill how, pickle_value *const *items,
                 size_t count, err *e)
{
    if (!pickle_judge_fill(vm, target, how, items, count, e)) return false;
    static const pickle_kind plain[] = {
        [PICKLE_FILL_APPEND] = PICKLE_LIST, [PICKLE_FILL_SET] = PICKLE_DICT, [PICKLE_FILL_ADD] = PICKLE_SET};
    if (target->kind == plain[how])
        return check_keys(target->kind, items, count, e) &&
               pickle_items_add(vm, &target->list.items, &target->list.count, &target->list.capacity, items,
                                count, e) &&
               pickle_judge_items(vm, target, items, count, e);
    if (target->kind == PICKLE_CALL)
        return pickle_items_add(vm, &target->call.items, &target->call.item_count,
                                &target->call.item_capacity, items, count, e) &&
               pickle_judge_items(vm, target, items, count, e);
    return true; /* the judge has spoken; a real loader runs the object's method or fails */
}

static bool fill_from_mark(pickle_vm *vm, pickle_fill how, err *e)
{
    pickle_value **items, *target;
    size_t count;
    if (!pickle_pop_mark(vm, &items, &count, e) || !pickle_top(vm, &target, e)) return false;
    if (how == PICKLE_FILL_SET && count % 2)
        return err_set(e, ERR_INVALID, "SETITEMS has a key without a value");
    return count == 0 || fill(vm, target, how, items, count, e);
}

bool pickle_step_append(pickle_vm *vm, err *e)
{
    pickle_value *item, *target;
    return pickle_pop(vm, &item, e) && pickle_top(vm, &target, e) &&
           fill(vm, target, PICKLE_FILL_APPEND, &item, 1, e);
}
bool pickle_step_appends(pickle_vm *vm, err *e)
{
    return fill_from_mark(vm, PICKLE_FILL_APPEND, e);
}
bool pickle_step_setitem(pickle_vm *vm, err *e)
{
    pickle_value *pair[2], *target;
    return pickle_pop(vm, &pair[1], e) && pickle_pop(vm, &pair[0], e) && pickle_top(vm, &target, e) &&
           fill(vm, target, PICKLE_FILL_SET, pair, 2, e);
}
bool pickle_step_setitems(pickle_vm *vm, err *e)
{
    return fill_from_mark(vm, PICKLE_FILL_SET, e);
}
bool pickle_step_additems(pickle_vm *vm, err *e)
{
    return fill_from_mark(vm, PICKLE_FILL_ADD, e);
}

/* --- memo ------------------------------------------------------------------------------------------------------------------------ */

static bool take_index_line(pickle_vm *vm, uint64_t *index, err *e)
{
    str line;
    if (!pickle_take_line(vm, &line, e)) return false;
    str digits = str_trim(line);
    if (digits.len && digits.data[0] == '+') digits = str_skip(digits, 1);
    if (!str_to_u64(digits, index))
        return err_set(e, ERR_INVALID, "'%.*s' is not a memo index", (int)(line.len < 40 ? line.len : 40),
                       line.data);
    return true;
}

static bool take_index(pickle_vm *vm, size_t width, uint64_t *index, err *e)
{
    bytes b;
    if (!pickle_take(vm, width, &b, e)) return false;
    reader r = reader_of(b);
    *index = width == 1 ? reader_u8(&r) : reader_u32le(&r);
    return true;
}

bool pickle_step_put(pickle_vm *vm, err *e)
{
    uint64_t index;
    return take_index_line(vm, &index, e) && pickle_memo_put(vm, index, e);
}
bool pickle_step_binput(pickle_vm *vm, err *e)
{
    uint64_t index;
    return take_index(vm, 1, &index, e) && pickle_memo_put(vm, index, e);
}
bool pickle_step_long_binput(pickle_vm *vm, err *e)
{
    uint64_t index;
    return take_index(vm, 4, &index, e) && pickle_memo_put(vm, index, e);
}
bool pickle_step_memoize(pickle_vm *vm, err *e)
{
    return pickle_memo_put(vm, vm->memo_count, e);
}
bool pickle_step_get(pickle_vm *vm, err *e)
{
    uint64_t index;
    return take_index_line(vm, &index, e) && pickle_memo_get(vm, index, e);
}
bool pickle_step_binget(pickle_vm *vm, err *e)
{
    uint64_t index;
    return take_index(vm, 1, &index, e) && pickle_memo_get(vm, index, e);
}
bool pickle_step_long_binget(pickle_vm *vm, err *e)
{
    uint64_t index;
    return take_index(vm, 4, &index, e) && pickle_memo_get(vm, index, e);
}
