/*
 * format/pickle/allow.h - what a pickle may import and call: exact pairs of module and name, each with its role and its rule.
 *
 * Never a prefix, never a pattern: library modules re-export dangerous functions under plain names, so only what was looked at one by
 * one is here. The tables are allow_<family>.c, each sorted by module. docs/model-threats.md tells how rows are confirmed.
 */
#ifndef FORMAT_PICKLE_ALLOW_H
#define FORMAT_PICKLE_ALLOW_H

#include "format/pickle.h"

enum {
    ALLOW_NEW = 1 << 0,  /* a class: may be instantiated, then filled by BUILD as `state` says */
    ALLOW_CALL = 1 << 1, /* a function: may be called */
    ALLOW_DATA = 1 << 2, /* may be kept as a value; classes may too */
    ALLOW_HERE = 1 << 3, /* ... but not this class: its instances mean something to the loader */
    /* A function that does no harm with whatever plain arguments: functools.partial may hold it. */
    ALLOW_PARTIAL = 1 << 4,
    /* May be named as the type of an array; as an attribute it could be called with a path. */
    ALLOW_TYPE = 1 << 5,
};

/* What BUILD may hand to the object. */
typedef enum allow_state {
    ALLOW_STATE_NONE,
    ALLOW_STATE_DICT,  /* attributes by name, or a pair (attributes, slots) */
    ALLOW_STATE_TUPLE, /* the class has a __setstate__ that takes a tuple */
    ALLOW_STATE_DATA,  /* ... or other plain data */
} allow_state;

/* Which filling opcodes the object takes: subclasses of the containers. */
typedef enum allow_like { ALLOW_LIKE_NOTHING, ALLOW_LIKE_DICT, ALLOW_LIKE_LIST, ALLOW_LIKE_SET } allow_like;

typedef struct allow_args {
    pickle_value **items;
    size_t count;
    const pickle_value *kwargs; /* NULL: none */
} allow_args;

typedef struct allow_rule {
    unsigned roles;
    allow_state state;
    allow_like like;
    bool items_are_attributes; /* of a subclass of dict: x.name looks among its items */
    const char *caution;       /* allowed, yet never clean, and why: completes "X is ..." */
    bool is_mild;              /* ... a low finding, not a medium one */
    bool (*needs_caution)(const pickle_value *state); /* ... only with such a state; NULL: always */
    bool (*args)(const allow_args *args);             /* NULL: never called */
    const char *wants;                                /* what `args` wants, for people */
    /* More than the kind of the state matters: NULL: no. */
    bool (*state_check)(const pickle_value *target, const pickle_value *state);
} allow_rule;

typedef struct allow_row {
    const char *module;
    const char *names; /* separated by spaces */
    const allow_rule *rule;
} allow_row;

typedef struct allow_table {
    const char *family;
    const allow_row *rows;
    size_t count;
} allow_table;

extern const allow_table allow_python, allow_numpy, allow_scipy, allow_sklearn, allow_sklearn_old,
    allow_pandas, allow_torch, allow_boosting, allow_stats, allow_imblearn, allow_libraries, allow_estimators;
extern const allow_table *const allow_tables[]; /* NULL-terminated */

const allow_row *allow_find(str module, str name, const char **family);

/* --- rules (rules.c) ------------------------------------------------------------------------------------------------------------ */

extern const allow_rule rule_data, /* kept as a value, never called */
    rule_pure,                     /* ... and by a partial too, with arguments that the file chooses */
    rule_class,                    /* no arguments; attributes by BUILD */
    rule_class_data,               /* no arguments; its own __setstate__ takes plain data */
    rule_class_args,               /* plain data as arguments; attributes by BUILD */
    rule_class_args_data,          /* plain data as arguments; its own __setstate__ */
    rule_class_suspicious,         /* as rule_class, but code of another program takes part */
    rule_dict_class,               /* a subclass of dict without arguments */
    rule_attribute_dict,           /* ... whose items are attributes too */
    rule_function,                 /* plain data as arguments */
    rule_function_state,           /* ... and BUILD on its result */
    rule_function_constants,       /* constants only */
    rule_function_dict,            /* its result is filled like a dict */
    rule_cython;                   /* __pyx_unpickle_X(class, checksum, state) */

bool rule_is_constant(const pickle_value *v);
bool rule_is_bytes(const pickle_value *v);
bool rule_is_data(const pickle_value *v);
bool rule_may_be_kept(const pickle_value *global);
bool rule_takes_nothing(const allow_args *a);
bool rule_takes_data(const allow_args *a);
bool rule_takes_constants(const allow_args *a);

/* --- the other list (danger.c) --------------------------------------------------------------------------------------------------- */

typedef struct danger {
    const char *what;  /* "runs commands", "evaluates code", ...: completes "..., which ..." */
    bool loads_pickle; /* its bytes argument is a pickle to look into */
} danger;
/* Only words and severity come from here: what is on neither list is not allowed either. */
const danger *danger_find(str module, str name);

/* Python 2 names as pickle maps them below protocol 3 (the tables of CPython's _compat_pickle). */
void python2_map(str *module, str *name);

#endif
