/*
 * model/emit.c - protocol 3 opcodes (CPython's pickletools has the table).
 */
#include "emit.h"

void emit_op(emitter *w, char op)
{
    buf_add_byte(w->out, (uint8_t)op);
}

static void emit_u32(emitter *w, uint32_t value)
{
    uint8_t le[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
    buf_add(w->out, (bytes){le, sizeof le});
}

void emit_start(emitter *w, buf *out)
{
    *w = (emitter){.out = out};
    buf_add_str(out, STR("\x80\x03"));
}

void emit_stop(emitter *w)
{
    emit_op(w, '.');
}

void emit_none(emitter *w)
{
    emit_op(w, 'N');
}

void emit_bool(emitter *w, bool value)
{
    emit_op(w, value ? '\x88' : '\x89');
}

void emit_int(emitter *w, int64_t value)
{
    if (value >= 0 && value <= 0xff) {
        emit_op(w, 'K');
        buf_add_byte(w->out, (uint8_t)value);
    } else if (value >= INT32_MIN && value <= INT32_MAX) {
        emit_op(w, 'J');
        emit_u32(w, (uint32_t)value);
    } else { /* LONG1: eight bytes, little endian, two's complement */
        emit_op(w, '\x8a');
        buf_add_byte(w->out, 8);
        emit_u32(w, (uint32_t)(uint64_t)value);
        emit_u32(w, (uint32_t)((uint64_t)value >> 32));
    }
}

void emit_float(emitter *w, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    emit_op(w, 'G');
    for (int shift = 56; shift >= 0; shift -= 8) buf_add_byte(w->out, (uint8_t)(bits >> shift));
}

static bool recall(emitter *w, str key)
{
    for (uint32_t i = 0; i < w->memo_count; i++) {
        if (!str_eq(w->memo[i].key, key)) continue;
        uint32_t slot = w->memo[i].slot;
        emit_op(w, slot < 256 ? 'h' : 'j');
        if (slot < 256)
            buf_add_byte(w->out, (uint8_t)slot);
        else
            emit_u32(w, slot);
        return true;
    }
    return false;
}

/* A full table only makes the file larger. */
static void remember(emitter *w, str key)
{
    if (w->memo_count == EMIT_MEMO_MAX) return;
    uint32_t slot = w->next_slot++;
    w->memo[w->memo_count].key = key;
    w->memo[w->memo_count++].slot = slot;
    emit_op(w, slot < 256 ? 'q' : 'r');
    if (slot < 256)
        buf_add_byte(w->out, (uint8_t)slot);
    else
        emit_u32(w, slot);
}

void emit_text(emitter *w, str text)
{
    if (recall(w, text)) return;
    emit_op(w, 'X');
    emit_u32(w, (uint32_t)text.len);
    buf_add_str(w->out, text);
    remember(w, text);
}

void emit_key(emitter *w, const char *key)
{
    emit_text(w, str_from_c(key));
}

/* Values other than texts are remembered under keys that no text can be: they start with a NUL. */
static str value_key(const char *key)
{
    return (str){key, strlen(key + 1) + 1};
}

bool emit_recall(emitter *w, const char *key)
{
    return recall(w, value_key(key));
}

void emit_remember(emitter *w, const char *key)
{
    remember(w, value_key(key));
}

void emit_bytes(emitter *w, bytes data)
{
    if (data.len < 256) {
        emit_op(w, 'C');
        buf_add_byte(w->out, (uint8_t)data.len);
    } else if (data.len <= UINT32_MAX) {
        emit_op(w, 'B');
        emit_u32(w, (uint32_t)data.len);
    } else {
        w->out->failed = true; /* 4 GiB of one tree: buf_ok reports it */
        return;
    }
    buf_add(w->out, data);
}

void emit_global(emitter *w, const char *module, const char *name)
{
    emit_op(w, 'c');
    buf_add_str(w->out, str_from_c(module));
    buf_add_byte(w->out, '\n');
    buf_add_str(w->out, str_from_c(name));
    buf_add_byte(w->out, '\n');
}
