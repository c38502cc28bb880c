/*
 * format/rdata/walk.c - the objects of an R file, one after the other, without recursion (serialize.c of R: ReadItem and its helpers).
 *
 * Reading a file runs nothing by itself, with one exception that is none to the eye: a promise without a value is evaluated as soon as anybody
 * touches the variable (CVE-2024-27322). Functions and active bindings wait for their caller.
 */
#include "rdata/rdata.h"

#include "nested.h"

#include <stdlib.h>

/* Object types, and the codes that stand for common ones. */
enum {
    NIL = 0,
    SYMBOL = 1,
    PAIRLIST = 2,
    CLOSURE = 3,
    ENVIRONMENT = 4,
    PROMISE = 5,
    CALL = 6,
    SPECIAL = 7,
    BUILTIN = 8,
    CHARS = 9,
    LOGICALS = 10,
    INTEGERS = 13,
    REALS = 14,
    COMPLEXES = 15,
    TEXTS = 16,
    DOTS = 17,
    LIST = 19,
    EXPRESSIONS = 20,
    BYTECODE = 21,
    POINTER = 22,
    WEAK = 23,
    RAW = 24,
    S4 = 25,
    ATTRIBUTED_LIST = 239,
    ATTRIBUTED_CALL = 240,
    BASE_ENVIRONMENT = 241,
    EMPTY_ENVIRONMENT = 242,
    CODE_REFERENCE = 243,
    CODE_DEFINITION = 244,
    ALTERNATIVE = 238,
    PERSISTENT = 247,
    PACKAGE = 248,
    NAMESPACE = 249,
    BASE_NAMESPACE = 250,
    MISSING = 251,
    UNBOUND = 252,
    GLOBAL_ENVIRONMENT = 253,
    NO_VALUE = 254,
    REFERENCE = 255,
};

enum {
    FLAG_ATTRIBUTES = 1 << 9,
    FLAG_TAG = 1 << 10,
    ACTIVE_BINDING = 1 << 27, /* bit 15 of the levels, which start at bit 12 */
    TASKS_MAX = 1 << 22,
    FINDINGS_MAX = 100, /* of one kind: a thousand functions are one fact */
};

static const char advice_run[] = "Do not read this file with R. Ask for the numbers as CSV, or for the model "
                                 "in a format that holds only data.";
static const char advice_code[] =
    "Look at the functions before you use the object, or ask for a model without code.";
static const char advice_unread[] = "Assay could not read the file to its end, so it cannot say that it is "
                                    "safe. Get it again from its source.";

/* What is still to be read, the next on top. */
typedef enum task_kind {
    READ_ITEM,
    READ_ITEMS,      /* `count` of them */
    READ_TAG,        /* its symbol names what follows */
    READ_CALLEE,     /* the function of a call */
    READ_EXPRESSION, /* what a promise would evaluate */
    READ_PROMISED,   /* the value of a promise */
    READ_CODE,       /* bytecode and its constants */
    READ_CONSTANTS,
    READ_CODE_TREE, /* calls within bytecode */
    END_PROMISE,
} task_kind;

typedef struct task {
    uint32_t kind;
    uint64_t count;
} task;

typedef struct walk {
    rdata_input *in;
    report *report;
    rdata_facts *facts;
    task *tasks;
    size_t task_count, task_capacity;
    str *names; /* of what REFERENCE can refer to; empty for what is no symbol */
    size_t name_count, name_capacity;
    str tag;             /* of the element that is being read */
    str class;           /* of an alternative vector, when its package is awaited */
    unsigned class_left; /* names of its class and package that are still to be read */
    uint64_t class_at;
    bool is_unbound;     /* the promise that is being read has no value */
    unsigned in_promise; /* promises without a value around us */
    size_t promise;      /* 1 + the finding about the innermost; 0: none, or it has its call */
    size_t foreign;
    const char *trouble; /* why the walk cannot go on */
    uint64_t trouble_at;
    bool is_out_of_memory;
} walk;

/* --- bookkeeping ------------------------------------------------------------------------------------------------------------------------ */

static bool stop(walk *w, const char *why)
{
    if (!w->trouble) {
        w->trouble = why;
        w->trouble_at = w->in->r.at;
    }
    return false;
}

static bool no_memory(walk *w)
{
    w->is_out_of_memory = true;
    return false;
}

static bool push(walk *w, task_kind kind, uint64_t count)
{
    if (w->task_count == w->task_capacity) {
        size_t wanted = w->task_capacity ? w->task_capacity * 2 : 256;
        if (wanted > TASKS_MAX) return stop(w, "objects are nested deeper than any real file has them");
        task *larger = arena_alloc_array(w->report->arena, wanted, sizeof(task));
        if (!larger) return no_memory(w);
        if (w->task_count) memcpy(larger, w->tasks, w->task_count * sizeof(task));
        w->tasks = larger;
        w->task_capacity = wanted;
    }
    w->tasks[w->task_count++] = (task){kind, count};
    return true;
}

static bool remember(walk *w, str name)
{
    if (w->name_count == w->name_capacity) {
        size_t wanted = w->name_capacity ? w->name_capacity * 2 : 64;
        str *larger = arena_alloc_array(w->report->arena, wanted, sizeof(str));
        if (!larger) return no_memory(w);
        if (w->name_count) memcpy(larger, w->names, w->name_count * sizeof(str));
        w->names = larger;
        w->name_capacity = wanted;
    }
    w->names[w->name_count++] = name;
    return true;
}

static bool say(walk *w, const char *code, severity s, uint64_t at, str title)
{
    remark m = {.code = code,
                .severity = s,
                .advice = s >= SEVERITY_HIGH ? advice_run : advice_code,
                .offset = at,
                .has_offset = true};
    err e = {0};
    return nested_say(w->report, &m, title, &e) || no_memory(w);
}

/* --- small parts ------------------------------------------------------------------------------------------------------------------------ */

static bool take_int(walk *w, int32_t *number)
{
    *number = rdata_int(w->in);
    return !w->in->r.failed || stop(w, "the file ends within an object, or a number is none");
}

static bool take_length(walk *w, uint64_t *length)
{
    int32_t n, high, low;
    if (!take_int(w, &n)) return false;
    *length = n < 0 ? 0 : (uint64_t)n;
    if (n >= 0) return true;
    if (n != -1) return stop(w, "a length is negative");
    if (!take_int(w, &high) || !take_int(w, &low)) return false;
    *length = (uint64_t)(uint32_t)high << 32 | (uint32_t)low;
    return high >= 0 || stop(w, "a length is negative");
}

/* Length -1 is the missing text. */
static bool take_chars(walk *w, str *text)
{
    int32_t length;
    *text = STR_NONE;
    if (!take_int(w, &length)) return false;
    if (length < -1) return stop(w, "the length of a text is negative");
    if (length > 0) *text = rdata_text(w->in, (uint64_t)length);
    return !w->in->r.failed || stop(w, "the file ends within a text");
}

static bool keep(walk *w, str text, str *kept)
{
    *kept = arena_copy(w->report->arena, text);
    return kept->data || no_memory(w);
}

/* A CHARS item where nothing else may stand. */
static bool take_chars_item(walk *w, str *text)
{
    int32_t flags;
    if (!take_int(w, &flags)) return false;
    if ((flags & 0xff) != CHARS) return stop(w, "a text is missing");
    return take_chars(w, text);
}

static bool skip_numbers(walk *w, unsigned item_bytes)
{
    uint64_t length;
    if (!take_length(w, &length)) return false;
    rdata_skip(w->in, length, item_bytes);
    return !w->in->r.failed || stop(w, "the file ends within a vector");
}

/* --- what would run --------------------------------------------------------------------------------------------------------------------- */

/* Functions that reach out of R; that a call to one is kept as data is odd by itself. */
static bool reaches_out(str name)
{
    static const char *const names[] = {"system", "system2",         "shell",         "shell.exec",
                                        "source", "dyn.load",        "library.dynam", "download.file",
                                        "pipe",   "socketConnection"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq(name, str_from_c(names[i]))) return true;
    return false;
}

static bool see_callee(walk *w, str name, uint64_t at)
{
    if (name.len == 0 || name.len > 200 || !str_is_utf8(name)) return true;
    if (w->promise) {
        finding *f = &w->report->findings[w->promise - 1];
        f->call = arena_printf(w->report->arena, "%.*s(...)", STR_ARG(name));
        w->promise = 0;
        return f->call.data || no_memory(w);
    }
    if (w->in_promise || w->facts->closures || !reaches_out(name) || ++w->foreign > FINDINGS_MAX) return true;
    str title =
        arena_printf(w->report->arena, "The file keeps a call of %.*s, which runs when someone evaluates it",
                     STR_ARG(name));
    return title.data ? say(w, "MDL-R-002", SEVERITY_MEDIUM, at, title) : no_memory(w);
}

static bool see_closure(walk *w, uint64_t at)
{
    return w->facts->closures++ > 0 ||
           say(w, "MDL-R-002", SEVERITY_MEDIUM, at,
               STR("The file holds functions, which run when the object is used"));
}

/* Vectors in another form: of sequences, wrapped ones and texts that are still numbers R makes ordinary ones, of a file that is mapped it opens the file,
 * and for a class of somebody else's it loads the package. */
static bool judge_class(walk *w, str class, str package)
{
    static const char *const known[] = {
        "compact_intseq", "compact_realseq", "deferred_string", "wrap_complex", "wrap_integer",
        "wrap_list",      "wrap_logical",    "wrap_raw",        "wrap_real",    "wrap_string"};
    bool is_base = str_eq(package, STR("base"));
    for (size_t i = 0; is_base && i < COUNT_OF(known); i++)
        if (str_eq(class, str_from_c(known[i]))) return true;
    if (++w->foreign > FINDINGS_MAX) return true;
    if (is_base && str_starts_with(class, STR("mmap_")))
        return say(w, "MDL-R-002", SEVERITY_HIGH, w->class_at,
                   STR("Reading the file maps another file into memory, which it names"));
    return say(w, "MDL-R-002", SEVERITY_MEDIUM, w->class_at,
               STR("The file holds a vector of a class that a package of R has to supply"));
}

static bool see_class_name(walk *w, str name)
{
    if (w->class_left == 0 || name.len == 0) return true;
    if (--w->class_left > 0) {
        w->class = name;
        return true;
    }
    return judge_class(w, w->class, name);
}

/* Families of glm keep promises of plain symbols: looking one up runs nothing that is not told of by itself. */
static bool see_expression(walk *w, int type, uint64_t at)
{
    bool is_code = type == CALL || type == BYTECODE || type == CLOSURE || type == PROMISE;
    bool is_run = w->is_unbound && is_code;
    w->is_unbound = false;
    if (!is_run) return true;
    w->facts->promises++;
    w->in_promise++;
    if (w->facts->promises > FINDINGS_MAX) return true;
    if (!say(w, "MDL-R-001", SEVERITY_CRITICAL, at,
             STR("The file holds a promise without a value: R evaluates it when the variable is touched "
                 "(CVE-2024-27322)")))
        return false;
    w->promise = w->report->findings_dropped ? 0 : w->report->finding_count;
    return true;
}

/* --- items ------------------------------------------------------------------------------------------------------------------------------ */

/* Attributes, tag, first and rest, in this order; the stack turns it round. */
static bool read_pair(walk *w, int32_t flags, uint64_t at)
{
    int type = flags & 0xff;
    task_kind first = type == CALL ? READ_CALLEE : type == PROMISE ? READ_PROMISED : READ_ITEM;
    if (type == CLOSURE && !see_closure(w, at)) return false;
    if (type == PAIRLIST && (flags & ACTIVE_BINDING) && ++w->foreign <= FINDINGS_MAX &&
        !say(w, "MDL-R-002", SEVERITY_MEDIUM, at,
             STR("The file holds an active binding: touching the variable runs a function")))
        return false;
    if (type == PROMISE && !push(w, END_PROMISE, w->in_promise)) return false;
    w->tag = STR_NONE;
    task_kind rest = type == PROMISE ? READ_EXPRESSION : READ_ITEM;
    return push(w, rest, 0) && push(w, first, 0) && (!(flags & FLAG_TAG) || push(w, READ_TAG, 0)) &&
           (!(flags & FLAG_ATTRIBUTES) || push(w, READ_ITEM, 0));
}

static bool read_symbol(walk *w, str *name)
{
    str text;
    return take_chars_item(w, &text) && keep(w, text, name) && remember(w, *name);
}

static bool read_reference(walk *w, int32_t flags, str *name)
{
    int32_t index = (int32_t)((uint32_t)flags >> 8);
    if (index == 0 && !take_int(w, &index)) return false;
    if (index < 1 || (size_t)index > w->name_count) return stop(w, "a reference leads nowhere");
    *name = w->names[index - 1];
    return true;
}

/* Names of a package or namespace: R loads what is installed under it. */
static bool read_names(walk *w, int type)
{
    int32_t zero, count;
    str name = STR_NONE;
    if (!take_int(w, &zero) || !take_int(w, &count)) return false;
    if (zero != 0 || count < 0) return stop(w, "the name of an environment is damaged");
    for (int32_t i = 0; i < count; i++)
        if (!take_chars_item(w, &name)) return false;
    if (type == PERSISTENT && ++w->foreign <= FINDINGS_MAX &&
        !say(w, "MDL-R-002", SEVERITY_MEDIUM, w->in->r.at,
             STR("The file refers to objects that the reading program has to supply")))
        return false;
    return remember(w, STR_NONE);
}

static bool read_environment(walk *w)
{
    int32_t is_locked;
    return take_int(w, &is_locked) && remember(w, STR_NONE) &&
           push(w, READ_ITEMS, 4); /* enclosure, frame, table, attributes */
}

static bool read_texts(walk *w)
{
    uint64_t count;
    str text, first = STR_NONE;
    if (!take_length(w, &count)) return false;
    bool is_class = str_eq(w->tag, STR("class"));
    for (uint64_t i = 0; i < count; i++) {
        if (!take_chars_item(w, &text)) return false;
        if (i == 0 && is_class && !keep(w, text, &first)) return false;
    }
    if (is_class && first.len && first.len <= 200 && str_is_utf8(first)) w->facts->class = first;
    return true;
}

static bool read_list(walk *w)
{
    uint64_t count;
    return take_length(w, &count) && (count == 0 || push(w, READ_ITEMS, count));
}

static bool read_code(walk *w)
{
    int32_t repeated;
    return take_int(w, &repeated) && push(w, READ_CODE, 0);
}

static bool read_vector(walk *w, int type)
{
    str text;
    switch (type) {
    case SPECIAL:
    case BUILTIN: /* the name of a function of R itself */
    case CHARS: return take_chars(w, &text);
    case LOGICALS:
    case INTEGERS: return skip_numbers(w, 4);
    case REALS: return skip_numbers(w, 8);
    case COMPLEXES: return skip_numbers(w, 16);
    case RAW: return skip_numbers(w, 1);
    case TEXTS: return read_texts(w);
    case LIST:
    case EXPRESSIONS: return read_list(w);
    case BYTECODE: return read_code(w);
    case POINTER: return remember(w, STR_NONE) && push(w, READ_ITEMS, 2);
    case WEAK: return remember(w, STR_NONE);
    case S4: return true;
    default: return stop(w, "an object is of a type that R does not have");
    }
}

/* *name: of a symbol; *type: what it was. */
static bool read_item(walk *w, str *name, int *type)
{
    int32_t flags;
    uint64_t at = w->in->r.at;
    *name = STR_NONE;
    if (!take_int(w, &flags)) return false;
    w->facts->objects++;
    *type = flags & 0xff;
    switch (*type) {
    case NIL:
    case NO_VALUE:
    case EMPTY_ENVIRONMENT:
    case BASE_ENVIRONMENT:
    case GLOBAL_ENVIRONMENT:
    case UNBOUND:
    case MISSING:
    case BASE_NAMESPACE: return true;
    case REFERENCE: return read_reference(w, flags, name);
    case PERSISTENT:
    case PACKAGE:
    case NAMESPACE: return read_names(w, *type);
    case SYMBOL: return read_symbol(w, name);
    case ENVIRONMENT: return read_environment(w);
    case PAIRLIST:
    case CALL:
    case CLOSURE:
    case PROMISE:
    case DOTS: return read_pair(w, flags, at);
    case ALTERNATIVE:
        w->class_left = 2;
        w->class_at = at;
        return push(w, READ_ITEMS, 3); /* its class, its state, its attributes */
    default: break;
    }
    if ((flags & FLAG_ATTRIBUTES) && !push(w, READ_ITEM, 0)) return false;
    return read_vector(w, *type);
}

/* The type stands in front, and decides before its parts are read. */
static bool read_expression(walk *w)
{
    rdata_input ahead = *w->in;
    uint64_t at = w->in->r.at;
    int32_t flags = rdata_int(&ahead);
    str name;
    int type;
    if (!ahead.r.failed && !see_expression(w, flags & 0xff, at)) return false;
    return read_item(w, &name, &type);
}

/* --- bytecode --------------------------------------------------------------------------------------------------------------------------- */

static bool read_constants(walk *w, uint64_t left)
{
    int32_t type;
    if (left == 0) return true;
    if (!push(w, READ_CONSTANTS, left - 1) || !take_int(w, &type)) return false;
    switch (type) {
    case BYTECODE: return push(w, READ_CODE, 0);
    case CALL:
    case PAIRLIST:
    case CODE_DEFINITION:
    case CODE_REFERENCE:
    case ATTRIBUTED_CALL:
    case ATTRIBUTED_LIST: return push(w, READ_CODE_TREE, (uint64_t)type);
    default: return push(w, READ_ITEM, 0);
    }
}

static bool start_constants(walk *w)
{
    int32_t count;
    if (!take_int(w, &count)) return false;
    return count < 0 ? stop(w, "bytecode is damaged") : push(w, READ_CONSTANTS, (uint64_t)count);
}

/* A call or list within bytecode; its type was read already, or (0) is next. */
static bool read_code_tree(walk *w, uint64_t given)
{
    int32_t type = (int32_t)given, index;
    if (given == 0 && !take_int(w, &type)) return false;
    if (type == CODE_REFERENCE) return take_int(w, &index);
    if (type == CODE_DEFINITION && (!take_int(w, &index) || !take_int(w, &type))) return false;
    bool has_attributes = type == ATTRIBUTED_CALL || type == ATTRIBUTED_LIST;
    if (type != CALL && type != PAIRLIST && !has_attributes) return push(w, READ_ITEM, 0);
    for (unsigned half = 0; half < 2; half++) /* the head and the rest */
        if (!push(w, READ_CODE_TREE, 0)) return false;
    return push(w, READ_ITEM, 0) && (!has_attributes || push(w, READ_ITEM, 0));
}

/* --- the walk --------------------------------------------------------------------------------------------------------------------------- */

static bool step(walk *w, task t)
{
    str name;
    int type = 0;
    uint64_t at = w->in->r.at;
    switch ((task_kind)t.kind) {
    case READ_ITEM: return read_item(w, &name, &type) && see_class_name(w, name);
    case READ_ITEMS:
        w->tag = STR_NONE;
        return (t.count <= 1 || push(w, READ_ITEMS, t.count - 1)) && read_item(w, &name, &type) &&
               see_class_name(w, name);
    case READ_TAG:
        if (!read_item(w, &name, &type)) return false;
        w->tag = name;
        if (w->facts->first_name.len == 0) w->facts->first_name = name;
        return true;
    case READ_CALLEE: return read_item(w, &name, &type) && see_callee(w, name, at);
    case READ_PROMISED:
        if (!read_item(w, &name, &type)) return false;
        w->is_unbound = type == UNBOUND;
        return true;
    case READ_EXPRESSION: return read_expression(w);
    case READ_CODE: return push(w, READ_CONSTANTS, UINT64_MAX) && read_item(w, &name, &type);
    case READ_CONSTANTS: return t.count == UINT64_MAX ? start_constants(w) : read_constants(w, t.count);
    case READ_CODE_TREE: return read_code_tree(w, t.count);
    case END_PROMISE:
        w->in_promise = (unsigned)t.count;
        w->promise = 0;
        return true;
    }
    return false;
}

bool rdata_walk(rdata_input *in, report *r, rdata_facts *facts, bool *is_whole, err *e)
{
    walk w = {.in = in, .report = r, .facts = facts};
    bool fine = push(&w, READ_ITEM, 0);
    while (fine && w.task_count > 0) fine = step(&w, w.tasks[--w.task_count]);
    *is_whole = fine;
    if (fine) return true;
    if (w.is_out_of_memory) return err_set(e, ERR_MEMORY, "no memory for the objects of an R file");
    remark m = {.code = "MDL-R-003",
                .severity = SEVERITY_MEDIUM,
                .advice = advice_unread,
                .offset = w.trouble_at,
                .has_offset = true,
                .is_unreadable = true};
    str title = arena_printf(r->arena, "The R file could not be read to its end: %s", w.trouble);
    return title.data ? nested_say(r, &m, title, e) : err_set(e, ERR_MEMORY, "no memory for a finding");
}
