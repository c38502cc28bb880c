/*
 * format/pickle/text.c - the arguments that protocol 0 writes as text.
 *
 * Where CPython's two loaders accept different spellings we accept both: refusing one that a loader reads would hide what follows it.
 */
#include "base/buf.h"
#include "base/limits.h"
#include "pickle/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* `count` hexadecimal digits at the front of `s`. */
static bool hex_number(str s, size_t count, uint32_t *number)
{
    if (s.len < count) return false;
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = hex_digit(s.data[i]);
        if (digit < 0) return false;
        value = value << 4 | (uint32_t)digit;
    }
    *number = value;
    return true;
}

/* --- STRING: a quoted literal ------------------------------------------------------------------------------------------------ */

static int simple_escape(char c)
{
    static const char from[] = "\\'\"bftnrva", to[] = "\\'\"\b\f\t\n\r\v\a";
    const char *at = c ? strchr(from, c) : NULL;
    return at ? (unsigned char)to[at - from] : -1;
}

/* The escape whose backslash was just taken; *rest starts behind it. Unknown ones keep their backslash, as in Python. */
static bool string_escape(str *rest, char **out, err *e)
{
    if (rest->len == 0) return err_set(e, ERR_INVALID, "a string ends in a lone backslash");
    char c = rest->data[0];
    int simple = simple_escape(c);
    if (simple >= 0) {
        *(*out)++ = (char)simple;
        *rest = str_skip(*rest, 1);
    } else if (c == 'x') {
        uint32_t value;
        if (!hex_number(str_skip(*rest, 1), 2, &value))
            return err_set(e, ERR_INVALID, "a string holds an invalid \\x escape");
        *(*out)++ = (char)value;
        *rest = str_skip(*rest, 3);
    } else if (c >= '0' && c <= '7') {
        unsigned value = 0, digits = 0;
        while (digits < 3 && rest->len && rest->data[0] >= '0' && rest->data[0] <= '7') {
            value = value * 8 + (unsigned)(rest->data[0] - '0');
            *rest = str_skip(*rest, 1);
            digits++;
        }
        *(*out)++ = (char)(value & 0xff);
    } else {
        *(*out)++ = '\\';
    }
    return true;
}

bool pickle_text_string(pickle_vm *vm, str line, str *text, err *e)
{
    str quoted = str_trim(line);
    bool is_quoted = quoted.len >= 2 && (quoted.data[0] == '\'' || quoted.data[0] == '"') &&
                     quoted.data[0] == quoted.data[quoted.len - 1];
    if (!is_quoted) return err_set(e, ERR_INVALID, "the text of STRING is not quoted");

    str rest = str_slice(quoted, 1, quoted.len - 2);
    *text = rest;
    if (str_find(rest, '\\') < 0) return true;

    char *start = arena_alloc(vm->a, rest.len + 1), *out = start;
    if (!start)
        return err_set(e, ERR_TOO_LARGE, "a string of %zu bytes exceeds the memory of one scan", rest.len);
    while (rest.len) {
        char c = rest.data[0];
        rest = str_skip(rest, 1);
        if (c != '\\')
            *out++ = c;
        else if (!string_escape(&rest, &out, e))
            return false;
    }
    *text = (str){start, (size_t)(out - start)};
    return true;
}

/* --- UNICODE: raw-unicode-escape ---------------------------------------------------------------------------------------------- */

/* Surrogates are encoded as three bytes like any other code point below U+10000: Python keeps them, so we must too. */
static char *utf8_put(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

static bool is_plain_ascii(str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] == '\\' || (unsigned char)s.data[i] >= 0x80) return false;
    return true;
}

/* What follows a backslash: \uXXXX or \UXXXXXXXX is a character; anything else is itself, together with its backslash. */
static bool unicode_escape(str *rest, char **out, err *e)
{
    char c = rest->len ? rest->data[0] : '\0';
    if (c != 'u' && c != 'U') {
        *(*out)++ = '\\';
        if (rest->len) *out = utf8_put(*out, (unsigned char)c);
        *rest = str_skip(*rest, 1);
        return true;
    }
    size_t digits = c == 'u' ? 4 : 8;
    uint32_t code;
    if (!hex_number(str_skip(*rest, 1), digits, &code) || code > 0x10ffff)
        return err_set(e, ERR_INVALID, "a text holds an invalid \\%c escape", c);
    *out = utf8_put(*out, code);
    *rest = str_skip(*rest, 1 + digits);
    return true;
}

bool pickle_text_unicode(pickle_vm *vm, str line, str *text, err *e)
{
    *text = line;
    if (is_plain_ascii(line)) return true;

    char *start = arena_alloc(vm->a, 2 * line.len + 4), *out = start;
    if (!start)
        return err_set(e, ERR_TOO_LARGE, "a text of %zu bytes exceeds the memory of one scan", line.len);
    str rest = line;
    while (rest.len) {
        char c = rest.data[0];
        rest = str_skip(rest, 1);
        if (c != '\\')
            out = utf8_put(out, (unsigned char)c); /* other bytes are Latin-1 */
        else if (!unicode_escape(&rest, &out, e))
            return false;
    }
    *text = (str){start, (size_t)(out - start)};
    return true;
}

/* --- numbers --------------------------------------------------------------------------------------------------------------------- */

/* Python refuses longer decimal integers itself (sys.set_int_max_str_digits), and the conversion is quadratic. */
enum { DIGITS_MAX = 4300, DIGIT_WORDS = DIGITS_MAX * 4 / 32 + 2 };

/* "0x1f", "0o17", "0b11" -> base, and the digits behind the prefix. Base-0 parsing of Python; a leading zero alone means nothing else. */
static unsigned int_base(str *digits)
{
    if (digits->len < 3 || digits->data[0] != '0') return 10;
    char mark = (char)(digits->data[1] | 0x20);
    unsigned base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
    if (base != 10) *digits = str_skip(*digits, 2);
    return base;
}

/* Little endian words = words * base + digit. */
static void words_shift_in(uint32_t *words, size_t *used, unsigned base, unsigned digit)
{
    uint64_t carry = digit;
    for (size_t i = 0; i < *used; i++) {
        carry += (uint64_t)words[i] * base;
        words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) words[(*used)++] = (uint32_t)carry;
}

static void words_negate(uint32_t *words, size_t count)
{
    uint64_t carry = 1;
    for (size_t i = 0; i < count; i++) {
        carry += (uint32_t)~words[i];
        words[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static pickle_value *bigint_new(pickle_vm *vm, const uint32_t *words, size_t used, err *e)
{
    size_t len = used * 4;
    uint8_t *raw = arena_alloc(vm->a, len);
    if (!raw) {
        err_set(e, ERR_TOO_LARGE, "an integer exceeds the memory of one scan");
        return NULL;
    }
    for (size_t i = 0; i < len; i++) raw[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    pickle_value *v = pickle_new(vm, PICKLE_BIGINT, e);
    if (v) v->raw = (bytes){raw, len};
    return v;
}

static bool int_from_digits(pickle_vm *vm, str digits, bool negative, unsigned base, pickle_value **v, err *e)
{
    uint32_t words[DIGIT_WORDS] = {0};
    size_t used = 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] == '_') continue;
        int digit = hex_digit(digits.data[i]);
        if (digit < 0 || (unsigned)digit >= base)
            return err_set(e, ERR_INVALID, "'%.*s' is not an integer",
                           (int)(digits.len < 40 ? digits.len : 40), digits.data);
        words_shift_in(words, &used, base, (unsigned)digit);
    }
    uint64_t low = words[0] | (uint64_t)words[1] << 32;
    if (used <= 2 && low <= (uint64_t)INT64_MAX + negative) {
        *v = pickle_new_int(vm, negative ? (int64_t)(0 - low) : (int64_t)low, e);
    } else {
        used++; /* room for the sign */
        if (negative) words_negate(words, used);
        *v = bigint_new(vm, words, used, e);
    }
    return *v != NULL;
}

bool pickle_text_int(pickle_vm *vm, str line, bool any_base, pickle_value **v, err *e)
{
    str digits = str_trim(line);
    bool negative = digits.len && digits.data[0] == '-';
    if (digits.len && (negative || digits.data[0] == '+')) digits = str_skip(digits, 1);
    unsigned base = any_base ? int_base(&digits) : 10;
    if (digits.len == 0) return err_set(e, ERR_INVALID, "an integer has no digits");
    if (digits.len > DIGITS_MAX)
        return err_set(e, ERR_TOO_LARGE, "an integer has %zu digits, Python reads at most %d", digits.len,
                       DIGITS_MAX);
    return int_from_digits(vm, digits, negative, base, v, e);
}

bool pickle_text_float(str line, double *number, err *e)
{
    str text = str_trim(line);
    char copy[512];
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < sizeof(copy) - 1; i++)
        if (text.data[i] != '_') copy[len++] = text.data[i];
    copy[len] = '\0';

    /* strtod also reads hexadecimal, which Python does not. */
    char *end = copy;
    double value = strtod(copy, &end);
    if (text.len >= sizeof(copy) || len == 0 || *end != '\0' || strpbrk(copy, "xXpP") || strchr(copy, '('))
        return err_set(e, ERR_INVALID, "'%.40s' is not a number", copy);
    *number = value;
    return true;
}
