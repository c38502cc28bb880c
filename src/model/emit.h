/*
 * model/emit.h - pickle opcodes, one function each. Texts, globals and dtypes are written once and then referred to.
 */
#ifndef MODEL_EMIT_H
#define MODEL_EMIT_H

#include "base/buf.h"

enum { EMIT_MEMO_MAX = 512 };

typedef struct emitter {
    buf *out;
    struct {
        str key;
        uint32_t slot;
    } memo[EMIT_MEMO_MAX]; /* keys are borrowed and must outlive the emitter */
    uint32_t memo_count, next_slot;
} emitter;

void emit_start(emitter *w, buf *out);
void emit_stop(emitter *w);
void emit_op(emitter *w, char op);
void emit_none(emitter *w);
void emit_bool(emitter *w, bool value);
void emit_int(emitter *w, int64_t value);
void emit_float(emitter *w, double value);
void emit_text(emitter *w, str text); /* remembered */
void emit_bytes(emitter *w, bytes data);
void emit_global(emitter *w, const char *module, const char *name);
/* A remembered value other than text; its key is a literal that starts with a NUL: true when it was written already and is now referred to. Otherwise write it, then emit_remember. */
bool emit_recall(emitter *w, const char *key);
void emit_remember(emitter *w, const char *key);
void emit_key(emitter *w, const char *key); /* a literal as dict key */

#endif
