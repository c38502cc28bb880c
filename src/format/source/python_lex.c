/*
 * format/source/python_lex.c - Python text into tokens.
 *
 * The strings are the hard part: since 3.12 an f-string may hold any expression, with quotes like its own, so the end of one is found by reading
 * its fields as expressions. Older text, where that is an error, reads the same.
 */
#include "source/python_lex.h"

enum { FIELD_DEPTH = 16, TAB_STOP = 8 };

typedef struct quotes {
    char quote;
    bool is_triple, is_formatted, is_raw;
    size_t body; /* where the text begins */
} quotes;

static int at_of(str text, size_t at)
{
    return at < text.len ? (unsigned char)text.data[at] : -1;
}

static bool is_name_start(int c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_part(int c)
{
    return is_name_start(c) || is_digit(c);
}

/* --- strings ------------------------------------------------------------------------------------------------------------------------ */

/* Does a string begin here? A prefix is at most two of the letters r b u f t, in any case. */
static bool quotes_at(str text, size_t at, quotes *q)
{
    *q = (quotes){0};
    size_t i = at;
    for (; i < at + 2; i++) {
        int c = at_of(text, i) | 0x20;
        if (at_of(text, i) < 0 || !strchr("rbuft", c) || c < 'a') break;
        q->is_raw = q->is_raw || c == 'r';
        q->is_formatted = q->is_formatted || c == 'f' || c == 't';
    }
    int c = at_of(text, i);
    if (c != '"' && c != '\'') return false;
    q->quote = (char)c;
    q->is_triple = at_of(text, i + 1) == c && at_of(text, i + 2) == c;
    q->body = i + (q->is_triple ? 3 : 1);
    return true;
}

static bool ends_at(str text, size_t at, const quotes *q)
{
    if (at_of(text, at) != q->quote) return false;
    return !q->is_triple || (at_of(text, at + 1) == q->quote && at_of(text, at + 2) == q->quote);
}

static bool skip_string(str text, size_t *at, unsigned depth_left);

/* Behind the ':' of a field everything is format, but for fields within it. */
static bool skip_format(str text, size_t *at, unsigned depth_left);

/* From behind '{' to behind its '}'. *end: where the expression ends. */
static bool skip_field(str text, size_t *at, size_t *end, unsigned depth_left)
{
    unsigned brackets = 0;
    if (depth_left == 0) return false;
    while (*at < text.len) {
        int c = at_of(text, *at);
        quotes q;
        *end = *at;
        bool is_prefix = *at > 0 && is_name_part(at_of(text, *at - 1));
        if (!is_prefix && quotes_at(text, *at, &q)) {
            if (!skip_string(text, at, depth_left - 1)) return false;
            continue;
        }
        ++*at;
        if (c == '}' && brackets == 0) return true;
        if (c == ':' && brackets == 0) return skip_format(text, at, depth_left - 1);
        if (c == '!' && brackets == 0 && at_of(text, *at) != '=') {
            size_t unused;
            return skip_field(text, at, &unused, depth_left - 1);
        }
        if (c == '(' || c == '[' || c == '{') brackets++;
        if ((c == ')' || c == ']' || c == '}') && brackets) brackets--;
    }
    return false;
}

static bool skip_format(str text, size_t *at, unsigned depth_left)
{
    size_t unused;
    if (depth_left == 0) return false;
    while (*at < text.len) {
        int c = at_of(text, (*at)++);
        if (c == '}') return true;
        if (c == '{' && !skip_field(text, at, &unused, depth_left - 1)) return false;
        if (c == '\n') return false;
    }
    return false;
}

/* From the prefix to behind the closing quote. */
static bool skip_string(str text, size_t *at, unsigned depth_left)
{
    quotes q;
    size_t unused;
    if (depth_left == 0 || !quotes_at(text, *at, &q)) return false;
    size_t i = q.body;
    while (i < text.len) {
        int c = at_of(text, i);
        if (ends_at(text, i, &q)) {
            *at = i + (q.is_triple ? 3 : 1);
            return true;
        }
        i++;
        if (c == '\\') {
            i++;
        } else if (c == '\n' && !q.is_triple) {
            return false;
        } else if (c == '{' && q.is_formatted) {
            if (at_of(text, i) == '{')
                i++;
            else if (!skip_field(text, &i, &unused, depth_left - 1))
                return false;
        }
    }
    return false;
}

bool python_next_field(str raw, size_t *at, str *expression)
{
    quotes q;
    if (!quotes_at(raw, 0, &q) || !q.is_formatted) return false;
    if (*at < q.body) *at = q.body;
    while (*at < raw.len) {
        int c = at_of(raw, (*at)++);
        if (c == '\\') {
            ++*at;
        } else if (c == '{' && at_of(raw, *at) == '{') {
            ++*at;
        } else if (c == '{') {
            size_t from = *at, end = from;
            if (!skip_field(raw, at, &end, FIELD_DEPTH)) return false;
            *expression = str_slice(raw, from, end - from);
            return true;
        }
    }
    return false;
}

/* --- values of strings --------------------------------------------------------------------------------------------------------------- */

static int hex_of(int c)
{
    if (is_digit(c)) return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is beyond ASCII is in no name that matters. */
static void add_code(str text, size_t *at, unsigned digits, unsigned base, buf *out)
{
    uint32_t code = 0;
    for (unsigned i = 0; i < digits; i++, ++*at) {
        int value = hex_of(at_of(text, *at));
        if (value < 0 || (unsigned)value >= base) break;
        code = code * base + (uint32_t)value;
    }
    buf_add_byte(out, code < 0x80 ? (uint8_t)code : '?');
}

static void add_escape(str text, size_t *at, buf *out)
{
    static const char letters[] = "abfnrtv\\'\"", values[] = "\a\b\f\n\r\t\v\\'\"";
    int c = at_of(text, (*at)++);
    const char *found = c > 0 ? strchr(letters, c) : NULL;
    if (c == '\n') return;
    if (c == 'x')
        add_code(text, at, 2, 16, out);
    else if (c == 'u')
        add_code(text, at, 4, 16, out);
    else if (c == 'U')
        add_code(text, at, 8, 16, out);
    else if (c >= '0' && c <= '7') {
        --*at;
        add_code(text, at, 3, 8, out);
    } else
        buf_add_byte(out, found ? (uint8_t)values[found - letters] : (uint8_t)c);
}

void python_text_value(str raw, buf *out, bool *is_formatted)
{
    quotes q;
    *is_formatted = false;
    if (!quotes_at(raw, 0, &q)) return;
    *is_formatted = q.is_formatted;
    size_t tail = q.is_triple ? 3 : 1;
    str body = str_slice(raw, 0, raw.len >= q.body + tail ? raw.len - tail : q.body);
    for (size_t i = q.body; i < body.len && !out->failed;) {
        int c = at_of(body, i++);
        if (c == '\\' && !q.is_raw && i < body.len)
            add_escape(body, &i, out);
        else
            buf_add_byte(out, (uint8_t)c);
    }
}

/* --- tokens --------------------------------------------------------------------------------------------------------------------------- */

void python_lex_init(python_lexer *l, str text, uint32_t first_line)
{
    if (str_starts_with(text, STR("\xef\xbb\xbf"))) text = str_skip(text, 3);
    *l = (python_lexer){.text = text, .line = first_line, .is_line_start = true};
}

static python_token token(python_lexer *l, python_kind kind, size_t len)
{
    python_token t = {kind, str_slice(l->text, l->at, len), l->line};
    for (size_t i = 0; i < t.raw.len; i++) l->line += t.raw.data[i] == '\n';
    l->at += t.raw.len;
    return t;
}

static void skip_comment(python_lexer *l)
{
    while (l->at < l->text.len && at_of(l->text, l->at) != '\n') l->at++;
}

/* Spaces, joined lines and comments within a line. */
static void skip_space(python_lexer *l)
{
    for (;;) {
        int c = at_of(l->text, l->at);
        bool is_joined =
            c == '\\' && (at_of(l->text, l->at + 1) == '\n' ||
                          (at_of(l->text, l->at + 1) == '\r' && at_of(l->text, l->at + 2) == '\n'));
        if (c == ' ' || c == '\t' || c == '\f' || c == '\r') {
            l->at++;
        } else if (is_joined) {
            l->at += at_of(l->text, l->at + 1) == '\n' ? 2 : 3;
            l->line++;
        } else if (c == '\n' && (l->depth || l->is_expression)) {
            l->at++;
            l->line++;
        } else if (c == '#') {
            skip_comment(l);
        } else {
            return;
        }
    }
}

/* Width of the white space in front of the next line that has something on it. */
static uint32_t take_indentation(python_lexer *l)
{
    uint32_t width = 0;
    while (l->at < l->text.len) {
        int c = at_of(l->text, l->at);
        if (c == ' ') {
            width++;
        } else if (c == '\t') {
            width = (width / TAB_STOP + 1) * TAB_STOP;
        } else if (c == '\f' || c == '\r') {
            width = 0;
        } else if (c == '\n') {
            width = 0;
            l->line++;
        } else if (c == '#') {
            skip_comment(l);
            continue;
        } else {
            return width;
        }
        l->at++;
    }
    return 0;
}

/* A dedent to a width that no open block has is an error in Python; here it closes what is deeper, so that nothing is lost. */
static bool indentation(python_lexer *l, python_token *t)
{
    uint32_t width = take_indentation(l), top = l->indent_count ? l->indents[l->indent_count - 1] : 0;
    l->is_line_start = false;
    if (width > top) {
        if (l->indent_count == PYTHON_INDENTS) {
            *t = token(l, PYTHON_BROKEN, 0);
            return true;
        }
        l->indents[l->indent_count++] = width;
        *t = token(l, PYTHON_INDENT, 0);
        return true;
    }
    while (l->indent_count && l->indents[l->indent_count - 1] > width) {
        l->indent_count--;
        l->dedents_due++;
    }
    return false;
}

static size_t number_len(const python_lexer *l)
{
    size_t len = 0;
    for (;; len++) {
        int c = at_of(l->text, l->at + len), before = len ? at_of(l->text, l->at + len - 1) | 0x20 : 0;
        bool is_sign = (c == '+' || c == '-') && before == 'e' && !(at_of(l->text, l->at + 1) == 'x');
        if (!is_name_part(c) && c != '.' && !is_sign) return len;
    }
}

static size_t sign_len(const python_lexer *l)
{
    static const char *const longer[] = {
        "**=", "//=", ">>=", "<<=", "...", "==", "!=", "<=", ">=", ":=", "->", "+=",
        "-=",  "*=",  "/=",  "%=",  "&=",  "|=", "^=", "@=", "**", "//", "<<", ">>"};
    str rest = str_skip(l->text, l->at);
    for (size_t i = 0; i < COUNT_OF(longer); i++)
        if (str_starts_with(rest, str_from_c(longer[i]))) return strlen(longer[i]);
    return 1;
}

static python_token end_of_text(python_lexer *l)
{
    l->dedents_due += l->indent_count;
    l->indent_count = 0;
    if (l->dedents_due) {
        l->dedents_due--;
        return token(l, PYTHON_DEDENT, 0);
    }
    return token(l, l->depth ? PYTHON_BROKEN : PYTHON_END, 0);
}

static python_token take_token(python_lexer *l)
{
    int c = at_of(l->text, l->at);
    quotes q;
    size_t end = l->at;
    if (c == '\n') {
        l->is_line_start = true;
        return token(l, PYTHON_NEWLINE, 1);
    }
    if (quotes_at(l->text, l->at, &q)) {
        bool is_whole = skip_string(l->text, &end, FIELD_DEPTH);
        return token(l, is_whole ? PYTHON_TEXT : PYTHON_BROKEN, is_whole ? end - l->at : 0);
    }
    if (is_name_start(c)) {
        while (is_name_part(at_of(l->text, end))) end++;
        return token(l, PYTHON_NAME, end - l->at);
    }
    if (is_digit(c) || (c == '.' && is_digit(at_of(l->text, l->at + 1))))
        return token(l, PYTHON_NUMBER, number_len(l));
    if (c == '(' || c == '[' || c == '{') l->depth++;
    if ((c == ')' || c == ']' || c == '}') && l->depth) l->depth--;
    return token(l, PYTHON_SIGN, sign_len(l));
}

python_token python_next(python_lexer *l)
{
    python_token t;
    if (l->is_line_start && !l->depth && !l->is_expression && indentation(l, &t)) return t;
    if (l->dedents_due) {
        l->dedents_due--;
        return token(l, PYTHON_DEDENT, 0);
    }
    skip_space(l);
    return l->at >= l->text.len ? end_of_text(l) : take_token(l);
}
