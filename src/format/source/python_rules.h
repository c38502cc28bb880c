/*
 * format/source/python_rules.h - what known functions of Python do, by the full name under which their module has them.
 */
#ifndef FORMAT_SOURCE_PYTHON_RULES_H
#define FORMAT_SOURCE_PYTHON_RULES_H

#include "base/str.h"

typedef enum python_deed {
    DEED_NONE,
    DEED_COMMAND,  /* starts a program */
    DEED_EVALUATE, /* runs text as Python */
    DEED_DECODE,   /* makes bytes or text of something that cannot be read */
    DEED_FETCH,    /* gets something from the network */
    DEED_UNPICKLE, /* runs what a file says */
    DEED_TORCH_LOAD,
    DEED_NUMPY_LOAD,
    DEED_YAML_LOAD,
    DEED_YAML_UNSAFE,
    DEED_KERAS_LOAD,
    DEED_KERAS_UNSAFE,
    DEED_REMOTE_CODE, /* gets a repository and runs it */
    DEED_IMPORT,      /* its result is the module whose name it gets */
    DEED_ATTRIBUTE,   /* getattr */
    DEED_SCOPE,       /* globals(), locals() */
    DEED_PARTIAL,     /* its result is its first argument, to be called later */
    DEED_COMPILE,
    DEED_CALLER,  /* calls what it gets: map, Thread */
    DEED_IPYTHON, /* its result is the shell of a notebook */
    DEED_NATIVE,  /* its result is a library of the system */
} python_deed;

/* "os.system" -> DEED_COMMAND. */
python_deed python_deed_of(str dotted);
/* A name that every Python text has without importing it. */
bool python_is_builtin(str name);

#endif
