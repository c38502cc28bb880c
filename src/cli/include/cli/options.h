/*
 * cli/options.h - options of one command as a table: "--name value", "--name=value", flags, and what is left in order.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/err.h"

enum { OPTION_LIST_MAX = 4096 }; /* a shell pattern may give as many files */
typedef struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t count;
} option_list;

/* One of value, flag and list is set: where the option goes. */
typedef struct cli_option {
    const char *name;     /* "--output" */
    const char *argument; /* for help: "FILE"; NULL for flags */
    const char *help;
    const char **value;
    bool *flag;
    option_list *list; /* may be repeated */
} cli_option;

typedef struct cli_usage {
    const char *synopsis; /* "assay model train DATA [OPTIONS]" */
    const char *about, *example;
    const cli_option *options;
    size_t option_count;
} cli_usage;

/* What is no option goes to `rest`. A request for help leaves *help true and prints it. Fails with ERR_INVALID and a sentence that ends with how to get help. */
bool options_parse(const cli_usage *usage, int argc, char **argv, option_list *rest, bool *help,
                   err *e) MUST_USE;

#endif
