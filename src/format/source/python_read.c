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

static void read_def(python_reader *p)
{
    enum { PARAMETERS_KEPT = 64 };
    str parameters[PARAMETERS_KEPT];
    size_t count = 0;
    python_advance(p);
    str name = p->now.raw;
    python_advance(p);
    bool is_outermost = p->here.function == NO_FUNCTION && p->function_count < FUNCTIONS_KEPT;
    int function = is_outermost ? (int)p->function_count++ : p->here.function;
    python_value value = {.what = is_outermost ? IS_LOCAL : IS_UNKNOWN,
                          .function = is_outermost ? (size_t)function : 0};
    python_bind(p, name, value);
    if (python_at_sign(p, "[")) (void)python_items(p, "]"); /* type parameters of 3.12 */
    if (python_at_sign(p, "(")) read_parameters(p, parameters, &count, PARAMETERS_KEPT);
    if (python_take_sign(p, "->")) (void)python_expression(p);
    p->next =
        (python_block){.names = p->name_count, .function = function, .is_scope = true, .at_import = false};
    python_block outer = p->here;
    p->here = p->next;
    for (size_t i = 0; i < count; i++) python_bind(p, parameters[i], (python_value){0});
    p->here = outer;
}

static void read_class(python_reader *p)
{
    python_advance(p);
    str name = p->now.raw;
    python_advance(p);
    if (python_at_sign(p, "[")) (void)python_items(p, "]");
    if (python_at_sign(p, "(")) (void)python_items(p, ")");
    python_bind(p, name, (python_value){0});
    p->next = p->here;
    p->next.names = p->name_count;
    p->next.is_scope = true;
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

/* Assignments, annotations, calls; `match x:` looks like one and opens a block. */
static void read_simple(python_reader *p)
{
    enum { TARGETS_KEPT = 8 };
    str targets[TARGETS_KEPT];
    size_t count = 0;
    python_value value = {0};
    while (!python_at_line_end(p) && !python_at_sign(p, ";")) {
        python_token before = p->now;
        value = python_expression(p);
        bool is_target = python_at_sign(p, "=") || python_at_sign(p, ":") || python_at_sign(p, ",");
        if (is_target && is_one_name(&before, &p->now) && count < TARGETS_KEPT) targets[count++] = before.raw;
        if (python_at_sign(p, ",")) value = (python_value){.taints = value.taints};
        /* Behind a word such as `return` the expression is still to come. */
        bool is_stuck = p->now.raw.data == before.raw.data;
        if (!python_at_line_end(p) && !python_at_sign(p, ";") && (p->now.kind == PYTHON_SIGN || is_stuck))
            python_advance(p);
    }
    for (size_t i = 0; i < count; i++)
        python_bind(p, targets[i], count == 1 ? value : (python_value){.taints = value.taints});
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
        (void)python_take_sign(p, "@");
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

bool python_read(const python_place *place, str text, report *r, python_summary *summary, err *e)
{
    python_reader *p = arena_alloc(r->arena, sizeof *p);
    if (!p) return err_set(e, ERR_MEMORY, "no memory for a Python text");
    *p = (python_reader){.place = place, .report = r, .summary = summary, .e = e};
    p->here = (python_block){.function = NO_FUNCTION, .at_import = true};
    python_lex_init(&p->lexer, text, place->first_line);
    read_text(p);
    if (p->has_failed) return false;
    return !p->is_broken || say_broken(p, e);
}
