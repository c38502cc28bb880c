/*
 * base/str.h - text and data as views: a pointer and a length, never a terminator.
 *
 * A view borrows; whoever made the memory owns it (usually an arena). A NUL is a byte like any other.
 * Threads: plain values, freely shared while the memory lives.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *data;
    size_t len;
} str;

typedef struct bytes {
    const uint8_t *data;
    size_t len;
} bytes;

#define STR(literal) ((str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((str){NULL, 0})
#define BYTES_NONE ((bytes){NULL, 0})

/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) ((int)(s).len), ((s).data ? (s).data : "")

static inline str str_from_c(const char *text)
{
    return text ? (str){text, strlen(text)} : STR_NONE;
}
static inline bytes str_bytes(str s)
{
    return (bytes){(const uint8_t *)s.data, s.len};
}
static inline str bytes_str(bytes b)
{
    return (str){(const char *)b.data, b.len};
}
static inline bool str_is_empty(str s)
{
    return s.len == 0;
}

static inline bool str_eq(str a, str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
/* The same of a C string, which is measured only when it begins like the text. */
static inline bool str_eq_c(str a, const char *text)
{
    return a.len ? a.data[0] == text[0] && str_eq(a, str_from_c(text)) : text[0] == '\0';
}
bool str_eq_nocase(str a, str b); /* ASCII letters only */
int str_compare(str a, str b);    /* byte order, shorter first: -1, 0, 1 */
static inline bool str_starts_with(str s, str prefix)
{
    return s.len >= prefix.len && str_eq((str){s.data, prefix.len}, prefix);
}
static inline bool str_ends_with(str s, str suffix)
{
    if (s.len < suffix.len || suffix.len == 0) return suffix.len == 0;
    return memcmp(s.data + (s.len - suffix.len), suffix.data, suffix.len) == 0;
}
bool str_contains(str s, str part);

/* Index of the first / last `c`, or -1. */
ptrdiff_t str_find(str s, char c);
ptrdiff_t str_find_last(str s, char c);

/* The part from `from`, at most `len` bytes; both are cut to what is there. */
str str_slice(str s, size_t from, size_t len);
str str_skip(str s, size_t count);
str str_trim(str s); /* ASCII white space at both ends */

/* Split at the first `separator`: before and after it. Without one: all of it, nothing, and false. */
bool str_cut(str s, char separator, str *before, str *after);
/* Walk the parts of a separated list: while (str_next(&rest, ',', &part)). An empty rest ends it. */
bool str_next(str *rest, char separator, str *part);

/* Decimal digits only, no sign, no white space, no overflow. */
bool str_to_u64(str s, uint64_t *value) MUST_USE;
bool str_to_i64(str s, int64_t *value) MUST_USE; /* one leading '-' allowed */
bool str_is_utf8(str s);

#endif
