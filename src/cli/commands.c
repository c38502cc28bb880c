/*
 * cli/commands.c - the table of commands, in the order of --help.
 */
#include "cli/commands.h"

#include "cli/model.h"
#include "advisories.h"
#include "child.h"
#include "scan.h"
#include "server.h"

#include <stdio.h>
#include <string.h>

static const cli_command commands[] = {
    {"server", NULL, "start the platform: artifacts, images, scans, policies, the web UI", server_run},
    {"scan", NULL, "say what is inside a file, folder or image: threats, vulnerabilities, fixes", scan_run},
    {"model", "train", "train a forest with scikit-learn's bits from a CSV file", cli_model_train},
    {"model", "serve", "serve a scikit-learn forest over HTTP, without Python", cli_model_serve},
    {"model", "predict", "predict the rows of a CSV file with a scikit-learn forest", cli_model_predict},
    {"advisories", "update", "fetch the public advisories and import them", advisories_update_run},
    {"advisories", "import", "import bulk exports in the OSV format", advisories_import_run},
    {"advisories", "status", "tell which advisories judge, and how new they are", advisories_status_run},
    {"child", NULL, NULL, child_run}, /* for the spawner; not shown */
    {NULL, NULL, NULL, NULL},
};

static void print_help(FILE *out)
{
    fputs("assay - the secure home of machine-learning artifacts\n\nusage: assay COMMAND [OPTIONS]\n\n", out);
    for (const cli_command *c = commands; c->name; c++)
        if (c->summary) fprintf(out, "  %-10s %-10s %s\n", c->name, c->sub ? c->sub : "", c->summary);
    fputs("\n'assay COMMAND --help' tells more, with an example.\n", out);
}

int cli_main(int argc, char **argv)
{
    for (const cli_command *c = commands; c->name && argc > 1; c++) {
        if (strcmp(argv[1], c->name) != 0) continue;
        if (!c->sub) return c->run(argc - 1, argv + 1);
        if (argc > 2 && strcmp(argv[2], c->sub) == 0) return c->run(argc - 2, argv + 2);
    }
    print_help(argc > 1 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
    return argc > 1 && strcmp(argv[1], "--help") == 0 ? CLI_DONE : CLI_USAGE;
}
