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
    IS_SCOPE, /* globals(): its items are names */
    IS_LOCAL, /* function: one that this text defines */
} python_what;

enum { TAINT_DECODED = 1, TAINT_FETCHED = 2 };

typedef struct python_value {
    python_what what;
    str text;
    unsigned taints;
    size_t function;
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
    bool is_set;
    uint32_t line;
    str title;
} python_later;

typedef struct python_bound {
    str name;
    python_value value;
} python_bound;

enum { FUNCTIONS_KEPT = 256, STARS_KEPT = 16, BLOCKS_MAX = PYTHON_INDENTS + 1, NO_FUNCTION = -1 };

typedef struct python_block {
    size_t names; /* to return to at its end */
    int function;
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
    size_t function_count, findings;
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
/* "module.name", unknown when that is longer than any real one. */
python_value python_named(python_reader *p, str module, str name);
/* Up to a sign that ends an expression; calls are judged on the way. */
python_value python_expression(python_reader *p);
/* From an opening bracket to behind its closing one. */
python_value python_items(python_reader *p, const char *close);

/* --- meaning (python_judge.c) ---------------------------------------------------------------------------------------------------------- */

/* What a call does; its result is what is known of what it hands back. */
python_value python_judge_call(python_reader *p, const python_call *call);
/* Text that is code: read as if it stood here. */
void python_read_inner(python_reader *p, str text, uint32_t line);

#endif
