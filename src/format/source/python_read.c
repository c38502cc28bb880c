/*
 * format/source/python_read.c - Python, followed without being run: statements, and which of them an import runs.
 *
 * One pass over the logical lines. Bodies of functions and what stands under `if __name__ == '__main__'` are not run by an import; a function
 * that the text itself calls while it is imported is.
 */
#include "source/python_read.h"

enum { NESTING_MAX = 4 };

static void statement_line(python_reader *p);

/* --- imports --------------------------------------------------------------------------------------------------------------------------- */

static str take_path(python_reader *p)
{
    AUTO_BUF buf path;
    buf_init(&path, 1024);
    while (p->now.kind == PYTHON_NAME || python_at_sign(p, ".") || python_at_sign(p, "...")) {
        if (python_at_word(p, "import") || python_at_word(p, "as")) break;
        buf_add_str(&path, p->now.raw);
        python_advance(p);
    }
    return path.failed ? STR_NONE : arena_copy(p->report->arena, buf_str(&path));
}

static str take_alias(python_reader *p)
{
    if (!python_at_word(p, "as")) return STR_NONE;
    python_advance(p);
    str alias = p->now.kind == PYTHON_NAME ? p->now.raw : STR_NONE;
    python_advance(p);
    return alias;
}

/* `import a.b` binds a; `import a.b as c` binds a.b. */
static void read_import(python_reader *p)
{
    python_advance(p);
    do {
        str path = take_path(p), alias = take_alias(p), first, rest;
        (void)str_cut(path, '.', &first, &rest);
        if (path.len == 0) return;
        python_bind(p, alias.len ? alias : first,
                    (python_value){.what = IS_NAMED, .text = alias.len ? path : first});
    } while (python_take_sign(p, ","));
}

static void read_from(python_reader *p)
{
    python_advance(p);
    str module = take_path(p);
    if (!python_at_word(p, "import")) return;
    python_advance(p);
    (void)python_take_sign(p, "(");
    if (python_at_sign(p, "*")) {
        if (module.len && p->star_count < STARS_KEPT) p->stars[p->star_count++] = module;
        return;
    }
    while (p->now.kind == PYTHON_NAME && !p->has_failed) {
        str name = p->now.raw;
        python_advance(p);
        str alias = take_alias(p);
        /* What comes from this package itself is not what the name says elsewhere. */
        bool is_relative = module.len == 0 || module.data[0] == '.';
        python_value value = {0};
        if (!is_relative) value = python_named(p, module, name);
        python_bind(p, alias.len ? alias : name, value);
        (void)python_take_sign(p, ",");
    }
}

/* --- statements ------------------------------------------------------------------------------------------------------------------------ */

/* Parameters hide names of outside; what stands for them by default is computed when the function is made. */
static void read_parameters(python_reader *p, str *names, size_t *count, size_t max)
{
    python_advance(p);
    while (!python_at_line_end(p) && !python_at_sign(p, ")")) {
        python_token before = p->now;
        while (python_at_sign(p, "*") || python_at_sign(p, "**") || python_at_sign(p, "/")) python_advance(p);
        if (p->now.kind == PYTHON_NAME && *count < max) names[(*count)++] = p->now.raw;
        if (p->now.kind == PYTHON_NAME) python_advance(p);
        if (python_take_sign(p, ":")) (void)python_expression(p);
        if (python_take_sign(p, "=")) (void)python_expression(p);
        (void)python_take_sign(p, ",");
        if (p->now.raw.data == before.raw.data) python_advance(p);
    }
    (void)python_take_sign(p, ")");
}

static bool is_word(const python_token *token, const char *word)
{
    return token->kind == PYTHON_NAME && str_eq(token->raw, str_from_c(word));
}

/* Making an object runs these, so what they do is noted of the class itself. */
static bool is_of_making(str name)
{
    static const char *const names[] = {"__init__", "__new__", "__post_init__", "__prepare__"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(name, str_from_c(names[i]))) return true;
    return false;
}

/* Where to note what the function does. When there are too many it counts as part of the one around it. */
static int slot_of_def(python_reader *p, str name)
{
    int owner = p->here.owner;
    if (owner != NO_FUNCTION && is_of_making(name)) return owner;
    int function = python_new_function(p);
    if (function == NO_FUNCTION) return p->here.function;
    if (owner != NO_FUNCTION && p->method_count < METHODS_KEPT)
        p->methods[p->method_count++] =
            (python_method){.owner = (size_t)owner, .function = (size_t)function, .name = name};
    return function;
}

static void read_def(python_reader *p)
{
    enum { PARAMETERS_KEPT = 64 };
    str parameters[PARAMETERS_KEPT];
    size_t count = 0;
    python_advance(p);
    str name = p->now.raw;
    python_advance(p);
    int owner = p->here.owner, function = slot_of_def(p, name);
    bool is_own = function != p->here.function;
    python_bind(
        p, name,
        (python_value){.what = is_own ? IS_LOCAL : IS_UNKNOWN, .function = is_own ? (size_t)function : 0});
    if (python_at_sign(p, "[")) (void)python_items(p, "]"); /* type parameters of 3.12 */
    if (python_at_sign(p, "(")) read_parameters(p, parameters, &count, PARAMETERS_KEPT);
    if (python_take_sign(p, "->")) (void)python_expression(p);
    p->next = (python_block){.names = p->name_count,
                             .function = function,
                             .owner = NO_FUNCTION,
                             .is_scope = true,
                             .at_import = false};
    python_block outer = p->here;
    p->here = p->next;
    for (size_t i = 0; i < count; i++) python_bind(p, parameters[i], (python_value){0});
    if (owner != NO_FUNCTION && count)
        python_bind(p, parameters[0], (python_value){.what = IS_INSTANCE, .function = (size_t)owner});
    p->here = outer;
}

/* `class B(A, metaclass=M)`: the metaclass makes the class, and A may be told of it. */
static void read_bases(python_reader *p)
{
    python_advance(p);
    while (!python_at_line_end(p) && !python_at_sign(p, ")")) {
        python_token before = p->now;
        python_value base = python_expression(p);
        bool is_metaclass = is_word(&before, "metaclass") && python_take_sign(p, "=");
        if (is_metaclass) base = python_expression(p);
        if (base.what == IS_CLASS) {
            int told = is_metaclass ? (int)base.function
                                    : python_method_of(p, base.function, STR("__init_subclass__"));
            if (told != NO_FUNCTION) python_call_function(p, (size_t)told);
        }
        if (p->now.raw.data == before.raw.data || !python_at_sign(p, ")")) python_advance(p);
    }
    (void)python_take_sign(p, ")");
}

static void read_class(python_reader *p)
{
    python_advance(p);
    str name = p->now.raw;
    python_advance(p);
    if (python_at_sign(p, "[")) (void)python_items(p, "]");
    if (python_at_sign(p, "(")) read_bases(p);
    int slot = python_new_function(p);
    python_value value = {0};
    if (slot != NO_FUNCTION) value = (python_value){.what = IS_CLASS, .function = (size_t)slot};
    python_bind(p, name, value);
    p->next = p->here;
    p->next.names = p->name_count;
    p->next.is_scope = true;
    p->next.owner = slot;
}

/* `if`, `while`, `with ... as name`, `for name in`, `except E as name`, `else`, `try`, `finally`. */
static void read_header(python_reader *p)
{
    bool is_if = python_at_word(p, "if"), is_loop = python_at_word(p, "for");
    p->guard = 0;
    python_advance(p);
    while (is_loop && !python_at_line_end(p) && !python_at_word(p, "in")) {
        if (p->now.kind == PYTHON_NAME) python_bind(p, p->now.raw, (python_value){0});
        python_advance(p);
    }
    while (!python_at_line_end(p) && !python_at_sign(p, ":")) {
        python_token before = p->now;
        (void)python_expression(p);
        if (python_at_word(p, "as")) {
            python_advance(p);
            if (p->now.kind == PYTHON_NAME) python_bind(p, p->now.raw, (python_value){0});
        } else if (p->now.raw.data == before.raw.data || python_at_sign(p, ",")) {
            python_advance(p);
        }
    }
    p->next = p->here;
    p->next.is_scope = false;
    if (is_if && p->guard == (PYTHON_GUARD_NAME | PYTHON_GUARD_MAIN)) p->next.at_import = false;
}

/* Was it a name alone? Then nothing but white space lies between it and what follows. */
static bool is_one_name(const python_token *name, const python_token *next)
{
    const char *end = name->raw.data + name->raw.len;
    if (name->kind != PYTHON_NAME || next->raw.data < end) return false;
    return str_trim((str){end, (size_t)(next->raw.data - end)}).len == 0;
}

enum { TARGETS_KEPT = 16 };

/* a, b = c = x, y: groups of targets, then the values. */
typedef struct assignment {
    struct target {
        str name; /* ".name" of an attribute; empty when it is neither */
        size_t index, group_count;
    } targets[TARGETS_KEPT];
    python_value parts[TARGETS_KEPT]; /* of the group that is being read */
    size_t count, group_from, part_count;
    bool is_annotation; /* what stands behind ':' is no target */
} assignment;

static void note_part(python_reader *p, assignment *a, const python_token *before, python_value value)
{
    if (a->part_count < TARGETS_KEPT) a->parts[a->part_count] = value;
    if (a->count < TARGETS_KEPT && !a->is_annotation) {
        struct target *t = &a->targets[a->count++];
        *t = (struct target){.index = a->part_count};
        if (is_one_name(before, &p->now))
            t->name = before->raw;
        else if (p->last_attribute.len)
            t->name = arena_printf(p->report->arena, ".%.*s", STR_ARG(p->last_attribute));
    }
    a->part_count++;
}

/* What was read up to here is assigned to. */
static void end_group(assignment *a, bool is_annotation)
{
    a->is_annotation = is_annotation;
    for (size_t i = a->group_from; i < a->count; i++) a->targets[i].group_count = a->part_count;
    a->group_from = a->count;
    a->part_count = 0;
}

/* group_count 0: it stands behind the last '=' and is a value itself. */
static void bind_target(python_reader *p, const assignment *a, const struct target *t)
{
    if (t->group_count == 0 || t->name.len == 0) return;
    python_value value = {0};
    for (size_t i = 0; i < a->part_count && i < TARGETS_KEPT; i++) value.taints |= a->parts[i].taints;
    bool is_alone = t->group_count == 1 && a->part_count == 1;
    bool is_pair = t->group_count > 1 && t->group_count == a->part_count && t->index < TARGETS_KEPT;
    if (is_alone) value = a->parts[0];
    if (is_pair) value = a->parts[t->index];
    if (t->group_count > 1 && a->part_count == 1 && a->parts[0].is_boxed) {
        value = a->parts[0]; /* a, b = pair */
        value.is_boxed = false;
    }
    bool is_attribute = t->name.data[0] == '.';
    if (is_attribute && !python_is_telling(value)) return;
    p->has_attributes |= is_attribute;
    python_bind(p, t->name, value);
}

/* Assignments, annotations, calls; `match x:` looks like one and opens a block. */
static void read_simple(python_reader *p)
{
    assignment a = {0};
    while (!python_at_line_end(p) && !python_at_sign(p, ";")) {
        python_token before = p->now;
        p->last_attribute = STR_NONE;
        python_value value = python_expression(p);
        bool is_target = python_at_sign(p, "=") || python_at_sign(p, ":");
        note_part(p, &a, &before, value);
        if (is_target) end_group(&a, python_at_sign(p, ":"));
        /* Behind a word such as `return` the expression is still to come. */
        bool is_stuck = p->now.raw.data == before.raw.data;
        if (!python_at_line_end(p) && !python_at_sign(p, ";") && (p->now.kind == PYTHON_SIGN || is_stuck))
            python_advance(p);
    }
    for (size_t i = 0; i < a.count; i++) bind_target(p, &a, &a.targets[i]);
}

/* `@d` in front of a function or class: d is called with it. */
static void read_decorator(python_reader *p)
{
    uint32_t line = p->now.line;
    python_call call = {.callee = python_expression(p), .line = p->line ? p->line : line};
    if (!p->has_failed) (void)python_judge_call(p, &call);
}

static void statement(python_reader *p)
{
    static const char *const headers[] = {"if",   "elif", "else",   "while",  "for",
                                          "with", "try",  "except", "finally"};
    if (python_at_word(p, "async")) python_advance(p);
    p->next = p->here;
    p->next.is_scope = false;
    if (python_at_word(p, "import")) {
        read_import(p);
    } else if (python_at_word(p, "from")) {
        read_from(p);
    } else if (python_at_word(p, "def")) {
        read_def(p);
    } else if (python_at_word(p, "class")) {
        read_class(p);
    } else {
        for (size_t i = 0; i < COUNT_OF(headers); i++)
            if (python_at_word(p, headers[i])) {
                read_header(p);
                return;
            }
        if (python_take_sign(p, "@"))
            read_decorator(p);
        else
            read_simple(p);
    }
}

/* A logical line: statements between ';', and what stands behind the ':' of a header on the same line. */
static void statement_line(python_reader *p)
{
    python_block outer = p->here;
    while (!python_at_line_end(p)) {
        const char *before = p->now.raw.data;
        statement(p);
        if (python_take_sign(p, ":")) {
            if (python_at_line_end(p)) break;
            p->here = p->next;
        }
        (void)python_take_sign(p, ";");
        if (p->now.raw.data == before && !python_at_line_end(p)) python_advance(p);
    }
    if (p->here.is_scope && p->here.names != outer.names) p->name_count = p->here.names;
    p->here = outer;
}

static void open_block(python_reader *p)
{
    if (p->block_count < BLOCKS_MAX) p->blocks[p->block_count++] = p->here;
    p->here = p->next;
}

static void close_block(python_reader *p)
{
    if (p->block_count == 0) return;
    if (p->here.is_scope && p->here.names <= p->name_count) p->name_count = p->here.names;
    p->here = p->blocks[--p->block_count];
}

static void read_text(python_reader *p)
{
    python_advance(p);
    while (p->now.kind != PYTHON_END && p->now.kind != PYTHON_BROKEN && !p->has_failed) {
        if (p->now.kind == PYTHON_INDENT)
            open_block(p);
        else if (p->now.kind == PYTHON_DEDENT)
            close_block(p);
        else if (p->now.kind != PYTHON_NEWLINE)
            statement_line(p);
        if (p->now.kind == PYTHON_END || p->now.kind == PYTHON_BROKEN) return;
        python_advance(p);
    }
}

void python_read_inner(python_reader *p, str text, uint32_t line)
{
    if (p->nesting >= NESTING_MAX) return;
    python_lexer lexer = p->lexer;
    python_token now = p->now;
    python_block here = p->here, next = p->next;
    size_t blocks = p->block_count;
    uint32_t outer = p->line;
    bool is_broken = p->is_broken;
    p->nesting++;
    p->line = line;
    p->now = (python_token){0};
    python_lex_init(&p->lexer, text, 1);
    read_text(p);
    p->nesting--;
    p->line = outer;
    p->block_count = blocks;
    p->here = here;
    p->next = next;
    p->lexer = lexer;
    p->now = now;
    p->is_broken = is_broken; /* a constant that is no code fails when it is run, and only then */
}

static bool say_broken(const python_reader *p, err *e)
{
    finding f = {
        .code = "SRC-PY-005",
        .kind = FINDING_MISCONFIGURATION,
        .severity = SEVERITY_LOW,
        .title =
            STR("This Python text could not be read to its end; what follows this line was not looked at"),
        .member = p->place->member,
        .line = p->now.line,
        .advice = STR("Check it with python -m py_compile; it may not be Python 3.")};
    return report_add(p->report, &f, e);
}

/* "# -*- coding: rot13 -*-" in the first two lines (PEP 263): what a person reads is then not what Python reads. */
static str hiding_codec(str text)
{
    static const char *const codecs[] = {
        "rot13",          "rot_13", "rot-13", "utf-7",          "utf_7",
        "unicode_escape", "hex",    "base64", "unicode-escape", "raw_unicode_escape",
        "punycode",       "idna",   "uu",     "zlib",           "cp037",
        "cp500",          "utf7",   "bz2"};
    str line;
    for (unsigned i = 0; i < 2 && str_next(&text, '\n', &line); i++) {
        ptrdiff_t at = str_find(line, '#');
        str comment = at < 0 ? STR_NONE : str_skip(line, (size_t)at);
        while (comment.len && !str_starts_with(comment, STR("coding"))) comment = str_skip(comment, 1);
        comment = str_trim(str_skip(comment, comment.len < 7 ? comment.len : 7));
        for (size_t k = 0; k < COUNT_OF(codecs); k++) {
            str codec = str_from_c(codecs[k]);
            if (str_eq_nocase(str_slice(comment, 0, codec.len), codec)) return codec;
        }
    }
    return STR_NONE;
}

static bool say_codec(const python_reader *p, str codec, err *e)
{
    finding f = {.code = "SRC-PY-004",
                 .kind = FINDING_MISCONFIGURATION,
                 .severity = SEVERITY_HIGH,
                 .title = arena_printf(
                     p->report->arena,
                     "The text says that it is written in %.*s: what Python runs is not what a person reads",
                     STR_ARG(codec)),
                 .member = p->place->member,
                 .line = p->place->first_line,
                 .advice = STR("Do not run this file before somebody has decoded it and read it.")};
    p->summary->hides = true;
    return report_add(p->report, &f, e);
}

bool python_read(const python_place *place, str text, report *r, python_summary *summary, err *e)
{
    python_reader *p = arena_alloc(r->arena, sizeof *p);
    if (!p) return err_set(e, ERR_MEMORY, "no memory for a Python text");
    *p = (python_reader){.place = place, .report = r, .summary = summary, .e = e};
    p->here = (python_block){.function = NO_FUNCTION, .owner = NO_FUNCTION, .at_import = true};
    python_lex_init(&p->lexer, text, place->first_line);
    str codec = hiding_codec(text);
    if (codec.len && !say_codec(p, codec, e)) return false;
    read_text(p);
    if (p->has_failed) return false;
    return !p->is_broken || say_broken(p, e);
}
