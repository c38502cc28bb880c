/*
 * format/pickle/names.c - what the spelling of a name says about it.
 */
#include "pickle/judge.h"

/* Blanks, invisible signs and controls beyond ASCII: on a screen the name looks like another one. */
static bool has_blank(str part)
{
    static const char *const blanks[] = {"\xe1\x9a\x80", "\xe1\xa0\x8e", "\xe2\x80",
                                         "\xe2\x81",     "\xe3\x80\x80", "\xef\xbb\xbf"};
    for (size_t i = 0; i + 1 < part.len; i++)
        if (part.data[i] == '\xc2' && (unsigned char)part.data[i + 1] <= 0xa0) return true;
    for (size_t i = 0; i < COUNT_OF(blanks); i++)
        if (str_contains(part, str_from_c(blanks[i]))) return true;
    return false;
}

static bool is_identifier(str part)
{
    if (part.len == 0 || (part.data[0] >= '0' && part.data[0] <= '9') || has_blank(part)) return false;
    for (size_t i = 0; i < part.len; i++) {
        unsigned char c = (unsigned char)part.data[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                    c >= 0x80;
        if (!fits) return false;
    }
    return true;
}

bool pickle_name_is_dunder(str name)
{
    return name.len > 4 && str_starts_with(name, STR("__")) && str_ends_with(name, STR("__"));
}

bool pickle_name_is_path(str path, bool allow_main)
{
    if (str_ends_with(path, STR("."))) return false;
    if (allow_main && str_eq(path, STR("__main__"))) return true;
    if (allow_main && str_eq(path, STR("__builtin__"))) return true;
    str part;
    bool any = false;
    for (str rest = path; str_next(&rest, '.', &part); any = true)
        if (!is_identifier(part) || pickle_name_is_dunder(part)) return false;
    return any;
}

bool pickle_name_is_hook(str key)
{
    static const char *const hooks[] = {"append", "extend", "add", "update", "read", "close", "write"};
    /* Never called; the last one is a dict of networkx. */
    if (str_eq(key, STR("__doc__")) || str_eq(key, STR("__name__")) || str_eq(key, STR("__networkx_cache__")))
        return false;
    if (pickle_name_is_dunder(key)) return true;
    for (size_t i = 0; i < COUNT_OF(hooks); i++)
        if (str_eq_c(key, hooks[i])) return true;
    return false;
}
