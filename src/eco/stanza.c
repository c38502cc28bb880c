/*
 * eco/stanza.c - fields are views into the text; nothing is copied.
 */
#include "stanza.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One line, and every following line that starts with white space and has anything else on it. */
static str take_folded(str *rest)
{
    size_t end = 0;
    do {
        ptrdiff_t line_end = str_find(str_skip(*rest, end), '\n');
        end = line_end < 0 ? rest->len : end + (size_t)line_end + 1;
    } while (end < rest->len && is_blank(rest->data[end]) &&
             !str_is_empty(str_trim(stanza_first_line(str_skip(*rest, end)))));
    str taken = str_slice(*rest, 0, end);
    *rest = str_skip(*rest, end);
    return taken;
}

stanza_step stanza_next(str *rest, str *name, str *value)
{
    while (rest->len) {
        str taken = take_folded(rest), before, after;
        if (str_is_empty(str_trim(taken))) return STANZA_BLANK;
        if (!str_cut(taken, ':', &before, &after)) continue;
        *name = str_trim(before);
        *value = str_trim(after);
        return STANZA_FIELD;
    }
    return STANZA_END;
}

str stanza_first_line(str value)
{
    str line, others;
    str_cut(value, '\n', &line, &others);
    return str_trim(line);
}
