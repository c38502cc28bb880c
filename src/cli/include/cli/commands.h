/*
 * cli/commands.h - the commands of the binary: a table in cli/commands.c, one file each.
 *
 * Exit codes: 0 clean or done, 1 policy failed or findings, 2 usage, 3 could not finish.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

enum { CLI_DONE = 0, CLI_FAILED_POLICY = 1, CLI_USAGE = 2, CLI_UNFINISHED = 3 };

typedef struct cli_command {
    const char *name, *sub;            /* "model", "train"; sub NULL for plain commands */
    const char *summary;               /* one line */
    int (*run)(int argc, char **argv); /* argv[0] is the command's own name */
} cli_command;

int cli_main(int argc, char **argv);

#endif
