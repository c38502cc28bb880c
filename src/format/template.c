/*
 * format/template.c - chat templates: what does the Jinja in a model file reach for?
 *
 * Programs that render templates without a sandbox give them all of Python through attributes (CVE-2024-34359). Only what stands inside of
 * expressions counts: the text around them is text. Names may be hidden in escapes and in pieces that are put together, so texts are decoded
 * and joined before they are judged.
 */
#include "template.h"

#include "base/reader.h"
#include "nested.h"

#include <stdio.h>

enum {
    TEMPLATE_BYTES_USUAL = 64 * 1024,
    DEPTH_USUAL = 32,
    WORD_BYTES = 256,
    TITLE_BYTES = 256,
    SHOWN_BYTES = 80
};

static const char advice[] = "Render this template only in a sandbox (jinja2.sandbox), or replace it by the "
                             "one of the model's author.";

typedef enum token_kind { TOKEN_NONE, TOKEN_NAME, TOKEN_TEXT, TOKEN_SIGN } token_kind;

typedef struct token {
    token_kind kind;
    char sign;
    size_t len, at;
    char word[WORD_BYTES]; /* of a name or a text, decoded and cut */
} token;

typedef struct lexer {
    reader in;
    report *report;
    str where;
    token before, previous, current; /* the last three tokens of the expression */
    unsigned depth, depth_deepest;   /* of brackets */
    uint64_t subscripts;             /* one bit for each open bracket, the innermost last: x[...] */
    unsigned blocks, blocks_deepest;
    unsigned kept; /* blocks whose text becomes a value: {% set x %}text{% endset %}, macros */
    bool in_attr;  /* within the brackets of |attr( */
    bool is_broken;
} lexer;

/* --- findings ------------------------------------------------------------------------------------------------------------------------ */

static str word_of(const token *t)
{
    return (str){t->word, t->len};
}

static bool say(lexer *l, severity s, const char *what, const token *t, err *e)
{
    char title[TITLE_BYTES];
    int len = snprintf(title, sizeof(title), "The chat template %s: '%.*s'", what,
                       (int)(t->len < SHOWN_BYTES ? t->len : SHOWN_BYTES), t->word);
    str shown = {title, (size_t)len};
    if (!str_is_utf8(shown))
        shown = STR("The chat template reaches for something under a name that is no text");
    remark m = {.code = "MDL-GUF-001",
                .severity = s,
                .member = l->where,
                .advice = advice,
                .offset = t->at,
                .has_offset = true};
    return nested_say(l->report, &m, shown, e);
}

static bool say_whole(lexer *l, severity s, const char *title, err *e)
{
    remark m = {.code = "MDL-GUF-001", .severity = s, .member = l->where, .advice = advice};
    return nested_say(l->report, &m, str_from_c(title), e);
}

/* --- words ---------------------------------------------------------------------------------------------------------------------------- */

static bool is_one_of(str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(word, str_from_c(words[i]))) return true;
    return false;
}

static bool is_inside_name(str word)
{
    static const char *const names[] = {"mro",          "subclasses", "globals",   "builtins",
                                        "func_globals", "gi_frame",   "f_globals", "cr_frame"};
    return is_one_of(word, names, COUNT_OF(names));
}

static bool is_deed(str word)
{
    static const char *const names[] = {"import",        "popen",   "system",       "eval", "exec",
                                        "import_module", "getattr", "check_output", "Popen"};
    return is_one_of(word, names, COUNT_OF(names));
}

/* Objects that every template has, and whose attributes lead to Python. */
static bool is_ladder(str word)
{
    static const char *const names[] = {"cycler", "joiner", "namespace", "lipsum", "range", "self"};
    return is_one_of(word, names, COUNT_OF(names));
}

static bool is_dunder(str word)
{
    return word.len > 4 && str_starts_with(word, STR("__")) && str_ends_with(word, STR("__"));
}

static bool is_sign(const token *t, char sign)
{
    return t->kind == TOKEN_SIGN && t->sign == sign;
}

static bool is_underscores(const token *t)
{
    for (size_t i = 0; i < t->len; i++)
        if (t->word[i] != '_') return false;
    return t->kind == TOKEN_TEXT && t->len > 0;
}

static bool is_joining(const token *t)
{
    return is_sign(t, '~') || is_sign(t, '+');
}

/* --- judging of one token, with the two before it -------------------------------------------------------------------------------------- */

/* Filters and methods that make another text of one. */
static bool is_rewriting(str word)
{
    static const char *const names[] = {"replace",      "reverse",      "translate", "striptags",
                                        "removeprefix", "removesuffix", "decode",    "batch"};
    return is_one_of(word, names, COUNT_OF(names));
}

/* ... and of a text that stands there already, where an author would have written the other one. */
static bool is_respelling(str word)
{
    static const char *const names[] = {"lower", "upper",    "swapcase", "capitalize",
                                        "title", "casefold", "slice"};
    return is_rewriting(word) || is_one_of(word, names, COUNT_OF(names));
}

/* 'x__class__x': cut out of it later. */
static bool holds_dunder(str word)
{
    for (str rest = word; rest.len > 4; rest = str_skip(rest, 1)) {
        size_t len = 2;
        while (len < rest.len && rest.data[len] >= 'a' && rest.data[len] <= 'z') len++;
        if (len > 2 && str_starts_with(rest, STR("__")) && str_starts_with(str_skip(rest, len), STR("__")))
            return true;
    }
    return false;
}

/* 'ssalc'|reverse, x[name.replace('*', '_')]: what becomes of it nobody can see. */
static bool is_made(const lexer *l)
{
    bool is_applied = is_sign(&l->previous, '.') || is_sign(&l->previous, '|');
    if (!is_applied) return false;
    str word = word_of(&l->current);
    if (l->before.kind == TOKEN_TEXT && l->before.len)
        return is_respelling(word) || holds_dunder(word_of(&l->before));
    return l->subscripts && is_rewriting(word);
}

static bool judge_name(lexer *l, err *e)
{
    const token *t = &l->current;
    str word = word_of(t);
    bool is_attribute = is_sign(&l->previous, '.');
    if (is_made(l)) return say(l, SEVERITY_MEDIUM, "makes a text out of another one", t, e);
    if (is_attribute && str_starts_with(word, STR("__")))
        return say(l, SEVERITY_CRITICAL, "reaches for Python's own insides", t, e);
    if (is_attribute && is_inside_name(word))
        return say(l, SEVERITY_HIGH, "reaches for Python's own insides", t, e);
    if (!is_attribute && is_dunder(word))
        return say(l, SEVERITY_CRITICAL, "names something of Python's own", t, e);
    return true;
}

/* An argument, a subscript or a value to keep: a place from which a text becomes a name. */
static bool is_used(const token *previous)
{
    return is_sign(previous, '(') || is_sign(previous, '[') || is_sign(previous, ',') ||
           is_sign(previous, '=');
}

/* '%s%s', '{}{}', '__{}__': nothing but places for pieces, which in a template for people would have words between them. */
static bool is_mere_pattern(str word)
{
    size_t places = 0;
    for (size_t i = 0; i < word.len; i++) {
        bool is_place = i + 1 < word.len && ((word.data[i] == '%' && word.data[i + 1] == 's') ||
                                             (word.data[i] == '{' && word.data[i + 1] == '}'));
        if (!is_place && word.data[i] != '_') return false;
        places += is_place;
        i += is_place;
    }
    return places > 1 || (places == 1 && word.len > 2);
}

static bool judge_text(lexer *l, err *e)
{
    const token *t = &l->current;
    str word = word_of(t);
    if (is_dunder(word))
        return say(l, is_used(&l->previous) ? SEVERITY_CRITICAL : SEVERITY_MEDIUM,
                   "holds a name of Python's own insides", t, e);
    bool is_piece = is_joining(&l->previous) || is_sign(&l->previous, ',') || is_sign(&l->previous, '[');
    /* '%s%sclass%s%s'|format('_', '_', '_', '_') */
    bool is_filler = is_underscores(t) && is_sign(&l->previous, ',') && is_underscores(&l->before);
    if (is_filler || (is_piece && str_contains(word, STR("__"))))
        return say(l, SEVERITY_MEDIUM, "puts a name together from pieces", t, e);
    if (l->subscripts && holds_dunder(word))
        return say(l, SEVERITY_MEDIUM, "holds a name of Python's own insides", t, e);
    if (is_mere_pattern(word)) return say(l, SEVERITY_MEDIUM, "puts a text together from pieces", t, e);
    return !str_contains(word, STR("%c")) || say(l, SEVERITY_MEDIUM, "makes text from numbers", t, e);
}

/* What a sign makes of the word before it. */
static bool judge_sign(lexer *l, err *e)
{
    const token *word = &l->previous;
    char sign = l->current.sign;
    bool is_attribute = is_sign(&l->before, '.');
    if (sign == '(' && word->kind == TOKEN_NAME && is_attribute && is_deed(word_of(word)))
        return say(l, SEVERITY_CRITICAL, "calls what runs commands or code", word, e);
    if ((sign == '.' || sign == '[') && word->kind == TOKEN_NAME && !is_attribute && is_ladder(word_of(word)))
        return say(l, SEVERITY_HIGH, "takes an attribute of a function of the template language", word, e);
    if (sign == ']' && word->kind == TOKEN_TEXT && is_sign(&l->before, '[') &&
        (is_deed(word_of(word)) || is_inside_name(word_of(word))))
        return say(l, SEVERITY_HIGH, "reaches for something under a name that runs code", word, e);
    if (sign == '[' && word->kind == TOKEN_TEXT && holds_dunder(word_of(word)))
        return say(l, SEVERITY_MEDIUM, "cuts a name of Python's own insides out of a text", word, e);
    if (sign == '*' && word->kind == TOKEN_TEXT && str_contains(word_of(word), STR("_")))
        return say(l, SEVERITY_MEDIUM, "puts a name together from pieces", word, e);
    return true;
}

/* |attr('name') with a text is an attribute like any other (and that text was judged); anything else is computed. */
static bool judge_attr_filter(lexer *l, err *e)
{
    bool opens = l->before.kind == TOKEN_NAME && str_eq(word_of(&l->before), STR("attr")) &&
                 is_sign(&l->previous, '(');
    if (opens) l->in_attr = true;
    if (!l->in_attr || l->current.kind == TOKEN_TEXT) return true;
    l->in_attr = false;
    return is_sign(&l->current, ')') ||
           say(l, SEVERITY_HIGH, "takes an attribute by a name that is computed", &l->current, e);
}

static bool judge(lexer *l, err *e)
{
    if (!judge_attr_filter(l, e)) return false;
    switch (l->current.kind) {
    case TOKEN_NAME: return judge_name(l, e);
    case TOKEN_TEXT: return judge_text(l, e);
    case TOKEN_SIGN: return judge_sign(l, e);
    case TOKEN_NONE: break;
    }
    return true;
}

/* --- tokens ---------------------------------------------------------------------------------------------------------------------------- */

static bool is_name_byte(int c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c >= 0x80;
}

static void add_byte(token *t, int c)
{
    if (t->len < sizeof(t->word)) t->word[t->len++] = (char)c;
}

static int hex_value(int c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* \x5f, \u005f, \U0000005f, \137: what is beyond ASCII cannot be part of a name that matters, and becomes '?'. */
static void add_code(lexer *l, token *t, unsigned digits, unsigned base)
{
    uint32_t code = 0;
    for (unsigned i = 0; i < digits; i++) {
        int value = hex_value(reader_peek(&l->in));
        if (value < 0 || (unsigned)value >= base) break;
        code = code * base + (uint32_t)value;
        (void)reader_u8(&l->in);
    }
    add_byte(t, code < 0x80 ? (int)code : '?');
}

/* \N{LOW LINE}: of all characters by their name, the one that names are made with. */
static void add_named(lexer *l, token *t)
{
    str rest = str_skip(bytes_str(l->in.all), l->in.at);
    ptrdiff_t end = str_find(rest, '}');
    if (!str_starts_with(rest, STR("{")) || end < 0 || end > 100) return;
    add_byte(t, str_eq_nocase(str_slice(rest, 1, (size_t)end - 1), STR("low line")) ? '_' : '?');
    (void)reader_skip(&l->in, (size_t)end + 1);
}

static void add_escape(lexer *l, token *t)
{
    int c = reader_peek(&l->in);
    if (c >= '0' && c <= '7') {
        add_code(l, t, 3, 8);
        return;
    }
    (void)reader_u8(&l->in);
    switch (c) {
    case 'x': add_code(l, t, 2, 16); break;
    case 'u': add_code(l, t, 4, 16); break;
    case 'U': add_code(l, t, 8, 16); break;
    case 'N': add_named(l, t); break;
    case 'n':
    case 't':
    case 'r': add_byte(t, ' '); break;
    case '\n': break;
    default: add_byte(t, c);
    }
}

static void take_text(lexer *l, token *t)
{
    t->kind = TOKEN_TEXT;
    int quote = reader_u8(&l->in);
    while (reader_left(&l->in)) {
        int c = reader_u8(&l->in);
        if (c == quote) return;
        if (c == '\\')
            add_escape(l, t);
        else
            add_byte(t, c);
    }
    l->is_broken = true;
}

static void take_name(lexer *l, token *t)
{
    t->kind = TOKEN_NAME;
    while (is_name_byte(reader_peek(&l->in))) add_byte(t, reader_u8(&l->in));
}

/* Does a bracket that opens now take an item of what stands before it? */
static bool is_subscript(const lexer *l)
{
    const token *t = &l->current;
    return t->kind == TOKEN_NAME || t->kind == TOKEN_TEXT || is_sign(t, ')') || is_sign(t, ']');
}

static void take_sign(lexer *l, token *t)
{
    t->kind = TOKEN_SIGN;
    t->sign = (char)reader_u8(&l->in);
    t->word[t->len++] = t->sign;
    if (t->sign && strchr("([{", t->sign)) {
        if (++l->depth > l->depth_deepest) l->depth_deepest = l->depth;
        l->subscripts = l->subscripts << 1 | (t->sign == '[' && is_subscript(l));
    }
    if (t->sign && strchr(")]}", t->sign) && l->depth) {
        l->depth--;
        l->subscripts >>= 1;
    }
}

/* 'a' ~ 'b', 'a' + 'b' and 'a' 'b' are one text: the one that counts. */
static bool is_continued(const lexer *l, const token *next)
{
    if (next->kind != TOKEN_TEXT) return false;
    return l->current.kind == TOKEN_TEXT || (is_joining(&l->current) && l->previous.kind == TOKEN_TEXT);
}

static void shift(lexer *l, const token *next)
{
    if (!is_continued(l, next)) {
        l->before = l->previous;
        l->previous = l->current;
        l->current = *next;
        return;
    }
    token whole = l->current.kind == TOKEN_TEXT ? l->current : l->previous;
    if (is_joining(&l->current)) l->previous = l->before;
    for (size_t i = 0; i < next->len; i++) add_byte(&whole, next->word[i]);
    l->current = whole;
}

static bool take_token(lexer *l, err *e)
{
    token next = {.at = l->in.at};
    int c = reader_peek(&l->in);
    if (c == '\'' || c == '"')
        take_text(l, &next);
    else if (is_name_byte(c))
        take_name(l, &next);
    else
        take_sign(l, &next);
    shift(l, &next);
    return judge(l, e);
}

/* --- the whole ------------------------------------------------------------------------------------------------------------------------- */

static bool at_text(const lexer *l, str text)
{
    return str_starts_with(str_skip(bytes_str(l->in.all), l->in.at), text);
}

/* Leave the reader behind the next `text`, or at the end. */
static void skip_behind(lexer *l, str text)
{
    while (reader_left(&l->in) && !at_text(l, text)) (void)reader_u8(&l->in);
    if (!at_text(l, text) || !reader_skip(&l->in, text.len)) l->is_broken = true;
}

static void skip_space(lexer *l)
{
    while (reader_peek(&l->in) >= 0 && strchr(" \t\r\n", reader_peek(&l->in)) && reader_peek(&l->in))
        (void)reader_u8(&l->in);
}

/* The closing sign counts only outside of brackets, as Jinja has it. */
static bool read_expression(lexer *l, str end, err *e)
{
    l->depth = 0;
    l->subscripts = 0;
    l->before = l->previous = l->current = (token){0};
    for (skip_space(l); reader_left(&l->in); skip_space(l)) {
        if (l->depth == 0 && at_text(l, end)) return reader_skip(&l->in, end.len);
        if (!take_token(l, e)) return false;
    }
    l->is_broken = true;
    return true;
}

static void count_block(lexer *l, str word)
{
    static const char *const openers[] = {"if", "for", "macro", "call", "filter", "block", "with"};
    if (is_one_of(word, openers, COUNT_OF(openers)) && ++l->blocks > l->blocks_deepest)
        l->blocks_deepest = l->blocks;
    if (str_starts_with(word, STR("end")) && l->blocks) l->blocks--;
}

static void count_kept(lexer *l, str word, str rest)
{
    bool is_block = str_eq(word, STR("macro")) || (str_eq(word, STR("set")) && str_find(rest, '=') < 0);
    if (is_block) l->kept++;
    bool ends = str_eq(word, STR("endset")) || str_eq(word, STR("endmacro"));
    if (ends && l->kept) l->kept--;
}

static bool read_statement(lexer *l, err *e)
{
    static const char *const foreign[] = {"import", "include", "extends", "from"};
    if (reader_peek(&l->in) == '-' || reader_peek(&l->in) == '+') (void)reader_u8(&l->in);
    skip_space(l);
    token word = {.at = l->in.at};
    take_name(l, &word);
    if (str_eq(word_of(&word), STR("raw"))) {
        skip_behind(l, STR("endraw"));
        skip_behind(l, STR("%}"));
        return true;
    }
    if (is_one_of(word_of(&word), foreign, COUNT_OF(foreign)) &&
        !say(l, SEVERITY_HIGH, "takes in another template", &word, e))
        return false;
    count_block(l, word_of(&word));
    size_t from = l->in.at;
    if (!read_expression(l, STR("%}"), e)) return false;
    count_kept(l, word_of(&word), str_slice(bytes_str(l->in.all), from, l->in.at - from));
    return true;
}

/* Text between tags is output, unless a block keeps it as a value: then it may be a name, or a piece of one. */
static bool read_plain_text(lexer *l, err *e)
{
    token text = {.kind = TOKEN_TEXT, .at = l->in.at};
    size_t from = l->in.at;
    while (reader_left(&l->in) && !at_text(l, STR("{#")) && !at_text(l, STR("{{")) && !at_text(l, STR("{%")))
        (void)reader_u8(&l->in);
    str plain = str_trim(str_slice(bytes_str(l->in.all), from, l->in.at - from));
    for (size_t i = 0; i < plain.len; i++) add_byte(&text, plain.data[i]);
    bool is_name = is_dunder(plain) || is_underscores(&text);
    return !l->kept || !is_name ||
           say(l, SEVERITY_MEDIUM, "keeps a piece of a name of Python's own insides", &text, e);
}

static bool read_tags(lexer *l, err *e)
{
    while (reader_left(&l->in)) {
        bool ok = true;
        if (at_text(l, STR("{#"))) {
            skip_behind(l, STR("#}"));
        } else if (at_text(l, STR("{{"))) {
            ok = reader_skip(&l->in, 2) && read_expression(l, STR("}}"), e);
        } else if (at_text(l, STR("{%"))) {
            ok = reader_skip(&l->in, 2) && read_statement(l, e);
        } else {
            ok = read_plain_text(l, e);
        }
        if (!ok) return false;
    }
    return true;
}

bool chat_template_read(str where, str text, report *r, err *e)
{
    lexer l = {.in = reader_of(str_bytes(text)), .report = r, .where = where};
    if (!read_tags(&l, e)) return false;
    if (l.is_broken && !say_whole(&l, SEVERITY_LOW, "The chat template ends within a tag", e)) return false;
    if (text.len > TEMPLATE_BYTES_USUAL &&
        !say_whole(&l, SEVERITY_MEDIUM, "The chat template is longer than any usual one", e))
        return false;
    bool is_deep = l.depth_deepest > DEPTH_USUAL || l.blocks_deepest > DEPTH_USUAL;
    return !is_deep ||
           say_whole(&l, SEVERITY_MEDIUM, "The chat template is nested deeper than any usual one", e);
}
