/*
 * format/pickle/judge.h - the verdict: called by the machine for everything a load would import, call or fill.
 *
 * All functions return false for memory alone. Findings are made at the opcode, whatever becomes of the value afterwards: a call whose
 * result is dropped has run.
 */
#ifndef FORMAT_PICKLE_JUDGE_H
#define FORMAT_PICKLE_JUDGE_H

#include "base/buf.h"
#include "pickle/machine.h"

typedef enum pickle_fill { PICKLE_FILL_APPEND, PICKLE_FILL_SET, PICKLE_FILL_ADD } pickle_fill;

bool pickle_judge_global(pickle_vm *vm, pickle_value *global, str raw_module, str raw_name, err *e) MUST_USE;
bool pickle_judge_computed(pickle_vm *vm, const pickle_value *module, const pickle_value *name,
                           err *e) MUST_USE;
/* In the second reading: `name`, an operand of `global`, may come from before the first array. */
bool pickle_judge_old_name(pickle_vm *vm, const pickle_value *global, const pickle_value *name, err *e);
bool pickle_judge_call(pickle_vm *vm, pickle_value *call, err *e) MUST_USE;
bool pickle_judge_build(pickle_vm *vm, const pickle_value *target, const pickle_value *state,
                        err *e) MUST_USE;
bool pickle_judge_fill(pickle_vm *vm, const pickle_value *target, pickle_fill how, pickle_value *const *items,
                       size_t count, err *e) MUST_USE;
/* Values put into a container: notes keys that would be called, reports functions kept as data. */
bool pickle_judge_items(pickle_vm *vm, pickle_value *container, pickle_value *const *items, size_t count,
                        err *e) MUST_USE;
bool pickle_judge_persid(pickle_vm *vm, const pickle_value *id, err *e) MUST_USE;
bool pickle_judge_extension(pickle_vm *vm, uint64_t code, err *e) MUST_USE;
bool pickle_judge_buffer(pickle_vm *vm, err *e) MUST_USE;
bool pickle_judge_companion(pickle_vm *vm, str filename, bool is_bare, err *e) MUST_USE;
/* A raw array that readers find in different places: `where` completes "The file keeps an array ...". */
bool pickle_judge_array(pickle_vm *vm, const char *where, err *e);
bool pickle_judge_result(pickle_vm *vm, err *e) MUST_USE;
bool pickle_judge_broken(pickle_vm *vm, const err *trouble, err *e) MUST_USE;

/* A call that builds a code object: tells of the function that it is (byvalue.c). */
bool pickle_judge_code(pickle_vm *vm, const pickle_value *call, err *e) MUST_USE;

/* --- names (names.c) --------------------------------------------------------------------------------------------------------------- */

/* Every component of a dotted path a plain identifier? `__main__` is the one module with such a name that honest files use. */
bool pickle_name_is_path(str path, bool allow_main);
bool pickle_name_is_dunder(str name);
/* An attribute that the interpreter or the loader itself looks up and calls on an instance? */
bool pickle_name_is_hook(str key);

/* --- words for people (render.c) -------------------------------------------------------------------------------------------------- */

/* "posix.system('id')", at most about 400 bytes, whatever the value. */
void pickle_render_call(const pickle_value *call, buf *out);
void pickle_render_value(const pickle_value *v, buf *out);

#endif
