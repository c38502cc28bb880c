/*
 * format/source/python_expression.c - expressions of Python: each is reduced while it is read to what is known of its value.
 *
 * No tree is kept. What a call means depends on the name that is called and on what its arguments are known to be, and precedence of operators does
 * not matter for that: an expression is a row of operands with operators between them.
 */
#include "source/python_read.h"

#include <stdio.h>

enum {
    EXPRESSION_DEPTH = 100,
    CONSTANT_BYTES = 64 * 1024,
    JOINED_BYTES = 4 * 1024 * 1024, /* of all texts that were put together */
    FIELDS_MAX = 256,
    NAMES_MAX = 8192,
    DOTTED_BYTES = 200,
};

/* --- tokens --------------------------------------------------------------------------------------------------------------------------- */

/* A letter in another dress, which Python takes for the plain one (NFKC): fullwidth forms, and mathematical alphabets, 26 capitals and
 * 26 small letters after each other. 0: none of these. */
static char plain_letter(uint32_t c)
{
    enum { FULLWIDTH = 0xff01, FULLWIDTH_END = 0xff5f, MATH = 0x1d400, MATH_END = 0x1d6a4 };
    if (c >= FULLWIDTH && c < FULLWIDTH_END) return (char)(c - FULLWIDTH + '!');
    if (c < MATH || c >= MATH_END) return 0;
    uint32_t place = (c - MATH) % 52;
    return (char)(place < 26 ? 'A' + place : 'a' + place - 26);
}

static void add_plain(buf *out, str *rest)
{
    uint8_t first = (uint8_t)rest->data[0];
    size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (len > rest->len) len = rest->len;
    uint32_t c = len == 1 ? first : first & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) c = c << 6 | ((uint8_t)rest->data[i] & 0x3f);
    char plain = plain_letter(c);
    if (plain)
        buf_add_byte(out, (uint8_t)plain);
    else
        buf_add_str(out, str_slice(*rest, 0, len));
    *rest = str_skip(*rest, len);
}

static bool has_foreign_letters(str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((uint8_t)name.data[i] >= 0x80) return true;
    return false;
}

static str plain_name(python_reader *p, str name)
{
    AUTO_BUF buf plain;
    buf_init(&plain, CONSTANT_BYTES);
    str rest = name;
    while (rest.len) add_plain(&plain, &rest);
    str kept = plain.failed ? STR_NONE : arena_copy(p->report->arena, buf_str(&plain));
    return kept.data ? kept : name;
}

void python_advance(python_reader *p)
{
    if (p->now.kind == PYTHON_BROKEN) return;
    p->now = python_next(&p->lexer);
    if (p->now.kind == PYTHON_NAME && has_foreign_letters(p->now.raw)) p->now.raw = plain_name(p, p->now.raw);
    if (p->now.kind == PYTHON_BROKEN) p->is_broken = true;
}

bool python_at_sign(const python_reader *p, const char *sign)
{
    return p->now.kind == PYTHON_SIGN && str_eq(p->now.raw, str_from_c(sign));
}

bool python_at_word(const python_reader *p, const char *word)
{
    return p->now.kind == PYTHON_NAME && str_eq(p->now.raw, str_from_c(word));
}

bool python_take_sign(python_reader *p, const char *sign)
{
    if (!python_at_sign(p, sign)) return false;
    python_advance(p);
    return true;
}

bool python_at_line_end(const python_reader *p)
{
    return p->now.kind == PYTHON_NEWLINE || p->now.kind == PYTHON_END || p->now.kind == PYTHON_BROKEN ||
           p->has_failed;
}

/* Lines of code in a constant are told as the line where the constant stands. */
static uint32_t line_of(const python_reader *p)
{
    return p->line ? p->line : p->now.line;
}

/* --- names ---------------------------------------------------------------------------------------------------------------------------- */

/* A name of this scope that is bound again takes its place. What is not known need not be kept, unless it hides something that is. */
static bool bind_again(python_reader *p, str name, python_value value)
{
    for (size_t i = p->name_count; i > p->here.names; i--)
        if (str_eq(p->names[i - 1].name, name)) {
            p->names[i - 1].value = value;
            return true;
        }
    if (value.what != IS_UNKNOWN || value.taints) return false;
    python_value before = python_look_up(p, name);
    return before.what == IS_UNKNOWN && !before.taints;
}

void python_bind(python_reader *p, str name, python_value value)
{
    if (bind_again(p, name, value)) return;
    if (p->name_count >= NAMES_MAX) {
        p->is_broken = true;
        return;
    }
    if (p->name_count == p->name_capacity) {
        size_t capacity = p->name_capacity ? p->name_capacity * 2 : 64;
        python_bound *larger = arena_alloc_array(p->report->arena, capacity, sizeof *larger);
        if (!larger) {
            p->has_failed = !err_set(p->e, ERR_MEMORY, "no memory for the names of a Python text");
            return;
        }
        if (p->name_count) memcpy(larger, p->names, p->name_count * sizeof *larger);
        p->names = larger;
        p->name_capacity = capacity;
    }
    p->names[p->name_count++] = (python_bound){name, value};
}

python_value python_named(python_reader *p, str module, str name)
{
    if (module.len + name.len > DOTTED_BYTES) return (python_value){0};
    str dotted = arena_printf(p->report->arena, "%.*s.%.*s", STR_ARG(module), STR_ARG(name));
    return dotted.data ? (python_value){.what = IS_NAMED, .text = dotted} : (python_value){0};
}

python_value python_look_up(python_reader *p, str name)
{
    for (size_t i = p->name_count; i > 0; i--)
        if (str_eq(p->names[i - 1].name, name)) return p->names[i - 1].value;
    for (size_t i = 0; i < p->star_count; i++) {
        char guess[DOTTED_BYTES + 2];
        if (p->stars[i].len + name.len > DOTTED_BYTES) continue;
        int len = snprintf(guess, sizeof(guess), "%.*s.%.*s", (int)p->stars[i].len, p->stars[i].data,
                           (int)name.len, name.data);
        if (python_deed_of((str){guess, (size_t)len}) != DEED_NONE) return python_named(p, p->stars[i], name);
    }
    if (str_eq(name, STR("__builtins__"))) return (python_value){.what = IS_NAMED, .text = STR("builtins")};
    if (python_is_builtin(name)) return python_named(p, STR("builtins"), name);
    if (str_eq(name, STR("True"))) return (python_value){.what = IS_TRUE};
    if (str_eq(name, STR("False"))) return (python_value){.what = IS_FALSE};
    if (str_eq(name, STR("None"))) return (python_value){.what = IS_NONE};
    return (python_value){.unbound = name};
}

/* --- atoms ----------------------------------------------------------------------------------------------------------------------------- */

static void read_fields(python_reader *p, str raw)
{
    size_t at = 0, count = 0;
    str field;
    while (count++ < FIELDS_MAX && python_next_field(raw, &at, &field)) {
        python_lexer outer = p->lexer;
        python_token now = p->now;
        python_lex_init(&p->lexer, field, now.line);
        p->lexer.is_expression = true;
        p->lexer.is_line_start = false;
        python_advance(p);
        while (!python_at_line_end(p)) {
            (void)python_expression(p);
            if (!python_at_line_end(p)) python_advance(p);
        }
        p->lexer = outer;
        p->now = now;
    }
}

/* Neighbours are one text. */
static python_value take_text(python_reader *p)
{
    AUTO_BUF buf value;
    buf_init(&value, CONSTANT_BYTES);
    bool is_constant = true;
    while (p->now.kind == PYTHON_TEXT) {
        bool is_formatted;
        python_text_value(p->now.raw, &value, &is_formatted);
        if (is_formatted) read_fields(p, p->now.raw);
        is_constant = is_constant && !is_formatted;
        python_advance(p);
    }
    if (!is_constant || value.failed) return (python_value){0};
    str text = arena_copy(p->report->arena, buf_str(&value));
    if (text.data) return (python_value){.what = IS_TEXT, .text = text};
    p->has_failed = !err_set(p->e, ERR_MEMORY, "no memory for a text");
    return (python_value){0};
}

/* Everything up to the closing bracket; of one item alone, the item. */
python_value python_items(python_reader *p, const char *close)
{
    python_value all = {0}, telling = {0};
    bool is_first = true;
    python_advance(p);
    while (!python_at_line_end(p) && !python_at_sign(p, close)) {
        python_token before = p->now;
        python_value item = python_expression(p);
        if (!python_is_telling(telling)) telling = item;
        all = is_first ? item : (python_value){.taints = all.taints | item.taints};
        is_first = false;
        if (python_at_sign(p, close)) break;
        if (p->now.kind == PYTHON_SIGN) all = (python_value){.taints = all.taints};
        if (p->now.kind == PYTHON_SIGN || p->now.raw.data == before.raw.data) python_advance(p);
    }
    (void)python_take_sign(p, close);
    if (!python_is_telling(telling) || all.what == telling.what) return all;
    telling.taints |= all.taints;
    telling.is_boxed = true;
    return telling;
}

/* [f], {'a': f}: something that holds it, not itself. */
static python_value take_box(python_reader *p, const char *close)
{
    python_value all = python_items(p, close);
    all.is_boxed = python_is_telling(all);
    return all;
}

static python_value take_lambda(python_reader *p)
{
    python_block outer = p->here;
    int function = python_new_function(p);
    python_advance(p);
    while (!python_at_line_end(p) && !python_at_sign(p, ":") && !python_at_sign(p, ")")) {
        bool has_default = python_at_sign(p, "=");
        python_advance(p);
        if (has_default && !python_at_line_end(p)) (void)python_expression(p); /* computed now */
    }
    (void)python_take_sign(p, ":");
    p->here.at_import = false;
    if (function != NO_FUNCTION) p->here.function = function;
    python_value body = python_expression(p);
    p->here = outer;
    if (function == NO_FUNCTION) return (python_value){.taints = body.taints};
    return (python_value){.what = IS_LOCAL, .function = (size_t)function, .taints = body.taints};
}

static python_value take_name(python_reader *p)
{
    str name = p->now.raw;
    if (str_eq(name, STR("lambda"))) return take_lambda(p);
    if (str_eq(name, STR("__name__"))) p->guard |= PYTHON_GUARD_NAME;
    python_advance(p);
    if (python_at_sign(p, ":=")) {
        python_advance(p);
        python_value value = python_expression(p);
        python_bind(p, name, value);
        return value;
    }
    return python_look_up(p, name);
}

/* --- what follows an atom ----------------------------------------------------------------------------------------------------------------- */

static void take_argument(python_reader *p, python_call *call)
{
    str name = STR_NONE;
    while (python_at_sign(p, "*") || python_at_sign(p, "**")) python_advance(p);
    if (p->now.kind == PYTHON_NAME) {
        python_lexer before = p->lexer;
        python_token now = p->now;
        python_advance(p);
        if (python_at_sign(p, "=")) {
            name = now.raw;
            python_advance(p);
        } else {
            p->lexer = before;
            p->now = now;
        }
    }
    python_value value = python_expression(p);
    size_t at = call->count < ARGUMENTS_KEPT ? call->count++ : ARGUMENTS_KEPT - 1;
    value.taints |= call->arguments[at].value.taints;
    call->arguments[at].name = name;
    call->arguments[at].value = value;
}

static python_value take_call(python_reader *p, python_value callee)
{
    python_call call = {.callee = callee, .line = line_of(p)};
    python_advance(p);
    while (!python_at_line_end(p) && !python_at_sign(p, ")")) {
        python_token before = p->now;
        take_argument(p, &call);
        (void)python_take_sign(p, ",");
        if (p->now.raw.data == before.raw.data) python_advance(p);
    }
    (void)python_take_sign(p, ")");
    if (p->has_failed) return (python_value){0};
    return python_judge_call(p, &call);
}

/* globals()['eval'], __builtins__['eval'], os.__dict__['system'], sys.modules['os']. */
static python_value subscript(python_reader *p, python_value object, python_value index)
{
    if (object.is_boxed) {
        object.is_boxed = false;
        return object;
    }
    if (index.what != IS_TEXT) return (python_value){.taints = object.taints | index.taints};
    if (object.what == IS_SCOPE) return python_look_up(p, index.text);
    if (object.what != IS_NAMED) return (python_value){.taints = object.taints};
    if (str_eq(object.text, STR("sys.modules"))) return (python_value){.what = IS_NAMED, .text = index.text};
    return python_named(p, object.text, index.text);
}

/* What `anything.name = os.system` made of the name, whatever the object is. */
static python_value assigned_attribute(python_reader *p, str name)
{
    str dotted = p->has_attributes ? arena_printf(p->report->arena, ".%.*s", STR_ARG(name)) : STR_NONE;
    python_value value = dotted.len ? python_look_up(p, dotted) : (python_value){0};
    value.unbound = STR_NONE;
    return value;
}

static python_value attribute(python_reader *p, python_value object, str name)
{
    if (str_eq(name, STR("__dict__")) || str_eq(name, STR("__call__"))) return object;
    python_value found = {.what = IS_METHOD, .text = name}, assigned;
    if (object.what == IS_NAMED) found = python_named(p, object.text, name);
    bool is_own = object.what == IS_CLASS || object.what == IS_INSTANCE;
    int method = is_own ? python_method_of(p, object.function, name) : NO_FUNCTION;
    if (method != NO_FUNCTION) found = (python_value){.what = IS_LOCAL, .function = (size_t)method};
    if (is_own && method == NO_FUNCTION) found.owner = object.function + 1;
    assigned = found.what == IS_METHOD ? assigned_attribute(p, name) : (python_value){0};
    if (assigned.what != IS_UNKNOWN) found = assigned;
    found.taints = object.taints;
    return found;
}

static python_value take_trailers(python_reader *p, python_value value)
{
    for (;;) {
        if (python_at_sign(p, ".")) {
            python_advance(p);
            if (p->now.kind != PYTHON_NAME) return value;
            p->last_attribute = p->now.raw;
            value = attribute(p, value, p->now.raw);
            python_advance(p);
        } else if (python_at_sign(p, "(")) {
            value = take_call(p, value);
        } else if (python_at_sign(p, "[")) {
            value = subscript(p, value, python_items(p, "]"));
        } else {
            return value;
        }
        if (p->has_failed) return value;
    }
}

static python_value operand(python_reader *p)
{
    python_value value = {0};
    switch (p->now.kind) {
    case PYTHON_NAME: value = take_name(p); break;
    case PYTHON_TEXT:
        value = take_text(p);
        if (str_eq(value.text, STR("__main__"))) p->guard |= PYTHON_GUARD_MAIN;
        break;
    case PYTHON_NUMBER: python_advance(p); break;
    default:
        if (python_at_sign(p, "("))
            value = python_items(p, ")");
        else if (python_at_sign(p, "["))
            value = take_box(p, "]");
        else if (python_at_sign(p, "{"))
            value = take_box(p, "}");
        else if (python_at_sign(p, "..."))
            python_advance(p);
        else
            return value;
    }
    return take_trailers(p, value);
}

/* --- expressions -------------------------------------------------------------------------------------------------------------------------- */

static bool is_operator_word(const python_reader *p)
{
    static const char *const words[] = {"and",  "or",  "not",   "in",    "is",   "if",
                                        "else", "for", "await", "yield", "from", "async"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (python_at_word(p, words[i])) return true;
    return false;
}

static bool is_operator(const python_reader *p)
{
    static const char *const signs[] = {"+", "-", "*",  "/",  "%",  "@",  "&",  "|",  "^",  "~",
                                        "<", ">", "==", "!=", "<=", ">=", "**", "//", "<<", ">>"};
    if (p->now.kind == PYTHON_NAME) return is_operator_word(p);
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (python_at_sign(p, signs[i])) return true;
    return false;
}

/* How the operator in front of an operand joins it to those before. */
typedef enum joint { JOINT_OTHER, JOINT_PLUS, JOINT_CHOICE } joint;

static joint joint_of(const python_reader *p)
{
    bool is_choice = python_at_word(p, "if") || python_at_word(p, "else") || python_at_word(p, "or") ||
                     python_at_word(p, "and");
    return python_at_sign(p, "+") ? JOINT_PLUS : is_choice ? JOINT_CHOICE : JOINT_OTHER;
}

static python_value combine(python_reader *p, python_value left, python_value right, joint how)
{
    bool is_plus = how == JOINT_PLUS;
    if (how == JOINT_CHOICE && (python_is_telling(left) || python_is_telling(right))) {
        python_value chosen = python_is_telling(left) ? left : right;
        chosen.taints = left.taints | right.taints;
        return chosen;
    }
    size_t len = left.text.len + right.text.len;
    bool fits = len <= CONSTANT_BYTES && p->joined_bytes + len <= JOINED_BYTES;
    if (is_plus && left.what == IS_TEXT && right.what == IS_TEXT && fits) {
        p->joined_bytes += len;
        str both = arena_printf(p->report->arena, "%.*s%.*s", STR_ARG(left.text), STR_ARG(right.text));
        if (both.data)
            return (python_value){.what = IS_TEXT, .text = both, .taints = left.taints | right.taints};
    }
    return (python_value){.taints = left.taints | right.taints};
}

/* Operands with operators between them, up to a sign that ends an expression. */
python_value python_expression(python_reader *p)
{
    python_value value = {0};
    if (p->depth >= EXPRESSION_DEPTH) {
        p->is_broken = true;
        return value;
    }
    p->depth++;
    bool is_first = true;
    joint how = JOINT_OTHER;
    while (!python_at_line_end(p)) {
        if (is_operator(p)) {
            how = is_first ? JOINT_OTHER : joint_of(p);
            if (!python_at_sign(p, "==") && !python_at_word(p, "and")) p->guard |= PYTHON_GUARD_OTHER;
            if (!is_first && how == JOINT_OTHER) value = (python_value){.taints = value.taints};
            python_advance(p);
            continue;
        }
        python_token before = p->now;
        python_value next = operand(p);
        if (p->now.raw.data == before.raw.data && p->now.kind == before.kind) break;
        value = is_first ? next : combine(p, value, next, how);
        is_first = false;
        how = JOINT_OTHER;
        if (!is_operator(p)) break;
    }
    p->depth--;
    return value;
}
