/*
 * format/source/python_lex.h - the tokens of Python 3 (language reference, chapter 2), with indentation, line joining and f-strings.
 */
#ifndef FORMAT_SOURCE_PYTHON_LEX_H
#define FORMAT_SOURCE_PYTHON_LEX_H

#include "base/buf.h"
#include "base/str.h"

typedef enum python_kind {
    PYTHON_END,
    PYTHON_NEWLINE, /* of a logical line */
    PYTHON_INDENT,
    PYTHON_DEDENT,
    PYTHON_NAME, /* keywords too */
    PYTHON_NUMBER,
    PYTHON_TEXT, /* of any prefix, with its quotes */
    PYTHON_SIGN,
    PYTHON_BROKEN, /* nothing that Python would take; the last token */
} python_kind;

typedef struct python_token {
    python_kind kind;
    str raw;
    uint32_t line; /* from 1 on */
} python_token;

enum { PYTHON_INDENTS = 100 }; /* as many as CPython has */

typedef struct python_lexer {
    str text;
    size_t at;
    uint32_t line;
    unsigned depth; /* of brackets: within them lines are joined */
    uint32_t indents[PYTHON_INDENTS];
    unsigned indent_count, dedents_due;
    bool is_line_start, is_expression; /* an expression of an f-string has no lines */
} python_lexer;

void python_lex_init(python_lexer *l, str text, uint32_t first_line);
python_token python_next(python_lexer *l);

/* What stands between the quotes, escapes decoded, at most `out`'s ceiling. *is_formatted: it has expressions in braces. */
void python_text_value(str raw, buf *out, bool *is_formatted);
/* Walk the expressions in the braces of an f-string, without conversion and format. */
bool python_next_field(str raw, size_t *at, str *expression);

#endif
