/*
 * format/source/python_read.h - shared by the reader's two halves: python_read.c follows statements and expressions, python_judge.c says what a
 * call means.
 */
#ifndef FORMAT_SOURCE_PYTHON_READ_H
#define FORMAT_SOURCE_PYTHON_READ_H

#include "format/source.h"
#include "source/python_lex.h"
#include "source/python_rules.h"

/* What an expression is known to be. */
typedef enum python_what {
    IS_UNKNOWN,
    IS_NAMED,  /* text: the full name of a module, or of something in one */
    IS_METHOD, /* text: an attribute's name, of an unknown object */
    IS_TEXT,   /* text: a constant */
    IS_TRUE,
    IS_FALSE,
    IS_NONE,
    IS_SCOPE,    /* globals(): its items are names */
    IS_LOCAL,    /* function: one that this text defines */
    IS_CLASS,    /* function: what making an object of it runs */
    IS_INSTANCE, /* function: of its class */
    IS_COMPUTED, /* text: a module, of which something is taken under a name that is put together */
} python_what;

enum { TAINT_DECODED = 1, TAINT_FETCHED = 2 };

typedef struct python_value {
    python_what what;
    str text;
    unsigned taints;
    size_t function;
    bool is_boxed; /* an item of a list, tuple or dictionary, which says nothing of the others */
    str unbound;   /* a name that means nothing yet: a function that is defined further down */
    size_t owner;  /* IS_METHOD: 1 + the class whose object has it, or 0 */
} python_value;

enum { ARGUMENTS_KEPT = 12 };

typedef struct python_call {
    python_value callee;
    uint32_t line;
    struct {
        str name; /* of keyword arguments */
        python_value value;
    } arguments[ARGUMENTS_KEPT];
    size_t count;
} python_call;

/* Something that would happen if a function were called: told when it is, while importing. */
typedef struct python_later {
    bool is_set, is_looked_at;
    uint32_t line;
    str title;
    size_t seen_at; /* 1 + p->changes when it was last found harmless */
} python_later;

/* A call within a function, of one that may become known later. */
typedef struct python_edge {
    size_t caller, callee; /* callee: of `name` empty */
    size_t owner;          /* 1 + the class whose method it is, or 0 */
    str name;
} python_edge;

typedef struct python_method {
    size_t owner, function;
    str name;
} python_method;

typedef struct python_bound {
    str name;
    python_value value;
} python_bound;

enum {
    FUNCTIONS_KEPT = 1024,
    EDGES_KEPT = 2048,
    METHODS_KEPT = 1024,
    STARS_KEPT = 16,
    BLOCKS_MAX = PYTHON_INDENTS + 1,
    NO_FUNCTION = -1
};

typedef struct python_block {
    size_t names;        /* to return to at its end */
    int function, owner; /* owner: the class whose body this is, or NO_FUNCTION */
    bool is_scope, at_import;
} python_block;

typedef struct python_reader {
    python_lexer lexer;
    python_token now;
    const python_place *place;
    report *report;
    python_summary *summary;
    python_bound *names;
    size_t name_count, name_capacity;
    str stars[STARS_KEPT]; /* modules that were imported whole */
    size_t star_count;
    python_later functions[FUNCTIONS_KEPT];
    python_edge edges[EDGES_KEPT];
    python_method methods[METHODS_KEPT];
    size_t function_count, edge_count, method_count, findings;
    size_t changes;      /* of what functions are known to do */
    bool has_attributes; /* of objects, that were assigned something telling */
    str last_attribute;  /* of the target that was read last: `a.b = c` */
    python_block blocks[BLOCKS_MAX];
    size_t block_count;
    python_block here, next; /* of the current statement; of the block that its ':' opens */
    unsigned depth, nesting; /* of expressions; of texts within texts */
    uint32_t line;           /* of the last finding's place within constants that are code */
    unsigned guard;          /* what the header of an `if` has of __name__ == '__main__' */
    size_t joined_bytes;
    bool is_broken;
    err *e;
    bool has_failed; /* memory is gone: everything ends */
} python_reader;

enum { PYTHON_GUARD_NAME = 1, PYTHON_GUARD_MAIN = 2, PYTHON_GUARD_OTHER = 4 };

/* --- tokens and names (python_expression.c) ------------------------------------------------------------------------------------------ */

void python_advance(python_reader *p);
bool python_at_sign(const python_reader *p, const char *sign);
bool python_at_word(const python_reader *p, const char *word);
bool python_take_sign(python_reader *p, const char *sign);
bool python_at_line_end(const python_reader *p);
void python_bind(python_reader *p, str name, python_value value);
python_value python_look_up(python_reader *p, str name);
/* "module.name", unknown when that is longer than any real one. */
python_value python_named(python_reader *p, str module, str name);
/* Up to a sign that ends an expression; calls are judged on the way. */
python_value python_expression(python_reader *p);
/* From an opening bracket to behind its closing one. */
python_value python_items(python_reader *p, const char *close);

/* --- meaning (python_judge.c) ---------------------------------------------------------------------------------------------------------- */

/* What a call does; its result is what is known of what it hands back. */
python_value python_judge_call(python_reader *p, const python_call *call);
/* What a function does that is called while importing. */
void python_say_later(python_reader *p, const python_later *later);

/* --- functions of the text (python_follow.c) --------------------------------------------------------------------------------------------- */

/* What calling it does is known to matter: a function that starts programs or evaluates text, or one that the text defines. */
bool python_is_telling(python_value value);
/* A place to note what a function does; NO_FUNCTION when there are too many. */
int python_new_function(python_reader *p);
/* The method of that class, or NO_FUNCTION. */
int python_method_of(const python_reader *p, size_t owner, str name);
/* The text's own function is called here. */
void python_call_function(python_reader *p, size_t function);
/* Something is called that has no meaning yet: within a function it may get one. */
void python_call_unbound(python_reader *p, python_value callee);
/* Text that is code: read as if it stood here. */
void python_read_inner(python_reader *p, str text, uint32_t line);

#endif
