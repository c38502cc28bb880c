/*
 * format/pickle/names.c - what the spelling of a name says about it.
 */
#include "pickle/judge.h"

static bool is_identifier(str part)
{
    if (part.len == 0 || (part.data[0] >= '0' && part.data[0] <= '9')) return false;
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
    if (str_eq(key, STR("__doc__")) || str_eq(key, STR("__name__"))) return false; /* never called */
    if (pickle_name_is_dunder(key)) return true;
    for (size_t i = 0; i < COUNT_OF(hooks); i++)
        if (str_eq_c(key, hooks[i])) return true;
    return false;
}
