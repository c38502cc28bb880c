/*
 * cli/child.c - `assay child ROLE`: what the spawner starts. Not for people, and useless to them: descriptors 3 and 4 must be there.
 *
 * A role never returns to main: exit handlers (of sanitizers, of libraries) expect a process that may open files.
 */
#include "cli/commands.h"
#include "child.h"
#include "scan/scan.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct child_role {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the role */
} roles[] = {
    {"scan", scan_child_main},
    {"scan-bundle", scan_bundle_child_main},
};

int child_run(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(roles) / sizeof(roles[0]); i++)
        if (strcmp(argv[1], roles[i].name) == 0) _exit(roles[i].run(argc - 1, argv + 1));
    fputs("assay child: roles are started by the server, not by hand\n", stderr);
    return CLI_USAGE;
}
