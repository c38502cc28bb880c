/*
 * format/pickle/machine.h - the inside of the pickle machine: stack, marks, memo and the steps of the opcodes.
 *
 * A step fails with ERR_INVALID or ERR_TRUNCATED (what a real loader refuses), ERR_TOO_LARGE (one of our limits) or ERR_MEMORY.
 * All but the last stop the stream and leave what was found; see machine.c.
 */
#ifndef FORMAT_PICKLE_MACHINE_H
#define FORMAT_PICKLE_MACHINE_H

#include "base/reader.h"
#include "format/pickle.h"

typedef struct pickle_options {
    str member;        /* prefix of findings */
    bool joblib;       /* raw arrays follow their wrappers */
    bool dry;          /* probe: nothing is reported */
    bool until_import; /* ... and it ends at the first import */
    bool tail; /* bytes after a complete pickle: a stream that fails at once is no finding of its own */
    bool
        torch_script; /* an archive of TorchScript: its classes live in the archive itself, below __torch__ */
    /* PyTorch: persistent ids are expected, and the container's reader judges each of them. NULL: each is a finding. */
    bool (*persistent_id)(void *ctx, const pickle_value *id, uint64_t at, err *e);
    void *persistent_ctx;
    /* PyTorch before 1.6: the persistent id ('module', class, file, source) stands for the class. */
    bool class_ids;
    unsigned depth; /* of pickles within pickles */
    void (*trace)(void *ctx, uint64_t at,
                  const char *opcode); /* for tests: each opcode before it runs; NULL: none */
    void *trace_ctx;
    uint64_t quiet_until; /* findings at lower offsets were reported by another reading of the same bytes */
} pickle_options;

typedef struct pickle_memo_entry {
    uint64_t index;
    pickle_value *value;
} pickle_memo_entry;

enum { PICKLE_MEMO_FAR = 256, PICKLE_SMALL_INTS = 256 };

typedef struct pickle_vm {
    arena *a;
    report *report;
    reader in;
    pickle_options options;

    pickle_value **stack;
    size_t count, capacity;
    size_t *marks; /* stack heights at each MARK */
    size_t mark_count, mark_capacity;

    pickle_value **memo; /* indexes below LIMIT_PICKLE_MEMO; honest writers number from zero */
    size_t memo_capacity, memo_count;
    pickle_memo_entry far[PICKLE_MEMO_FAR]; /* the few that lie beyond */
    size_t far_count;

    unsigned proto, proto_highest;
    uint64_t op_at;             /* offset of the opcode being executed */
    uint64_t frame_end;         /* of the latest frame */
    const char *wrapper_module; /* whose array wrappers this stream uses, NULL: none yet */
    size_t ops, nodes, globals, calls, arrays;
    size_t known_globals;  /* on the allow-list or the danger list: what a probe counts */
    bool first_is_objects; /* the first array is a nested pickle */
    uint64_t first_raw_at; /* where the first raw array starts, 0: none */
    uint64_t nested_left;  /* bytes of pickles within constants that may still be looked into */
    bool stopped;
    pickle_value *result;
    pickle_value *none, *yes, *no, *empty_tuple, *small_ints[PICKLE_SMALL_INTS];
} pickle_vm;

/* The whole story with options; what pickle_execute does is this with a few of them. `vm_out` may be NULL: facts for callers that
 * want more than the stream (its pointers die with the call). */
typedef struct pickle_summary {
    size_t ops, globals, known_globals, calls, arrays;
    uint64_t first_raw_at;
    bool first_is_objects, broken, limited;
} pickle_summary;
bool pickle_run(arena *a, bytes file, uint64_t at, const pickle_options *options, report *r,
                pickle_stream *out, pickle_summary *summary, err *e) MUST_USE;

/* --- values ---------------------------------------------------------------------------------------------------------------- */

/* Notes in pickle_value.marks. */
enum {
    PICKLE_MARK_HOOK_KEY = 1 << 0,   /* a DICT with a key that the interpreter or the loader would call */
    PICKLE_MARK_ODD_KEY = 1 << 1,    /* a DICT with a key that is no text */
    PICKLE_MARK_MADE_KEY = 1 << 2,   /* ... but an object, which may be equal to a text (numpy.str_, str) */
    PICKLE_MARK_JUDGED = 1 << 3,     /* a CALL that passed its rule */
    PICKLE_MARK_UNHASHABLE = 1 << 4, /* a TUPLE that holds a list, dict or set */
};

pickle_value *pickle_new(pickle_vm *vm, pickle_kind kind, err *e) MUST_USE;
pickle_value *pickle_new_int(pickle_vm *vm, int64_t number, err *e) MUST_USE;
bool pickle_items_add(pickle_vm *vm, pickle_value ***items, size_t *count, size_t *capacity,
                      pickle_value *const *more, size_t more_count, err *e) MUST_USE;

/* --- stack, marks, memo ------------------------------------------------------------------------------------------------------ */

bool pickle_stack_grow(pickle_vm *vm, err *e) MUST_USE;
void pickle_say_too_few(err *e);

/* These few are half of what a stream does, and so are part of every step. */
static inline bool pickle_push(pickle_vm *vm, pickle_value *v, err *e)
{
    if (!v) return false; /* the maker has said why */
    if (vm->count == vm->capacity && !pickle_stack_grow(vm, e)) return false;
    vm->stack[vm->count++] = v;
    return true;
}

/* Values below the topmost mark are out of reach, as in CPython. */
static inline size_t pickle_floor(const pickle_vm *vm)
{
    return vm->mark_count ? vm->marks[vm->mark_count - 1] : 0;
}

static inline bool pickle_top(const pickle_vm *vm, pickle_value **v, err *e)
{
    if (vm->count <= pickle_floor(vm)) {
        pickle_say_too_few(e);
        return false;
    }
    *v = vm->stack[vm->count - 1];
    return true;
}

static inline bool pickle_pop(pickle_vm *vm, pickle_value **v, err *e)
{
    if (!pickle_top(vm, v, e)) return false;
    vm->count--;
    return true;
}

/* The values above the topmost mark, which is dropped with them. The view is valid until the next push. */
bool pickle_pop_mark(pickle_vm *vm, pickle_value ***items, size_t *count, err *e) MUST_USE;
bool pickle_memo_put(pickle_vm *vm, uint64_t index, err *e) MUST_USE;
bool pickle_memo_get(pickle_vm *vm, uint64_t index, err *e) MUST_USE;

/* Takes of the argument, each with its message. */
void pickle_say_too_short(const pickle_vm *vm, uint64_t count, err *e);
static inline bool pickle_take(pickle_vm *vm, uint64_t count, bytes *taken, err *e)
{
    bytes b = reader_take(&vm->in, count);
    if (vm->in.failed) {
        pickle_say_too_short(vm, count, e);
        return false;
    }
    *taken = b;
    return true;
}
bool pickle_take_line(pickle_vm *vm, str *line, err *e) MUST_USE;

/* --- text of opcodes (text.c) -------------------------------------------------------------------------------------------------- */

bool pickle_text_string(pickle_vm *vm, str line, str *text, err *e) MUST_USE; /* quoted, escaped: STRING */
bool pickle_text_unicode(pickle_vm *vm, str line, str *text,
                         err *e) MUST_USE; /* raw-unicode-escape: UNICODE */
bool pickle_text_int(pickle_vm *vm, str line, bool any_base, pickle_value **v, err *e) MUST_USE;
bool pickle_text_float(str line, double *number, err *e) MUST_USE;

/* --- steps -------------------------------------------------------------------------------------------------------------------- */

/* clang-format off */
#define PICKLE_STEPS(X)                                                                                 \
    X(mark) X(stop) X(pop) X(pop_mark) X(dup) X(proto) X(frame) X(none) X(newtrue) X(newfalse) X(int)   \
    X(long) X(binint) X(binint1) X(binint2) X(long1) X(long4) X(float) X(binfloat) X(string)            \
    X(binstring) X(short_binstring) X(unicode) X(short_binunicode) X(binunicode) X(binunicode8)         \
    X(binbytes) X(short_binbytes) X(binbytes8) X(bytearray8) X(next_buffer) X(readonly_buffer)          \
    X(empty_tuple) X(tuple) X(tuple1) X(tuple2) X(tuple3) X(empty_list) X(list) X(append) X(appends)    \
    X(empty_dict) X(dict) X(setitem) X(setitems) X(empty_set) X(additems) X(frozenset) X(put)           \
    X(binput) X(long_binput) X(memoize) X(get) X(binget) X(long_binget) X(global) X(stack_global)       \
    X(inst) X(obj) X(reduce) X(newobj) X(newobj_ex) X(build) X(persid) X(binpersid) X(ext1) X(ext2)     \
    X(ext4)
/* clang-format on */
#define PICKLE_STEP_DECLARE(name) bool pickle_step_##name(pickle_vm *vm, err *e) MUST_USE;
PICKLE_STEPS(PICKLE_STEP_DECLARE)
#undef PICKLE_STEP_DECLARE

/* --- joblib (joblib.c) --------------------------------------------------------------------------------------------------------- */

/* After the BUILD of `wrapper`, a joblib.numpy_pickle.NumpyArrayWrapper: skip the raw array that follows and turn the value into it. */
bool pickle_joblib_array(pickle_vm *vm, pickle_value *wrapper, err *e) MUST_USE;
bool pickle_joblib_is_wrapper(const pickle_value *v);

/* --- numpy (ndarray.c) --------------------------------------------------------------------------------------------------------- */

/* "f8", "<U10", "|O" ... : the codes that numpy itself writes. */
bool pickle_dtype_code(str code, pickle_dtype *out) MUST_USE;
bool pickle_dtype_state_fits(const pickle_value *dtype, const pickle_value *state) MUST_USE;
bool pickle_shape(const pickle_value *v, uint64_t *shape, unsigned *rank, uint64_t *count, err *e) MUST_USE;

#endif
