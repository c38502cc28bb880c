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

int child_run(int argc, char **argv)
{
    for (const child_role *role = scan_child_roles; argc > 1 && role->name; role++)
        if (strcmp(argv[1], role->name) == 0) _exit(role->run(argc - 1, argv + 1));
    fputs("assay child: roles are started by the server, not by hand\n", stderr);
    return CLI_USAGE;
}
