/*
 * format/pickle/machine.c - the loop, and the stack, marks and memo under it.
 *
 * One linear pass; nothing recurses over the input, because a million nested lists are a legal pickle. Values are nodes that the stack,
 * the memo and containers share, as Python shares objects: a BUILD through one holder is seen by all.
 *
 * What surprised: MEMOIZE numbers by the count of entries, not by the highest index; POP drops a mark if that is on top; a frame's length
 * is checked by one loader and ignored by the other, so only opcodes decide where the stream goes.
 */
#include "pickle/machine.h"

#include "base/fault.h"
#include "base/limits.h"
#include "pickle/judge.h"

#include <assert.h>
#include <stdlib.h>

typedef struct pickle_op {
    const char *name;
    bool (*step)(pickle_vm *vm, err *e);
} pickle_op;

/* clang-format off */
static const pickle_op pickle_ops[256] = {
    ['('] = {"MARK", pickle_step_mark},                 [')'] = {"EMPTY_TUPLE", pickle_step_empty_tuple},
    ['.'] = {"STOP", pickle_step_stop},                 ['0'] = {"POP", pickle_step_pop},
    ['1'] = {"POP_MARK", pickle_step_pop_mark},         ['2'] = {"DUP", pickle_step_dup},
    ['B'] = {"BINBYTES", pickle_step_binbytes},         ['C'] = {"SHORT_BINBYTES", pickle_step_short_binbytes},
    ['F'] = {"FLOAT", pickle_step_float},               ['G'] = {"BINFLOAT", pickle_step_binfloat},
    ['I'] = {"INT", pickle_step_int},                   ['J'] = {"BININT", pickle_step_binint},
    ['K'] = {"BININT1", pickle_step_binint1},           ['L'] = {"LONG", pickle_step_long},
    ['M'] = {"BININT2", pickle_step_binint2},           ['N'] = {"NONE", pickle_step_none},
    ['P'] = {"PERSID", pickle_step_persid},             ['Q'] = {"BINPERSID", pickle_step_binpersid},
    ['R'] = {"REDUCE", pickle_step_reduce},             ['S'] = {"STRING", pickle_step_string},
    ['T'] = {"BINSTRING", pickle_step_binstring},       ['U'] = {"SHORT_BINSTRING", pickle_step_short_binstring},
    ['V'] = {"UNICODE", pickle_step_unicode},           ['X'] = {"BINUNICODE", pickle_step_binunicode},
    [']'] = {"EMPTY_LIST", pickle_step_empty_list},     ['a'] = {"APPEND", pickle_step_append},
    ['b'] = {"BUILD", pickle_step_build},               ['c'] = {"GLOBAL", pickle_step_global},
    ['d'] = {"DICT", pickle_step_dict},                 ['e'] = {"APPENDS", pickle_step_appends},
    ['g'] = {"GET", pickle_step_get},                   ['h'] = {"BINGET", pickle_step_binget},
    ['i'] = {"INST", pickle_step_inst},                 ['j'] = {"LONG_BINGET", pickle_step_long_binget},
    ['l'] = {"LIST", pickle_step_list},                 ['o'] = {"OBJ", pickle_step_obj},
    ['p'] = {"PUT", pickle_step_put},                   ['q'] = {"BINPUT", pickle_step_binput},
    ['r'] = {"LONG_BINPUT", pickle_step_long_binput},   ['s'] = {"SETITEM", pickle_step_setitem},
    ['t'] = {"TUPLE", pickle_step_tuple},               ['u'] = {"SETITEMS", pickle_step_setitems},
    ['}'] = {"EMPTY_DICT", pickle_step_empty_dict},
    [0x80] = {"PROTO", pickle_step_proto},              [0x81] = {"NEWOBJ", pickle_step_newobj},
    [0x82] = {"EXT1", pickle_step_ext1},                [0x83] = {"EXT2", pickle_step_ext2},
    [0x84] = {"EXT4", pickle_step_ext4},                [0x85] = {"TUPLE1", pickle_step_tuple1},
    [0x86] = {"TUPLE2", pickle_step_tuple2},            [0x87] = {"TUPLE3", pickle_step_tuple3},
    [0x88] = {"NEWTRUE", pickle_step_newtrue},          [0x89] = {"NEWFALSE", pickle_step_newfalse},
    [0x8a] = {"LONG1", pickle_step_long1},              [0x8b] = {"LONG4", pickle_step_long4},
    [0x8c] = {"SHORT_BINUNICODE", pickle_step_short_binunicode},
    [0x8d] = {"BINUNICODE8", pickle_step_binunicode8},  [0x8e] = {"BINBYTES8", pickle_step_binbytes8},
    [0x8f] = {"EMPTY_SET", pickle_step_empty_set},      [0x90] = {"ADDITEMS", pickle_step_additems},
    [0x91] = {"FROZENSET", pickle_step_frozenset},      [0x92] = {"NEWOBJ_EX", pickle_step_newobj_ex},
    [0x93] = {"STACK_GLOBAL", pickle_step_stack_global},[0x94] = {"MEMOIZE", pickle_step_memoize},
    [0x95] = {"FRAME", pickle_step_frame},              [0x96] = {"BYTEARRAY8", pickle_step_bytearray8},
    [0x97] = {"NEXT_BUFFER", pickle_step_next_buffer},  [0x98] = {"READONLY_BUFFER", pickle_step_readonly_buffer},
};
/* clang-format on */

enum { PICKLE_PROBE_OPS = 20000 };

static bool vm_step(pickle_vm *vm, err *e)
{
    vm->op_at = vm->in.at;
    int byte = reader_peek(&vm->in);
    if (byte < 0) return err_set(e, ERR_TRUNCATED, "the stream ends without STOP");
    const pickle_op *op = &pickle_ops[byte];
    if (!op->step) return err_set(e, ERR_INVALID, "byte 0x%02x is not an opcode", (unsigned)byte);

    if (vm->options.trace) vm->options.trace(vm->options.trace_ctx, vm->op_at, op->name);
    vm->in.at++;
    vm->ops++;
    return op->step(vm, e);
}

static bool vm_loop(pickle_vm *vm, err *e)
{
    while (!vm->stopped) {
        if (vm->options.dry && vm->ops >= PICKLE_PROBE_OPS) return true;
        if (vm->options.until_import && vm->globals) return true;
        if (!vm_step(vm, e)) return false;
    }
    return true;
}

static bool vm_init(pickle_vm *vm, arena *a, bytes file, uint64_t at, const pickle_options *options,
                    report *r)
{
    *vm = (pickle_vm){.a = a, .report = r, .in = reader_of(file), .options = *options};
    vm->nested_left = file.len;
    return reader_seek(&vm->in, at);
}

static void vm_done(pickle_vm *vm)
{
    free(vm->stack);
    free(vm->marks);
    free(vm->memo);
}

static void vm_summarize(const pickle_vm *vm, const err *trouble, pickle_summary *s)
{
    *s = (pickle_summary){.ops = vm->ops,
                          .globals = vm->globals,
                          .known_globals = vm->known_globals,
                          .calls = vm->calls,
                          .arrays = vm->arrays,
                          .first_raw_at = vm->first_raw_at,
                          .first_is_objects = vm->first_is_objects,
                          .broken = trouble->code != ERR_NONE,
                          .limited = trouble->code == ERR_TOO_LARGE};
}

/* Does the end of the stream deserve a finding? A tail that fails at once is "trailing data", which the caller reports. */
static bool vm_is_mere_tail(const pickle_vm *vm)
{
    return vm->options.tail && vm->globals == 0 && vm->calls == 0;
}

bool pickle_run(arena *a, bytes file, uint64_t at, const pickle_options *options, report *r,
                pickle_stream *out, pickle_summary *summary, err *e)
{
    pickle_vm *vm = fault_hit(FAULT_MEMORY) ? NULL : malloc(sizeof(*vm));
    if (!vm) return err_set(e, ERR_MEMORY, "no memory for a pickle machine");

    err trouble = {0};
    bool ok = vm_init(vm, a, file, at, options, r) && vm_loop(vm, &trouble);
    bool told = true;
    if (ok && vm->stopped)
        told = pickle_judge_result(vm, e);
    else if (trouble.code != ERR_NONE && trouble.code != ERR_MEMORY && !vm_is_mere_tail(vm))
        told = pickle_judge_broken(vm, &trouble, e);

    *out = (pickle_stream){
        .result = vm->stopped ? vm->result : NULL, .end = vm->in.at, .proto = vm->proto_highest};
    vm_summarize(vm, &trouble, summary);
    if (trouble.code == ERR_MEMORY) told = err_set(e, ERR_MEMORY, "%s", trouble.message);
    vm_done(vm);
    free(vm);
    return told;
}

bool pickle_execute(arena *a, bytes file, uint64_t at, bool joblib, str member, report *r, pickle_stream *out,
                    err *e)
{
    pickle_options options = {.member = member, .joblib = joblib};
    pickle_summary summary;
    return pickle_run(a, file, at, &options, r, out, &summary, e);
}

/* --- values ---------------------------------------------------------------------------------------------------------------- */

/* A float needs 24 bytes, a call 96: allocating each kind's own part of the union keeps large lists of numbers small. */
enum {
    HEAD_BYTES = offsetof(pickle_value, boolean),
    NUMBER_BYTES = HEAD_BYTES + sizeof(int64_t),
    TEXT_BYTES = HEAD_BYTES + sizeof(str),
    LIST_BYTES = HEAD_BYTES + sizeof(((pickle_value *)NULL)->list),
};
static const uint8_t value_bytes[] = {
    [PICKLE_NONE] = HEAD_BYTES,
    [PICKLE_UNKNOWN] = HEAD_BYTES,
    [PICKLE_BOOL] = NUMBER_BYTES,
    [PICKLE_INT] = NUMBER_BYTES,
    [PICKLE_FLOAT] = NUMBER_BYTES,
    [PICKLE_PERSID] = NUMBER_BYTES,
    [PICKLE_STR] = TEXT_BYTES,
    [PICKLE_BYTES] = TEXT_BYTES,
    [PICKLE_BIGINT] = TEXT_BYTES,
    [PICKLE_TUPLE] = LIST_BYTES,
    [PICKLE_LIST] = LIST_BYTES,
    [PICKLE_DICT] = LIST_BYTES,
    [PICKLE_SET] = LIST_BYTES,
    [PICKLE_FROZENSET] = LIST_BYTES,
    [PICKLE_GLOBAL] = HEAD_BYTES + sizeof(((pickle_value *)NULL)->global),
    /* A call may become an array in place. */
    [PICKLE_CALL] = sizeof(pickle_value),
    [PICKLE_ARRAY] = sizeof(pickle_value),
};

/* Part of the arena stays free for the report, so that a memory bomb ends in a finding. */
enum { PICKLE_ARENA_RESERVE = 64 * 1024 };

static bool arena_is_short(const pickle_vm *vm, size_t need)
{
    size_t left = vm->a->ceiling_bytes - vm->a->used_bytes;
    return left < PICKLE_ARENA_RESERVE || left - PICKLE_ARENA_RESERVE < need;
}

pickle_value *pickle_new(pickle_vm *vm, pickle_kind kind, err *e)
{
    size_t need = value_bytes[kind];
    if (vm->nodes >= LIMIT_PICKLE_NODES || arena_is_short(vm, need)) {
        err_set(
            e, ERR_TOO_LARGE,
            "the pickle builds more values than LIMIT_PICKLE_NODES or the memory of one scan allows (%zu)",
            vm->nodes);
        return NULL;
    }
    pickle_value *v = arena_alloc(vm->a, need);
    if (!v) {
        err_set(e, ERR_MEMORY, "no memory for a pickle of %zu values", vm->nodes);
        return NULL;
    }
    vm->nodes++;
    v->kind = kind;
    v->offset = vm->op_at;
    return v;
}

pickle_value *pickle_new_int(pickle_vm *vm, int64_t number, err *e)
{
    bool is_small = number >= 0 && number < PICKLE_SMALL_INTS;
    if (is_small && vm->small_ints[number]) return vm->small_ints[number];

    pickle_value *v = pickle_new(vm, PICKLE_INT, e);
    if (!v) return NULL;
    v->integer = number;
    if (is_small) vm->small_ints[number] = v;
    return v;
}

bool pickle_items_add(pickle_vm *vm, pickle_value ***items, size_t *count, size_t *capacity,
                      pickle_value *const *more, size_t more_count, err *e)
{
    if (more_count > *capacity - *count) {
        size_t wanted = *capacity * 2;
        if (wanted < *count + more_count) wanted = *count + more_count;
        if (arena_is_short(vm, wanted * sizeof(**items)))
            return err_set(e, ERR_TOO_LARGE, "a container of %zu items exceeds the memory of one scan",
                           wanted);
        pickle_value **larger = arena_alloc_array(vm->a, wanted, sizeof(*larger));
        if (!larger) return err_set(e, ERR_MEMORY, "no memory for a container of %zu items", wanted);
        if (*count) memcpy(larger, *items, *count * sizeof(*larger));
        *items = larger;
        *capacity = wanted;
    }
    /* One to three are the rule. */
    if (more_count > 3)
        memcpy(*items + *count, more, more_count * sizeof(*more));
    else
        for (size_t i = 0; i < more_count; i++) (*items)[*count + i] = more[i];
    *count += more_count;
    return true;
}

/* --- stack and marks --------------------------------------------------------------------------------------------------------- */

static bool vm_grow(void **memory, size_t *capacity, size_t item_bytes, err *e)
{
    size_t wanted = *capacity ? *capacity * 2 : 64;
    if (wanted > 2 * LIMIT_PICKLE_STACK)
        return err_set(e, ERR_TOO_LARGE, "more than LIMIT_PICKLE_STACK (%llu) values on the stack",
                       (unsigned long long)LIMIT_PICKLE_STACK);
    void *larger = fault_hit(FAULT_MEMORY) ? NULL : realloc(*memory, wanted * item_bytes);
    if (!larger) return err_set(e, ERR_MEMORY, "no memory for a pickle stack of %zu", wanted);
    *memory = larger;
    *capacity = wanted;
    return true;
}

bool pickle_stack_grow(pickle_vm *vm, err *e)
{
    void *memory = vm->stack;
    if (!vm_grow(&memory, &vm->capacity, sizeof(*vm->stack), e)) return false;
    vm->stack = memory;
    return true;
}

void pickle_say_too_few(err *e)
{
    (void)err_set(e, ERR_INVALID, "the stack holds too few values");
}

bool pickle_pop_mark(pickle_vm *vm, pickle_value ***items, size_t *count, err *e)
{
    if (vm->mark_count == 0) return err_set(e, ERR_INVALID, "there is no mark on the stack");
    size_t floor = vm->marks[--vm->mark_count];
    assert(floor <= vm->count);
    *items = vm->stack ? vm->stack + floor : NULL; /* a mark may be all there ever was */
    *count = vm->count - floor;
    vm->count = floor;
    return true;
}

bool pickle_step_mark(pickle_vm *vm, err *e)
{
    if (vm->mark_count == vm->mark_capacity) {
        void *memory = vm->marks;
        if (!vm_grow(&memory, &vm->mark_capacity, sizeof(*vm->marks), e)) return false;
        vm->marks = memory;
    }
    vm->marks[vm->mark_count++] = vm->count;
    return true;
}

bool pickle_step_stop(pickle_vm *vm, err *e)
{
    if (!pickle_pop(vm, &vm->result, e)) return false;
    vm->stopped = true;
    return true;
}

bool pickle_step_pop(pickle_vm *vm, err *e)
{
    bool mark_on_top = vm->mark_count && vm->marks[vm->mark_count - 1] == vm->count;
    if (mark_on_top) {
        vm->mark_count--;
        return true;
    }
    pickle_value *dropped;
    return pickle_pop(vm, &dropped, e);
}

bool pickle_step_pop_mark(pickle_vm *vm, err *e)
{
    pickle_value **items;
    size_t count;
    return pickle_pop_mark(vm, &items, &count, e);
}

bool pickle_step_dup(pickle_vm *vm, err *e)
{
    pickle_value *top;
    return pickle_top(vm, &top, e) && pickle_push(vm, top, e);
}

bool pickle_step_proto(pickle_vm *vm, err *e)
{
    bytes b = BYTES_NONE;
    if (!pickle_take(vm, 1, &b, e)) return false;
    if (b.data[0] > 5) return err_set(e, ERR_INVALID, "pickle protocol %u does not exist", b.data[0]);
    vm->proto = b.data[0];
    if (vm->proto > vm->proto_highest) vm->proto_highest = vm->proto;
    return true;
}

/* --- memo ---------------------------------------------------------------------------------------------------------------------- */

/* calloc, not realloc: the pages that a sparse memo skips stay untouched and cost nothing. */
static bool memo_grow(pickle_vm *vm, uint64_t index, err *e)
{
    size_t wanted = vm->memo_capacity ? vm->memo_capacity : 256;
    while (wanted <= index) wanted *= 2;
    pickle_value **larger = fault_hit(FAULT_MEMORY) ? NULL : calloc(wanted, sizeof(*larger));
    if (!larger) return err_set(e, ERR_MEMORY, "no memory for a memo of %zu entries", wanted);
    if (vm->memo_capacity) memcpy(larger, vm->memo, vm->memo_capacity * sizeof(*larger));
    free(vm->memo);
    vm->memo = larger;
    vm->memo_capacity = wanted;
    return true;
}

static pickle_memo_entry *memo_far(pickle_vm *vm, uint64_t index)
{
    for (size_t i = 0; i < vm->far_count; i++)
        if (vm->far[i].index == index) return &vm->far[i];
    return NULL;
}

static bool memo_put_far(pickle_vm *vm, uint64_t index, pickle_value *v, err *e)
{
    pickle_memo_entry *entry = memo_far(vm, index);
    if (!entry && vm->far_count == COUNT_OF(vm->far))
        return err_set(e, ERR_TOO_LARGE, "memo index %llu is beyond LIMIT_PICKLE_MEMO (%llu)",
                       (unsigned long long)index, (unsigned long long)LIMIT_PICKLE_MEMO);
    if (!entry) {
        entry = &vm->far[vm->far_count++];
        vm->memo_count++;
    }
    *entry = (pickle_memo_entry){index, v};
    return true;
}

bool pickle_memo_put(pickle_vm *vm, uint64_t index, err *e)
{
    pickle_value *top;
    if (!pickle_top(vm, &top, e)) return false;
    if (index >= LIMIT_PICKLE_MEMO) return memo_put_far(vm, index, top, e);
    if (index >= vm->memo_capacity && !memo_grow(vm, index, e)) return false;

    if (!vm->memo[index]) vm->memo_count++;
    vm->memo[index] = top;
    return true;
}

bool pickle_memo_get(pickle_vm *vm, uint64_t index, err *e)
{
    pickle_value *v = NULL;
    if (index < vm->memo_capacity) {
        v = vm->memo[index];
    } else if (index >= LIMIT_PICKLE_MEMO) {
        const pickle_memo_entry *entry = memo_far(vm, index);
        v = entry ? entry->value : NULL;
    }
    if (!v) return err_set(e, ERR_INVALID, "memo entry %llu was never stored", (unsigned long long)index);
    return pickle_push(vm, v, e);
}

/* --- arguments ------------------------------------------------------------------------------------------------------------------ */

void pickle_say_too_short(const pickle_vm *vm, uint64_t count, err *e)
{
    (void)err_set(e, ERR_TRUNCATED, "%llu bytes are announced, %zu are left", (unsigned long long)count,
                  reader_left(&vm->in));
}

bool pickle_take_line(pickle_vm *vm, str *line, err *e)
{
    str l = reader_line(&vm->in);
    if (vm->in.failed) return err_set(e, ERR_TRUNCATED, "a line does not end");
    *line = l;
    return true;
}

bool pickle_step_frame(pickle_vm *vm, err *e)
{
    bytes b = BYTES_NONE;
    if (!pickle_take(vm, 8, &b, e)) return false;
    reader length = reader_of(b);
    uint64_t frame_bytes = reader_u64le(&length);
    if (frame_bytes <= reader_left(&vm->in)) {
        uint64_t end = vm->in.at + frame_bytes;
        if (end > vm->frame_end) vm->frame_end = end;
        return true;
    }
    return err_set(e, ERR_TRUNCATED, "a frame of %llu bytes is announced, %zu are left",
                   (unsigned long long)frame_bytes, reader_left(&vm->in));
}
