/*
 * cli/advisories.c - assay advisories import, status.
 */
#include "advisories.h"

#include "base/clock.h"
#include "cli/commands.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char import_help[] =
    "usage: assay advisories import FILE.zip... [--data DIR] [--json]\n"
    "\n"
    "Read bulk exports in the OSV format (a zip of <id>.json) into the index of advisories. Records of "
    "earlier imports stay, unless\n"
    "a file has the same id. A running server takes up the new index by itself.\n"
    "\n"
    "  --data DIR   the data folder (default: ./data); the index is DIR/advisories.idx\n"
    "  --json       tell the counts as JSON\n"
    "\n"
    "example: assay advisories import PyPI/all.zip Debian/all.zip --data /var/lib/assay\n"
    "\n"
    "exit codes: 0 imported, 2 usage, 3 nothing was changed, because a file cannot be used or the disk "
    "failed\n";

static const char status_help[] =
    "usage: assay advisories status [--data DIR] [--json]\n"
    "\n"
    "Tell which advisories judge: how many, how new, the imported ones or the starter set.\n"
    "\n"
    "example: assay advisories status --data /var/lib/assay\n"
    "\n"
    "exit codes: 0 told, 2 usage, 3 the index cannot be read\n";

typedef struct advisories_options {
    const char *data;
    bool is_json;
} advisories_options;

enum { GO_ON = -1 };

/* GO_ON, or the exit code with which the command ends here. */
static int parse_options(int argc, char **argv, const char *help, advisories_options *out)
{
    static const struct option known[] = {{"data", required_argument, NULL, 'd'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    *out = (advisories_options){.data = "./data"};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (option == 'd') out->data = optarg;
        if (option == 'j') out->is_json = true;
        if (option == 'h') return fputs(help, stdout), CLI_DONE;
        if (option == '?') return fputs(help, stderr), CLI_USAGE;
    }
    return GO_ON;
}

/* All files or none: an index without one of them would call its packages safe. */
static bool import_files(advisories_store *store, char **files, advisories_source *sources, size_t count,
                         err *e)
{
    AUTO(advisory_builder_free) advisory_builder *b = NULL;
    if (!advisory_builder_new(&b, e)) return false;
    for (size_t i = 0; i < count; i++) {
        sources[i].name = files[i];
        if (!advisories_add_file(b, files[i], &sources[i], e)) return false;
    }
    return advisories_store_replace(store, b, e);
}

static bool import_and_tell(const advisories_options *o, char **files, advisories_source *sources,
                            size_t count, err *e)
{
    int64_t started = clock_mono_us();
    advisories_store store = {.lock_fd = -1};
    if (!advisories_store_lock(o->data, &store, e)) return false;
    bool done = import_files(&store, files, sources, count, e);
    if (done && o->is_json)
        done = advisories_print_json(&store, sources, count, clock_mono_us() - started, e);
    if (done && !o->is_json) {
        advisories_print_sources(sources, count);
        advisories_print_index(&store);
    }
    advisories_store_close(&store);
    return done;
}

int advisories_import_run(int argc, char **argv)
{
    advisories_options o;
    int ended = parse_options(argc, argv, import_help, &o);
    if (ended != GO_ON) return ended;
    if (optind >= argc) return fputs(import_help, stderr), CLI_USAGE;

    err e = {0};
    size_t count = (size_t)(argc - optind);
    advisories_source *sources = calloc(count, sizeof *sources);
    bool done = sources ? import_and_tell(&o, argv + optind, sources, count, &e)
                        : err_set(&e, ERR_MEMORY, "no memory left");
    free(sources);
    return done ? CLI_DONE : advisories_fail(&e);
}

int advisories_status_run(int argc, char **argv)
{
    advisories_options o;
    int ended = parse_options(argc, argv, status_help, &o);
    if (ended != GO_ON) return ended;
    if (optind < argc) return fputs(status_help, stderr), CLI_USAGE;

    err e = {0};
    advisories_store store;
    if (!advisories_store_open(o.data, &store, &e)) return advisories_fail(&e);
    bool done = true;
    if (o.is_json)
        done = advisories_print_json(&store, NULL, 0, 0, &e);
    else
        advisories_print_index(&store);
    advisories_store_close(&store);
    return done ? CLI_DONE : advisories_fail(&e);
}
