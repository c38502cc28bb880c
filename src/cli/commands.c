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
    {"model", "train", "train a forest with scikit-learn's bits", cli_model_train},
    {"model", "serve", "serve models over HTTP, without Python", cli_model_serve},
    {"model", "predict", "predict the rows of a file", cli_model_predict},
    {"model", "inspect", "tell what a model file is, without loading it", cli_model_inspect},
    {"model", "convert", "write weights or an estimator into a file that cannot run anything",
     cli_model_convert},
    {"advisories", "update", "fetch the public advisories and import them", advisories_update_run},
    {"advisories", "import", "import bulk exports in the OSV format", advisories_import_run},
    {"advisories", "status", "tell which advisories judge, and how new they are", advisories_status_run},
    {"child", NULL, NULL, child_run}, /* for the spawner; not shown */
    {NULL, NULL, NULL, NULL},
};

/* All commands, or those of a group. */
static void print_commands(FILE *out, const char *group)
{
    for (const cli_command *c = commands; c->name; c++)
        if (c->summary && (!group || strcmp(c->name, group) == 0))
            fprintf(out, "  %-10s %-10s %s\n", c->name, c->sub ? c->sub : "", c->summary);
    fputs("\n'assay COMMAND --help' tells more, with an example.\n", out);
}

static void print_help(FILE *out)
{
    fputs("assay - the secure home of machine-learning artifacts\n\nusage: assay COMMAND [OPTIONS]\n\n", out);
    print_commands(out, NULL);
}

static bool is_one_of(const char *text, const char *one, const char *other)
{
    return strcmp(text, one) == 0 || strcmp(text, other) == 0;
}

static bool is_group(const char *name)
{
    for (const cli_command *c = commands; c->name; c++)
        if (c->sub && strcmp(name, c->name) == 0) return true;
    return false;
}

/* `assay model`, `assay model --help`, `assay model tarin`. */
static int run_group(const char *group, const char *sub)
{
    if (sub && is_one_of(sub, "--help", "-h")) {
        printf("usage: assay %s COMMAND [OPTIONS]\n\n", group);
        print_commands(stdout, group);
        return CLI_DONE;
    }
    if (sub)
        fprintf(stderr, "assay %s: there is no command '%s'; there are\n\n", group, sub);
    else
        fprintf(stderr, "assay %s: say which command\n\n", group);
    print_commands(stderr, group);
    return CLI_USAGE;
}

static const cli_command *find_command(int argc, char **argv)
{
    for (const cli_command *c = commands; c->name && argc > 1; c++)
        if (strcmp(argv[1], c->name) == 0 && (!c->sub || (argc > 2 && strcmp(argv[2], c->sub) == 0)))
            return c;
    return NULL;
}

int cli_main(int argc, char **argv)
{
    const cli_command *c = find_command(argc, argv);
    int words = c && c->sub ? 2 : 1;
    if (c) return c->run(argc - words, argv + words);
    if (argc > 1 && is_group(argv[1])) return run_group(argv[1], argc > 2 ? argv[2] : NULL);
    if (argc > 1 && strcmp(argv[1], "--version") == 0) return puts("assay " ASSAY_VERSION), CLI_DONE;
    if (argc > 1 && (is_one_of(argv[1], "--help", "-h") || strcmp(argv[1], "help") == 0))
        return print_help(stdout), CLI_DONE;
    if (argc > 1)
        fprintf(stderr, "assay: there is no command '%s'; see assay --help\n", argv[1]);
    else
        print_help(stderr);
    return CLI_USAGE;
}
