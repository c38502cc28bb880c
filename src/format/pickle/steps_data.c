/*
 * format/pickle/steps_data.c - opcodes that push constants. Text and data are views of the file wherever no escape must be undone.
 */
#include "pickle/machine.h"

static bool take_u64(pickle_vm *vm, size_t width, uint64_t *number, err *e)
{
    bytes b;
    if (!pickle_take(vm, width, &b, e)) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) value |= (uint64_t)b.data[i] << (8 * i);
    *number = value;
    return true;
}

/* The counted bytes behind a length of `width` bytes. A signed length may not be negative (BINSTRING, LONG4). */
static bool take_counted(pickle_vm *vm, size_t width, bool is_signed, bytes *data, err *e)
{
    uint64_t len;
    if (!take_u64(vm, width, &len, e)) return false;
    if (is_signed && len > INT32_MAX) return err_set(e, ERR_INVALID, "a length is negative");
    return pickle_take(vm, len, data, e);
}

static bool push_int(pickle_vm *vm, int64_t number, err *e)
{
    return pickle_push(vm, pickle_new_int(vm, number, e), e);
}

static bool push_str(pickle_vm *vm, str text, err *e)
{
    pickle_value *v = pickle_new(vm, PICKLE_STR, e);
    if (v) v->text = text;
    return pickle_push(vm, v, e);
}

static bool push_bytes(pickle_vm *vm, bytes data, err *e)
{
    pickle_value *v = pickle_new(vm, PICKLE_BYTES, e);
    if (v) v->raw = data;
    return pickle_push(vm, v, e);
}

/* --- None and truth -------------------------------------------------------------------------------------------------------------- */

/* One node each: constants have no identity that a stream could use. */
static bool push_shared(pickle_vm *vm, pickle_value **shared, pickle_kind kind, bool truth, err *e)
{
    if (!*shared) {
        *shared = pickle_new(vm, kind, e);
        if (*shared && kind == PICKLE_BOOL) (*shared)->boolean = truth;
    }
    return pickle_push(vm, *shared, e);
}

bool pickle_step_none(pickle_vm *vm, err *e)
{
    return push_shared(vm, &vm->none, PICKLE_NONE, false, e);
}
bool pickle_step_newtrue(pickle_vm *vm, err *e)
{
    return push_shared(vm, &vm->yes, PICKLE_BOOL, true, e);
}
bool pickle_step_newfalse(pickle_vm *vm, err *e)
{
    return push_shared(vm, &vm->no, PICKLE_BOOL, false, e);
}

/* --- numbers --------------------------------------------------------------------------------------------------------------------- */

bool pickle_step_int(pickle_vm *vm, err *e)
{
    str line;
    if (!pickle_take_line(vm, &line, e)) return false;
    if (str_eq(line, STR("00"))) return pickle_step_newfalse(vm, e); /* how protocol 0 spells False */
    if (str_eq(line, STR("01"))) return pickle_step_newtrue(vm, e);
    pickle_value *v;
    return pickle_text_int(vm, line, true, &v, e) && pickle_push(vm, v, e);
}

bool pickle_step_long(pickle_vm *vm, err *e)
{
    str line;
    if (!pickle_take_line(vm, &line, e)) return false;
    if (line.len && line.data[line.len - 1] == 'L') line.len--;
    pickle_value *v;
    return pickle_text_int(vm, line, true, &v, e) && pickle_push(vm, v, e);
}

bool pickle_step_binint(pickle_vm *vm, err *e)
{
    uint64_t n;
    return take_u64(vm, 4, &n, e) && push_int(vm, (int32_t)(uint32_t)n, e);
}
bool pickle_step_binint1(pickle_vm *vm, err *e)
{
    uint64_t n;
    return take_u64(vm, 1, &n, e) && push_int(vm, (int64_t)n, e);
}
bool pickle_step_binint2(pickle_vm *vm, err *e)
{
    uint64_t n;
    return take_u64(vm, 2, &n, e) && push_int(vm, (int64_t)n, e);
}

static bool push_long(pickle_vm *vm, bytes raw, err *e)
{
    if (raw.len <= 8) {
        uint64_t value = raw.len && raw.data[raw.len - 1] & 0x80 ? UINT64_MAX : 0;
        for (size_t i = raw.len; i-- > 0;) value = value << 8 | raw.data[i];
        return push_int(vm, (int64_t)value, e);
    }
    pickle_value *v = pickle_new(vm, PICKLE_BIGINT, e);
    if (v) v->raw = raw;
    return pickle_push(vm, v, e);
}

bool pickle_step_long1(pickle_vm *vm, err *e)
{
    bytes raw = BYTES_NONE;
    return take_counted(vm, 1, false, &raw, e) && push_long(vm, raw, e);
}
bool pickle_step_long4(pickle_vm *vm, err *e)
{
    bytes raw = BYTES_NONE;
    return take_counted(vm, 4, true, &raw, e) && push_long(vm, raw, e);
}

static bool push_float(pickle_vm *vm, double number, err *e)
{
    pickle_value *v = pickle_new(vm, PICKLE_FLOAT, e);
    if (v) v->number = number;
    return pickle_push(vm, v, e);
}

bool pickle_step_float(pickle_vm *vm, err *e)
{
    str line;
    double number;
    return pickle_take_line(vm, &line, e) && pickle_text_float(line, &number, e) && push_float(vm, number, e);
}

bool pickle_step_binfloat(pickle_vm *vm, err *e)
{
    bytes b;
    if (!pickle_take(vm, 8, &b, e)) return false;
    reader r = reader_of(b);
    uint64_t bits = reader_u64be(&r);
    double number;
    memcpy(&number, &bits, sizeof(number));
    return push_float(vm, number, e);
}

/* --- text ------------------------------------------------------------------------------------------------------------------------ */

bool pickle_step_string(pickle_vm *vm, err *e)
{
    str line, text;
    return pickle_take_line(vm, &line, e) && pickle_text_string(vm, line, &text, e) && push_str(vm, text, e);
}

bool pickle_step_unicode(pickle_vm *vm, err *e)
{
    str line, text;
    return pickle_take_line(vm, &line, e) && pickle_text_unicode(vm, line, &text, e) && push_str(vm, text, e);
}

static bool push_counted_str(pickle_vm *vm, size_t width, bool is_signed, err *e)
{
    bytes data = BYTES_NONE;
    return take_counted(vm, width, is_signed, &data, e) && push_str(vm, bytes_str(data), e);
}

bool pickle_step_binstring(pickle_vm *vm, err *e)
{
    return push_counted_str(vm, 4, true, e);
}
bool pickle_step_short_binstring(pickle_vm *vm, err *e)
{
    return push_counted_str(vm, 1, false, e);
}

/* UTF-8 as pickle reads it, with lone surrogates ("surrogatepass"). */
static bool is_unicode(str s)
{
    if (str_is_utf8(s)) return true;
    size_t from = 0;
    for (size_t i = 0; i + 2 < s.len; i++) {
        const uint8_t *p = (const uint8_t *)s.data + i;
        if (p[0] != 0xed || p[1] < 0xa0 || p[1] > 0xbf || (p[2] & 0xc0) != 0x80) continue;
        if (!str_is_utf8(str_slice(s, from, i - from))) return false;
        i += 2;
        from = i + 1;
    }
    return from && str_is_utf8(str_skip(s, from));
}

static bool push_unicode(pickle_vm *vm, size_t width, err *e)
{
    bytes data;
    if (!take_counted(vm, width, false, &data, e)) return false;
    if (!is_unicode(bytes_str(data)))
        return err_set(e, ERR_INVALID, "a text of %zu bytes is not UTF-8", data.len);
    return push_str(vm, bytes_str(data), e);
}

bool pickle_step_short_binunicode(pickle_vm *vm, err *e)
{
    return push_unicode(vm, 1, e);
}
bool pickle_step_binunicode(pickle_vm *vm, err *e)
{
    return push_unicode(vm, 4, e);
}
bool pickle_step_binunicode8(pickle_vm *vm, err *e)
{
    return push_unicode(vm, 8, e);
}

/* --- data ------------------------------------------------------------------------------------------------------------------------ */

static bool push_counted_bytes(pickle_vm *vm, size_t width, err *e)
{
    bytes data = BYTES_NONE;
    return take_counted(vm, width, false, &data, e) && push_bytes(vm, data, e);
}

bool pickle_step_short_binbytes(pickle_vm *vm, err *e)
{
    return push_counted_bytes(vm, 1, e);
}
bool pickle_step_binbytes(pickle_vm *vm, err *e)
{
    return push_counted_bytes(vm, 4, e);
}
bool pickle_step_binbytes8(pickle_vm *vm, err *e)
{
    return push_counted_bytes(vm, 8, e);
}
bool pickle_step_bytearray8(pickle_vm *vm, err *e)
{
    return push_counted_bytes(vm, 8, e);
}
