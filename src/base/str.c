/*
 * base/str.c - views of text. Nothing here allocates.
 */
#include "base/str.h"

#include <endian.h>

static unsigned char ascii_lower(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool str_eq_nocase(str a, str b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i])) return false;
    return true;
}

int str_compare(str a, str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order != 0) return order < 0 ? -1 : 1;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool str_contains(str s, str part)
{
    if (part.len == 0) return true;
    return s.len >= part.len && memmem(s.data, s.len, part.data, part.len) != NULL;
}

ptrdiff_t str_find(str s, char c)
{
    const char *at = s.len ? memchr(s.data, c, s.len) : NULL;
    return at ? at - s.data : -1;
}

ptrdiff_t str_find_last(str s, char c)
{
    const char *at = s.len ? memrchr(s.data, c, s.len) : NULL;
    return at ? at - s.data : -1;
}

str str_slice(str s, size_t from, size_t len)
{
    if (from >= s.len) return (str){s.data ? s.data + s.len : NULL, 0};
    size_t left = s.len - from;
    return (str){s.data + from, len <= left ? len : left};
}

str str_skip(str s, size_t count)
{
    return str_slice(s, count, s.len);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

str str_trim(str s)
{
    while (s.len && is_space(s.data[0])) s = str_skip(s, 1);
    while (s.len && is_space(s.data[s.len - 1])) s.len--;
    return s;
}

bool str_cut(str s, char separator, str *before, str *after)
{
    ptrdiff_t at = str_find(s, separator);
    if (at < 0) {
        *before = s;
        *after = STR_NONE;
        return false;
    }
    *before = str_slice(s, 0, (size_t)at);
    *after = str_skip(s, (size_t)at + 1);
    return true;
}

bool str_next(str *rest, char separator, str *part)
{
    if (rest->len == 0) return false;
    str_cut(*rest, separator, part, rest);
    return true;
}

bool str_to_u64(str s, uint64_t *value)
{
    uint64_t number = 0;
    if (s.len == 0) return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') return false;
        if (__builtin_mul_overflow(number, 10u, &number)) return false;
        if (__builtin_add_overflow(number, (uint64_t)(s.data[i] - '0'), &number)) return false;
    }
    *value = number;
    return true;
}

bool str_to_i64(str s, int64_t *value)
{
    bool negative = s.len > 0 && s.data[0] == '-';
    uint64_t number;
    if (!str_to_u64(negative ? str_skip(s, 1) : s, &number)) return false;
    if (number > (uint64_t)INT64_MAX + negative) return false;
    *value = negative ? (int64_t)(0 - number) : (int64_t)number;
    return true;
}

/* Length of the well-formed sequence at the front (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF), or 0. */
static size_t utf8_sequence(const uint8_t *p, size_t left)
{
    if (p[0] < 0x80) return 1;
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < len) return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0) return 0;
    if (p[0] == 0xed && p[1] > 0x9f) return 0;
    if (p[0] == 0xf0 && p[1] < 0x90) return 0;
    if (p[0] == 0xf4 && p[1] > 0x8f) return 0;
    return len;
}

/* How many bytes at the front are ASCII. */
static size_t ascii_run(const uint8_t *p, size_t len)
{
    size_t at = 0;
    for (uint64_t eight; len - at >= sizeof(eight); at += sizeof(eight)) {
        memcpy(&eight, p + at, sizeof(eight));
        eight = le64toh(eight) & UINT64_C(0x8080808080808080);
        if (eight) return at + (size_t)__builtin_ctzll(eight) / 8;
    }
    while (at < len && p[at] < 0x80) at++;
    return at;
}

bool str_is_utf8(str s)
{
    const uint8_t *p = (const uint8_t *)s.data;
    for (size_t at = ascii_run(p, s.len); at < s.len;) {
        /* Pairs are most of what is not ASCII: protocols before 3 write the bytes of an array as text of such. */
        bool is_pair = p[at] >= 0xc2 && p[at] <= 0xdf && s.len - at >= 2 && (p[at + 1] & 0xc0) == 0x80;
        size_t step = is_pair ? 2 : utf8_sequence(p + at, s.len - at);
        if (step == 0) return false;
        at += step;
        if (at < s.len && p[at] < 0x80) at += ascii_run(p + at, s.len - at);
    }
    return true;
}
